"""Lookup tables that stand in a file beside the configuration."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import ValidationInfo

from mappings.contract import Context, MappingError
from mappings.definition import READ_FILE
from mappings.delimited import HeaderedText

MAX_ENTRIES = 10_000


def loaded(value: Any, info: ValidationInfo) -> Any:
    """The table of a file that is named, anything else as it is. The validation context says how files are
    read. Raises: ValueError."""
    if not isinstance(value, str | Path):
        return value
    read = (info.context or {}).get(READ_FILE)
    if read is None:
        raise ValueError("names a file, and there is none to be read here; give the table itself")
    columns = info.data.get("columns")
    return table_of(read(str(value)), tuple(columns) if columns else None)


def table_of(data: bytes, columns: tuple[str, str] | None) -> dict[str, str]:
    """A table from CSV with a header row: the columns of these names, or the first two.

    Raises: ValueError with the line that is wrong.
    """
    decoder = HeaderedText().decoder(Context())
    try:
        rows = [*decoder.feed(data.removeprefix(b"\xef\xbb\xbf")), *decoder.finish()[0]]
    except MappingError as error:
        raise ValueError(f"is no CSV file: {error}") from None
    names = decoder.names or ()
    if columns is None and len(names) < 2:
        raise ValueError("needs two columns with a header row: what is looked up, and the value")
    key, value = columns or (names[0], names[1])
    lacking = [name for name in (key, value) if name not in names]
    if lacking:
        raise ValueError(f"has no column {lacking[0]!r}")
    table: dict[str, str] = {}
    for row in rows:
        if isinstance(row, MappingError) or not isinstance(row, dict):
            raise ValueError(f"is no CSV file: {row}")
        text, found = str(row[key]), str(row[value])
        if table.setdefault(text, found) != found:
            raise ValueError(f"has {text[:40]!r} twice, with different values")
    if not table or len(table) > MAX_ENTRIES:
        raise ValueError(f"has {len(table)} rows; allowed: 1 to {MAX_ENTRIES}")
    return table
