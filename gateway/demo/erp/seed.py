"""What is in the ERP on its first day."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from xml.etree import ElementTree

from gateway.demo.erp.invoices import Invoice, amount_of
from gateway.demo.erp.messages import NAMESPACE
from gateway.demo.erp.store import Customer, Line, Store

_CUSTOMERS = (
    ("C-100", "Nordwind Trading GmbH", "purchasing@nordwind.example", "2014-03-01", "EUR", "1000000.00"),
    ("C-101", "Atelier Lumière SARL", "achats@lumiere.example", "2017-09-18", "EUR", "25000.00"),
    ("C-102", "Pennine Outfitters Ltd", "orders@pennine.example", "2019-01-07", "GBP", "40000.00"),
    ("C-103", "Cascade Supply Co.", None, "2021-06-30", "USD", "15000.00"),
    ("C-104", "Corner Shop Müller", "mueller@corner.example", "2023-11-02", "EUR", "500.00"),
)
_GOODS = (
    ("PU-0001", "Centrifugal pump", "489.00"),
    ("VA-0002", "Ball valve DN25", "34.90"),
    ("BE-0003", "Deep groove bearing", "7.25"),
    ("MO-0004", "Gear motor 0.75 kW", "312.50"),
    ("SE-0005", "Temperature sensor", "58.00"),
    ("CA-0006", "Control cable, by weight", "12.80"),
)
_FIRST_DAY = datetime(2026, 1, 5, 8, 30, tzinfo=UTC)
_ORDERS = 40
_INVOICES = 60


def fill(store: Store) -> None:
    """Put customers and orders SO-1001 to SO-1040 into an empty store."""
    for customer_id, name, email, since, currency, limit in _CUSTOMERS:
        store.put_customer(
            Customer(
                id=customer_id,
                name=name,
                email=email,
                since=date.fromisoformat(since),
                currency=currency,
                credit_limit=Decimal(limit),
                blocked=customer_id == "C-103",
            )
        )
    store.start_numbers_at(1001)
    for index in range(_ORDERS):
        _add_order(store, index)


def fill_invoices(store: Store) -> None:
    """Put invoices INV-3001 to INV-3060 into a store that has customers and may have invoices already."""
    for number in range(3001, 3001 + _INVOICES):
        customer, _, _, _, currency, _ = _CUSTOMERS[(number - 3001) % 4]
        store.invoices.add(
            Invoice(number=f"INV-{number}", customer=customer, currency=currency, amount=amount_of(number))
        )
    for customer, _, _, _, currency, _ in _CUSTOMERS[:4]:
        store.invoices.send_more(customer, currency)


def _add_order(store: Store, index: int) -> None:
    customer_id, _, _, _, currency, _ = _CUSTOMERS[index % 4]
    ordered_at = _FIRST_DAY + timedelta(days=7 * index, minutes=37 * index)
    lines = []
    for step in range(1 + index % 3):
        sku, description, price = _GOODS[(index + step) % len(_GOODS)]
        quantity = Decimal("2.500") if sku.startswith("CA") else Decimal(1 + (index + step) % 4)
        lines.append(Line(sku=sku, quantity=quantity, unit_price=Decimal(price), description=description))
    number = store.add_order(
        customer=customer_id,
        currency=currency,
        ordered_at=ordered_at,
        requested_delivery=None if index % 5 == 4 else (ordered_at + timedelta(days=14)).date(),
        note="Deliver to gate 3, please ring twice." if index % 6 == 0 else None,
        lines=lines,
    )
    if index % 4 != 3:
        store.set_payment(number, _payment(index))
    if index % 4 == 1:
        store.add_shipment(number, _shipment(index, ordered_at + timedelta(days=9)))
    if index % 13 == 12:
        store.cancel(number)


def _payment(index: int) -> str:
    ways: tuple[dict[str, object], ...] = (
        {"card": {"holder": "N. Wind", "lastDigits": "4242", "expires": "2028-11"}},
        {"bankTransfer": {"iban": "DE02120300000000202051", "bic": "BYLADEM1001"}},
        {"invoice": {"dueInDays": "30", "purchaseOrder": f"PO-{7000 + index}"}},
    )
    return _document("payment", ways[index % 3])


def _shipment(index: int, moment: datetime) -> str:
    return _document(
        "shipment",
        {
            "carrier": "Hermes Freight",
            "trackingNumber": f"HF{900100 + index}",
            "shippedAt": moment.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "weight": "14.250",
        },
    )


def _document(name: str, members: dict[str, object]) -> str:
    """One element with nested elements for nested members, as text."""

    def build(tag: str, value: object) -> ElementTree.Element:
        element = ElementTree.Element(f"{{{NAMESPACE}}}{tag}")
        if isinstance(value, dict):
            element.extend(build(key, inner) for key, inner in value.items())
        else:
            element.text = str(value)
        return element

    return ElementTree.tostring(build(name, members), encoding="unicode")
