"""Dates from one way of writing to another, both ways."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date

from mappings.contract import JsonValue
from mappings.delimited.dates import date_reader, date_writer, datetime_reader, datetime_writer
from mappings.transform.expressions.date_patterns import has_time, reason_of, whole_pattern

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class DatePatterns:
    """A source's pattern and a target's; None stands for RFC 3339.

    Raises: ValueError when a pattern is wrong, or one has a time and the other has none.
    """

    def __init__(
        self, read: str | None, write: str | None, offset: str | None, century_from: int | None = None
    ) -> None:
        if read is None and write is None:
            raise ValueError("needs from, to, or both: without a pattern there is nothing to change")
        self._patterns = (read, write, offset)
        self._century_from = century_from
        parsed = [whole_pattern(pattern, century_from) for pattern in (read, write) if pattern is not None]
        timed = [has_time(pattern) for pattern in parsed]
        if len(set(timed)) > 1:
            raise ValueError("one of the patterns has a time of day, the other has none; what is it to be?")
        self.has_time = timed[0]
        self.is_local = offset == "local"
        if self.has_time and offset is None and not all("z" in pattern.letters for pattern in parsed):
            raise ValueError("a pattern with a time and without %z needs offset: Z, +hh:mm, -hh:mm or local")
        if offset is not None and not self.has_time:
            raise ValueError("offset belongs to patterns with a time of day")
        self._read = self._reader(read, offset)
        self._write = self._writer(write, offset)

    def reversed(self) -> DatePatterns:
        """The same, the other way."""
        read, write, offset = self._patterns
        return DatePatterns(write, read, offset, self._century_from)

    @property
    def writes(self) -> str | None:
        """The target's pattern."""
        return self._patterns[1]

    def change(self, value: JsonValue) -> str:
        """The text in the target's way. Raises: ValueError without the text."""
        if not isinstance(value, str):
            raise ValueError("is not text")
        try:
            return self._write(self._read(value))
        except (ValueError, OverflowError) as error:
            raise ValueError(reason_of(error)) from None

    def _reader(self, pattern: str | None, offset: str | None) -> Callable[[str], str]:
        if pattern is not None:
            parsed = whole_pattern(pattern, self._century_from)
            if not self.has_time:
                return date_reader(parsed)
            return datetime_reader(parsed, None if "z" in parsed.letters else offset)
        return str if self.has_time else _plain_date

    def _writer(self, pattern: str | None, offset: str | None) -> Callable[[str], str]:
        if pattern is not None:
            parsed = whole_pattern(pattern, self._century_from)
            if not self.has_time:
                return date_writer(parsed)
            return datetime_writer(parsed, None if "z" in parsed.letters else offset)
        return str


def _plain_date(text: str) -> str:
    if not _DATE.fullmatch(text):
        raise ValueError("is not a date such as 2026-11-23")
    return date.fromisoformat(text).isoformat()
