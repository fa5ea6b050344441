"""Lines of NDJSON to a format in blocks: those that are all written alike in columns, others one by one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Protocol, TypeAlias

import numpy as np

from mappings.columns import Refused
from mappings.columns.blocks import BLOCK_BYTES, FEWEST_ROWS
from mappings.columns.delimited_block_writer import delimited_block_writer
from mappings.columns.fixed_block_writer import fixed_block_writer
from mappings.columns.ndjson_shape import Path, Shape, learn
from mappings.columns.ndjson_values import Values
from mappings.columns.template import Lines
from mappings.contract import Context, Encoder, Format, MappingError, Record
from mappings.copybook import CopybookFormat
from mappings.delimited import DelimitedFormat, HeaderedText
from mappings.fixed_width import FixedWidthFormat
from mappings.json import NdjsonFormat

_NEWLINE = b"\n"


Parts: TypeAlias = Iterator[bytes | MappingError | Refused]


class BlockWriter(Protocol):
    """Writes lines of one shape in columns, beside a format's encoder."""

    @property
    def encoder(self) -> Encoder:
        """The record path."""

    @property
    def paths(self) -> frozenset[Path] | None:
        """The paths of the values that every record has; None as long as records go one by one."""

    def write(self, values: Values, shape: Shape) -> Lines:
        """The bytes of the lines that are good, and stay it: those of `values.good` when it returns."""

    def passed(self, count: int) -> None:
        """Tell the record path of records that were written here."""


class NdjsonEncoder:
    """One stream of NDJSON, to a format."""

    def __init__(self, writer: BlockWriter, context: Context) -> None:
        self._decoder = NdjsonFormat().decoder(context)
        self._writer = writer
        self._most = context.max_record_bytes
        self._shape: Shape | None = None
        self._records = 0
        self.written = 0

    def feed(self, chunk: bytes) -> Sequence[bytes | MappingError | Refused]:
        """The bytes of the records that are complete now, and errors, in order."""
        return list(self._parts(chunk))

    def finish(self) -> Sequence[bytes | MappingError | Refused]:
        """The bytes of a last line that has no end."""
        results, _ = self._decoder.finish()
        return list(self._one_by_one(results))

    def end(self) -> bytes:
        """What follows the last record. Raises: MappingError when records are missing."""
        return self._writer.encoder.finish()

    def _parts(self, chunk: bytes) -> Parts:
        at = 0
        while at < len(chunk):
            if not self._decoder.is_between_lines or self._writer.paths is None:
                end = chunk.find(_NEWLINE, at) + 1 or len(chunk)
                yield from self._one_by_one(self._decoder.feed(chunk[at:end]))
            else:
                end = chunk.rfind(_NEWLINE, at, at + BLOCK_BYTES) + 1
                if end > at:
                    yield from self._block(chunk[at:end])
                else:
                    end = len(chunk)
                    yield from self._one_by_one(self._decoder.feed(chunk[at:]))
            at = end

    def _one_by_one(self, results: Sequence[Record | MappingError]) -> Parts:
        """Write records that were read by the record path."""
        parts: list[bytes] = []
        for result in results:
            wrong: MappingError | Refused | None = None
            if isinstance(result, MappingError):
                self._records += result.place.record is not None
                wrong = result
            else:
                self._records += 1
                try:
                    parts.append(self._writer.encoder.encode([result]))
                    self.written += 1
                except MappingError as error:
                    wrong = Refused(error, self._records, result)
            if wrong is not None:
                yield b"".join(parts)
                parts.clear()
                yield wrong
        yield b"".join(parts)

    def _block(self, block: bytes) -> Parts:
        """Write whole lines."""
        values = self._values(block)
        if values is None:
            yield from self._one_by_one(self._decoder.feed(block))
            return
        assert self._shape is not None, "the values are of a shape"
        lines = self._writer.write(values, self._shape)
        good, starts, before = values.good, values.starts, 0
        if 2 * int(good.sum()) < len(good):
            self._shape = None
        changes = np.flatnonzero(good[1:] != good[:-1]) + 1
        for first, end in pairwise([0, *changes.tolist(), len(good)]):
            part = slice(int(starts[first]), int(starts[end]))
            if not good[first]:
                yield from self._one_by_one(self._decoder.feed(block[part]))
                continue
            count = end - first
            self._decoder.pass_over(count, part.stop - part.start)
            self._writer.passed(count)
            self._records += count
            self.written += count
            yield lines.between(before, before + count)
            before += count

    def _values(self, block: bytes) -> Values | None:
        """The values of a block; None where its lines have no shape, or are too few."""
        if block.count(_NEWLINE) < FEWEST_ROWS:
            return None
        if self._shape is None:
            shape = learn(block[: block.index(_NEWLINE)])
            if shape is None or frozenset(shape.paths) != self._writer.paths:
                return None
            self._shape = shape
        return Values(block, self._shape, self._most)


def block_encoder(format_: Format, context: Context) -> NdjsonEncoder | None:
    """An encoder of one stream; None where the format's structure does not allow columns."""
    writer: BlockWriter | None = None
    if isinstance(format_, FixedWidthFormat | CopybookFormat):
        writer = fixed_block_writer(format_, context)
    elif isinstance(format_, DelimitedFormat | HeaderedText):
        writer = delimited_block_writer(format_, context)
    return None if writer is None else NdjsonEncoder(writer, context)
