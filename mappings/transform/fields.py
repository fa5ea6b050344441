"""The rules of a transform, each for one field: mapped, constant, or a list with each item mapped."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from mappings.contract import JsonSchema, JsonValue, MappingError, Place
from mappings.transform.conversions import Conversion, Irreversible, Unconverted
from mappings.transform.expressions import Expression, path_expression
from mappings.transform.expressions.compiled import Scope
from mappings.transform.expressions.kinds import WORDS, equal, kind_of
from mappings.transform.expressions.members import WHOLE, pointer
from mappings.transform.origin import ABSENT, Found, Need, Origin, holds, known_schema, named, of_target
from mappings.transform.targets import Path, get


class ItemMap(Protocol):
    """What `each` applies to every item: a transform."""

    def apply_inside(self, item: JsonValue, outer: Scope) -> JsonValue:
        """The item's result. Raises: MappingError."""

    def reverse(self) -> ItemMap:
        """The other way. Raises: Irreversible."""

    def schema(self, source: JsonSchema | None = None) -> JsonSchema:
        """JSON Schema of the result."""

    def source_schema(self) -> JsonSchema:
        """JSON Schema of the items."""


class Rule(Protocol):
    """Gives one member of the result."""

    @property
    def target(self) -> Path:
        """Where the value goes."""

    @property
    def roots(self) -> frozenset[str]:
        """The names that it uses."""

    def value(self, scope: Scope) -> Found:
        """Whether there is a value, and it. Raises: MappingError."""

    def reversed(self) -> Rule:
        """What gives the source from the result. Raises: Irreversible."""

    def schema(self, source: JsonSchema) -> tuple[JsonSchema, bool]:
        """JSON Schema of the value, and whether it is always there."""

    def needs(self) -> Iterator[Need]:
        """The members of the source that it reads."""


@dataclass(frozen=True, slots=True)
class Mapped:
    """A value from an expression, converted."""

    target: Path
    origin: Origin
    conversion: Conversion

    @property
    def roots(self) -> frozenset[str]:
        """The names that it uses."""
        return self.origin.roots

    def value(self, scope: Scope) -> Found:
        """The converted value."""
        found, value = self.origin.find(scope, self.target)
        if not found:
            return ABSENT
        try:
            return True, self.conversion.apply(value)
        except Unconverted as error:
            raise MappingError(
                f"{'.'.join(self.target)}: {error}", rule=error.rule, place=self.origin.place(self.target)
            ) from None

    def reversed(self) -> Mapped:
        """The source from the target."""
        return Mapped(self.origin.path(), _reversed_origin(self), self.conversion.reversed())

    def needs(self) -> Iterator[Need]:
        """What its expression reads."""
        yield from self.origin.needs(self.conversion.source_schema())

    def schema(self, source: JsonSchema) -> tuple[JsonSchema, bool]:
        """What the conversion gives."""
        found = known_schema(source, self.origin.expression)
        return self.origin.schema(self.conversion.schema(found), found), self.origin.is_always_there


@dataclass(frozen=True, slots=True)
class Constant:
    """A value that is always the same."""

    target: Path
    constant: JsonValue
    when: Expression | None = None

    @property
    def roots(self) -> frozenset[str]:
        """The names that it uses."""
        return self.when.roots if self.when else frozenset()

    def value(self, scope: Scope) -> Found:
        """The constant."""
        try:
            return ABSENT if self.when and not holds(self.when, scope) else (True, self.constant)
        except MappingError as error:
            raise of_target(error, self.target) from None

    def reversed(self) -> Expected:
        """A check that it is there."""
        if self.when is not None:
            raise Irreversible("it has a condition")
        return Expected(self.target, self.constant)

    def needs(self) -> Iterator[Need]:
        """What its condition reads."""
        yield from named(self.roots)

    def schema(self, source: JsonSchema) -> tuple[JsonSchema, bool]:
        """The constant."""
        return {"const": self.constant}, self.when is None


@dataclass(frozen=True, slots=True)
class Expected:
    """The way back of a constant: it has to be there, and gives nothing."""

    target: Path
    constant: JsonValue
    roots: frozenset[str] = frozenset()

    def value(self, scope: Scope) -> Found:
        """Nothing."""
        _, value = get(scope, self.target)
        if not equal(value, self.constant):
            raise MappingError(
                f"{'.'.join(self.target)}: is not the constant that the transform gives it",
                rule="constant",
                place=Place(path=pointer((WHOLE, *self.target))),
            )
        return ABSENT

    def reversed(self) -> Constant:
        """The constant."""
        return Constant(self.target, self.constant)

    def needs(self) -> Iterator[Need]:
        """The constant."""
        yield self.target, {"const": self.constant}, True

    def schema(self, source: JsonSchema) -> tuple[JsonSchema, bool]:
        """It gives nothing."""
        return {}, False


@dataclass(frozen=True, slots=True)
class Each:
    """A list, each item mapped."""

    target: Path
    origin: Origin
    item: ItemMap

    @property
    def roots(self) -> frozenset[str]:
        """The names that it uses; the items may use all."""
        return self.origin.roots | {WHOLE}

    def value(self, scope: Scope) -> Found:
        """The list of results."""
        found, value = self.origin.find(scope, self.target)
        if not found or value is None:
            return found, value
        if not isinstance(value, list):
            kind = WORDS[kind_of(value)]
            raise MappingError(
                f"{'.'.join(self.target)}: each goes over a list, this is {kind}",
                rule="type",
                place=self.origin.place(self.target),
            )
        return True, [self._one(item, index, scope) for index, item in enumerate(value)]

    def _one(self, item: JsonValue, index: int, scope: Scope) -> JsonValue:
        try:
            return self.item.apply_inside(item, scope)
        except MappingError as error:
            around = self.origin.place(self.target).path or ""
            place = Place(path=f"{around}/{index}{error.place.path or ''}")
            where = ".".join(self.target)
            raise MappingError(f"{where}[{index}].{error.reason}", rule=error.rule, place=place) from None

    def reversed(self) -> Each:
        """The list back, each item mapped back."""
        return Each(self.origin.path(), _reversed_origin(self), self.item.reverse())

    def needs(self) -> Iterator[Need]:
        """The list, and what its items are read for."""
        yield from self.origin.needs({"type": "array", "items": self.item.source_schema()})

    def schema(self, source: JsonSchema) -> tuple[JsonSchema, bool]:
        """An array of results."""
        found = known_schema(source, self.origin.expression)
        items = found.get("items")
        inner = self.item.schema(items if isinstance(items, dict) else None)
        schema: JsonSchema = {"type": "array", "items": inner}
        return self.origin.schema(schema, found), self.origin.is_always_there


def _reversed_origin(rule: Mapped | Each) -> Origin:
    """An origin that reads what the rule wrote."""
    return Origin(path_expression(rule.target), is_optional=rule.origin.is_optional)
