"""Samples of whole files, read and written: what they hold is in the `.ndjson` beside each."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from mappings.contract import MappingError, Place
from mappings.json.schema import RecordSchema
from tests.unit.mappings.fixed_width.samples import GOLDEN, golden, golden_records, read, read_all, write

FILES = [
    pytest.param("statement", "ebc", id="EBCDIC statement"),
    pytest.param("batches", "txt", id="batches"),
]


@pytest.mark.parametrize(("name", "ending"), FILES)
def test_reading_gives_the_records(name: str, ending: str) -> None:
    data = (GOLDEN / f"{name}.{ending}").read_bytes()
    for size in (1, 7, 80, 81, len(data)):
        results, summary = read_all(golden(name), data, size)
        assert results == golden_records(name)
        assert (summary.records, summary.errors) == (len(results), 0)


@pytest.mark.parametrize(("name", "ending"), FILES)
def test_writing_gives_the_bytes(name: str, ending: str) -> None:
    assert write(golden(name), golden_records(name)) == (GOLDEN / f"{name}.{ending}").read_bytes()


@pytest.mark.parametrize(("name", "ending"), FILES)
def test_totals_are_computed_where_they_are_not_given(name: str, ending: str) -> None:
    totals = {"statement": ("trailer",), "batches": ("batch_end", "file_end")}[name]
    without = [
        {key: {} if key in totals else value for key, value in one.items()} for one in golden_records(name)
    ]
    assert write(golden(name), without) == (GOLDEN / f"{name}.{ending}").read_bytes()


@pytest.mark.parametrize(("name", "ending"), FILES)
def test_records_agree_with_the_schema(name: str, ending: str) -> None:
    schema = RecordSchema(dict(golden(name).schema()))
    for record in golden_records(name):
        assert schema.error(record, Place()) is None
    assert schema.error({"no such type": {}}, Place()) is not None


@pytest.mark.parametrize(("name", "ending"), FILES)
def test_every_end_of_the_data_is_an_error_with_its_place_or_the_records_so_far(
    name: str, ending: str
) -> None:
    """Cut at every byte: the records before are whole, what is broken or missing is said once each."""
    data, records = (GOLDEN / f"{name}.{ending}").read_bytes(), golden_records(name)
    codec = golden(name)
    for end in range(len(data) + 1):
        results, summary = read_all(codec, data[:end])
        good = [one for one in results if not isinstance(one, MappingError)]
        errors = [one for one in results if isinstance(one, MappingError)]
        if good[-1:] != records[len(good) - 1 : len(good)] and name == "batches":
            good.pop()  # a line that was cut is one that is filled with spaces, as `short_lines` declares
        assert good == records[: len(good)]
        assert summary.errors == len(errors)
        if len(good) < len(records):
            assert errors, f"cut at {end}: nothing says that the data is not whole"
        for error in errors:
            assert error.place.record is not None
            if error.raw:
                assert data[:end].rstrip(b"\r\n").endswith(error.raw.rstrip(b"\r"))
                assert error.place.byte_offset is not None
                assert error.place.byte_offset <= end


@pytest.mark.parametrize(("name", "ending"), FILES)
def test_a_damaged_byte_costs_no_more_than_its_record_and_the_totals(name: str, ending: str) -> None:
    """Whatever one byte becomes: no exception, and all the other detail records are what they were; a line
    end that is lost costs the line behind it too."""
    data, records, codec = (GOLDEN / f"{name}.{ending}").read_bytes(), golden_records(name), golden(name)
    details = [one for one in records if "line" in one or "payment" in one]
    for at in range(len(data)):
        for byte in (0x00, 0x40, 0xFF, data[at] ^ 0x01):
            results = read(codec, data[:at] + bytes([byte]) + data[at + 1 :])
            same = [one for one in details if one in results]
            assert len(same) >= len(details) - 1 - (ending == "txt"), (at, byte)


def test_numbers_keep_every_digit() -> None:
    (header, *lines, trailer) = read(golden("statement"), (GOLDEN / "statement.ebc").read_bytes())
    assert str(lines[2]["line"]["amount"]) == "99999999999999.99"
    assert str(header["header"]["opening"]) == "-1234.50"
    assert trailer["trailer"]["total"] == sum((line["line"]["amount"] for line in lines), Decimal(0))


def test_values_that_could_not_be_read_make_sums_unknown_but_not_counts() -> None:
    data = bytearray((GOLDEN / "statement.ebc").read_bytes())
    data[80 + 9] = 0xFF  # a digit of the first amount
    results = read(golden("statement"), bytes(data))
    assert [_rule(one) for one in results] == [None, "packed", None, None, None]
    data[80] = 0xFF  # of no type at all: there is no count either
    results = read(golden("statement"), bytes(data))
    assert [_rule(one) for one in results] == [None, "unknown-record", None, None, None]


def _rule(result: Any) -> str | None:
    return result.rule if isinstance(result, MappingError) else None
