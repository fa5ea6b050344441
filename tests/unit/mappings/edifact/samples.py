"""Definitions that the tests of EDIFACT share."""

from __future__ import annotations

from typing import Any

from mappings.edifact import EdifactDefinition, EdifactFormat
from tests.unit.mappings.edi import streams
from tests.unit.mappings.edi.streams import bare, golden_bytes, golden_definition, golden_values
from tests.unit.mappings.edifact.directory import group, known, one

__all__ = [
    "GOLDEN",
    "INVOIC_03B",
    "INVOIC_93A",
    "INVOIC_97B",
    "ORDERS_03B",
    "ORDERS_96B",
    "PARTNERS",
    "a_message",
    "bare",
    "definition",
    "edifact",
    "golden",
    "golden_data",
    "golden_records",
    "interchange",
    "message",
]

INVOIC_03B: list[dict[str, Any]] = [
    one("BGM", 1),
    one("DTM", 1, 35),
    group("SegGrp-1", 99, "RFF", one("DTM", 0, 5)),
    group("SegGrp-2", 99, "NAD", one("FII", 0, 5), group("SegGrp-3", 9999, "RFF")),
    group("SegGrp-7", 99, "CUX"),
    group(
        "SegGrp-26",
        9999999,
        "LIN",
        one("IMD", 0, 99),
        one("QTY", 0, 5),
        group("SegGrp-27", 99, "MOA"),
        group("SegGrp-29", 99, "PRI"),
        group("SegGrp-30", 10, "RFF", one("DTM", 0, 5)),
        group("SegGrp-31", 99, "PAC"),
        group("SegGrp-39", 9999, "ALC", group("SegGrp-42", 2, "MOA")),
    ),
    one("UNS", 1),
    group("SegGrp-50", 100, "MOA"),
    group("SegGrp-52", 10, "TAX", one("MOA", 0, 9)),
]
ORDERS_03B: list[dict[str, Any]] = [
    one("BGM", 1),
    one("DTM", 1, 35),
    group("SegGrp-1", 9999, "RFF", one("DTM", 0, 5)),
    group("SegGrp-2", 99, "NAD", group("SegGrp-5", 5, "CTA", one("COM", 0, 5))),
    group("SegGrp-28", 200000, "LIN", one("QTY", 0, 99), one("FTX", 0, 99)),
    one("UNS", 1),
    one("MOA", 0, 12),
    one("CNT", 0, 10),
]
INVOIC_97B: list[dict[str, Any]] = [
    one("BGM", 1),
    one("DTM", 1, 35),
    group("SG1", 99, "RFF"),
    group("SG2", 99, "NAD"),
    group("SG7", 99, "CUX"),
    group(
        "SG25",
        9999999,
        one("LIN", 1),
        one("IMD", 0, 99),
        one("QTY", 0, 5),
        one("ALI", 0, 5),
        group("SG26", 99, "MOA"),
        group("SG28", 99, "PRI"),
    ),
    one("UNS", 1),
    group("SG48", 100, "MOA"),
    group("SG50", 10, "TAX"),
    group("SG51", 15, "ALC", one("MOA", 0, 2)),
]
ORDERS_96B: list[dict[str, Any]] = [
    one("BGM", 1),
    one("DTM", 1, 35),
    one("FTX", 0, 99),
    group("SG2", 99, "NAD"),
    group(
        "SG25",
        200000,
        "LIN",
        one("PIA", 0, 25),
        one("IMD", 0, 99),
        one("MEA", 0, 5),
        one("QTY", 0, 10),
        group("SG28", 25, "PRI"),
        group("SG49", 100, "SCC"),
    ),
    one("UNS", 1),
]
INVOIC_93A: list[dict[str, Any]] = [
    one("BGM", 1),
    one("DTM", 1, 35),
    group("Segment_Group_1", 10, "RFF", one("DTM", 0, 5)),
    group(
        "Segment_Group_2",
        20,
        "NAD",
        one("FII", 0, 5),
        group("Segment_Group_3", 9999, "RFF"),
        group("Segment_Group_5", 5, "CTA", one("COM", 0, 5)),
    ),
    group("Segment_Group_7", 5, "CUX", one("DTM", 0, 5)),
    group(
        "Segment_Group_22",
        9999999,
        "LIN",
        one("PIA", 0, 25),
        one("IMD", 0, 10),
        one("QTY", 0, 5),
        one("DTM", 0, 35),
        one("FTX", 0, 5),
        group("Segment_Group_23", 5, "MOA"),
        group("Segment_Group_25", 25, "PRI"),
        group("Segment_Group_26", 10, "RFF"),
        group("Segment_Group_30", 5, "TAX", one("MOA", 0, 2)),
    ),
    one("UNS", 1),
    one("CNT", 0, 10),
    group("Segment_Group_45", 100, "MOA"),
    group("Segment_Group_47", 10, "TAX", one("MOA", 0, 2)),
]

GOLDEN = streams.GOLDEN / "edifact"
PARTNERS = {"sender": {"identification": "ACME"}, "recipient": {"identification": "BANK", "qualifier": "14"}}


def edifact(**definition: Any) -> EdifactFormat:
    """The format of a definition, `format` left out."""
    return EdifactFormat(EdifactDefinition.model_validate({"format": "edifact", **definition}))


def message(kind: str, content: list[dict[str, Any]], **definition: Any) -> EdifactFormat:
    """The format of a message with segments of the directory."""
    used = {segment: one for segment, one in known().items() if segment in str(content)}
    return edifact(message=kind, content=content, segments=used, **definition)


def definition(name: str) -> dict[str, Any]:
    """The definition of a golden sample."""
    return golden_definition("edifact", name)


def golden(name: str, **changes: Any) -> EdifactFormat:
    """The format of a golden sample."""
    return EdifactFormat(EdifactDefinition.model_validate({**definition(name), **changes}))


def golden_data(name: str) -> bytes:
    """The bytes of a golden sample."""
    return golden_bytes("edifact", name)


def golden_records(name: str) -> list[Any]:
    """The records of a golden sample."""
    return golden_values("edifact", name)


def interchange(*segments: str, head: str = "UNB+UNOC:3+ACME+BANK+261123:1015+R1") -> bytes:
    """An interchange of these segments; UNZ is what it has to be."""
    count = sum(one.startswith("UNG") for one in segments) or sum(one.startswith("UNH") for one in segments)
    reference = head.split("+")[5]
    return "".join(f"{one}'" for one in (head, *segments, f"UNZ+{count}+{reference}")).encode("latin-1")


def a_message(*segments: str, number: str = "1", kind: str = "ORDERS:D:96A:UN:EAN008") -> tuple[str, ...]:
    """A message of these segments; UNT is what it has to be."""
    return (f"UNH+{number}+{kind}", *segments, f"UNT+{len(segments) + 2}+{number}")
