"""The statements of one change channel: which rows are new, and how they are marked. Pure.

A row is identified by its key and its version, so that one that was stored and not marked (the gateway ended
in between) is recognised when it is read again, and one that became new again is another arrival.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import msgspec

from adapters.contract import Channel, JsonShape
from adapters.errors import InvalidRequest
from adapters.odbc import wire
from adapters.odbc.catalogue import Column, Kind, Table, column_schema
from adapters.odbc.changes import Changes, Word
from adapters.odbc.dialects.base import Dialect, Fragment
from adapters.odbc.filters import Comparison, Condition, Ordering, Place, Reading, Selected
from adapters.odbc.grammar import LOGIC, GrammarError, join_key, parse_filter, parse_logic, parse_order
from adapters.odbc.query import Planner
from adapters.odbc.values import BadValue

MAX_SOURCE_KEY = 1000
_HERE = Place("changes", 1)
_members = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


class Unfit(ValueError):
    """Why a table cannot be a channel as the settings say."""


@dataclass(frozen=True, slots=True)
class Arrived:
    """One row as it was read. `key` and `version`: their texts, None for NULL. `too_long`: it is longer than
    may be read, as this says, and only its key was."""

    payload: bytes
    key: tuple[str | None, ...]
    version: str | None
    source_key: str
    too_long: str | None = None

    @property
    def shown_key(self) -> str:
        """The key for people and headers, bounded."""
        return join_key(part or "" for part in self.key)[:MAX_SOURCE_KEY]


class Outbox:
    """One table whose new rows are taken."""

    def __init__(self, name: str, settings: Changes, dialect: Dialect, table: Table) -> None:
        """Raises: Unfit."""
        self.table = table
        self._dialect = dialect
        self._settings = settings
        self._version = self._version_of(table)
        known = {**table.columns, self._version.name: self._version}
        self._known = replace(table, columns=known)
        self._key = [self._column(column) for column in settings.key_columns or table.key]
        if not self._key:
            raise Unfit(f"{table.name} has no primary key; name the columns of `key`")
        self._payload = [self._column(column).name for column in settings.columns or table.columns]
        self._name = name
        self._read = self._reading()
        status = settings.status
        self._new = self._is(status.column, status.new) if status else None
        self._mark = self._marking(status.done if status else None)
        self._put_aside = self._marking(status.error) if status and status.error is not None else None
        self.channel = self._described()
        self.poll(1)

    @property
    def expected(self) -> dict[str, str]:
        """The declared types of the columns that are read and written, by their names."""
        columns = {
            column.name: column.declared for column in self._used() if column.name in self.table.columns
        }
        status = self._settings.status
        return columns | ({status.column: self._column(status.column).declared} if status else {})

    def poll(self, limit: int) -> wire.Query:
        """The query for the first new rows."""
        return self._query(replace(self._read, limit=limit), limit)

    def keys(self, limit: int) -> wire.Query:
        """The same for no more than their keys and versions."""
        select = _selected(dict.fromkeys(column.name for column in (*self._key, self._version)))
        return self._query(replace(self._read, select=select, limit=limit), limit)

    def one(self, row: Arrived) -> wire.Query:
        """The query for a single row, if it is still new."""
        found = (_equals(column.name, text) for column, text in zip(self._key, row.key, strict=True))
        return self._query(replace(self._read, where=(*self._read.where, *found), limit=1), 1)

    def arrived(self, lines: bytes) -> list[Arrived]:
        """The rows of an answer to `poll` or `one`."""
        return [self._arrived(_members(line), self._payload) for line in lines.split(b"\n") if line]

    def bare(self, lines: bytes) -> list[Arrived]:
        """The rows of an answer to `keys`, without what they hold."""
        return [self._arrived(_members(line), ()) for line in lines.split(b"\n") if line]

    def _query(self, reading: Reading, limit: int) -> wire.Query:
        planner = Planner(self._dialect, self._known, max(1, limit))
        try:
            return planner.rows(reading)
        except InvalidRequest as error:
            raise Unfit("; ".join(found.message for found in error.violations)) from None

    def mark(self, rows: Sequence[Arrived]) -> wire.Write:
        """Mark rows as taken, those that have not changed since. Raises: BadValue."""
        return self._written(self._mark, rows)

    def put_aside(self, row: Arrived) -> wire.Write | None:
        """Mark a row as one that is never taken; None where the settings have no word for it.

        Raises: BadValue.
        """
        return None if self._put_aside is None else self._written(self._put_aside, (row,))

    # --- compiling --------------------------------------------------------------------------------------

    def _version_of(self, table: Table) -> Column:
        name = self._settings.version
        if name is not None:
            return self._column(name)
        if table.stamp is None:
            raise Unfit(
                f"name a `version` column of {table.name}: one that changes whenever a row becomes new again,"
                " or one of the key where none ever does"
            )
        return table.stamp

    def _column(self, name: str) -> Column:
        column = self.table.columns.get(name)
        if column is None:
            raise Unfit(f"{self.table.name} has no column {name!r}")
        return column

    def _used(self) -> list[Column]:
        names = dict.fromkeys((*self._payload, *(column.name for column in self._key), self._version.name))
        return [self._known.columns[name] for name in names]

    def _reading(self) -> Reading:
        settings = self._settings
        for column in (*self._key, self._version):
            if column.kind in (Kind.JSON, Kind.ARRAY):
                raise Unfit(f"{column.name} ({column.declared}) cannot tell rows or their versions apart")
        try:
            order = parse_order(settings.order_by) if settings.order_by else ()
            where: list[Condition] = [
                parse_logic(name, text) if name in LOGIC else parse_filter(name, text)
                for name, text in settings.where.items()
            ]
        except GrammarError as error:
            raise Unfit(f"{error.place.parameter}: {error}") from None
        if settings.status:
            where.append(_equals(settings.status.column, settings.status.new))
        ordered = {ordering.column for ordering in order}
        keys = [Ordering(key.name, False, "", _HERE) for key in self._key if key.name not in ordered]
        select = _selected(column.name for column in self._used())
        return Reading(select, tuple(where), (*order, *keys))

    def _is(self, name: str, word: Word) -> Fragment:
        column = self._column(name)
        try:
            return self._equal(column, _text(word))
        except BadValue as error:
            raise Unfit(f"{name} ({column.declared}) is never {word!r}: {error}") from None

    def _equal(self, column: Column, text: str | None) -> Fragment:
        if text is None:
            return f"{self._dialect.quote(column.name)} IS NULL", ()
        return self._dialect.comparison(column, "=", text)

    def _marking(self, word: Word) -> Fragment:
        """The beginning of the statement that marks a row."""
        status = self._settings.status
        if status is None:
            return f"DELETE FROM {self.table.sql}", ()  # noqa: S608 - quoted name
        column = self._column(status.column)
        text = _text(word)
        try:
            value, params = self._dialect.operand(column, text) if text is not None else ("NULL", ())
        except BadValue as error:
            raise Unfit(f"{column.name} ({column.declared}) cannot be {word!r}: {error}") from None
        return f"UPDATE {self.table.sql} SET {self._dialect.quote(column.name)} = {value}", params  # noqa: S608

    def _described(self) -> Channel:
        members = {name: column_schema(self.table.columns[name]) for name in self._payload}
        verb = "deleted" if self._settings.delete else "marked"
        return Channel(
            name=self._name,
            summary=f"New rows of {self.table.name}",
            description=f"Each row is a message; it is {verb} once it is stored.",
            payload=JsonShape(
                {
                    "type": "object",
                    "properties": dict(members),
                    "required": list(members),
                    "additionalProperties": False,
                }
            ),
            window=self._settings.batch,
            acks_together=True,
        )

    # --- rows -------------------------------------------------------------------------------------------

    def _arrived(self, row: dict[str, msgspec.Raw], members: Sequence[str]) -> Arrived:
        # The members are carried as the database wrote them: no digit is read and written again.
        payload = b",".join(msgspec.json.encode(name) + b":" + bytes(row[name]) for name in members)
        keys = [bytes(row[column.name]) for column in self._key]
        version = bytes(row[self._version.name])
        source_key = f"{self._name}[{b','.join(keys).decode()}]@{version.decode()}"
        if len(source_key) > MAX_SOURCE_KEY:
            source_key = f"{self._name}#{hashlib.sha256(source_key.encode()).hexdigest()}"
        return Arrived(b"{" + payload + b"}", tuple(map(_plain, keys)), _plain(version), source_key)

    def _written(self, start: Fragment, rows: Iterable[Arrived]) -> wire.Write:
        by_sql: dict[str, list[wire.Params]] = {}
        for row in rows:
            parts = [self._equal(column, text) for column, text in zip(self._key, row.key, strict=True)]
            parts += [self._new] if self._new else []
            parts.append(self._equal(self._version, row.version))
            sql = f"{start[0]} WHERE {' AND '.join(part for part, _ in parts)}"
            by_sql.setdefault(sql, []).append(
                (*start[1], *(value for _, params in parts for value in params))
            )
        return wire.Write(tuple(wire.Statement(sql, tuple(params)) for sql, params in by_sql.items()))


def _selected(names: Iterable[str]) -> tuple[Selected, ...]:
    return tuple(Selected(name, name, _HERE) for name in names)


def _equals(column: str, word: Word) -> Comparison:
    text = _text(word)
    if text is None:
        return Comparison(column, "is", ("null",), False, _HERE)
    return Comparison(column, "eq", (text,), False, _HERE)


def _text(word: Word) -> str | None:
    if isinstance(word, bool):
        return "true" if word else "false"
    return None if word is None else str(word)


def _plain(raw: bytes) -> str | None:
    """A JSON value as the text that it is compared by."""
    if raw == b"null":
        return None
    return str(msgspec.json.decode(raw)) if raw.startswith(b'"') else raw.decode()
