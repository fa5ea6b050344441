"""The demo's warehouse: a SQLite file with a few hundred rows, which the gateway reaches through ODBC."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path

# Declared types are what the ODBC driver reports, so they are those of a larger database. SQLite itself
# stores anything in any column: the constraints hold callers to the types, and callers are told their names.
# Adding no days makes SQLite count them: date('2026-02-30') alone gives that back.
_SCHEMA = """
CREATE TABLE items (
    sku VARCHAR(7) NOT NULL PRIMARY KEY,
    name VARCHAR(80) NOT NULL,
    category VARCHAR(20) NOT NULL,
    unit_price DECIMAL(10,2) NOT NULL,
    weight_kg DOUBLE,
    introduced DATE NOT NULL,
    CONSTRAINT unit_price_is_in_range CHECK (unit_price > 0 AND unit_price < 1e8),
    CONSTRAINT unit_price_has_two_decimals CHECK (unit_price = round(unit_price, 2)),
    CONSTRAINT weight_kg_is_positive CHECK (weight_kg > 0),
    CONSTRAINT introduced_is_a_date CHECK (introduced IS date(introduced, '+0 days'))
);
CREATE TABLE stock (
    sku VARCHAR(7) NOT NULL REFERENCES items (sku),
    location VARCHAR(10) NOT NULL,
    quantity INTEGER NOT NULL,
    counted_at TIMESTAMP,
    PRIMARY KEY (sku, location),
    CONSTRAINT quantity_is_not_negative CHECK (quantity >= 0),
    CONSTRAINT counted_at_is_a_date_and_time CHECK (counted_at IS datetime(counted_at, '+0 days'))
);
CREATE TABLE payments (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    invoice_no VARCHAR(20) NOT NULL,
    payer VARCHAR(80) NOT NULL,
    amount DECIMAL(12,2) NOT NULL,
    currency CHAR(3) NOT NULL DEFAULT 'EUR',
    received DATE NOT NULL,
    remark VARCHAR(200),
    reference VARCHAR(35),
    CONSTRAINT amount_is_in_range CHECK (amount > 0 AND amount < 1e10),
    CONSTRAINT amount_has_two_decimals CHECK (amount = round(amount, 2)),
    CONSTRAINT currency_is_three_letters CHECK (currency GLOB '[A-Z][A-Z][A-Z]'),
    CONSTRAINT received_is_a_date CHECK (received IS date(received, '+0 days'))
);
CREATE UNIQUE INDEX payments_reference ON payments (reference);
CREATE TABLE shipments (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    order_id VARCHAR(11) NOT NULL,
    sku VARCHAR(7) NOT NULL REFERENCES items (sku),
    quantity INTEGER NOT NULL,
    carrier VARCHAR(40) NOT NULL,
    shipped_on DATE NOT NULL,
    CONSTRAINT quantity_is_positive CHECK (quantity > 0),
    CONSTRAINT shipped_on_is_a_date CHECK (shipped_on IS date(shipped_on, '+0 days'))
);
CREATE VIEW stock_by_item AS
    SELECT items.sku, items.name, items.category, sum(stock.quantity) AS on_hand
    FROM items JOIN stock ON stock.sku = items.sku GROUP BY items.sku, items.name, items.category;
"""

_GOODS = (
    ("PU", "pumps", "Centrifugal pump", 489.0, 18.5),
    ("VA", "valves", "Ball valve", 34.9, 0.8),
    ("BE", "bearings", "Deep groove bearing", 7.25, 0.12),
    ("MO", "motors", "Gear motor", 312.5, 11.0),
    ("SE", "sensors", "Temperature sensor", 58.0, 0.05),
    ("CA", "cables", "Control cable", 12.8, None),
)
_LOCATIONS = ("hall-A", "hall-B", "yard")
_PAYERS = ("Nordwind Trading GmbH", "Atelier Lumière SARL", "Pennine Outfitters Ltd", "Corner Shop Müller")
_FIRST_DAY = date(2026, 1, 5)


# What the database of an older demo lacks. A bank's reference is there once: a statement that comes a second
# time, under whatever name, is refused. Payments without a reference do not count.
_SINCE = """
ALTER TABLE payments ADD COLUMN reference VARCHAR(35);
CREATE UNIQUE INDEX payments_reference ON payments (reference);
"""


def create(file: Path) -> None:
    """Make the database unless it is there. It appears whole or not at all."""
    if file.exists():
        _bring_up_to_date(file)
        return
    draft = file.with_suffix(".new")
    draft.unlink(missing_ok=True)
    with closing(sqlite3.connect(draft)) as connection:
        connection.executescript(_SCHEMA)
        with connection:
            _fill(connection)
    draft.replace(file)


def _bring_up_to_date(file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection:
        columns = {row[1] for row in connection.execute("PRAGMA table_info(payments)")}
        if "reference" not in columns:
            connection.executescript(f"BEGIN; {_SINCE} COMMIT;")


def _fill(connection: sqlite3.Connection) -> None:
    items = []
    for index in range(60):
        prefix, category, name, price, weight = _GOODS[index % len(_GOODS)]
        step = index // len(_GOODS)
        introduced = date(2015, 3, 2) + timedelta(days=61 * index)
        sku = f"{prefix}-{index + 1:04}"
        items.append((sku, f"{name} {step + 1}", category, price + 5 * step, weight, introduced.isoformat()))
    stock = [
        (item[0], location, (37 * index + 11 * place) % 240, f"2026-11-{1 + index % 20:02} 17:{place}5:00")
        for index, item in enumerate(items)
        for place, location in enumerate(_LOCATIONS)
    ]
    payments = [
        (
            f"INV-{1001 + index}",
            _PAYERS[index % len(_PAYERS)],
            round(49.9 + 31.35 * (index % 17), 2),
            (_FIRST_DAY + timedelta(days=2 * index)).isoformat(),
            "paid twice, second one returned" if index % 40 == 39 else None,
        )
        for index in range(120)
    ]
    shipments = [
        (
            f"SO-{1001 + index % 40}",
            items[7 * index % len(items)][0],
            1 + index % 6,
            ("Hermes Freight", "Post", "Kuehne")[index % 3],
            (_FIRST_DAY + timedelta(days=3 * index)).isoformat(),
        )
        for index in range(90)
    ]
    connection.executemany("INSERT INTO items VALUES (?, ?, ?, ?, ?, ?)", items)
    connection.executemany("INSERT INTO stock VALUES (?, ?, ?, ?)", stock)
    connection.executemany(
        "INSERT INTO payments (invoice_no, payer, amount, received, remark) VALUES (?, ?, ?, ?, ?)", payments
    )
    connection.executemany(
        "INSERT INTO shipments (order_id, sku, quantity, carrier, shipped_on) VALUES (?, ?, ?, ?, ?)",
        shipments,
    )
