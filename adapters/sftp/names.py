"""Which file names are used at all. A name never becomes a local path; these rules keep it from being
anything but one entry of its own folder at the server, and from hurting whoever reads it in a list."""

from __future__ import annotations

import unicodedata

MAX_NAME_BYTES = 255

# Control characters, halves of surrogate pairs, line and paragraph separators.
_REFUSED_CATEGORIES = frozenset({"Cc", "Cs", "Zl", "Zp"})
# They make a name look like another one: "gpj.exe" for "exe.jpg".
_BIDIRECTIONAL = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def unsafe_reason(name: str) -> str | None:
    """Why a name is never used, or None when it is good.

    A leading dot is refused too: it covers `.` and `..`, and files that are hidden or being written.
    A backslash separates folders on servers that run on Windows.
    """
    if not name:
        return "is empty"
    if name.startswith("."):
        return "starts with a dot"
    if "/" in name or "\\" in name:
        return "holds a slash or backslash"
    if _has_hostile_character(name):
        return "holds a control character"
    if len(name.encode()) > MAX_NAME_BYTES:
        return f"is longer than {MAX_NAME_BYTES} bytes"
    return None


def is_safe_path(path: str) -> bool:
    """True for a folder's path without control characters."""
    return not _has_hostile_character(path)


def decoded(name: bytes) -> str | None:
    """The name as text when it is UTF-8 and may be used."""
    try:
        text = name.decode()
    except UnicodeDecodeError:
        return None
    return text if unsafe_reason(text) is None else None


def _has_hostile_character(text: str) -> bool:
    if text.isascii():
        return not text.isprintable()
    return any(
        character in _BIDIRECTIONAL or unicodedata.category(character) in _REFUSED_CATEGORIES
        for character in text
    )
