"""How samples are cut into records: line ends, descriptor words, or one length for all."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from mappings.fixed_width.record_formats import DescriptorWord, RecordFormat, WordForm
from mappings.infer.draft import Key
from mappings.infer.sample import InferenceError, Sample

_LOOK_BYTES = 64 * 1024
_MOST_LENGTH = 8192
_MOST_BLOCK = 32_768
_NEAR = 0.7
_RANDOM = 0.05
_DEVIATIONS = 6
_SOME = 512
_ORDERS: tuple[Literal["big"], Literal["little"]] = ("big", "little")
_COUNTS: tuple[Literal["all"], Literal["data"]] = ("all", "data")


@dataclass(frozen=True, slots=True)
class Framed:
    """The records of all samples without what stands between them, and the keys that say so."""

    records: list[bytes]
    keys: tuple[Key, ...]
    is_lines: bool


def framed(samples: Sequence[Sample], *, ebcdic: bool) -> Framed:
    """Cut samples into records. Raises: InferenceError where nothing tells how."""
    return by_words(samples) or _by_lines(samples, ebcdic=ebcdic) or _by_length(samples)


def by_words(samples: Sequence[Sample]) -> Framed | None:
    """Descriptor words that lead from the beginning to the end of every sample."""
    for name in (RecordFormat.VB, RecordFormat.V):  # blocks look like long records
        for word in _WORDS if name is RecordFormat.V else (DescriptorWord(),):
            found = [_walk(sample, word, is_blocked=name is RecordFormat.VB) for sample in samples]
            records = [record for each in found for record in each or ()]
            if all(found) and len(records) > 1:
                keys = [
                    Key("record_format", name.value, "descriptor words lead from the beginning to the end")
                ]
                differing = word.model_dump(mode="json", exclude_defaults=True)
                if differing:
                    keys.append(Key("rdw", differing, "not those of z/OS"))
                return Framed(records, tuple(keys), is_lines=False)
    return None


_WORDS = tuple(
    DescriptorWord(form=form, byte_order=order, counts=counts)
    for form in (WordForm.LENGTH_ZEROS, WordForm.ZEROS_LENGTH)
    for order in _ORDERS
    for counts in _COUNTS
)


def _walk(sample: Sample, word: DescriptorWord, *, is_blocked: bool) -> list[bytes] | None:
    """The records behind descriptor words, None where these do not lead to the end."""
    data, at = sample.data, 0
    if not is_blocked:
        return _records(sample.data, word, 0, len(data), is_cut=not sample.is_whole)
    records: list[bytes] = []
    while at < len(data):
        length = _length(data, at, word)
        if length < 9 or at + length > len(data):
            return None if sample.is_whole or length < 9 else records
        inside = _records(data, word, at + 4, at + length, is_cut=False)
        if inside is None:
            return None
        records += inside
        at += length
    return records


def _records(data: bytes, word: DescriptorWord, at: int, end: int, *, is_cut: bool) -> list[bytes] | None:
    records: list[bytes] = []
    while at < end:
        length = _length(data, at, word)
        if length < 5:
            return None
        if at + length > end:
            return records if is_cut else None
        records.append(data[at + 4 : at + length])
        at += length
    return records


def _length(data: bytes, at: int, word: DescriptorWord) -> int:
    """What a word at a place says, itself counted; -1 where none stands there."""
    zeros_first = word.form is WordForm.ZEROS_LENGTH
    length, zeros = data[at : at + 2], data[at + 2 : at + 4]
    if zeros_first:
        length, zeros = zeros, length
    if zeros != b"\0\0" or len(length) < 2:
        return -1
    return int.from_bytes(length, word.byte_order) + word.size - word.itself


def _by_lines(samples: Sequence[Sample], *, ebcdic: bool) -> Framed | None:
    if ebcdic:
        return _by_next_lines(samples)
    lines = [line for sample in samples for line in sample.lines]
    if not lines or max(map(len, lines)) > _MOST_BLOCK or any(b"\0" in line for line in lines):
        return None
    returns = sum(line.endswith(b"\r") for line in lines)
    ends = sum(sample.data.count(b"\n") for sample in samples)
    if not ends and len(lines) == len(samples):
        return None
    if 0 < returns < ends:
        key = Key("separator", "either", f"{returns} of {ends} lines end with CRLF")
    else:
        key = Key("separator", "crlf" if returns else "lf")
    return Framed([line.removesuffix(b"\r") for line in lines], (key,), is_lines=True)


def _by_next_lines(samples: Sequence[Sample]) -> Framed | None:
    """EBCDIC lines that end with 0x15, as a transfer of text leaves them."""
    if not all(sample.data.endswith(b"\x15") for sample in samples if sample.is_whole):
        return None
    lines = [line for sample in samples for line in sample.data.split(b"\x15")[:-1]]
    if not lines or max(map(len, lines)) > _MOST_BLOCK or any(min(line, default=64) < 0x40 for line in lines):
        return None
    return Framed(lines, (Key("separator", "nl", "lines end with 0x15"),), is_lines=True)


def _by_length(samples: Sequence[Sample]) -> Framed:
    length, doubt = record_length(samples)
    records = [
        sample.data[at : at + length]
        for sample in samples
        for at in range(0, len(sample.data) - length + 1, length)
    ]
    return Framed(records, (Key("record_length", length, doubt),), is_lines=False)


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


_SAME = 0xFE
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
