"""The functions that expressions may call: a closed table, nothing of Python is reachable."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from mappings.contract import JsonValue
from mappings.transform.expressions import arithmetic, conversions, dates, texts
from mappings.transform.expressions.errors import Unanswerable
from mappings.transform.expressions.kinds import WORDS, Kind, compare, kind_of

ANY: tuple[Kind, ...] = ()
TEXT: tuple[Kind, ...] = ("text",)
NUMBER: tuple[Kind, ...] = ("number",)
LIST: tuple[Kind, ...] = ("list",)


@dataclass(frozen=True, slots=True)
class Function:
    """`takes` has the kinds allowed for each argument, that before the dot first; `least` of them are
    required. `apply` gets arguments of these kinds and raises Unanswerable."""

    usage: str
    takes: tuple[tuple[Kind, ...], ...]
    apply: Callable[..., JsonValue]
    gives: Kind | None
    is_method: bool = False
    optional: int = 0

    @property
    def least(self) -> int:
        """How many arguments are required."""
        return len(self.takes) - self.optional


def _size(value: Any) -> JsonValue:
    return len(value)


def _position(value: JsonValue) -> int:
    if type(value) is not int:
        raise Unanswerable("a position or length is a whole number")
    return value


def _date(text: str, pattern: str | None = None) -> JsonValue:
    return dates.date_of(text) if pattern is None else dates.date_by(text, pattern)


def _substring(text: str, start: JsonValue, end: JsonValue = None) -> JsonValue:
    return texts.substring(text, _position(start), None if end is None else _position(end))


def _absolute(value: arithmetic.Number) -> JsonValue:
    return arithmetic.negate(value) if value < 0 else value


def _least(left: JsonValue, right: JsonValue) -> JsonValue:
    return left if compare(left, right) <= 0 else right


def _greatest(left: JsonValue, right: JsonValue) -> JsonValue:
    return left if compare(left, right) >= 0 else right


_ORDERED: tuple[Kind, ...] = ("number", "text")
_SIZED: tuple[Kind, ...] = ("text", "list", "object")

FUNCTIONS: dict[str, Function] = {
    "size": Function("size(text, list or object)", (_SIZED,), _size, "number"),
    "decimal": Function(
        "decimal(text or number)", (("text", "number", "double"),), conversions.to_decimal, "number"
    ),
    "string": Function("string(x)", (ANY,), conversions.to_text, "text"),
    "bool": Function("bool(x)", (("boolean", "text"),), conversions.to_boolean, "boolean"),
    "abs": Function("abs(number)", (NUMBER,), _absolute, "number"),
    "min": Function("min(a, b)", (_ORDERED, _ORDERED), _least, None),
    "max": Function("max(a, b)", (_ORDERED, _ORDERED), _greatest, None),
    "date": Function("date(text) or date(text, pattern)", (TEXT, TEXT), _date, "text", optional=1),
    "formatDate": Function("formatDate(date, pattern)", (TEXT, TEXT), dates.format_date, "text"),
    "timestamp": Function("timestamp(text)", (TEXT,), dates.timestamp, "text"),
    "seconds": Function("seconds(timestamp)", (TEXT,), dates.seconds, "number"),
    "days": Function("days(date)", (TEXT,), dates.days, "number"),
    "addDays": Function(
        "addDays(date, count)", (TEXT, NUMBER), lambda day, n: dates.add_days(day, _position(n)), "text"
    ),
}
METHODS: dict[str, Function] = {
    function.usage.partition("(")[0].partition(".")[2]: function
    for function in (
        Function("x.size()", (_SIZED,), _size, "number", True),
        Function("text.startsWith(text)", (TEXT, TEXT), str.startswith, "boolean", True),
        Function("text.endsWith(text)", (TEXT, TEXT), str.endswith, "boolean", True),
        Function("text.contains(text)", (TEXT, TEXT), str.__contains__, "boolean", True),
        Function("text.indexOf(text)", (TEXT, TEXT), str.find, "number", True),
        Function("text.lowerAscii()", (TEXT,), texts.lower_ascii, "text", True),
        Function("text.upperAscii()", (TEXT,), texts.upper_ascii, "text", True),
        Function("text.trim()", (TEXT,), str.strip, "text", True),
        Function("text.substring(start, end)", (TEXT, NUMBER, NUMBER), _substring, "text", True, 1),
        Function("text.replace(old, new)", (TEXT, TEXT, TEXT), texts.replace, "text", True),
        Function("text.split(separator)", (TEXT, TEXT), texts.split, "list", True),
        Function("list.join(separator)", (LIST, TEXT), texts.join, "text", True, 1),
        Function(
            "text.padLeft(length, character)",
            (TEXT, NUMBER, TEXT),
            lambda text, n, fill: texts.pad_left(text, _position(n), fill),
            "text",
            True,
        ),
    )
}
SPECIAL = {
    "has": "has(member)",
    "round": 'round(number), round(number, places) or round(number, places, "half_even")',
    "int": "int(text or number)",
    "matches": 'text.matches("pattern")',
}
"""How those are called that the compiler treats on its own."""


def check_kinds(function: Function, arguments: list[JsonValue]) -> None:
    """Raises: Unanswerable when an argument is of a kind that the function does not take."""
    for value, kinds in zip(arguments, function.takes, strict=False):
        if kinds and kind_of(value) not in kinds:
            raise Unanswerable(f"{function.usage} is given {WORDS[kind_of(value)]}")
