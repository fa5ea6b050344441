"""Samples of whole files, read and written: what they hold is in the `.ndjson` beside each."""

from __future__ import annotations

from decimal import Decimal

import pytest

from mappings.contract import MappingError, Place
from mappings.json.schema import RecordSchema
from tests.unit.mappings.x12.samples import GOLDEN, golden, golden_records, read, read_all, write

FILES = [pytest.param("purchase-order", id="850"), pytest.param("claims", id="837 by claims")]


def data_of(name: str) -> bytes:
    return (GOLDEN / f"{name}.edi").read_bytes()


@pytest.mark.parametrize("name", FILES)
def test_reading_gives_the_records(name: str) -> None:
    codec, data = golden(name), data_of(name)
    whole = read_all(codec, data)
    for size in (1, 7, 105, 106, 107, len(data)):
        results, summary = read_all(codec, data, size)
        assert results == golden_records(name)
        assert (summary.records, summary.errors) == (len(results), 0)
        assert (results, summary) == whole


@pytest.mark.parametrize("name", FILES)
def test_writing_gives_the_bytes(name: str) -> None:
    assert write(golden(name), golden_records(name), now=None) == data_of(name)


@pytest.mark.parametrize("name", FILES)
def test_the_envelope_may_be_left_to_the_definition(name: str) -> None:
    bare = [{key: value for key, value in one.items() if key != "envelope"} for one in golden_records(name)]
    assert write(golden(name), bare) == data_of(name)


@pytest.mark.parametrize("name", FILES)
def test_records_agree_with_the_schema(name: str) -> None:
    schema = RecordSchema(dict(golden(name).schema()))
    for record in golden_records(name):
        assert schema.error(record, Place()) is None
        assert schema.error({**record, "unknown": 1}, Place()) is not None


@pytest.mark.parametrize("name", FILES)
def test_every_end_of_the_data_is_an_error_with_its_place_or_the_records_so_far(name: str) -> None:
    codec, data, records = golden(name), data_of(name), golden_records(name)
    complete = len(data.rstrip(b"\n"))
    for end in range(1, complete):
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
    """No exception, no hang; every record that comes can be written and read again."""
    codec, data = golden(name), data_of(name)
    for at in range(0, len(data), 5):
        for byte in (0x00, ord("~"), ord("*"), ord(":"), 0xFF, data[at] ^ 0x01):
            results = read(codec, data[:at] + bytes([byte]) + data[at + 1 :])
            assert results


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
