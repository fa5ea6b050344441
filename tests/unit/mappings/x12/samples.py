"""Definitions, data and ways to read and write that the tests of X12 share."""

from __future__ import annotations

from typing import Any

from mappings.x12 import X12Definition, X12Format
from tests.unit.mappings.edi import streams
from tests.unit.mappings.edi.streams import (
    NOW,
    golden_definition,
    golden_values,
    read,
    read_all,
    rules,
    told,
    write,
)

__all__ = [
    "GOLDEN",
    "NOW",
    "definition",
    "golden",
    "golden_records",
    "interchange",
    "read",
    "read_all",
    "rules",
    "told",
    "transaction",
    "write",
    "x12",
]

GOLDEN = streams.GOLDEN / "x12"


def x12(**definition: Any) -> X12Format:
    """The format of a definition, `format` left out."""
    return X12Format(X12Definition.model_validate({"format": "x12", **definition}))


def definition(name: str) -> dict[str, Any]:
    """The definition of a golden sample."""
    return golden_definition("x12", name)


def golden(name: str, **changes: Any) -> X12Format:
    """The format of a golden sample."""
    return X12Format(X12Definition.model_validate({**definition(name), **changes}))


def golden_records(name: str) -> list[Any]:
    """The records of a golden sample."""
    return golden_values("x12", name)


def interchange(*segments: str, version: str = "00501", group: str = "PO*ACME*GLOBEX") -> bytes:
    """An interchange of one group around these segments; ST and SE are theirs."""
    repetition = "^" if version >= "00402" else "U"
    isa = f"ISA*00*          *00*          *ZZ*ACME           *ZZ*GLOBEX         *261123*1015*{repetition}*"
    sets = sum(segment.startswith("ST*") for segment in segments)
    lines = [
        f"{isa}{version}*000000001*0*P*:",
        f"GS*{group}*20261123*1015*1*X*004010",
        *segments,
        f"GE*{sets}*1",
        "IEA*1*000000001",
    ]
    return "".join(f"{line}~" for line in lines).encode()


def transaction(*segments: str, identifier: str = "850", number: str = "0001") -> tuple[str, ...]:
    """A transaction set with ST and a right SE around these segments."""
    return (f"ST*{identifier}*{number}", *segments, f"SE*{len(segments) + 2}*{number}")
