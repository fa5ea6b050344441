"""SQLite through its ODBC driver (libsqliteodbc 0.9998 with SQLite 3.40 was measured).

The driver reads values by a column's declared type and alters what does not fit (a DECIMAL loses digits, a
text in an INTEGER column becomes NULL), so rows are written as JSON by SQLite itself, by what each value
actually is. Its errors all are HY000; the message tells them apart.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec

from adapters.contract import JsonValue
from adapters.errors import PeerRejected
from adapters.odbc import wire
from adapters.odbc.catalogue import Column, Kind, Table
from adapters.odbc.dialects.base import (
    Ask,
    Dialect,
    Fragment,
    Pattern,
    Row,
    Scope,
    SessionOptions,
    Wildcard,
    exact_double,
    number_or_text,
)
from adapters.odbc.values import BadValue

_TABLES = """SELECT json_object('table', name, 'view', type = 'view', 'rowid',
    type = 'table' AND (SELECT wr FROM pragma_table_list WHERE "schema" = 'main' AND name = m.name) = 0)
FROM sqlite_master m WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite!_%' ESCAPE '!' ORDER BY name"""

_COLUMNS = """SELECT json_object('name', name, 'declared', type, 'notnull', "notnull",
    'default', dflt_value IS NOT NULL, 'pk', pk, 'hidden', hidden)
FROM pragma_table_xinfo(?) WHERE hidden <> 1 ORDER BY cid"""

_SHAPE = "SELECT json_object('name', name, 'declared', type) FROM pragma_table_xinfo(?)"

# Factors of 2^62 that bring a double with an extreme exponent to where SQLite prints it exactly.
_SCALES = (("> 1e180", "/", 13), ("> 1", "/", 7), ("> 1e-180", "*", 7), ("> 0", "*", 14))
_PLAIN = re.compile(r"\w+")
_MAX_ARGUMENTS = 100  # SQLite allows 127 to a function


class SQLite(Dialect):
    """SQLite 3.38 or newer."""

    name = "sqlite"
    # StepAPI: rows are fetched as they are read; without it the driver loads the whole result.
    # NoCreat: a wrong path is an error and not an empty database. Timeout: milliseconds for locks.
    utf8_results = True
    driver_options = "StepAPI=1;NoCreat=1;FKSupport=1;Timeout=5000"

    def session(self, options: SessionOptions) -> tuple[str, ...]:
        return ("PRAGMA query_only = 1",) if options.read_only else ()

    async def describe(self, ask: Ask, scope: Scope) -> list[dict[str, Any]]:
        tables = await ask(wire.Query(_TABLES))
        for table in tables:
            try:
                table["columns"] = await ask(wire.Query(_COLUMNS, (table["table"],)))
            except PeerRejected as error:  # a view of tables that are gone
                table |= {"columns": [], "key": [], "unusable": error.message}
                continue
            keys = sorted((column["pk"], column["name"]) for column in table["columns"] if column["pk"])
            table["key"] = [name for _, name in keys]
            for column in table["columns"]:
                column["rowid"] = bool(
                    table["rowid"]
                    and len(keys) == 1
                    and column["pk"]
                    and column["declared"].upper() == "INTEGER"
                )
        return tables

    def shape(self, table: Table) -> wire.Query | None:
        return wire.Query(_SHAPE, (table.name,))

    def column(self, raw: dict[str, Any]) -> Column:
        declared = str(raw["declared"] or "")
        kind = _kind(declared)
        length = re.search(r"CHAR[A-Z ]*\(\s*([0-9]+)\s*\)", declared.upper())
        return Column(
            name=raw["name"],
            kind=kind,
            declared=declared,
            # SQLite does not enforce declared lengths; `size` is not set from `length` for that reason
            # unless the column is a text, where writing beyond it would surprise other applications.
            size=64 if kind is Kind.INTEGER else int(length[1]) if kind is Kind.TEXT and length else None,
            nullable=not raw["notnull"] and not raw["rowid"],
            has_default=bool(raw["default"]) or raw["rowid"],
            writable=raw["hidden"] == 0,
        )

    # --- reading ----------------------------------------------------------------------------------------

    def quote(self, identifier: str) -> str:
        """In backquotes where the driver can read them: what stands in double quotes and is no column (any
        more) is a text to SQLite."""
        return f"`{identifier}`" if _PLAIN.fullmatch(identifier) else super().quote(identifier)

    def projection(self, members: Sequence[tuple[str, Column]]) -> str:
        parts = [
            self._members(members[start : start + _MAX_ARGUMENTS])
            for start in range(0, len(members), _MAX_ARGUMENTS)
        ]
        return "'{'||" + "||','||".join(parts) + "||'}'"

    def _members(self, members: Sequence[tuple[str, Column]]) -> str:
        shape = ",".join(
            json.dumps(name, ensure_ascii=False).replace("%", "%%") + ":%s" for name, _ in members
        )
        values = ", ".join(self._json(column) for _, column in members)
        return "printf('" + shape.replace("'", "''") + f"', {values})"

    def _json(self, column: Column) -> str:
        """An expression for the value's JSON text, by what the value is and not by what was declared."""
        name = self.quote(column.name)
        cases = [f"WHEN 'blob' THEN char(1)||hex({name})||char(1)"]
        if column.kind is Kind.BOOLEAN:
            cases.append(
                f"WHEN 'integer' THEN CASE {name} WHEN 0 THEN 'false' WHEN 1 THEN 'true' ELSE {name} END"
            )
        if column.kind is not Kind.TEXT:  # a column of text affinity never stores a double
            cases.append(f"WHEN 'real' THEN {_double(name)}")
        return f"CASE typeof({name}) {' '.join(cases)} ELSE json_quote({name}) END"

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
        where, params = tail
        # Bound, so that there is always a parameter: pyodbc prepares only statements that have one.
        return wire.Query(
            f"SELECT {projection} FROM {table.sql}{where} LIMIT ? OFFSET ?",  # noqa: S608 - quoted names
            (*params, -1 if limit is None else limit, offset),
            block_rows=block_rows,
        )

    def operand(self, column: Column, text: str) -> Fragment:
        _check_planes(text)
        if column.kind is Kind.ANY:
            return "?", (number_or_text(text),)
        if column.kind is Kind.DECIMAL:
            text = super().operand(column, text)[1][0]  # type: ignore[assignment]
            return "?", (number_or_text(text),)
        return super().operand(column, text)

    def like(self, column: Column, pattern: Pattern, *, ignore_case: bool) -> Fragment:
        for part in pattern:
            _check_planes(part if isinstance(part, str) else "")
        # SQLite's LIKE ignores the case of ASCII letters; GLOB does not.
        if ignore_case:
            sql, params = super().like(column, pattern, ignore_case=False)
            return sql, params
        spelled = "".join(
            {Wildcard.ANY: "*", Wildcard.ONE: "?"}[part]
            if isinstance(part, Wildcard)
            else re.sub(r"[\[*?]", lambda found: f"[{found[0]}]", part)
            for part in pattern
        )
        return f"{self.quote(column.name)} GLOB ?", (spelled,)

    def order_key(self, column: Column, *, descending: bool, nulls_first: bool) -> str:
        name = self.quote(column.name)
        return f"{name}{' DESC' if descending else ''} NULLS {'FIRST' if nulls_first else 'LAST'}"

    # --- writing ----------------------------------------------------------------------------------------

    def _insert(
        self, table: Table, names: tuple[str, ...], rows: list[Row], give_back: bool
    ) -> wire.Statement:
        statement = super()._insert(table, names, rows, give_back)
        if not give_back:
            further = f", ({', '.join('?' * len(names))})" if names else ""
            return msgspec.structs.replace(statement, further=further)
        if table.has_rowid:
            members = list(table.columns.items())
            # Bound, so that there is a parameter: pyodbc prepares only statements that have one.
            where = "WHERE rowid = last_insert_rowid() LIMIT ?"
            then = f"SELECT {self.projection(members)} FROM {table.sql} {where}"  # noqa: S608 - quoted names
            return wire.Statement(statement.sql, statement.rows, then=then, then_params=((1,),) * len(rows))
        return wire.Statement(
            statement.sql, statement.rows, then=statement.then, then_params=statement.then_params
        )

    def bind(self, column: Column, value: JsonValue) -> wire.Param:
        if isinstance(value, str):
            _check_planes(value)
        if isinstance(value, bool):
            return int(value)
        if isinstance(value, int) and not -(2**63) <= value < 2**63:
            raise BadValue("SQLite carries whole numbers of up to 64 bits")
        if isinstance(value, Decimal):
            if value == value.to_integral_value() and -(2**63) <= value < 2**63:
                return int(value)
            return exact_double(value)
        return super().bind(column, value)

    def mark_key(self, key: str, target: str) -> str:
        return key

    # --- errors -----------------------------------------------------------------------------------------

    def classify(self, failed: wire.Failed) -> str:
        return next((state for text, state in _STATES if text in failed.message), failed.sqlstate)

    def why_unreachable(self, keywords: Mapping[str, str]) -> str:
        name = keywords.get("database", "")
        path = Path(name)
        if not name or (path.is_file() and os.access(path, os.R_OK)):
            return ""
        shown = json.dumps(name, ensure_ascii=False)
        if path.is_file():
            return f"the database file {shown} may not be read by this user"
        return f"the database file {shown} {'is not a file' if path.exists() else 'does not exist'}"


# Message fragments of SQLite itself, and the SQLSTATE that other databases give the same failure.
_STATES = (
    ("UNIQUE constraint failed", "23505"),
    ("PRIMARY KEY constraint failed", "23505"),
    ("FOREIGN KEY constraint failed", "23503"),
    ("NOT NULL constraint failed", "23502"),
    ("CHECK constraint failed", "23514"),
    ("datatype mismatch", "22018"),
    ("cannot store", "22018"),
    ("database is locked", "55P03"),
    ("database table is locked", "55P03"),
    ("attempt to write a readonly database", "25006"),
    ("no such table", "42S02"),
    ("no such column", "42S22"),
    ("interrupted", "57014"),
    ("connect failed", "08001"),
    ("unable to open database file", "08001"),
    ("file is not a database", "XX001"),
    ("disk I/O error", "58030"),
    ("database disk image is malformed", "XX001"),
    ("database or disk is full", "53100"),
)


def _check_planes(text: str) -> None:
    """Refuse what the driver's conversion of parameters cuts: it keeps 20 bits of a character's number."""
    if not text.isascii() and max(text) > "\U000fffff":
        raise BadValue("holds a character beyond U+FFFFF, which SQLite's ODBC driver alters")


def _double(name: str) -> str:
    """An expression that prints a double so that it reads back as the same double.

    15 digits (what SQLite makes of a double by itself) where they do, else 17. SQLite 3.40 prints and reads
    with 64-bit mantissas: exact up to about 1e±100 and off by one bit beyond. There the value is scaled by a
    power of two first, see `encoding`.
    """
    scales = "".join(
        f" WHEN abs({name}) {bound} THEN char(2)||printf('%!.17g', {name}{f'{symbol}(1<<62)' * times})"
        f"||';{-62 * times if symbol == '*' else 62 * times}'||char(2)"
        for bound, symbol, times in _SCALES
    )
    infinite = f"CASE WHEN {name} > 0 THEN '\"Infinity\"' ELSE '\"-Infinity\"' END"
    return (
        f"CASE WHEN abs({name}) BETWEEN 1e-70 AND 1e70 THEN"
        f" CASE WHEN CAST({name}||'' AS REAL) = {name} THEN {name} ELSE printf('%!.17g', {name}) END"
        f" WHEN {name} = 0.0 THEN '0.0' WHEN abs({name}) = 9e999 THEN {infinite}{scales} END"
    )


def _kind(declared: str) -> Kind:
    """By the declared type, first as SQLite's affinity rules see it.

    Source: sqlite.org/datatype3.html §3.1.
    """
    name = declared.upper()
    if "INT" in name:
        return Kind.INTEGER
    if any(part in name for part in ("CHAR", "CLOB", "TEXT")):
        return Kind.TEXT
    if "BLOB" in name:
        return Kind.BINARY
    if any(part in name for part in ("REAL", "FLOA", "DOUB")):
        return Kind.DOUBLE
    if not name:
        return Kind.ANY
    if "BOOL" in name or name == "BIT":
        return Kind.BOOLEAN
    if any(part in name for part in ("DEC", "NUM", "MONEY")):
        return Kind.DECIMAL
    if any(part in name for part in ("DATE", "TIME")):
        return Kind.OTHER
    return Kind.ANY
