"""`gateway convert` with compressed files."""

from __future__ import annotations

import gzip
import io
import zipfile
from pathlib import Path

import pytest

from gateway.cli.convert_columns import SMALL_BYTES
from tests.unit.gateway.cli.command import Result, gateway_here
from tests.unit.mappings.compression.archives import ORDERS, zipped

MAPPINGS = """\
orders: &orders
  format: delimited
  fields: {item: {}, quantity: {type: integer}}
orders-gz: {<<: *orders, compression: gzip}
orders-zip: {<<: *orders, compression: {type: zip, entry: "*.csv"}}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "mappings").mkdir()
    (tmp_path / "mappings" / "all.yaml").write_text(MAPPINGS)
    (tmp_path / "orders.csv").write_bytes(ORDERS)
    (tmp_path / "orders.csv.gz").write_bytes(gzip.compress(ORDERS))
    (tmp_path / "orders.zip").write_bytes(zipped({"readme.txt": b"", "orders.csv": ORDERS}))
    return tmp_path


def _convert(folder: Path, *arguments: str) -> Result:
    return gateway_here("convert", *arguments, cwd=folder)


def test_compressed_files_give_the_same_and_are_written(folder: Path) -> None:
    plain = _convert(folder, "orders", "orders.csv", "out.ndjson")
    assert plain.code == 0
    for mapping, file in (("orders-gz", "orders.csv.gz"), ("orders-zip", "orders.zip")):
        assert _convert(folder, mapping, file, "again.ndjson") == plain
        assert (folder / "again.ndjson").read_bytes() == (folder / "out.ndjson").read_bytes()
        assert _convert(folder, mapping, "out.ndjson", "back", "--encode") == plain
        back = (folder / "back").read_bytes()
        if mapping == "orders-gz":
            assert gzip.decompress(back) == ORDERS
        else:
            with zipfile.ZipFile(io.BytesIO(back)) as archive:
                assert archive.read("data.csv") == ORDERS


def test_from_one_compression_to_another(folder: Path) -> None:
    assert _convert(folder, "orders-zip+orders-gz", "orders.zip", "out.gz").code == 0
    assert gzip.decompress((folder / "out.gz").read_bytes()) == ORDERS


@pytest.mark.parametrize(
    ("mapping", "file", "said"),
    [
        ("orders", "orders.csv.gz", "compression: gzip"),
        ("orders", "orders.zip", "compression: zip"),
        ("orders-gz", "orders.csv", "does not begin as gzip does"),
        ("orders-gz", "orders.zip", "begins as zip does"),
    ],
)
def test_what_is_not_compressed_as_the_mapping_says_is_said(
    folder: Path, mapping: str, file: str, said: str
) -> None:
    done = _convert(folder, mapping, file, "out.ndjson")
    assert done.code == 1
    assert said in done.err
    assert not (folder / "out.ndjson").exists()


def test_large_files_go_in_columns_and_give_the_same(folder: Path) -> None:
    row = "".join(f"screw {number * 2654435761 % 2**32:x},{number}\r\n" for number in range(120_000))
    content = b"item,quantity\r\n" + row.encode() + b"bad,bad\r\n"
    (folder / "large.csv").write_bytes(content)
    (folder / "large.csv.gz").write_bytes(gzip.compress(content, 0))
    assert (folder / "large.csv.gz").stat().st_size > SMALL_BYTES
    plain = _convert(folder, "orders", "large.csv", "plain.ndjson", "--errors", "plain.errors")
    packed = _convert(folder, "orders-gz", "large.csv.gz", "packed.ndjson", "--errors", "packed.errors")
    assert plain.code == packed.code == 1
    assert packed.err == plain.err.replace("large.csv", "large.csv.gz")
    assert (folder / "plain.ndjson").read_bytes() == (folder / "packed.ndjson").read_bytes()
    errors = (folder / "plain.errors").read_text()
    assert (folder / "packed.errors").read_text() == errors.replace("large.csv", "large.csv.gz")
    assert _convert(folder, "orders-zip", "plain.ndjson", "large.zip", "--encode").code == 0
    with zipfile.ZipFile(folder / "large.zip") as archive:
        assert archive.read("data.csv") == content.removesuffix(b"bad,bad\r\n")
