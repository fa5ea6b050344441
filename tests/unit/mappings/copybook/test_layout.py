"""Where items stand: slack bytes and tables; and what a definition makes of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from mappings.contract import MappingError
from mappings.copybook import CopybookFormat
from mappings.fixed_width.items import Array, Choice, Field, Group, Item, Views, extent
from tests.unit.mappings.copybook.samples import RULES, VARIANTS, defined, problems, read, records, write


def starts(codec: CopybookFormat) -> dict[str, int]:
    """The first byte, from 0, of each named item of the only record, tables with all their occurrences."""

    def walk(item: Item, at: int) -> Iterator[tuple[str, int]]:
        if isinstance(item, Field | Group):
            yield item.name, at
        if isinstance(item, Array):
            yield from walk(item.element, at)
        inside: list[Item] = []
        if isinstance(item, Group):
            for member in item.members:
                yield from walk(member, at)
                at += extent(member)[1]
        elif isinstance(item, Choice):
            inside = [variant.item for variant in item.variants]
        elif isinstance(item, Views):
            inside = list(item.items)
        for each in inside:
            yield from walk(each, at)

    return {name: at for name, at in walk(codec.records[""], 0) if name}


SYNCHRONIZED = {
    # The examples of the Language Reference for slack bytes within records.
    "within a record": (
        "01 FIELD-A.\n 05 FIELD-B PIC X(5).\n 05 FIELD-C.\n 10 FIELD-D PIC XX.\n"
        " 10 FIELD-E COMP PIC S9(6) SYNC.\n",
        12, {"FIELD-B": 0, "FIELD-D": 5, "FIELD-E": 8},
    ),
    "before a group": (
        "01 FIELD-L.\n 05 FIELD-M PIC X(18).\n 05 FIELD-N PIC X(2).\n 05 FIELD-O.\n"
        " 10 FIELD-P COMP PIC S9(4) SYNC.\n 10 FIELD-Q PIC X.\n 05 FIELD-R.\n"
        " 10 FIELD-S COMP PIC S9(6) SYNC.\n",
        28, {"FIELD-O": 20, "FIELD-Q": 22, "FIELD-R": 24},
    ),
    "in a table": (
        "01 WORK-RECORD.\n 05 WORK-CODE PIC X.\n 05 COMP-TABLE OCCURS 10 TIMES.\n 10 COMP-TYPE PIC X.\n"
        " 10 COMP-PAY PIC S9(4)V99 COMP SYNC.\n 10 COMP-HOURS PIC S9(3) COMP SYNC.\n"
        " 10 COMP-NAME PIC X(5).\n",
        161, {"COMP-TYPE": 1, "COMP-PAY": 4, "COMP-HOURS": 8, "COMP-NAME": 10},
    ),
    "all boundaries": (
        "01 R.\n 05 A PIC X.\n 05 H PIC S9(4) COMP SYNC.\n 05 B PIC X.\n"
        " 05 L PIC S9(18) COMP SYNCHRONIZED RIGHT.\n"
        " 05 C PIC X.\n 05 F COMP-1 SYNC.\n 05 D COMP-2 SYNC.\n 05 E PIC X.\n 05 I INDEX SYNC.\n"
        " 05 P PIC S9(5) COMP-3 SYNC.\n",
        43, {"H": 2, "L": 8, "F": 20, "D": 24, "I": 36, "P": 40},
    ),
    "of a group": ("01 R.\n 05 A PIC X.\n 05 G SYNC.\n 10 H PIC S9(4) COMP.\n", 4, {"G": 2}),
    "not in what is redefined": (
        "01 R.\n 05 A PIC X.\n 05 B PIC X(4).\n 05 C REDEFINES B PIC S9(9) COMP SYNC.\n", 5, {"C": 1},
    ),
}  # fmt: skip


@pytest.mark.parametrize(("text", "length", "wanted"), SYNCHRONIZED.values(), ids=SYNCHRONIZED)
def test_slack_bytes(text: str, length: int, wanted: dict[str, int]) -> None:
    codec = defined(text, redefines="all")
    found = starts(codec)
    assert {name: found[name] for name in wanted} == wanted
    assert codec.record_lengths[""] == (length, length)


def test_slack_bytes_are_written_as_low_values() -> None:
    codec = defined("01 R.\n 05 A PIC X.\n 05 B PIC S9(9) COMP SYNC.\n")
    assert records(codec, b"\xc1\xff\xff\xff\0\0\0\x01") == [{"A": "A", "B": 1}]
    assert write(codec, [{"A": "A", "B": 1}]) == b"\xc1\0\0\0\0\0\0\x01"
    assert any(loss.startswith("copybook: slack") for loss in codec.losses())


TABLE = """01 R.
 05 N PIC 9.
 05 ROW OCCURS 0 TO 3 TIMES DEPENDING ON N INDEXED BY I.
   10 K PIC 9.
   10 W PIC X(2) OCCURS 1 TO 2 DEPENDING ON K OF ROW.
   10 D OCCURS 2 PIC 9.
 05 Z PIC X.
"""


def test_tables_of_variable_length() -> None:
    codec = defined(TABLE, "us-ascii", record_format="V")
    assert codec.record_lengths[""] == (2, 23)
    value = {
        "N": 2,
        "ROW": [{"K": 1, "W": ["ab"], "D": [1, 2]}, {"K": 2, "W": ["cd", "ef"], "D": [3, 4]}],
        "Z": "z",
    }
    data = b"\x00\x12\x00\x00" + b"21ab122cdef34z"
    assert records(codec, data) == [value]
    assert write(codec, [value]) == data
    computed = {
        "ROW": [{"W": ["ab"], "D": [1, 2]}, {"W": ["cd", "ef"], "D": [3, 4]}],
        "Z": "z",
    }
    assert write(codec, [computed]) == data
    assert codec.losses() == ()


def test_tables_that_always_take_their_room() -> None:
    codec = defined(TABLE, "us-ascii", depending="maximal")
    assert codec.record_lengths[""] == (23, 23)
    data = b"11ab  12" + b" " * 14 + b"z"
    value = {"N": 1, "ROW": [{"K": 1, "W": ["ab"], "D": [1, 2]}], "Z": "z"}
    assert records(codec, data) == [value]
    assert write(codec, [value]) == data
    assert [loss.partition(":")[0] for loss in codec.losses()] == ["depending", "depending"]


def test_tables_in_records_of_one_length() -> None:
    """What stands behind the last item is no part of the record."""
    codec = defined(TABLE, "us-ascii", record_length=30)
    value = {"N": 0, "ROW": [], "Z": "z"}
    assert records(codec, b"0z".ljust(30, b"?")) == [value]
    assert write(codec, [value]) == b"0z".ljust(30)
    assert [loss.partition(":")[0] for loss in codec.losses()] == ["record_length"]


def test_a_counter_that_says_too_much() -> None:
    codec = defined(TABLE, "us-ascii", record_format="V")
    (error, good) = read(codec, b"\x00\x06\x00\x004z" + b"\x00\x06\x00\x000z")
    assert isinstance(error, MappingError)
    assert (error.rule, error.place.path, error.place.byte_offset) == ("occurs", "/ROW", 5)
    assert good == {"N": 0, "ROW": [], "Z": "z"}


def test_names() -> None:
    text = "01 R.\n 05 Customer-NAME.\n 10 FIRST_name PIC X.\n 10 X PIC X.\n 05 FILLER PIC X.\n"
    for style, wanted in (
        ("as_written", {"Customer-NAME": {"FIRST_name": "a", "X": "b"}, "FILLER": "c"}),
        ("snake", {"customer_name": {"first_name": "a", "x": "b"}, "filler": "c"}),
        ("camel", {"customerName": {"firstName": "a", "x": "b"}, "filler": "c"}),
    ):
        codec = defined(text, "us-ascii", names=style, filler="keep")
        assert records(codec, b"abc") == [wanted]
        assert write(codec, [wanted]) == b"abc"


def test_filler() -> None:
    text = (
        "01 R.\n 05 A PIC X.\n 05 FILLER PIC X(3) VALUE 'xyz'.\n 05 PIC 9(2).\n 05 FILLER.\n 10 B PIC X.\n"
        " 10 FILLER PIC X OCCURS 2.\n 05 FILLER PIC S9(4) COMP.\n"
    )
    dropped = defined(text, "us-ascii")
    assert records(dropped, b"a???12b!!\0\0") == [{"A": "a", "FILLER": {"B": "b"}}]
    assert write(dropped, [{"A": "a", "FILLER": {"B": "b"}}]) == b"axyz00b  \0\0"
    assert [loss.partition(":")[0] for loss in dropped.losses()] == ["filler"]
    kept = defined(text, "us-ascii", filler="keep")
    value = {"A": "a", "FILLER": "???", "FILLER-2": 12, "FILLER-3": {"B": "b", "FILLER": ["!", "!"]},
             "FILLER-4": 0}  # fmt: skip
    assert records(kept, b"a???12b!!\0\0") == [value]
    assert write(kept, [value]) == b"a???12b!!\0\0"
    assert kept.losses() == ()


def test_renames() -> None:
    text = "01 R.\n 05 A PIC X.\n 05 B PIC 9(2).\n 05 C PIC X.\n 66 D RENAMES A THRU B.\n"
    assert records(defined(text, "us-ascii"), b"a12c") == [{"A": "a", "B": 12, "C": "c"}]
    kept = defined(text, "us-ascii", renames="keep")
    value = {"A": "a", "B": 12, "C": "c", "D": "a12"}
    assert records(kept, b"a12c") == [value]
    assert write(kept, [value]) == b"a12c"
    assert write(kept, [{"A": "a", "B": 12, "C": "c"}]) == b"a12c"


def test_nulls_and_what_cannot_be_read() -> None:
    text = "01 R.\n 05 A PIC 9(2).\n 05 B PIC S9(3) COMP-3.\n 05 C PIC S9(4) COMP.\n"
    codec = defined(text, null=["spaces", "low-values"], fields={"A": {"null": ["zeros"]}})
    blank = b"\xf0\xf0" + b"\x40\x40" + b"\0\0"
    assert records(codec, blank) == [{"A": None, "B": None, "C": 0}]
    assert write(codec, [{"A": None, "B": None, "C": 0}]) == blank
    with pytest.raises(MappingError) as caught:
        write(codec, [{"A": 0, "B": None, "C": 0}])
    assert caught.value.rule == "null"
    wide = defined("01 R.\n 05 A PIC N(2).\n 05 B PIC G(2).\n", "cp939", fields={
        "A": {"null": ["spaces", {"text": "-"}]}, "B": {"null": ["spaces"]}})  # fmt: skip
    blank = b"\0\x20\0\x20" + b"\x40" * 4
    assert records(wide, blank + b"\0-\0\x20" + b"\x40" * 4) == [{"A": None, "B": None}] * 2
    assert write(wide, [{"A": None, "B": None}]) == blank
    forgiving = defined(text, invalid="null")
    assert records(forgiving, b"\xc1\xc1\x12\x34\0\1") == [{"A": None, "B": None, "C": 1}]
    with pytest.raises(MappingError):
        write(forgiving, [{"A": None, "B": None, "C": 1}])
    strict = defined(text)
    (error,) = read(strict, b"\xf1\xf1\x40\x40\0\1")
    assert (error.rule, error.place.path, error.place.byte_offset, error.excerpt) == (
        "packed",
        "/B",
        2,
        "hex 4040",
    )


BATCH = """01 HEADER.
 05 KIND PIC X.
 05 DAY PIC 9(4).
01 DETAIL.
 05 KIND PIC X.
 05 NR PIC S9(3) COMP-3.
 05 FILLER PIC X(2).
01 TRAILER.
 05 KIND PIC X.
 05 COUNTED PIC 9(4).
"""
BATCH_RECORDS: dict[str, Any] = {
    "records": {
        "header": {"match": {"field": "KIND", "value": "H"}, "min": 1, "max": 1},
        "detail": {"match": {"field": "KIND", "value": "D"}},
        "trailer": {"match": {"at": 1, "hex": "E3"}, "min": 1, "max": 1},
    }
}


def test_several_records() -> None:
    codec = defined(BATCH, **BATCH_RECORDS)
    data = "H0102".encode("cp037") + b"\xc4\x01\x2c\x40\x40" + "T0001".encode("cp037")
    values: list[Any] = [
        {"header": {"KIND": "H", "DAY": 102}},
        {"detail": {"KIND": "D", "NR": 12}},
        {"trailer": {"KIND": "T", "COUNTED": 1}},
    ]
    assert records(codec, data) == values
    assert write(codec, values) == data
    detail = codec.details()
    assert [detail(each) for each in values] == [None, {**values[0], **values[1]}, None]
    assert [one["required"] for one in codec.schema()["oneOf"]] == [["header"], ["detail"], ["trailer"]]  # type: ignore[index,union-attr,call-overload]
    missing, detail_without, *_ = read(codec, data[5:])
    assert (missing.rule, missing.place.path) == ("missing-record", "/header")
    assert detail_without == values[1]
    with pytest.raises(MappingError) as caught:
        write(codec, [{"header": {"KIND": "X", "DAY": 1}}])
    assert caught.value.rule == "match"


def test_a_record_is_known_by_a_number_whatever_its_sign() -> None:
    text = "01 A.\n 05 K PIC S9 COMP-3.\n 05 V PIC X.\n01 B.\n 05 K PIC S9 COMP-3.\n 05 W PIC X.\n"
    kinds = {"a": {"match": {"field": "K", "value": 1}}, "b": {"match": {"field": "K", "value": [-1, 2]}}}
    found = records(defined(text, records=kinds), b"\x1c\xc1\x1f\xc1\x1d\xc1\x2c\xc1")
    assert [next(iter(each)) for each in found] == ["a", "a", "b", "b"]


LINES = "01 R.\n 05 A PIC X(3).\n 05 B PIC 9(2).\n"


def test_lines() -> None:
    codec = defined(
        LINES, "utf-8", separator="either", short_lines="fill", blank_lines="skip", null=["spaces"]
    )
    assert records(codec, b"abc12\r\n\nab\n") == [{"A": "abc", "B": 12}, {"A": "ab", "B": None}]
    assert write(codec, [{"A": "abc", "B": 12}]) == b"abc12\n"
    assert [loss.partition(":")[0] for loss in codec.losses()] == [
        "separator", "separator", "short_lines", "blank_lines",
    ]  # fmt: skip


def test_before_nl_a_carriage_return_is_text() -> None:
    codec = defined(LINES, separator="nl")
    data = "ab\r01".encode("cp037") + b"\x15" + b"\xc1\xc2\xc3\xf0\xf1\x15"
    assert write(codec, records(codec, data)) == data
    ends = defined("01 R.\n 05 A PIC X(2).\n", separator="nl")
    assert write(ends, records(ends, b"\xc1\x0d\x15")) == b"\xc1\x0d\x15"
    for separator in ("lf", "crlf", "either"):
        with pytest.raises(MappingError) as caught:
            write(defined("01 R.\n 05 A PIC X(2).\n", separator=separator), [{"A": "A\r"}])
        assert caught.value.rule == "separator"


def test_blocks() -> None:
    codec = defined(LINES, record_format="VB")
    data = b"\x00\x16\x00\x00" + 2 * (b"\x00\x09\x00\x00" + "abc12".encode("cp037"))
    assert records(codec, data) == 2 * [{"A": "abc", "B": 12}]
    assert write(codec, 2 * [{"A": "abc", "B": 12}]) == data


UNSOUND: dict[str, tuple[str, dict[str, Any], str]] = {
    "two records": (BATCH, {}, "records: the copybook has several records"),
    "no such record": (BATCH, {"records": {"x": {}}}, "records.x.record: 'x' is none of HEADER"),
    "ambiguous": (BATCH, {"records": {"header": {"match": {"field": "KIND", "value": "H"}},
                          "detail": {"match": {"field": "KIND", "value": ["D", "H"]}}}},
                  "records.detail.match: a record may match 'header' too"),
    "two without": (BATCH, {"records": {"header": {}, "detail": {}}}, "records.detail.match: is missing"),
    "no such field": (BATCH, {"records": {"header": {"match": {"field": "X", "value": "H"}}}},
                      "records.header.match: 'X' is no field of the record"),
    "a value that cannot be": (BATCH, {"records": {"header": {"match": {"field": "KIND", "value": "HH"}}}},
                               "records.header.match: is never what is read from KIND"),
    "bytes of no field": (BATCH, {"records": {"detail": {"match": {"at": 4, "value": "x"}}}},
                          "records.detail.match: no field of the record holds these bytes"),
    "in a table": ("01 R.\n 05 A PIC X OCCURS 2.\n",
                   {"records": {"R": {"match": {"field": "A", "value": "x"}}}},
                   "records.R.match: 'A' stands in or behind a table"),
    "max below min": (LINES, {"records": {"R": {"min": 2, "max": 1}}}, "records.R.max: is less than min"),
    "redefined, and nothing said": (VARIANTS, {}, "variants: copybook:3:5: say when each of PERSON"),
    "one left out": (VARIANTS, {"variants": {"PERSON": "otherwise"}}, "variants.FIRM: is missing"),
    "two otherwise": (VARIANTS, {"variants": {**RULES, "PERSON": "otherwise"}}, "variants: of PERSON, FIRM"),
    "always and sometimes": (VARIANTS, {"variants": {**RULES, "RAW": "always"}}, "variants: of PERSON, FIRM"),
    "no such variant": (VARIANTS, {"redefines": "all", "variants": {"NOBODY": "never"}},
                        "variants.NOBODY: is no item of the copybook"),
    "no variant at all": (VARIANTS, {"redefines": "all", "variants": {"KIND": "never"}},
                          "variants.KIND: is no item of an area with REDEFINES"),
    "chosen by what follows": (VARIANTS, {"variants": {**RULES, "FIRM": {"field": "Z", "value": "x"}}},
                               "variants.FIRM.field: 'Z' does not stand before the area"),
    "chosen by nothing": (VARIANTS, {"variants": {**RULES, "FIRM": {"field": "Q", "value": "x"}}},
                          "variants.FIRM.field: 'Q' names no field"),
    "chosen by what is never there": (VARIANTS,
                                      {"variants": {**RULES, "FIRM": {"field": "KIND", "value": "xx"}}},
                                      "variants.FIRM.value: 'xx' is never read"),
    "bytes of several lengths": (VARIANTS, {"variants": {**RULES, "FIRM": {"at": 1, "value": ["a", "bb"]}}},
                                 "variants.FIRM: the values differ in length"),
    "options of nothing": (LINES, {"fields": {"Q": {}}}, "fields.Q: is no item of the copybook"),
    "options of several": ("01 R.\n 05 A.\n 10 X PIC X.\n 05 B.\n 10 X PIC X.\n", {"fields": {"X": {}}},
                           "fields.X: is the name of several items"),
    "too short a record": (LINES, {"record_length": 4}, "record_length: the copybook says 5 bytes"),
    "a length of V": (LINES, {"record_format": "V", "record_length": 5}, "record_length: records of"),
    "lines of V": (LINES, {"record_format": "V", "separator": "lf"}, "separator: nothing separates"),
    "blank lines of F": (LINES, {"blank_lines": "skip"}, "blank_lines: there are no lines"),
    "short lines of F": (LINES, {"short_lines": "fill"}, "short_lines: records of the format F"),
    "NL in ASCII": (LINES, {"encoding": "utf-8", "separator": "nl"}, "separator: nl is a character"),
    "numbers between line ends": ("01 R.\n 05 A PIC S9(4) COMP.\n", {"separator": "either"},
                                  "separator: a byte of a number may look like one"),
    "a redefined table": ("01 R.\n 05 N PIC 9.\n 05 A PIC X(3).\n 05 B REDEFINES A.\n"
                          " 10 C PIC X OCCURS 1 TO 3 DEPENDING ON N.\n", {"redefines": "all"},
                          "copybook: copybook:4:5: redefines: B reads an area"),
    "known by what stands behind": (VARIANTS, {"variants": {**RULES, "FIRM": {"at": 6, "value": "ab"}}},
                                    "copybook: copybook:5:5: redefines: FIRM is known by bytes behind"),
    "renaming a reading": (VARIANTS + " 66 W RENAMES CODE.\n", {"renames": "keep", "redefines": "all"},
                           "copybook: copybook:9:5: renames: W begins or ends in an area"),
    "renaming what is left out": ("01 R.\n 05 G.\n 10 H.\n 15 FILLER PIC X.\n 66 W RENAMES H.\n",
                                  {"renames": "keep"}, "copybook: copybook:5:5: renames: W begins or ends"),
    "a null that does not fit": (LINES, {"null": [{"text": "NONE"}]}, "copybook: copybook:2:5: null"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "options", "wanted"), UNSOUND.values(), ids=UNSOUND)
def test_unsound_definitions(text: str, options: dict[str, Any], wanted: str) -> None:
    found = problems(text, **{"encoding": "us-ascii", **options})
    assert any(each.startswith(wanted) for each in found), found


def test_all_that_is_unsound_is_said_at_once() -> None:
    found = problems(VARIANTS, blank_lines="skip", record_length=3, fields={"Q": {}})
    assert [each.partition(":")[0] for each in found] == [
        "fields.Q",
        "variants",
        "blank_lines",
        "record_length",
    ]
