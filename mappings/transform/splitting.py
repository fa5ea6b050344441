"""One record becomes several: one for each item of a list."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from mappings.contract import JsonSchema, MappingError, Place, Record
from mappings.transform.expressions import Expression
from mappings.transform.expressions.kinds import WORDS, kind_of
from mappings.transform.expressions.members import pointer, steps_of
from mappings.transform.schemas import schema_at
from mappings.transform.streams import (
    Apply,
    ApplyInside,
    RecordByRecord,
    Run,
    numbered,
    scope_of,
    unanswered,
)


@dataclass(frozen=True, slots=True)
class Split:
    """One record gives as many as a list of it has items."""

    items: Expression
    why_one_way: ClassVar[str] = "each: one record becomes several, which do not say where it began"

    def run(self, apply: Apply, apply_inside: ApplyInside) -> Run:
        """What takes the records of one stream."""
        return RecordByRecord(lambda record, number: self._each(record, number, apply_inside))

    def seen(self, source: JsonSchema) -> JsonSchema:
        """The schema of an item, as far as it is known."""
        if self.items.path is None:
            return {}
        items = schema_at(source, steps_of(self.items.path)).get("items")
        return items if isinstance(items, dict) else {}

    def source_schema(self, own: JsonSchema) -> JsonSchema:
        """The schema of a record whose items have theirs."""
        if self.items.path is None:
            return {"type": "object"}
        schema: JsonSchema = {"type": "array", "items": own}
        for step in reversed(steps_of(self.items.path)):
            schema = {"type": "object", "properties": {step: schema}, "required": [step]}
        return schema

    def _each(
        self, record: Record, number: int, apply_inside: ApplyInside
    ) -> Iterator[Record | MappingError]:
        """A result for each item. An error has its place in the record."""
        scope = scope_of(record)
        at = pointer(self.items.path) if self.items.path is not None else ""
        try:
            items = self.items.evaluate(scope)
        except MappingError as error:
            yield unanswered(error, number, "each")
            return
        if not isinstance(items, list):
            message = f"each goes over a list, this is {WORDS[kind_of(items)]}"
            yield MappingError(message, rule="type", place=Place(record=number, path=at or None))
            return
        for index, item in enumerate(items):
            try:
                yield apply_inside(item, scope)
            except MappingError as error:
                path = f"{at}/{index}{error.place.path or ''}"
                yield numbered(error, number, path, f"item {index + 1}: {error.reason}")
