"""Samples of whole files, read and written: what they hold is in the `.ndjson` beside each."""

from __future__ import annotations

from decimal import Decimal

import pytest

from mappings.contract import MappingError, Place
from mappings.json.schema import RecordSchema
from tests.unit.mappings.edifact.samples import bare, golden, golden_data, golden_records
from tests.unit.mappings.segments.samples import read, read_all, told, write

FILES = ["orders", "invoice-lines"]


@pytest.mark.parametrize("name", FILES)
def test_reading_gives_the_records(name: str) -> None:
    codec, data = golden(name), golden_data(name)
    for size in (1, 2, 7, 64, len(data)):
        results, summary = read_all(codec, data, size)
        assert results == golden_records(name)
        assert (summary.records, summary.errors) == (len(results), 0)


@pytest.mark.parametrize("name", FILES)
def test_writing_gives_the_bytes(name: str) -> None:
    assert write(golden(name), golden_records(name), now=None) == golden_data(name)


@pytest.mark.parametrize("name", FILES)
def test_the_envelope_may_be_left_to_the_definition(name: str) -> None:
    assert write(golden(name), bare(golden_records(name))) == golden_data(name)


@pytest.mark.parametrize("name", FILES)
def test_records_agree_with_the_schema(name: str) -> None:
    schema = RecordSchema(dict(golden(name).schema()))
    for record in golden_records(name):
        assert schema.error(record, Place()) is None
        assert schema.error({**record, "unknown": 1}, Place()) is not None


@pytest.mark.parametrize("name", FILES)
def test_every_end_of_the_data_is_an_error_with_its_place_or_the_records_so_far(name: str) -> None:
    codec, data, records = golden(name), golden_data(name), golden_records(name)
    for end in range(1, len(data.rstrip(b"\n"))):
        results, summary = read_all(codec, data[:end])
        good = [one for one in results if not isinstance(one, MappingError)]
        errors = [one for one in results if isinstance(one, MappingError)]
        assert good == records[: len(good)], end
        assert errors, f"cut at {end}: nothing says that the data is not whole"
        assert summary.errors == len(errors)
        for error in errors:
            assert error.place.record is not None
            assert error.place.byte_offset is not None
            assert 0 <= error.place.byte_offset <= end
            assert error.raw in data


@pytest.mark.parametrize("name", FILES)
def test_a_damaged_byte_is_told_or_is_another_value_of_the_same_kind(name: str) -> None:
    """No exception, no hang; cut into bytes it gives the same, whatever it is."""
    codec, data = golden(name), golden_data(name)
    for at in range(0, len(data), 7):
        for byte in (0x00, ord("'"), ord("+"), ord("?"), 0xFF, data[at] ^ 0x01):
            damaged = data[:at] + bytes([byte]) + data[at + 1 :]
            results = told(read(codec, damaged))
            assert results
            if byte in (ord("?"), ord("'")):
                assert told(read(codec, damaged, 1)) == results


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
