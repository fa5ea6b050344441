"""Which type a record is of: texts, ranges, what is not, lengths; and groups with members in any order."""

from __future__ import annotations

from typing import Any

import pytest

from mappings.contract import MappingError
from tests.unit.mappings.fixed_width.samples import fixed, read, write

CODE = {"code": {"at": 1, "length": 2}}


def types(**records: Any) -> Any:
    return fixed({"encoding": "us-ascii", "separator": "lf", "order": "any", "records": records})


RANGES = types(
    low={"match": {"at": 1, "first": "10", "last": "19"}, "fields": CODE},
    high={"match": {"at": 1, "first": "20", "last": "29"}, "fields": {**CODE, "more": {"length": 1}}},
    one={"match": {"at": 1, "value": "99"}},
)


def test_ranges_tell_types_apart() -> None:
    data = b"10\n29x\n99\n19\n20y\n"
    records = [
        {"low": {"code": "10"}},
        {"high": {"code": "29", "more": "x"}},
        {"one": {}},
        {"low": {"code": "19"}},
        {"high": {"code": "20", "more": "y"}},
    ]
    assert read(RANGES, data, 3) == records
    assert write(RANGES, records) == data
    assert [one.rule for one in read(RANGES, b"30\n1\n1\xff\n")] == ["unknown-record"] * 3
    with pytest.raises(MappingError) as caught:
        write(RANGES, [{"low": {"code": "20"}}])
    assert caught.value.rule == "match"


def test_a_range_is_of_bytes() -> None:
    codec = fixed(
        {
            "encoding": "cp037",
            "record_length": 1,
            "order": "any",
            "records": {
                "letter": {"match": {"at": 1, "first": "A", "last": "Z"}, "fields": {"a": {"length": 1}}},
                "digit": {"match": {"at": 1, "first": "0", "last": "9"}, "fields": {"a": {"length": 1}}},
            },
        }
    )
    found = [next(iter(one)) for one in read(codec, "AZ09".encode("cp037"))]
    assert found == ["letter", "letter", "digit", "digit"]


def test_what_is_not_tells_types_apart() -> None:
    codec = types(
        blank={"match": {"at": 1, "value": " "}, "fields": {"text": {"at": 2, "length": 3}}},
        other={"match": {"at": 1, "other_than": " "}, "fields": {"text": {"at": 1, "length": 4}}},
    )
    data = b" abc\nxabc\n"
    assert read(codec, data) == [{"blank": {"text": "abc"}}, {"other": {"text": "xabc"}}]
    assert write(codec, read(codec, data)) == data
    with pytest.raises(MappingError) as caught:
        write(codec, [{"other": {"text": " abc"}}])
    assert caught.value.rule == "match"


def test_lengths_tell_types_apart() -> None:
    codec = types(
        short={"match": {"longest": 3}, "fields": {"a": {"length": 3}}},
        long={"match": {"shortest": 4, "longest": 9}, "fields": {"b": {"length": 9, "variable": True}}},
    )
    data = b"abc\nabcd\nabcdefghi\n"
    assert [next(iter(one)) for one in read(codec, data)] == ["short", "long", "long"]
    assert write(codec, read(codec, data)) == data
    assert [one.rule for one in read(codec, b"ab\nabcdefghij\n")] == ["short-record", "unknown-record"]
    with pytest.raises(MappingError) as caught:
        write(codec, [{"long": {"b": "abc"}}])
    assert caught.value.rule == "match"


ANY = fixed(
    {
        "encoding": "us-ascii",
        "separator": "lf",
        "records": {
            "h": {"match": {"at": 1, "value": "H"}, "min": 1, "max": 1},
            "a": {"match": {"at": 1, "value": "A"}, "min": 1, "max": 2},
            "b": {"match": {"at": 1, "value": "B"}},
            "c": {"match": {"at": 1, "value": "C"}, "min": 1, "max": 1},
            "d": {"match": {"at": 1, "value": "D"}, "max": 1},
        },
        "groups": {
            "body": {"records": ["a", "b", "pair"], "order": "any", "min": 1, "max": 1},
            "pair": {"records": ["c", "d"], "max": 2},
        },
    }
)
ORDERS: list[Any] = [
    pytest.param("HBABA", [], id="mixed"),
    pytest.param("HCDACB", [], id="groups inside"),
    pytest.param("HACC", [], id="a group repeats"),
    pytest.param("HACCC", ["extra-record"], id="a group repeats too often"),
    pytest.param("HAAA", ["extra-record"], id="too many"),
    pytest.param("HB", ["missing-record"], id="too few"),
    pytest.param("HAD", ["missing-record"], id="a group without its first"),
    pytest.param("AHA", ["missing-record", "record-order"], id="header behind the body"),
]


@pytest.mark.parametrize(("letters", "rules"), ORDERS)
def test_members_of_a_group_may_come_in_any_order(letters: str, rules: list[str]) -> None:
    data = "".join(f"{letter}\n" for letter in letters).encode()
    results = read(ANY, data)
    assert [one.rule for one in results if isinstance(one, MappingError)] == rules
    if not rules:
        assert write(ANY, results) == data


def test_what_is_not_tells_longer_texts_apart() -> None:
    """As the control record of a file of payments of ACH, and the lines of nines behind it."""
    codec = types(
        control={"match": [{"at": 1, "value": "9"}, {"at": 2, "other_than": "9"}], "fields": CODE},
        tens={"match": {"at": 1, "value": "1"}, "fields": CODE},
        rest={"match": {"at": 1, "value": "99"}},
    )
    assert read(codec, b"90\n99\n10\n", 3) == [
        {"control": {"code": "90"}},
        {"rest": {}},
        {"tens": {"code": "10"}},
    ]
    with pytest.raises(ValueError, match="may match 'control' too"):
        types(
            control={"match": [{"at": 1, "value": "9"}, {"at": 2, "other_than": "8"}], "fields": CODE},
            rest={"match": {"at": 1, "value": "99"}},
        )
