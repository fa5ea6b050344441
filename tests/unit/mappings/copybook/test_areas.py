"""Areas with REDEFINES: which of their readings a record has, and what refers to them."""

from __future__ import annotations

import pytest

from mappings.contract import MappingError
from tests.unit.mappings.copybook.samples import RULES, VARIANTS, defined, read, records, write


def test_variants_by_a_field() -> None:
    codec = defined(VARIANTS, "us-ascii", variants=RULES)
    values = [
        {"KIND": "P", "PERSON": {"NAME": "Anna"}, "Z": "."},
        {"KIND": "G", "FIRM": {"CODE": 12}, "Z": "."},
        {"KIND": "X", "RAW": "??", "Z": "."},
    ]
    data = b"PAnna  .G0012  .X??    ."
    assert records(codec, data) == values
    assert write(codec, values) == data
    for bad in ({"KIND": "P", "RAW": "", "Z": ""}, {"KIND": "P", "Z": ""}):
        with pytest.raises(MappingError) as caught:
            write(codec, [bad])
        assert caught.value.rule in ("variant", "required")


def test_variants_by_bytes_and_without_some() -> None:
    rules = {"PERSON": {"at": 1, "value": "A"}, "FIRM": {"at": 1, "hex": ["30", "31"]}, "RAW": "never"}
    codec = defined(VARIANTS, "us-ascii", variants=rules)
    (person, firm, error) = read(codec, b"xAnna  .x0012  .xBnna  .")
    assert person["PERSON"] == {"NAME": "Anna"}
    assert firm["FIRM"] == {"CODE": 12}
    assert (error.rule, error.place.path, error.place.byte_offset) == ("variant", None, 17)


def test_filler_over_an_area_is_not_read_beside_rules() -> None:
    text = VARIANTS.replace("RAW REDEFINES PERSON PIC X(6).", "FILLER REDEFINES PERSON.\n   10 Q PIC X(6).")
    codec = defined(text, "us-ascii", variants={**{key: RULES[key] for key in ("PERSON", "FIRM")}})
    assert records(codec, b"F0012  .") == [{"KIND": "F", "FIRM": {"CODE": 12}, "Z": "."}]


def test_the_first_and_all_readings() -> None:
    data = b"PAnna  ."
    assert records(defined(VARIANTS, "us-ascii", redefines="first"), data) == [
        {"KIND": "P", "PERSON": {"NAME": "Anna"}, "Z": "."}
    ]
    codec = defined(VARIANTS, "us-ascii", redefines="all")
    value = {"KIND": "P", "PERSON": {"NAME": "Anna"}, "RAW": "Anna", "Z": "."}
    assert records(codec, data) == [value]
    assert write(codec, [value]) == data
    with pytest.raises(MappingError) as caught:
        write(codec, [{**value, "RAW": "Otto"}])
    assert caught.value.rule == "redundant"


def test_a_record_that_ends_with_its_variant() -> None:
    text = VARIANTS.replace(" 05 Z PIC X.\n", "")
    codec = defined(text, "us-ascii", record_format="V", variants=RULES, record_end="variant")
    data = b"\x00\x0b\x00\x00PAnna  " + b"\x00\x09\x00\x00F0012"
    values = [{"KIND": "P", "PERSON": {"NAME": "Anna"}}, {"KIND": "F", "FIRM": {"CODE": 12}}]
    assert records(codec, data) == values
    assert write(codec, values) == data
    assert codec.losses() == ()


NUMBER_OR_TEXT = """01 R.
 05 Z PIC X(3).
 05 N PIC 9.
 05 N-TEXT REDEFINES N PIC X.
 05 T OCCURS 0 TO 9 DEPENDING ON N PIC X.
"""
BOTH = {"N": 2, "N-TEXT": "2"}


@pytest.mark.parametrize(
    ("options", "area"),
    [
        ({"redefines": "first"}, {"N": 2}),
        ({"redefines": "all"}, BOTH),
        ({"variants": {"N": {"at": 1, "value": ["1", "2"]}, "N-TEXT": "otherwise"}}, {"N": 2}),
    ],
    ids=["first", "all", "one of several"],
)
def test_a_counter_that_is_redefined(options: dict[str, object], area: dict[str, object]) -> None:
    codec = defined(NUMBER_OR_TEXT, "us-ascii", record_format="V", **options)
    data = b"\x00\x0a\x00\x00zzz2ab"
    value = {"Z": "zzz", **area, "T": ["a", "b"]}
    assert records(codec, data) == [value]
    assert write(codec, [value]) == data
    with pytest.raises(MappingError) as caught:
        write(codec, [{**value, "T": ["a"]}])
    assert (caught.value.rule, caught.value.place.path) == ("occurs", "/T")


def test_a_counter_among_all_readings_is_not_computed() -> None:
    text = NUMBER_OR_TEXT.replace("N PIC 9.", "G.\n   10 N PIC 9.").replace("REDEFINES N", "REDEFINES G")
    codec = defined(text, "us-ascii", record_format="V", redefines="all")
    with pytest.raises(MappingError) as caught:
        write(codec, [{"Z": "zzz", "G": {}, "T": ["a"]}])
    assert (caught.value.rule, caught.value.place.path) == ("required", "/G/N")
    group = codec.schema()["properties"]["G"]  # type: ignore[index, call-overload]
    assert group["required"] == ["N"]  # type: ignore[index, call-overload]


@pytest.mark.parametrize(
    ("rules", "path"),
    [
        ({"V1": {"at": 1, "hex": ["30", "33"]}, "V2": "otherwise"}, "/V1/N"),
        ({"V1": {"field": "K", "value": 3}, "V2": "otherwise"}, "/V1"),
    ],
    ids=["by bytes of the counter", "by the counter's value"],
)
def test_what_says_how_an_area_is_read_is_not_computed(rules: dict[str, object], path: str) -> None:
    """It would be known only when the area is written, and may say another reading then."""
    text = """01 R.
 05 K PIC 9.
 05 V1.
   10 N PIC 9.
 05 V2 REDEFINES V1 PIC X.
 05 T OCCURS 0 TO 9 DEPENDING ON N PIC X.
 05 U OCCURS 0 TO 9 DEPENDING ON K PIC X.
"""
    codec = defined(text, "us-ascii", record_format="V", variants=rules)
    whole = {"K": 3, "V1": {"N": 3}, "T": ["a", "b", "c"], "U": ["d", "e", "f"]}
    assert records(codec, write(codec, [whole])) == [whole]
    with pytest.raises(MappingError) as caught:
        write(codec, [{"V1": {}, "T": ["a", "b", "c"], "U": ["d", "e", "f"]}])
    assert (caught.value.rule, caught.value.place.path) == ("required", path)


OCCURRENCES = """01 R.
 05 E OCCURS 2.
   10 K PIC X.
   10 COUNTED.
     15 N PIC 9.
   10 OTHER REDEFINES COUNTED PIC X.
   10 T OCCURS 0 TO 3 DEPENDING ON N PIC X.
"""


def test_an_occurrence_is_not_counted_by_the_one_before() -> None:
    rules = {"COUNTED": {"field": "K", "value": "1"}, "OTHER": "otherwise"}
    codec = defined(OCCURRENCES, "us-ascii", record_format="V", variants=rules)
    good = [{"K": "1", "COUNTED": {"N": 2}, "T": ["a", "b"]}, {"K": "1", "COUNTED": {"N": 0}, "T": []}]
    assert write(codec, [{"E": good}]) == b"\x00\x0a\x00\x0012ab10"
    (error,) = read(codec, b"\x00\x0c\x00\x0012ab2xcd")
    assert (error.rule, error.place.path, error.place.byte_offset) == ("occurs", "/E/1/T", 10)
    with pytest.raises(MappingError) as caught:
        write(codec, [{"E": [good[0], {"K": "2", "OTHER": "x", "T": ["c", "d"]}]}])
    assert (caught.value.rule, caught.value.place.path) == ("occurs", "/E/1/T")
