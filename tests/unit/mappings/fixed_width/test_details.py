"""What flows see of a stream."""

from __future__ import annotations

from typing import Any

import pytest

from mappings.contract import MappingError
from mappings.formats import built_in
from tests.unit.mappings.fixed_width.samples import fixed, golden, golden_records, read


def seen(codec: Any, results: list[Any]) -> list[Any]:
    see = codec.details()
    return [one for one in map(see, results) if one is not None]


def test_each_line_comes_with_its_header() -> None:
    header, *lines, _ = golden_records("statement")
    assert seen(golden("statement"), golden_records("statement")) == [{**header, **line} for line in lines]


def test_a_group_has_its_own_header() -> None:
    file, first, one, two, note, *_ = golden_records("batches")
    assert seen(golden("batches"), golden_records("batches")) == [
        {**file, **first, **one},
        {**file, **first, **two},
        {**file, **first, **note},
    ]


def test_records_of_one_type_are_given_as_they_are() -> None:
    codec = fixed({"encoding": "us-ascii", "record_length": 1, "fields": {"a": {"at": 1, "length": 1}}})
    assert seen(codec, read(codec, b"xy")) == [{"a": "x"}, {"a": "y"}]
    json = built_in("json")
    assert json is not None
    assert seen(json, [5, {"a": 1}, MappingError("bad", rule="syntax")]) == [5, {"a": 1}]


def grouped(*, max_lines: int | None = None) -> Any:
    def kind(value: str, **more: Any) -> dict[str, Any]:
        return {
            "match": {"at": 1, "value": value},
            "fields": {"v": {"at": 2, "length": 1, "type": "integer"}},
            **more,
        }

    line = {"max": max_lines} if max_lines else {}
    return fixed(
        {
            "encoding": "us-ascii",
            "record_length": 2,
            "records": {
                "F": kind("F", min=1, max=1),
                "H": kind("H", max=1),
                "L": kind("L", **line),
                "T": kind("T", max=1),
            },
            "groups": {"G": {"records": ["H", "L", "T"]}},
        }
    )


CASES = [
    pytest.param(b"F1H2L3H4L5", ["F1H2L3", "F1H4L5"], id="two groups"),
    pytest.param(b"F1H2L3T4L5", ["F1H2L3", "F1L5"], id="no header in the second group"),
    pytest.param(b"F1H2L3HxL5", ["F1H2L3", "F1L5"], id="header of the second group cannot be read"),
    pytest.param(b"F1H2L3XxL5", ["F1H2L3", "F1L5"], id="of unknown type, perhaps a header"),
    pytest.param(b"F1H2LxL5", ["F1H2L5"], id="a line cannot be read"),
    pytest.param(b"FxH2L3", ["H2L3"], id="the file's header cannot be read"),
    pytest.param(b"F1H2F3L4", ["H2L4"], id="a second header of the file may not stand there"),
    pytest.param(b"H2L3", ["H2L3"], id="the file's header is missing"),
]


@pytest.mark.parametrize(("data", "expected"), CASES)
def test_no_line_is_given_the_header_of_another(data: bytes, expected: list[str]) -> None:
    codec = grouped()
    found = seen(codec, read(codec, data))
    assert ["".join(f"{name}{one[name]['v']}" for name in one) for one in found] == expected


def test_where_nothing_repeats_in_a_group_its_last_required_record_stands_for_it() -> None:
    codec = grouped(max_lines=1)
    assert [list(one) for one in seen(codec, read(codec, b"F1H2L3T4H5L6T7"))] == [["F", "H", "L", "T"]] * 2
