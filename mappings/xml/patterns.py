"""Testing texts against xs:pattern in linear time.

Patterns come from contracts, texts from callers and peers. Python's engine backtracks: `([a-z]+)*` takes
hours over forty characters that do not match, and it would on the event loop. So all but the plainest
patterns go to an engine that does not: Rust's `regex`, which the JSON Schema library brings along.

Source: XML Schema 1.0 Part 2, appendix F. A pattern is a regular expression in the strict sense there (no
back-references, no look-around), so both engines accept the same texts.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

import jsonschema_rs

from mappings.xml.errors import UnsupportedSchemaError

MAX_COMPILED_BYTES = 16 << 20
"""Memory that one compiled pattern may take: counted repetitions of large classes grow with their product."""

_END = r"$(?!\n\Z)"
"""How the schema library ends its translations, since Python's `$` also matches before a last line break."""
_CLASS = r"\[(?:\\.|[^\]\\])*\]"
_ATOM = re.compile(rf"\\.|{_CLASS}", re.DOTALL)
_CLASS_OR_ESCAPE = re.compile(rf"{_CLASS}|\\[dDsSwW]", re.DOTALL)
_VARIABLE = re.compile(r"[*+?]|\{[0-9]+,")
_ESCAPES = {
    r"\d": r"\p{Nd}",
    r"\D": r"\P{Nd}",
    r"\s": r"[ \t\n\r]",
    r"\S": r"[^ \t\n\r]",
    # XML Schema leaves the low line out of \w; .NET, whose contracts these mostly are, does not.
    r"\w": r"[\p{L}\p{M}\p{N}\p{S}_]",
    r"\W": r"[^\p{L}\p{M}\p{N}\p{S}_]",
}


@lru_cache(maxsize=4096)
def matcher(pattern: str) -> Callable[[str], bool]:
    """A test whether a whole text matches. `pattern` is the schema library's translation for Python.

    Raises: UnsupportedSchemaError when the pattern needs more memory than it may.
    """
    body = pattern.removeprefix("^(?:").removesuffix(")" + _END)
    spelled = _CLASS_OR_ESCAPE.sub(lambda found: _ESCAPES.get(found[0], found[0]), body)
    is_plain = _is_plain(body)
    if is_plain and r"\p" not in spelled and r"\P" not in spelled:
        return _python(f"^(?:{spelled}){_END}")
    options = jsonschema_rs.RegexOptions(size_limit=MAX_COMPILED_BYTES)
    try:
        validator = jsonschema_rs.Draft202012Validator(
            {"pattern": f"^(?:{spelled})$"}, pattern_options=options
        )
    except ValueError:
        if is_plain:  # \w{0,4000}: Python's \w leaves out combining marks and symbols, and is small
            return _python(pattern)
        raise UnsupportedSchemaError(f"its pattern is too large to be checked: {body[:100]}") from None

    def matches(text: str) -> bool:
        try:
            return validator.is_valid(text)
        except UnicodeEncodeError:  # half of a surrogate pair, which XML cannot carry either
            return False

    return matches


def _python(pattern: str) -> Callable[[str], bool]:
    match = re.compile(pattern).match
    return lambda text: match(text) is not None


def _is_plain(body: str) -> bool:
    """True for characters and classes in a row with at most one repetition that varies: nothing to go back
    over but that one."""
    bare = _ATOM.sub("c", body)
    return "(" not in bare and len(_VARIABLE.findall(bare)) <= 1
