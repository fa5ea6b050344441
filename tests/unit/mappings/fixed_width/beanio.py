"""BeanIO's sample files with our definitions of their layouts, and what they give.

That project's expected values stand in its Java tests. Its `csv` layouts whose lines differ by a word in
front are lines here whose beginning tells their type, with the rest of the line as one text: what is compared
is which line may follow which. Those of one kind of line are `delimited`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

ONCE = {"min": 1, "max": 1}


@dataclass(frozen=True)
class Case:
    """One file: its definition, how many records are good, and the rules that the others break, in order."""

    definition: dict[str, Any]
    good: int
    bad: list[str] = field(default_factory=list)


def text(length: int, **more: Any) -> dict[str, Any]:
    """A field of text that follows the one before."""
    return {"length": length, **more}


def number(length: int, **more: Any) -> dict[str, Any]:
    """A field of digits that follows the one before."""
    return {"length": length, "type": "integer", **more}


def table(length: int, most: int = 1000, **more: Any) -> dict[str, Any]:
    """A field that occurs as often as the record has room."""
    return {"length": length, "occurs": {"max": most}, **more}


def tagged(value: str, **more: Any) -> dict[str, Any]:
    """A type of line by what it begins with; the rest is a text."""
    rest = {"rest": {"at": len(value) + 1, "length": 100, "variable": True}}
    return {"match": {"at": 1, "value": value}, "fields": rest, **more}


def word(value: str, **more: Any) -> dict[str, Any]:
    """A type of line by all that it is."""
    return {"match": {"at": 1, "value": value, "longest": len(value), "shortest": len(value)}, **more}


def lines(separator: str = "crlf", **definition: Any) -> dict[str, Any]:
    """A definition of lines."""
    return {"encoding": "utf-8", "separator": separator, **definition}


def delimited(*names: str, line_ending: str = "lf", **more: Any) -> dict[str, Any]:
    """A definition of comma-separated lines without a header, all fields text."""
    fields: dict[str, Any] = {name: {} for name in names}
    return {"format": "delimited", "header": False, "fields": fields, "line_ending": line_ending, **more}


F1 = {
    "encoding": "us-ascii",
    "record_length": 45,
    "fill": "-",
    "fields": {
        "default": text(10, trim=False),
        "number": number(10),
        "padx": text(10, pad="x"),
        "pos40": text(5, at=41, trim=False),
    },
}
F2 = lines(
    fields={
        "field1": text(5),
        "field2": text(5),
        "field3": text(5, optional=True),
        "more": text(5, variable=True),
    }
)
F3 = lines(
    order="any",
    records={
        "record0": word("1000"),
        "record1": {
            "match": {"at": 1, "value": "00001"},
            "fields": {"field2": text(5, at=6), "field3": text(5)},
        },
        "record2": {"match": {"at": 1, "value": "00002"}, "fields": {"field2": text(5, at=6)}},
    },
)
F4 = lines(
    order="any",
    records={
        "int": {
            "match": {"at": 1, "value": "INT"},
            "fields": {"number": table(5, at=4, type="integer", nullable=True)},
        },
        "cha": {"match": {"at": 1, "value": "CHA"}, "fields": {"character": table(1, at=4)}},
        "stl": {"match": {"at": 1, "value": "STL"}, "fields": {"string": table(3, at=4)}},
        "str": {"match": {"at": 1, "value": "STR"}, "fields": {"string": table(3, at=4, justify="right")}},
    },
)
NAMES = {"encoding": "us-ascii", "fields": {"firstName": text(10), "lastName": text(10)}}
WIDGET = {"id": text(2, justify="right"), "name": text(5), "model": text(5)}
W3 = lines(fields={**WIDGET, "parts": {"type": "group", "occurs": {"max": 100}, "fields": WIDGET}})
PART = {"id": text(1), "name": text(5)}
W4 = lines(
    fields={
        **PART,
        "part1": {"type": "group", "fields": PART},
        "part2": {"type": "group", "optional": True, "fields": PART},
    }
)
W5 = lines(
    fields={
        **{f"id{number}": text(1) for number in (1, 2, 3)},
        **{f"name{number}": text(5) for number in (1, 2, 3)},
    }
)
W9 = lines(
    fields={
        "id": text(2, justify="right"),
        "parts": {
            "type": "group",
            "occurs": {"count": 2},
            "fields": {"id": text(2, justify="right"), "name": text(5)},
        },
        "name": text(5),
    }
)
W10 = lines(
    "lf",
    fields={
        "b1": {
            "type": "group",
            "occurs": {"count": 2},
            "fields": {
                "f0": text(2),
                "b2": {"type": "group", "occurs": {"count": 2}, "fields": {"f1": text(2)}},
                "f2": text(2),
            },
        },
        "eof": text(3, variable=True),
    },
)
FC1 = lines(fields={"array": number(3, occurs={"count": 3}), "set": table(1, 5)})
G1 = lines(
    records={
        "h": word("H", **ONCE),
        "h1": word("H1", **ONCE),
        "d1": word("D1"),
        "t1": word("T1", **ONCE),
        "t": word("T", **ONCE),
    },
    groups={"batch": {"records": ["h1", "d1", "t1"], "max": 2}},
)
G2 = lines(
    records={
        "h": word("H", **ONCE),
        "h1": word("H1", **ONCE),
        "t1": word("T1", max=1),
        "d": word("D", min=1),
        "h2": word("H2", **ONCE),
        "t2": word("T2", **ONCE),
        "tt2": word("TT2", max=1),
        "t": word("T", **ONCE),
    },
    groups={
        "stream": {"records": ["h", "body", "t"], "min": 1},
        "body": {"records": ["batch1", "d", "batch2"], "order": "any", **ONCE},
        "batch1": {"records": ["h1", "t1"], "min": 1, "max": 2},
        "batch2": {"records": ["h2", "t2", "tt2"]},
    },
)
G3 = lines(
    records={
        "h": word("H", **ONCE),
        "1": word("1", min=1, max=2),
        "2": word("2"),
        "3": word("3", max=2),
        "t": word("T", **ONCE),
    },
    groups={"body": {"records": ["1", "2", "3"], "order": "any", **ONCE}},
)
G4 = lines(
    records={
        "h": word("H", **ONCE),
        "bh": word("BH", max=1),
        "bd": word("BD"),
        "bt": word("BT", max=1),
        "o": word("O"),
        "t": word("T", **ONCE),
    },
    groups={
        "stream": {"records": ["h", "body", "t"], "min": 1},
        "body": {"records": ["batch", "o"], "order": "any", "max": 1},
        "batch": {"records": ["bh", "bd", "bt"], "max": 3},
    },
)
G5 = lines(
    records={
        "controlHeader": word("CH", **ONCE),
        "functionGroupHeader": word("FH", **ONCE),
        "transactionSetHeader": word("TH", **ONCE),
        "transaction": word("T"),
        "transactionSetTrailer": word("TT", **ONCE),
        "functionGroupTrailer": word("FT", **ONCE),
        "controlTrailer": word("CT", **ONCE),
    },
    groups={
        "stream": {"records": ["controlHeader", "functionGroup", "controlTrailer"], "min": 1},
        "functionGroup": {
            "records": ["functionGroupHeader", "transactionSet", "functionGroupTrailer"],
            "min": 1,
        },
        "transactionSet": {"records": ["transactionSetHeader", "transaction", "transactionSetTrailer"]},
    },
)
G6 = lines(
    "lf",
    records={"header": word("H", max=1), "trailer": word("T", **ONCE)},
    groups={"group": {"records": ["header", "trailer"], "min": 2}},
)
G7 = lines(
    "lf",
    records={"header": word("H", max=1), "trailer": word("T", max=1)},
    groups={"group": {"records": ["header", "trailer"], "min": 2}},
)
G8 = lines(
    "lf",
    records={"groupHeader": word("GH", **ONCE), "groupTrailer": word("GT", max=1), "fileTrailer": word("T")},
    groups={
        "stream": {"records": ["group", "fileTrailer"]},
        "group": {"records": ["groupHeader", "groupTrailer"]},
    },
)
IGNORE = lines(
    "lf",
    records={"header": word("H"), "groupHeader": word("GH", **ONCE), "groupTrailer": word("GT", **ONCE)},
    groups={
        "stream": {"records": ["header", "group"]},
        "group": {"records": ["groupHeader", "groupTrailer"], "min": 1},
    },
)
ORDER = {
    "order": tagged("order,", **ONCE),
    "customer": tagged("customer,", max=1),
    "item": tagged("item,", min=1),
}
ML1 = lines(records=ORDER, groups={"orders": {"records": ["order", "customer", "item"]}})
ML2 = lines(
    records={"header": tagged("header,", **ONCE), **ORDER, "customer": tagged("customer,", **ONCE)},
    groups={
        "batch": {"records": ["header", "orders"], "min": 1},
        "orders": {"records": ["order", "customer", "item"], "min": 1},
    },
)
ML3 = lines(
    "lf",
    records={
        "header": tagged("header,", **ONCE),
        "order": tagged("order,", **ONCE),
        "customer": tagged("customer,", **ONCE),
    },
    groups={
        "batch": {"records": ["header", "orders"], "min": 1},
        "orders": {"records": ["order", "customer"], "min": 1},
    },
)
ML4 = lines(
    records={"order": tagged("order,", **ONCE), "item": tagged("item,", min=1, max=100)},
    groups={"orders": {"records": ["order", "item"], "min": 1}},
)
ML6 = lines(
    records={"order": tagged("order,", **ONCE), "item": tagged("item,")},
    groups={"orders": {"records": ["order", "item"], **ONCE}},
)
SKIP = lines(
    records={
        "Header": word("Header", max=1),
        "Detail": word("Detail"),
        "Ignore": tagged("Ignore"),
        "Trailer": word("Trailer", max=1),
    },
    groups={"body": {"records": ["Detail", "Ignore"], "order": "any", "max": 1}},
)
STRICT = lines(
    records={
        "header": tagged("header,", **ONCE),
        "detail": tagged("detail,"),
        "trailer": tagged("trailer,", **ONCE),
    },
)
PROPERTY = lines(
    order="any",
    records={
        "header": {
            "match": {"at": 1, "value": "Header,"},
            "fields": {"fileDate": {"at": 8, "length": 10, "type": "date", "pattern": "%Y-%m-%d"}},
        },
        "detail": tagged("Detail,"),
        "trailer": tagged("Trailer,"),
    },
)
R1 = lines(
    "lf",
    order="any",
    records={
        "acouple": {"match": {"longest": 3}, "fields": {"values": {"length": 3, "variable": True}}},
        "afew": {"match": {"shortest": 5}, "fields": {"values": {"length": 99, "variable": True}}},
    },
)

CASES: dict[str, Case] = {
    "bean/w1_position": Case(delimited("a", "b", "c", "d", "e", "f", "g", line_ending="crlf"), 1),
    "bean/w2_collections": Case(delimited(*"abcdefghijklm"), 1),
    "bean/w3_fixedLength": Case(W3, 3),
    "bean/w4_map": Case(W4, 2),
    "bean/w5_outOfOrder": Case(W5, 1),
    "bean/w6_fieldError": Case(delimited(*"abcdef"), 1),
    "bean/w9_flcollections": Case(W9, 1),
    "bean/w10_nestedBeans": Case(W10, 2),
    "collection/dc2_nullPrimitive": Case(delimited(*"abc"), 1),
    "collection/fc1_valid": Case(FC1, 2),
    "direct/d1": Case(delimited("firstName", "enabled"), 1),
    "fixedlength/f1_valid": Case(F1, 1),
    "fixedlength/f1_minLength": Case(F1, 0, ["truncated"]),
    "fixedlength/f1_maxLength": Case(F1, 1, ["truncated"]),
    "fixedlength/f2_valid": Case(F2, 3),
    "fixedlength/f2_invalid": Case(F2, 0, ["short-record", "long-record", "short-record"]),
    "fixedlength/f3_valid": Case(F3, 3),
    "fixedlength/f4_padding": Case(F4, 4),
    "fixedlength/f5_valid": Case({**NAMES, "record_length": 20}, 1),
    "fixedlength/f7": Case({**NAMES, "separator": "lf"}, 2),
    "groups/g1_empty": Case(G1, 0, ["missing-record"] * 2),
    "groups/g1_missingBatchTrailer": Case(G1, 12, ["missing-record"]),
    "groups/g1_noHeader": Case(G1, 1, ["missing-record"]),
    "groups/g1_noTrailer": Case(G1, 1, ["missing-record"]),
    "groups/g1_nobatch": Case(G1, 2),
    "groups/g1_oneBatch": Case(G1, 5),
    "groups/g1_threeBatch": Case(G1, 7, ["extra-record"] * 2),
    "groups/g1_tooManyHeaders": Case(G1, 2, ["extra-record"]),
    "groups/g1_unidentifiedRecord": Case(G1, 11, ["unknown-record", "missing-record"]),
    "groups/g2_empty": Case(G2, 0, ["missing-record"]),
    "groups/g2_missingGroup": Case(G2, 11, ["missing-record"]),
    "groups/g2_tooManyGroups": Case(G2, 15, ["extra-record"] * 2),
    "groups/g2_twoLayout": Case(G2, 10),
    "groups/g2_valid1": Case(G2, 17),
    "groups/g3_valid": Case(G3, 9),
    "groups/g4_endOfGroup": Case(G4, 8),
    "groups/g4_repeatingGroup": Case(G4, 8),
    "groups/g4_tooManyGroups": Case(G4, 8, ["extra-record"]),
    "groups/g5_subgroups": Case(G5, 23),
    "groups/g6_missingRecordEOF": Case(G6, 2, ["missing-record"]),
    "groups/g7_missingGroupEOF": Case(G7, 2, ["missing-record"]),
    "groups/g8_repeatingStream": Case(G8, 9),
    "ignoreUnidentifiedRecords/ignoreUnidentifiedRecords1": Case(IGNORE, 6, ["unknown-record"] * 7),
    "misc/m1": Case(delimited("field1", "field2"), 3),
    "multiline/ml1": Case(ML1, 15),
    "multiline/ml2": Case(ML2, 12),
    "multiline/ml3": Case(ML3, 8),
    "multiline/ml4": Case(ML4, 7),
    "multiline/ml5": Case(ML3, 3),
    "multiline/ml6": Case(ML6, 1),
    "multiline/ml7": Case(delimited("name", "value"), 3),
    "property/p1": Case(PROPERTY, 3),
    "ridlength/r1": Case(R1, 4),
    "skip/s1": Case(SKIP, 8),
    "strict/s1_invalidSequence": Case(STRICT, 2, ["missing-record", "record-order"]),
    "template/t1": Case(delimited("id", "name", "gender"), 2),
    "template/t3": Case(delimited("id", "firstName", "lastName", "gender"), 2),
    "types/t2_valid": Case(delimited(*"abcdefgh", line_ending="crlf"), 2),
    "types/t3_valid": Case(delimited("dateValue", line_ending="crlf"), 2),
    "types/t4_valid": Case(delimited("dateValue", line_ending="crlf"), 2),
    "types/t7_valid": Case(delimited(*"abcdefghi"), 1),
    "types/t8_valid": Case(delimited("dateValue"), 1),
    "types/t1_valid": Case(delimited(*"abcdefghijklmnopq", line_ending="crlf"), 2),
}

_CSV = "rows of commas with what only delimited text has: "
_JSON = "JSON objects one after the other, no lines of fields"
EXCEPTIONS: dict[str, str] = {
    "collection/dc1_valid": _CSV + "a number of columns that differs from row to row, and a row with too few",
    "comments/c1": _CSV + "lines of comments, told by several beginnings",
    "delimited/d1_recordErrors": _CSV + "fewer columns, empty rows and messages of errors",
    "delimited/d2_optionalField": _CSV + "columns that may be missing at the end",
    "delimited/d3_padding": _CSV + "padding inside of delimiters, a record that ends with a tilde",
    "fixedlength/countMode/f": "positions count columns of a screen, two for a wide character; here bytes",
    "json/field/jf1": _JSON,
    "json/segment/js1": _JSON,
    "json/segment/js2": _JSON,
    "json/segment/js3": _JSON,
    "json/segment/js4": _JSON,
    "json/segment/notes": "notes of that project, no data",
    "strict/s1_invalidRecordLength": _CSV + "a column too many in a line that only its first word tells",
    "types/t5_valid": _CSV + "an empty line that is a record with an empty field",
    "validation/v1": _CSV + "lengths and regular expressions of columns; told by a word in the first column",
}
