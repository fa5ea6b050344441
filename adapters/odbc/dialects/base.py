"""What every database has in common, and the generic dialect: standard SQL, rows encoded by the worker."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum, auto
from typing import Any, TypeAlias

import pyodbc

from adapters.contract import JsonValue
from adapters.odbc import wire
from adapters.odbc.catalogue import Column, Kind, Table
from adapters.odbc.values import BadValue, binary, check_text, checked, is_number

Ask: TypeAlias = Callable[[wire.Query | wire.Describe], Awaitable[list[dict[str, Any]]]]
"""Runs a query whose rows are JSON objects and returns them all."""

Fragment: TypeAlias = tuple[str, tuple[wire.Param, ...]]
"""A piece of SQL and the parameters of its question marks."""


class Wildcard(Enum):
    """The wildcards of `like`."""

    ANY = auto()
    ONE = auto()


Pattern: TypeAlias = tuple[str | Wildcard, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionOptions:
    """What the settings ask of every session. Units: seconds; 0 is none."""

    read_only: bool = False
    statement_timeout_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Scope:
    """Where to look for tables. No schemas: the connection's own."""

    catalog: str | None
    schemas: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """One row to be inserted: its place in the request's body and its values."""

    index: int
    values: dict[str, JsonValue]


class BadRow(ValueError):
    """A value that cannot be stored exactly."""

    def __init__(self, index: int, column: str, message: str) -> None:
        super().__init__(message)
        self.index = index
        self.column = column


class Dialect:
    """Standard SQL through whatever the driver offers. Other databases override what they do better."""

    name = "generic"
    driver_options = ""
    """Appended to the connection string; in ODBC the first of two equal keywords wins, so the
    configuration's own prevail."""
    ping = "SELECT 1"
    utf8_results = False
    """Whether texts are fetched as UTF-8, for drivers whose UTF-16 is not to be trusted."""
    rolls_back = False
    """Whether nothing stays of what was sent on a connection that ends before COMMIT, in whatever table."""
    filterable_as_text = frozenset({Kind.TEXT, Kind.ANY})

    def __init__(self, quote: str = '"') -> None:
        self._quote = quote or '"'

    # --- describing -------------------------------------------------------------------------------------

    def session(self, options: SessionOptions) -> tuple[str, ...]:
        """The statements that prepare a new session."""
        return ()

    async def describe(self, ask: Ask, scope: Scope) -> list[dict[str, Any]]:
        """The tables as raw objects, which `table` reads."""
        found: list[dict[str, Any]] = []
        for schema in scope.schemas or (None,):
            found += await ask(wire.Describe(scope.catalog, schema))
        return found

    def table(self, name: str, raw: dict[str, Any]) -> Table:
        """A table from its raw object."""
        columns = {str(column["name"]): self.column(column) for column in raw["columns"]}
        return Table(
            name=name,
            sql=self.qualified(raw.get("schema"), str(raw["table"])),
            writable=not raw["view"] and bool(raw.get("insertable", True)),
            view=bool(raw["view"]),
            columns=columns,
            key=tuple(raw["key"] or ()),
            comment=str(raw.get("comment") or ""),
            has_rowid=bool(raw.get("rowid")),
        )

    def column(self, raw: dict[str, Any]) -> Column:
        """A column from its raw object: ODBC's type numbers."""
        kind, bits = _KINDS.get(raw["type"], (Kind.OTHER, None))
        return Column(
            name=raw["name"],
            kind=kind,
            declared=str(raw["declared"] or ""),
            nullable=bool(raw["nullable"]),
            has_default=bool(raw["default"]) or "identity" in str(raw["declared"]).lower(),
            size=bits if kind is Kind.INTEGER else (raw["size"] or None) if kind is Kind.TEXT else None,
        )

    def shape(self, table: Table) -> wire.Query | None:
        """The query for the names and declared types of a table's columns, as `describe` tells them, cheap
        enough to be asked often; None where there is none."""
        return None

    # --- reading ----------------------------------------------------------------------------------------

    def quote(self, identifier: str) -> str:
        """An identifier from the catalogue, quoted."""
        return self._quote + identifier.replace(self._quote, self._quote * 2) + self._quote

    def qualified(self, schema: str | None, table: str) -> str:
        """A table's quoted name with its schema."""
        return f"{self.quote(schema)}.{self.quote(table)}" if schema else self.quote(table)

    def projection(self, members: Sequence[tuple[str, Column]]) -> str:
        """The select list, for `select` to put in its place."""
        return ", ".join(self.quote(column.name) for _, column in members)

    def select(
        self,
        table: Table,
        members: Sequence[tuple[str, Column]],
        projection: str,
        tail: Fragment,
        limit: int | None,
        offset: int,
        block_rows: int,
    ) -> wire.Query:
        """The query for rows. `tail` is everything from WHERE to ORDER BY."""
        where, params = tail
        return wire.Query(
            f"SELECT {projection} FROM {table.sql}{where}",  # noqa: S608 - quoted names, bound values
            params,
            names=tuple(name for name, _ in members),
            skip=offset,
            take=-1 if limit is None else limit,
            block_rows=block_rows,
        )

    def operand(self, column: Column, text: str) -> Fragment:
        """A value to compare the column with.

        Raises: BadValue.
        """
        value = checked(column, text)
        match column.kind:
            case Kind.INTEGER:
                return "?", (int(value),)
            case Kind.DOUBLE:
                return "?", (float(value),)
            case Kind.BOOLEAN:
                return "?", (int(value == "true"),)
            case Kind.BINARY:
                return "?", (binary(value),)
            case _:
                return "?", (value,)

    def comparison(self, column: Column, symbol: str, text: str) -> Fragment:
        """`column symbol value`.

        Raises: BadValue.
        """
        sql, params = self.operand(column, text)
        return f"{self.quote(column.name)} {symbol} {sql}", params

    def like(self, column: Column, pattern: Pattern, *, ignore_case: bool) -> Fragment:
        """The column's text matches the pattern; escaped by `!`, which no database reads otherwise."""
        spelled = "".join(
            {Wildcard.ANY: "%", Wildcard.ONE: "_"}[part]
            if isinstance(part, Wildcard)
            else part.replace("!", "!!").replace("%", "!%").replace("_", "!_")
            for part in pattern
        )
        name = self.quote(column.name)
        if ignore_case:
            return f"LOWER({name}) LIKE LOWER(?) ESCAPE '!'", (spelled,)
        return f"{name} LIKE ? ESCAPE '!'", (spelled,)

    def truth(self, column: Column, value: bool) -> str:
        """`column IS TRUE` or `IS FALSE`."""
        return f"{self.quote(column.name)} = {int(value)}"

    def order_key(self, column: Column, *, descending: bool, nulls_first: bool) -> str:
        """One key of ORDER BY, with nulls where they are wanted."""
        name = self.quote(column.name)
        rank = f"CASE WHEN {name} IS NULL THEN {int(not nulls_first)} ELSE {int(nulls_first)} END"
        return f"{rank}, {name}{' DESC' if descending else ''}"

    # --- writing ----------------------------------------------------------------------------------------

    def insert(self, table: Table, rows: Sequence[Row], *, give_back: bool) -> wire.Write:
        """One transaction that inserts the rows, in their order.

        Raises: BadRow.
        """
        statements: list[wire.Statement] = []
        for names, group in grouped(rows):
            statements.append(self._insert(table, names, group, give_back))
        return wire.Write(tuple(statements))

    def _insert(
        self, table: Table, names: tuple[str, ...], rows: list[Row], give_back: bool
    ) -> wire.Statement:
        then, keys = self._stored(table, names, rows) if give_back else ("", ())
        members = [(name, column) for name, column in table.columns.items()]
        return wire.Statement(
            self._insert_sql(table, names),
            tuple(
                tuple(self._bound(row.index, table.columns[name], row.values[name]) for name in names)
                for row in rows
            ),
            then=then,
            then_params=keys,
            names=tuple(name for name, _ in members) if then else None,
        )

    def _insert_sql(self, table: Table, names: tuple[str, ...]) -> str:
        if not names:
            return f"INSERT INTO {table.sql} DEFAULT VALUES"
        columns = ", ".join(map(self.quote, names))
        marks = ", ".join("?" * len(names))
        return f"INSERT INTO {table.sql} ({columns}) VALUES ({marks})"  # noqa: S608 - quoted names

    def _stored(
        self, table: Table, names: tuple[str, ...], rows: list[Row]
    ) -> tuple[str, tuple[tuple[wire.Param, ...], ...]]:
        """The query for the row just inserted: by the key, when the request names all of it."""
        if not table.key or not set(table.key) <= set(names):
            return "", ()
        members = list(table.columns.items())
        keys = " AND ".join(f"{self.quote(name)} = ?" for name in table.key)
        sql = f"SELECT {self.projection(members)} FROM {table.sql} WHERE {keys}"  # noqa: S608 - quoted names
        return sql, tuple(
            tuple(self._bound(row.index, table.columns[name], row.values[name]) for name in table.key)
            for row in rows
        )

    def _bound(self, index: int, column: Column, value: JsonValue) -> wire.Param:
        """A JSON value as the driver is to be given it.

        Raises: BadRow.
        """
        try:
            return self.bind(column, value)
        except BadValue as error:
            raise BadRow(index, column.name, str(error)) from None

    def bind(self, column: Column, value: JsonValue) -> wire.Param:
        """A JSON value as the driver is to be given it.

        Raises: BadValue.
        """
        match value:
            case None | bool():
                return value
            case str() if column.kind is Kind.BINARY:
                return binary(value)
            case str():
                check_text(value)
                return value
            case int():
                return value if -(2**63) <= value < 2**63 else str(value)
            case Decimal() if value.is_finite():
                return format(value, "f") if column.kind is not Kind.DOUBLE else exact_double(value)
            case float():
                return value
            case _:
                raise BadValue(f"a {column.declared or 'column'} holds no arrays or objects")

    def mark_key(self, key: str, target: str) -> str:
        """The text under which a write to `target` is marked as done; of no more than 200 characters.

        A digest: databases exist that take `A` for `a` and ignore a space at the end.
        """
        return hashlib.sha256(f"{target}\n{key}".encode()).hexdigest()

    # --- errors -----------------------------------------------------------------------------------------

    def classify(self, failed: wire.Failed) -> str:
        """The SQLSTATE that tells what happened, where the driver's own does not."""
        return failed.sqlstate

    def why_unreachable(self, keywords: Mapping[str, str]) -> str:
        """What a look from here shows of why nothing answers at this connection string; "" when nothing."""
        return ""


def grouped(rows: Sequence[Row]) -> list[tuple[tuple[str, ...], list[Row]]]:
    """Neighbouring rows that name the same columns, with these names; keeps the order of rows."""
    groups: list[tuple[tuple[str, ...], list[Row]]] = []
    spelled: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    for row in rows:
        # Most batches have rows of one shape: it is sorted once.
        if tuple(row.values) != spelled:
            spelled = tuple(row.values)
            names = tuple(sorted(spelled))
        if groups and groups[-1][0] == names:
            groups[-1][1].append(row)
        else:
            groups.append((names, [row]))
    return groups


def exact_double(value: Decimal) -> float:
    """The double that prints as this number.

    Raises: BadValue when there is none: a number with more digits than a double carries.
    """
    double = float(value)
    if Decimal(repr(double)) != value:
        raise BadValue("has more digits than the column can carry exactly")
    return double


def number_or_text(text: str) -> int | float | str:
    """A number when the text is one, else the text: for columns whose type the database does not tell."""
    if not is_number(text):
        return text
    try:
        whole = int(text)
    except ValueError:
        return float(text)
    return whole if -(2**63) <= whole < 2**63 else float(text)


_KINDS: dict[int, tuple[Kind, int | None]] = {
    pyodbc.SQL_TINYINT: (Kind.INTEGER, 16),
    pyodbc.SQL_SMALLINT: (Kind.INTEGER, 16),
    pyodbc.SQL_INTEGER: (Kind.INTEGER, 32),
    pyodbc.SQL_BIGINT: (Kind.INTEGER, 64),
    pyodbc.SQL_DECIMAL: (Kind.DECIMAL, None),
    pyodbc.SQL_NUMERIC: (Kind.DECIMAL, None),
    pyodbc.SQL_REAL: (Kind.DOUBLE, None),
    pyodbc.SQL_FLOAT: (Kind.DOUBLE, None),
    pyodbc.SQL_DOUBLE: (Kind.DOUBLE, None),
    pyodbc.SQL_BIT: (Kind.BOOLEAN, None),
    pyodbc.SQL_CHAR: (Kind.TEXT, None),
    pyodbc.SQL_VARCHAR: (Kind.TEXT, None),
    pyodbc.SQL_LONGVARCHAR: (Kind.TEXT, None),
    pyodbc.SQL_WCHAR: (Kind.TEXT, None),
    pyodbc.SQL_WVARCHAR: (Kind.TEXT, None),
    pyodbc.SQL_WLONGVARCHAR: (Kind.TEXT, None),
    pyodbc.SQL_TYPE_DATE: (Kind.DATE, None),
    pyodbc.SQL_TYPE_TIME: (Kind.TIME, None),
    pyodbc.SQL_TYPE_TIMESTAMP: (Kind.TIMESTAMP, None),
    pyodbc.SQL_BINARY: (Kind.BINARY, None),
    pyodbc.SQL_VARBINARY: (Kind.BINARY, None),
    pyodbc.SQL_LONGVARBINARY: (Kind.BINARY, None),
    pyodbc.SQL_GUID: (Kind.UUID, None),
}
