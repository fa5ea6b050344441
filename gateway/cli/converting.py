"""`gateway convert`: data through a format, a transform or both, offline, as a stream in flat memory."""

from __future__ import annotations

import itertools
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import typer

from gateway.cli.allocation import collect_rarely
from gateway.cli.convert_columns import (
    TABLE_CHUNK_BYTES,
    EncodingConversion,
    columns_of,
    encoder_of,
    table_kind,
    table_of,
    table_writer,
)
from gateway.cli.convert_errors import Errors, Stopped
from gateway.cli.convert_files import STANDARD, opened_to_read, opened_to_write, refuse_same
from gateway.cli.convert_mapped import Mapped
from gateway.cli.convert_mapping import Chosen, choose
from gateway.cli.convert_records import KINDS, Encoded, Kind, Writer, reader, writer
from gateway.cli.convert_streams import (
    RECORDS_CHUNK_BYTES,
    BlocksConversion,
    Conversion,
    RecordsConversion,
)
from gateway.cli.dispatch import when_needed
from gateway.cli.failure import INPUT, USAGE, Failure
from gateway.cli.reporting import counted
from gateway.config.suggest import suggestion
from mappings.blocks import plain_decoder
from mappings.columns import TABLE_KINDS, TableKind
from mappings.compression import decoder_for
from mappings.contract import Context, Decoder, MappingError, Summary, as_it_is


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What the command line asks for. `mapping` is None where a `copybook` stands for it."""

    directory: Path
    mapping: str | None
    source: Path
    target: Path
    encode: bool = False
    to: str | None = None
    from_: str | None = None
    errors: Path | None = None
    strict: bool = False
    acknowledgement: Path | None = None
    control_number: int | None = None
    max_record_bytes: int | None = None
    copybook: Path | None = None
    codepage: str | None = None
    record_format: str | None = None


def run(**asked: Any) -> int:
    """Convert as a `Request` says; 1 when a record could not be converted."""
    request = _placed(Request(**asked))
    with _possible(request):
        begin = _beginning(request)
    source, target = request.source, request.target
    files = {"IN": source, "OUT": target, "--errors": request.errors}
    refuse_same({**files, "--acknowledgement": request.acknowledgement, "--copybook": request.copybook})
    name = "standard input" if source == STANDARD else str(source)
    stopped: Stopped | None = None
    with ExitStack() as stack:
        file, size = stack.enter_context(opened_to_read(source))
        found = Errors(name, stack.enter_context(opened_to_write(request.errors)) if request.errors else None)
        with _possible(request):
            conversion = begin(size, found, request.strict)
        try:
            with opened_to_write(target) as output, _progress(name, size, target) as advance:
                for chunk in iter(lambda: file.read(conversion.chunk_bytes), b""):
                    conversion.feed(chunk, output)
                    advance(len(chunk))
                conversion.finish(output)
        except Stopped as reason:  # the file of errors is kept nevertheless
            stopped = reason
    found.summarise()
    _tell_leniencies(conversion.summary)
    if stopped is not None:
        raise Failure(str(stopped) if target == STANDARD else f"{stopped}; {target} is not written")
    if request.acknowledgement is not None:
        _acknowledge(conversion.summary, request.acknowledgement)
    if found.count:
        done, failed = counted(conversion.written, "record"), counted(found.count, "error")
        typer.echo(f"gateway: {done} converted, {failed}", err=True)
    return INPUT if found.count else 0


def _placed(request: Request) -> Request:
    """The request with its files where they belong: a copybook leaves no place for the name of a mapping."""
    if request.copybook is None:
        given = {"--codepage": request.codepage, "--record-format": request.record_format}
        for option, value in given.items():
            if value is not None:
                raise Failure(f"{option}: belongs to --copybook; a mapping says it itself", USAGE)
        if request.mapping is None:
            raise Failure("a MAPPING is needed, or --copybook", USAGE)
        return request
    if request.target != STANDARD and request.mapping is not None and request.source != STANDARD:
        raise Failure(
            "with --copybook there is no MAPPING: gateway convert --copybook FILE [IN [OUT]]", USAGE
        )
    shifted = Path(request.mapping) if request.mapping is not None else STANDARD
    return replace(request, mapping=None, source=shifted, target=request.source)


def _tell_leniencies(summary: Summary | None) -> None:
    for rule, count in sorted(summary.leniencies.items()) if summary is not None else ():
        typer.echo(f"gateway: lenient with {rule}: {counted(count, 'time')}", err=True)


def _acknowledge(summary: Summary | None, path: Path) -> None:
    if summary is None or not summary.acknowledgement:
        hint = "the key `acknowledge` of a definition says what is"
        typer.echo(f"gateway: nothing is to be acknowledged ({hint}); {path} is not written", err=True)
        return
    with opened_to_write(path) as output:
        output.put(summary.acknowledgement)


def _beginning(request: Request) -> Callable[[int | None, Errors, bool], Conversion]:
    """What begins the conversion of an input of a size, None where it is not known; its errors go there, and
    are the end of it or not. Raises: Failure."""
    to, encode = request.to, request.encode
    table, from_kind = table_kind(to), _kind("--from", request.from_)
    to_kind = None if table else _kind("--to", to, (*KINDS, *TABLE_KINDS))
    chosen = _chosen(request)
    _check_kinds(chosen, encode, to, request.from_)
    context = _context(request, chosen)
    is_alone = chosen.transform is None and chosen.target is None
    alone = chosen.format if is_alone and not encode else None
    tables = None if table is None else table_of(alone, table, context)
    if tables is not None:
        return lambda size, errors, strict: BlocksConversion(
            tables, errors, strict=strict, chunk_bytes=TABLE_CHUNK_BYTES
        )
    parts = _parts(chosen.reversed() if encode else chosen, table or to_kind, from_kind, context)

    def begin(size: int | None, errors: Errors, strict: bool) -> Conversion:
        collect_rarely()
        records = RecordsConversion(*parts, errors, strict=strict)
        if is_alone and encode and from_kind in (None, "ndjson"):
            encoder = encoder_of(chosen.format, size, context)
            if encoder is not None:
                return EncodingConversion(encoder, records, errors, strict=strict, kind=from_kind)
        if alone is None or to not in (None, "ndjson"):
            return records
        lines = plain_decoder(alone, context)
        if lines is not None:
            return BlocksConversion(lines, errors, strict=strict, chunk_bytes=RECORDS_CHUNK_BYTES)
        columns = columns_of(alone, size, context)
        return records if columns is None else BlocksConversion(columns, errors, strict=strict)

    return begin


@contextmanager
def _possible(request: Request) -> Iterator[None]:
    """Raises: Failure where no data can be converted so, as with records longer than --max-record-bytes."""
    try:
        yield
    except MappingError as error:
        raise Failure(f"{request.mapping or request.copybook}: {error}") from None


def _context(request: Request, chosen: Chosen) -> Context:
    first = request.control_number
    return Context(
        max_record_bytes=request.max_record_bytes or chosen.most_record_bytes(),
        now=datetime.now(UTC),
        next_number=None if first is None else _counting(first),
    )


def _counting(first: int) -> Callable[[str], int]:
    """Gives the numbers of each counter from this one on."""
    counters: defaultdict[str, Iterator[int]] = defaultdict(lambda: itertools.count(first))
    return lambda counter: next(counters[counter])


def _chosen(request: Request) -> Chosen:
    if request.copybook is not None:
        format_of = when_needed("gateway.cli.convert_copybook", "copybook_format")
        return Chosen(format_of(request.copybook, request.codepage, request.record_format), None)
    assert request.mapping is not None, "there is a mapping where there is no copybook"
    return choose(request.mapping, request.directory)


def _kind(option: str, value: str | None, offered: Sequence[str] = KINDS) -> Kind | None:
    if value is None or value in KINDS:
        return value
    raise Failure(f"{option} {value}: {suggestion(value, offered)}allowed: {', '.join(offered)}", USAGE)


def _check_kinds(chosen: Chosen, encode: bool, to: str | None, from_: str | None) -> None:
    """A kind can only be chosen for a side that no format decides."""
    if chosen.target is not None and (to is not None or from_ is not None):
        option = "--to" if to is not None else "--from"
        raise Failure(f"{option}: the mapping's formats decide what is read and written", USAGE)
    if chosen.format is not None and encode and to is not None:
        raise Failure("--to: with --encode, the mapping's format decides what is written", USAGE)
    if chosen.format is not None and not encode and from_ is not None:
        raise Failure("--from: the mapping's format decides what is read; it belongs to --encode", USAGE)


def _parts(
    chosen: Chosen, to: Kind | TableKind | None, from_: Kind | None, context: Context
) -> tuple[Decoder, Mapped, Writer]:
    """What reads, what happens to each record, and what writes."""
    format_, transform, target = chosen.format, chosen.transform, chosen.target
    if target is not None:
        out: Writer = Encoded(target.encoder(context))
    elif to == "arrow" or to == "parquet":
        out = table_writer(chosen, to)
    else:
        out = writer(to or "ndjson", context, chosen.schema)
    decoder = reader(from_, context) if format_ is None else decoder_for(format_, context)
    seen = as_it_is if format_ is None or transform is None else format_.details()
    return decoder, Mapped(transform, seen), out


@contextmanager
def _progress(name: str, size: int | None, target: Path) -> Iterator[Callable[[int], None]]:
    """Shows how far it is, on a terminal that the output does not go to. Gives what is told of bytes read."""
    if not sys.stderr.isatty() or (target == STANDARD and sys.stdout.isatty()):
        yield lambda count: None
        return
    with when_needed("gateway.cli.convert_progress", "shown")(name, size) as advance:
        yield advance
