"""What the ERP remembers: customers, orders and invoices in one SQLite file, through one connection."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

from gateway.demo.erp.invoices import Invoices

_SCHEMA = """
CREATE TABLE customers (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, email TEXT, since TEXT NOT NULL,
    currency TEXT NOT NULL, credit_limit TEXT NOT NULL, blocked INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE orders (
    number INTEGER PRIMARY KEY AUTOINCREMENT, customer TEXT NOT NULL REFERENCES customers (id),
    status TEXT NOT NULL, ordered_at TEXT NOT NULL, requested_delivery TEXT, currency TEXT NOT NULL,
    total TEXT NOT NULL, revision INTEGER NOT NULL DEFAULT 1, note TEXT, payment TEXT
);
CREATE INDEX orders_by_customer ON orders (customer, ordered_at);
CREATE TABLE lines (
    order_number INTEGER NOT NULL REFERENCES orders (number), position INTEGER NOT NULL, sku TEXT NOT NULL,
    quantity TEXT NOT NULL, unit_price TEXT NOT NULL, description TEXT, PRIMARY KEY (order_number, position)
);
CREATE TABLE shipments (order_number INTEGER NOT NULL REFERENCES orders (number), document TEXT NOT NULL);
"""

_OPEN_STATES = ("OPEN", "CONFIRMED")
_CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """A customer account; `credit_limit` is in `currency`."""

    id: str
    name: str
    email: str | None
    since: date
    currency: str
    credit_limit: Decimal
    blocked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One order line. Units: `quantity` in pieces or kilograms, `unit_price` in the order's currency."""

    sku: str
    quantity: Decimal
    unit_price: Decimal
    description: str | None = None

    @property
    def amount(self) -> Decimal:
        """Quantity times price, rounded to cents, half up."""
        return (self.quantity * self.unit_price).quantize(_CENT, ROUND_HALF_UP)


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """An order without its lines and shipments. `payment` is the XML element as it came in."""

    number: int
    customer: str
    status: str
    ordered_at: datetime
    requested_delivery: date | None
    currency: str
    total: Decimal
    revision: int
    note: str | None
    payment: str | None


class Store:
    """The ERP's database. Every change is one transaction, on disk when the method returns."""

    def __init__(self, file: Path) -> None:
        new = not file.exists()
        self._connection = sqlite3.connect(file, isolation_level=None)
        self._connection.execute("PRAGMA foreign_keys = ON")
        if new:
            self._connection.executescript(f"BEGIN; {_SCHEMA} COMMIT;")
        self.invoices = Invoices(self._connection)

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    # --- customers ---

    def customer(self, customer_id: str) -> Customer | None:
        """One account, or None."""
        row = self._connection.execute(
            "SELECT id, name, email, since, currency, credit_limit, blocked FROM customers WHERE id = ?",
            [customer_id],
        ).fetchone()
        if row is None:
            return None
        return Customer(
            id=row[0],
            name=row[1],
            email=row[2],
            since=date.fromisoformat(row[3]),
            currency=row[4],
            credit_limit=Decimal(row[5]),
            blocked=bool(row[6]),
        )

    def put_customer(self, customer: Customer) -> None:
        """Add the account, or replace what is known of it."""
        with self._connection:
            self._connection.execute(
                "INSERT INTO customers VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET"
                " name = excluded.name, email = excluded.email, currency = excluded.currency,"
                " credit_limit = excluded.credit_limit, blocked = excluded.blocked",
                [
                    customer.id,
                    customer.name,
                    customer.email,
                    customer.since.isoformat(),
                    customer.currency,
                    str(customer.credit_limit),
                    customer.blocked,
                ],
            )

    def open_amount(self, customer_id: str) -> Decimal:
        """What the customer's open and confirmed orders add up to."""
        rows = self._connection.execute(
            "SELECT total FROM orders WHERE customer = ? AND status IN (?, ?)", [customer_id, *_OPEN_STATES]
        )
        return sum((Decimal(total) for (total,) in rows), Decimal("0.00"))

    # --- orders ---

    def order(self, number: int) -> Order | None:
        """One order, or None."""
        row = self._connection.execute(f"{_SELECT_ORDER} WHERE number = ?", [number]).fetchone()
        return None if row is None else _order(row)

    def orders(
        self,
        *,
        customer: str | None,
        statuses: Sequence[str],
        first_day: date | None,
        last_day: date | None,
        limit: int,
    ) -> list[Order]:
        """Orders that pass all filters given, the newest first."""
        conditions: list[str] = []
        values: list[str | int] = []
        if customer is not None:
            conditions.append("customer = ?")
            values.append(customer)
        if statuses:
            conditions.append(f"status IN ({', '.join('?' * len(statuses))})")
            values.extend(statuses)
        if first_day is not None:
            conditions.append("ordered_at >= ?")
            values.append(_stamp(datetime.combine(first_day, time.min, UTC)))
        if last_day is not None:
            conditions.append("ordered_at < ?")
            values.append(_stamp(datetime.combine(last_day + timedelta(days=1), time.min, UTC)))
        where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
        query = f"{_SELECT_ORDER}{where} ORDER BY ordered_at DESC, number DESC LIMIT ?"
        return [_order(row) for row in self._connection.execute(query, [*values, limit])]

    def lines(self, number: int) -> list[Line]:
        """The lines of an order, by position."""
        rows = self._connection.execute(
            "SELECT sku, quantity, unit_price, description FROM lines"
            " WHERE order_number = ? ORDER BY position",
            [number],
        )
        return [
            Line(sku=sku, quantity=Decimal(quantity), unit_price=Decimal(price), description=description)
            for sku, quantity, price, description in rows
        ]

    def shipments(self, number: int) -> list[str]:
        """The shipments of an order as XML, in the order they were told."""
        rows = self._connection.execute(
            "SELECT document FROM shipments WHERE order_number = ? ORDER BY rowid", [number]
        )
        return [document for (document,) in rows]

    def add_order(
        self,
        *,
        customer: str,
        currency: str,
        ordered_at: datetime,
        requested_delivery: date | None,
        note: str | None,
        lines: Iterable[Line],
    ) -> int:
        """Add an open order and return its number."""
        lines = list(lines)
        total = sum((line.amount for line in lines), Decimal("0.00"))
        delivery = None if requested_delivery is None else requested_delivery.isoformat()
        self._connection.execute("BEGIN IMMEDIATE")
        with self._connection:
            number = self._connection.execute(
                "INSERT INTO orders (customer, status, ordered_at, requested_delivery, currency, total, note)"
                " VALUES (?, 'OPEN', ?, ?, ?, ?, ?) RETURNING number",
                [customer, _stamp(ordered_at), delivery, currency, str(total), note],
            ).fetchone()[0]
            self._connection.executemany(
                "INSERT INTO lines VALUES (?, ?, ?, ?, ?, ?)",
                [
                    (number, index * 10, line.sku, str(line.quantity), str(line.unit_price), line.description)
                    for index, line in enumerate(lines, 1)
                ],
            )
        return int(number)

    def start_numbers_at(self, number: int) -> None:
        """Let the next order of an empty store have this number."""
        self._connection.execute("INSERT INTO sqlite_sequence VALUES ('orders', ?)", [number - 1])

    def set_payment(self, number: int, payment: str) -> None:
        """Record the way of payment; an open order becomes confirmed."""
        self._connection.execute(
            "UPDATE orders SET payment = ?, revision = revision + 1,"
            " status = CASE status WHEN 'OPEN' THEN 'CONFIRMED' ELSE status END WHERE number = ?",
            [payment, number],
        )

    def cancel(self, number: int) -> None:
        """Mark the order as cancelled."""
        self._connection.execute(
            "UPDATE orders SET status = 'CANCELLED', revision = revision + 1 WHERE number = ?", [number]
        )

    def add_shipment(self, number: int, document: str) -> None:
        """Record a shipment; the order is shipped."""
        self._connection.execute("BEGIN IMMEDIATE")
        with self._connection:
            self._connection.execute("INSERT INTO shipments VALUES (?, ?)", [number, document])
            self._connection.execute(
                "UPDATE orders SET status = 'SHIPPED', revision = revision + 1 WHERE number = ?", [number]
            )


_SELECT_ORDER = (
    "SELECT number, customer, status, ordered_at, requested_delivery, currency, total, revision, note,"
    " payment FROM orders"
)


def _stamp(moment: datetime) -> str:
    """Text that sorts like the moment: UTC, whole seconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _order(row: Sequence[str]) -> Order:
    number, customer, status, ordered_at, delivery, currency, total, revision, note, payment = row
    return Order(
        number=int(number),
        customer=customer,
        status=status,
        ordered_at=datetime.fromisoformat(ordered_at),
        requested_delivery=date.fromisoformat(delivery) if delivery else None,
        currency=currency,
        total=Decimal(total),
        revision=int(revision),
        note=note,
        payment=payment,
    )
