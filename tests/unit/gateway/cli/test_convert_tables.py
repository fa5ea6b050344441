"""`gateway convert --to parquet` and `--to arrow` of what goes record by record."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.unit.gateway.cli.command import gateway_here

MAPPINGS = """\
blocks:
  format: copybook
  encoding: cp037
  record_format: VB
  copybook: |
    01 R.
       05 KEY PIC 9(4).
       05 COUNTED PIC 9.
       05 AMOUNT OCCURS 0 TO 3 DEPENDING ON COUNTED PIC S9(5)V99 COMP-3.
two:
  format: fixed_width
  encoding: us-ascii
  separator: lf
  records:
    head: {match: {at: 1, value: H}, max: 1, fields: {a: {at: 2, length: 1}}}
    line: {match: {at: 1, value: L}, max: 100, fields: {b: {at: 2, length: 3, type: decimal, scale: 2}}}
lines:
  transform:
    a: head.a
    b: line.b
    double: {from: line.b * 2, type: decimal}
    text: {from: line.b, type: string}
"""


def record(number: int, amounts: list[int]) -> bytes:
    """A record with its descriptor word."""
    packed = b"".join(bytes.fromhex(f"{amount:07}c") for amount in amounts)
    body = f"{number:04}{len(amounts)}".encode("cp037") + packed
    return (len(body) + 4).to_bytes(2, "big") + b"\0\0" + body


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "mappings").mkdir()
    (tmp_path / "mappings" / "all.yaml").write_text(MAPPINGS)
    blocks = []
    for first in range(0, 9000, 10):
        block = b"".join(record(number, list(range(number % 4))) for number in range(first, first + 10))
        blocks.append((len(block) + 4).to_bytes(2, "big") + b"\0\0" + block)
    data = b"".join(blocks)
    (tmp_path / "blocks").write_bytes(data.replace("0017".encode("cp037"), b"\0\0\0\0", 1))
    (tmp_path / "two").write_text("Hx\nL125\nLabc\nL001\n")
    return tmp_path


@pytest.mark.parametrize("kind", ["arrow", "parquet"])
def test_blocks_of_variable_records(folder: Path, kind: str) -> None:
    """The same values and the same errors as in NDJSON."""
    lines = gateway_here("convert", "blocks", "blocks", "lines", "--errors", "bad lines", cwd=folder)
    done = gateway_here("convert", "blocks", "blocks", "out", "--to", kind, "--errors", "bad", cwd=folder)
    assert (done.code, done.err) == (lines.code, lines.err)
    assert "8999 records converted, 1 error" in done.err
    assert (folder / "bad").read_bytes() == (folder / "bad lines").read_bytes()
    out = folder / "out"
    table = pa.ipc.open_file(out).read_all() if kind == "arrow" else pq.read_table(out)
    assert table.schema.field("KEY").type == pa.int64()
    assert table.schema.field("AMOUNT").type.value_type == pa.decimal128(7, 2)
    assert table.to_pylist() == [
        json.loads(line, parse_float=Decimal) for line in (folder / "lines").read_text().splitlines()
    ]


def test_several_types_of_record(folder: Path) -> None:
    done = gateway_here("convert", "two", "two", "out", "--to", "parquet", cwd=folder)
    assert "3 records converted, 1 error" in done.err
    assert pq.read_table(folder / "out").to_pylist() == [
        {"head": {"a": "x"}, "line": None},
        {"head": None, "line": {"b": Decimal("1.25")}},
        {"head": None, "line": {"b": Decimal("0.01")}},
    ]


def test_a_transform(folder: Path) -> None:
    """Fields that are taken as they are keep the type of their column."""
    done = gateway_here("convert", "two+lines", "two", "out", "--to", "parquet", cwd=folder)
    assert "2 records converted, 1 error" in done.err
    table = pq.read_table(folder / "out")
    assert [str(each) for each in table.schema.types] == ["string", "decimal128(3, 2)", "string", "string"]
    assert table.to_pylist() == [
        {"a": "x", "b": Decimal("1.25"), "double": "2.50", "text": "1.25"},
        {"a": "x", "b": Decimal("0.01"), "double": "0.02", "text": "0.01"},
    ]


def test_records_of_a_transform_alone(folder: Path) -> None:
    """What does not fit its column is an error with the record that was read."""
    (folder / "mappings" / "more.yaml").write_text("numbers: {transform: {n: {from: n, type: integer}}}\n")
    (folder / "in").write_text(f'{{"n":1}}\n{{"n":{2**63}}}\n{{"n":"7"}}\n')
    done = gateway_here("convert", "numbers", "in", "out", "--to", "parquet", "--errors", "bad", cwd=folder)
    assert done.code == 1
    [error] = [json.loads(line) for line in (folder / "bad").read_text().splitlines()]
    assert (error["rule"], error["record"], error["field"]) == ("overflow", 2, "/n")
    assert error["source"] == {"n": 2**63}
    assert pq.read_table(folder / "out").to_pylist() == [{"n": 1}, {"n": 7}]
    strict = gateway_here("convert", "numbers", "in", "never", "--to", "arrow", "--strict", cwd=folder)
    assert strict.code == 1
    assert not (folder / "never").exists()
