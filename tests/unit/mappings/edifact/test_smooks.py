"""The rest of Smooks' corpus: interchanges and free segments, with the XML that they have to give."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from decimal import Decimal
from typing import Any

import pytest

from tests.corpus import needs
from tests.unit.mappings.edifact.directory import elements, known
from tests.unit.mappings.edifact.samples import INVOIC_03B, INVOIC_93A, ORDERS_03B, edifact, message
from tests.unit.mappings.segments.edi_sax import Model, Tree, rendered, tree
from tests.unit.mappings.segments.samples import SAMPLES, read, read_all, rules, segments, told, write

FOLDER = SAMPLES / "smooks-edi-cartridge"
UNEDIFACT = FOLDER / "edi-sax" / "unedifact"

pytestmark = needs(FOLDER)


def _filled(given: Tree) -> Tree | None:
    """Without what is empty: some of the XML has empty elements for components that are not there."""
    tag, inside = given
    if isinstance(inside, str):
        return given
    left = [one for one in map(_filled, inside) if one is not None]
    return (tag, left) if left else None


def _found(given: Tree, tag: str) -> list[Tree]:
    """The outermost parts with this tag."""
    if given[0] == tag:
        return [given]
    return [] if isinstance(given[1], str) else [one for inside in given[1] for one in _found(inside, tag)]


def _leaves(given: Tree) -> list[str]:
    inside = given[1]
    return [inside] if isinstance(inside, str) else [leaf for one in inside for leaf in _leaves(one)]


def _texts(value: Any) -> list[str]:
    """The values of an envelope, in their order."""
    return (
        [text for one in value.values() for text in _texts(one)] if isinstance(value, dict) else [str(value)]
    )


# The samples count 25 segments wherever there are three, give every message one reference, and have trailers
# that do not fit; their groups hold no such values as the standard has.
LENIENT = ["control_counts", "control_references", "duplicates", "envelope", "trailing_separators"]
INTERCHANGES = [
    ("no_ung/unedifact-msg-01.edi", "no_ung/unedifact-msg-expected.xml", []),
    ("no_ung/unedifact-msg-02.edi", "no_ung/unedifact-msg-expected.xml", []),
    ("with_ung/unedifact-msg-01.edi", "with_ung/unedifact-msg-expected-01.xml", []),
    ("with_ung/unedifact-msg-02.edi", "with_ung/unedifact-msg-expected-01.xml", []),
    # UNG without the reference that UNE has.
    ("with_ung/unedifact-msg-03.edi", None, ["required-element"]),
    ("with_ung/unedifact-msg-04.edi", "with_ung/unedifact-msg-expected-02.xml", []),
    # A UCD outside of a message: Smooks passes it on, here it is told of.
    ("with_ung/unedifact-msg-05.edi", "with_ung/unedifact-msg-expected-03.xml", ["control-structure"]),
]


@pytest.mark.parametrize(("name", "expected", "wrong"), INTERCHANGES, ids=lambda value: str(value)[:30])
def test_interchanges(name: str, expected: str | None, wrong: list[str]) -> None:
    data = (UNEDIFACT / name).read_bytes()
    records: dict[str, list[dict[str, Any]]] = {}
    for kind in ("MSG1", "MSG2"):
        content = Model(UNEDIFACT / f"{kind}-model.xml").content(
            ET.parse(UNEDIFACT / f"{kind}-model.xml").getroot()
        )
        lenient = [*LENIENT, "too_long", *(["missing_elements"] if expected is None else [])]
        codec = edifact(message=kind, content=content, others="segments", lenient=lenient)
        results, summary = read_all(codec, data)
        assert rules(results) == [one for one in wrong if one != "required-element"]
        assert ("missing_elements" in summary.leniencies) == (expected is None)
        assert told(read(codec, data, 1)) == told(results)
        for index, one in enumerate(result for result in results if isinstance(result, dict)):
            if one["envelope"]["message"]["identifier"]["type"] == kind:
                records.setdefault(str(index), []).append(one)
    if expected is None:
        return
    document = tree(ET.parse(UNEDIFACT / expected).getroot())
    messages = _found(document, "interchangeMessage")
    assert len(messages) == len(records)
    for index, expectation in enumerate(messages):
        (record,) = records[str(index)]
        envelope = record.pop("envelope")
        parts = list(expectation[1])
        assert isinstance(parts[1], tuple)
        assert rendered(record) == parts[1][1]
        assert _texts(envelope["message"]) == _leaves(_found(expectation, "UNH")[0])
        assert _texts(envelope["interchange"]) == _leaves(_found(document, "UNB")[0])
        if "group" in envelope:
            assert _texts(envelope["group"]) == _leaves(_found(document, "UNG")[0])


CARTRIDGE = [
    ("ORDERS_D.03B_Interchange", "ORDERS", ORDERS_03B, []),
    # UNT says 36 segments, there are 35.
    ("INVOIC_D.03B_Interchange_with_UNA", "INVOIC", INVOIC_03B, ["control_counts"]),
]


@pytest.mark.parametrize(("name", "kind", "content", "lenient"), CARTRIDGE, ids=[one[0] for one in CARTRIDGE])
def test_parsing_and_unparsing(
    name: str, kind: str, content: list[dict[str, Any]], lenient: list[str]
) -> None:
    path = FOLDER / "edifact-cartridge" / "data" / name
    data = path.with_name(f"{name}.txt").read_bytes()
    has_advice = data.startswith(b"UNA")
    codec = message(
        kind,
        content,
        directory={"version": "D", "release": "03B", "agency": "UN"},
        delimiters={"line_end": "lf", "advice": "always" if has_advice else "needed"},
        lenient=lenient,
    )
    results = read(codec, data)
    (record,) = results
    document = _filled(tree(ET.parse(path.with_name(f"{name}.xml")).getroot()))
    assert document is not None
    (expected,) = _found(document, kind)
    body = {key: value for key, value in record.items() if key != "envelope"}
    assert rendered(body) == expected[1]
    assert _texts(record["envelope"]["message"]) == _leaves(_found(document, "UNH")[0])
    assert _texts(record["envelope"]["interchange"]) == _leaves(_found(document, "UNB")[0])
    again = write(codec, results)
    assert again == data.replace(b"UNT+36", b"UNT+35").rstrip() + b"\n"
    assert read(codec, again) == results


def test_a_message_with_too_many_segments_is_a_bad_one() -> None:
    data = (FOLDER / "edifact-cartridge" / "data" / "BAD_ORDERS_D.03B_Interchange.txt").read_bytes()
    results = read(message("ORDERS", ORDERS_03B), data)
    assert rules(results) == ["segment-count", "segments-counted"]
    assert results[0].place.byte_offset == data.index(b"DTM") + 35 * len(b"DTM+137:20051107:102'\n")
    assert results[0].raw.startswith(b"UNH+SSDD1")


def _shape(given: Tree) -> Any:
    """Groups by name, what is in their segments by nesting alone: its names are those of another list."""
    tag, inside = given
    if isinstance(inside, str):
        return inside
    parts = [_shape(one) for one in inside]
    return (tag, parts) if tag.startswith("Segment_Group") else parts


def _said(record: dict[str, Any]) -> dict[str, Any]:
    """Numbers with a comma, as the sample has them."""

    def said(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: said(one) for name, one in value.items()}
        if isinstance(value, list):
            return [said(one) for one in value]
        return format(value, "f").replace(".", ",") if isinstance(value, Decimal) else value

    made = said(record)
    assert isinstance(made, dict)
    return made


def test_free_segments_of_an_invoice() -> None:
    folder = FOLDER / "ect" / "d93a-invoic-1"
    data = (folder / "input.edi").read_bytes()
    used = {tag: one for tag, one in known().items() if tag in str(INVOIC_93A)}
    # The document's number is no composite yet.
    used["BGM"] = {"elements": elements("C002(E1001 E1131 E3055 E1000) E1004 E1225 E4343")}
    delimiters = {"component": ":", "release": "?", "decimal": ",", "line_end": "lf"}
    codec = segments(delimiters=delimiters, content=INVOIC_93A, segments=used)
    results = read(codec, data)
    (record,) = results
    expected = tree(ET.parse(folder / "expected-result.xml").getroot())
    assert _shape(("INVOIC", rendered(_said(record)))) == _shape(expected)
    assert write(codec, results) == data


def test_free_segments_with_parts_that_nothing_separates() -> None:
    """The model has a sub-component separator, which the expected values do not: it is no such one there."""
    path = FOLDER / "edi-cartridge" / "data"
    data = (path / "edi-input.txt").read_bytes()
    fields = [{"name": f"field-{at}"} for at in range(1, 6)]
    name = {"name": "name", "components": [{"name": "firstname"}, {"name": "lastname"}]}
    inner = [{"name": "a", "components": [{"name": "a.1"}, {"name": "a.2"}]}, {"name": "b"}, {"name": "c"}]
    content = [
        {
            "loop": "outer-seg",
            "content": [
                {"segment": "SEG", "elements": fields},
                {
                    "loop": "inner-seg",
                    "content": [
                        {"segment": "XXX", "elements": [{"name": "field-1.1"}, {"name": "field-1.2"}]},
                        {"segment": "Y", "name": "inner-inner-seg", "max": "unbounded", "elements": inner},
                    ],
                },
            ],
        },
        {"segment": "YYY", "name": "personal-details", "elements": [name, {"name": "country"}]},
    ]
    codec = segments(delimiters={"segment": "\n", "element": "*", "component": "^"}, content=content)
    results = read(codec, data)
    (record,) = results
    assert ("test-message", rendered(record)) == _filled(tree(ET.parse(path / "expected.xml").getroot()))
    assert write(codec, results).rstrip() == data.rstrip()
