"""Whole files of X12 and EDIFACT, read and written: what they hold is in the `.ndjson` beside each."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from typing import NamedTuple

import pytest

from mappings.contract import Context, Format, MappingError, Place
from mappings.json.schema import RecordSchema
from tests.unit.mappings.edi.streams import (
    NOW,
    bare,
    broken_values,
    golden_bytes,
    golden_values,
    read,
    read_all,
    told,
    write,
)
from tests.unit.mappings.edifact import samples as edifact
from tests.unit.mappings.x12 import samples as x12


class Sample(NamedTuple):
    """A golden sample: its folder, name and format, and bytes that mean something in it."""

    folder: str
    name: str
    make: Callable[[str], Format]
    marks: bytes

    @property
    def codec(self) -> Format:
        return self.make(self.name)


SAMPLES = [
    pytest.param(Sample("x12", "purchase-order", x12.golden, b"~*:"), id="850"),
    pytest.param(Sample("x12", "claims", x12.golden, b"~*:"), id="837 by claims"),
    pytest.param(Sample("edifact", "orders", edifact.golden, b"'+?"), id="ORDERS"),
    pytest.param(Sample("edifact", "invoice-lines", edifact.golden, b"'+?"), id="INVOIC by lines"),
]


@pytest.mark.parametrize("sample", SAMPLES)
def test_reading_gives_the_records(sample: Sample) -> None:
    codec, data = sample.codec, golden_bytes(sample.folder, sample.name)
    whole = read_all(codec, data)
    for size in (1, 2, 7, 64, 105, 106, 107, len(data)):
        results, summary = read_all(codec, data, size)
        assert results == golden_values(sample.folder, sample.name)
        assert (summary.records, summary.errors) == (len(results), 0)
        assert (results, summary) == whole


@pytest.mark.parametrize("sample", SAMPLES)
def test_writing_gives_the_bytes(sample: Sample) -> None:
    records = golden_values(sample.folder, sample.name)
    data = golden_bytes(sample.folder, sample.name)
    assert write(sample.codec, records, now=None) == data
    assert write(sample.codec, bare(records)) == data, "the envelope may be left to the definition"


@pytest.mark.parametrize("sample", SAMPLES)
def test_a_record_that_is_refused_leaves_no_trace(sample: Sample) -> None:
    """Neither of its set nor of what was to be opened for it: not in the bytes, the counts, the numbers."""
    records = bare(golden_values(sample.folder, sample.name))
    name = next(iter(records[0]))
    values = records[0][name]
    refused = [{**records[0], "unknown": 1}, {**records[0], name: {**values, "unknown": 1}}]
    refused.append({**records[0], name: dict.fromkeys(values, "\x00")})
    encoder = sample.codec.encoder(Context(now=NOW))
    data = b""
    for record in records:
        for other in refused:
            with pytest.raises(MappingError):
                encoder.encode([other])
        data += encoder.encode([record])
    assert data + encoder.finish() == write(sample.codec, records)


@pytest.mark.parametrize("sample", SAMPLES)
def test_whatever_is_wrong_with_a_record_the_others_are_written_as_without_it(sample: Sample) -> None:
    """Its envelope too may differ from theirs."""
    records, codec = golden_values(sample.folder, sample.name), sample.codec
    data = write(codec, records)
    for number, record in enumerate(records):
        for place, broken in enumerate(islice(broken_values(record), number % 3, None, 3)):
            at = (number + place) % (len(records) + 1)
            encoder = codec.encoder(Context(now=NOW))
            try:
                parts = [encoder.encode([one]) for one in records[:at]]
                encoder.encode([broken])
            except MappingError:
                parts += [encoder.encode([one]) for one in records[at:]]
                assert b"".join(parts) + encoder.finish() == data, broken


def test_of_a_message_that_is_never_finished_the_next_one_is_told_once() -> None:
    codec = edifact.golden("invoice-lines")
    first, *_ = golden_values("edifact", "invoice-lines")
    message = {**first["envelope"]["message"], "control_reference": "9"}
    other = {**first, "envelope": {**first["envelope"], "message": message}}
    encoder = codec.encoder(Context(now=NOW))
    data = encoder.encode([first])
    with pytest.raises(MappingError) as told:
        encoder.encode([other])
    assert told.value.rule == "required-segment"
    data += encoder.encode([other])
    assert data.count(b"UNH+") == 2
    assert data.count(b"UNT+") == 1


def test_an_envelope_that_was_changed_in_place_is_another_one() -> None:
    record = golden_values("edifact", "orders")[0]
    encoder = edifact.golden("orders").encoder(Context(now=NOW))
    data = encoder.encode([record])
    interchange = record["envelope"]["interchange"]
    interchange["sender"]["identification"] = "OTHER"
    interchange["control_reference"] = "77"
    data += encoder.encode([record]) + encoder.finish()
    assert data.count(b"UNB+") == 2
    assert b"+OTHER" in data


@pytest.mark.parametrize("sample", SAMPLES)
def test_records_agree_with_the_schema(sample: Sample) -> None:
    schema = RecordSchema(dict(sample.codec.schema()))
    for record in golden_values(sample.folder, sample.name):
        assert schema.error(record, Place()) is None
        assert schema.error({**record, "unknown": 1}, Place()) is not None


@pytest.mark.parametrize("sample", SAMPLES)
def test_every_end_of_the_data_is_an_error_with_its_place_or_the_records_so_far(sample: Sample) -> None:
    codec, data = sample.codec, golden_bytes(sample.folder, sample.name)
    records = golden_values(sample.folder, sample.name)
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


@pytest.mark.parametrize("sample", SAMPLES)
def test_a_damaged_byte_is_told_or_is_another_value_of_the_same_kind(sample: Sample) -> None:
    """No exception, no hang; cut into bytes it gives the same, whatever it is."""
    codec, data = sample.codec, golden_bytes(sample.folder, sample.name)
    for at in range(0, len(data), 7):
        for byte in (0x00, *sample.marks, 0xFF, data[at] ^ 0x01):
            damaged = data[:at] + bytes([byte]) + data[at + 1 :]
            results = told(read(codec, damaged))
            assert results
            if byte in (sample.marks[0], sample.marks[-1]):
                assert told(read(codec, damaged, 1)) == results
