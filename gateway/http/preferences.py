"""What a caller prefers of how a request is carried out. Source: RFC 7240."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

from multidict import CIMultiDictProxy

RESPOND_ASYNC = "respond-async"
_MAX_LENGTH = 1000
"""Characters of all `Prefer` headers together that are looked at; preferences may be ignored anyway."""

_QUOTED = r'"(?:[^"\\]|\\.)*"'
_ELEMENT = re.compile(rf'(?:[^,"]|{_QUOTED})+')
_PART = re.compile(rf'(?:[^;"]|{_QUOTED})+')
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9a-z-]+")


def preferences(headers: CIMultiDictProxy[str]) -> Mapping[str, str]:
    """The preferences by name, in lower case, with their values; of a repeated one the first. What cannot be
    read counts as absent, as the standard has it of what a server does not know."""
    lines = headers.getall("Prefer", ())
    return _parsed(", ".join(lines)[:_MAX_LENGTH]) if lines else {}


def prefers_async(headers: CIMultiDictProxy[str]) -> bool:
    """True when the caller would rather have a 202 at once than wait for the answer."""
    return preferences(headers).get(RESPOND_ASYNC) == ""


@lru_cache(maxsize=256)
def _parsed(text: str) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for name, value in _pairs(_ELEMENT.findall(text)):
        found.setdefault(name, value)
    return found


def _pairs(elements: Iterable[str]) -> Iterable[tuple[str, str]]:
    for element in elements:
        parts = _PART.findall(element)
        name, _, value = (parts[0] if parts else "").partition("=")
        name, value = name.strip().lower(), value.strip()
        if _TOKEN.fullmatch(name):
            yield name, value[1:-1] if len(value) > 1 and value[0] == value[-1] == '"' else value
