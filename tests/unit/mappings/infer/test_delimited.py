"""Delimited text: dialect, header, encoding, types, null; what is doubtful is said."""

from __future__ import annotations

from typing import Any

import pytest

from mappings.infer import InferenceError
from tests.unit.mappings.infer.drafting import drafted, keys, loaded, results, written

DIALECTS: dict[str, tuple[bytes, dict[str, Any]]] = {
    "comma": (b"a,b\n1,x\n2,y\n", {"delimiter": ",", "header": True, "line_ending": "lf"}),
    "semicolon": (b"a;b\r\n1;2,50\r\n2;3,75\r\n", {"delimiter": ";", "line_ending": "crlf"}),
    "tab": (b"a\tb\n1\tx, y\n2\ty, z\n", {"delimiter": "\t"}),
    "bar": (b"id|name\n1|x\n2|y\n", {"delimiter": "|"}),
    "colon": (b"root:x:0\nbin:x:1\nnobody:x:65534\n", {"delimiter": ":", "header": False}),
    "single-quotes": (b"a,b\n1,'x,y'\n2,'it''s'\n", {"quote": "'"}),
    "no-quoting": (b'a|b\n1|5" pipe\n2|6" pipe\n', {"quote": None}),
    "no-header": (b"1,2026-11-23\n2,2026-11-24\n", {"header": False}),
    "delimiters-in-quotes": (b'name,n\n"Meyer; Karl",1\n"Li; Wei",2\n', {"delimiter": ","}),
    "byte-order-mark": (b"\xef\xbb\xbfa,b\n1,2\n", {"encoding": "utf-8-sig"}),
    "utf-8": ("a,b\n1,Käse\n".encode(), {"encoding": "utf-8"}),
    "cp1252": ("a,b\n1,Käse größer 5 €\n2,Öl für Müller\n".encode("cp1252"), {"encoding": "cp1252"}),
    "cp850": ("a,b\n1,Käse größer\n2,Öl für Müller\n".encode("cp850"), {"encoding": "cp850"}),
    "everything-quoted": (b'"a","b"\n"1","x"\n"2","y"\n', {"quoting": "all"}),
    "spaces": (b'a, b, c\n1, "x, y", 2\n2, z, 3\n', {"spaces": "trim", "quote": '"'}),
    "comments": (b"# of Monday\na,b,c\n1,x,2\n# more\n2,y,3\n", {"comment": "#", "header": True}),
    "a-title-that-is-no-comment": (b"#a,b\n1,x\n2,y\n", {"delimiter": ","}),
    "blank-lines": (b"a,b\n1,x\n\n2,y\n\n", {"blank_lines": "skip"}),
    "utf-16": ("\ufeffa;b\r\n1;Käse\r\n".encode("utf-16-le"), {"encoding": "utf-16", "delimiter": ";"}),
    "utf-16-be": ("\ufeffa;b\r\n1;Käse\r\n".encode("utf-16-be"), {"encoding": "utf-16", "header": True}),
    "null-word": (b"a,b\n1,2.5\n2,NULL\n3,4.0\n", {"null": "NULL"}),
}


@pytest.mark.parametrize(("data", "expected"), DIALECTS.values(), ids=DIALECTS)
def test_dialects(data: bytes, expected: dict[str, Any]) -> None:
    draft = drafted(data)
    found = keys(draft)
    assert found["format"] == "delimited"
    assert {name: found[name] for name in expected} == expected
    assert results(loaded(draft), data)[1] == []


TYPES: dict[str, tuple[list[str], dict[str, Any]]] = {
    "integer": (["1", "-20", "300"], {"type": "integer"}),
    "integer-of-20-digits": (["12345678901234567890", "1"], {"type": "integer"}),
    "leading-zeros": (["007", "123"], {}),
    "decimal": (["1.5", "2", "-3.25"], {"type": "decimal"}),
    "scale": (["1.50", "2.00", "-3.25"], {"type": "decimal", "scale": 2}),
    "decimal-comma": (["1,50", "2,00"], {"type": "decimal", "separator": ",", "scale": 2}),
    "thousands": (
        ["1.000,50", "2,00", "-1.234.567,89"],
        {"type": "decimal", "separator": ",", "scale": 2, "group_separator": "."},
    ),
    "thousands-without-fraction": (["1.234.567", "12"], {"type": "integer", "group_separator": "."}),
    "thousands-by-commas": (["1,234", "999"], {"type": "integer", "group_separator": ","}),
    "fractions-of-three-digits": (["1.125", "2"], {"type": "decimal"}),
    "percents": (["15%", "3%"], {"type": "integer", "suffix": "%"}),
    "a-currency": (
        ["€1,250.00", "€3.00"],
        {"type": "decimal", "scale": 2, "prefix": "€", "group_separator": ","},
    ),
    "signs-behind": (["12-", "3"], {"type": "integer", "sign": "trailing"}),
    "parentheses": (["(12.50)", "3.00"], {"type": "decimal", "scale": 2, "sign": "parentheses"}),
    "article-numbers": (["ORD-12", "ORD-13"], {}),
    "addresses": (["192.168.1.1", "10.0.0.1"], {}),
    "german-words": (["ja", "nein"], {"type": "boolean", "true_words": ["ja"], "false_words": ["nein"]}),
    "days-without-zeros": (["1.2.2026", "23.11.2026"], {"type": "date", "pattern": "%-d.%-m.%Y"}),
    "names-of-months": (["23-Nov-2026", "01-May-2026"], {"type": "date", "pattern": "%d-%b-%Y"}),
    "two-digits-of-the-year": (
        ["23.11.26", "01.02.99"],
        {"type": "date", "pattern": "%d.%m.%y", "century_from": 1970},
    ),
    "date": (["2026-11-23", "2024-02-29"], {"type": "date", "pattern": "%Y-%m-%d"}),
    "german-date": (["23.11.2026", "24.12.2026"], {"type": "date", "pattern": "%d.%m.%Y"}),
    "american-date": (["11/23/2026", "12/24/2026"], {"type": "date", "pattern": "%m/%d/%Y"}),
    "compact-date": (["20261123", "20240229"], {"type": "date", "pattern": "%Y%m%d"}),
    "no-date": (["2026-11-23", "2026-02-30"], {}),
    "moment": (["2026-11-23T08:15:00Z"], {"type": "datetime", "pattern": "%Y-%m-%dT%H:%M:%S%:z"}),
    "offset-without-colon": (
        ["20261123081500+0530", "20261123081500+0000"],
        {"type": "datetime", "pattern": "%Y%m%d%H%M%S%z"},
    ),
    "milliseconds": (
        ["2026-11-23 08:15:00.123", "2026-11-24 09:00:00.000"],
        {"type": "datetime", "pattern": "%Y-%m-%d %H:%M:%S.%3f", "offset": "local"},
    ),
    "some-fractions": (
        ["2026-11-23T08:15:00.12Z", "2026-11-24T09:00:00Z"],
        {"type": "datetime", "pattern": "%Y-%m-%dT%H:%M:%S%.f%:z"},
    ),
    "local-moment": (
        ["2026-11-23 08:15:00", "2026-11-24 09:00:00"],
        {"type": "datetime", "pattern": "%Y-%m-%d %H:%M:%S", "offset": "local"},
    ),
    "boolean": (["Y", "N", "Y"], {"type": "boolean", "true_words": ["Y"], "false_words": ["N"]}),
    "one-word": (["Y", "Y"], {}),
    "mixed": (["1", "x"], {}),
    "plus": (["+5", "7"], {}),
    "nothing": (["", ""], {}),
    "nullable": (["1", "", "3"], {"type": "integer", "nullable": True}),
}


@pytest.mark.parametrize(("values", "expected"), TYPES.values(), ids=TYPES)
def test_types(values: list[str], expected: dict[str, Any]) -> None:
    data = ("key;value\n" + "".join(f"k{at};{value}\n" for at, value in enumerate(values))).encode()
    draft = drafted(data)
    assert keys(draft)["fields"]["value"] == expected
    records, errors = results(loaded(draft), data)
    assert errors == []
    assert written(loaded(draft), records) == data


def test_a_day_that_may_be_a_month_is_a_doubt() -> None:
    text = drafted(b"day;n\n01/02/2026;1\n03/04/2026;2\n").text("x")
    assert "or is it %m/%d/%Y? no day above 12 was seen" in text


def test_a_moment_that_may_have_a_fraction_is_no_doubt() -> None:
    text = drafted(b"at;n\n2026/05/06T08:15:00Z;1\n2026/05/07T08:15:00Z;2\n").text("x")
    assert "type: datetime" in text
    assert "or is it" not in text


def test_several_samples_are_one() -> None:
    draft = drafted(b"a,b\n1,x\n", b"a,b\n2.5,y\n", b"a,b\n,z\n")
    assert keys(draft)["fields"]["a"] == {"type": "decimal", "nullable": True}


def test_rows_that_are_not_like_the_others_are_told() -> None:
    draft = drafted(b"a,b,c\n1,2,3\n4,5,6\n7,8\n9,10,11\n")
    assert any("1 rows are not like the others" in finding for finding in draft.findings)
    assert "short-row" in draft.findings[-1]


def test_what_one_value_contradicts_is_text() -> None:
    draft = drafted(b'a,b\n1,2\n2,""\n3,4\n')
    assert keys(draft)["fields"]["b"] == {}
    assert "looks like integer, but 1 values are not" in draft.text("x")


def test_a_name_that_yaml_would_take_for_something_else() -> None:
    data = b"no,1st: x,#y,null\n1,2,3,4\n5,6,7,8\n"
    draft = drafted(data)
    assert list(keys(draft)["fields"]) in (
        ["no", "1st: x", "#y", "null"],
        [f"column_{at}" for at in range(1, 5)],
    )
    assert results(loaded(draft), data)[1] == []


@pytest.mark.parametrize(
    ("samples", "reason"),
    [
        (["one line\n".encode("utf-16")], "is UTF-16 and not delimited"),
        (["a,b\n1,2\n".encode("utf-16"), b"a,b\n1,2\n"], "some are UTF-16"),
    ],
    ids=["no-delimiter", "only-one-sample"],
)
def test_utf_16_that_is_refused(samples: list[bytes], reason: str) -> None:
    with pytest.raises(InferenceError, match=reason):
        drafted(*samples)


def test_keys_that_would_read_odd_rows_are_named() -> None:
    text = drafted(b"a,b,c\n1,2,3\n1,2\n2,3,4\n3,4,5\n").text("x")
    assert "1 rows are not like the others" in text
    assert "`short_rows: fill` would read" in text


def test_nothing() -> None:
    with pytest.raises(InferenceError, match="is empty"):
        drafted(b"")
