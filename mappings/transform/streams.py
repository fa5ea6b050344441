"""Where not each record gives one: one becomes several, several become one.

A group is held until it ends, so it has a bound. Errors have the place in the record that they come from,
and its number.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from mappings.contract import JsonSchema, JsonValue, MappingError, Place, Record
from mappings.transform.expressions import Expression
from mappings.transform.expressions.compiled import Scope
from mappings.transform.expressions.kinds import WORDS, equal, kind_of
from mappings.transform.expressions.members import WHOLE, pointer

ITEMS = "items"
FIRST = "first"

Results: TypeAlias = "Sequence[Record | MappingError]"
Apply: TypeAlias = Callable[[Record], Record]
ApplyInside: TypeAlias = Callable[[JsonValue, Scope], Record]


class Run(Protocol):
    """Takes the records of one stream, in order."""

    def feed(self, record: Record, number: int | None = None) -> Results:
        """What is complete with this record; what cannot be made is an error in its place. `number` is
        the record's, where it is not one more than that of the last one."""

    def skip(self) -> Results:
        """Count a record that could not be read, and what is complete with it."""

    def finish(self) -> Results:
        """What the end of the stream completes."""


class OneByOne:
    """Each record gives one."""

    def __init__(self, apply: Apply) -> None:
        self._apply = apply
        self._records = 0

    def feed(self, record: Record, number: int | None = None) -> Results:
        """Its result."""
        self._records = self._records + 1 if number is None else number
        try:
            return (self._apply(record),)
        except MappingError as error:
            return (_numbered(error, self._records, error.place.path, error.reason),)

    def skip(self) -> Results:
        """Count one."""
        self._records += 1
        return ()

    def finish(self) -> Results:
        """Nothing."""
        return ()


@dataclass(frozen=True, slots=True)
class Split:
    """One record gives as many as a list of it has items."""

    items: Expression
    why_one_way = "each: one record becomes several, which do not say where it began"

    def run(self, apply: Apply, apply_inside: ApplyInside) -> Run:
        """What takes the records of one stream."""
        return _Splitting(self.items, apply_inside)

    def seen(self, source: JsonSchema) -> JsonSchema:
        """The schema of an item, as far as it is known."""
        found: JsonValue = source
        path = self.items.path or ()
        for step in path[1:] if path[:1] == (WHOLE,) else path:
            properties = found.get("properties") if isinstance(found, dict) else None
            found = properties.get(step) if isinstance(properties, dict) else None
        items = found.get("items") if isinstance(found, dict) and self.items.path else None
        return items if isinstance(items, dict) else {}

    def source_schema(self, own: JsonSchema) -> JsonSchema:
        """The schema of a record whose items have theirs."""
        schema: JsonSchema = {"type": "array", "items": own}
        path = self.items.path
        if path is None:
            return {"type": "object"}
        for step in reversed(path[1:] if path[0] == WHOLE else path):
            schema = {"type": "object", "properties": {step: schema}, "required": [step]}
        return schema


class _Splitting:
    def __init__(self, items: Expression, apply_inside: ApplyInside) -> None:
        self._items = items
        self._apply_inside = apply_inside
        self._records = 0

    def feed(self, record: Record, number: int | None = None) -> Results:
        """A result for each item."""
        self._records = self._records + 1 if number is None else number
        scope: Scope = record if isinstance(record, dict) else {WHOLE: record}
        at = pointer(self._items.path) if self._items.path is not None else ""
        try:
            items = self._items.evaluate(scope)
        except MappingError as error:
            return (_missing(error, self._records, "each"),)
        if not isinstance(items, list):
            message = f"each goes over a list, this is {WORDS[kind_of(items)]}"
            return (MappingError(message, rule="type", place=Place(record=self._records, path=at or None)),)
        return list(self._each(items, scope, at))

    def _each(self, items: list[JsonValue], scope: Scope, at: str) -> Iterator[Record | MappingError]:
        for index, item in enumerate(items):
            try:
                yield self._apply_inside(item, scope)
            except MappingError as error:
                path = f"{at}/{index}{error.place.path or ''}"
                yield _numbered(error, self._records, path, f"item {index + 1}: {error.reason}")

    def skip(self) -> Results:
        """Count one."""
        self._records += 1
        return ()

    def finish(self) -> Results:
        """Nothing."""
        return ()


@dataclass(frozen=True, slots=True)
class Join:
    """Records that follow each other give one: those with the same `keys`, those from one for which `start`
    is true up to the next, or `size` of them."""

    keys: tuple[Expression, ...]
    start: Expression | None
    size: int | None
    most: int
    why_one_way = "several records become one, which does not say what each of them was"

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
            return (_missing(error, self._records, "group"),)
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
        scope: Scope = record if isinstance(record, dict) else {WHOLE: record}
        join = self._join
        if join.start is not None:
            value = join.start.evaluate(scope)
            if not isinstance(value, bool):
                kind = WORDS[kind_of(value)]
                raise MappingError(f"the condition is {kind}, not true or false", rule="expression")
            return value, []
        key = [each.evaluate(scope) for each in join.keys]
        same = len(key) == len(self._key) and all(map(equal, key, self._key))
        return not same, key

    def _end(self, *, is_last: bool = False) -> Results:
        """The result of the group that is held."""
        held, numbers, count, lacks = self._held, self._numbers, self._count, self._lacks_record
        self._held, self._numbers, self._count, self._lacks_record = [], [], 0, False
        if not held:
            return ()
        size = self._join.size
        problem, rule = None, "group-length"
        if lacks:
            problem, rule = "a record of the group, or beside it, could not be read", "group-incomplete"
        elif count > self._join.most:
            problem = f"the group has {count} records, at most {self._join.most} are allowed"
        elif is_last and size is not None:
            problem = f"the last group has {count} records, {size} are expected"
        if problem is not None:
            return (MappingError(problem, rule=rule, place=Place(record=numbers[0])),)
        try:
            return (self._apply({ITEMS: held, FIRST: held[0]}),)
        except MappingError as error:
            return (self._placed(error, numbers),)

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
        return _numbered(error, number, inside or None, error.reason)


def _missing(error: MappingError, record: int, what: str) -> MappingError:
    """An error of an expression outside of any field; only a missing member has a path."""
    path = error.place.path
    rule = error.rule if path is None else "missing-member"
    return MappingError(f"{what}: {error.reason}", rule=rule, place=Place(record=record, path=path))


def _numbered(error: MappingError, record: int, path: str | None, reason: str) -> MappingError:
    """An error with its record's number."""
    return MappingError(reason, rule=error.rule, place=Place(record=record, path=path), excerpt=error.excerpt)
