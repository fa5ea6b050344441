"""The character sets that MSH-18 can name. Source: HL7 table 0211."""

from __future__ import annotations

from collections.abc import Mapping

from mappings.edi import BrokenRule
from mappings.hl7.marks import Marks

CHARACTER_SET = 18
"""The field of MSH that names it."""

_ENCODINGS = {
    "ASCII": "us-ascii",
    "ISO IR6": "us-ascii",
    "UNICODE UTF-8": "utf-8",
    "UTF-8": "utf-8",
    "ISO IR14": "iso2022_jp",
    "ISO IR87": "iso2022_jp",
    "ISO IR159": "iso2022_jp_1",
    "GB 18030-2000": "gb18030",
    "KS X 1001": "euc_kr",
    "BIG-5": "big5",
    # Names that are in no table, or were, and that systems write all the same.
    "UNICODE": "utf-8",
    "UTF8": "utf-8",
    "US-ASCII": "us-ascii",
    "WINDOWS-1252": "windows-1252",
    "CP1252": "windows-1252",
} | {
    f"{name}{part}": f"iso8859-{part}"
    for part in (*range(1, 10), 15)
    for name in ("8859/", "8859-", "8859_", "ISO-8859-", "ISO8859-", "ISO_8859-")
}


_SWITCHED = ("ISO IR14", "ISO IR87", "ISO IR159")
"""Sets that ISO 2022 switches to from ASCII in Japanese messages."""


def encoding_of(header: list[str], marks: Marks, default: str, own: Mapping[str, str]) -> str:
    """The encoding (a name of Python's) of a message whose MSH has these fields, MSH-1 first; `default` where
    it names none. `own` are further names with what they mean. Of several the first is that in which each
    text begins, the others are those that ISO 2022 switches to, which is read of the Japanese ones.

    Raises: BrokenRule. Source: HL7 v2.5.1, §2.15.9.18 (MSH-18), §2.15.9.20 (MSH-20).
    """
    given = header[CHARACTER_SET - 1] if len(header) >= CHARACTER_SET else ""
    names = given.split(marks.repetition) if marks.repetition is not None else [given]
    first, *others = [name.strip().upper() for name in names]
    others = [name for name in others if name not in ("", first)]
    if others and {first, *others} <= {"", "ASCII", "ISO IR6", *_SWITCHED}:
        return "iso2022_jp_1" if "ISO IR159" in (first, *others) else "iso2022_jp"
    if first in ("", '""'):
        return default
    found = {name.upper(): encoding for name, encoding in own.items()}.get(first) or _ENCODINGS.get(first)
    if found is None:
        message = "names a character set that is not read here; `character_sets` can say what it is"
        raise BrokenRule("character-set", message)
    return found


def is_switched(data: bytes, encoding: str) -> bool:
    """True for a segment that switches to another character set, where that is not read."""
    return _ESCAPE in data and not encoding.startswith("iso2022")


_ESCAPE = b"\x1b"
