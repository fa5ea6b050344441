"""A definition of delimited text, drafted from the rows that a dialect makes of samples."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from mappings.infer.delimited_values import column_type
from mappings.infer.dialect import Dialect
from mappings.infer.draft import Draft, Key, Plain, doubts
from mappings.infer.sample import Sample

_NULLS = ("", "NULL", "null", "\\N", "N/A", "NA", "n/a", "None", "nil", "-")
_TITLE = re.compile(r"[^\W\d][\w .()/%#$&-]*")
_LONGEST_TITLE = 200
_ROWS_TRIED = 1000


def draft_delimited(samples: Sequence[Sample], dialect: Dialect) -> Draft:
    """The definition."""
    header = _header(dialect)
    titles = 0 if header is None else 1
    rows = [row for sample in dialect.rows for row in sample[titles:]]
    regular = [row for row in rows if len(row) == dialect.columns]
    columns = list(zip(*regular, strict=True)) if regular else [()] * dialect.columns
    null = _null(columns)
    names = header[0] if header is not None else [f"column_{at}" for at in range(1, dialect.columns + 1)]
    fields = [_field(name, values, null) for name, values in zip(names, columns, strict=True)]
    keys = [
        Key("format", "delimited"),
        Key("encoding", dialect.encoding.name, dialect.encoding.doubt),
        Key("delimiter", dialect.delimiter),
        _quote(samples, dialect),
        Key("header", header is not None, header[1] if header else "the first line looks like the others"),
        _line_ending(samples),
        *_customs(samples, dialect),
    ]
    if null:
        keys.append(Key("null", null, "stands where other values are numbers or dates"))
    return Draft((*keys, Key("fields", tuple(fields))), tuple(_findings(rows, regular, dialect)))


def _customs(samples: Sequence[Sample], dialect: Dialect) -> Iterator[Key]:
    """Keys that few files need."""
    if _quotes_all(samples, dialect):
        yield Key("quoting", "all")
    if dialect.trims:
        yield Key("spaces", "trim", "spaces stand behind delimiters; they are not written again")
    if dialect.comment is not None:
        yield Key("comment", dialect.comment, "lines that begin so have other numbers of columns")
    if dialect.blanks:
        yield Key("blank_lines", "skip", f"{dialect.blanks} lines are empty")


def _quotes_all(samples: Sequence[Sample], dialect: Dialect) -> bool:
    """Every field of every line stands in quotes."""
    if dialect.quote is None or dialect.trims:
        return False
    quote = dialect.quote.encode()
    between = quote + dialect.delimiter.encode() + quote
    lines = [line.rstrip(b"\r") for sample in samples for line in sample.lines[:_ROWS_TRIED]]
    filled = [line for line in lines if line]
    return bool(filled) and all(
        line.startswith(quote) and line.endswith(quote) and line.count(between) == dialect.columns - 1
        for line in filled
    )


def _findings(rows: Sequence[list[str]], regular: Sequence[list[str]], dialect: Dialect) -> list[str]:
    found = [f"Delimited text: {dialect.columns} columns in {len(regular)} rows."]
    odd = len(rows) - len(regular) + dialect.errors
    if odd:
        found.append(f"{odd} rows are not like the others: they will be errors.{_allowing(rows, dialect)}")
    return found


def _allowing(rows: Sequence[list[str]], dialect: Dialect) -> str:
    """Which keys would read rows of other lengths."""
    keys = []
    if any(len(row) < dialect.columns for row in rows):
        keys.append("`short_rows: fill`")
    if any(len(row) > dialect.columns for row in rows):
        keys.append("`long_rows: {collect: more}`")
    return (
        f" {' and '.join(keys)} would read those of other lengths; `records` describes types of rows."
        if keys
        else ""
    )


def _header(dialect: Dialect) -> tuple[list[str], str] | None:
    """The titles of the first row and what is doubtful about them; None where it is none."""
    firsts = [sample[0] for sample in dialect.rows if sample]
    if not firsts or any(first != firsts[0] for first in firsts[1:]):
        return None
    titles, rows = firsts[0], [row for row in dialect.all_rows if row != firsts[0]]
    if len(titles) != dialect.columns or len(set(titles)) != len(titles) or not all(titles):
        return None
    if (
        max(map(len, titles)) > _LONGEST_TITLE
        or column_type(titles).keys
        or any(column_type([one]).keys for one in titles)
    ):
        return None
    tried = rows[:_ROWS_TRIED]
    if any(column_type([row[at] for row in tried if row[at]]).keys for at in range(len(titles))):
        return titles, ""
    if all(map(_TITLE.fullmatch, titles)) and not any(
        title == row[at] for row in tried for at, title in enumerate(titles)
    ):
        return titles, "a guess: all columns are text, and the first line looks like names"
    return None


def _null(columns: Sequence[Sequence[str]]) -> str:
    """The text that stands for null where it makes most columns numbers or dates."""
    best, most = "", -1
    for null in _NULLS:
        if null and not any(null in values for values in columns):
            continue
        typed = sum(bool(column_type([one for one in values if one != null]).keys) for values in columns)
        if typed > most:
            best, most = null, typed
    return best


def _field(name: str, values: Sequence[str], null: str) -> Key:
    nulls = values.count(null) if isinstance(values, tuple) else 0
    found = column_type([value for value in values if value != null])
    if not found.keys:
        empty = values.count("") if isinstance(values, tuple) else 0
        doubt = found.doubt or (f"empty in {empty} of {len(values)}" if empty else "")
        return Key(name, {}, doubt)
    keys: dict[str, Plain] = dict(found.keys)
    if nulls:
        keys["nullable"] = True
        shown = null if null else "empty"
        return Key(name, keys, doubts(found.doubt, f"{shown} in {nulls} of {len(values)}"))
    return Key(name, keys, found.doubt)


def _quote(samples: Sequence[Sample], dialect: Dialect) -> Key:
    if dialect.quote is None:
        return Key("quote", None, "quotes are part of the values: taken for quoting they would be errors")
    seen = any(dialect.quote.encode() in sample.data for sample in samples)
    return Key("quote", dialect.quote, "" if seen else "none was seen")


def _line_ending(samples: Sequence[Sample]) -> Key:
    lines = sum(sample.data.count(b"\n") for sample in samples)
    returns = sum(sample.data.count(b"\r\n") for sample in samples)
    doubt = f"{returns} of {lines} lines end with CRLF" if 0 < returns < lines else ""
    return Key("line_ending", "crlf" if lines and 2 * returns > lines else "lf", doubt)
