"""A compiled transform: a record to another, and back where every field allows it."""

from __future__ import annotations

from collections.abc import Sequence

from mappings.contract import JsonSchema, JsonValue, Record
from mappings.transform.conversions import Irreversible
from mappings.transform.expressions.compiled import Scope
from mappings.transform.expressions.members import WHOLE
from mappings.transform.fields import Rule
from mappings.transform.origin import OUTER
from mappings.transform.schemas import object_schema
from mappings.transform.streams import Around, Run, one_by_one
from mappings.transform.targets import collisions, put


class Transform:
    """Compiled when made; safe to use from several threads."""

    def __init__(
        self, rules: Sequence[Rule], back: Transform | None = None, stream: Around | None = None
    ) -> None:
        """`rules` do not collide. `back` is the transform that this one is the inverse of. `stream` says
        what happens where not each record gives one."""
        self._stream = stream
        self._rules = tuple(rules)
        names = frozenset[str]().union(*(rule.roots for rule in rules))
        self._needs_names = bool(names & {WHOLE, OUTER})
        self._back: Transform | None = back
        self.why_one_way: str | None = None
        """Why there is no inverse, naming the field; None where there is one."""
        if stream is not None:
            self.why_one_way = stream.why_one_way
        elif back is None:
            try:
                self._back = Transform(_reversed(rules), self)
            except Irreversible as error:
                self.why_one_way = str(error)

    @property
    def is_one_to_one(self) -> bool:
        """Whether each record gives one, which `apply` makes; otherwise a `run` takes them."""
        return self._stream is None

    def run(self) -> Run:
        """What takes the records of one stream, and gives those that they become."""
        if self._stream is None:
            return one_by_one(self.apply)
        return self._stream.run(self.apply, self.apply_inside)

    def apply(self, record: Record) -> dict[str, JsonValue]:
        """The record's result; where not each record gives one, that of a group. The record is not changed;
        the result may share parts with it.

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
        seen = (source or {}) if self._stream is None else self._stream.seen(source or {})
        parts = [(rule.target, *rule.schema(seen)) for rule in self._rules]
        return object_schema(parts, is_closed=True)

    def source_schema(self) -> JsonSchema:
        """JSON Schema (2020-12) of the records that it takes: what it reads of them, and what it insists on.
        They may have more."""
        own = object_schema((need for rule in self._rules for need in rule.needs()), is_closed=False)
        return own if self._stream is None else self._stream.source_schema(own)

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
