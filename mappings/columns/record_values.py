"""Values of records as what pyarrow takes for them: each is checked before, so that a bad one costs only its
own record."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import TypeAlias

from mappings import json
from mappings.columns.arrow_types import (
    BOOLEAN,
    DATE,
    INTEGER,
    LOCAL_MOMENT,
    MOMENT,
    NUMBER_TEXT,
    TEXT,
    TIME,
    ColumnType,
    FieldType,
    ListType,
    StructType,
)
from mappings.columns.schema_types import FLOAT, JSON_TEXT, OpenStructType
from mappings.contract import JsonValue

Convert: TypeAlias = Callable[[JsonValue], object]
_VALUE_BYTES = 64
"""About what a value takes as a Python object, without the characters of a text."""


class UnfitError(ValueError):
    """A value that its type does not hold. `steps` lead to it, the last one first."""

    def __init__(self, value: JsonValue, type_: ColumnType, *steps: str | int) -> None:
        super().__init__("does not fit")
        self.value = value
        self.type = type_
        self.steps = list(steps)


class Converter:
    """Converts values of one type. `size` is about how many bytes all those took since it was last set."""

    def __init__(self, type_: StructType) -> None:
        self.size = 0
        self.convert = self._of(type_)

    def _of(self, type_: ColumnType) -> Convert:
        if isinstance(type_, StructType):
            inside = self._struct(type_)
        elif isinstance(type_, ListType):
            inside = self._list(type_)
        else:
            inside = self._leaf(type_)
        return lambda value: None if value is None else inside(value)

    def _struct(self, type_: StructType) -> Convert:
        rest = type_.rest if isinstance(type_, OpenStructType) else None
        members = {name: self._of(each) for name, each in type_.members.items() if name != rest}
        others = self._of(JSON_TEXT)
        weight = _VALUE_BYTES * (len(members) + 1)

        def convert(value: JsonValue) -> object:
            if not isinstance(value, dict):
                raise UnfitError(value, type_)
            self.size += weight
            found: dict[str, object] = {}
            for name, inside in members.items():
                try:
                    found[name] = inside(value.get(name))
                except UnfitError as unfit:
                    unfit.steps.append(name)
                    raise
            more = {name: each for name, each in value.items() if name not in members}
            if more and rest is None:
                name, extra = next(iter(more.items()))
                raise UnfitError(extra, type_, name)
            if rest is not None:
                found[rest] = others(more) if more else None
            return found

        return convert

    def _list(self, type_: ListType) -> Convert:
        inside = self._of(type_.element)

        def convert(value: JsonValue) -> object:
            if not isinstance(value, list):
                raise UnfitError(value, type_)
            self.size += _VALUE_BYTES * len(value)
            found: list[object] = []
            for number, each in enumerate(value):
                try:
                    found.append(inside(each))
                except UnfitError as unfit:
                    unfit.steps.append(number)
                    raise
            return found

        return convert

    def _leaf(self, type_: FieldType) -> Convert:
        known: dict[int, Callable[[JsonValue], object]] = {
            id(TEXT): _text,
            id(NUMBER_TEXT): _number_text,
            id(JSON_TEXT): lambda value: json.encode(value).decode(),
            id(BOOLEAN): _boolean,
            id(FLOAT): _float,
            id(INTEGER): _int64,
            id(DATE): _date,
            id(TIME): _time,
            id(LOCAL_MOMENT): lambda value: _moment(value, is_local=True),
            id(MOMENT): lambda value: _moment(value, is_local=False),
        }
        read = known.get(id(type_)) or _decimal(type_.arrow.precision, type_.arrow.scale)

        def convert(value: JsonValue) -> object:
            try:
                found = read(value)
            except (ValueError, OverflowError):
                raise UnfitError(value, type_) from None
            if isinstance(found, str):
                self.size += len(found)
            return found

        return convert


def _text(value: JsonValue) -> str:
    if not isinstance(value, str):
        raise ValueError("is no text")
    value.encode()  # half of a surrogate pair is no character
    return value


def _number(value: JsonValue) -> int | Decimal:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise ValueError("is no number")
    return value


def _number_text(value: JsonValue) -> str:
    return str(_number(value))


def _boolean(value: JsonValue) -> bool:
    if not isinstance(value, bool):
        raise ValueError("is neither true nor false")
    return value


def _float(value: JsonValue) -> float:
    return float(str(_number(value)))


def _int64(value: JsonValue) -> int:
    number = _number(value)
    if number != (whole := int(number)) or not -(2**63) <= whole < 2**63:
        raise ValueError("is no whole number of 64 bits")
    return whole


def _decimal(precision: int, scale: int) -> Convert:
    def convert(value: JsonValue) -> object:
        number = _number(value)
        if isinstance(number, int) and number.bit_length() > 256:
            raise ValueError("has too many digits")
        exact = Decimal(number)
        _, digits, exponent = exact.as_tuple()
        if not exact:
            return Decimal(0)
        assert isinstance(exponent, int), "numbers of records are finite"
        text = "".join(map(str, digits))
        ending = len(text) - len(text.rstrip("0"))
        if exponent + ending < -scale or len(text) + exponent + scale > precision:
            raise ValueError("has more digits than the column")
        return exact

    return convert


def _date(value: JsonValue) -> date:
    return date.fromisoformat(_text(value))


def _time(value: JsonValue) -> time:
    found = time.fromisoformat(_to_microseconds(_text(value)))
    if found.tzinfo is not None:
        raise ValueError("has an offset")
    return found


def _moment(value: JsonValue, *, is_local: bool) -> datetime:
    found = datetime.fromisoformat(_to_microseconds(_text(value)))
    if (found.tzinfo is None) != is_local:
        raise ValueError("has an offset, or none")
    return found if is_local else found.astimezone(UTC)


def _to_microseconds(text: str) -> str:
    """Raises: ValueError where something would be cut off."""
    _, point, fraction = text.partition(".")
    digits = fraction[: len(fraction) - len(fraction.lstrip("0123456789"))]
    if point and digits[6:].strip("0"):
        raise ValueError("has parts of microseconds")
    return text
