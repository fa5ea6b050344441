"""The invoices that the ERP has sent, and what was paid of them."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

# Also made in the database of a demo that is older than invoices.
_SCHEMA = """
CREATE TABLE IF NOT EXISTS invoices (
    number TEXT PRIMARY KEY, customer TEXT NOT NULL REFERENCES customers (id), currency TEXT NOT NULL,
    amount TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS invoice_payments (
    reference TEXT PRIMARY KEY, invoice TEXT NOT NULL REFERENCES invoices (number), amount TEXT NOT NULL,
    paid_on TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS payments_by_invoice ON invoice_payments (invoice);
"""


# So many of a customer's invoices are open at any time, so that there is always something to pay.
_OPEN = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Invoice:
    """An invoice and the sum of its payments, in `currency`."""

    number: str
    customer: str
    currency: str
    amount: Decimal
    paid: Decimal = Decimal("0.00")
    last_paid_on: date | None = None

    @property
    def status(self) -> str:
        """OPEN, PARTLY_PAID or PAID."""
        if self.paid >= self.amount:
            return "PAID"
        return "PARTLY_PAID" if self.paid else "OPEN"


class Invoices:
    """The part of the ERP's database that holds invoices. Every change is on disk when the method returns."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        connection.executescript(_SCHEMA)

    def get(self, number: str) -> Invoice | None:
        """One invoice, or None."""
        row = self._connection.execute(
            "SELECT customer, currency, amount FROM invoices WHERE number = ?", [number]
        ).fetchone()
        if row is None:
            return None
        payments = self._connection.execute(
            "SELECT amount, paid_on FROM invoice_payments WHERE invoice = ?", [number]
        ).fetchall()
        return Invoice(
            number=number,
            customer=row[0],
            currency=row[1],
            amount=Decimal(row[2]),
            paid=sum((Decimal(amount) for amount, _ in payments), Decimal("0.00")),
            last_paid_on=max((date.fromisoformat(day) for _, day in payments), default=None),
        )

    def add(self, invoice: Invoice) -> None:
        """Add an invoice of which nothing has been paid; one that is there stays as it is."""
        self._connection.execute(
            "INSERT INTO invoices VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
            [invoice.number, invoice.customer, invoice.currency, str(invoice.amount)],
        )

    def pay(self, number: str, amount: Decimal, paid_on: date, reference: str) -> None:
        """Record a payment, once for each reference."""
        self._connection.execute(
            "INSERT INTO invoice_payments VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
            [reference, number, str(amount), paid_on.isoformat()],
        )
        paid = self.get(number)
        if paid is not None:
            self.send_more(paid.customer, paid.currency)

    def send_more(self, customer: str, currency: str) -> None:
        """Send a customer who has paid most of them further invoices, their numbers going on."""
        (unpaid,) = self._connection.execute(
            "SELECT count(*) FROM invoices WHERE customer = ?"
            " AND number NOT IN (SELECT invoice FROM invoice_payments)",
            [customer],
        ).fetchone()
        (last,) = self._connection.execute(
            "SELECT max(CAST(substr(number, 5) AS INTEGER)) FROM invoices"
        ).fetchone()
        for number in range(last + 1, last + 1 + max(0, _OPEN - unpaid)):
            self.add(
                Invoice(
                    number=f"INV-{number}", customer=customer, currency=currency, amount=amount_of(number)
                )
            )


def amount_of(number: int) -> Decimal:
    """The amount of an invoice that the demo makes up, by its number."""
    return Decimal(12000 + 3745 * ((number - 3001) % 23)).scaleb(-2)
