"""Numbers edited by a picture, and back.

What is read has to be exactly what writing its value gives; so every byte is looked at.
Source: ISO/IEC 1989, MOVE statement and PICTURE clause, editing rules; Enterprise COBOL Language Reference.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from mappings.copybook.picture import Picture, digit_places, floating_symbol

Edit = Callable[[int], str]
Unedit = Callable[[str], int]


def editor(picture: Picture, *, currency: str, decimal_comma: bool, blank_when_zero: bool) -> Edit:
    """A function from a number, without its scale, to its text.

    It raises ValueError when the picture has no room for a digit or the sign.
    """
    symbols, width = picture.symbols, picture.size
    places = digit_places(symbols)
    floating = floating_symbol(symbols)
    all_suppressed = all(symbols[place] != "9" for place in places)
    star = "*" in symbols
    swap = str.maketrans(",.", ".,") if decimal_comma else None

    def edit(number: int) -> str:
        if number == 0 and blank_when_zero:
            return " " * width
        if number == 0 and all_suppressed:
            text = "".join(_suppressed(each, star) for each in symbols)
        else:
            digits = str(abs(number)).zfill(len(places))
            if len(digits) > len(places):
                raise ValueError(f"has more than {len(places)} digits")
            if number < 0 and not picture.signed:
                raise ValueError("is negative, the picture has no sign")
            text = _edited(symbols, dict(zip(places, digits, strict=True)), floating, number < 0)
        text = text.replace("$", currency)
        return text if swap is None else text.translate(swap)

    return edit


def _suppressed(symbol: str, star: bool) -> str:
    """What stands for a symbol where the whole number is zero and not shown."""
    if symbol == "V":
        return ""
    if not star:
        return " " * len(symbol)
    return symbol if symbol == "." else "*" * len(symbol)


def _edited(symbols: tuple[str, ...], digits: dict[int, str], floating: str | None, is_negative: bool) -> str:
    out: list[str] = []
    significant = suppressing = False
    blank = "*" if "*" in symbols else " "
    for index, each in enumerate(symbols):
        digit = digits.get(index)
        if digit is not None:
            suppressing = suppressing or each != "9"
            significant = significant or digit != "0" or each == "9"
            out.append(digit if significant else blank)
        elif each == floating:
            suppressing = True
            out.append(" ")
        elif each in ("+", "-"):
            out.append(_sign(each, is_negative))
        elif each in ("CR", "DB"):
            out.append(each if is_negative else "  ")
        elif each == "V":
            significant = True
        elif each == ".":
            significant = True
            out.append(".")
        elif each in ",B0/" and suppressing and not significant:
            out.append(blank)
        else:
            out.append(" " if each == "B" else each)
    if floating is not None:
        _float(out, symbols, floating, "$" if floating == "$" else _sign(floating, is_negative))
    return "".join(out)


def _sign(symbol: str, is_negative: bool) -> str:
    if is_negative:
        return "-"
    return "+" if symbol == "+" else " "


def _float(out: list[str], symbols: tuple[str, ...], floating: str, mark: str) -> None:
    """Put what floats directly before the first character that is shown."""
    at = [each for each in symbols if each != "V"].index(floating)
    while at + 1 < len(out) and out[at + 1] == " ":
        at += 1
    out[at] = mark


def uneditor(picture: Picture, edit: Edit) -> Unedit:
    """A function from a text to its number, without its scale. It raises ValueError when it is not edited."""
    symbols = picture.symbols
    places = set(digit_places(symbols))
    columns: list[tuple[int, int, bool]] = []
    at = 0
    for index, each in enumerate(symbols):
        if each == "V":
            continue
        columns.append((at, at + len(each), index in places))
        at += len(each)

    def unedit(text: str) -> int:
        if len(text) != picture.size:
            raise ValueError(f"is not {picture.size} characters")
        digits = "".join(
            text[start] if text[start].isascii() and text[start].isdigit() else "0"
            for start, _, is_digit in columns
            if is_digit
        )
        is_negative = any(mark in text for mark in ("-", "CR", "DB"))
        number = -int(digits) if is_negative else int(digits)
        try:
            if edit(number) == text:
                return number
        except ValueError:
            pass
        raise ValueError(f"is not a number edited as {picture.text}")

    return unedit


# A digit or point ends the spaces before it: were digits optional there, a field of spaces and one other
# character would be tried with its spaces shared out in every way.
_LENIENT = re.compile(r"([+-]?) *(?=[0-9.])([0-9]*)(?:\.([0-9]*))? *([+-]|CR|DB)?")


def lenient_uneditor(picture: Picture, strict: Unedit, *, currency: str, decimal_comma: bool) -> Unedit:
    """As `strict`, and where that refuses any number with the picture's point: whatever its sign and whatever
    stands in place of leading zeros."""
    group, point = (".", ",") if decimal_comma else (",", ".")

    def unedit(text: str) -> int:
        try:
            return strict(text)
        except ValueError as error:
            plain = text.replace(currency, " ").replace("*", " ").replace(group, "").replace(point, ".")
            found = _LENIENT.fullmatch(plain.strip(" "))
            if found is None or (found[1] and found[4]):
                raise error from None
            shown = found[2] + (found[3] or "")
            if not shown or (picture.has_point and len(found[3] or "") != picture.scale):
                raise error from None
            return -int(shown) if found[1] == "-" or found[4] not in ("+", "", None) else int(shown)

    return unedit
