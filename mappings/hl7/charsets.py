"""The character sets that MSH-18 can name. Source: HL7 table 0211."""

from __future__ import annotations

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
    "CNS 11643-1992": "big5",
} | {f"8859/{part}": f"iso8859-{part}" for part in (*range(1, 10), 15)}


def encoding_of(header: list[str], marks: Marks, default: str) -> str:
    """The encoding (a name of Python's) of a message whose MSH has these fields, MSH-1 first; `default` where
    it names none. Of several the first is the message's own; the others would be switched to by escape
    sequences, which stay as they are. Raises: BrokenRule."""
    given = header[CHARACTER_SET - 1] if len(header) >= CHARACTER_SET else ""
    first = given.split(marks.repetition)[0] if marks.repetition is not None else given
    name = first.strip()
    if name in ("", '""'):
        return default
    found = _ENCODINGS.get(name.upper())
    if found is None:
        raise BrokenRule("character-set", "names a character set that is not read here")
    return found
