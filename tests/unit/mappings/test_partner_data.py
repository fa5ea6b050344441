"""What is wrong with the files of partners: an error with its place, never a value that is only nearly right,
and no record after it that is shifted.

Numbers and dates are the same in delimited text and in fixed width; the tables are run for both.
"""

from __future__ import annotations

import tracemalloc
from decimal import Decimal
from typing import Any

import pytest
from pydantic import TypeAdapter

from mappings.columns import block_decoder, is_installed
from mappings.contract import Context, Format, MappingError, Record
from mappings.formats import FormatDefinition, build
from mappings.json import encode_line

_DEFINITION: TypeAdapter[FormatDefinition] = TypeAdapter(FormatDefinition)


def _defined(**keys: Any) -> Format:
    return build(_DEFINITION.validate_python(keys))


def _delimited(**keys: Any) -> Format:
    return _defined(**{"format": "delimited", "header": False, "fields": {"a": {}, "b": {}}, **keys})


def _read(format_: Format, data: bytes, step: int | None = None) -> list[Record | MappingError]:
    """All results, with what is raised at the last."""
    decoder = format_.decoder(Context())
    results: list[Record | MappingError] = []
    try:
        for at in range(0, len(data), step or max(len(data), 1)):
            results += decoder.feed(data[at : at + (step or len(data))])
        results += decoder.finish()[0]
    except MappingError as lost:
        results.append(lost)
    return results


def _rules(results: list[Record | MappingError]) -> list[Any]:
    return [each.rule if isinstance(each, MappingError) else each for each in results]


# Delimited text: data, what is read of it, and line, column and byte of the error.
_ROWS: dict[str, tuple[bytes, list[Any], tuple[int, int | None, int] | None]] = {
    "a quote that is not closed": (
        b'1,2\r\n3,"4\r\n5,6\r\n', [{"a": "1", "b": "2"}, "unclosed-quote"], (2, 3, 7),
    ),
    "a NUL": (b"1,2\r\n3,\x004\r\n5,6\r\n", [{"a": "1", "b": "2"}, "nul", {"a": "5", "b": "6"}], (2, 3, 7)),
    "a NUL on the second line of a row": (
        b'1,2\r\n"3\r\n\x00",4\r\n5,6\r\n', [{"a": "1", "b": "2"}, "nul", {"a": "5", "b": "6"}], (3, 1, 9),
    ),
    "a short row": (
        b"1,2\r\n3\r\n5,6\r\n", [{"a": "1", "b": "2"}, "short-row", {"a": "5", "b": "6"}], (2, None, 5),
    ),
    "a long row": (b"1,2,3\r\n5,6\r\n", ["long-row", {"a": "5", "b": "6"}], (1, None, 0)),
    "a bare CR": (b"1,\r2\r\n5,6\r\n", ["bare-cr", {"a": "5", "b": "6"}], (1, 3, 2)),
    "a byte order mark": (b"\xef\xbb\xbf1,2\r\n", ["bom"], (1, None, 0)),
    "a byte order mark of UTF-16": (b"\xff\xfe1\x00,\x002\x00\r\x00\n\x00", ["bom"], (1, None, 0)),
    "a stray quote": (b'1,2"3\r\n5,6\r\n', ["stray-quote", {"a": "5", "b": "6"}], (1, 4, 3)),
    "text behind a quote on the third line": (
        b'"1\r\n\r\n"x,2\r\n5,6\r\n', ["after-quote", {"a": "5", "b": "6"}], (3, 2, 7),
    ),
    "a byte of another encoding on the second line": (
        b'"1\r\n\xc3\xa9\xe9",2\r\n5,6\r\n', ["encoding", {"a": "5", "b": "6"}], (2, 2, 6),
    ),
    "a field of more bytes than Python's reader takes": (
        b"1," + b"x" * 131_073 + b"\r\n", [{"a": "1", "b": "x" * 131_073}], None,
    ),
    "the same in quotes": (
        b'1,"' + b"x\n" * 65_537 + b'"\r\n', [{"a": "1", "b": "x\n" * 65_537}], None,
    ),
}  # fmt: skip


@pytest.mark.parametrize("step", [None, 1], ids=lambda step: f"cut by {step}")
@pytest.mark.parametrize(("data", "expected", "place"), _ROWS.values(), ids=_ROWS)
def test_rows(
    data: bytes, expected: list[Any], place: tuple[int, int | None, int] | None, step: int | None
) -> None:
    results = _read(_delimited(), data, step and (step if len(data) < 1000 else 1000))
    assert _rules(results)[: len(expected)] == expected
    errors = [each for each in results if isinstance(each, MappingError)]
    if place is None:
        assert errors == []
    else:
        found = errors[0].place
        assert (found.line, found.column, found.byte_offset) == place


def test_a_bad_field_behind_a_field_of_several_lines_is_found_where_it_stands() -> None:
    fields = {"a": {}, "b": {"type": "integer"}}
    (error,) = _read(_delimited(fields=fields), b'"x\r\n\xc3\xa9y",z\r\n')
    assert isinstance(error, MappingError)
    assert (error.rule, error.place.line, error.place.column, error.place.byte_offset) == ("integer", 2, 5, 9)


def test_what_was_read_before_a_stream_is_lost_is_given_and_the_loss_stays() -> None:
    for format_ in (
        _delimited(),
        _delimited(fields=None, records={"r": {"match": "1", "fields": {"b": {}}}}, header=False),
    ):
        decoder = format_.decoder(Context(max_record_bytes=10))
        assert len(decoder.feed(b'1,2\r\n1,4\r\n1,"' + b"x\n" * 20)) == 2
        for _ in range(2):
            with pytest.raises(MappingError, match="quoted field"):
                decoder.feed(b'"\r\n1,2\r\n')


def test_a_quote_that_is_not_closed_holds_no_more_than_a_record_however_short_its_lines() -> None:
    decoder = _delimited().decoder(Context(max_record_bytes=1 << 18))
    tracemalloc.start()
    try:
        decoder.feed(b'1,"')
        with pytest.raises(MappingError, match="quoted field"):
            any(decoder.feed(b"x\n" * 4096) for _ in range(100))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 10 << 18


# Numbers: a text, and its value as an integer and as a decimal with two digits, None where it is an error.
_NUMBERS: dict[str, tuple[str, int | None, str | None]] = {
    "plain": ("12", 12, "12"),
    "less than zero": ("-12", -12, "-12"),
    "minus zero": ("-0", 0, "-0"),
    "minus zero with a fraction": ("-0.00", None, "-0.00"),
    "a fraction": ("12.50", None, "12.50"),
    "a finer fraction is not rounded": ("12.505", None, None),
    "the comma of another locale": ("12,50", None, None),
    "commas between thousands": ("1,234", None, None),
    "points between thousands": ("1.234.567", None, None),
    "a superscript": ("²", None, None),
    "Arabic digits": ("٣٤", None, None),
    "digits as wide as Chinese characters": ("１２", None, None),
    "Roman": ("Ⅻ", None, None),
    "an exponent": ("1E5", None, None),
    "a small exponent": ("1e-2", None, None),
    "hexadecimal": ("0x1F", None, None),
    "an underscore": ("1_000", None, None),
    "infinite": ("inf", None, None),
    "no number": ("NaN", None, None),
    "a space before": (" 12", None, None),
    "a space behind": ("12 ", None, None),
    "a space that does not break": ("1\u00a0234", None, None),
    "a sign of mathematics": ("\u221212", None, None),
    "two signs": ("--12", None, None),
    "a sign alone": ("-", None, None),
    "a point alone": (".", None, None),
    "a point and nothing": ("12.", None, None),
    "no zero before the point": (".5", None, "0.5"),
    "no zero before the point, less than zero": ("-.05", None, "-0.05"),
    "no zero before a point that is too fine": (".505", None, None),
    "18 digits": ("9" * 18, 10**18 - 1, "9" * 18),
    "19 digits": ("9" * 19, 10**19 - 1, "9" * 19),
    "38 digits": ("-" + "9" * 38, 1 - 10**38, "-" + "9" * 38),
    "38 digits with a fraction": ("9" * 36 + ".99", None, "9" * 36 + ".99"),
}


def _number_formats(kind: str, text: str) -> list[tuple[Format, bytes]]:
    number: dict[str, Any] = {"type": kind} | ({"scale": 2} if kind == "decimal" else {})
    data = text.encode()
    found = [(_delimited(fields={"a": number}, delimiter=";"), data + b"\r\n")]
    if kind == "integer" and text.isascii():
        fixed: dict[str, Any] = {"at": 1, "length": len(data), "sign": "floating", "pad": "0", **number}
        found.append(
            (
                _defined(
                    format="fixed_width", encoding="us-ascii", record_length=len(data), fields={"a": fixed}
                ),
                data,
            )
        )
    return found


@pytest.mark.parametrize(("text", "integer", "decimal"), _NUMBERS.values(), ids=_NUMBERS)
def test_numbers(text: str, integer: int | None, decimal: str | None) -> None:
    for kind, expected in (("integer", integer), ("decimal", None if decimal is None else Decimal(decimal))):
        for format_, data in _number_formats(kind, text):
            (result,) = _read(format_, data)
            if expected is None:
                assert isinstance(result, MappingError)
                assert result.rule in (kind, "number-length")
                assert result.place.path == "/a"
            else:
                assert result == {"a": expected}
                assert isinstance(result, dict)
                assert type(result["a"]) is type(expected)


@pytest.mark.parametrize("digits", [18, 38, 400])
def test_numbers_keep_all_their_digits_there_and_back(digits: int) -> None:
    fields = {"a": {"type": "integer"}, "b": {"type": "decimal"}}
    data = f"{'7' * digits},{'7' * (digits - 4)}.125\r\n".encode()
    format_ = _delimited(fields=fields)
    records = _read(format_, data)
    encoder = format_.encoder(Context())
    assert encoder.encode([each for each in records if not isinstance(each, MappingError)]) == data


@pytest.mark.skipif(not is_installed(), reason="the extra `bulk` is not installed")
@pytest.mark.parametrize("text", [row[0] for row in _NUMBERS.values()], ids=list(_NUMBERS))
@pytest.mark.parametrize("kind", ["integer", "decimal"])
def test_numbers_are_the_same_in_columns(kind: str, text: str) -> None:
    format_, line = _number_formats(kind, text)[0]
    data = (b"1\r\n" + line) * 40
    decoder = block_decoder(format_, Context())
    assert decoder is not None
    found = [*decoder.feed(data), *decoder.finish()[0]]
    expected = _read(format_, data)
    lines = b"".join(encode_line(each) for each in expected if not isinstance(each, MappingError))
    assert b"".join(each for each in found if isinstance(each, bytes)) == lines
    assert [each.place for each in found if isinstance(each, MappingError)] == [
        each.place for each in expected if isinstance(each, MappingError)
    ]


def test_numbers_are_not_rounded_on_writing() -> None:
    format_ = _delimited(fields={"a": {"type": "decimal", "scale": 2}})
    assert format_.encoder(Context()).encode([{"a": Decimal("1.500")}]) == b"1.50\r\n"
    for value in (Decimal("1.505"), Decimal("1E-3"), 1.5, Decimal("NaN"), Decimal("Infinity")):
        with pytest.raises(MappingError):
            format_.encoder(Context()).encode([{"a": value}])


# Dates: what the field says, the text, and the value, None where it is an error.
_DATES: dict[str, tuple[dict[str, Any], str, str | None]] = {
    "zeros": ({"pattern": "%Y%m%d"}, "00000000", None),
    "the last there is": ({"pattern": "%Y%m%d"}, "99991231", "9999-12-31"),
    "30 February": ({"pattern": "%Y%m%d"}, "20260230", None),
    "29 February in no leap year": ({"pattern": "%Y%m%d"}, "20250229", None),
    "29 February in a leap year": ({"pattern": "%Y%m%d"}, "20240229", "2024-02-29"),
    "29 February of 1900": ({"pattern": "%Y%m%d"}, "19000229", None),
    "month 13": ({"pattern": "%Y%m%d"}, "20261301", None),
    "month before day": ({"pattern": "%d.%m.%Y"}, "12.31.2026", None),
    "two digits, of the last century": ({"pattern": "%y%m%d", "century_from": 1950}, "500101", "1950-01-01"),
    "two digits, of this century": ({"pattern": "%y%m%d", "century_from": 1950}, "491231", "2049-12-31"),
    "spaces": ({"pattern": "%Y%m%d"}, "        ", None),
    "Arabic digits": ({"pattern": "%Y%m%d"}, "٢٠٢٦0101", None),
}
_WIDTHS = {"%Y%m%d": 8, "%d.%m.%Y": 10, "%y%m%d": 6, "%Y-%m-%d %H:%M": 16}
_TIME = {"type": "datetime", "pattern": "%Y-%m-%d %H:%M"}
_ZONED = {"type": "datetime", "pattern": "%Y-%m-%dT%H:%M:%S%:z"}
_MOMENTS: dict[str, tuple[dict[str, Any], str, str | None]] = {
    # Central Europe: 02:30 is not there on the first of these days, and twice on the second one.
    "an hour that a zone leaves out stays as it stands": (
        {**_TIME, "offset": "local"}, "2026-03-29 02:30", "2026-03-29T02:30:00",
    ),
    "an hour that a zone has twice stays as it stands": (
        {**_TIME, "offset": "local"}, "2026-10-25 02:30", "2026-10-25T02:30:00",
    ),
    "the offset that is declared, before": (
        {**_TIME, "offset": "+02:00"}, "2026-10-25 02:30", "2026-10-25T02:30:00+02:00",
    ),
    "the offset that is declared, behind": (
        {**_TIME, "offset": "+01:00"}, "2026-10-25 02:30", "2026-10-25T02:30:00+01:00",
    ),
    "the offset that stands there": (_ZONED, "2026-10-25T02:30:00+02:00", "2026-10-25T02:30:00+02:00"),
    "UTC": (_ZONED, "2026-10-25T00:30:00Z", "2026-10-25T00:30:00Z"),
    "no offset where one is due": (_ZONED, "2026-10-25T02:30:00", None),
    "an offset where none is due": ({**_TIME, "offset": "Z"}, "2026-10-25 02:30Z", None),
    "24 o'clock": ({**_TIME, "offset": "Z"}, "2026-10-25 24:00", None),
    "a leap second": (_ZONED, "2016-12-31T23:59:60Z", None),
}  # fmt: skip


def _date_formats(field: dict[str, Any], text: str) -> list[tuple[Format, bytes]]:
    data = text.encode()
    found = [(_delimited(fields={"a": field}), data + b"\r\n")]
    if len(data) == _WIDTHS.get(field["pattern"]):
        fixed = {"a": {"at": 1, "length": len(data), **field}}
        keys = {"encoding": "us-ascii", "record_length": len(data), "fields": fixed}
        found.append((_defined(format="fixed_width", **keys), data))
    return found


@pytest.mark.parametrize(
    ("field", "text", "expected"), [*_DATES.values(), *_MOMENTS.values()], ids=[*_DATES, *_MOMENTS]
)
def test_dates_and_times(field: dict[str, Any], text: str, expected: str | None) -> None:
    for format_, data in _date_formats({"type": "date", **field}, text):
        (result,) = _read(format_, data)
        if expected is None:
            assert isinstance(result, MappingError)
            assert (result.rule, result.place.path) == ("date", "/a")
        else:
            assert result == {"a": expected}
            assert format_.encoder(Context()).encode([result]) == data


@pytest.mark.parametrize(
    ("offset", "value"),
    [("local", "2026-03-29T02:30:00Z"), ("Z", "2026-03-29T02:30:00")],
    ids=["an offset for a local time", "no offset for a moment"],
)
def test_a_time_without_offset_and_a_moment_are_not_mistaken_for_each_other(offset: str, value: str) -> None:
    format_ = _delimited(fields={"a": {**_TIME, "offset": offset}})
    with pytest.raises(MappingError) as caught:
        format_.encoder(Context()).encode([{"a": value}])
    assert caught.value.rule == "date"


# Code pages: what three of them make of the same bytes.
@pytest.mark.parametrize(
    ("encoding", "data", "text"),
    [
        ("cp037", b"\xba\xbb", "[]"),
        ("cp500", b"\x4a\x5a", "[]"),
        ("cp1047", b"\xad\xbd", "[]"),
        ("cp037", b"\xad\xbd", "Ý¨"),
        ("cp037", b"\x4a\x5a", "¢!"),
        ("cp1047", b"\xba\xbb", "Ý¨"),
    ],
)
def test_a_code_page_is_the_one_that_is_declared(encoding: str, data: bytes, text: str) -> None:
    fields = {"a": {"at": 1, "length": 2}}
    format_ = _defined(format="fixed_width", encoding=encoding, record_length=2, fields=fields)
    assert _read(format_, data) == [{"a": text}]
    assert format_.encoder(Context()).encode([{"a": text}]) == data


_BALANCE = {
    "account": {"at": 1, "length": 4},
    "amount": {"at": 5, "length": 4, "type": "decimal", "scale": 2, "usage": "packed"},
}
_BALANCES = [b"\xc1\xf0\xf0" + bytes([0xF0 + n]) + bytes([0, 0x0D, 0x0A + 6, 0x0C]) for n in range(5)]


def _balances(data: bytes, length: int = 8) -> list[Any]:
    format_ = _defined(format="fixed_width", encoding="cp037", record_length=length, fields=_BALANCE)
    return _rules(_read(format_, data))


def test_a_binary_record_may_hold_what_ends_lines_elsewhere() -> None:
    data = [b"\xc1\xf0\xf0\xf1" + bytes.fromhex("000d0a0c"), b"\xc1\xf0\xf0\xf2" + bytes.fromhex("0000125c")]
    assert _balances(b"".join(data)) == ["packed", {"account": "A002", "amount": Decimal("1.25")}]
    line_end = b"\xc1\x0d\x0a\xf2" + bytes.fromhex("0000125c")
    assert _balances(line_end + data[1])[1:] == [{"account": "A002", "amount": Decimal("1.25")}]


@pytest.mark.parametrize("garbage", [1, 7], ids=lambda count: f"{count} bytes")
def test_what_follows_the_last_record_is_an_error(garbage: int) -> None:
    good = b"\xc1\xf0\xf0\xf2" + bytes.fromhex("0000125c")
    results = _balances(good * 3 + b"\x1a" * garbage)
    assert results == [{"account": "A002", "amount": Decimal("1.25")}] * 3 + ["truncated"]


@pytest.mark.parametrize("off", [-1, 1], ids=["a byte too short", "a byte too long"])
def test_a_record_length_that_is_off_by_one_gives_no_record_that_is_only_shifted(off: int) -> None:
    """The packed field says so at the first record, or at the second one."""
    good = b"\xc1\xf0\xf0\xf2" + bytes.fromhex("0012345c")
    fields = {**_BALANCE, "end": {"at": 9, "length": 1}}
    wider = _defined(
        format="fixed_width", encoding="cp037", record_length=9 + off, fields=fields if off > -1 else _BALANCE
    )
    results = _rules(_read(wider, (good + b"\x40") * 8))
    assert [each for each in results[1:] if isinstance(each, dict)] == []


def test_cut_off_at_any_byte_records_are_whole_or_an_error() -> None:
    good = b"\xc1\xf0\xf0\xf2" + bytes.fromhex("0000125c")
    for end in range(len(good) * 3 + 1):
        whole, rest = divmod(end, len(good))
        assert len(_balances((good * 3)[:end])) == whole + bool(rest)
        assert _balances((good * 3)[:end])[whole:] == ["truncated"] * bool(rest)
