"""Texts that spreadsheets would run: written as they are, refused, or marked so that they are read again."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mappings.contract import Context, MappingError
from mappings.delimited import DelimitedDefinition, DelimitedFormat

FORMULAS = [
    "=cmd|' /C calc'!A0",
    '=HYPERLINK("http://x.example","click")',
    "+1+1",
    "-2+3",
    "-",
    "@SUM(1)",
    "\t=1",
    "\r\n=1",
    "\n",
    "\uff1d1",
    "\uff20x",
]
HARMLESS = ["", "a=1", " =1", "1-2", "'", "'tis", "x@y.example", '"=1"']


def _format(formulas: str, **keys: Any) -> DelimitedFormat:
    fields = {"text": {"nullable": True}, "number": {"type": "decimal", "scale": 2}}
    definition = {"format": "delimited", "header": False, "fields": fields, "formulas": formulas, **keys}
    return DelimitedFormat(DelimitedDefinition.model_validate(definition))


def _written(format_: DelimitedFormat, text: str | None) -> bytes:
    return format_.encoder(Context()).encode([{"text": text, "number": -1}])


def _first_cell(data: bytes) -> str:
    """What another program sees in the first column."""
    return next(csv.reader(io.StringIO(data.decode(), newline="")))[0]


@pytest.mark.parametrize("text", FORMULAS, ids=repr)
def test_a_formula_is_kept_refused_or_marked(text: str) -> None:
    assert _first_cell(_written(_format("keep"), text)) == text
    with pytest.raises(MappingError) as caught:
        _written(_format("refuse"), text)
    assert (caught.value.rule, caught.value.place.path) == ("formula", "/text")
    assert _first_cell(_written(_format("apostrophe"), text)) == f"'{text}"


@pytest.mark.parametrize("text", HARMLESS, ids=repr)
def test_other_texts_are_as_they_were(text: str) -> None:
    for formulas in ("keep", "refuse", "apostrophe"):
        assert _first_cell(_written(_format(formulas), text)) == text


def test_numbers_and_null_are_no_formulas() -> None:
    for formulas in ("keep", "refuse", "apostrophe"):
        assert _written(_format(formulas), None) == b",-1.00\r\n"


@pytest.mark.parametrize("null", ["", "-", "'="])
@pytest.mark.parametrize("formulas", ["keep", "apostrophe"])
def test_what_was_written_is_read_again(formulas: str, null: str) -> None:
    format_ = _format(formulas, null=null)

    @given(st.text("'=-@+ax\t,\"") | st.none())
    def holds(text: str | None) -> None:
        decoder = format_.decoder(Context())
        data = _written(format_, text)
        assert [*decoder.feed(data), *decoder.finish()[0]] == [{"text": text, "number": -1}]
        if text and formulas == "apostrophe":
            assert _first_cell(data)[0] not in "=+-@\t\r\n"

    holds()


def test_in_several_types_of_record_too() -> None:
    records = {"line": {"match": "L", "fields": {"text": {}}}}
    format_ = _format("apostrophe", fields=None, records=records)
    data = format_.encoder(Context()).encode([{"line": {"text": "=1"}}])
    assert data == b"L,'=1\r\n"
    assert format_.decoder(Context()).feed(data) == [{"line": {"text": "=1"}}]


def test_what_is_collected_is_not_looked_at_and_so_not_allowed() -> None:
    with pytest.raises(ValueError, match="formulas"):
        _format("refuse", long_rows={"collect": "more"})
