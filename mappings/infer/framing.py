"""How samples are cut into records: line ends, descriptor words, or one length for all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from mappings.fixed_width.record_formats import DescriptorWord, RecordFormat, WordForm
from mappings.infer.draft import Key
from mappings.infer.repetition import record_length
from mappings.infer.sample import Sample

_MOST_BLOCK = 32_768
"""Bytes of the longest record that is looked for, that of the longest block of z/OS."""

_ORDERS: tuple[Literal["big"], Literal["little"]] = ("big", "little")
_COUNTS: tuple[Literal["all"], Literal["data"]] = ("all", "data")
_WORDS = tuple(
    DescriptorWord(form=form, byte_order=order, counts=counts)
    for form in (WordForm.LENGTH_ZEROS, WordForm.ZEROS_LENGTH)
    for order in _ORDERS
    for counts in _COUNTS
)
_FORMS = ((RecordFormat.VB, DescriptorWord()), *((RecordFormat.V, word) for word in _WORDS))
"""Blocks come first: they look like long records."""


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
    for name, word in _FORMS:
        walk = _blocked if name is RecordFormat.VB else _unblocked
        found = [walk(sample, word) for sample in samples]
        records = [record for each in found for record in each or ()]
        if all(found) and len(records) > 1:
            keys = [Key("record_format", name.value, "descriptor words lead from the beginning to the end")]
            differing = word.model_dump(mode="json", exclude_defaults=True)
            if differing:
                keys.append(Key("rdw", differing, "not those of z/OS"))
            return Framed(records, tuple(keys), is_lines=False)
    return None


def _unblocked(sample: Sample, word: DescriptorWord) -> list[bytes] | None:
    """The records behind descriptor words, None where these do not lead to the end."""
    return _records(sample.data, word, 0, len(sample.data), is_cut=not sample.is_whole)


def _blocked(sample: Sample, word: DescriptorWord) -> list[bytes] | None:
    """The same where blocks have such words, too."""
    data, at = sample.data, 0
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
    if len(lines) == len(samples) and not any(b"\n" in sample.data for sample in samples):
        return None
    return Framed([line.removesuffix(b"\r") for line in lines], (separator_of(samples),), is_lines=True)


def separator_of(samples: Sequence[Sample]) -> Key:
    """What ends the lines of text: LF, CRLF, or either where there are both."""
    ends = sum(sample.data.count(b"\n") for sample in samples)
    returns = sum(line.endswith(b"\r") for sample in samples for line in sample.lines)
    if 0 < returns < ends:
        return Key("separator", "either", f"{returns} of {ends} lines end with CRLF")
    return Key("separator", "crlf" if returns else "lf")


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
