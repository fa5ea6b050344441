"""What happens to a value between source and target: nothing, a type, a lookup, a date pattern.

Every conversion is exact or refuses, and says whether it can be undone. A null stays null.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Literal, Protocol, TypeAlias

from mappings.contract import JsonSchema, JsonValue
from mappings.transform.dates import DatePatterns
from mappings.transform.expressions.conversions import to_boolean, to_decimal, to_text
from mappings.transform.expressions.errors import Unanswerable
from mappings.transform.expressions.kinds import WORDS, kind_of

ValueType: TypeAlias = Literal["string", "integer", "decimal", "boolean"]

_WORDS: dict[ValueType, str] = {
    "string": "text",
    "integer": "a whole number",
    "decimal": "an exact number",
    "boolean": "true or false",
}
_TYPES: dict[ValueType, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "decimal": (int, Decimal),
    "boolean": (bool,),
}
SCHEMAS: dict[ValueType, JsonSchema] = {
    "string": {"type": "string"},
    "integer": {"type": "integer"},
    "decimal": {"type": "number"},
    "boolean": {"type": "boolean"},
}


class Unconverted(ValueError):
    """A value that cannot be converted; no message holds it."""

    def __init__(self, message: str, rule: str) -> None:
        super().__init__(message)
        self.rule = rule


class Irreversible(ValueError):
    """Why a conversion cannot be undone."""


class Conversion(Protocol):
    """One step between source and target."""

    def apply(self, value: JsonValue) -> JsonValue:
        """The converted value. Raises: Unconverted."""

    def reversed(self) -> Conversion:
        """What undoes it. Raises: Irreversible."""

    def source_schema(self) -> JsonSchema:
        """JSON Schema of the sources that are not null, as far as it is known."""

    def schema(self, source: JsonSchema) -> JsonSchema:
        """JSON Schema of the results, given that of the sources that are not null."""


class Unchanged:
    """The value as it is."""

    def apply(self, value: JsonValue) -> JsonValue:
        """The value."""
        return value

    def reversed(self) -> Unchanged:
        """Itself."""
        return self

    def source_schema(self) -> JsonSchema:
        """Anything."""
        return {}

    def schema(self, source: JsonSchema) -> JsonSchema:
        """That of the source."""
        return source


class Typed:
    """To a type; `source_type`, where it is given, is insisted on. One of them is there."""

    def __init__(self, source_type: ValueType | None, target_type: ValueType | None) -> None:
        """Raises: ValueError for two types between which there is no conversion."""
        if "boolean" in (source_type, target_type) and {source_type, target_type} & {"integer", "decimal"}:
            raise ValueError("there is no conversion between numbers and true or false; use a lookup")
        self._source_type = source_type
        self._target_type = target_type

    def apply(self, value: JsonValue) -> JsonValue:
        """The value as the target's type."""
        if value is None:
            return None
        if self._source_type is not None:
            insist(value, self._source_type)
        try:
            return _as_type(value, self._target_type)
        except Unanswerable as error:
            raise Unconverted(str(error), "type") from None

    def reversed(self) -> Typed:
        """The other way; texts of numbers come back in their canonical form, `007` as `7`."""
        if self._source_type is None:
            raise Irreversible("what its source's type is, is not known; source_type says it")
        return Typed(self._target_type or self._source_type, self._source_type)

    def source_schema(self) -> JsonSchema:
        """That of the type that is insisted on."""
        return {} if self._source_type is None else dict(SCHEMAS[self._source_type])

    def schema(self, source: JsonSchema) -> JsonSchema:
        """That of the type."""
        kind = self._target_type or self._source_type
        assert kind is not None
        return dict(SCHEMAS[kind])


class Lookup:
    """By a table from the source's text. A source that is no text is looked up where its type is given."""

    def __init__(
        self, table: Mapping[str, JsonValue], source_type: ValueType, otherwise: tuple[JsonValue, ...] = ()
    ) -> None:
        """`otherwise` holds one value or none. Raises: ValueError for a key that is never looked up."""
        for key in table:
            if _text_of(_typed(key, source_type)) != key:
                words = _WORDS[source_type]
                raise ValueError(
                    f"the lookup's key {key[:40]!r} is not how {words} is written: it never fits"
                )
        self._table = dict(table)
        self._source_type = source_type
        self._otherwise = otherwise

    def apply(self, value: JsonValue) -> JsonValue:
        """What the table has."""
        if value is None:
            return None
        insist(value, self._source_type)
        text = _text_of(value)
        if text in self._table:
            return self._table[text]
        if self._otherwise:
            return self._otherwise[0]
        raise Unconverted(f"is not one of the {len(self._table)} values of the lookup", "lookup")

    def reversed(self) -> Lookup:
        """The table read the other way."""
        if self._otherwise:
            raise Irreversible("its lookup has otherwise, which stands for any value")
        types = {type(value) for value in self._table.values()}
        found = next((name for name, (kind, *_) in _TYPES.items() if types == {kind}), None)
        if found is None:
            raise Irreversible(
                "its lookup's values are not all text, all whole numbers or all true and false"
            )
        table = {to_text(value): _typed(key, self._source_type) for key, value in self._table.items()}
        if len(table) != len(self._table):
            raise Irreversible("its lookup has the same value for several keys")
        return Lookup(table, found)

    def source_schema(self) -> JsonSchema:
        """The keys of the table, where nothing else has a value."""
        if self._otherwise:
            return dict(SCHEMAS[self._source_type])
        keys: list[JsonValue] = [_typed(key, self._source_type) for key in self._table]
        return {"enum": keys}

    def schema(self, source: JsonSchema) -> JsonSchema:
        """The values of the table."""
        values: list[JsonValue] = []
        for value in (*self._table.values(), *self._otherwise):
            if not any(value == known and type(value) is type(known) for known in values):
                values.append(value)
        return {"enum": values}


class Dated:
    """A date in another pattern."""

    def __init__(self, patterns: DatePatterns) -> None:
        self._patterns = patterns

    def apply(self, value: JsonValue) -> JsonValue:
        """The date as the target writes it."""
        if value is None:
            return None
        try:
            return self._patterns.change(value)
        except ValueError as error:
            raise Unconverted(str(error), "date") from None

    def reversed(self) -> Dated:
        """The patterns exchanged."""
        return Dated(self._patterns.reversed())

    def source_schema(self) -> JsonSchema:
        """Text."""
        return {"type": "string"}

    def schema(self, source: JsonSchema) -> JsonSchema:
        """Text; in RFC 3339's form it has a name."""
        if self._patterns.writes is not None or self._patterns.is_local:
            return {"type": "string"}
        return {"type": "string", "format": "date-time" if self._patterns.has_time else "date"}


def insist(value: JsonValue, kind: ValueType) -> None:
    """Raises: Unconverted when a value is not of a type. True is no number."""
    if not isinstance(value, _TYPES[kind]) or (isinstance(value, bool) and kind != "boolean"):
        try:
            found = WORDS[kind_of(value)]
        except Unanswerable as error:
            found = str(error)
        raise Unconverted(f"is {found}, not {_WORDS[kind]}", "type")


def _as_type(value: JsonValue, kind: ValueType | None) -> JsonValue:
    match kind:
        case "string":
            return to_text(value)
        case "boolean":
            return to_boolean(value)
        case "integer":
            return _whole(value)
        case "decimal":
            return value if type(value) is int else to_decimal(value)
        case _:
            return value


def _whole(value: JsonValue) -> int:
    """A whole number, never cut off. Raises: Unanswerable."""
    if type(value) is int:
        return value
    number = to_decimal(value)
    if isinstance(value, str) and ("." in value or "e" in value.lower()):
        raise Unanswerable("the text is no whole number in ASCII digits")
    if number != number.to_integral_value():
        raise Unanswerable("the number has a fraction")
    return int(number)


def _typed(text: str, kind: ValueType) -> JsonValue:
    try:
        return _as_type(text, kind)
    except Unanswerable:
        return None


def _text_of(value: JsonValue) -> str | None:
    return None if value is None else to_text(value)
