"""Where the value of a field comes from, and what happens where it, or what it names, is missing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from mappings.contract import JsonSchema, JsonValue, MappingError, Place
from mappings.transform.conversions import Irreversible
from mappings.transform.expressions import Expression
from mappings.transform.expressions.compiled import Scope
from mappings.transform.expressions.kinds import WORDS, Kind, kind_of
from mappings.transform.expressions.members import WHOLE, pointer, steps_of
from mappings.transform.schemas import schema_at
from mappings.transform.targets import Path

OUTER = "outer"
"""Inside `each`, the name of what the names around it stand for."""

Found: TypeAlias = tuple[bool, JsonValue]
"""Whether there is a value, and it."""
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
            if self.when is not None and not holds(self.when, scope):
                return ABSENT
            value = self.expression.evaluate(scope)
        except MappingError as error:
            # Only a missing member has a path; whatever else is wrong is not a matter of defaults.
            if error.place.path is not None and (self.default or self.is_optional):
                return (True, self.default[0]) if self.default else ABSENT
            raise of_target(error, target) from None
        return (True, self.default[0]) if value is None and self.default else (True, value)

    def path(self) -> Path:
        """The members that it leads along. Raises: Irreversible where it does anything else."""
        if self.expression.path is None:
            raise Irreversible("its source is an expression, not a path")
        path = steps_of(self.expression.path)
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
        names = self.roots
        if self.expression.path is not None:
            path = steps_of(self.expression.path)
            if path and path[0] != OUTER:
                yield path, _or_null(schema), self.is_always_there and not self.default
            names = self.when.roots if self.when else frozenset()
        yield from named(names)

    @property
    def is_always_there(self) -> bool:
        """False where the member can be left out."""
        return self.when is None and not self.is_optional


def named(names: frozenset[str]) -> Iterator[Need]:
    """Members of which only the name is known."""
    for name in sorted(names - {WHOLE, OUTER}):
        yield (name,), {}, False


def holds(condition: Expression, scope: Scope) -> bool:
    """Whether a condition is true. Raises: MappingError, also where it is neither true nor false."""
    value = condition.evaluate(scope)
    if isinstance(value, bool):
        return value
    raise MappingError(f"the condition is {WORDS[kind_of(value)]}, not true or false", rule="expression")


def rule_of(error: MappingError) -> str:
    """The rule that an expression's error is told by: only that of a missing member has a path."""
    return error.rule if error.place.path is None else "missing-member"


def of_target(error: MappingError, target: Path) -> MappingError:
    """An expression's error, told of the field that it is for."""
    return MappingError(f"{'.'.join(target)}: {error.reason}", rule=rule_of(error), place=error.place)


def known_schema(source: JsonSchema, expression: Expression) -> JsonSchema:
    """What is known of an expression's values; `source` is the schema of the record."""
    if expression.path is not None:
        return schema_at(source, steps_of(expression.path))
    return _KIND_SCHEMAS.get(expression.kind, {}) if expression.kind else {}


def _or_null(schema: JsonSchema) -> JsonSchema:
    """Null stays null through every conversion."""
    if isinstance(schema.get("enum"), list):
        return {"anyOf": [schema, {"type": "null"}]}
    kind = schema.get("type")
    return {**schema, "type": [kind, "null"]} if isinstance(kind, str) else schema
