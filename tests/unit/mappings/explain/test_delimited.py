"""Rows of delimited text: their fields also where one is wrong, and rows that were read again."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import TypeAdapter

from mappings.explain import Explained, Wanted, explain
from mappings.formats import FormatDefinition, build, built_in

FIELDS = {
    "n": {"type": "integer"},
    "on": {"type": "boolean", "true_words": ["ja"], "false_words": ["nein"], "nullable": True},
    "day": {"type": "date"},
}
ROWS = b"day,n,on\n2026-11-23,1,ja\n2026-11-24,x,nein\n2026-11-25,3,\n"


def explained(data: bytes, /, wanted: Wanted, **keys: Any) -> Explained | None:
    definition = {"format": "delimited", "fields": FIELDS, **keys}
    model = TypeAdapter[FormatDefinition](FormatDefinition).validate_python(definition)
    return explain(build(model), model, iter([data]), wanted)


def test_fields_beside_a_wrong_one_have_their_values() -> None:
    found = explained(ROWS, Wanted(record=2))
    assert found is not None
    assert [(one.path, one.value, bool(one.error)) for one in found.fields] == [
        ("/n", None, True),
        ("/on", False, False),
        ("/day", "2026-11-24", False),
    ]


def test_every_wrong_field_is_shown() -> None:
    found = explained(b"n,on,day\nx,vielleicht,1.1.26\n", Wanted(record=1))
    assert found is not None
    assert [one.path for one in found.fields if one.error] == ["/n", "/on", "/day"]


def test_definitions_are_shown_as_yaml_has_them() -> None:
    found = explained(ROWS, Wanted(record=1))
    assert found is not None
    shown = next(one.definition for one in found.fields if one.path == "/on")
    assert shown == "boolean nullable=true true_words=[ja] false_words=[nein]"


@pytest.mark.parametrize("number", [1, 2, 3])
@pytest.mark.parametrize(
    ("data", "keys"),
    [
        (ROWS, {}),
        (ROWS.replace(b"\n", b"\r"), {"line_ending": "cr"}),
        (("\ufeff" + ROWS.decode()).encode("utf-16-le"), {"encoding": "utf-16"}),
        (ROWS.decode().encode("utf-16-be"), {"encoding": "utf-16-be"}),
    ],
    ids=["lf", "cr", "utf-16", "utf-16-be"],
)
def test_a_row_by_its_number(data: bytes, keys: dict[str, Any], number: int) -> None:
    found = explained(data, Wanted(record=number), **keys)
    assert found is not None
    assert found.number == number
    assert bool(found.errors) == (number == 2)
    if number != 2:
        assert next(one.value for one in found.fields if one.path == "/day") == f"2026-11-{22 + number}"


TYPES = {
    "format": "delimited",
    "records": {
        "head": {"match": "H", "min": 1, "fields": {"n": {"type": "integer"}}},
        "line": {"match": "D", "fields": {"n": {"type": "integer"}}},
    },
}


def test_a_row_before_which_another_is_missing_is_one_record() -> None:
    model = TypeAdapter[FormatDefinition](FormatDefinition).validate_python(TYPES)
    data = b"D,1\r\nD,2\r\n"
    first, second = (explain(build(model), model, iter([data]), Wanted(record=number)) for number in (1, 2))
    assert first is not None
    assert [error.rule for error in first.errors] == ["missing-record"]
    assert [one.value for one in first.fields] == [{"n": 1}]
    assert second is not None
    assert (second.data, second.errors) == (b"D,2", [])


def test_a_row_whose_quoted_field_holds_a_line_end() -> None:
    data = b'n,on,day\n1,"j\na",2026-11-23\n4,ja,2026-11-26\n'
    for number, start in ((1, b"1"), (2, b"4")):
        found = explained(data, Wanted(record=number))
        assert found is not None
        assert found.data.startswith(start)


def test_the_built_in_format_whose_data_names_its_fields() -> None:
    format_ = built_in("csv")
    assert format_ is not None
    found = explain(format_, None, iter([b'a,b\n1,2\n3,"x\ny"\n']), Wanted(record=1))
    assert found is not None
    assert (found.start, found.data) == (4, b"1,2")
    assert {one.path: one.value for one in found.fields} == {"/a": "1", "/b": "2"}
