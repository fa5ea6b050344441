"""Codecs of simple types: atoms with their facets, lists and unions, compiled to closures.

Source: XML Schema 1.0 Part 2, §2.5 (varieties), §4.3 (facets).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias

from mappings.contract import JsonValue
from mappings.xml.atoms import Atom, Family, Read, Write, atom, expected, from_base64
from mappings.xml.errors import Refused, UnsupportedSchemaError
from mappings.xml.model import AtomicType, Facets, ListType, PatternStep, SimpleType, UnionType
from mappings.xml.patterns import matcher
from mappings.xml.temporal import position

Check: TypeAlias = Callable[[str, JsonValue], None]

_SPACES = " \t\r\n"
_TO_SPACE = str.maketrans("\t\r\n", "   ")
_TOKEN = re.compile(r"[^ \t\r\n]+")


@dataclass(frozen=True, slots=True)
class SimpleCodec:
    """Reads raw XML text and writes it; both raise `Refused`.

    `is_verbatim`: text is the value as it stands. `is_qname`: text is `{namespace}local` here, so prefixes
    are resolved before reading and declared after writing.
    """

    read: Read
    write: Write
    is_verbatim: bool = False
    is_qname: bool = False


def compile_simple(kind: SimpleType) -> SimpleCodec:
    """The codec of a simple type. Raises: UnsupportedSchemaError."""
    match kind:
        case AtomicType():
            return _atomic(kind)
        case ListType():
            return _list(kind)
        case UnionType():
            return _union(kind)


def _atomic(kind: AtomicType) -> SimpleCodec:
    base = atom(kind.builtin)
    if base is None:
        raise UnsupportedSchemaError(f"xs:{kind.builtin} is not supported")
    checks = _checks(kind.facets, base)
    is_qname = base.family == "qname"
    if base.family == "text" and kind.facets.white_space != "collapse":
        if (
            not checks
            and kind.facets.white_space == "preserve"
            and kind.builtin in ("string", "anySimpleType")
        ):
            return SimpleCodec(base.read, base.write, is_verbatim=True)
        return SimpleCodec(*_checked(_normalised(base, kind.facets.white_space), checks))
    return SimpleCodec(*_checked(_collapsed(base), checks), is_qname=is_qname)


def _normalised(base: Atom, white_space: str) -> tuple[Read, Write]:
    read, write = base.read, base.write
    if white_space == "preserve":
        return read, write

    def write_replaced(value: JsonValue) -> str:
        text = write(value)
        if text.translate(_TO_SPACE) != text:
            raise Refused("tabs and line breaks are not kept by this type", "white-space")
        return text

    return lambda text: read(text.translate(_TO_SPACE)), write_replaced


def _collapsed(base: Atom) -> tuple[Read, Write]:
    """Leading, trailing and repeated white space goes when reading; such text is refused when writing."""
    read, write = base.read, base.write
    if base.family not in ("text", "binary"):
        return lambda text: read(text.strip(_SPACES)), write

    def read_collapsed(text: str) -> JsonValue:
        return read(collapse(text))

    def write_collapsed(value: JsonValue) -> str:
        text = write(value)
        if collapse(text) != text:
            raise Refused(
                "white space at the ends, tabs, line breaks or repeated spaces are lost", "white-space"
            )
        return text

    return read_collapsed, write_collapsed if base.family == "text" else write


def collapse(text: str) -> str:
    """The text as white space `collapse` leaves it."""
    text = text.translate(_TO_SPACE).strip(" ")
    return " ".join(part for part in text.split(" ") if part) if "  " in text else text


def _checked(pair: tuple[Read, Write], checks: list[Check]) -> tuple[Read, Write]:
    """Reader and writer with the checks after them."""
    if not checks:
        return pair
    read, write = pair

    def read_checked(text: str) -> JsonValue:
        value = read(text)
        for check in checks:
            check(text, value)
        return value

    def write_checked(value: JsonValue) -> str:
        text = write(value)
        # The facets apply to the value a reader would see.
        seen = read(text)
        for check in checks:
            check(text, seen)
        return text

    return read_checked, write_checked


# --- facets


def _checks(facets: Facets, base: Atom) -> list[Check]:
    checks: list[Check] = []
    try:
        checks += _bounds(facets, base)
        if facets.total_digits is not None or facets.fraction_digits is not None:
            checks.append(_digits(facets.total_digits, facets.fraction_digits))
        checks += _lengths(facets, _measure(base.family))
        checks += _patterns(facets, facets.white_space)
        if facets.enumeration is not None:
            checks.append(
                _enumeration(
                    tuple(base.read(text.strip(_SPACES)) for text in facets.enumeration)
                    if base.family not in ("text", "qname")
                    else facets.enumeration
                )
            )
    except Refused as error:
        raise UnsupportedSchemaError(f"a facet's value is {error.message}") from None
    return checks


def _measure(family: Family) -> Callable[[JsonValue], int] | None:
    if family == "text":
        return lambda value: len(value)  # type: ignore[arg-type]
    if family == "binary":
        return lambda value: len(from_base64(str(value)))
    return None


def _lengths(facets: Facets, measure: Callable[[JsonValue], int] | None) -> list[Check]:
    low, high = facets.min_length, facets.max_length
    if measure is None or (not low and high is None):
        return []
    least = low or 0

    def check(text: str, value: JsonValue) -> None:
        length = measure(value)
        if length < least:
            raise Refused(f"shorter than {least}", "min-length")
        if high is not None and length > high:
            raise Refused(f"longer than {high}", "max-length")

    return [check]


def _patterns(facets: Facets, white_space: str) -> list[Check]:
    def compiled(step: PatternStep) -> Check:
        matches = tuple(map(matcher, step.translated))

        def check(text: str, value: JsonValue) -> None:
            lexical = collapse(text) if white_space == "collapse" else text
            if not any(match(lexical) for match in matches):
                raise Refused(
                    f"does not match the pattern {' | '.join(step.sources)}"[:300], "pattern", excerpt=text
                )

        return check

    return [compiled(step) for step in facets.patterns]


def _bounds(facets: Facets, base: Atom) -> list[Check]:
    order = _order(base.family)
    if order is None:
        return []
    checks: list[Check] = []
    limits = (
        (facets.min_inclusive, "min-inclusive", "less than", lambda value, limit: value < limit),
        (facets.max_inclusive, "max-inclusive", "more than", lambda value, limit: value > limit),
        (facets.min_exclusive, "min-exclusive", "not more than", lambda value, limit: value <= limit),
        (facets.max_exclusive, "max-exclusive", "not less than", lambda value, limit: value >= limit),
    )
    for text, rule, words, breaks in limits:
        if text is not None:
            checks.append(_bound(order, base.read(text.strip(_SPACES)), text, rule, words, breaks))
    return checks


Order: TypeAlias = "Callable[[JsonValue], tuple[bool, object] | None]"


def _bound(
    order: Order, limit: JsonValue, text: str, rule: str, words: str, breaks: Callable[[object, object], bool]
) -> Check:
    boundary = order(limit)

    def check(_: str, value: JsonValue) -> None:
        place = order(value)
        if place is None or boundary is None:
            # NaN is outside every bound.
            if value == "NaN":
                raise Refused(f"NaN is not within the bound {text}", rule)
            return
        # A time with a zone and one without do not compare; such values pass.
        if place[0] == boundary[0] and breaks(place[1], boundary[1]):
            raise Refused(f"{words} {text}", rule)

    return check


def _order(family: Family) -> Order | None:
    if family in ("integer", "decimal"):
        return lambda value: (True, value)
    if family == "double":
        return lambda value: None if value == "NaN" else (True, float(value))  # type: ignore[arg-type]
    if family == "temporal":
        return lambda value: position(str(value))
    return None


def _digits(total: int | None, fraction: int | None) -> Check:
    def check(_: str, value: JsonValue) -> None:
        number = Decimal(value) if isinstance(value, int) else value
        assert isinstance(number, Decimal)
        parts = number.as_tuple()
        digits, places, significant = parts.digits, max(-int(parts.exponent), 0), len(parts.digits)
        # Zeros after the last significant place do not count: 1.50 has two digits.
        while places and significant and digits[significant - 1] == 0:
            places, significant = places - 1, significant - 1
        if fraction is not None and places > fraction and number:
            raise Refused(f"more than {fraction} digits after the point", "fraction-digits")
        if total is not None and max(significant, places) > total and number:
            raise Refused(f"more than {total} digits", "total-digits")

    return check


def _enumeration(allowed: tuple[JsonValue, ...]) -> Check:
    shown = ", ".join(str(value) for value in allowed[:20])

    def check(_: str, value: JsonValue) -> None:
        if value not in allowed:
            raise Refused(f"not one of {shown}"[:300], "enumeration")

    return check


# --- lists and unions


def _list(kind: ListType) -> SimpleCodec:
    item = compile_simple(kind.item)
    if item.is_qname:
        raise UnsupportedSchemaError("lists of QNames are not supported")
    read_item, write_item = item.read, item.write

    def read(text: str) -> JsonValue:
        values: list[JsonValue] = []
        for token in _TOKEN.findall(text):
            try:
                values.append(read_item(token))
            except Refused as error:
                raise error.at(len(values)) from None
        return values

    def write(value: JsonValue) -> str:
        if type(value) is not list:
            raise expected("an array", value)
        texts = []
        for index, member in enumerate(value):
            try:
                text = write_item(member)
                if _TOKEN.fullmatch(text) is None:
                    raise Refused("an item of a list may not be empty or hold white space", "list-item")
            except Refused as error:
                raise error.at(index) from None
            texts.append(text)
        return " ".join(texts)

    checks = _lengths(kind.facets, lambda value: len(value))  # type: ignore[arg-type]
    checks += _patterns(kind.facets, "collapse")
    if kind.facets.enumeration is not None:
        checks.append(_enumeration(tuple(map(read, kind.facets.enumeration))))
    return SimpleCodec(*_checked((read, write), checks))


def _union(kind: UnionType) -> SimpleCodec:
    members = [compile_simple(member) for member in kind.members]
    if any(member.is_qname for member in members):
        raise UnsupportedSchemaError("unions with QNames are not supported")

    def read(text: str) -> JsonValue:
        for member in members:
            try:
                return member.read(text)
            except Refused:
                continue
        raise Refused("not a value of any member of the union", "union", excerpt=text)

    def write(value: JsonValue) -> str:
        for member in members:
            try:
                text = member.write(value)
            except Refused:
                continue
            # An earlier member may claim the text: "5" of a union of int and string would come back as 5.
            if _is_same(read(text), value):
                return text
        raise Refused(
            "not a value of any member of the union, or one that another member would claim", "union"
        )

    checks = _patterns(kind.facets, "collapse")
    if kind.facets.enumeration is not None:
        checks.append(_enumeration(tuple(map(read, kind.facets.enumeration))))
    return SimpleCodec(*_checked((read, write), checks))


def _is_same(seen: JsonValue, given: JsonValue) -> bool:
    return seen == given and isinstance(seen, bool) == isinstance(given, bool)
