"""The Arrow types of fields, and JSON values as theirs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time
from functools import cached_property
from typing import TypeAlias

import numpy as np

from mappings.columns.arrays import ArrowArray, ArrowType, Flags, Numbers
from mappings.columns.arrow import pa
from mappings.contract import JsonValue

MAX_INT64_DIGITS = 18
"""Digits of a number that fits 64 bits whatever they are."""
MAX_DECIMAL_DIGITS = 38
"""Digits of a decimal number of 128 bits."""


class FieldType:
    """The type of one field: its Arrow type is made when it is first asked for. `convert` takes values of
    records to what pyarrow makes of it; None where they are that already."""

    def __init__(self, make: Callable[[], ArrowType], convert: Callable[[str], object] | None = None) -> None:
        self._make = make
        self.convert = convert

    @cached_property
    def arrow(self) -> ArrowType:
        """The Arrow type."""
        return self._make()

    def array(self, values: Sequence[JsonValue]) -> ArrowArray:
        """Values of records, null among them or not, as an array."""
        return pa.array([self.value(each) for each in values], self.arrow)

    def value(self, value: JsonValue) -> object:
        """What pyarrow takes for a value of a record."""
        convert = self.convert
        return value if convert is None or value is None else convert(str(value))

    def misfit(self, value: JsonValue) -> tuple[str | int, ...] | None:
        """The path to what does not fit in a value, None where all does."""
        try:
            self.array([value])
        except (pa.ArrowException, OverflowError):
            return ()
        return None


class StructType:
    """An object whose members have types."""

    def __init__(self, members: Mapping[str, ColumnType]) -> None:
        self.members = members
        self.arrow: ArrowType = pa.struct([pa.field(name, type_.arrow) for name, type_ in members.items()])

    def array(self, values: Sequence[JsonValue]) -> ArrowArray:
        """Values of records as an array."""
        return pa.array([self.value(each) for each in values], self.arrow)

    def value(self, value: JsonValue) -> object:
        """What pyarrow takes for a value of a record."""
        assert isinstance(value, dict), "what such columns are made of"
        return {name: type_.value(value[name]) for name, type_ in self.members.items()}

    def misfit(self, value: JsonValue) -> tuple[str | int, ...] | None:
        """The path to what does not fit in a value, None where all does."""
        assert isinstance(value, dict), "what such columns are made of"
        for name, type_ in self.members.items():
            inside = type_.misfit(value[name])
            if inside is not None:
                return (name, *inside)
        return None


class ListType:
    """A list of elements of one type."""

    def __init__(self, element: ColumnType) -> None:
        self.element = element
        self.arrow: ArrowType = pa.list_(element.arrow)

    def array(self, values: Sequence[JsonValue]) -> ArrowArray:
        """Values of records as an array."""
        return pa.array([self.value(each) for each in values], self.arrow)

    def value(self, value: JsonValue) -> object:
        """What pyarrow takes for a value of a record."""
        assert isinstance(value, list), "what such columns are made of"
        return [self.element.value(each) for each in value]

    def misfit(self, value: JsonValue) -> tuple[str | int, ...] | None:
        """The path to what does not fit in a value, None where all does."""
        assert isinstance(value, list), "what such columns are made of"
        for number, each in enumerate(value):
            inside = self.element.misfit(each)
            if inside is not None:
                return (number, *inside)
        return None


ColumnType: TypeAlias = FieldType | StructType | ListType
"""The type of a column, or of what is in one."""


TEXT = FieldType(lambda: pa.string())
NUMBER_TEXT = FieldType(lambda: pa.string(), str)
"""Numbers that no type holds exactly, as their text."""
INTEGER = FieldType(lambda: pa.int64())
BOOLEAN = FieldType(lambda: pa.bool_())
DATE = FieldType(lambda: pa.date32(), date.fromisoformat)
TIME = FieldType(lambda: pa.time64("us"), time.fromisoformat)
LOCAL_MOMENT = FieldType(lambda: pa.timestamp("us"), datetime.fromisoformat)
MOMENT = FieldType(lambda: pa.timestamp("us", tz="UTC"), datetime.fromisoformat)


def decimal_type(scale: int) -> FieldType:
    """The type of numbers with so many digits behind the point, and as many before it as it has room for."""
    return (
        FieldType(lambda: pa.decimal128(MAX_DECIMAL_DIGITS, scale))
        if scale <= MAX_DECIMAL_DIGITS
        else NUMBER_TEXT
    )


def number_type(least: int, most: int, scale: int, *, is_whole: bool) -> FieldType:
    """The type of numbers from `least` to `most`, counted without the scale."""
    if is_whole and least >= -(2**63) and most < 2**63:
        return INTEGER
    digits = max(len(str(max(most, -least))) - min(scale, 0), scale)
    scale = max(scale, 0)
    if digits <= MAX_DECIMAL_DIGITS:
        return FieldType(lambda: pa.decimal128(digits, scale))
    return FieldType(lambda: pa.decimal256(digits, scale)) if digits <= 76 else NUMBER_TEXT


def fits_words(type_: FieldType) -> bool:
    """True where `number_array` makes it."""
    return bool(pa.types.is_int64(type_.arrow) or pa.types.is_decimal128(type_.arrow))


def number_array(numbers: Numbers, null: Flags | None, type_: FieldType) -> ArrowArray:
    """Numbers without their scale, that fit 64 bits, in their type."""
    if type_.arrow == pa.int64():
        return pa.array(numbers, mask=null)
    words = np.empty((len(numbers), 2), np.int64)
    words[:, 0] = numbers
    np.right_shift(numbers, 63, out=words[:, 1])
    validity = None if null is None else pa.py_buffer(np.packbits(~null, bitorder="little"))
    return pa.Array.from_buffers(type_.arrow, len(numbers), [validity, pa.py_buffer(words)])
