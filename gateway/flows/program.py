"""A flow, compiled: what is run for each message."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from gateway.config import RetrySettings
from gateway.flows.items import Facts
from mappings.contract import Format, MappingError, Record
from mappings.transform import Transform
from mappings.transform.expressions import Expression

CHUNK_OF_A_FILE = 100
"""Records between two checkpoints of a file whose steps name no batch."""
CHECKED = "checked"
"""The count in `Progress` of records that were read and mapped before anything was sent; it is there once
that is done."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How a payload becomes records. Without `format` it is one record that tells of the bytes, which calls
    of byte operations carry on as they are. `single`: the payload is one JSON value, which is the record.
    `split`: makes of each record those that the flow sees."""

    format: Format | None
    single: bool = False
    split: Transform | None = None

    @property
    def has_several(self) -> bool:
        """Whether the payload is a stream of records."""
        return self.format is not None and not self.single


@dataclass(frozen=True, slots=True)
class Condition:
    """An expression that is true or false of a record."""

    expression: Expression
    text: str

    def holds(self, record: Record, facts: Facts) -> bool:
        """Raises: MappingError, also when the value is neither true nor false."""
        value = self.expression.evaluate(facts.names(record))
        if not isinstance(value, bool):
            raise MappingError("the condition is neither true nor false", rule="condition")
        return value


@dataclass(frozen=True, slots=True)
class Map:
    """Makes another record of each."""

    id: str
    transform: Transform


@dataclass(frozen=True, slots=True)
class Filter:
    """Lets some records through."""

    id: str
    condition: Condition


@dataclass(frozen=True, slots=True)
class Branch:
    """Steps for some records; without `condition`, for those that no other branch takes."""

    condition: Condition | None
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Choose:
    """Gives each record to the first branch that takes it."""

    id: str
    branches: tuple[Branch, ...]

    def branch_of(self, record: Record, facts: Facts) -> int | None:
        """The index of the branch. Raises: MappingError."""
        for index, branch in enumerate(self.branches):
            if branch.condition is None or branch.condition.holds(record, facts):
                return index
        return None


@dataclass(frozen=True, slots=True)
class Call:
    """Calls an operation. `arguments`: names and what they are; names of the operation's parameters or of
    members of its body, which is known once the operation is."""

    id: str
    system: str
    operation: str
    batch: int | None = None
    arguments: tuple[tuple[str, Expression], ...] = ()
    reply_as: str | None = None
    idempotent: bool = False


Step: TypeAlias = Map | Filter | Choose | Call


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """One version of a flow."""

    flow: str
    version: str
    reading: Reading
    steps: tuple[Step, ...]
    acknowledge: Call | None = None
    """Sends what the standard of the payload answers to its sender."""
    order_by: Expression | None = None
    on_record_error: Literal["reject_file", "dead_letter_record"] = "reject_file"
    max_in_flight: int = 4
    retry: RetrySettings = field(default_factory=RetrySettings)

    @property
    def chunk(self) -> int:
        """Records between two checkpoints."""
        batches = [call.batch for call in calls(self.steps) if call.batch is not None]
        return max(batches, default=CHUNK_OF_A_FILE)


def calls(steps: Sequence[Step]) -> Iterator[Call]:
    """All calls among these steps and those of their branches."""
    for step in steps:
        if isinstance(step, Call):
            yield step
        elif isinstance(step, Choose):
            for branch in step.branches:
                yield from calls(branch.steps)
