"""What contradicts itself in a mapping is told at the line and column of the key that its reason names."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.config import ConfigurationError, load_mappings

FIXED = "m:\n  format: fixed_width\n  encoding: latin-1\n  separator: lf\n"

PLACED: dict[str, tuple[str, list[str]]] = {
    "a-key": (
        FIXED + "  fields:\n    a: {at: 1, length: 5}\n    b: {at: 4, length: 5}\n",
        ["7:13: m.fields.b.at: byte 4 is part"],
    ),
    "two-keys": (
        FIXED + "  fields:\n    a: {at: 1, length: 5}\n    b: {at: 4, length: 5}\n"
        '    c: {at: 9, length: 5, type: date, pattern: "%d.%m"}\n',
        ["7:13: m.fields.b.at: byte 4", "8:48: m.fields.c.pattern: a date needs"],
    ),
    "a-key-that-is-not-there": (
        "m:\n  format: fixed_width\n  encoding: latin-1\n  fields:\n    a: {length: 1}\n",
        ["1:1: m.separator: give what separates"],
    ),
    "an-item-of-a-list": (
        "m:\n  format: hl7\n  content:\n    - {segment: MSH, min: 1}\n"
        "    - {segment: PID, fields: [{at: 3, type: XYZ}]}\n",
        ["5:45: m.content[1].fields[0].type: 'XYZ' is no data type"],
    ),
    "a-name-with-dots": (
        'm:\n  format: delimited\n  fields:\n    "a.b": {type: decimal, prefix: "1"}\n',
        ["4:36: m.fields.a.b.prefix: "],
    ),
    "inside-a-text": (
        "m:\n  format: copybook\n  encoding: cp037\n  copybook: |\n       01  A.\n           05 B PIC X(5.\n",
        ["4:13: m.copybook: copybook:2:"],
    ),
}


def problems(tmp_path: Path, definition: str) -> list[str]:
    """What is told of these mappings, each from its line on."""
    (tmp_path / "mappings").mkdir()
    (tmp_path / "mappings" / "m.yaml").write_text(definition)
    with pytest.raises(ConfigurationError) as refused:
        load_mappings(tmp_path)
    return [str(problem).rpartition("m.yaml:")[2] for problem in refused.value.problems]


@pytest.mark.parametrize(("definition", "places"), PLACED.values(), ids=PLACED)
def test_placed(tmp_path: Path, definition: str, places: list[str]) -> None:
    found = problems(tmp_path, definition)
    assert [one[: len(place)] for one, place in zip(found, places, strict=True)] == places


NO_KIND: dict[str, tuple[str, str]] = {
    "slip": ("m: {formt: json}", '1:5: m.formt: unknown key; did you mean "format"?'),
    "slip-of-a-transform": (
        "m: {transfrom: {a: b}}",
        '1:5: m.transfrom: unknown key; did you mean "transform"?',
    ),
    "missing": ("m: {fields: {a: {}}}", "1:1: m.format: is required: one of: delimited, fixed_width"),
    "unknown": ("m: {format: x13}", '1:13: m.format: did you mean "x12"? must be one of: delimited'),
    "a-number": ("m: {format: 12}", "1:13: m.format: must be one of: delimited"),
    "a-list": ("m: [json]", "1:4: m: must be a mapping with the key `format`, or `transform`"),
    "nothing": ("m:", "1:3: m: must be a mapping with the key `format`, or `transform`"),
}


@pytest.mark.parametrize(("definition", "reason"), NO_KIND.values(), ids=NO_KIND)
def test_of_no_kind(tmp_path: Path, definition: str, reason: str) -> None:
    (problem,) = problems(tmp_path, definition)
    assert problem.startswith(reason)


EDI = "m:\n  format: edifact\n  content:\n    - {segment: BGM}\n"
HL7 = "m:\n  format: hl7\n  content:\n    - {segment: MSH, min: 1}\n"
XML = "m:\n  format: xml\n  root: a\n  fields:\n"
PACKED = "m:\n  format: delimited\n  fields: {a: {}}\n"

ALTERNATIVES: dict[str, tuple[str, list[str]]] = {
    "neither-a-segment-nor-a-loop": (
        EDI + "    - {group: SG2, content: [{segment: NAD}]}\n",
        [
            "5:7: m.content[1].loop: is required: text",
            "5:8: m.content[1].group: unknown key; allowed: segment",
        ],
    ),
    "a-segment-with-content": (
        EDI + "    - {segment: NAD, content: []}\n",
        ["5:22: m.content[1].content: unknown key; it goes with `loop`; allowed: segment, name, min,"],
    ),
    "a-loop-with-elements": (
        EDI + "    - {loop: A, content: [{segment: NAD}], elements: []}\n",
        ["5:44: m.content[1].elements: unknown key; it goes with `segment`; allowed: loop, name, min,"],
    ),
    "a-group-with-fields": (
        HL7 + "    - {group: A, content: [{segment: PID}], fields: []}\n",
        ["5:45: m.content[1].fields: unknown key; it goes with `segment`; allowed: group, min,"],
    ),
    "a-segment-of-hl7-with-content": (
        HL7 + "    - {segment: PID, content: []}\n",
        ["5:22: m.content[1].content: unknown key; it goes with `group`; allowed: segment, name,"],
    ),
    "a-slip-of-group": (
        HL7 + "    - {grp: A, content: [{segment: PID}]}\n",
        ["5:7: m.content[1].group: is required", '5:8: m.content[1].grp: unknown key; did you mean "group"?'],
    ),
    "a-slip-of-a-type": (
        XML + "    id: {type: integr}\n",
        ['5:16: m.fields.id.type: did you mean "integer"? must be one of: string, integer, decimal,'],
    ),
    "no-such-type": (
        XML + "    id: {type: 5}\n",
        ["5:16: m.fields.id.type: is 5; must be one of: string, integer, decimal,"],
    ),
    "a-word": (
        PACKED + "  compression: gz\n",
        ['4:16: m.compression: did you mean "gzip"? must be one of: gzip, zip,'],
    ),
    "a-word-inside": (
        PACKED + "  compression: {type: gz}\n",
        ['4:23: m.compression.type: did you mean "{type: gzip}"? must be one of: gzip, zip,'],
    ),
}


@pytest.mark.parametrize(("definition", "places"), ALTERNATIVES.values(), ids=ALTERNATIVES)
def test_the_alternative_that_was_meant(tmp_path: Path, definition: str, places: list[str]) -> None:
    found = problems(tmp_path, definition)
    assert [one[: len(place)] for one, place in zip(found, places, strict=True)] == places
