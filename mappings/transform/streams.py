"""How the records of one stream become others, and what their errors say: each its number."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol, TypeAlias

from mappings.contract import JsonSchema, JsonValue, MappingError, Place, Record
from mappings.transform.expressions.compiled import Scope
from mappings.transform.expressions.members import WHOLE
from mappings.transform.origin import rule_of

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


class Around(Protocol):
    """What happens around each record where not each gives one."""

    @property
    def why_one_way(self) -> str:
        """Why there is no way back."""

    def run(self, apply: Apply, apply_inside: ApplyInside) -> Run:
        """What takes the records of one stream; the transform is applied to a record, or to a part of one."""

    def seen(self, source: JsonSchema) -> JsonSchema:
        """The schema of what the transform is applied to, given that of the records."""

    def source_schema(self, own: JsonSchema) -> JsonSchema:
        """The schema of the records, given that of what the transform is applied to."""


class RecordByRecord:
    """All that a record gives is complete with it. `make` gets the record and its number."""

    def __init__(self, make: Callable[[Record, int], Iterable[Record | MappingError]]) -> None:
        self._make = make
        self._records = 0

    def feed(self, record: Record, number: int | None = None) -> Results:
        """Its results."""
        self._records = self._records + 1 if number is None else number
        return tuple(self._make(record, self._records))

    def skip(self) -> Results:
        """Count one."""
        self._records += 1
        return ()

    def finish(self) -> Results:
        """Nothing."""
        return ()


def one_by_one(apply: Apply) -> Run:
    """Each record gives one."""

    def make(record: Record, number: int) -> Results:
        try:
            return (apply(record),)
        except MappingError as error:
            return (numbered(error, number, error.place.path, error.reason),)

    return RecordByRecord(make)


def scope_of(record: Record) -> Scope:
    """The names that a record gives to an expression."""
    return record if isinstance(record, dict) else {WHOLE: record}


def numbered(error: MappingError, record: int, path: str | None, reason: str) -> MappingError:
    """An error with its record's number."""
    return MappingError(reason, rule=error.rule, place=Place(record=record, path=path), excerpt=error.excerpt)


def unanswered(error: MappingError, record: int, what: str) -> MappingError:
    """An error of an expression outside of any field."""
    place = Place(record=record, path=error.place.path)
    return MappingError(f"{what}: {error.reason}", rule=rule_of(error), place=place)
