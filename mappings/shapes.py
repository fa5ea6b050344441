"""Functions that write objects quickly: one for each set of members that comes again. It joins the texts of
their values, and tests the whole by one regular expression.

They have no errors. What is unusual or wrong they leave to the careful way, which writes it or refuses it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from decimal import Decimal
from functools import lru_cache
from typing import TypeAlias

from mappings.contract import JsonValue
from mappings.function_text import FunctionText

Names: TypeAlias = tuple[str, ...]
WriteQuickly: TypeAlias = Callable[[JsonValue], str | None]
"""The text of a value, None for what is unusual or wrong."""
WriteValues: TypeAlias = Callable[..., str | None]
"""The text of as many values as it has members, None for what is unusual or wrong."""

# To make a function costs as much as to write a hundred segments without it.
_USUAL_FROM = 4
USUAL_INSIDE = 2
"""How often members of an object inside of another come until they get a function: it asks for them only once
it is made itself."""
_MAX_SHAPES = 64
_MAX_REMEMBERED = 64
"""Characters of a text that is remembered: moments and codes are shorter."""


class Shapes(dict[Names, WriteValues]):
    """The functions for objects of one kind, by the names of their members in the order in which they come.

    `make` is asked for a function when the same names came `usual_from` times; None where there can be none.
    At most 64 sets of names are counted. All others are `refused`.
    """

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
        """The text of an object's members; None for what is no object, too."""
        return self[tuple(values)](*values.values()) if type(values) is dict else None


def refused(*_: JsonValue) -> None:
    """Leaves all to the careful way."""
    return


def no_shapes() -> Shapes:
    """Functions for objects that are always left to the careful way."""
    return Shapes(lambda names: None)


class Joining:
    """A function that joins the texts of members, while it is made. `begin` stands before the first member,
    with the first separator if there is one, and `between` before each other; behind a `release` a separator
    is a character like any other."""

    def __init__(self, begin: str, between: str, release: str | None = None) -> None:
        self._between = between
        self.release = release
        self._function = FunctionText(Decimal=Decimal)
        is_first = begin[-1:] == between
        self._begin = "" if is_first or not begin else f"{begin!r} + "
        self._texts = [repr(begin[:-1])] if is_first else []
        self._patterns: list[str] = []
        self._prefix = re.escape(begin)
        self._conditions: list[str] = []

    def known(self, one: object) -> str:
        """The name of an object in the function's text."""
        return self._function.known(one)

    def add(self, text: str, pattern: str | None, condition: str = "") -> None:
        """Add a member: the expression for its text, the pattern of that text, and the expression for what
        has to hold besides. Without a pattern any text is right that is not empty and has no separator but
        released ones."""
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
        """The function of `count` values, which are `v0`, `v1` and so on in the expressions. `otherwise` is
        asked about those whose text does not fit."""
        pattern = f"{self._prefix}{re.escape(self._between).join(self._patterns)}"
        match = self.known(re.compile(pattern).fullmatch)
        values = [f"v{at}" for at in range(count)]
        last = "None" if otherwise is None else f"{self.known(otherwise)}({', '.join(values)})"
        return writing(
            self._function,
            values,
            [f"text = {self._begin}{self._between!r}.join(({', '.join(self._texts)},))"],
            f"text if {match}(text) is not None{''.join(self._conditions)} else {last}",
        )


def writing(
    function: FunctionText, values: Iterable[str], statements: Iterable[str], result: str
) -> WriteValues:
    """The function of these values that runs the statements and returns `result`; None where a statement
    raises, as `join` does for what is no text and a codec for what it does not write."""
    guarded = ["try:", *(f" {statement}" for statement in statements)]
    guarded += ["except (TypeError, ValueError, ArithmeticError):", " return None"]
    return function.made(", ".join(values), [*guarded, f"return {result}"])


def remembering(write: WriteQuickly) -> WriteQuickly:
    """The same for texts, the last 4096 short ones of which are not written again. Raises: TypeError for what
    is no text."""
    remembered: Callable[..., str | None] = lru_cache(maxsize=4096)(write)

    def write_once(value: JsonValue) -> str | None:
        if type(value) is not str:
            raise TypeError
        return remembered(value) if len(value) <= _MAX_REMEMBERED else write(value)

    return write_once


def returning(write: WriteQuickly, read: Callable[[str], JsonValue]) -> WriteQuickly:
    """What writes a value where `read` makes the same of its text."""

    def write_and_read(value: JsonValue) -> str | None:
        text = None if value is None else write(value)
        return text if text is not None and read(text) == value else None

    return write_and_read


def repeated(one: WriteQuickly, separator: str, most: int | None = None) -> WriteQuickly:
    """What writes a list of at least one value and of at most so many. Raises: TypeError where `one` leaves a
    value to the careful way."""

    def write(value: JsonValue) -> str | None:
        if type(value) is not list or not value or (most is not None and len(value) > most):
            return None
        return separator.join(map(one, value))  # type: ignore[arg-type]  # None is refused

    return write


def components(separator: str) -> WriteQuickly:
    """What writes an element whose components are not defined: a text, or a list of two texts or more.
    Raises: TypeError where one of the list is no text."""

    def write(value: JsonValue) -> str | None:
        if type(value) is str:
            return value if separator not in value else None
        if type(value) is not list or len(value) < 2:
            return None
        text = separator.join(value)  # type: ignore[arg-type]  # what is no text is refused
        return text if text.count(separator) == len(value) - 1 else None

    return write
