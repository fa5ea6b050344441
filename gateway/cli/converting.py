"""`gateway convert`: data through a format, a transform or both, offline, as a stream in flat memory."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeAlias

import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from gateway.cli.convert_columns import ColumnsConversion, columns_of, table_kind, table_of
from gateway.cli.convert_errors import Errors, Stopped
from gateway.cli.convert_files import STANDARD, Output, opened_to_read, opened_to_write, refuse_same
from gateway.cli.convert_mapping import Chosen, choose
from gateway.cli.convert_records import KINDS, Encoded, Kind, Writer, reader, writer
from gateway.cli.failure import INPUT, USAGE, Failure
from gateway.cli.reporting import counted
from gateway.config.suggest import suggestion
from mappings.columns import TABLE_KINDS
from mappings.contract import Context, Decoder, MappingError, Record
from mappings.transform import Transform

CHUNK_BYTES = 256 * 1024
Step: TypeAlias = "Callable[[Record | MappingError], Sequence[Record]]"
"""What the writer gets for what the decoder gives: one record or none. It is told of the decoder's errors
too, for which there is none."""


def run(
    directory: Path,
    mapping: str,
    source: Path,
    target: Path,
    encode: bool,
    to: str | None,
    from_: str | None,
    errors: Path | None,
    strict: bool,
) -> int:
    """Convert; 1 when a record could not be converted."""
    begin = _beginning(mapping, directory, encode, to, from_)
    refuse_same({"IN": source, "OUT": target, "--errors": errors})
    name = "standard input" if source == STANDARD else str(source)
    stopped: Stopped | None = None
    with ExitStack() as stack:
        file, size = stack.enter_context(opened_to_read(source))
        found = Errors(name, stack.enter_context(opened_to_write(errors)) if errors else None)
        conversion = begin(size, found, strict)
        try:
            with opened_to_write(target) as output, _progress(name, size, target) as advance:
                for chunk in iter(lambda: file.read(conversion.chunk_bytes), b""):
                    conversion.feed(chunk, output)
                    advance(len(chunk))
                conversion.finish(output)
        except Stopped as reason:  # the file of errors is kept nevertheless
            stopped = reason
    found.summarise()
    if stopped is not None:
        raise Failure(str(stopped) if target == STANDARD else f"{stopped}; {target} is not written")
    if found.count:
        done, failed = counted(conversion.written, "record"), counted(found.count, "error")
        typer.echo(f"gateway: {done} converted, {failed}", err=True)
    return INPUT if found.count else 0


def _beginning(
    mapping: str, directory: Path, encode: bool, to: str | None, from_: str | None
) -> Callable[[int | None, Errors, bool], _Conversion | ColumnsConversion]:
    """What begins the conversion of an input of a size, None where it is not known; its errors go there, and
    are the end of it or not. Raises: Failure."""
    table, from_kind = table_kind(to), _kind("--from", from_)
    to_kind = None if table else _kind("--to", to, (*KINDS, *TABLE_KINDS))
    chosen = choose(mapping, directory)
    _check_kinds(chosen, encode, to, from_)
    context = Context(now=datetime.now(UTC))
    alone = None if encode or chosen.transform is not None else chosen.format
    if table is not None:
        tables = table_of(alone, table, context)
        return lambda size, errors, strict: ColumnsConversion(tables, errors, strict=strict)
    parts = _parts(chosen, encode, to_kind, from_kind, context)

    def begin(size: int | None, errors: Errors, strict: bool) -> _Conversion | ColumnsConversion:
        columns = columns_of(alone, size, context) if to_kind in (None, "ndjson") else None
        if columns is not None:
            return ColumnsConversion(columns, errors, strict=strict)
        return _Conversion(*parts, errors, strict=strict)

    return begin


def _kind(option: str, value: str | None, offered: Sequence[str] = KINDS) -> Kind | None:
    if value is None or value in KINDS:
        return value
    raise Failure(f"{option} {value}: {suggestion(value, offered)}allowed: {', '.join(offered)}", USAGE)


def _check_kinds(chosen: Chosen, encode: bool, to: str | None, from_: str | None) -> None:
    """A kind can only be chosen for a side that no format decides."""
    if chosen.format is not None and encode and to is not None:
        raise Failure("--to: with --encode, the mapping's format decides what is written", USAGE)
    if chosen.format is not None and not encode and from_ is not None:
        raise Failure("--from: the mapping's format decides what is read; it belongs to --encode", USAGE)


def _parts(
    chosen: Chosen, encode: bool, to: Kind | None, from_: Kind | None, context: Context
) -> tuple[Decoder, Step, Writer]:
    """What reads, what happens to each record, and what writes. Raises: Failure for a one-way transform."""
    format_, transform = chosen.format, chosen.transform
    if encode:
        back = None if transform is None else transform.inverse()
        if transform is not None and back is None:
            raise Failure(f"--encode: the transform has no way back: {transform.why_one_way}", USAGE)
        out = writer(to or "ndjson", context) if format_ is None else Encoded(format_.encoder(context))
        return reader(from_, context), _applied(back), out
    out = writer(to or "ndjson", context)
    if format_ is None or transform is None:
        decoder = reader(from_, context) if format_ is None else format_.decoder(context)
        return decoder, _applied(transform), out
    seen, apply = format_.details(), transform.apply

    def step(result: Record | MappingError) -> Sequence[Record]:
        detail = seen(result)
        # The record may itself be null.
        return (apply(detail),) if detail is not None or result is None else ()

    return format_.decoder(context), step, out


def _applied(transform: Transform | None) -> Step:
    def step(result: Record | MappingError) -> Sequence[Record]:
        if isinstance(result, MappingError):
            return ()
        return (result if transform is None else transform.apply(result),)

    return step


@contextmanager
def _progress(name: str, size: int | None, target: Path) -> Iterator[Callable[[int], None]]:
    """Shows how far it is, on a terminal that the output does not go to. Gives what is told of bytes read."""
    if not sys.stderr.isatty() or (target == STANDARD and sys.stdout.isatty()):
        yield lambda count: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(name, total=size)
        yield lambda count: progress.advance(task, count)


class _Conversion:
    """Decodes, maps and writes record by record."""

    chunk_bytes = CHUNK_BYTES

    def __init__(self, decoder: Decoder, step: Step, out: Writer, errors: Errors, *, strict: bool) -> None:
        self._decoder = decoder
        self._step = step
        self._out = out
        self._errors = errors
        self._strict = strict
        self._records = 0
        self.written = 0

    def feed(self, chunk: bytes, output: Output) -> None:
        """Convert what is complete now. Raises: Stopped, Failure."""
        try:
            results = self._decoder.feed(chunk)
        except MappingError as lost:
            raise self._errors.lost(lost) from None
        self._put(results, output)

    def finish(self, output: Output) -> None:
        """Convert what is left, and end the output. Raises: Stopped, Failure."""
        try:
            results, _ = self._decoder.finish()
        except MappingError as lost:
            raise self._errors.lost(lost) from None
        self._put(results, output)
        try:
            output.put(self._out.finish())
        except MappingError as error:
            self._errors.note(error, None)
            raise Stopped("the data cannot be completed") from None

    def _put(self, results: Iterable[Record | MappingError], output: Output) -> None:
        parts: list[bytes] = []
        try:
            for result in results:
                self._one(result, parts)
        finally:
            output.put(b"".join(parts))

    def _one(self, result: Record | MappingError, parts: list[bytes]) -> None:
        if isinstance(result, MappingError):
            self._step(result)
            # What stands beside the records has no number and is none.
            self._records += result.place.record is not None
            self._note(result, None, None)
            return
        self._records += 1
        try:
            for record in self._step(result):
                parts.append(self._out.write(record))
                self.written += 1
        except MappingError as error:
            self._note(error, self._records, result)

    def _note(self, error: MappingError, record: int | None, source: Record) -> None:
        self._errors.note(error, record, source)
        if self._strict:
            raise Stopped("stopped at the first error (--strict)")
