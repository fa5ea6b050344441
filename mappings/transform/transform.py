"""A compiled transform: a record to another, and back where every field allows it."""

from __future__ import annotations

from collections.abc import Sequence

from mappings.contract import JsonSchema, JsonValue, Record
from mappings.transform.conversions import Irreversible
from mappings.transform.expressions.compiled import Scope
from mappings.transform.expressions.members import WHOLE
from mappings.transform.fields import OUTER, Rule
from mappings.transform.targets import Path, collisions, put


class Transform:
    """Compiled when made; safe to use from several threads."""

    def __init__(self, rules: Sequence[Rule], back: Transform | None = None) -> None:
        """`rules` do not collide. `back` is the transform that this one is the inverse of."""
        self._rules = tuple(rules)
        names = frozenset[str]().union(*(rule.roots for rule in rules))
        self._needs_names = bool(names & {WHOLE, OUTER})
        self._back: Transform | None = back
        self.why_one_way: str | None = None
        """Why there is no inverse, naming the field; None where there is one."""
        if back is None:
            try:
                self._back = Transform(_reversed(rules), self)
            except Irreversible as error:
                self.why_one_way = str(error)

    def apply(self, record: Record) -> dict[str, JsonValue]:
        """The record's result. The record is not changed; the result may share parts with it.

        Raises: MappingError with the rule, and the path of the member at fault, mostly in the source.
        """
        return self._result(record if type(record) is dict else {WHOLE: record})

    def apply_inside(self, item: JsonValue, outer: Scope) -> dict[str, JsonValue]:
        """The same for an item of a list; `outer` are the names around it. Raises: MappingError."""
        members = item if type(item) is dict else {}
        if type(item) is dict and not self._needs_names:
            return self._result(item)
        return self._result({OUTER: dict(outer), WHOLE: item, **members})

    def inverse(self) -> Transform | None:
        """The other way: `inverse().apply(apply(r)) == r` for every record of the mapped members, with texts
        of numbers and dates in their canonical form. None where a field cannot be undone: `why_one_way`."""
        return self._back

    def reverse(self) -> Transform:
        """The inverse. Raises: Irreversible with the reason."""
        if self._back is None:
            raise Irreversible(self.why_one_way)
        return self._back

    def schema(self, source: JsonSchema | None = None) -> JsonSchema:
        """JSON Schema (2020-12) of the result, as far as it is known; `source` is that of the records."""
        result: JsonSchema = {
            "type": "object",
            "properties": {},
            "required": [],
            "additionalProperties": False,
        }
        for rule in self._rules:
            schema, is_there = rule.schema(source or {})
            _insert(result, rule.target, schema, is_there)
        return _without_empty(result)

    def _result(self, scope: Scope) -> dict[str, JsonValue]:
        result: dict[str, JsonValue] = {}
        for rule in self._rules:
            found, value = rule.value(scope)
            if found:
                put(result, rule.target, value)
        return result


def _reversed(rules: Sequence[Rule]) -> list[Rule]:
    """The rules of the inverse. Raises: Irreversible naming the field."""
    found: list[Rule] = []
    for rule in rules:
        try:
            found.append(rule.reversed())
        except Irreversible as error:
            raise Irreversible(f"{'.'.join(rule.target)}: {error}") from None
    problems = collisions(rule.target for rule in found)
    if problems:
        raise Irreversible(f"the source {problems[0]}")
    return found


def _insert(schema: JsonSchema, path: Path, value: JsonSchema, is_there: bool) -> None:
    """Put a member's schema in at its path."""
    inside = schema
    for step in path[:-1]:
        properties, required = inside["properties"], inside["required"]
        assert isinstance(properties, dict)
        assert isinstance(required, list)
        if step not in properties:
            properties[step] = {
                "type": "object",
                "properties": {},
                "required": [],
                "additionalProperties": False,
            }
        if is_there and step not in required:
            required.append(step)
        below = properties[step]
        assert isinstance(below, dict)
        inside = below
    properties, required = inside["properties"], inside["required"]
    assert isinstance(properties, dict)
    assert isinstance(required, list)
    properties[path[-1]] = value
    if is_there:
        required.append(path[-1])


def _without_empty(schema: JsonSchema) -> JsonSchema:
    """Without `required` where nothing is."""
    properties = schema.get("properties")
    result = {key: value for key, value in schema.items() if key != "required" or value}
    if isinstance(properties, dict):
        result["properties"] = {
            name: _without_empty(inner) if isinstance(inner, dict) else inner
            for name, inner in properties.items()
        }
    return result
