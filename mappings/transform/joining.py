"""Several records become one: those that belong together.

A group is held until it ends, so it has a bound. Errors have the place in the record that they come from,
and its number.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from mappings.contract import JsonSchema, JsonValue, MappingError, Place, Record
from mappings.transform.expressions import Expression
from mappings.transform.expressions.kinds import equal
from mappings.transform.origin import holds
from mappings.transform.streams import Apply, ApplyInside, Results, Run, numbered, scope_of, unanswered

ITEMS = "items"
FIRST = "first"


@dataclass(frozen=True, slots=True)
class Join:
    """Records that follow each other give one: those with the same `keys`, those from one for which `start`
    is true up to the next, or `size` of them."""

    keys: tuple[Expression, ...]
    start: Expression | None
    size: int | None
    most: int
    why_one_way: ClassVar[str] = "several records become one, which does not say what each of them was"

    def run(self, apply: Apply, apply_inside: ApplyInside) -> Run:
        """What takes the records of one stream."""
        return _Joining(self, apply)

    def seen(self, source: JsonSchema) -> JsonSchema:
        """The schema of a group."""
        items: JsonSchema = {"type": "array", "items": source, "minItems": 1}
        return {"type": "object", "properties": {ITEMS: items, FIRST: source}}

    def source_schema(self, own: JsonSchema) -> JsonSchema:
        """That of the first record of a group, or of any."""
        properties = own.get("properties")
        if not isinstance(properties, dict):
            return {"type": "object"}
        items = properties.get(ITEMS)
        found = properties.get(FIRST) or (items.get("items") if isinstance(items, dict) else None)
        return found if isinstance(found, dict) else {"type": "object"}


class _Joining:
    def __init__(self, join: Join, apply: Apply) -> None:
        self._join = join
        self._apply = apply
        self._records = 0
        self._held: list[JsonValue] = []
        self._numbers: list[int] = []
        self._key: list[JsonValue] = []
        self._count = 0
        self._lacks_record = False
        self._is_after_bad = False

    def feed(self, record: Record, number: int | None = None) -> Results:
        """The group before this record, where it begins another, or the one that is complete with it."""
        self._records = self._records + 1 if number is None else number
        try:
            begins, key = self._begins(record)
        except MappingError as error:
            self._lacks_record = True
            return (unanswered(error, self._records, "group"),)
        results: list[Record | MappingError] = []
        if begins:
            results += self._end()
            self._key = key
            self._lacks_record = self._is_after_bad
        self._is_after_bad = False
        self._count += 1
        if len(self._held) < self._join.most:
            self._held.append(record)
            self._numbers.append(self._records)
        if self._count == self._join.size:
            results += self._end()
        return results

    def skip(self) -> Results:
        """Count a record that could not be read. It may belong to the group that is held, or to the next."""
        self._records += 1
        self._is_after_bad = self._join.size is None
        self._lacks_record = True
        self._count += self._join.size is not None
        return self._end() if self._count == self._join.size else ()

    def finish(self) -> Results:
        """The last group."""
        return self._end(is_last=True)

    def _begins(self, record: Record) -> tuple[bool, list[JsonValue]]:
        """Whether a record begins a group, and the key of that. Raises: MappingError."""
        scope = scope_of(record)
        if self._join.start is not None:
            return holds(self._join.start, scope), []
        key = [each.evaluate(scope) for each in self._join.keys]
        same = len(key) == len(self._key) and all(map(equal, key, self._key))
        return not same, key

    def _end(self, *, is_last: bool = False) -> Results:
        """The result of the group that is held."""
        held, numbers, count, lacks = self._held, self._numbers, self._count, self._lacks_record
        self._held, self._numbers, self._count, self._lacks_record = [], [], 0, False
        if not held:
            return ()
        if lacks:
            problem = "a record of the group, or beside it, could not be read"
            return (MappingError(problem, rule="group-incomplete", place=Place(record=numbers[0])),)
        problem = self._wrong_length(count, is_last=is_last)
        if problem:
            return (MappingError(problem, rule="group-length", place=Place(record=numbers[0])),)
        try:
            return (self._apply({ITEMS: held, FIRST: held[0]}),)
        except MappingError as error:
            return (self._placed(error, numbers),)

    def _wrong_length(self, count: int, *, is_last: bool) -> str:
        """What is wrong with how many records a group has; empty where nothing is."""
        join = self._join
        if count > join.most:
            return f"the group has {count} records, at most {join.most} are allowed"
        if is_last and join.size is not None:
            return f"the last group has {count} records, {join.size} are expected"
        return ""

    def _placed(self, error: MappingError, numbers: Sequence[int]) -> MappingError:
        """An error of a group, in the record that it is about."""
        path = error.place.path
        steps = (path or "").split("/")[1:]
        number, inside = numbers[0], path
        if len(steps) > 1 and steps[0] == ITEMS and steps[1].isdigit() and int(steps[1]) < len(numbers):
            number = numbers[int(steps[1])]
            inside = "".join(f"/{step}" for step in steps[2:])
        elif steps[:1] == [FIRST]:
            inside = "".join(f"/{step}" for step in steps[1:])
        return numbered(error, number, inside or None, error.reason)
