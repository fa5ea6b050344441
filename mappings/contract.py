"""The contract of a format: bytes to records and back, from one definition.

Pure: what a format may not fetch itself (the time, counters, limits) comes in by `Context`. Memory is
bounded by one record plus one chunk. A bad record is a value with a place, and the decoder goes on; only a
stream that cannot be resynchronised raises `MappingError`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Literal, Protocol, TypeAlias, runtime_checkable

JsonValue: TypeAlias = "None | bool | int | float | Decimal | str | list[JsonValue] | dict[str, JsonValue]"
JsonSchema: TypeAlias = dict[str, JsonValue]
Record: TypeAlias = JsonValue
"""What a format's schema says: an object where the format has fields, any JSON value where it is JSON."""

EXCERPT_LENGTH = 120
MAX_CUT_BYTES = 64 * 1024
"""Bytes that are kept of a record that is longer than it may be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where in the data something is. `record` counts from 1, `byte_offset` from 0, `line` and `column` from
    1; `path` is a JSON pointer into the record. None where it does not apply."""

    record: int | None = None
    byte_offset: int | None = None
    line: int | None = None
    column: int | None = None
    path: str | None = None

    def __str__(self) -> str:
        parts = (
            ("record", self.record),
            ("line", self.line),
            ("column", self.column),
            ("byte", self.byte_offset),
            ("field", self.path),
        )
        return ", ".join(f"{name} {value}" for name, value in parts if value is not None)


class MappingError(ValueError):
    """Data that breaks a rule of its format: where, which rule, and a bounded excerpt.

    `rule` is a stable word such as `utf-8` or `duplicate-key`, for programs; the message is for people.
    `raw` is the bad record as it came, without its line end: at most the context's `max_record_bytes`, empty
    where nothing was kept. Of a longer record (the rule `record-length`) it is the beginning, at most
    MAX_CUT_BYTES, and `raw_is_cut` is true. It is for the dead letter; no message or log shows it.
    """

    def __init__(
        self,
        message: str,
        *,
        rule: str,
        place: Place | None = None,
        excerpt: str = "",
        raw: bytes = b"",
        raw_is_cut: bool = False,
    ) -> None:
        self.place = place or Place()
        self.rule = rule
        self.reason = message
        self.excerpt = excerpt[:EXCERPT_LENGTH]
        self.raw = raw
        self.raw_is_cut = raw_is_cut
        where = str(self.place)
        super().__init__(f"{where}: {message}" if where else message)


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What a decoder or encoder is told from outside. Units: bytes for `max_record_bytes`; `now` carries its
    offset from UTC, and is None where no time was given: what needs it is then an error. `next_number` gives
    the next control number of the counter that it is asked for, whose name says among what its numbers are
    unique, such as `x12/interchange/ZZ:ACME/ZZ:BIGCO`; without it each stream counts from 1. `seen_before`
    says whether something else has brought what has this identity, such as the interchange with a number of
    its sender; it is asked once for each of them. What is in the stream itself is not its concern."""

    max_record_bytes: int = 1 << 20
    max_depth: int = 64
    now: datetime | None = None
    next_number: Callable[[str], int] | None = None
    seen_before: Callable[[str], bool] | None = None


@dataclass(frozen=True, slots=True)
class Summary:
    """What a decoder saw: how many records, good and bad.

    `acknowledgement` is what the standard of the format answers to the sender, complete, in the same
    standard; empty where it has no such answer. `leniencies` counts how often each rule that the definition
    relaxes was broken.
    """

    records: int
    errors: int
    acknowledgement: bytes = b""
    leniencies: Mapping[str, int] = field(default_factory=dict)


Details: TypeAlias = Callable[["Record | MappingError"], "Record | None"]
"""What a flow sees of a stream's records: called once for each, in order, for one stream only.

Where a format has several types of record, each repeated one gives an object that holds it with the single
ones around it, and the single ones give None; the records of all others are given as they are. It is called
for the decoder's errors too, and gives None for them: then a header that could not be read is not taken for
the one before it.
"""


def as_it_is(result: Record | MappingError) -> Record | None:
    """The details of a format whose records stand for themselves."""
    return None if isinstance(result, MappingError) else result


class Decoder(Protocol):
    """Reads one stream. `feed` takes chunks cut anywhere; `finish` is called once, after the last."""

    def feed(self, chunk: bytes) -> Sequence[Record | MappingError]:
        """The records that are complete now, bad ones as values. Raises MappingError when lost."""

    def finish(self) -> tuple[Sequence[Record | MappingError], Summary]:
        """What the end of the data completes, and the summary. Raises MappingError when lost."""


class BlockDecoder(Protocol):
    """Reads one stream as a `Decoder` does, and gives the records as bytes: lines of NDJSON, as
    `mappings.json.encode_line` writes each of them, any number in one piece; or a file of another kind."""

    @property
    def written(self) -> int:
        """How many records were given so far."""

    def feed(self, chunk: bytes) -> Sequence[bytes | MappingError]:
        """The bytes of the records that are complete now, bad ones as values, in order. Raises MappingError
        when lost."""

    def finish(self) -> tuple[Sequence[bytes | MappingError], Summary]:
        """What the end of the data completes, and the summary. Raises MappingError when lost."""


class Encoder(Protocol):
    """Writes one stream."""

    def encode(self, records: Iterable[Record]) -> bytes:
        """The bytes of these records. Raises MappingError naming the record and field."""

    def finish(self) -> bytes:
        """What follows the last record."""


class Format(Protocol):
    """One definition, both directions: `decode(encode(r)) == r` for every valid record."""

    @property
    def content_type(self) -> str:
        """The media type of the bytes."""

    def schema(self) -> JsonSchema:
        """JSON Schema (2020-12) of one record."""

    def decoder(self, context: Context) -> Decoder:
        """A decoder for one stream."""

    def encoder(self, context: Context) -> Encoder:
        """An encoder for one stream."""

    def details(self) -> Details:
        """What flows see of one stream."""

    def losses(self) -> Sequence[str]:
        """What `encode(decode(b))` does not give again as it was, each a sentence that begins with the place
        in the definition; none where the bytes come out the same, whatever they were."""


@runtime_checkable
class PlainFormat(Format, Protocol):
    """A format whose records hold nothing but objects, lists, texts, truths, nulls, and numbers that JSON
    carries as they are: no float, and nothing beyond `MAX_NUMBER_LENGTH` and `MAX_EXPONENT` of
    `mappings.json`. That need not be looked for when they are written as JSON."""

    are_plain: Literal[True]


@runtime_checkable
class FlatFormat(Format, Protocol):
    """A format whose records may be read and written in columns (`mappings.columns`)."""

    is_flat: Literal[True]
