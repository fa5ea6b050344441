"""Golden samples: what flows see, exact numbers, and memory."""

from __future__ import annotations

from decimal import Decimal

from mappings.contract import MappingError
from tests.unit.mappings.x12.samples import GOLDEN, golden, golden_records, read, read_all, write


def data_of(name: str) -> bytes:
    return (GOLDEN / f"{name}.edi").read_bytes()


def test_flows_see_the_claims() -> None:
    see = golden("claims").details()
    seen = [see(one) for one in golden_records("claims")]
    assert [one is not None for one in seen] == [True, True, True, False]
    assert see(MappingError("bad", rule="x")) is None


def test_numbers_keep_every_digit() -> None:
    first, _ = read(golden("purchase-order"), data_of("purchase-order"))
    assert str(first["lines"][0]["item"]["price"]) == "12.50"
    assert first["totals"]["amount"]["value"] == Decimal("125.00")


def test_the_first_bytes_of_a_long_transaction_are_kept_and_the_next_is_read() -> None:
    codec, data = golden("purchase-order"), data_of("purchase-order")
    error, last = read(codec, data, max_record_bytes=200)
    assert (error.rule, error.raw_is_cut, error.raw[:5]) == ("record-length", True, b"ST*85")
    assert last == golden_records("purchase-order")[1]


def test_memory_of_a_long_claim_file_is_one_claim() -> None:
    """A transaction set far beyond the limit of a record is read claim by claim."""
    codec, records = golden("claims"), golden_records("claims")
    many = [records[0]] * 90 + [records[2]] * 90
    data = write(codec, many, now=None, max_record_bytes=3000)
    assert len(data) > 5 * 3000
    results, summary = read_all(codec, data, 4096, max_record_bytes=3000)
    assert (len(results), summary.errors) == (180, 0)
    assert results == many
