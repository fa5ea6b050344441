"""The ways in which data that a copybook describes may be cut into records, for trying them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mappings.infer.draft import Key
from mappings.infer.encodings import is_plain_text
from mappings.infer.framing import by_words, separator_of
from mappings.infer.sample import Sample

_OLD_END = b"\x1a"
"""What CP/M and DOS put behind the last line."""


def framings(samples: Sequence[Sample]) -> Iterator[tuple[Key, ...]]:
    """Descriptor words where they lead from the beginning to the end of the data; lines where it is text that
    has them; otherwise one length for all, separators, and segments. Each with the keys that say so."""
    words = by_words(samples)
    if words is not None:
        yield words.keys
        return
    if _are_lines(samples):
        yield from _of_lines(samples)
        return
    yield ()
    for separator in ("lf", "crlf", "nl"):
        yield (Key("separator", separator),)
    for name in ("VS", "VBS"):
        yield (Key("record_format", name, "found by trying"),)


def _are_lines(samples: Sequence[Sample]) -> bool:
    """Text whose every sample ends with a line end, or is cut."""
    return is_plain_text(b"".join(sample.data for sample in samples)) and all(
        sample.data.rstrip(_OLD_END).endswith(b"\n") or not sample.is_whole for sample in samples
    )


def _of_lines(samples: Sequence[Sample]) -> Iterator[tuple[Key, ...]]:
    """Lines, and those whose spaces at the end were cut off."""
    keys = [separator_of(samples)]
    if any(not line.strip(b"\r" + _OLD_END) for sample in samples for line in sample.lines):
        keys.append(Key("blank_lines", "skip", "some lines are empty"))
    yield tuple(keys)
    yield (
        *keys,
        Key("short_lines", "fill", "some lines end before the copybook does, as if spaces were cut off"),
    )
