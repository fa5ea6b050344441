"""How the databases differ. Each module is one database; `base` is standard SQL."""

from __future__ import annotations

from collections.abc import Mapping

from adapters.odbc.dialects.base import Dialect, SessionOptions
from adapters.odbc.dialects.postgresql import PostgreSQL
from adapters.odbc.dialects.sqlite import SQLite

__all__ = ["Dialect", "SessionOptions", "choose", "guess"]

_BY_PRODUCT: tuple[tuple[str, type[Dialect]], ...] = (("postgresql", PostgreSQL), ("sqlite", SQLite))
_BY_DRIVER: tuple[tuple[str, type[Dialect]], ...] = (
    ("psqlodbc", PostgreSQL),
    ("postgresql", PostgreSQL),
    ("sqlite", SQLite),
)


def guess(keywords: Mapping[str, str]) -> type[Dialect]:
    """The dialect that the driver's name suggests, before anything is connected.

    `keywords`: of the connection string, see `connection.parse`.
    """
    driver = keywords.get("driver", "").lower()
    return next((dialect for word, dialect in _BY_DRIVER if word in driver), Dialect)


def choose(product: str, quote: str) -> Dialect:
    """The dialect for the database that answered."""
    dialect = next((dialect for word, dialect in _BY_PRODUCT if word in product.lower()), Dialect)
    return dialect(quote)
