"""How rows are cut into fields: the delimiter and quote by which samples are most regular."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from mappings.infer.encodings import Guess, text_encoding
from mappings.infer.sample import Sample

_DELIMITERS = (",", ";", "\t", "|", "^", "~", ":", "#", "!", "*")
_USUAL = _DELIMITERS[:4]
_QUOTES = ('"', "'", None)
_LOOK_BYTES = 256 * 1024
_COMMENT = "#"
_REGULAR = 0.6
_VERY_REGULAR = 0.95
"""Parts of the rows that have as many fields as most, for a delimiter to be believed."""

_NEVER = 2.0


@dataclass(slots=True)
class Dialect:
    """How rows are made of fields, and how well the samples agree with it: `regular` is the part of the rows
    that has as many fields as most, `columns`; `errors` counts what cannot be read. `rows` are those of each
    sample, without comments."""

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
    beginnings = [sample.beginning(_LOOK_BYTES).whole_lines() for sample in samples]
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
    return _NEVER if is_even else _VERY_REGULAR


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
