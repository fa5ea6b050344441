"""Definitions and ways to read and write that the tests of copybooks share."""

from __future__ import annotations

from typing import Any

from mappings.contract import Context, Format, MappingError
from mappings.copybook import CopybookDefinition, CopybookFormat


def defined(copybook: str | list[str], encoding: str = "cp037", **more: Any) -> CopybookFormat:
    """The format of a copybook's text."""
    definition = {"format": "copybook", "copybook": copybook, "encoding": encoding, **more}
    return CopybookFormat(CopybookDefinition.model_validate(definition))


def problems(copybook: str | list[str], encoding: str = "cp037", **more: Any) -> list[str]:
    """What is wrong with a definition, one a line; nothing where it is sound."""
    definition = {"format": "copybook", "copybook": copybook, "encoding": encoding, **more}
    checked = CopybookDefinition.model_validate(definition)
    try:
        CopybookFormat(checked)
    except ValueError as error:
        return str(error).splitlines()
    return []


def read(codec: Format, data: bytes, size: int = 1 << 20) -> list[Any]:
    """All results for these bytes, in chunks of `size`."""
    decoder = codec.decoder(Context())
    results: list[Any] = []
    for start in range(0, len(data), size):
        results += decoder.feed(data[start : start + size])
    last, _ = decoder.finish()
    return [*results, *last]


def records(codec: Format, data: bytes) -> list[Any]:
    """The records in these bytes, which are all good."""
    found = read(codec, data)
    assert [str(each) for each in found if isinstance(each, MappingError)] == []
    return found


def write(codec: Format, values: list[Any]) -> bytes:
    """All bytes of these records."""
    encoder = codec.encoder(Context())
    return encoder.encode(values) + encoder.finish()


def field(clauses: str, **more: Any) -> CopybookFormat:
    """A format whose records are one field `A`."""
    return defined(f"01 R.\n 05 A {clauses}.\n", **more)


VARIANTS = """01 R.
 05 KIND PIC X.
 05 PERSON.
   10 NAME PIC X(6).
 05 FIRM REDEFINES PERSON.
   10 CODE PIC 9(4).
 05 RAW REDEFINES PERSON PIC X(6).
 05 Z PIC X.
"""
RULES: dict[str, Any] = {
    "PERSON": {"field": "KIND", "value": "P"},
    "FIRM": {"field": "KIND", "value": ["F", "G"]},
    "RAW": "otherwise",
}
