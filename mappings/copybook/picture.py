"""PICTURE: what a character string says of a field.

Source: Enterprise COBOL for z/OS Language Reference, PICTURE clause.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

_REPEATED = re.compile(r"(CR|DB|.)(?:\((\d{1,6})\))?", re.DOTALL)
_NUMERIC = re.compile(
    r"S?(?:V?(?P<before>P+)(?P<small>9+)|(?P<whole>9*)(?:(?P<behind>P+)V?|V?(?P<fraction>9*)))"
)
_SIGNED_POINT = re.compile(r"S9*\.9+")
_FLOAT = re.compile(r"[+-](9*[.V]?9*)E[+-]99")
_TEXT = re.compile(r"([XANG])\((\d{1,7})\)", re.IGNORECASE)
_MAX_SYMBOLS = 1 << 20
_MAX_DIGITS = 60
_MAX_SCALE = 90


class Category(StrEnum):
    """The kinds of data that pictures describe."""

    TEXT = "text"
    """X, A, and what is edited with B, 0 or /."""
    NUMBER = "number"
    EDITED = "edited"
    """A number with editing symbols."""
    NATIONAL = "national"
    """N: UTF-16."""
    DBCS = "dbcs"
    """G: two bytes a character."""
    FLOAT_TEXT = "float-text"
    """A floating-point number as text, such as +9V9(5)E+99."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture, taken apart.

    `symbols` are its symbols one by one; repetitions are resolved where it is no text. `size` counts
    characters where the field is displayed; `digits` the digits it holds, and `scale` those behind the point:
    negative where the picture ends with P, more than `digits` where it begins with it. `has_point`: it is a
    character of the field.
    """

    text: str
    category: Category
    symbols: tuple[str, ...]
    size: int
    digits: int = 0
    scale: int = 0
    signed: bool = False
    has_point: bool = False


def picture(text: str, *, decimal_comma: bool = False, currency: str = "$") -> Picture:
    """Take a picture apart. Raises: ValueError with what is wrong."""
    if found := _TEXT.fullmatch(text):  # the usual case, whose symbols nobody asks for
        return _text(text, found[1].upper(), int(found[2]))
    symbols = _symbols(text.upper() if currency.upper() == currency else _upper(text, currency))
    if decimal_comma:
        symbols = tuple({",": ".", ".": ","}.get(each, each) for each in symbols)
    symbols = tuple("$" if each == currency else each for each in symbols)
    joined = "".join(symbols)
    kinds = set(symbols)
    if _FLOAT.fullmatch(joined):
        return _float_text(text, symbols, joined)
    if kinds <= set("S9VP") and "9" in kinds:
        return _number(text, symbols, joined)
    if _SIGNED_POINT.fullmatch(joined):
        digits = joined.count("9")
        scale = len(joined.partition(".")[2])
        return Picture(
            text, Category.NUMBER, symbols, digits + 1, _few(digits), scale, signed=True, has_point=True
        )
    if "N" in kinds and kinds <= set("NB0/"):
        return Picture(text, Category.NATIONAL, symbols, len(symbols))
    if "G" in kinds and kinds <= set("GB"):
        return Picture(text, Category.DBCS, symbols, len(symbols))
    if kinds & set("XA") and kinds <= set("XA9B0/"):
        return Picture(text, Category.TEXT, symbols, len(symbols))
    if kinds <= {*"9ZBV0/,.*+-$", "CR", "DB"}:
        return _edited(text, symbols)
    if kinds == {"1"}:
        raise ValueError(
            f"{text!r} is a boolean, which is not supported; where it is a byte 0 or 1, say X or 9"
        )
    raise ValueError(f"{text!r} is no picture")


def _text(text: str, symbol: str, size: int) -> Picture:
    if not 1 <= size <= _MAX_SYMBOLS:
        raise ValueError(f"{text!r} has not 1 to {_MAX_SYMBOLS} characters")
    category = {"N": Category.NATIONAL, "G": Category.DBCS}.get(symbol, Category.TEXT)
    return Picture(text, category, (symbol,), size)


def _upper(text: str, currency: str) -> str:
    return "".join(each if each == currency else each.upper() for each in text)


def _symbols(text: str) -> tuple[str, ...]:
    symbols: list[str] = []
    count = 0
    at = 0
    for found in _REPEATED.finditer(text):
        symbol, repeat = found[1], int(found[2] or 1)
        count += repeat
        if symbol in "()" or repeat == 0 or found.start() != at:
            raise ValueError(f"{text!r} repeats nothing, or not with a number of times")
        if count > _MAX_SYMBOLS:
            raise ValueError(f"has more than {_MAX_SYMBOLS} characters")
        at = found.end()
        symbols += [symbol] * repeat
    return tuple(symbols)


def _few(digits: int) -> int:
    if digits > _MAX_DIGITS:
        raise ValueError(f"has {digits} digits, at most {_MAX_DIGITS} are supported")
    return digits


def _number(text: str, symbols: tuple[str, ...], joined: str) -> Picture:
    found = _NUMERIC.fullmatch(joined)
    if found is None:
        raise ValueError(f"{text!r} has S, V or P where they cannot be")
    counts = {name: len(part or "") for name, part in found.groupdict().items()}
    before, behind, fraction = counts["before"], counts["behind"], counts["fraction"]
    digits = counts["small"] + counts["whole"] + fraction
    scale = before + digits if before else -behind if behind else fraction
    if abs(scale) > _MAX_SCALE:
        raise ValueError(f"{text!r} has more than {_MAX_SCALE} positions of the point")
    signed = joined.startswith("S")
    return Picture(text, Category.NUMBER, symbols, digits, _few(digits), scale, signed=signed)


def _float_text(text: str, symbols: tuple[str, ...], joined: str) -> Picture:
    mantissa = joined[1 : joined.index("E")]
    point = "." if "." in mantissa else "V"
    digits = mantissa.count("9")
    if not 1 <= digits <= 16:
        raise ValueError(f"{text!r} has {digits} digits before E, 1 to 16 are allowed")
    size = len(joined) - joined.count("V")
    scale = len(mantissa.partition(point)[2])
    has_point = "." in mantissa
    return Picture(text, Category.FLOAT_TEXT, symbols, size, digits, scale, signed=True, has_point=has_point)


def _edited(text: str, symbols: tuple[str, ...]) -> Picture:
    points = [index for index, each in enumerate(symbols) if each in ".V"]
    if len(points) > 1:
        raise ValueError(f"{text!r} has more than one decimal point")
    size = sum(len(each) for each in symbols if each != "V")
    floating = floating_symbol(symbols)
    places = digit_places(symbols)
    digits = len(places)
    if digits == 0:
        raise ValueError(f"{text!r} has no digits")
    for sign in ("+", "-", "CR", "DB"):
        if sign != floating and symbols.count(sign) > 1:
            raise ValueError(f"{text!r} has more than one sign")
    if floating != "$" and symbols.count("$") > 1:
        raise ValueError(f"{text!r} has more than one currency sign")
    kinds = {"Z", "*"} & set(symbols)
    if len(kinds) + (floating is not None) > 1:
        raise ValueError(f"{text!r} suppresses zeros in two ways")
    signs = [each for each in ("+", "-", "CR", "DB") if each in symbols]
    if len(signs) > 1:
        raise ValueError(f"{text!r} has two signs")
    _check_order(text, symbols, places)
    scale = sum(1 for place in places if points and place > points[0])
    return Picture(
        text,
        Category.EDITED,
        symbols,
        size,
        _few(digits),
        scale,
        signed=bool(signs),
        has_point="." in symbols,
    )


def _check_order(text: str, symbols: tuple[str, ...], places: list[int]) -> None:
    """9 stands behind what suppresses zeros; what is fixed stands at either end."""
    seen_nine = False
    point = next((index for index, each in enumerate(symbols) if each in ".V"), len(symbols))
    for place in places:
        if symbols[place] == "9":
            seen_nine = True
        elif seen_nine and place < point:
            raise ValueError(f"{text!r} suppresses zeros behind a 9")
    suppressed = [place for place in places if symbols[place] != "9" and place > point]
    if suppressed and any(symbols[place] == "9" for place in places):
        raise ValueError(f"{text!r} suppresses some of the digits behind the point")
    floating = floating_symbol(symbols)
    for index, each in enumerate(symbols):
        if each in ("CR", "DB") and any(place > index for place in places):
            raise ValueError(f"{text!r} has {each} before digits")
        if each in "+-" and each != floating and places[0] < index < places[-1]:
            raise ValueError(f"{text!r} has a sign between digits")


def floating_symbol(symbols: tuple[str, ...]) -> str | None:
    """The symbol of +, - and the currency sign that floats: the one that stands there at least twice."""
    return next((each for each in "+-$" if symbols.count(each) > 1), None)


def digit_places(symbols: tuple[str, ...]) -> list[int]:
    """Which symbols are digits; the first of those that float is none."""
    floating = floating_symbol(symbols)
    places = [index for index, each in enumerate(symbols) if each in "9Z*"]
    if floating is not None:
        places += [index for index, each in enumerate(symbols) if each == floating][1:]
    return sorted(places)
