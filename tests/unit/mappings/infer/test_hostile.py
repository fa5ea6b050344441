"""Samples that are no regular file: a draft that loads, or a reason; never anything else, and soon."""

from __future__ import annotations

import random
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mappings.infer import InferenceError, Sample, infer
from tests.unit.mappings.infer.drafting import loaded

PIECES = st.sampled_from(
    [
        *(
            b"a,b\n",
            b"1;2\r\n",
            b"H001",
            b"\n",
            b"\r",
            b'"',
            b"\x00\x0c",
            b"\x40\xc1\xf0",
            b"  12",
            b"20261123",
        ),
        *(b"ISA*", b"UNB+", b"MSH|^~\\&|", b"<a/>", b"{}", b"[", b"\xff\xfe", b"\xef\xbb\xbf", b"'", b"#"),
        b"\x00\x08\x00\x00abcd",
    ]
)
DATA = st.one_of(st.binary(max_size=300), st.lists(PIECES, max_size=40).map(b"".join))


def drafts_or_says_why(data: bytes, *, is_whole: bool = True) -> None:
    try:
        draft = infer([Sample("x", data, is_whole=is_whole)])
    except InferenceError:
        return
    loaded(draft)


@settings(max_examples=80, deadline=None)
@given(DATA, st.booleans())
def test_anything(data: bytes, is_whole: bool) -> None:
    drafts_or_says_why(data, is_whole=is_whole)


@pytest.mark.long
@settings(max_examples=5_000, deadline=None)
@given(DATA, st.booleans())
def test_very_much_of_anything(data: bytes, is_whole: bool) -> None:
    drafts_or_says_why(data, is_whole=is_whole)


HUGE = {
    "spaces": b" ",
    "zeros": b"\0",
    "one-line": b"x",
    "line-ends": b"\n",
    "delimiters": b",",
    "quotes": b'"',
    "one-quote": b'a,"' + b"b,\n" * 30_000,
    "noise": random.Random(3).randbytes(150_000),
    "columns": b"1," * 5000 + b"1\n",
}
"""What large samples repeat."""


@pytest.mark.parametrize("size", [150_000, pytest.param(4_000_000, marks=pytest.mark.long)])
@pytest.mark.parametrize("name", HUGE)
def test_large_samples_take_no_long_time(name: str, size: int) -> None:
    data = HUGE[name] * (size // len(HUGE[name]))
    began = time.monotonic()
    drafts_or_says_why(data)
    assert time.monotonic() - began < 60
