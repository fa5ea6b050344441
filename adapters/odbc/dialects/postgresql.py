"""PostgreSQL through psqlodbc (13.02 with PostgreSQL 15 was measured).

The driver alters infinities, BC dates, offsets, booleans and money, so the database writes each row as JSON
and reads each parameter from its text. Results are fetched through a server-side cursor: the driver by itself
loads them whole.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import msgspec

from adapters.contract import JsonValue
from adapters.odbc import wire
from adapters.odbc.catalogue import Column, Kind, Table
from adapters.odbc.dialects.base import (
    Ask,
    BadRow,
    Dialect,
    Fragment,
    Pattern,
    Row,
    Scope,
    SessionOptions,
    grouped,
)
from adapters.odbc.values import BadValue, binary, check_text, checked

_TABLES = """SELECT json_build_object(
  'schema', n.nspname, 'table', c.relname, 'view', c.relkind IN ('v', 'm'),
  'insertable', has_table_privilege(c.oid, 'INSERT'), 'stamped', c.relkind IN ('r', 'p'),
  'comment', obj_description(c.oid, 'pg_class'),
  'columns', (SELECT coalesce(json_agg(json_build_object(
      'name', a.attname, 'type', b.typname, 'cast_type', t.typname, 'cast_schema', tn.nspname,
      'declared', format_type(a.atttypid, a.atttypmod), 'category', b.typcategory,
      'length', CASE WHEN b.typname IN ('varchar', 'bpchar') AND greatest(a.atttypmod, t.typtypmod) > 4
                     THEN greatest(a.atttypmod, t.typtypmod) - 4 END,
      'nullable', NOT (a.attnotnull OR t.typnotnull),
      'default', a.atthasdef OR a.attidentity <> '' OR t.typdefault IS NOT NULL,
      'generated', a.attgenerated <> '' OR a.attidentity = 'a',
      'values', (SELECT json_agg(e.enumlabel ORDER BY e.enumsortorder)
                 FROM pg_enum e WHERE e.enumtypid = b.oid),
      'comment', col_description(c.oid, a.attnum)) ORDER BY a.attnum), '[]')
    FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid JOIN pg_namespace tn ON tn.oid = t.typnamespace
    JOIN pg_type b ON b.oid = CASE WHEN t.typtype = 'd' THEN t.typbasetype ELSE t.oid END
    WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped),
  'key', (SELECT json_agg(a.attname ORDER BY array_position(i.indkey::int2[], a.attnum))
    FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)
    WHERE i.indrelid = c.oid AND i.indisprimary))::text
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition AND has_table_privilege(c.oid, 'SELECT')
  AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg!_toast%' ESCAPE '!'
  AND CASE WHEN CAST(? AS text) = '[]' THEN n.nspname = current_schema()
           ELSE n.nspname IN (SELECT json_array_elements_text(CAST(? AS json))) END
ORDER BY n.nspname, c.relname"""

_KINDS: dict[str, tuple[Kind, int | None]] = {
    "int2": (Kind.INTEGER, 16),
    "int4": (Kind.INTEGER, 32),
    "int8": (Kind.INTEGER, 64),
    "numeric": (Kind.DECIMAL, None),
    "float4": (Kind.DOUBLE, None),
    "float8": (Kind.DOUBLE, None),
    "bool": (Kind.BOOLEAN, None),
    "text": (Kind.TEXT, None),
    "varchar": (Kind.TEXT, None),
    "bpchar": (Kind.TEXT, None),
    "name": (Kind.TEXT, None),
    "citext": (Kind.TEXT, None),
    "date": (Kind.DATE, None),
    "time": (Kind.TIME, None),
    "timestamp": (Kind.TIMESTAMP, None),
    "timestamptz": (Kind.TIMESTAMPTZ, None),
    "bytea": (Kind.BINARY, None),
    "uuid": (Kind.UUID, None),
    "json": (Kind.JSON, None),
    "jsonb": (Kind.JSON, None),
}

_SHAPE = """SELECT json_build_object('name', attname, 'declared', format_type(atttypid, atttypmod))::text
FROM pg_attribute WHERE attrelid = CAST(CAST(? AS text) AS regclass) AND attnum > 0 AND NOT attisdropped"""

# The transaction that wrote the row as it is: another with each change, and kept by VACUUM.
_XMIN = Column(name="xmin", kind=Kind.OTHER, declared="xid", nullable=False, cast='"pg_catalog"."xid"')

_CURSOR = "legacy_gateway_rows"
_SPECIAL = {"infinity", "-infinity"}


class PostgreSQL(Dialect):
    """PostgreSQL 11 or newer."""

    name = "postgresql"
    rolls_back = True
    # The server notices a dead gateway and the driver a dead server, also on an idle connection.
    driver_options = "KeepaliveTime=30;KeepaliveInterval=10;LFConversion=0"

    def session(self, options: SessionOptions) -> tuple[str, ...]:
        wanted = {
            "application_name": "legacy-gateway",
            "timezone": "UTC",
            "intervalstyle": "iso_8601",
            "extra_float_digits": "1",
            "bytea_output": "hex",
            "standard_conforming_strings": "on",
            # A query whose gateway is gone ends within two seconds; unknown before PostgreSQL 14.
            "client_connection_check_interval": "2000",
        }
        if options.statement_timeout_s:
            wanted["statement_timeout"] = str(int(options.statement_timeout_s * 1000))
        if options.read_only:
            wanted["default_transaction_read_only"] = "on"
        pairs = ", ".join(f"('{name}', '{value}')" for name, value in wanted.items())
        return (
            f"SELECT set_config(w.name, w.value, false) FROM (VALUES {pairs}) AS w(name, value)"  # noqa: S608
            " JOIN pg_settings s ON lower(s.name) = w.name",
        )

    async def describe(self, ask: Ask, scope: Scope) -> list[dict[str, Any]]:
        schemas = json.dumps(list(scope.schemas))
        return await ask(wire.Query(_TABLES, (schemas, schemas)))

    def table(self, name: str, raw: dict[str, Any]) -> Table:
        table = super().table(name, raw)
        return replace(table, stamp=_XMIN) if raw["stamped"] else table

    def shape(self, table: Table) -> wire.Query | None:
        return wire.Query(_SHAPE, (table.sql,))

    def column(self, raw: dict[str, Any]) -> Column:
        kind, bits = _KINDS.get(raw["type"], (Kind.OTHER, None))
        if raw["category"] == "A":
            kind = Kind.ARRAY
        elif raw["category"] == "C":
            kind = Kind.JSON
        return Column(
            name=raw["name"],
            kind=kind,
            declared=raw["declared"],
            nullable=raw["nullable"],
            has_default=raw["default"],
            writable=not raw["generated"],
            cast=f"{self.quote(raw['cast_schema'])}.{self.quote(raw['cast_type'])}",
            size=bits if kind is Kind.INTEGER else raw["length"],
            values=tuple(raw["values"] or ()),
            comment=raw["comment"] or "",
        )

    # --- reading ----------------------------------------------------------------------------------------

    def projection(self, members: Sequence[tuple[str, Column]]) -> str:
        return ", ".join(f"{self._json(column)} AS {self.quote(name)}" for name, column in members)

    def _json(self, column: Column) -> str:
        """The expression that `row_to_json` carries exactly."""
        name = self.quote(column.name)
        if column.kind is Kind.BINARY:
            # encode() breaks its lines at 76 characters, as MIME does.
            return f"translate(encode({name}, 'base64'), chr(10), '')"
        return name

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
        cut = (f" LIMIT {limit}" if limit is not None else "") + (f" OFFSET {offset}" if offset else "")
        sql = f"SELECT row_to_json(r)::text FROM (SELECT {projection} FROM {table.sql}{where}{cut}) r"  # noqa: S608
        if limit is not None and limit <= block_rows:
            return wire.Query(sql, params, block_rows=block_rows)
        return wire.Query(
            f"DECLARE {_CURSOR} NO SCROLL CURSOR FOR {sql}",
            params,
            fetch=f"FETCH {{rows}} FROM {_CURSOR}",
            block_rows=block_rows,
        )

    def operand(self, column: Column, text: str) -> Fragment:
        if text not in _SPECIAL or column.kind not in (Kind.DATE, Kind.TIMESTAMP, Kind.TIMESTAMPTZ):
            text = checked(column, text)
        if column.kind is Kind.BINARY:
            text = "\\x" + binary(text).hex()
        return f"CAST(? AS {column.cast})", (text,)

    def like(self, column: Column, pattern: Pattern, *, ignore_case: bool) -> Fragment:
        sql, params = super().like(column, pattern, ignore_case=False)
        sql = sql.replace(" LIKE ? ", " LIKE CAST(? AS text) ")
        return (sql.replace(" LIKE ", " ILIKE ") if ignore_case else sql), params

    def truth(self, column: Column, value: bool) -> str:
        return f"{self.quote(column.name)} IS {'TRUE' if value else 'FALSE'}"

    def order_key(self, column: Column, *, descending: bool, nulls_first: bool) -> str:
        name = self.quote(column.name)
        return f"{name}{' DESC' if descending else ''} NULLS {'FIRST' if nulls_first else 'LAST'}"

    # --- writing ----------------------------------------------------------------------------------------

    def insert(self, table: Table, rows: Sequence[Row], *, give_back: bool) -> wire.Write:
        """The rows go over as one JSON array per group of rows with the same columns; the database takes
        them apart by the columns' types."""
        statements = []
        for names, group in grouped(rows):
            if names:
                texts = tuple((self._row(table, row),) for row in group)
                statements.append(
                    wire.Statement(self._insert_from_json(table, names, give_back), texts, True, give_back)
                )
            else:
                sql = f"INSERT INTO {table.sql} DEFAULT VALUES{self._returning(table, give_back)}"
                statements.append(wire.Statement(sql, ((),) * len(group), False, give_back))
        return wire.Write(tuple(statements))

    def _insert_from_json(self, table: Table, names: tuple[str, ...], give_back: bool) -> str:
        columns = ", ".join(map(self.quote, names))
        typed = ", ".join(f"{self.quote(name)} {table.columns[name].cast}" for name in names)
        return (
            f"INSERT INTO {table.sql} ({columns}) SELECT {columns}"  # noqa: S608 - quoted names, bound values
            f" FROM json_to_recordset(CAST(? AS json)) AS r({typed}){self._returning(table, give_back)}"
        )

    def _returning(self, table: Table, give_back: bool) -> str:
        if not give_back:
            return ""
        inner = self.projection(list(table.columns.items()))
        return f" RETURNING (SELECT row_to_json(r)::text FROM (SELECT {inner}) r)"  # noqa: S608

    def mark_key(self, key: str, target: str) -> str:
        return key

    def _row(self, table: Table, row: Row) -> str:
        members = {}
        for name, value in row.values.items():
            try:
                if isinstance(value, str) and table.columns[name].kind is Kind.BINARY:
                    value = "\\x" + binary(value).hex()
                members[name] = _carried(value)
            except BadValue as error:
                raise BadRow(row.index, name, str(error)) from None
        return _ENCODER.encode(members).decode()


_ENCODER = msgspec.json.Encoder(decimal_format="number")


def _carried(value: JsonValue) -> JsonValue:
    """The value in types that are written with all their digits: integers beyond 64 bits as Decimal.

    Raises: BadValue for a text that no driver carries.
    """
    match value:
        case str():
            check_text(value)
            return value
        case None | bool() | Decimal() | float():
            return value
        case int():
            return value if -(2**63) <= value < 2**64 else Decimal(value)
        case list():
            return [_carried(item) for item in value]
        case dict():
            for name in value:
                check_text(name)
            return {name: _carried(item) for name, item in value.items()}
