"""One record on its way through the steps of a flow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from mappings.contract import JsonValue, MappingError, Record


@dataclass(slots=True)
class Item:
    """A record. `number` counts what a flow sees of a message, from 1, bad records included; `record` counts
    all records of the format, those that a flow does not see by themselves included, and is for people.
    `arrived` is the record as it was read, `value` what the steps have made of it. `done` holds the calls
    that were made for it already, by step, with what was kept of their answers: it is a dead letter that is
    tried again."""

    number: int
    record: int
    arrived: Record
    value: Record
    done: Mapping[str, JsonValue] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Bad:
    """A record that could not be read. `lost`: nor can anything behind it."""

    number: int
    record: int
    error: MappingError
    lost: bool = False

    @property
    def is_cut(self) -> bool:
        """True when the record is too long to be kept whole beside its file."""
        error = self.error
        return error.raw_is_cut or (error.rule == "record-length" and not error.raw)


Seen: TypeAlias = Item | Bad


@dataclass(frozen=True, slots=True)
class Facts:
    """What expressions are told of the message itself, under the name `message`."""

    message: Mapping[str, JsonValue]

    def names(self, record: Record) -> Mapping[str, Record]:
        """The names that an expression over this record may use: its members, `this` for the whole of it and
        `message`; members come first."""
        around: dict[str, Record] = {"this": record, "message": dict(self.message)}
        return {**around, **record} if isinstance(record, dict) else around
