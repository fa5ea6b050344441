"""Fractions of seconds and differences from UTC, in the patterns of delimited text."""

from __future__ import annotations

from datetime import timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mappings.contract import Context, MappingError
from mappings.delimited import DelimitedDefinition, DelimitedFormat


def one_field(**field: Any) -> DelimitedFormat:
    definition = {"format": "delimited", "delimiter": "\t", "line_ending": "lf", "header": False}
    return DelimitedFormat(DelimitedDefinition.model_validate({**definition, "fields": {"a": field}}))


def read(codec: DelimitedFormat, text: str) -> Any:
    decoder = codec.decoder(Context())
    found = [*decoder.feed(text.encode() + b"\n"), *decoder.finish()[0]]
    assert len(found) == 1
    return found[0]


def write(codec: DelimitedFormat, value: str) -> str:
    encoder = codec.encoder(Context())
    return (encoder.encode([{"a": value}]) + encoder.finish()).decode().removesuffix("\n")


READ: dict[str, tuple[str, str, str, str]] = {
    "milliseconds": ("%H:%M:%S.%3f", "12:30:00.123", "12:30:00.123000", "12:30:00.123"),
    "milliseconds-of-zero": ("%H:%M:%S.%3f", "12:30:00.000", "12:30:00", "12:30:00.000"),
    "comma": ("%H:%M:%S,%3f", "12:30:00,010", "12:30:00.010000", "12:30:00,010"),
    "tenths": ("%H:%M:%S.%1f", "12:30:00.9", "12:30:00.900000", "12:30:00.9"),
    "seven-digits": ("%H:%M:%S.%7f", "12:30:00.1234560", "12:30:00.123456", "12:30:00.1234560"),
    "nanoseconds": ("%H%M%S%9f", "123000000001000", "12:30:00.000001", "123000000001000"),
    "six-digits": ("%H%M%S%f", "123000000001", "12:30:00.000001", "123000000001"),
    "no-fraction": ("%H:%M:%S%.f", "12:30:00", "12:30:00", "12:30:00"),
    "some-fraction": ("%H:%M:%S%.f", "12:30:00.120", "12:30:00.120000", "12:30:00.12"),
    "long-fraction": ("%H:%M:%S%.f", "12:30:00.123456000", "12:30:00.123456", "12:30:00.123456"),
    "basic": ("%Y%m%d%H%M%z", "202611231015+0530", "2026-11-23T10:15:00+05:30", "202611231015+0530"),
    "basic-of-colon": (
        "%Y%m%d%H%M%z",
        "202611231015-05:30",
        "2026-11-23T10:15:00-05:30",
        "202611231015-0530",
    ),
    "basic-of-hours": ("%Y%m%d%H%M%z", "202611231015+05", "2026-11-23T10:15:00+05:00", "202611231015+0500"),
    "basic-of-z": ("%Y%m%d%H%M%z", "202611231015Z", "2026-11-23T10:15:00Z", "202611231015+0000"),
    "basic-utc": ("%Y%m%d%H%M%z", "202611231015+0000", "2026-11-23T10:15:00Z", "202611231015+0000"),
    "colon": ("%Y%m%d%H%M%:z", "202611231015+05:30", "2026-11-23T10:15:00+05:30", "202611231015+05:30"),
    "colon-of-basic": (
        "%Y%m%d%H%M%:z",
        "202611231015+0530",
        "2026-11-23T10:15:00+05:30",
        "202611231015+05:30",
    ),
    "colon-of-z": ("%Y%m%d%H%M%:z", "202611231015Z", "2026-11-23T10:15:00Z", "202611231015Z"),
    "colon-utc": ("%Y%m%d%H%M%:z", "202611231015+00:00", "2026-11-23T10:15:00Z", "202611231015Z"),
    "offset-first": ("%z %Y%m%d%H%M", "-01 202611231015", "2026-11-23T10:15:00-01:00", "-0100 202611231015"),
}


@pytest.mark.parametrize(("pattern", "text", "value", "written"), READ.values(), ids=READ)
def test_read_and_written(pattern: str, text: str, value: str, written: str) -> None:
    codec = one_field(type="datetime" if "%Y" in pattern else "time", pattern=pattern)
    assert read(codec, text) == {"a": value}
    assert write(codec, value) == written
    assert read(codec, written) == {"a": value}
    if written != text:
        assert any("not written again" in loss or "one is written" in loss for loss in codec.losses())


RFC_3339 = (
    ("2026-11-23T10:15:00Z", "2026-11-23T10:15:00Z"),
    ("2026-11-23T10:15:00.5+01:00", "2026-11-23T10:15:00.500000+01:00"),
    ("2026-11-23T10:15:00.123456-11:00", "2026-11-23T10:15:00.123456-11:00"),
)


@pytest.mark.parametrize(("text", "value"), RFC_3339)
def test_without_a_pattern_rfc_3339_is_read_and_written_again(text: str, value: str) -> None:
    codec = one_field(type="datetime")
    assert read(codec, text) == {"a": value}
    assert write(codec, value) == text


REFUSED: dict[str, tuple[str, str, str]] = {
    "two-of-three": ("%H:%M:%S.%3f", "12:30:00.12", "pattern"),
    "four-of-three": ("%H:%M:%S.%3f", "12:30:00.1234", "pattern"),
    "nanosecond": ("%H:%M:%S.%9f", "12:30:00.123456001", "finer than microseconds"),
    "fraction-of-nanoseconds": ("%H:%M:%S%.f", "12:30:00.0000001", "finer than microseconds"),
    "ten-digits": ("%H:%M:%S%.f", "12:30:00.0000000000", "pattern"),
    "only-a-point": ("%H:%M:%S%.f", "12:30:00.", "pattern"),
    "other-digits": ("%H:%M:%S.%3f", "12:30:00.１２３", "pattern"),
    "half-an-offset": ("%Y%m%d%H%M%z", "202611231015+053", "pattern"),
    "no-offset": ("%Y%m%d%H%M%z", "202611231015", "pattern"),
    "long-offset": ("%Y%m%d%H%M%:z", "202611231015+24:00", "out of range"),
}


@pytest.mark.parametrize(("pattern", "text", "reason"), REFUSED.values(), ids=REFUSED)
def test_refused(pattern: str, text: str, reason: str) -> None:
    error = read(one_field(type="datetime" if "%Y" in pattern else "time", pattern=pattern), text)
    assert isinstance(error, MappingError)
    assert reason in error.reason


UNSOUND = {
    "zero-digits": "%H:%M:%S.%0f",
    "digits-of-another": "%3H:%M",
    "two-fractions": "%H:%M:%S.%3f%f",
    "fraction-twice": "%H:%M:%S%.f%6f",
    "no-seconds": "%H:%M.%3f",
    "open": "%H:%M:%S.%3",
    "colon-of-another": "%:H:%M",
}


@pytest.mark.parametrize("pattern", UNSOUND.values(), ids=UNSOUND)
def test_unsound_patterns(pattern: str) -> None:
    with pytest.raises(ValueError, match="pattern"):
        one_field(type="time", pattern=pattern)


def test_an_offset_is_told_from_what_follows() -> None:
    with pytest.raises(ValueError, match="no fixed length"):
        one_field(type="datetime", pattern="%Y%m%d%z%H%M")


@given(
    st.datetimes(timezones=st.integers(-1439, 1439).map(lambda each: timezone(timedelta(minutes=each)))),
    st.integers(0, 9),
    st.sampled_from(["%z", "%:z"]),
)
def test_what_is_written_is_read(moment: Any, digits: int, offset: str) -> None:
    unit = 10 ** max(0, 6 - digits) if digits else 1
    moment = moment.replace(microsecond=moment.microsecond // unit * unit)
    fraction = f".%{digits}f" if digits else "%.f"
    codec = one_field(type="datetime", pattern=f"%Y-%m-%d %H:%M:%S{fraction}{offset}")
    value = moment.isoformat().replace("+00:00", "Z")
    text = write(codec, value)
    assert read(codec, text) == {"a": value}
    if offset == "%:z":
        assert text.endswith(value[-6:] if value[-1] != "Z" else "Z")
    else:
        assert text.endswith(moment.strftime("%z"))
