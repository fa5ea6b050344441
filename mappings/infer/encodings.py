"""In which encoding samples are, as far as their bytes tell."""

from __future__ import annotations

import string
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from mappings.infer.sample import InferenceError, Sample

UTF_8_MARK = b"\xef\xbb\xbf"
UTF_16_MARKS = (b"\xff\xfe", b"\xfe\xff")
"""The byte order marks. Source: Unicode, section 23.8."""

_CONTROLS = bytes(set(range(0x20)) - set(b"\t\n\f\r\x1a"))
"""What no text holds; 0x1A ends the files of old systems."""

_ASCII_TEXT = frozenset(range(0x20, 0x7F)) | {0x09, 0x0A, 0x0D}
_EBCDIC_LETTERS = "".join((string.ascii_letters, string.digits, " .,-/&'()"))
_EBCDIC_TEXT = frozenset(_EBCDIC_LETTERS.encode("cp037"))
_PAGES = ("cp1252", "cp850", "cp1251", "cp1250")
_WESTERN = frozenset("äöüÄÖÜßéèêëàâáîïíìóòôúùûçñøåæÅØÆÉÈÇÑ€")


class Guess(NamedTuple):
    """An encoding, and why it may be another."""

    name: str
    doubt: str


def is_wide(samples: Sequence[Sample]) -> bool:
    """Do they begin as UTF-16 does. Raises: InferenceError where only some of them do."""
    wide = [sample.data.startswith(UTF_16_MARKS) for sample in samples]
    if any(wide) and not all(wide):
        raise InferenceError("is not in the encoding of the other samples: some are UTF-16")
    return all(wide)


def narrowed(samples: Sequence[Sample]) -> list[Sample]:
    """Samples in UTF-16 as UTF-8, without their byte order marks."""
    return [
        Sample(
            sample.name,
            sample.data[: len(sample.data) // 2 * 2].decode("utf-16", "replace").encode("utf-8", "replace"),
            sample.is_whole,
        )
        for sample in samples
    ]


def text_encoding(samples: list[Sample]) -> Guess:
    """The encoding of text."""
    data = b"".join(sample.whole_lines().data for sample in samples)
    if samples[0].data.startswith(UTF_8_MARK):
        return Guess("utf-8-sig", "there is a byte order mark")
    if data.isascii():
        return Guess("utf-8", "only ASCII was seen: any other encoding would read it too")
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return _page(data)
    return Guess("utf-8", "")


def _page(data: bytes) -> Guess:
    high = Counter(byte for byte in data if byte >= 0x80)
    scores = {page: _score(high, data, page) for page in _PAGES}
    best = max(scores, key=lambda page: scores[page])
    seen = " ".join(f"{byte:02X}" for byte, _ in high.most_common(5))
    shown = bytes(byte for byte, _ in high.most_common(5)).decode(best, "replace")
    return Guess(best, f"a guess: the bytes {seen} would be {shown!r}")


def _score(high: Counter[int], data: bytes, page: str) -> float:
    """How much what stands above ASCII looks like letters."""
    total = sum(high.values())
    score = 0.0
    for byte, count in high.items():
        character = bytes([byte]).decode(page, "replace")
        if character in _WESTERN:
            score += 2 * count
        elif character.isalpha():
            # Where most letters are above ASCII the text is Cyrillic; single ones are accents.
            score += count * (1.5 if page == "cp1251" and total > len(data) / 4 else 0.5)
        elif character == "\ufffd" or not character.isprintable():
            score -= 3 * count
    return score / total


def is_ebcdic(data: bytes) -> bool:
    """Do more bytes look like EBCDIC text than like ASCII text."""
    counts = Counter(data)
    ebcdic = sum(counts[byte] for byte in _EBCDIC_TEXT)
    ascii_text = sum(counts[byte] for byte in _ASCII_TEXT)
    return ebcdic > ascii_text


def is_plain_text(data: bytes) -> bool:
    """Is it text in an encoding that holds ASCII: no EBCDIC, and no control characters but those of lines."""
    return not is_ebcdic(data) and data.translate(None, _CONTROLS) == data
