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


def test_rules_of_the_tables_hold(file: Path) -> None:
    with connect(file) as connection:
        with pytest.raises(pyodbc.Error, match="CHECK"):
            connection.execute(
                "INSERT INTO payments (invoice_no, payer, amount, received)"
                " VALUES ('I', 'P', -1, '2026-11-23')"
            )
        with pytest.raises(pyodbc.Error, match="FOREIGN KEY"):
            connection.execute(
                "INSERT INTO shipments (order_id, sku, quantity, carrier, shipped_on)"
                " VALUES ('SO-1001', 'XX-9999', 1, 'P', '2026-11-23')"
            )
