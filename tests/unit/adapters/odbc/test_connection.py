"""Connection strings and settings."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from adapters.odbc.config import OdbcSettings
from adapters.odbc.connection import odbc_quote, parse, with_options


@given(st.text(max_size=40))
def test_a_quoted_value_stays_one_value(value: str) -> None:
    text = f"Driver=X;Pwd={odbc_quote(value)};Server=good"
    assert parse(text) == {"driver": "X", "pwd": value, "server": "good"}


@pytest.mark.parametrize(
    ("value", "quoted"),
    [
        ("/srv/data base.sqlite", "/srv/data base.sqlite"),
        ("", ""),
        ("a=b", "{a=b}"),
        ("p@ss", "{p@ss}"),
        ("a;b", "{a;b}"),
        ("a}b", "{a}}b}"),
        (" a", "{ a}"),
        ("a\n", "{a\n}"),
    ],
)
def test_a_value_is_quoted_where_it_needs_it(value: str, quoted: str) -> None:
    assert odbc_quote(value) == quoted


def test_a_password_cannot_bring_keywords() -> None:
    text = "Driver=X;Pwd=" + odbc_quote("x;Server=evil}};Driver={y") + ";Server=good"
    assert parse(text)["server"] == "good"


def test_the_first_of_equal_keywords_wins() -> None:
    assert parse(with_options("Driver=X;Timeout=1;", "Timeout=5000"))["timeout"] == "1"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"connection": ""}, "at least 1 item"),
        ({"connection": "hello"}, "expected keyword=value"),
        ({"connection": "Driver=X;rubbish;Server=y"}, "expected keyword=value"),
        ({"connection": "Driver={X"}, "brace"),
        ({"connection": "Server=x"}, "names neither Driver nor DSN"),
        ({"connection": "Driver=X" + "x" * 9000}, "at most 8192"),
        ({"max_connections": 0}, "greater than or equal to 1"),
        ({"idle_s": 0}, "greater than 0"),
        ({"read_block_rows": 100_000}, "less than or equal to 10000"),
        ({"default_limit": 10, "max_limit": 5}, "default_limit is larger than max_limit"),
        ({"tables": {"allowed": ["x"]}}, "Extra inputs"),
        ({"tables": ["x"]}, "Tables"),
        ({"tables": {"allow": [""]}}, "at least 1 character"),
        ({"statement_timeout_s": -1}, "greater than 0"),
        ({"read_only": "maybe"}, "valid boolean"),
        ({"schema": "x"}, "Extra inputs"),
    ],
    ids=str,
)
def test_bad_settings_are_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError) as caught:
        OdbcSettings.model_validate({"adapter": "odbc", "connection": "Driver=X", **changes})
    assert message in str(caught.value)


def test_the_connection_string_does_not_show() -> None:
    settings = OdbcSettings.model_validate({"adapter": "odbc", "connection": "Driver=X;Pwd=canary"})
    assert "canary" not in repr(settings)
    assert "canary" not in settings.model_dump_json()
