"""The length of records that have nothing between them: the distance at which bytes are most alike."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

from mappings.infer.sample import InferenceError, Sample

_LOOK_BYTES = 64 * 1024
_MOST_LENGTH = 8192
_NEAR = 0.7
"""Of the best likeness: a length that reaches so much may be the right one."""

_RANDOM = 0.05
"""Below this likeness nothing repeats."""

_DEVIATIONS = 6
_SOME = 512
"""Bytes of which chance can be told from likeness."""

_SAME = 0xFE
"""A byte that is of the kind of the one before it."""

_IS_SAME = bytes(byte == _SAME for byte in range(256))


def _kind(byte: int) -> int:
    """Bytes of one kind stand in one field: digits, letters of either alphabet; others are themselves."""
    if 0xF0 <= byte <= 0xF9:
        return 1
    if 0x30 <= byte <= 0x39:
        return 2
    if byte & 0x0F <= 9 and byte >> 4 in (0xC, 0xD, 0xE, 0x8, 0x9, 0xA):
        return 3
    if bytes([byte]).isalpha():
        return 4
    return 5 if byte == _SAME else byte


_KINDS = bytes(map(_kind, range(256)))


def record_length(samples: Sequence[Sample]) -> tuple[int, str]:
    """The length at which bytes repeat most, and what is doubtful about it. Raises: InferenceError.

    Where whole files are known, the length divides all of their sizes.
    """
    sizes = [len(sample.data) for sample in samples if sample.is_whole]
    longest = max(samples, key=lambda sample: len(sample.data))
    data = longest.data[:_LOOK_BYTES]
    lengths = [
        length
        for length in range(2, min(_MOST_LENGTH, len(data) // 2) + 1)
        if not any(size % length for size in sizes)
    ]
    if not lengths:
        raise InferenceError(
            "is neither lines nor records of one length nor records with descriptor words; nothing tells "
            "where its records end"
        )
    beginnings = _beginnings(data)
    scores = {length: _likeness(beginnings, length) for length in lengths}
    best = max(scores.values())
    if best < _by_chance(beginnings) and len(data) >= _SOME and not data.isascii():
        raise InferenceError(
            "has nothing that repeats: it may be compressed, encrypted, or no file of records at all"
        )
    if best < _RANDOM and len(data) == len(longest.data) and len(samples) == 1:
        return len(data), "nothing repeats: all of the file may be one record"
    nearly = [length for length, score in scores.items() if score >= best * _NEAR]
    likeliest = max(scores, key=lambda length: scores[length])
    # A record of twice the length repeats as well, and by chance a little better.
    length = min(each for each in nearly if likeliest % each == 0)
    others = sorted(each for each in nearly if each % length)[:4]
    seen = f"bytes repeat after {length} ({scores[length]:.0%} alike)"
    return length, f"{seen}; or is it {', '.join(map(str, others))}?" if others else seen


def _beginnings(data: bytes) -> bytes:
    """The kind of each byte where it is another than that of the byte before, and _SAME elsewhere: long
    stretches of spaces or zeros are alike at any distance, and say nothing."""
    kinds = data.translate(_KINDS)
    return bytes(_SAME if one == other else other for one, other in zip(b"\xfd" + kinds, kinds, strict=False))


def _likeness(beginnings: bytes, length: int) -> float:
    """The part of what begins in one record or the next that begins in both."""
    one, other = beginnings[:-length], beginnings[length:]
    differing = int.from_bytes(one, "big") ^ int.from_bytes(other, "big")
    alike = differing.to_bytes(len(one), "big").count(0)
    neither = int.from_bytes(one.translate(_IS_SAME), "big") & int.from_bytes(
        other.translate(_IS_SAME), "big"
    )
    said = len(one) - neither.bit_count()
    return (alike - neither.bit_count()) / said if said else 0.0


def _by_chance(beginnings: bytes) -> float:
    """The likeness to be expected if nothing repeated, with what chance adds to it."""
    counts = Counter(beginnings)
    same = counts.pop(_SAME, 0) / len(beginnings)
    total = counts.total()
    if not total:
        return 0.0
    alike = sum((count / total) ** 2 for count in counts.values()) * (1 - same) / (1 + same)
    return alike + _DEVIATIONS * math.sqrt(alike / total)
