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


@settings(max_examples=150, deadline=None)
@given(DATA, st.booleans())
def test_anything(data: bytes, is_whole: bool) -> None:
    drafts_or_says_why(data, is_whole=is_whole)


HUGE = {
    "spaces": b" " * 1_000_000,
    "zeros": bytes(1_000_000),
    "one-line": b"x" * 1_000_000,
    "line-ends": b"\n" * 500_000,
    "delimiters": b"," * 500_000,
    "quotes": b'"' * 1_000_000,
    "one-quote": b'a,"' + b"b,\n" * 300_000,
    "noise": random.Random(3).randbytes(500_000),
    "columns": (b"1," * 5000 + b"1\n") * 40,
}


@pytest.mark.parametrize("data", HUGE.values(), ids=HUGE)
def test_huge_samples_take_no_long_time(data: bytes) -> None:
    began = time.monotonic()
    drafts_or_says_why(data)
    assert time.monotonic() - began < 60
