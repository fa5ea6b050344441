"""Functions that write objects quickly: one for each set of members that comes again, made for it. It joins
the texts of their values and looks at the whole by one regular expression."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from functools import lru_cache
from typing import Any, TypeAlias

from mappings.contract import JsonValue

Names: TypeAlias = tuple[str, ...]
WriteQuickly: TypeAlias = Callable[[JsonValue], str | None]
"""The text of a value, None for what is unusual or wrong."""
WriteValues: TypeAlias = Callable[..., str | None]
"""The text of as many values as it has members, None for what is unusual or wrong."""

# To make a function costs as much as to write a hundred segments without it.
_USUAL_FROM = 4
USUAL_INSIDE = 2
_MAX_SHAPES = 64


class Shapes(dict[Names, WriteValues]):
    """What writes members of these names, in this order; `make` is asked for it when they come so often."""

    def __init__(self, make: Callable[[Names], WriteValues | None], usual_from: int = _USUAL_FROM) -> None:
        super().__init__()
        self._usual_from = usual_from
        self._make = make
        self._came: dict[Names, int] = {}

    def __missing__(self, names: Names) -> WriteValues:
        came = self._came.get(names, 0) + 1
        if came < self._usual_from:
            if came > 1 or len(self._came) < _MAX_SHAPES:
                self._came[names] = came
            return refused
        made = self[names] = self._make(names) or refused
        return made

    def write(self, values: JsonValue) -> str | None:
        """The text of an object's members."""
        return self[tuple(values)](*values.values()) if type(values) is dict else None


def refused(*_: JsonValue) -> None:
    """Leaves all to the careful way."""
    return


class Joining:
    """A function while it is made, as `dataclasses` makes methods: a loop over the members would take twice
    as long. Of a definition only constants get into its text, each by its `repr`."""

    def __init__(self, begin: str, between: str, release: str | None = None) -> None:
        self._between = between
        self.release = release
        self._known: dict[str, Any] = {"Decimal": Decimal}
        is_first = begin[-1:] == between
        self._begin = "" if is_first or not begin else f"{begin!r} + "
        self._texts = [repr(begin[:-1])] if is_first else []
        self._patterns: list[str] = []
        self._prefix = re.escape(begin)
        self._conditions: list[str] = []

    def known(self, one: object) -> str:
        """The name of an object in it."""
        name = f"k{len(self._known)}"
        self._known[name] = one
        return name

    def add(self, text: str, pattern: str | None, condition: str = "") -> None:
        """The next member: the expression for its text, a pattern for that, None where any is right in which
        the separator is not, unless it is released, and what has to hold besides."""
        self._texts.append(text)
        if pattern is None:
            pattern = f"[^{re.escape(self._between)}]+"
            if self.release is not None:
                released = re.escape(self.release)
                pattern = f"(?:[^{re.escape(self._between)}{released}]|{released}[\\s\\S])+"
        self._patterns.append(pattern)
        if condition:
            self._conditions.append(f" and {condition}")

    def made(self, count: int, otherwise: WriteValues | None = None) -> WriteValues:
        """The function, of so many values; `otherwise` is asked about those that it does not accept. What is
        no text cannot be joined."""
        pattern = f"{self._prefix}{re.escape(self._between).join(self._patterns)}"
        self._known["match"] = re.compile(pattern).fullmatch
        self._known["otherwise"] = otherwise
        values = ", ".join(f"v{at}" for at in range(count))
        last = "None" if otherwise is None else f"otherwise({values})"
        lines = [
            f"def write({values}):",
            " try:",
            f"  text = {self._begin}{self._between!r}.join(({', '.join(self._texts)},))",
            " except (TypeError, ValueError, ArithmeticError):",
            "  return None",
            f" return text if match(text) is not None{''.join(self._conditions)} else {last}",
        ]
        exec("\n".join(lines), self._known)  # noqa: S102  # nothing of it comes from outside but constants
        found: WriteValues = self._known["write"]
        return found


def remembering(write: WriteQuickly) -> WriteQuickly:
    """The same for texts, and a TypeError for what is none and cannot be remembered."""
    remembering: Callable[..., str | None] = lru_cache(maxsize=4096)(write)
    return remembering


def components(separator: str) -> WriteQuickly:
    """What writes an element of which the components are not defined either."""

    def write(value: JsonValue) -> str | None:
        if type(value) is str:
            return value if separator not in value else None
        if type(value) is not list or len(value) < 2:
            return None
        text = separator.join(value)  # type: ignore[arg-type]  # what is no text is refused
        return text if text.count(separator) == len(value) - 1 else None

    return write
