"""Tagged segments with no envelope around them, recognised by their terminator and by how they begin."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from mappings.infer.draft import Draft, Key, Plain
from mappings.infer.encodings import text_encoding
from mappings.infer.sample import Sample
from mappings.infer.verifying import built, reading_of, verdict

_LOOK_BYTES = 256 * 1024
_TERMINATORS = (b"'", b"~", b"\n")
_TAGGED = re.compile(rb"([A-Z][A-Z0-9]{1,5})(?:([*+=|:^!])|$)")
_IN_LINES = frozenset((b"*", b"+"))
"""What stands before elements where segments end with lines: with commas, semicolons or bars they are rather
delimited text."""
_MOST_BAD = 0.05
_ENCODINGS = {"utf-8": "utf-8", "cp1252": "windows-1252"}
_FAMILIES = (
    (frozenset(("UNH", "UNT", "BGM", "DTM", "NAD", "LIN")), "messages of EDIFACT without their envelope"),
    (frozenset(("STX", "MHD", "MTR")), "TRADACOMS"),
    (frozenset(("ST", "SE", "GS", "BEG", "BIG")), "transaction sets of X12 without their envelope"),
    (frozenset(("PID", "PV1", "OBR", "OBX")), "messages of HL7 without their header"),
)


class _Cut(NamedTuple):
    """Segments, and the characters between and inside of them."""

    terminator: bytes
    tag: bytes
    element: bytes
    tags: Counter[str]


def recognised_segments(samples: Sequence[Sample]) -> Draft | None:
    """The generic definition of files of segments, None where the samples are none."""
    data = b"\n".join(sample.data[:_LOOK_BYTES].strip() for sample in samples)
    for terminator in _TERMINATORS:
        found = _cut(data, terminator)
        if found is not None:
            draft = _draft(samples, data, found)
            reading = reading_of(built(draft), samples)
            if len(reading.errors) <= _MOST_BAD * reading.read:
                return draft.replaced(draft.keys, verdict(reading))
    return None


def _cut(data: bytes, terminator: bytes) -> _Cut | None:
    split = re.split(rb"(?<!\?)" + re.escape(terminator), data)
    pieces = [piece for piece in (each.strip() for each in split) if piece]
    matches = [match for match in map(_TAGGED.match, pieces) if match is not None]
    # One segment alone, or one whose data the sample cuts, says too little.
    if len(matches) < 2 or len(pieces) - len(matches) > max(1, _MOST_BAD * len(pieces)):
        return None
    behind = Counter(match[2] for match in matches if match[2] is not None)
    tags = Counter(match[1].decode() for match in matches)
    if not behind:
        return None
    (tag, count), *_ = behind.most_common(1)
    if count < 0.9 * behind.total() or (terminator == b"\n" and (tag not in _IN_LINES or len(tags) < 2)):
        return None
    return _Cut(terminator, tag, b"+" if tag == b"=" and b"+" in data else tag, tags)


def _draft(samples: Sequence[Sample], data: bytes, found: _Cut) -> Draft:
    marks: dict[str, Plain] = {"segment": found.terminator.decode(), "element": found.element.decode()}
    if found.tag != found.element:
        marks["tag"] = found.tag.decode()
    component = b":" if found.element == b"+" else b"^"
    if component in data and component != found.element:
        marks["component"] = component.decode()
    if re.search(rb"\?[?'+:=]", data) is not None:
        marks["release"] = "?"
    end = re.search(re.escape(found.terminator) + rb"(\r?\n)", data)
    if end is not None and found.terminator != b"\n":
        marks["line_end"] = "crlf" if end[1] == b"\r\n" else "lf"
    guess = text_encoding(list(samples))
    encoding = _ENCODINGS.get(guess.name, "iso-8859-1")
    keys = (
        Key("format", "segments"),
        Key("encoding", encoding, guess.doubt if encoding in _ENCODINGS.values() else "a guess"),
        Key("delimiters", tuple(Key(name, value) for name, value in marks.items())),
    )
    return Draft(keys, (_finding(found),))


def _finding(found: _Cut) -> str:
    shown = ", ".join(f"{count} × {tag}" for tag, count in found.tags.most_common(10))
    meant = next((what for known, what in _FAMILIES if len(known & set(found.tags)) > 1), "")
    family = f"They look like {meant}. " if meant else ""
    return (
        f"Tagged segments: {shown}. {family}This definition reads each of them as a record; the key "
        "`content` says what stands where, and makes records of those that belong together."
    )
