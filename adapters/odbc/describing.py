"""The catalogue as ODBC's own functions tell it, for databases without a dialect of their own."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import pyodbc

_SYSTEM_SCHEMAS = {"information_schema", "sys", "pg_catalog", "syscat", "sysibm", "sysstat"}


def tables(connection: Any, catalog: str | None, schema: str | None) -> Iterator[dict[str, Any]]:
    """Each table and view with its columns and primary key, ordered by schema and name."""
    with contextlib.closing(connection.cursor()) as cursor:
        found = [
            (row[0], row[1], row[2], str(row[3]).upper())
            for row in cursor.tables(catalog=catalog, schema=schema).fetchall()
        ]
    for in_catalog, in_schema, name, kind in sorted(found, key=lambda row: (row[1] or "", row[2])):
        if kind in ("TABLE", "VIEW", "BASE TABLE") and (in_schema or "").lower() not in _SYSTEM_SCHEMAS:
            yield {
                "catalog": in_catalog or None,
                "schema": in_schema or None,
                "table": name,
                "view": kind == "VIEW",
                "columns": list(_columns(connection, in_catalog, in_schema, name)),
                "key": _key(connection, in_catalog, in_schema, name),
            }


def _columns(
    connection: Any, catalog: str | None, schema: str | None, table: str
) -> Iterator[dict[str, Any]]:
    with contextlib.closing(connection.cursor()) as cursor:
        # The table's name is a pattern for some drivers: `_` matches any character, so compare again.
        for row in cursor.columns(table=table, catalog=catalog, schema=schema).fetchall():
            if row[2] == table:
                yield {
                    "name": row[3],
                    "type": row[4],
                    "declared": row[5],
                    "size": row[6],
                    "scale": row[8],
                    "nullable": row[10] != pyodbc.SQL_NO_NULLS,
                    "default": row[12] not in (None, "NULL"),
                }


def _key(connection: Any, catalog: str | None, schema: str | None, table: str) -> list[str]:
    # Drivers without SQLPrimaryKeys exist; their tables have no `get`.
    with contextlib.suppress(pyodbc.Error), contextlib.closing(connection.cursor()) as cursor:
        rows = cursor.primaryKeys(table, catalog=catalog, schema=schema).fetchall()
        return [row[3] for row in sorted(rows, key=lambda row: row[4])]
    return []
