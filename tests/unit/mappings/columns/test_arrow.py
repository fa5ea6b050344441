"""Arrow batches have the values of the records, in the types of the fields."""

from __future__ import annotations

import datetime
import io
from collections.abc import Callable, Iterator
from decimal import Decimal
from random import Random
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mappings.columns import table_decoder
from mappings.columns.batching import batch_decoder
from mappings.contract import Context, Format, MappingError
from mappings.delimited import DelimitedDefinition, DelimitedFormat, HeaderedText
from mappings.fixed_width import FixedWidthDefinition, FixedWidthFormat
from tests.unit.mappings.columns.both import anywhere, whole
from tests.unit.mappings.columns.random_delimited import random_delimited
from tests.unit.mappings.columns.random_fixed import random_format

AS_RECORDS: dict[str, Callable[[Any], Any]] = {
    "date32[day]": datetime.date.isoformat,
    "time64[us]": datetime.time.isoformat,
    "timestamp[us]": datetime.datetime.isoformat,
    "timestamp[us, tz=UTC]": lambda moment: moment.astimezone(datetime.UTC),
}


def fixed(**fields: dict[str, Any]) -> FixedWidthFormat:
    """Fields one behind the other."""
    at, placed = 1, {}
    for name, field in fields.items():
        placed[name] = {"at": at, **field}
        at += field["length"]
    given = {"format": "fixed_width", "encoding": "us-ascii", "record_length": at - 1, "fields": placed}
    return FixedWidthFormat(FixedWidthDefinition.model_validate(given))


def read(format_: Format, chunks: Iterator[bytes]) -> tuple[list[Any], list[MappingError], pa.Schema]:
    """All batches as Python values, and the errors."""
    decoder = batch_decoder(format_, Context())
    rows: list[Any] = []
    errors: list[MappingError] = []
    for chunk in chunks:
        batch, wrong = decoder.feed(chunk)
        rows += [] if batch is None else batch.to_pylist()
        errors += wrong
    batch, wrong, _ = decoder.finish()
    rows += [] if batch is None else batch.to_pylist()
    return rows, [*errors, *wrong], decoder.schema


def assert_values(format_: Format, data: bytes, chunks: Iterator[bytes]) -> None:
    """The records of the decoder, those left out that a type does not hold."""
    rows, errors, schema = read(format_, chunks)
    decoder = format_.decoder(Context())
    results = list(decoder.feed(data))
    last, _ = decoder.finish()
    results += last
    misfits = {error.place.record for error in errors if error.rule == "overflow" and not error.raw}
    good = [
        record
        for number, record in enumerate(results, start=1)
        if not isinstance(record, MappingError) and number not in misfits
    ]
    assert len(results) == len(rows) + len(errors)
    for row, record in zip(rows, good, strict=True):
        assert [_nested(_as_record, row[field.name], field.type) for field in schema] == [
            _nested(_comparable, record[field.name], field.type) for field in schema
        ]


def _nested(convert: Callable[[Any, Any], Any], value: Any, type_: Any) -> Any:
    """A value with what is in its objects and lists converted by type."""
    if pa.types.is_struct(type_):
        return {field.name: _nested(convert, value[field.name], field.type) for field in type_}
    if pa.types.is_list(type_):
        return [_nested(convert, each, type_.value_type) for each in value]
    return convert(value, type_)


def _as_record(value: Any, type_: Any) -> Any:
    return value if value is None else AS_RECORDS.get(str(type_), lambda each: each)(value)


def _comparable(value: Any, type_: Any) -> Any:
    if value is not None and str(type_) == "timestamp[us, tz=UTC]":
        return datetime.datetime.fromisoformat(value)
    if isinstance(value, Decimal) and type_ == pa.string():
        return str(value)
    return float(value) if value is not None and type_ == pa.float64() else value


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 2**32), st.booleans())
def test_random_definitions_and_data(seed: int, is_fixed: bool) -> None:
    rng = Random(seed)
    format_: Format
    format_, make = random_format(rng) if is_fixed else random_delimited(rng)
    data = make(rng, rng.choice((20, 100)))
    chunks = rng.choice((whole, anywhere(rng)))(data)
    rule = lost_by(format_, data)
    if rule is None:
        assert_values(format_, data, chunks)
    else:
        with pytest.raises(MappingError) as lost:
            read(format_, chunks)
        assert lost.value.rule == rule


def lost_by(format_: Format, data: bytes) -> str | None:
    """The rule for which the decoder gives a stream up, None where it does not."""
    decoder = format_.decoder(Context())
    try:
        decoder.feed(data)
        decoder.finish()
    except MappingError as lost:
        return lost.rule
    return None


TYPES = {
    "text": ({"length": 3}, "string"),
    "short": ({"length": 18, "type": "integer"}, "int64"),
    "long": ({"length": 19, "type": "integer"}, "decimal128(19, 0)"),
    "longest": ({"length": 39, "type": "integer"}, "decimal256(39, 0)"),
    "too long": ({"length": 77, "type": "integer"}, "string"),
    "bytes": ({"length": 8, "type": "integer", "usage": "binary"}, "int64"),
    "unsigned": ({"length": 8, "type": "integer", "usage": "binary", "sign": "none"}, "decimal128(20, 0)"),
    "money": ({"length": 5, "type": "decimal", "scale": 2, "usage": "packed"}, "decimal128(9, 2)"),
    "fraction": ({"length": 2, "type": "decimal", "scale": 5}, "decimal128(5, 5)"),
    "thousands": ({"length": 3, "type": "decimal", "scale": -3}, "decimal128(6, 0)"),
    "float": ({"length": 8, "type": "float", "usage": "ieee"}, "double"),
    "flag": ({"length": 1, "type": "boolean"}, "bool"),
    "day": ({"length": 8, "type": "date"}, "date32[day]"),
    "time": ({"length": 6, "type": "time"}, "time64[us]"),
    "local": ({"length": 14, "type": "datetime", "offset": "local"}, "timestamp[us]"),
    "moment": ({"length": 14, "type": "datetime", "offset": "-05:00"}, "timestamp[us, tz=UTC]"),
}


@pytest.mark.parametrize(("field", "expected"), TYPES.values(), ids=TYPES.keys())
def test_types(field: dict[str, Any], expected: str) -> None:
    assert str(batch_decoder(fixed(one=field), Context()).schema.field("one").type) == expected


def test_what_no_type_holds_is_an_error_of_its_record() -> None:
    given = {
        "format": "delimited",
        "fields": {"n": {"type": "integer"}, "d": {"type": "decimal", "scale": 2}},
    }
    format_ = DelimitedFormat(DelimitedDefinition.model_validate(given))
    rows = ["1,2.50"] * 30 + [f"{2**63},1", f"{2**63 - 1},1", "1," + "9" * 37, "1," + "9" * 36]
    found, errors, _ = read(format_, whole("\n".join(["n,d", *rows]).encode()))
    assert [(error.rule, error.place.record, error.place.path) for error in errors] == [
        ("overflow", 31, "/n"),
        ("overflow", 33, "/d"),
    ]
    assert [row["n"] for row in found[-2:]] == [2**63 - 1, 1]
    assert found[-1]["d"] == Decimal("9" * 36)


@pytest.mark.parametrize("kind", ["arrow", "parquet"])
def test_files(kind: Any) -> None:
    data = b"a,b\n" + b"".join(b"%d,x\n" % number for number in range(50_000))
    decoder = table_decoder(HeaderedText(), Context(), kind)
    parts = [part for at in range(0, len(data), 10_000) for part in decoder.feed(data[at : at + 10_000])]
    last, summary = decoder.finish()
    file = io.BytesIO(b"".join(part for part in [*parts, *last] if isinstance(part, bytes)))
    table = pa.ipc.open_file(file).read_all() if kind == "arrow" else pq.read_table(file)
    assert table["a"].to_pylist() == [str(number) for number in range(50_000)]
    assert (summary.records, decoder.written) == (50_000, 50_000)
