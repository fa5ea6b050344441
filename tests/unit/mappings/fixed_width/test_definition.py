"""Definitions that contradict themselves, and the documentation of those that do not."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from mappings.fixed_width import FixedWidthDefinition
from tests.unit.mappings.fixed_width.samples import fixed, read, write

PAGE = Path(__file__).parents[4] / "docs" / "mappings" / "fixed-width.md"
A = {"at": 1, "length": 4}
INTEGER = {**A, "type": "integer"}
DECIMAL = {**A, "type": "decimal", "scale": 2}


def flat(**field: Any) -> dict[str, Any]:
    return {"fields": {"a": {**A, **field}}}


def records(**types: Any) -> dict[str, Any]:
    return {"fields": None, "records": types}


def kind(value: Any, **more: Any) -> dict[str, Any]:
    return {"match": {"at": 1, "value": value}, **more}


def totalled(equals: str, *, record: str = "T", **more: Any) -> dict[str, Any]:
    number = {"at": 2, "length": 2, "type": "integer"}
    line = {
        "n": number,
        "d": {"at": 4, "length": 2, "type": "decimal", "scale": 1},
        "s": {"at": 6, "length": 1},
    }
    types = {"H": kind("H"), "D": kind("D", fields=line), "T": kind("T"), "Z": kind("Z")}
    types[record] = {
        **types[record],
        "fields": {
            **types[record].get("fields", {}),
            "t": {"at": 8, "length": 2, "type": "integer", "equals": equals, **more},
        },
    }
    return records(**types)


SOUND = {"encoding": "us-ascii", "record_length": 10, "fields": {"a": A}}


def inner(**group: Any) -> dict[str, Any]:
    """Changes that give lines with a group `g` of which this is said, and fields to refer to."""
    around: dict[str, Any] = {
        "n": {"length": 1, "type": "integer"},
        "null": {"length": 1, "type": "integer", "nullable": True},
        "s": {"length": 1},
        "g": {"type": "group", "fields": {"x": {"length": 1}}, **group},
        "after": {"length": 1, "type": "integer"},
    }
    return {"record_length": None, "separator": "lf", "fields": around}


def varying(**fields: Any) -> dict[str, Any]:
    """Changes that give lines with a number `n` and then these fields."""
    number = {"n": {"length": 1, "type": "integer"}}
    return {"record_length": None, "separator": "lf", "fields": number | fields}


CONTRADICTIONS: list[Any] = [
    pytest.param({"fields": None}, "fields: give either fields or records", id="neither"),
    pytest.param({"records": {"x": {"fields": {"a": A}}}}, "either fields or records", id="both"),
    pytest.param({"record_length": None}, "separator: give what separates", id="no framing"),
    pytest.param({"record_length": None, "separator": "none"}, "record_length: is needed", id="no length"),
    pytest.param({"short_lines": "fill"}, "short_lines: there are no lines", id="short lines"),
    pytest.param({"blank_lines": "skip"}, "blank_lines: there are no lines", id="blank lines"),
    pytest.param({"separator": "nl"}, "nl is a character of EBCDIC", id="NL in ASCII"),
    pytest.param({"fill": "é"}, "fill: is not one byte in us-ascii", id="fill"),
    pytest.param(
        {"encoding": "utf-8", "fill": "é"}, "fill: is not one byte in utf-8", id="fill of two bytes"
    ),
    pytest.param(
        {"separator": "lf", "record_length": None, **flat(type="integer", usage="packed")},
        "fields.a: a byte of a packed",
        id="packed lines",
    ),
    pytest.param(
        {"separator": "either", **flat(type="integer", usage="packed")},
        "separator: packed and binary numbers need",
        id="packed lines of either end",
    ),
    pytest.param({"record_format": "V"}, "record_length: records of the format V", id="length of V"),
    pytest.param(
        {"record_format": "VB", "record_length": None, "separator": "lf"},
        "separator: records of the format VB have none",
        id="separated VB",
    ),
    pytest.param(
        {"record_format": "FB", "record_length": None}, "record_length: is needed", id="length of FB"
    ),
    pytest.param({"record_format": "F", "rdw": {"counts": "data"}}, "rdw: belongs to", id="RDW of F"),
    pytest.param({"bdw": {"counts": "data"}}, "bdw: belongs to", id="BDW without a format"),
    pytest.param({"block_size": 800}, "block_size: belongs to", id="block size of lines"),
    pytest.param(
        flat(type="integer", positive_sign="F"), "fields.a.positive_sign: belongs to", id="zone of display"
    ),
    pytest.param(
        flat(type="integer", usage="packed", sign="none", negative_sign="B"),
        "fields.a.negative_sign: belongs to",
        id="minus",
    ),
    pytest.param(
        flat(type="integer", overpunch="realia"), "fields.a.overpunch: belongs to", id="overpunch without"
    ),
    pytest.param(
        flat(type="integer", signs_read="written"),
        "fields.a.signs_read: there is no sign",
        id="no sign to read",
    ),
    pytest.param(
        flat(type="integer", usage="bcd", sign="none"),
        "fields.a.sign: a bcd number has none",
        id="sign of bcd",
    ),
    pytest.param(
        flat(type="integer", usage="bcd", digits=9),
        "fields.a.digits: 4 bytes hold at most 8",
        id="digits of bcd",
    ),
    pytest.param(
        flat(type="float", usage="ieee", length=3), "fields.a.length: a floating-point", id="float of 3"
    ),
    pytest.param(flat(type="string", double_byte=True), "fields.a.double_byte: us-ascii has no", id="DBCS"),
    pytest.param(
        inner(occurs={"count": 2, "max": 3}), "fields.g.occurs: give either count or max", id="count and max"
    ),
    pytest.param(
        inner(occurs={"min": 1}), "fields.g.occurs: give either count or max", id="no count, no max"
    ),
    pytest.param(
        inner(occurs={"count": 2, "min": 1}), "fields.g.occurs: with count it always", id="count and min"
    ),
    pytest.param(
        inner(occurs={"min": 3, "max": 2, "depends_on": "n"}), "fields.g.occurs.max: is less", id="occurs max"
    ),
    pytest.param(
        inner(occurs={"max": 2, "room": "all"}), "fields.g.occurs.room: belongs to depends_on", id="room"
    ),
    pytest.param(
        inner(occurs={"max": 2, "depends_on": "m"}), "there is no field 'm'", id="depends on nothing"
    ),
    pytest.param(inner(occurs={"max": 2, "depends_on": "s"}), "'s' is no whole number", id="depends on text"),
    pytest.param(
        inner(occurs={"max": 2, "depends_on": "after"}),
        "'after' does not stand before it",
        id="depends on later",
    ),
    pytest.param(
        inner(occurs={"max": 2, "depends_on": "null"}), "'null' has to be there always", id="depends on null"
    ),
    pytest.param(
        inner(length=3, fields={"x": {"at": 3, "length": 2}}), "the group has 3", id="beyond a group"
    ),
    pytest.param(
        inner(fields={"x": {"at": 1, "length": 2}, "y": {"at": 2, "length": 1}}),
        "fields.g.fields.y.at: byte 2 is part of the field 'x'",
        id="overlap in a group",
    ),
    pytest.param(
        inner(fields={"x": {"length": 2, "optional": True}}),
        "fields.g.fields.x.optional: belongs",
        id="optional",
    ),
    pytest.param(
        inner(fields={"x": {"length": 2, "variable": True}}),
        "fields.g.fields.x.variable: only a field of the record itself",
        id="variable in a group",
    ),
    pytest.param(
        inner(fields={"x": {"length": 2, "occurs": {"max": 2}}}),
        "fields.g.fields.x.occurs: only a field of the record itself",
        id="open table in a group",
    ),
    pytest.param(
        inner(fields={"x": {"type": "constant", "length": 1, "value": "-"}}),
        "fields.g.fields: none is part of the record",
        id="constants in a group",
    ),
    pytest.param(
        varying(t={"length": 2, "occurs": {"max": 3, "depends_on": "n"}}, z={"at": 9, "length": 1}),
        "fields.z.at: what stands before it varies in length",
        id="place behind a table",
    ),
    pytest.param(
        varying(t={"length": 2, "variable": True}, z={"length": 2, "occurs": {"max": 3}}),
        "fields.z: how long it is and how long 't' is cannot both be told",
        id="two that take the rest",
    ),
    pytest.param(
        varying(t={"length": 2, "optional": True}, z={"length": 1}),
        "fields.z: follows an optional field",
        id="behind an optional field",
    ),
    pytest.param(
        varying(t={"length": 2, "variable": True, "nullable": True}),
        "such a text is not null",
        id="null text",
    ),
    pytest.param(
        varying(t={"length": 2, "variable": True, "pad": "*"}),
        "fields.t.pad: a text that takes",
        id="padded rest",
    ),
    pytest.param(
        varying(t={"length": 2, "optional": True, "occurs": {"count": 2}}),
        "fields.t.optional: what occurs",
        id="optional table",
    ),
    pytest.param(
        {"fields": {"a": {**A, "optional": True}}}, "every record has the record_length", id="optional in F"
    ),
    pytest.param(
        records(x={"match": {"at": 1}}), "records.x.match: at and value", id="match without a value"
    ),
    pytest.param(
        records(x=kind("ABCD", fields={"n": INTEGER})),
        "records.x.fields.n: can never be what the match says",
        id="unreachable",
    ),
    pytest.param(records(x={"match": {}}), "records.x.match: says nothing", id="match of nothing"),
    pytest.param(
        records(x={"match": {"at": 1, "first": "A"}}), "records.x.match: first and last", id="half a range"
    ),
    pytest.param(
        records(x={"match": {"at": 1, "first": "B", "last": "A"}}),
        "records.x.match: last comes before first",
        id="range backwards",
    ),
    pytest.param(
        records(x={"match": {"at": 1, "value": "B", "other_than": "A"}}),
        "records.x.match: give either value or other_than",
        id="value and other",
    ),
    pytest.param(
        records(x={"match": {"at": 1, "other_than": "A"}}),
        "records.x.match: needs a field",
        id="other, no field",
    ),
    pytest.param(
        records(x={"match": {"shortest": 3, "longest": 2}}), "records.x.match: longest is less", id="lengths"
    ),
    pytest.param(
        records(x={"match": {"longest": 2}}),
        "its records never have such a length",
        id="length that never is",
    ),
    pytest.param(
        {
            **records(
                x={"match": {"at": 1, "first": "A", "last": "K"}, "fields": {"a": A}},
                y={"match": {"at": 1, "first": "K", "last": "Z"}, "fields": {"a": A}},
            )
        },
        "records.y.match: a record may match 'x' too",
        id="ranges that meet",
    ),
    pytest.param(totalled("count(D.d)"), "D.d does not occur several times", id="count of a field"),
    pytest.param(totalled("sum(D.d.x)"), "D.d.x is no number", id="sum below a number"),
    pytest.param(
        {"record_format": "VBS", "record_length": None, "rdw": {"form": "two-bytes"}},
        "rdw.form: segments",
        id="segments without flags",
    ),
    pytest.param(flat(at=8), "fields.a.length: ends at byte 11, the record has 10", id="beyond the record"),
    pytest.param(
        {"fields": {"a": A, "b": {"at": 4, "length": 1}}},
        "fields.b.at: byte 4 is part of the field 'a'",
        id="overlap",
    ),
    pytest.param(
        {"fields": {}, "record_length": None, "separator": "lf"},
        "length: a record without fields",
        id="empty record",
    ),
    pytest.param(flat(pad="é"), "fields.a.pad: is not one byte", id="pad"),
    pytest.param(
        flat(nullable=True, null=[{"text": "abcde"}]),
        "fields.a.null: 'abcde' is longer than 4",
        id="null too long",
    ),
    pytest.param(
        flat(nullable=True, null=[{"text": "é"}]),
        "has a character that us-ascii does not",
        id="null not encodable",
    ),
    pytest.param(flat(type="constant", value="abcde"), "fields.a.value: 'abcde' is longer", id="constant"),
    pytest.param(
        flat(type="boolean", true_words=["x"], false_words=["x"]), "also among false_words", id="both words"
    ),
    pytest.param(
        flat(type="boolean", true_words=["abcde"]), "true_words: 'abcde' is longer", id="word too long"
    ),
    pytest.param(
        flat(type="boolean", nullable=True, null=[{"text": "N"}]), "'N' already means null", id="word is null"
    ),
    pytest.param(flat(type="integer", minimum=2, maximum=1), "maximum: is less than minimum", id="bounds"),
    pytest.param(flat(type="integer", digits=3), "digits: belongs to packed", id="digits of display"),
    pytest.param(flat(type="integer", justify="left"), "justify: zeros stand before", id="zeros on the left"),
    pytest.param(
        flat(type="integer", length=1, sign="leading"), "length: leaves no digit", id="sign without digit"
    ),
    pytest.param(
        flat(type="decimal", scale=3, separator="."), "length: leaves no digit", id="fraction without digit"
    ),
    pytest.param(
        flat(type="decimal", scale=0, separator="."), "separator: there is no fraction", id="no fraction"
    ),
    pytest.param(
        flat(type="decimal", scale=1, separator=".", sign="overpunch"),
        "an overpunched number has none",
        id="zoned with point",
    ),
    pytest.param(
        flat(type="integer", pad=" ", sign="overpunch_leading"),
        "pad: the overpunched digit",
        id="zoned in spaces",
    ),
    pytest.param(
        flat(type="integer", usage="packed", sign="leading"),
        "sign: a packed number is signed",
        id="packed sign",
    ),
    pytest.param(
        flat(type="decimal", scale=1, usage="packed", separator="."),
        "separator: a packed number has none",
        id="packed point",
    ),
    pytest.param(
        flat(type="integer", usage="binary", pad=" "), "pad: a binary number has none", id="binary padding"
    ),
    pytest.param(
        flat(type="integer", usage="packed", digits=8), "digits: 4 bytes hold at most 7", id="packed digits"
    ),
    pytest.param(
        {"record_length": 20, **flat(type="integer", usage="binary", length=17)},
        "at most 16 bytes",
        id="binary length",
    ),
    pytest.param(
        {"record_length": 500, **flat(type="integer", length=401)}, "at most 400 bytes", id="display length"
    ),
    pytest.param(flat(type="date", pattern="%Y"), "pattern: a date needs", id="date without day"),
    pytest.param(
        flat(type="date", pattern="%Y%m"), "pattern: has 6 characters, the field 4 bytes", id="pattern length"
    ),
    pytest.param(flat(type="date", pattern="%y%m", length=4), "century_from: belongs to %y", id="no century"),
    pytest.param(
        flat(type="date", pattern="%Y%j", length=7, century_from=1950),
        "century_from: belongs to %y",
        id="century",
    ),
    pytest.param(flat(type="date", pattern="%Q%j"), "%Q is not one of", id="unknown part"),
    pytest.param(flat(type="date", pattern="%Y%Y"), "%Y occurs twice", id="part twice"),
    pytest.param(flat(type="time", pattern="%M%S"), "a time needs %H and %M", id="time without hour"),
    pytest.param(
        flat(type="datetime", pattern="%H%M", offset="Z"),
        "needs the parts of a date",
        id="moment without date",
    ),
    pytest.param(
        {"record_length": 14, **flat(type="datetime", length=14)}, "offset: is needed", id="no offset"
    ),
    pytest.param(
        {"record_length": 8, **flat(type="datetime", pattern="%Y%m%d%H", length=10, offset="Z")},
        "beyond|ends at|needs the parts",
        id="half a time",
    ),
    pytest.param(
        records(x=kind("X", fields={"a": {**A, "at": 2}}), y=kind("X")),
        "records.y.match: a record may match 'x' too",
        id="ambiguous",
    ),
    pytest.param(
        records(x=kind("X"), y=kind("XY")), "records.y.match: a record may match 'x' too", id="prefix"
    ),
    pytest.param(records(x=kind(["X", "Y"]), y=kind("Z")), "match: needs a field over", id="several values"),
    pytest.param(
        records(x=kind(["X", "YY"]), y=kind("Z")),
        "records.x.match: the values differ in length",
        id="values differ",
    ),
    pytest.param(
        records(x=kind("é"), y=kind("Z")), "records.x.match: 'é' has a character", id="match not encodable"
    ),
    pytest.param(
        records(x={"fields": {"a": A}}, y={"fields": {"a": A}}),
        "only one type may be without, 'x' is",
        id="two without",
    ),
    pytest.param(
        records(x={"match": {"at": 10, "value": "XY"}}),
        "match: ends at byte 11",
        id="match beyond the record",
    ),
    pytest.param(
        records(x=kind("XY", fields={"a": {"at": 2, "length": 3}})),
        "covers a part of the match",
        id="half covered",
    ),
    pytest.param(
        records(x=kind("X", fields={"a": {**A, "type": "constant", "value": "X"}})),
        "the match says already",
        id="constant on match",
    ),
    pytest.param(
        records(x={"match": [{"at": 1, "value": "AB"}, {"at": 2, "value": "B"}]}),
        "two of them look at the same",
        id="matches overlap",
    ),
    pytest.param(records(x=kind("X", min=2, max=1)), "records.x.max: is less than min", id="max below min"),
    pytest.param(
        records(x=kind("X", length=5)),
        "records.x.length: every record has the record_length",
        id="two lengths",
    ),
    pytest.param(
        {**records(x=kind("X")), "groups": {"g": {"records": ["y"]}}},
        "neither a type of record nor a group",
        id="group of nothing",
    ),
    pytest.param(
        {**records(x=kind("X")), "groups": {"x": {"records": ["x"]}}},
        "groups.x: is the name of a type",
        id="group named as record",
    ),
    pytest.param(
        {**records(x=kind("X")), "groups": {"g": {"records": ["x"]}, "h": {"records": ["x"]}}},
        "'x' is in 2 groups",
        id="two groups",
    ),
    pytest.param(
        {**records(x=kind("X")), "groups": {"g": {"records": ["h"]}, "h": {"records": ["g"]}}},
        "the group is inside itself",
        id="circle",
    ),
    pytest.param(
        {**records(x=kind("X")), "groups": {"g": {"records": ["x"], "min": 2, "max": 1}}},
        "groups.g.max: is less",
        id="group max",
    ),
    pytest.param(
        {**records(x=kind("X")), "groups": {"g": {"records": ["x"]}}, "order": "any"},
        "order: groups have an order",
        id="any order",
    ),
    pytest.param(
        {**records(x=kind("X"), y=kind("Y"), z=kind("Z")), "groups": {"g": {"records": ["x", "z"]}}},
        "records.y: the order",
        id="torn group",
    ),
    pytest.param(
        totalled("count(X)"), "records.T.fields.t.equals: 'X' is no type of record", id="count of nothing"
    ),
    pytest.param(totalled("count(Z)"), "'Z' comes after 'T'", id="count of what follows"),
    pytest.param(totalled("count(D)", record="H"), "'D' comes after 'H'", id="count in the header"),
    pytest.param(totalled("sum(D.x)"), "D.x is no number", id="sum of nothing"),
    pytest.param(totalled("sum(D.s)"), "D.s is no number", id="sum of text"),
    pytest.param(
        totalled("sum(D.d)"), "D.d has 1 digits behind the point, this field 0", id="scale of a sum"
    ),
    pytest.param(
        totalled("count(D)", type="decimal", scale=1), "a count is a whole number", id="count with scale"
    ),
    pytest.param(totalled("count(D)", nullable=True), "a total is not null", id="total that is null"),
]


@pytest.mark.parametrize(("changes", "message"), CONTRADICTIONS)
def test_a_definition_that_contradicts_itself_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        fixed({**SOUND, **changes})
    assert re.search(message if "|" in message else re.escape(message), str(caught.value))


def test_all_contradictions_are_said_one_a_line() -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        fixed({**SOUND, "fill": "é", "fields": {"a": {**A, "at": 9}, "b": {**INTEGER, "digits": 2}}})
    assert len(str(caught.value).splitlines()) == 3


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"encoding": "ascii"}, id="unknown encoding"),
        pytest.param({"encoding": None}, id="no encoding"),
        pytest.param(flat(at=0), id="position 0"),
        pytest.param(flat(length=0), id="length 0"),
        pytest.param(flat(type="integer", equals="average(x)"), id="unknown total"),
        pytest.param(flat(type="integer", equals="sum(line)"), id="sum without field"),
        pytest.param(flat(type="float"), id="unknown type"),
        pytest.param(flat(wide=1), id="unknown key"),
        pytest.param({"records": {"a.b": {}}, "fields": None}, id="point in a name"),
    ],
)
def test_a_definition_of_the_wrong_shape_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="validation error"):
        FixedWidthDefinition.model_validate({"format": "fixed_width", **SOUND, **changes})


EXAMPLES = re.findall(
    r"```yaml\n(.*?)```\n.*?```text\n(.*?)```\n.*?```json\n(.*?)```",
    PAGE.read_text(encoding="utf-8") if PAGE.exists() else "",
    re.DOTALL,
)


def test_the_page_has_examples() -> None:
    assert len(EXAMPLES) >= 3


@pytest.mark.parametrize(("definition", "file", "results"), EXAMPLES)
def test_the_examples_of_the_page_give_what_they_say(definition: str, file: str, results: str) -> None:
    """Each is a definition, the data (in hexadecimal where it is binary), and the records, a line each."""
    (named,) = YAML(typ="safe").load(definition).values()
    named.pop("format")
    codec = fixed(named)
    text = file.replace("\n", "\r\n") if named.get("separator") == "crlf" else file
    data = bytes.fromhex(file) if named["encoding"] == "cp037" else text.encode(named["encoding"])
    expected = [json.loads(line, parse_float=Decimal) for line in results.splitlines()]
    assert read(codec, data) == expected
    assert write(codec, expected) == data


def test_what_flows_see_is_as_the_page_says() -> None:
    text = PAGE.read_text(encoding="utf-8")
    shown = re.search(r"A flow sees.*?```json\n(.*?)```", text, re.DOTALL)
    assert shown is not None
    definition, file, _ = EXAMPLES[1]
    (named,) = YAML(typ="safe").load(definition).values()
    named.pop("format")
    codec = fixed(named)
    see = codec.details()
    seen = [see(one) for one in read(codec, bytes.fromhex(file))]
    assert [one for one in seen if one is not None] == [
        json.loads(line, parse_float=Decimal) for line in shown[1].splitlines()
    ]


def test_every_key_and_rule_is_on_the_page() -> None:
    text = PAGE.read_text(encoding="utf-8")
    for name in FixedWidthDefinition.model_fields.keys() - {"format"}:
        assert f"| `{name}` |" in text, name
    source = "".join(path.read_text(encoding="utf-8") for path in _sources())
    rules = set(re.findall(r'FieldError\(\s*"([a-z-]+)"', source)) | set(
        re.findall(r'rule="([a-z-]+)"', source)
    )
    for rule in sorted(rules):
        assert f"`{rule}`" in text, rule


def _sources() -> list[Path]:
    return sorted((PAGE.parents[2] / "mappings" / "fixed_width").glob("*.py"))
