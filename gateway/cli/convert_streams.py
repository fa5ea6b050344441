"""Streams on their way through `gateway convert`: what all have, blocks, and record by record."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Generic, Protocol, TypeVar

from gateway.cli.convert_errors import Errors, Stopped
from gateway.cli.convert_files import Output
from gateway.cli.convert_mapped import Mapped
from gateway.cli.convert_records import Writer
from mappings.compression import portions
from mappings.compression.watching import Reads
from mappings.contract import BlockDecoder, Decoder, MappingError, Record, Summary

T = TypeVar("T")

CHUNK_BYTES = 256 * 1024
"""Bytes that are read at once: a block of columns. They are held with all that is made of them. With 1 MB at
once a conversion takes some 10 MB more, and is no faster."""

RECORDS_CHUNK_BYTES = 32 * 1024
"""Bytes that are read at once where they become records, which take some ten times as much. A processor's
cache holds no more: with 256 KiB at once a conversion of X12 took a quarter longer."""

STOPPED = "stopped at the first error (--strict)"


class Conversion(Protocol):
    """One stream on its way."""

    @property
    def chunk_bytes(self) -> int:
        """How much is read at once."""

    @property
    def written(self) -> int:
        """Records converted so far."""

    @property
    def summary(self) -> Summary | None:
        """What the decoder saw, where it came to the end."""

    def feed(self, chunk: bytes, output: Output) -> None:
        """Convert what is complete now. Raises: Stopped, Failure."""

    def finish(self, output: Output) -> None:
        """Convert what is left, and end the output. Raises: Stopped, Failure."""


class Decoding(ABC, Generic[T]):
    """A conversion of what a decoder gives. Subclasses say what becomes of it, and count what was written."""

    def __init__(self, decoder: Reads[T], errors: Errors, *, strict: bool) -> None:
        self._decoder = decoder
        self._errors = errors
        self._strict = strict
        self.summary: Summary | None = None

    def feed(self, chunk: bytes, output: Output) -> None:
        """Convert what is complete now. Raises: Stopped, Failure."""
        try:
            for results in portions(self._decoder, chunk):
                self._put(results, output)
        except MappingError as lost:
            raise self._errors.lost(lost) from None

    def finish(self, output: Output) -> None:
        """Convert what is left, and end the output. Raises: Stopped, Failure."""
        try:
            results, self.summary = self._decoder.finish()
        except MappingError as lost:
            raise self._errors.lost(lost) from None
        self._put(results, output)

    @abstractmethod
    def _put(self, results: Sequence[T | MappingError], output: Output) -> None:
        """Make of the results what becomes of them. Raises: Stopped, Failure."""

    def _note(self, error: MappingError, record: int | None = None, source: Record = None) -> None:
        """Take notice of an error. Raises: Stopped."""
        self._errors.note(error, record, source)
        if self._strict:
            raise Stopped(STOPPED)


class BlocksConversion(Decoding[bytes]):
    """Writes what a decoder of blocks gives, of which each is made of so many bytes at most."""

    def __init__(
        self, decoder: BlockDecoder, errors: Errors, *, strict: bool, chunk_bytes: int = CHUNK_BYTES
    ) -> None:
        super().__init__(decoder, errors, strict=strict)
        self.chunk_bytes = chunk_bytes
        self._blocks = decoder

    @property
    def written(self) -> int:
        """Records converted so far."""
        return self._blocks.written

    def _put(self, results: Sequence[bytes | MappingError], output: Output) -> None:
        for result in results:
            if isinstance(result, MappingError):
                self._note(result)
            else:
                output.put(result)


class RecordsConversion(Decoding[Record]):
    """Decodes, maps and writes record by record."""

    chunk_bytes = RECORDS_CHUNK_BYTES

    def __init__(self, decoder: Decoder, step: Mapped, out: Writer, errors: Errors, *, strict: bool) -> None:
        super().__init__(decoder, errors, strict=strict)
        self._step = step
        self._out = out
        self._records = 0
        self.written = 0

    def finish(self, output: Output) -> None:
        """Convert what is left, and end the output. Raises: Stopped, Failure."""
        super().finish(output)
        parts: list[bytes] = []
        self._write(self._step.finish(), parts)
        output.put(b"".join(parts))
        try:
            output.put(self._out.finish())
        except MappingError as error:
            raise self._errors.incomplete(error) from None

    def _put(self, results: Sequence[Record | MappingError], output: Output) -> None:
        parts: list[bytes] = []
        try:
            for result in results:
                self._one(result, parts)
        finally:
            output.put(b"".join(parts))

    def _one(self, result: Record | MappingError, parts: list[bytes]) -> None:
        if isinstance(result, MappingError):
            self._write(self._step.skip(result), parts)
            # What stands beside the records has no number and is none.
            self._records += result.place.record is not None
            self._note(result)
            return
        self._records += 1
        try:
            records = self._step.feed(result, self._records)
        except MappingError as error:
            self._note(error, self._records, result)
        else:
            self._write(records, parts, self._records, result)

    def _write(
        self,
        records: Sequence[Record | MappingError],
        parts: list[bytes],
        number: int | None = None,
        source: Record = None,
    ) -> None:
        """Write what a record of this number became. Raises: Stopped."""
        for record in records:
            if isinstance(record, MappingError):
                self._note(record, record.place.record, source)
                continue
            try:
                parts.append(self._out.write(record))
            except MappingError as error:
                self._note(error, number, source)
            else:
                self.written += 1
