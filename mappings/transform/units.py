"""Units: a number times a ratio, exactly, and back."""

from __future__ import annotations

import re
from decimal import Context, Decimal, Inexact
from fractions import Fraction

from mappings.contract import JsonSchema, JsonValue
from mappings.transform.conversions import Conversion, Typed, Unconverted, ValueType, insist
from mappings.transform.expressions.conversions import fraction_of
from mappings.transform.expressions.errors import Unanswerable

MAX_DIGITS = 100
_RATIO = re.compile(r"(-?[0-9]+(?:\.[0-9]+)?)(?:/([0-9]+(?:\.[0-9]+)?))?")
_EXACT = Context(prec=MAX_DIGITS, traps=[Inexact])


def parse_ratio(text: str) -> Fraction:
    """`1.8`, `9/5`. Raises: ValueError."""
    found = _RATIO.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is no number such as 1000, 0.3048 or 5/9")
    below = Fraction(found[2] or 1)
    if not below:
        raise ValueError(f"{text!r} divides by zero")
    return Fraction(found[1]) / below


class Unit:
    """A number times `factor`, plus `add`. Where the result has no exact decimal of 100 digits, it is an
    error."""

    def __init__(self, factor: Fraction, add: Fraction) -> None:
        """Raises: ValueError for a factor of zero."""
        if not factor:
            raise ValueError("the factor is zero: nothing would be left")
        self._factor = factor
        self._add = add

    def apply(self, value: JsonValue) -> JsonValue:
        """The number in the other unit; whole where both are."""
        if value is None:
            return None
        insist(value, "decimal")
        try:
            result = fraction_of(value) * self._factor + self._add
        except Unanswerable as error:
            raise Unconverted(str(error), "unit") from None
        if result.denominator == 1 and isinstance(value, int):
            return int(result)
        try:
            return _EXACT.divide(Decimal(result.numerator), Decimal(result.denominator))
        except Inexact:
            raise Unconverted("has no exact value in the other unit", "unit") from None

    def reversed(self) -> Unit:
        """The number in the unit that it had."""
        return Unit(1 / self._factor, -self._add / self._factor)

    def source_schema(self) -> JsonSchema:
        """A number."""
        return {"type": "number"}

    def schema(self, source: JsonSchema) -> JsonSchema:
        """A number."""
        return {"type": "number"}


class Chain:
    """Conversions one after the other; there is at least one."""

    def __init__(self, *steps: Conversion) -> None:
        self._steps = steps

    def apply(self, value: JsonValue) -> JsonValue:
        """The value through all of them."""
        for step in self._steps:
            value = step.apply(value)
        return value

    def reversed(self) -> Chain:
        """All of them undone, the last one first. Raises: Irreversible."""
        return Chain(*(step.reversed() for step in reversed(self._steps)))

    def source_schema(self) -> JsonSchema:
        """That of the first one."""
        return self._steps[0].source_schema()

    def schema(self, source: JsonSchema) -> JsonSchema:
        """That of the last one."""
        for step in self._steps:
            source = step.schema(source)
        return source


def typed_unit(unit: Unit, source_type: ValueType | None, target_type: ValueType | None) -> Conversion:
    """A unit between numbers that may be written as text. Raises: ValueError."""
    steps: list[Conversion] = [unit]
    if source_type == "boolean" or target_type == "boolean":
        raise ValueError("true and false have no unit")
    if source_type == "string":
        steps.insert(0, Typed("string", "decimal"))
    elif source_type == "integer":
        steps.insert(0, Typed("integer", None))
    if target_type == "string":
        steps.append(Typed("decimal", "string"))
    elif target_type == "integer":
        steps.append(Typed("decimal", "integer"))
    return Chain(*steps) if len(steps) > 1 else unit
