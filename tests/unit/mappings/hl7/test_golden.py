"""A sample of a whole file, read and written: what it holds is in the `.ndjson` beside it."""

from __future__ import annotations

import pytest

from mappings.contract import Context, MappingError, Place
from mappings.json.schema import RecordSchema
from tests.unit.mappings.edi.streams import broken_values
from tests.unit.mappings.hl7.samples import GOLDEN, NOW, golden, golden_records, read, read_all, told, write

DATA = (GOLDEN / "results.hl7").read_bytes()


@pytest.mark.parametrize("size", [1, 2, 7, 64, len(DATA)])
@pytest.mark.parametrize(
    "shape",
    [
        pytest.param(lambda data: data, id="cr"),
        pytest.param(lambda data: data.replace(b"\r", b"\n"), id="lf"),
        pytest.param(lambda data: data.replace(b"\r", b"\r\n"), id="crlf"),
        pytest.param(lambda data: b"\x0b" + data + b"\x1c\r", id="mllp"),
        pytest.param(lambda data: b"\xef\xbb\xbf" + data, id="byte-order-mark"),
        pytest.param(lambda data: data[:-1], id="last-segment-without-end"),
        pytest.param(lambda data: data.replace(b"\r", b"\r\r \r"), id="blank-lines"),
    ],
)
def test_reading_gives_the_records(shape: object, size: int) -> None:
    assert callable(shape)
    results, summary = read_all(golden(), shape(DATA), size)
    assert results == golden_records()
    assert (summary.records, summary.errors) == (len(results), 0)


@pytest.mark.parametrize(("line_end", "mark"), [("cr", b"\r"), ("lf", b"\n"), ("crlf", b"\r\n")])
def test_writing_gives_the_bytes(line_end: str, mark: bytes) -> None:
    assert write(golden(line_end=line_end), golden_records()) == DATA.replace(b"\r", mark)


def test_records_agree_with_the_schema() -> None:
    schema = RecordSchema(dict(golden().schema()))
    for record in golden_records():
        assert schema.error(record, Place()) is None
        assert schema.error({**record, "unknown": 1}, Place()) is not None
        assert schema.error({**record, "patient": {"PID-5": "Doe"}}, Place()) is not None


def test_every_end_of_the_data_is_an_error_with_its_place() -> None:
    codec, records = golden(), golden_records()
    trailer = len(DATA) - len(b"|1\r")
    for end in range(1, len(DATA)):
        results, summary = read_all(codec, DATA[:end])
        errors = [one for one in results if isinstance(one, MappingError)]
        assert errors or end >= trailer, f"cut at {end}: nothing says that the data is not whole"
        assert summary.errors == len(errors)
        assert all(one in records or len(errors) for one in results)
        for error in errors:
            assert error.place.record is not None
            assert error.place.byte_offset is not None
            assert 0 <= error.place.byte_offset <= end
            assert error.raw in DATA


def test_cutting_anywhere_gives_the_same_errors() -> None:
    data = DATA.replace(b"|1970|", b"|1970-01|").replace(b"12.50", b"12,50")
    whole = told(read(golden(), data))
    assert [one[0] for one in whole] == ["date-time", "number"]
    for size in (1, 2, 3, 17):
        assert told(read(golden(), data, size)) == whole


def test_a_record_that_is_refused_leaves_no_trace() -> None:
    """Neither in the batch and the file that are open, nor in their counts."""
    codec = golden()
    (first,) = golden_records()
    records = [{**first, "header": {**first["header"], "id": f"M{number}"}} for number in range(3)]
    data = write(codec, records)
    for place, broken in enumerate(broken_values(records[1])):
        at = place % 4
        encoder = codec.encoder(Context(now=NOW))
        try:
            parts = [encoder.encode([one]) for one in records[:at]]
            encoder.encode([broken])
        except MappingError:
            parts += [encoder.encode([one]) for one in records[at:]]
            assert b"".join(parts) + encoder.finish() == data, broken


@pytest.mark.parametrize(("header", "tag"), [("file_header", b"FHS"), ("batch_header", b"BHS")])
def test_a_header_that_was_changed_in_place_is_another_one(header: str, tag: bytes) -> None:
    codec = golden()
    (record,) = golden_records()
    encoder = codec.encoder(Context(now=NOW))
    data = encoder.encode([record])
    record[header]["fields"][-1] = "CHANGED"
    data += encoder.encode([record]) + encoder.finish()
    assert data.count(tag) == 2
    assert b"CHANGED" in data
