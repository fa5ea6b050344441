"""A definition of delimited text, drafted from samples."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from mappings.infer.delimited_values import column_type
from mappings.infer.draft import Draft, Key, Plain
from mappings.infer.encodings import Guess, text_encoding
from mappings.infer.fitting import Candidate
from mappings.infer.sample import Sample

_DELIMITERS = (",", ";", "\t", "|", "^", "~", ":", "#", "!", "*")
_USUAL = _DELIMITERS[:4]
_QUOTES = ('"', "'", None)
_LOOK_BYTES = 256 * 1024
_COMMENT = "#"
_NULLS = ("", "NULL", "null", "\\N", "N/A", "NA", "n/a", "None", "nil", "-")
_TITLE = re.compile(r"[^\W\d][\w .()/%#$&-]*")
_REGULAR = 0.6
_VERY_REGULAR = 0.95


@dataclass(slots=True)
class Dialect:
    """How rows are made of fields, and how well the samples agree with it."""

    delimiter: str
    quote: str | None
    encoding: Guess
    columns: int = 1
    regular: float = 0.0
    errors: int = 0
    blanks: int = 0
    comment: str | None = None
    trims: bool = False
    rows: list[list[list[str]]] = field(default_factory=list)

    @property
    def all_rows(self) -> list[list[str]]:
        """The rows of all samples that have as many fields as most."""
        return [row for sample in self.rows for row in sample if len(row) == self.columns]


def find_dialect(samples: Sequence[Sample]) -> Dialect | None:
    """The delimiter and quote by which most rows have the same number of fields, more than one; None where
    there is none."""
    encoding = text_encoding(list(samples))
    beginnings = [_beginning(sample) for sample in samples]
    found = [
        _tried(beginnings, delimiter, quote, encoding)
        for delimiter in _DELIMITERS
        if any(delimiter.encode() in sample.data for sample in beginnings)
        for quote in _QUOTES
        if quote in ('"', None) or any(quote.encode() in sample.data for sample in beginnings)
    ]
    good = [
        each for each in found if each.columns > 1 and each.regular >= _needed(each.delimiter, beginnings)
    ]
    if not good:
        return None
    best = max(good, key=lambda each: (round(each.regular, 2), -_DELIMITERS.index(each.delimiter) // 4))
    same = [each for each in good if each.delimiter == best.delimiter and each.regular >= best.regular]
    best = min(same, key=lambda each: (each.errors, _QUOTES.index(each.quote)))
    whole = [sample.whole_lines() for sample in samples]
    plain = _tried(whole, best.delimiter, best.quote, encoding)
    if not _is_spaced(plain):
        return plain
    # A quote behind a space is one only where spaces are left out.
    spaced = [_tried(whole, best.delimiter, quote, encoding, trims=True) for quote in _QUOTES]
    return min(spaced, key=lambda each: (-each.regular, each.errors, _QUOTES.index(each.quote)))


def _is_spaced(dialect: Dialect) -> bool:
    """A space stands behind nearly every delimiter."""
    behind = [value for row in dialect.all_rows[:1000] for value in row[1:] if value]
    return bool(behind) and sum(value.startswith(" ") for value in behind) > _VERY_REGULAR * len(behind)


def _needed(delimiter: str, samples: Sequence[Sample]) -> float:
    """How regular rows must be. Unusual delimiters are often a part of values, and lines of one length are
    rather fixed width."""
    if delimiter in _USUAL:
        return _REGULAR
    lengths = Counter(len(line.rstrip(b"\r")) for sample in samples for line in sample.lines)
    is_even = bool(lengths) and lengths.most_common(1)[0][1] > lengths.total() / 2
    return 2.0 if is_even else _VERY_REGULAR


def _beginning(sample: Sample) -> Sample:
    if len(sample.data) <= _LOOK_BYTES:
        return sample.whole_lines()
    return Sample(sample.name, sample.data[:_LOOK_BYTES], is_whole=False).whole_lines()


def _tried(
    samples: Sequence[Sample], delimiter: str, quote: str | None, encoding: Guess, *, trims: bool = False
) -> Dialect:
    dialect = Dialect(delimiter, quote, encoding, trims=trims)
    for sample in samples:
        rows, errors = _rows(sample, dialect)
        dialect.rows.append(rows)
        dialect.errors += errors
    counts = Counter(len(row) for rows in dialect.rows for row in rows)
    if not counts:
        return dialect
    dialect.columns = counts.most_common(1)[0][0]
    notes = Counter(len(row) for rows in dialect.rows for row in rows if row[0].startswith(_COMMENT))
    if notes and dialect.columns not in notes:
        dialect.comment = _COMMENT
        dialect.rows = [[row for row in rows if not row[0].startswith(_COMMENT)] for rows in dialect.rows]
        counts -= notes
    dialect.regular = counts[dialect.columns] / (counts.total() + dialect.errors)
    return dialect


def _rows(sample: Sample, dialect: Dialect) -> tuple[list[list[str]], int]:
    """The rows of a sample, and how many could not be read."""
    text = sample.data.decode(dialect.encoding.name, "replace")
    reader = csv.reader(
        io.StringIO(text, newline=""),
        delimiter=dialect.delimiter,
        quotechar=dialect.quote,
        quoting=csv.QUOTE_MINIMAL if dialect.quote else csv.QUOTE_NONE,
        strict=True,
        skipinitialspace=dialect.trims,
    )
    rows: list[list[str]] = []
    errors = 0
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return rows, errors
        except csv.Error:
            errors += 1
            continue
        if row:
            rows.append([value.strip(" ") for value in row] if dialect.trims else row)
            errors += _has_stray_quote(row, dialect.quote)
        else:
            dialect.blanks += 1


def _has_stray_quote(row: list[str], quote: str | None) -> bool:
    """A quote that stands alone inside a field: it is hardly meant to be doubled around it."""
    return quote is not None and any(quote in value and value.count(quote) % 2 == 1 for value in row)


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
    lines = [line.rstrip(b"\r") for sample in samples for line in sample.lines[:1000]]
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
        max(map(len, titles)) > 200
        or column_type(titles).keys
        or any(column_type([one]).keys for one in titles)
    ):
        return None
    typed = [bool(column_type([row[at] for row in rows[:1000] if row[at]]).keys) for at in range(len(titles))]
    if any(typed):
        return titles, ""
    if all(map(_TITLE.fullmatch, titles)) and not any(
        title == row[at] for row in rows[:1000] for at, title in enumerate(titles)
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
    found: Candidate = column_type([value for value in values if value != null])
    if not found.keys:
        empty = values.count("") if isinstance(values, tuple) else 0
        doubt = found.doubt or (f"empty in {empty} of {len(values)}" if empty else "")
        return Key(name, {}, doubt)
    keys: dict[str, Plain] = dict(found.keys)
    if nulls:
        keys["nullable"] = True
        shown = null if null else "empty"
        return Key(name, keys, "; ".join(filter(None, [found.doubt, f"{shown} in {nulls} of {len(values)}"])))
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
