"""What was found at a place of the data: a record, and its fields with their bytes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from pydantic import BaseModel

from mappings.contract import JsonValue, MappingError

Chunks: TypeAlias = Iterable[bytes]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for: the record that has the byte `at`, counted from 0, or the record of a number, from
    1. One of them is given."""

    at: int | None = None
    record: int | None = None

    def is_met(self, number: int, start: int, end: int) -> bool:
        """Is it this record, whose bytes with what separates it are from `start` to `end`."""
        return number == self.record if self.at is None else start <= self.at < end


@dataclass(frozen=True, slots=True)
class Seen:
    """One field. `start` and `end` count bytes of the data from 0; `definition` says what it is by its
    definition or picture. `error` says what is wrong with it; otherwise it has a `value`, where it is one."""

    path: str
    start: int
    end: int
    data: bytes
    definition: str = ""
    value: JsonValue | None = None
    has_value: bool = False
    error: str | None = None


@dataclass(slots=True)
class Explained:
    """One record, or one segment."""

    number: int
    kind: str
    """The name of its type, or what else it is."""
    start: int
    data: bytes
    line: int | None = None
    is_ebcdic: bool = False
    fields: list[Seen] = field(default_factory=list)
    errors: list[MappingError] = field(default_factory=list)

    def at(self, offset: int) -> Seen | None:
        """The field that has a byte."""
        return next((each for each in self.fields if each.start <= offset < each.end), None)


def described(field: BaseModel, *left_out: str) -> str:
    """A field's definition in one line: its type, and its other keys as YAML has them."""
    keys = field.model_dump(mode="json", exclude_defaults=True, by_alias=True)
    for name in ("description", *left_out):
        keys.pop(name, None)
    kind = keys.pop("type", "string")
    return " ".join([str(kind), *(f"{name}={_shown(value)}" for name, value in keys.items())])


def _shown(value: JsonValue) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return f"[{', '.join(map(_shown, value))}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{name}: {_shown(each)}' for name, each in value.items())}}}"
    return "null" if value is None else str(value)


def offsets(chunks: Chunks) -> Iterator[tuple[int, bytes]]:
    """The lines of the data with the offset of each, their line ends included."""
    pending, start = bytearray(), 0
    for chunk in chunks:
        pending += chunk
        end = pending.rfind(b"\n") + 1
        if not end:
            continue
        for line in bytes(pending[:end]).split(b"\n")[:-1]:
            yield start, line + b"\n"
            start += len(line) + 1
        del pending[:end]
    if pending:
        yield start, bytes(pending)
