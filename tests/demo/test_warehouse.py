"""The demo's warehouse, through the real ODBC driver."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pyodbc
import pytest

from gateway.demo import requirements, warehouse


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "warehouse.sqlite"
    warehouse.create(path)
    return path


def connect(file: Path) -> closing[pyodbc.Connection]:
    driver = requirements.sqlite_driver()
    return closing(pyodbc.connect(f"Driver={driver};Database={file};FKSupport=1", autocommit=True))


@pytest.mark.parametrize(
    ("table", "rows"),
    [("items", 60), ("stock", 180), ("payments", 120), ("shipments", 90), ("stock_by_item", 60)],
)
def test_tables_are_filled(file: Path, table: str, rows: int) -> None:
    with connect(file) as connection:
        assert connection.execute(f"SELECT count(*) FROM {table}").fetchval() == rows


def test_the_driver_reports_declared_types(file: Path) -> None:
    with connect(file) as connection:
        names = {row.column_name: row.type_name for row in connection.cursor().columns(table="payments")}
    assert names["amount"].lower().startswith("decimal")
    assert names["received"].lower() == "date"


def test_it_is_made_once(file: Path) -> None:
    with connect(file) as connection:
        connection.execute("DELETE FROM shipments")
    warehouse.create(file)
    with connect(file) as connection:
        assert connection.execute("SELECT count(*) FROM shipments").fetchval() == 0


PAYMENT = "INSERT INTO payments (invoice_no, payer, amount, currency, received) VALUES ('I', 'P', {}, {}, {})"
SHIPMENT = (
    "INSERT INTO shipments (order_id, sku, quantity, carrier, shipped_on) VALUES ('SO-1', {}, {}, 'P', {})"
)
DAY = "'2026-11-23'"


@pytest.mark.parametrize(
    ("statement", "rule"),
    [
        pytest.param(PAYMENT.format(-1, "'EUR'", DAY), "amount_is_in_range", id="negative"),
        pytest.param(PAYMENT.format(0, "'EUR'", DAY), "amount_is_in_range", id="nothing"),
        pytest.param(PAYMENT.format("1e10", "'EUR'", DAY), "amount_is_in_range", id="more-than-12-digits"),
        pytest.param(PAYMENT.format("'much'", "'EUR'", DAY), "amount_is_in_range", id="amount-in-words"),
        pytest.param(PAYMENT.format(1.999, "'EUR'", DAY), "amount_has_two_decimals", id="third-decimal"),
        pytest.param(PAYMENT.format(1, "'euro'", DAY), "currency_is_three_letters", id="currency"),
        pytest.param(PAYMENT.format(1, "'EUR'", "'2026-02-30'"), "received_is_a_date", id="no-such-day"),
        pytest.param(PAYMENT.format(1, "'EUR'", "'2026-13-01'"), "received_is_a_date", id="no-such-month"),
        pytest.param(PAYMENT.format(1, "'EUR'", "'text'"), "received_is_a_date", id="date-in-words"),
        pytest.param(PAYMENT.format(1, "'EUR'", "'23.11.2026'"), "received_is_a_date", id="other-order"),
        pytest.param(PAYMENT.format(1, "'EUR'", 20261123), "received_is_a_date", id="date-as-a-number"),
        pytest.param(
            PAYMENT.format(1, "'EUR'", "'2026-11-23 10:00'"), "received_is_a_date", id="with-a-time"
        ),
        pytest.param(SHIPMENT.format("'XX-9999'", 1, DAY), "FOREIGN KEY", id="no-such-item"),
        pytest.param(SHIPMENT.format("'PU-0001'", 0, DAY), "quantity_is_positive", id="nothing-shipped"),
        pytest.param(
            SHIPMENT.format("'PU-0001'", 1, "'2026-11-31'"), "shipped_on_is_a_date", id="shipped-on"
        ),
        pytest.param("UPDATE stock SET quantity = -1", "quantity_is_not_negative", id="stock"),
        pytest.param(
            "UPDATE stock SET counted_at = '2026-02-29 10:00:00'",
            "counted_at_is_a_date_and_time",
            id="counted",
        ),
        pytest.param("UPDATE items SET introduced = 'soon'", "introduced_is_a_date", id="introduced"),
        pytest.param("UPDATE items SET unit_price = 0.125", "unit_price_has_two_decimals", id="price"),
        pytest.param("UPDATE items SET weight_kg = 0", "weight_kg_is_positive", id="weight"),
    ],
)
def test_rules_of_the_tables_hold(file: Path, statement: str, rule: str) -> None:
    with connect(file) as connection, pytest.raises(pyodbc.Error, match=rule):
        connection.execute(statement)


@pytest.mark.parametrize(
    ("amount", "day"), [("0.01", "2028-02-29"), ("9999999999.99", "1999-12-31"), ("1.10", "2026-01-01")]
)
def test_what_keeps_the_rules_is_taken(file: Path, amount: str, day: str) -> None:
    with connect(file) as connection:
        connection.execute(PAYMENT.format(amount, "'EUR'", f"'{day}'"))
