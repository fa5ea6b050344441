"""Examples that cannot hold: what is wrong with them is said, whatever it is."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import TypeAdapter

from mappings.contract import Context
from mappings.examples import run_format
from mappings.exemplified import ExemplifiedFormat
from mappings.formats import FormatDefinition, build

FIXED: dict[str, Any] = {
    "format": "fixed_width",
    "encoding": "cp037",
    "record_length": 4,
    "fields": {"n": {"at": 1, "length": 4, "type": "integer"}},
}
DELIMITED: dict[str, Any] = {
    "format": "delimited",
    "encoding": "iso-8859-1",
    "fields": {"a": {"type": "decimal"}},
}
_BOOK = "       01 R.\n          05 G OCCURS 30000.\n            10 A PIC X(100).\n"
HUGE: dict[str, Any] = {
    "format": "copybook",
    "encoding": "us-ascii",
    "copybook": {"texts": [{"name": "R", "content": _BOOK}], "copied": []},
}

CASES: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "characters that EBCDIC has not": (
        FIXED,
        {"data": "日本", "records": []},
        "'日本' is not in the encoding",
    ),
    "characters that Latin-1 has not": (
        DELIMITED,
        {"data": "a\n€\n", "records": []},
        "'€' is not in the enc",
    ),
    "base64 that ends early": (FIXED, {"base64": "abc", "records": []}, "cannot be taken"),
    "records of more bytes than any may have": (HUGE, {"data": "0001", "records": []}, "at most 1048576"),
    "an error that is another": (FIXED, {"data": "000x", "errors": ["overflow"]}, "rule is 'integer'"),
    "an error that does not come": (
        FIXED,
        {"data": "0001", "errors": ["integer"]},
        "does not give the error",
    ),
    "a record too many": (FIXED, {"data": "00010002", "records": [{"n": 1}]}, "gives 2 records, not 1"),
    "a record too few": (FIXED, {"data": "0001", "records": [{"n": 1}, {"n": 2}]}, "gives 1 records, not 2"),
    "true in place of 1": (FIXED, {"data": "0001", "records": [{"n": True}]}, "/n is 1, not true"),
    "text in place of a number": (FIXED, {"data": "0001", "records": [{"n": "1"}]}, '/n is 1, not "1"'),
    "a number that does not fit": (FIXED, {"records": [{"n": 10000}]}, "cannot be written"),
    "a record that is none": (FIXED, {"records": [5]}, "cannot be written"),
    "data that is lost": (DELIMITED, {"data": 'a\n"1\n', "records": []}, "unclosed-quote"),
}


@pytest.mark.parametrize("case", CASES)
def test_what_does_not_hold_is_said(case: str) -> None:
    definition, example, reason = CASES[case]
    model = TypeAdapter[FormatDefinition](FormatDefinition).validate_python(
        {**definition, "examples": [example]}
    )
    assert isinstance(model, ExemplifiedFormat)
    found = run_format(model, build(model), model.examples[0], Context())
    assert reason in " ".join(found)
