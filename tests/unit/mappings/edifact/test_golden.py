"""Golden samples: what flows see, exact numbers, and memory."""

from __future__ import annotations

from decimal import Decimal

from mappings.contract import MappingError
from tests.unit.mappings.edifact.samples import bare, golden, golden_data, golden_records
from tests.unit.mappings.segments.samples import read, read_all, write


def test_flows_see_the_lines() -> None:
    see = golden("invoice-lines").details()
    seen = [see(one) for one in golden_records("invoice-lines")]
    assert [one is not None for one in seen] == [True, True, True, False, True, False]
    assert see(MappingError("bad", rule="x")) is None
    whole = golden("orders").details()
    assert [whole(one) for one in golden_records("orders")] == golden_records("orders")


def test_numbers_keep_every_digit() -> None:
    first, _ = read(golden("orders"), golden_data("orders"))
    assert str(first["lines"][1]["prices"][0]["price"]["price"]["value"]) == "12.50"
    line = read(golden("invoice-lines"), golden_data("invoice-lines"))[0]["line"]
    assert line["amounts"][1]["amount"]["value"] == Decimal("-0.10")


def test_memory_of_a_long_invoice_is_one_line() -> None:
    """A message far beyond the limit of a record is read line by line."""
    codec, (first, *_) = golden("invoice-lines"), bare(golden_records("invoice-lines"))
    lines = [{**first, "line": {"item": {"number": at}}} for at in range(1, 2000)]
    last = bare(golden_records("invoice-lines"))[3]
    data = write(codec, [*lines, last], max_record_bytes=600)
    assert len(data) > 20 * 600
    results, summary = read_all(codec, data, 4096, max_record_bytes=600)
    assert (bare(results), summary.errors) == ([*lines, last], 0)
