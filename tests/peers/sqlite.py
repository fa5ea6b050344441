"""SQLite database files as test peers, made with Python's own sqlite3 and read through ODBC."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

from tests.peers.odbc import driver

SHOP = """
CREATE TABLE item (
    id INTEGER PRIMARY KEY,
    name VARCHAR(40) NOT NULL UNIQUE,
    price DECIMAL(10, 2),
    weight DOUBLE,
    photo BLOB,
    active BOOLEAN NOT NULL DEFAULT 1,
    added DATETIME,
    note TEXT
);
CREATE TABLE line (
    order_no INTEGER NOT NULL,
    position INTEGER NOT NULL,
    item INTEGER NOT NULL REFERENCES item (id),
    quantity INTEGER NOT NULL CHECK (quantity > 0),
    PRIMARY KEY (order_no, position)
);
CREATE VIEW dear AS SELECT id, name, price, price * 2 AS twice FROM item WHERE price > 5;
INSERT INTO item (id, name, price, weight, photo, active, added, note) VALUES
    (1, 'bolt', 1.1, 0.1, x'00ff10', 1, '2026-01-02 03:04:05', NULL),
    (2, 'nut', 0.25, 0.30000000000000004, NULL, 0, NULL, 'é😀 "quoted" \\ 100%'),
    (3, 'crane', 12345.67, 1e300, x'', 1, '2026-02-03 00:00:00', ''),
    (4, 'Bolt M_8', NULL, NULL, NULL, 1, NULL, 'a,b.(c)');
INSERT INTO line VALUES (1, 1, 1, 10), (1, 2, 2, 20), (2, 1, 3, 1);
"""


def database(path: Path, script: str = SHOP) -> Path:
    """A database file with what the script makes."""
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.executescript(script)
        connection.commit()
    return path


def connection(path: Path) -> str:
    """The ODBC connection string for a database file."""
    return f"Driver={driver('libsqlite3odbc.so')};Database={path}"
