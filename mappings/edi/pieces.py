"""What a stream is cut into: interchanges that begin, their segments, and what is none of that.

Text has one character for each byte here, so that places are bytes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from mappings.contract import MAX_CUT_BYTES

H = TypeVar("H")

LINE_ENDS = "\r\n"
"""What may stand between segments, for the eye."""

BYTE_ORDER_MARK = "\xef\xbb\xbf"
"""What some programs write before UTF-8."""


@dataclass(frozen=True, slots=True)
class Opened(Generic[H]):
    """A header that begins an interchange. `offset` is that of its first byte."""

    offset: int
    header: H


@dataclass(frozen=True, slots=True)
class Pieces:
    """Segments without their terminators, line ends before them included; the first begins at `offset`. A
    segment with binary data stands alone, the data in hexadecimal; it has `size` bytes with the
    terminator."""

    offset: int
    texts: list[str]
    size: int | None = None


@dataclass(frozen=True, slots=True)
class Strange:
    """Bytes that are no segment, or none that could be kept: the rule, what they are, where they begin."""

    rule: str
    message: str
    offset: int
    text: str
    is_cut: bool = False


def too_long(most: int, offset: int, text: str) -> Strange:
    """A segment beyond the limit."""
    text = text[: min(most, MAX_CUT_BYTES)]
    return Strange("record-length", f"is longer than {most} bytes", offset, text, is_cut=True)


def unbroken(text: str) -> str:
    """A text without the line ends in it."""
    return text.replace("\r", "").replace("\n", "")


def broken_length(text: str, length: int) -> int:
    """How many characters of a text hold so many that are no line ends."""
    held = 0
    for at, one in enumerate(text):
        held += one not in LINE_ENDS
        if held == length:
            return at + 1
    return len(text)
