"""ODBC connection strings: quoting what is put into them, and reading them.

Source: Microsoft ODBC Programmer's Reference, SQLDriverConnect, "Comments".
"""

from __future__ import annotations

import re

_PAIR = re.compile(r"\s*([^=;{}]+?)\s*=\s*(\{(?:[^}]|\}\})*\}|[^;]*)\s*(?:;|\Z)")


_SPECIAL = frozenset("[]{}(),;?*=!@")


def odbc_quote(value: str) -> str:
    """A value, in braces where it needs them, so that it stays one: `;Server=` in a password is no keyword.

    Others stay bare: SQLite's driver takes braces for a part of the file's name.
    """
    if value == value.strip() and _SPECIAL.isdisjoint(value):
        return value
    return "{" + value.replace("}", "}}") + "}"


def parse(connection: str) -> dict[str, str]:
    """The keywords, in lower case, with their values unquoted; the first of two equal keywords wins.

    Raises: ValueError naming the position (1-based) of what is not `keyword=value`.
    """
    found: dict[str, str] = {}
    at = 0
    while at < len(connection) and connection[at:].strip(" \t;"):
        match = _PAIR.match(connection, at)
        if not match or match.end() == at:
            raise ValueError(f"position {at + 1}: expected keyword=value, separated by semicolons")
        value = match[2].strip()
        if value.startswith("{") and not value.endswith("}"):
            raise ValueError(f"position {match.start(2) + 1}: the brace is not closed")
        if value.startswith("{"):
            value = value[1:-1].replace("}}", "}")
        found.setdefault(match[1].lower(), value)
        at = match.end()
    return found


def with_options(connection: str, options: str) -> str:
    """The connection string with further keywords, which yield to equal ones that are there already."""
    return f"{connection.rstrip().rstrip(';')};{options}" if options else connection
