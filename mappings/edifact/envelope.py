"""The control segments: what UNB, UNG, UNH and their trailers are in records.

Source: ISO 9735-1 (version 4), annex C; ISO 9735:1988 with its amendment 1 (versions 1 to 3). One description
serves all versions: what a version does not have is not there, and lengths are those of the latest.
"""

from __future__ import annotations

import re
from typing import TypeAlias

from pydantic import TypeAdapter

from mappings.contract import JsonSchema, JsonValue
from mappings.edi import Content, Plan, compile_layout, segment_schema

Values: TypeAlias = dict[str, JsonValue]

REFERENCE_DIGITS = 14
"""Of control references, which may be letters too; those that are counted have digits only."""

DATE = re.compile(r"[0-9]{6}|[0-9]{8}")
TIME = re.compile(r"([01][0-9]|2[0-3])[0-5][0-9]")


def _one(name: str, type_: str, *, required: bool = False) -> dict[str, JsonValue]:
    return {"name": name, "type": type_, "required": required}


def _several(name: str, *components: dict[str, JsonValue], required: bool = False) -> dict[str, JsonValue]:
    return {"name": name, "required": required, "components": [*components]}


def _identified(name: str) -> dict[str, JsonValue]:
    """What UNH says of subsets, guidelines and scenarios."""
    parts = (
        _one("identification", "an..14", required=True),
        _one("version", "an..3"),
        _one("release", "an..3"),
    )
    return _several(name, *parts, _one("agency", "an..3"))


def _partner(name: str, *, required: bool) -> dict[str, JsonValue]:
    first = _one("identification", "an..35", required=True)
    inside = (_one("internal", "an..35"), _one("internal_sub", "an..35")) if required else ()
    return _several(name, first, _one("qualifier", "an..4"), *inside, required=required)


_PREPARED = _several("prepared", _one("date", "an..8", required=True), _one("time", "an..4", required=True))
_SEGMENTS: list[JsonValue] = [
    {
        "segment": "UNB",
        "elements": [
            _several(
                "syntax",
                _one("identifier", "an4", required=True),
                _one("version", "an1", required=True),
                _one("directory", "an..6"),
                _one("encoding", "an..3"),
                _one("release", "an2"),
                required=True,
            ),
            _partner("sender", required=True),
            _partner("recipient", required=True),
            {**_PREPARED, "required": True},
            _one("control_reference", "an..14", required=True),
            _several(
                "recipient_reference", _one("reference", "an..14", required=True), _one("qualifier", "an2")
            ),
            _one("application_reference", "an..14"),
            _one("priority", "an1"),
            _one("acknowledgement_request", "an1"),
            _one("agreement", "an..35"),
            _one("test", "an1"),
        ],
    },
    {
        "segment": "UNG",
        "elements": [
            _one("identification", "an..6"),
            _partner("sender", required=False),
            _partner("recipient", required=False),
            _PREPARED,
            _one("control_reference", "an..14", required=True),
            _one("agency", "an..3"),
            _several(
                "version", _one("version", "an..3"), _one("release", "an..3"), _one("association", "an..6")
            ),
            _one("password", "an..14"),
        ],
    },
    {
        "segment": "UNH",
        "elements": [
            _one("control_reference", "an..14", required=True),
            _several(
                "identifier",
                _one("type", "an..6", required=True),
                _one("version", "an..3", required=True),
                _one("release", "an..3", required=True),
                _one("agency", "an..3", required=True),
                _one("association", "an..6"),
                _one("code_lists", "an..6"),
                _one("sub_function", "an..6"),
                required=True,
            ),
            _one("access_reference", "an..35"),
            _several("transfer", _one("sequence", "an..2", required=True), _one("position", "a1")),
            _identified("subset"),
            _identified("guideline"),
            _identified("scenario"),
        ],
    },
    {
        "segment": "UNT",
        "elements": [
            _one("count", "N0 1/10", required=True),
            _one("control_reference", "an..14", required=True),
        ],
    },
    {
        "segment": "UNE",
        "elements": [
            _one("count", "N0 1/6", required=True),
            _one("control_reference", "an..14", required=True),
        ],
    },
    {
        "segment": "UNZ",
        "elements": [
            _one("count", "N0 1/6", required=True),
            _one("control_reference", "an..14", required=True),
        ],
    },
]
CONTROL = Plan(compile_layout(TypeAdapter[Content](Content).validate_python(_SEGMENTS), {}))
"""The control segments, by their tags."""

SEGMENTS = {segment.tag: segment for segment in CONTROL.layout.segments}

CONTROL_TAGS = frozenset({"UNA", *SEGMENTS})
"""Segments that are written and read by themselves, around what a definition describes."""

PARTS = (("interchange", "UNB"), ("group", "UNG"), ("message", "UNH"))
"""The members of a record's envelope and the segments that they are."""


def identity(values: Values) -> str:
    """What no other interchange has, from the values of UNB: its partners and its reference."""
    return repr([values.get("sender"), values.get("recipient"), values.get("control_reference")])


def partner_name(partner: Values) -> str:
    """Who sends or receives, as the names of counters say it."""
    return f"{partner.get('qualifier', '')}:{partner.get('identification', '')}"


def envelope_schema() -> JsonSchema:
    """What is around a message. Everything may be left out when writing that the definition says, and control
    references are counted."""
    parts: dict[str, JsonValue] = {}
    for name, tag in PARTS:
        schema = segment_schema(SEGMENTS[tag])
        schema.pop("required", None)
        parts[name] = schema
    return {"type": "object", "properties": parts, "additionalProperties": False}
