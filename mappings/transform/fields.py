"""One field of a transform: where its value comes from, what happens to it, whether that can be undone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from mappings.contract import JsonSchema, JsonValue, MappingError, Place
from mappings.transform.conversions import Conversion, Irreversible, Unconverted
from mappings.transform.expressions import Expression, path_expression
from mappings.transform.expressions.compiled import Scope
from mappings.transform.expressions.kinds import WORDS, Kind, equal, kind_of
from mappings.transform.expressions.members import WHOLE, pointer
from mappings.transform.targets import Path

OUTER = "outer"
"""Inside `each`, the name of what the names around it stand for."""

Found: TypeAlias = tuple[bool, JsonValue]
Need: TypeAlias = "tuple[Path, JsonSchema, bool]"
"""A member of the source by its path, JSON Schema of it as far as it is known, and whether it has to be
there."""
ABSENT: Found = (False, None)
_KIND_SCHEMAS: dict[Kind, JsonSchema] = {
    "boolean": {"type": "boolean"},
    "number": {"type": "number"},
    "text": {"type": "string"},
    "list": {"type": "array"},
    "object": {"type": "object"},
    "null": {"type": "null"},
}


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
class Origin:
    """An expression, and what happens where it, or what it names, is missing."""

    expression: Expression
    when: Expression | None = None
    default: tuple[JsonValue, ...] = ()
    is_optional: bool = False

    @property
    def roots(self) -> frozenset[str]:
        """The names that it uses."""
        return self.expression.roots | (self.when.roots if self.when else frozenset())

    def find(self, scope: Scope, target: Path) -> Found:
        """Whether there is a value, and it, before any conversion. Raises: MappingError."""
        try:
            if self.when is not None and not _true(self.when.evaluate(scope)):
                return ABSENT
            value = self.expression.evaluate(scope)
        except MappingError as error:
            # Only a missing member has a path; whatever else is wrong is not a matter of defaults.
            if error.place.path is not None and (self.default or self.is_optional):
                return (True, self.default[0]) if self.default else ABSENT
            raise _of_target(error, target) from None
        return (True, self.default[0]) if value is None and self.default else (True, value)

    def path(self) -> Path:
        """The members that it leads along. Raises: Irreversible where it does anything else."""
        path = self.expression.path
        if path is None:
            raise Irreversible("its source is an expression, not a path")
        path = path[1:] if path[0] == WHOLE else path
        if not path or path[0] == OUTER:
            raise Irreversible(f"its source is {'the whole record' if not path else 'outside the item'}")
        if self.when is not None:
            raise Irreversible("it has a condition")
        if self.default:
            raise Irreversible("it has a default, which stands for a missing source")
        return path

    def place(self, target: Path) -> Place:
        """Where a bad value is: in the source where that is a path, else in the result."""
        return Place(path=pointer(self.expression.path or target))

    def schema(self, converted: JsonSchema, source: JsonSchema) -> JsonSchema:
        """The schema of what is converted, with the default or null beside it where they can come."""
        if self.default:
            return {"anyOf": [converted, {"const": self.default[0]}]} if converted else {}
        kinds = source.get("type")
        may_be_null = "null" in kinds if isinstance(kinds, list) else kinds is None
        if converted is source or not may_be_null:
            return converted
        if "enum" in converted and isinstance(converted["enum"], list):
            return {"enum": [*converted["enum"], None]}
        kind = converted.get("type")
        return {**converted, "type": [kind, "null"]} if isinstance(kind, str) else converted

    def needs(self, schema: JsonSchema) -> Iterator[Need]:
        """The members that it reads; `schema` is that of the value."""
        path = self.expression.path
        named = self.roots
        if path is not None:
            path = path[1:] if path[0] == WHOLE else path
            if path and path[0] != OUTER:
                yield path, _or_null(schema), self.is_always_there and not self.default
            named = self.when.roots if self.when else frozenset()
        yield from _named(named)

    @property
    def is_always_there(self) -> bool:
        """False where the member can be left out."""
        return self.when is None and not self.is_optional


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
        return Mapped(self.origin.path(), reversed_origin(self), self.conversion.reversed())

    def needs(self) -> Iterator[Need]:
        """What its expression reads."""
        yield from self.origin.needs(self.conversion.source_schema())

    def schema(self, source: JsonSchema) -> tuple[JsonSchema, bool]:
        """What the conversion gives."""
        found = _schema_at(source, self.origin.expression)
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
            return ABSENT if self.when and not _true(self.when.evaluate(scope)) else (True, self.constant)
        except MappingError as error:
            raise _of_target(error, self.target) from None

    def reversed(self) -> Expected:
        """A check that it is there."""
        if self.when is not None:
            raise Irreversible("it has a condition")
        return Expected(self.target, self.constant)

    def needs(self) -> Iterator[Need]:
        """What its condition reads."""
        yield from _named(self.roots)

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
        value: JsonValue = dict(scope)
        for step in self.target:
            value = value.get(step) if isinstance(value, dict) else None
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
        return Each(self.origin.path(), reversed_origin(self), self.item.reverse())

    def needs(self) -> Iterator[Need]:
        """The list, and what its items are read for."""
        yield from self.origin.needs({"type": "array", "items": self.item.source_schema()})

    def schema(self, source: JsonSchema) -> tuple[JsonSchema, bool]:
        """An array of results."""
        found = _schema_at(source, self.origin.expression)
        items = found.get("items")
        inner = self.item.schema(items if isinstance(items, dict) else None)
        schema: JsonSchema = {"type": "array", "items": inner}
        return self.origin.schema(schema, found), self.origin.is_always_there


def reversed_origin(rule: Mapped | Each) -> Origin:
    """An origin that reads what the rule wrote."""
    return Origin(path_expression(rule.target), is_optional=rule.origin.is_optional)


def _named(names: frozenset[str]) -> Iterator[Need]:
    """Members of which only the name is known."""
    for name in sorted(names - {WHOLE, OUTER}):
        yield (name,), {}, False


def _or_null(schema: JsonSchema) -> JsonSchema:
    """Null stays null through every conversion."""
    if isinstance(schema.get("enum"), list):
        return {"anyOf": [schema, {"type": "null"}]}
    kind = schema.get("type")
    return {**schema, "type": [kind, "null"]} if isinstance(kind, str) else schema


def _true(value: JsonValue) -> bool:
    if isinstance(value, bool):
        return value
    raise MappingError(f"the condition is {WORDS[kind_of(value)]}, not true or false", rule="expression")


def _of_target(error: MappingError, target: Path) -> MappingError:
    rule = "missing-member" if error.place.path is not None else error.rule
    return MappingError(f"{'.'.join(target)}: {error.reason}", rule=rule, place=error.place)


def _schema_at(source: JsonSchema, expression: Expression) -> JsonSchema:
    """What is known of an expression's values."""
    if expression.path is None:
        return _KIND_SCHEMAS.get(expression.kind, {}) if expression.kind else {}
    schema: JsonValue = source
    for step in expression.path[1:] if expression.path[0] == WHOLE else expression.path:
        properties = schema.get("properties") if isinstance(schema, dict) else None
        schema = properties.get(step) if isinstance(properties, dict) else None
    return schema if isinstance(schema, dict) else {}
