"""`gateway convert` where one record becomes several, or several become one; and tables in files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.unit.gateway.cli.command import Result, gateway_here

MAPPINGS = """\
lines:
  format: delimited
  fields: {order: {}, land: {}, quantity: {type: integer}}
orders:
  group_by: [order]
  transform:
    order: first.order
    items: {each: items, transform: {quantity: quantity, country: {from: land, lookup: tables/countries.csv}}}
split:
  each: items
  transform: {order: outer.order, quantity: quantity}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "mappings").mkdir()
    (tmp_path / "tables").mkdir()
    (tmp_path / "mappings" / "all.yaml").write_text(MAPPINGS)
    (tmp_path / "tables" / "countries.csv").write_text("code,name\nD,Germany\nF,France\n")
    return tmp_path


def convert(folder: Path, *arguments: str) -> Result:
    return gateway_here("convert", *arguments, cwd=folder)


def test_lines_become_orders_and_these_lines(folder: Path) -> None:
    (folder / "in.csv").write_text("order,land,quantity\nA,D,1\nA,F,2\nB,D,3\n")
    assert convert(folder, "lines+orders", "in.csv", "orders.ndjson").code == 0
    orders = [json.loads(line) for line in (folder / "orders.ndjson").read_text().splitlines()]
    items = [{"quantity": 1, "country": "Germany"}, {"quantity": 2, "country": "France"}]
    assert orders == [{"order": "A", "items": items}, {"order": "B", "items": [{**items[0], "quantity": 3}]}]
    assert convert(folder, "split", "--from", "ndjson", "orders.ndjson", "out.ndjson").code == 0
    lines = [json.loads(line) for line in (folder / "out.ndjson").read_text().splitlines()]
    assert lines == [{"order": order, "quantity": n} for order, n in (("A", 1), ("A", 2), ("B", 3))]


def test_a_line_that_cannot_be_read_costs_its_order(folder: Path) -> None:
    (folder / "in.csv").write_text("order,land,quantity\nA,D,1\nA,F,x\nA,F,2\nB,X,3\nC,D,4\n")
    result = convert(folder, "lines+orders", "in.csv", "out.ndjson", "--errors", "errors.ndjson")
    assert result.code == 1
    out = [json.loads(line) for line in (folder / "out.ndjson").read_text().splitlines()]
    assert [each["order"] for each in out] == ["C"]
    errors = [json.loads(line) for line in (folder / "errors.ndjson").read_text().splitlines()]
    found = [(each["rule"], each["record"]) for each in errors]
    assert found == [("integer", 2), ("group-incomplete", 1), ("lookup", 4)]


def test_what_is_one_way_is_not_encoded(folder: Path) -> None:
    (folder / "in.ndjson").write_text("{}\n")
    result = convert(folder, "--encode", "lines+orders", "in.ndjson", "out.csv")
    assert result.code == 2
    assert "several records become one" in result.err
