"""Records one by one become the tables that columns make, and those of formats that have no columns."""

from __future__ import annotations

import io
import json
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from mappings.columns import record_table, schema_with_columns
from mappings.columns.batching import batch_decoder
from mappings.columns.record_tables import BATCH_ROWS
from mappings.columns.schema_types import record_type
from mappings.contract import Context, Format, JsonSchema, MappingError, Record
from mappings.copybook import CopybookDefinition, CopybookFormat
from mappings.edifact import EdifactDefinition, EdifactFormat
from mappings.hl7 import Hl7Definition, Hl7Format
from mappings.x12 import X12Definition, X12Format
from mappings.xml_definition import READ_FILE
from tests.unit.mappings.columns.random_copybook import random_copybook
from tests.unit.mappings.columns.random_delimited import random_delimited
from tests.unit.mappings.columns.random_fixed import random_format

GOLDEN = Path(__file__).parents[3] / "golden"
RANDOM: dict[str, Any] = {
    "copybook": random_copybook,
    "fixed width": random_format,
    "delimited": random_delimited,
}


def records_of(format_: Format, data: bytes) -> list[Record | MappingError]:
    """All that the decoder gives."""
    decoder = format_.decoder(Context())
    results = list(decoder.feed(data))
    last, _ = decoder.finish()
    return [*results, *last]


def table_of(
    schema: JsonSchema, records: list[Record], kind: Any = "parquet"
) -> tuple[Any, dict[int, MappingError]]:
    """The file's table, and what was wrong with which record."""
    writer = record_table(schema, kind)
    parts, errors = [], {}
    for number, record in enumerate(records):
        try:
            parts.append(writer.write(record))
        except MappingError as error:
            errors[number] = error
    file = io.BytesIO(b"".join([*parts, writer.finish()]))
    return (pa.ipc.open_file(file).read_all() if kind == "arrow" else pq.read_table(file)), errors


@pytest.mark.parametrize("kind", RANDOM)
@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_both_ways_give_one_table(kind: str, seed: int) -> None:
    rng = Random(seed)
    format_, make = RANDOM[kind](rng)
    data = make(rng, 40)
    try:
        columns = batch_decoder(format_, Context())
        first, errors = columns.feed(data)
        last, more, _ = columns.finish()
        results = records_of(format_, data)
    except (ValueError, MappingError):
        return  # no columns, or lost: other tests are about those
    expected = pa.Table.from_batches([each for each in (first, last) if each is not None], columns.schema)
    records: list[Record] = [each for each in results if not isinstance(each, MappingError)]
    table, unfit = table_of(schema_with_columns(format_), records, "arrow")
    # Of delimited text, columns have the order of the header row.
    table = table.select(expected.column_names) if kind == "delimited" else table
    assert table.schema == expected.schema
    assert table.equals(expected)
    wrong = [(each.place.path, each.excerpt) for each in (*errors, *more) if each.rule == "overflow"]
    assert {(each.place.path, each.excerpt) for each in unfit.values()} <= set(wrong)
    assert len(results) - len(records) + len(unfit) == len(errors) + len(more)


def beside(name: str) -> bytes:
    path = GOLDEN / "copybook" / name
    if not path.is_file():
        raise ValueError(f"{name}: there is no such file")
    return path.read_bytes()


def golden(path: str) -> tuple[Format, bytes]:
    """The format of a sample, and its data."""
    folder, name = path.split("/")
    given = YAML(typ="safe").load((GOLDEN / folder / f"{Path(name).stem}.yaml").read_text(encoding="utf-8"))
    given = given if "format" in given else next(each for each in given.values() if "format" in each)
    data = (GOLDEN / path).read_bytes()
    match folder:
        case "copybook":
            return CopybookFormat(CopybookDefinition.model_validate(given, context={READ_FILE: beside})), data
        case "x12":
            return X12Format(X12Definition.model_validate(given)), data
        case "edifact":
            return EdifactFormat(EdifactDefinition.model_validate(given)), data
    return Hl7Format(Hl7Definition.model_validate(given)), data


def as_record(value: Any, record: Any, type_: Any) -> Any:
    """A value of a table as the record has it; what the record leaves out is null there."""
    if value is None:
        return record if record is None else "null"
    if pa.types.is_struct(type_):
        declared = {field.name: field.type for field in type_}
        others = json.loads(value.get("_others") or "{}", parse_float=Decimal)
        inside = {
            name: as_record(value[name], record.get(name), each)
            for name, each in declared.items()
            if name != "_others" and (name in record or value[name] is not None)
        }
        return inside | others
    if pa.types.is_list(type_):
        return [as_record(each, of, type_.value_type) for each, of in zip(value, record, strict=True)]
    if pa.types.is_string(type_) and value != record:
        return json.loads(value, parse_float=Decimal)
    return value if isinstance(value, str | int | Decimal) else value.isoformat()


@pytest.mark.parametrize("kind", ["arrow", "parquet"])
@pytest.mark.parametrize(
    "path",
    [
        "copybook/policy.ebc",
        "x12/purchase-order.edi",
        "x12/claims.edi",
        "edifact/orders.edi",
        "hl7/results.hl7",
    ],
)
def test_golden_samples_are_the_same_as_ndjson(path: str, kind: str) -> None:
    """VB with REDEFINES and DEPENDING ON, and messages."""
    format_, data = golden(path)
    text = (GOLDEN / path).with_suffix(".ndjson").read_text(encoding="utf-8")
    expected = [json.loads(line, parse_float=Decimal) for line in text.splitlines()]
    records: list[Record] = [each for each in records_of(format_, data) if not isinstance(each, MappingError)]
    table, errors = table_of(schema_with_columns(format_), records, kind)
    assert errors == {}
    assert table.num_rows == len(expected) > 0
    whole = pa.struct(list(table.schema))
    assert [
        as_record(row, record, whole) for row, record in zip(table.to_pylist(), expected, strict=True)
    ] == expected


NUMBER: JsonSchema = {"type": "number"}
TYPES: dict[str, tuple[JsonSchema, str]] = {
    "text": ({"type": "string", "maxLength": 3}, "string"),
    "of a few": ({"enum": ["a", "b", None]}, "string"),
    "numbers of a few": ({"enum": [1, 2]}, "int64"),
    "whole": ({"type": "integer"}, "int64"),
    "64 bits": ({"type": "integer", "minimum": -(2**63), "maximum": 2**63 - 1}, "int64"),
    "more": ({"type": "integer", "minimum": 0, "maximum": 2**63}, "decimal128(19, 0)"),
    "places": ({**NUMBER, "multipleOf": Decimal("0.01")}, "decimal128(38, 2)"),
    "bounds": (
        {**NUMBER, "multipleOf": Decimal("0.01"), "minimum": Decimal("-9.99"), "maximum": Decimal("9.99")},
        "decimal128(3, 2)",
    ),
    "any number": (NUMBER, "string"),
    "no power of ten": ({**NUMBER, "multipleOf": Decimal("0.05")}, "string"),
    "flag": ({"type": ["boolean", "null"]}, "bool"),
    "day": ({"type": "string", "format": "date"}, "date32[day]"),
    "moment": ({"type": "string", "format": "date-time"}, "timestamp[us, tz=UTC]"),
    "list": ({"type": "array", "items": {"type": "integer"}}, "list<item: int64>"),
    "list of anything": ({"type": "array"}, "string"),
    "object": (
        {"type": "object", "properties": {"b": {"type": "integer"}}, "additionalProperties": False},
        "struct<b: int64>",
    ),
    "open object": (
        {"properties": {"_others": {"type": "integer"}}},
        "struct<_others: int64, __others: string>",
    ),
    "any object": ({"type": "object"}, "string"),
    "anything": ({}, "string"),
    "or null": ({"anyOf": [{"type": "integer"}, {"type": "null"}]}, "int64"),
    "one of several": ({"oneOf": [{"type": "integer"}, {"type": "string"}]}, "string"),
    "recursive": ({"$ref": "#/$defs/tree"}, "struct<more: string>"),
}
DEFS: JsonSchema = {
    "tree": {
        "type": "object",
        "properties": {"more": {"$ref": "#/$defs/tree"}},
        "additionalProperties": False,
    }
}


@pytest.mark.parametrize(("schema", "expected"), TYPES.values(), ids=TYPES.keys())
def test_types(schema: JsonSchema, expected: str) -> None:
    whole: JsonSchema = {"properties": {"a": schema}, "additionalProperties": False, "$defs": DEFS}
    assert str(record_type(whole).arrow.field("a").type) == expected


@pytest.mark.parametrize(
    ("schema", "is_typed", "reason"),
    [
        pytest.param({}, False, "nothing declares", id="anything"),
        pytest.param({"type": "object"}, False, "nothing declares", id="any object"),
        pytest.param({"type": "string"}, False, "nothing declares", id="texts"),
        pytest.param({"properties": {"a": {"properties": {"b": {}}}}}, True, "the type of a.b", id="untyped"),
        pytest.param(
            {"properties": {str(n): {"type": "integer"} for n in range(20_001)}}, False, "20000", id="many"
        ),
    ],
)
def test_what_is_refused(schema: JsonSchema, is_typed: bool, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        record_type(schema, is_typed=is_typed)


MOMENT: JsonSchema = {"type": "string", "format": "date-time"}
UNFIT: dict[str, tuple[JsonSchema, Any, str]] = {
    "too large": ({"type": "integer"}, 2**63, "/a"),
    "no whole number": ({"type": "integer"}, Decimal("1.5"), "/a"),
    "text for a number": ({"type": "integer"}, "1", "/a"),
    "true for a number": (NUMBER, True, "/a"),
    "number for a text": ({"type": "string"}, 1, "/a"),
    "half a character": ({"type": "string"}, "\ud800", "/a"),
    "too many places": ({**NUMBER, "multipleOf": Decimal("0.01")}, Decimal("0.001"), "/a"),
    "too many digits": ({**NUMBER, "multipleOf": Decimal("0.01")}, 10**36, "/a"),
    "far too many digits": ({**NUMBER, "multipleOf": Decimal("0.01")}, 10**5000, "/a"),
    "no day": ({"type": "string", "format": "date"}, "2026-02-30", "/a"),
    "leap second": (MOMENT, "2016-12-31T23:59:60Z", "/a"),
    "nanoseconds": (MOMENT, "2026-01-01T00:00:00.0000001Z", "/a"),
    "no offset": (MOMENT, "2026-01-01T00:00:00", "/a"),
    "before the year 1": (MOMENT, "0001-01-01T00:00:00+01:00", "/a"),
    "no list": ({"type": "array", "items": {"type": "integer"}}, 1, "/a"),
    "in a list": ({"type": "array", "items": {"type": "integer"}}, [1, "x"], "/a/1"),
    "undeclared": (
        {"properties": {"b": {"type": "integer"}}, "additionalProperties": False},
        {"c": 1},
        "/a/c",
    ),
}


@pytest.mark.parametrize(("schema", "value", "path"), UNFIT.values(), ids=UNFIT.keys())
def test_what_does_not_fit_costs_its_record(schema: JsonSchema, value: Any, path: str) -> None:
    whole: JsonSchema = {"properties": {"a": schema}, "additionalProperties": False}
    table, errors = table_of(whole, [{"a": None}, {"a": value}, {}])
    assert {number: (error.rule, error.place.path) for number, error in errors.items()} == {
        1: ("overflow", path)
    }
    assert table.to_pylist() == [{"a": None}, {"a": None}]


def test_types_of_record_stand_beside_each_other() -> None:
    def tagged(name: str, member: str) -> JsonSchema:
        inside: JsonSchema = {"properties": {member: {"type": "integer"}}, "additionalProperties": False}
        return {"type": "object", "properties": {name: inside}, "additionalProperties": False}

    schema: JsonSchema = {"oneOf": [tagged("head", "x"), tagged("line", "y")]}
    table, errors = table_of(schema, [{"head": {"x": 1}}, {"line": {"y": 2}}, {"foot": {}}])
    assert list(errors) == [2]
    assert table.to_pylist() == [{"head": {"x": 1}, "line": None}, {"head": None, "line": {"y": 2}}]


def test_undeclared_members_are_kept_where_they_may_be() -> None:
    schema: JsonSchema = {"properties": {"a": {"type": "integer"}}}
    table, errors = table_of(schema, [{"a": 1}, {"a": 2, "b": [Decimal("1.50")]}])
    assert not errors
    assert table.to_pylist() == [{"a": 1, "_others": None}, {"a": 2, "_others": '{"b":[1.50]}'}]


def test_little_is_held() -> None:
    """Large records and many of them are put out before the end."""
    schema: JsonSchema = {"properties": {"a": {"type": "string"}}, "additionalProperties": False}
    large = record_table(schema, "arrow")
    assert sum(len(large.write({"a": "x" * 100_000})) for _ in range(100)) > 8_000_000
    many = record_table(schema, "arrow")
    assert sum(len(many.write({"a": str(number)})) for number in range(BATCH_ROWS)) > BATCH_ROWS
