"""What `gateway convert` says of records that it cannot convert."""

from __future__ import annotations

import base64
from dataclasses import replace

import typer

from gateway.cli.convert_files import Output
from mappings import json
from mappings.contract import JsonValue, MappingError, Place, Record

MAX_SHOWN = 20
"""Errors printed one by one; further ones are counted."""


class Stopped(Exception):
    """The conversion cannot or shall not go on; the error that is the reason has been noted."""


class Errors:
    """Prints the first errors, counts all, and writes all to a file where one is wanted."""

    def __init__(self, name: str, file: Output | None) -> None:
        """`name` is what the input is called."""
        self._name = name
        self._file = file
        self.count = 0

    def note(self, error: MappingError, record: int | None, source: Record = None) -> None:
        """Tell of one error. `record` is its number where it is not the decoder's error; `source` is the
        record where its bytes are not known."""
        place = error.place if record is None else replace(error.place, record=record)
        self.count += 1
        if self.count <= MAX_SHOWN:
            typer.echo(f"{self._name}: {_prefixed(place)}{error.rule}: {error.reason}", err=True)
        if self._file is not None:
            self._file.put(json.encode_line(_member(self._name, error, place, source)))

    def lost(self, error: MappingError) -> Stopped:
        """Tell of the error behind which nothing can be read; what to raise for it."""
        self.note(error, None)
        return Stopped("the rest cannot be read")

    def incomplete(self, error: MappingError) -> Stopped:
        """Tell of what the end of the data cannot be without; what to raise for it."""
        self.note(error, None)
        return Stopped("the data cannot be completed")

    def summarise(self) -> None:
        """Say how many were not printed."""
        if self.count > MAX_SHOWN:
            typer.echo(f"{self._name}: … and {self.count - MAX_SHOWN} more", err=True)


def _prefixed(place: Place) -> str:
    where = str(place)
    return f"{where}: " if where else ""


def _member(name: str, error: MappingError, place: Place, source: Record) -> JsonValue:
    found: dict[str, JsonValue] = {
        "file": name,
        "record": place.record,
        "line": place.line,
        "column": place.column,
        "byte": place.byte_offset,
        "field": place.path,
        "rule": error.rule,
        "message": error.reason,
        "raw": base64.b64encode(error.raw).decode() if error.raw else None,
        "raw_is_cut": True if error.raw_is_cut else None,
        "source": source,
    }
    return {key: value for key, value in found.items() if value is not None}
