"""`gateway mapping explain`: a record, its fields and their bytes side by side."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

import typer

from gateway.cli.convert_files import opened_to_read
from gateway.cli.convert_mapping import format_of, insist_on, known_mappings
from gateway.cli.failure import INPUT, USAGE, Failure
from mappings.explain import Explained, NotExplained, Seen, Wanted, explain
from mappings.json import encode

_CHUNK = 1 << 18
_ROW = 16
_MOST_HEX = 24
_MOST_TEXT = 60
_MOST_DUMP = 4096


def run(directory: Path, mapping: str, source: Path, at: int | None, record: int | None) -> int:
    """Print what stands at a place; 1 when something is wrong with it or nothing is there."""
    if (at is None) == (record is None):
        raise Failure("give one of --at and --record", USAGE)
    known = known_mappings(directory, [mapping])
    insist_on(mapping, known, directory)
    if mapping in known.transforms:
        raise Failure(f"{mapping} is a transform; explain takes a format", USAGE)
    format_ = format_of(mapping, known)
    with opened_to_read(source) as (file, _):
        try:
            found = explain(format_, known.definitions.get(mapping), _chunks(file), Wanted(at, record))
        except NotExplained as error:
            raise Failure(f"{source}: {error}") from None
    if found is None:
        what = f"byte {at}" if at is not None else f"record {record}"
        raise Failure(f"{source}: there is no {what}")
    for line in _lines(found, at):
        typer.echo(line)
    return INPUT if found.errors or any(each.error for each in found.fields) else 0


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    return iter(lambda: file.read(_CHUNK), b"")


def _lines(found: Explained, at: int | None) -> Iterator[str]:
    line = f", line {found.line}" if found.line is not None else ""
    what = "segment" if found.kind == "segment" else "record"
    kind = f", {found.kind}" if found.kind not in ("", "segment") else ""
    end = found.start + max(len(found.data), 1) - 1
    name = f"{what} {found.number}" if found.number else what
    yield f"{name}{line}{kind}: bytes {found.start} to {end} ({len(found.data)} bytes)"
    yield ""
    yield from _table([_cells(each, found, at) for each in found.fields])
    for error in found.errors:
        yield f"error: {error.rule}: {error}"
    focus = found.at(at) if at is not None else None
    data, start = (focus.data, focus.start) if focus is not None else (found.data, found.start)
    yield ""
    yield from _dump(data, start)


def _cells(each: Seen, found: Explained, at: int | None) -> tuple[str, ...]:
    is_there = at is not None and each.start <= at < each.end
    result = "" if not each.has_value else encode(each.value).decode()
    text = f"! {each.error}" if each.error else result
    if not each.data:
        return (">" if is_there else " ", each.path, "", each.definition, "", "", "", _cut(text, _MOST_TEXT))
    place = f"{each.start - found.start + 1}-{each.end - found.start}"
    hexadecimal = each.data[: _MOST_HEX // 2].hex() + ("…" if len(each.data) > _MOST_HEX // 2 else "")
    ebcdic, ascii_text = (_shown(each.data[:_MOST_HEX], page) for page in ("cp037", "latin-1"))
    return (
        ">" if is_there else " ",
        each.path,
        place,
        _cut(each.definition, 40),
        hexadecimal,
        ebcdic,
        ascii_text,
        _cut(text, _MOST_TEXT),
    )


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most or text.startswith("!") else f"{text[: most - 1]}…"


def _shown(data: bytes, page: str) -> str:
    """Bytes as text; what is not printable is a dot."""
    text = data.decode(page, "replace")
    return "".join(
        character if character.isprintable() and (page != "latin-1" or character.isascii()) else "."
        for character in text
    )


_TITLES = (" ", "FIELD", "BYTES", "DEFINITION", "HEX", "EBCDIC", "ASCII", "VALUE")


def _table(rows: list[tuple[str, ...]]) -> Iterator[str]:
    if not rows:
        return
    used = [at for at, _ in enumerate(_TITLES) if at == 0 or any(row[at] for row in rows)]
    widths = {at: max(len(row[at]) for row in [_TITLES, *rows]) for at in used}
    for row in [_TITLES, *rows]:
        yield "  ".join(row[at].ljust(widths[at]) for at in used).rstrip()


def _dump(data: bytes, start: int) -> Iterable[str]:
    """Offset, hex, EBCDIC and ASCII, sixteen bytes a line."""
    if not data:
        return
    yield f"{'OFFSET':>10}  {'HEX':47}  {'EBCDIC':16}  ASCII"
    for at in range(0, min(len(data), _MOST_DUMP), _ROW):
        part = data[at : at + _ROW]
        yield f"{start + at:>10}  {part.hex(' '):47}  {_shown(part, 'cp037'):16}  {_shown(part, 'latin-1')}"
    if len(data) > _MOST_DUMP:
        yield f"{'…':>10}  {len(data) - _MOST_DUMP} more bytes"
