"""`gateway convert` in columns: the same as record by record, and files of columns."""

from __future__ import annotations

import base64
import datetime
import json
import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from gateway.cli.convert_columns import SMALL_BYTES
from tests.unit.gateway.cli.command import COMMAND, environment, gateway_here

MAPPINGS = """\
lines:
  format: delimited
  fields:
    number: {type: integer}
    amount: {type: decimal, scale: 2}
    day: {type: date}
    text: {nullable: true}
ledger:
  format: fixed_width
  encoding: cp037
  record_length: 16
  fields:
    key: {at: 1, length: 4, type: integer}
    name: {at: 5, length: 8}
    amount: {at: 13, length: 4, type: decimal, scale: 2, usage: packed}
two:
  format: fixed_width
  encoding: us-ascii
  separator: lf
  records:
    head: {match: {at: 1, value: H}, fields: {a: {at: 2, length: 1}}}
    line: {match: {at: 1, value: L}, fields: {a: {at: 2, length: 1}}}
half:
  transform: {half: amount / 2}
free:
  transform: {a: b}
"""
ROWS = 40_000
_TEXTS = ('"té""xt"', "", "plain")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Files with a bad record here and there; larger than what goes record by record."""
    folder = tmp_path_factory.mktemp("columns")
    (folder / "mappings").mkdir()
    (folder / "mappings" / "all.yaml").write_text(MAPPINGS)
    rows = [
        f"{number},{number}.50,2026-02-{1 + number % 28:02},{_TEXTS[number % 3]}\n" for number in range(ROWS)
    ]
    rows[7], rows[30_001] = "x,1.00,2026-02-01,y\n", "1,2\n"
    (folder / "in.csv").write_text("number,amount,day,text\n" + "".join(rows))
    records = [_record(number) for number in range(70_000)]
    records[5] = b"\x00" * 16
    (folder / "in.bin").write_bytes(b"".join(records))
    (folder / "empty.csv").write_bytes(b"")
    assert min((folder / name).stat().st_size for name in ("in.csv", "in.bin")) > SMALL_BYTES
    return folder


def _record(number: int) -> bytes:
    name = f"{number % 10_000:04}Müller  ".encode("cp037")
    return name + bytes.fromhex(f"{number:07}" + "cd"[number % 2])


@pytest.mark.parametrize(
    ("mapping", "source"), [("lines", "in.csv"), ("ledger", "in.bin"), ("csv", "in.csv")]
)
def test_the_same_as_record_by_record(
    folder: Path, mapping: str, source: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    fast = gateway_here("convert", mapping, source, "fast", "--errors", "bad", cwd=folder)
    found = (folder / "fast").read_bytes(), (folder / "bad").read_bytes()
    assert "mappings.columns.decoding" in sys.modules
    monkeypatch.setattr("gateway.cli.convert_columns.SMALL_BYTES", 1 << 40)
    slow = gateway_here("convert", mapping, source, "slow", "--errors", "bad", cwd=folder)
    assert found == ((folder / "slow").read_bytes(), (folder / "bad").read_bytes())
    assert (fast.code, fast.err) == (slow.code, slow.err)


def test_errors_are_told(folder: Path) -> None:
    done = gateway_here("convert", "ledger", "in.bin", "out", "--errors", "bad", cwd=folder)
    assert done.code == 1
    assert "in.bin: record 6, byte 80, field /key: integer: is not 4 digits" in done.err
    assert "69999 records converted, 1 error" in done.err
    [error] = [json.loads(line) for line in (folder / "bad").read_text().splitlines()]
    assert base64.b64decode(error["raw"]) == b"\x00" * 16


def test_strict_stops_at_the_first(folder: Path) -> None:
    done = gateway_here("convert", "lines", "in.csv", "never", "--strict", cwd=folder)
    assert done.code == 1
    assert not (folder / "never").exists()


@pytest.mark.parametrize("kind", ["arrow", "parquet"])
def test_files_of_columns(folder: Path, kind: str) -> None:
    target = folder / f"out.{kind}"
    done = gateway_here("convert", "lines", "in.csv", target, "--to", kind, cwd=folder)
    assert done.code == 1
    assert f"{ROWS - 2} records converted, 2 errors" in done.err
    table = pa.ipc.open_file(target).read_all() if kind == "arrow" else pq.read_table(target)
    assert [str(each) for each in table.schema.types] == [
        "int64",
        "decimal128(38, 2)",
        "date32[day]",
        "string",
    ]
    assert table.num_rows == ROWS - 2
    assert table.slice(8, 2).to_pylist() == [
        {"number": 9, "amount": Decimal("9.50"), "day": datetime.date(2026, 2, 10), "text": 'té"xt'},
        {"number": 10, "amount": Decimal("10.50"), "day": datetime.date(2026, 2, 11), "text": None},
    ]
    assert sum(table["number"].to_pylist()) == sum(range(ROWS)) - 7 - 30_001


def test_a_table_of_packed_numbers(folder: Path) -> None:
    gateway_here("convert", "ledger", "in.bin", "out.parquet", "--to", "parquet", cwd=folder)
    table = pq.read_table(folder / "out.parquet")
    assert str(table.schema.field("amount").type) == "decimal128(7, 2)"
    amounts = table["amount"].to_pylist()
    assert (amounts[4], amounts[5]) == (Decimal("0.04"), Decimal("0.06"))
    assert amounts[-1] == Decimal("-699.99")


def test_without_a_record(folder: Path) -> None:
    done = gateway_here("convert", "csv", "empty.csv", "empty.arrow", "--to", "arrow", cwd=folder)
    assert done.code == 0
    assert pa.ipc.open_file(folder / "empty.arrow").read_all().num_columns == 0


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        pytest.param(["free", "in.csv"], "the type of a is not known", id="transform"),
        pytest.param(["json", "in.csv"], "nothing declares what its records are made of", id="json"),
        pytest.param(["lines", "in.csv", "--encode"], "the mapping's format decides", id="encode"),
    ],
)
def test_what_has_no_columns_is_refused(folder: Path, arguments: list[str], reason: str) -> None:
    done = gateway_here("convert", *arguments, "--to", "parquet", cwd=folder)
    assert done.code == 2
    assert reason in " ".join(done.err.split())


WITHOUT = """
import sys
sys.modules["numpy"] = sys.modules["pyarrow"] = None
from gateway.cli.main import main
sys.exit(main())
"""


def test_without_the_libraries(folder: Path) -> None:
    """All goes record by record; only files of columns need them."""

    def without(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", WITHOUT, "convert", "lines", "in.csv", *arguments],
            cwd=folder,
            env={**environment(), "PYTHONPATH": str(Path(__file__).parents[4])},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    done = without("plain")
    with_them = gateway_here("convert", "lines", "in.csv", "fast", cwd=folder)
    assert (done.returncode, done.stderr) == (with_them.code, with_them.err)
    assert (folder / "plain").read_bytes() == (folder / "fast").read_bytes()
    refused = without("out", "--to", "parquet")
    assert refused.returncode == 2
    assert "the extra `bulk` is not installed" in " ".join(refused.stderr.split())


@pytest.mark.parametrize("mapping", ["lines", "ledger", "csv"])
@pytest.mark.parametrize("options", [[], ["--from", "ndjson"]], ids=["found out", "said"])
def test_writing_is_the_same_as_record_by_record(
    folder: Path, mapping: str, options: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    source = {"ledger": "in.bin"}.get(mapping, "in.csv")
    gateway_here("convert", mapping, source, "records", cwd=folder)
    records = (folder / "records").read_bytes().splitlines(keepends=True)
    records[9] = b"{}\n"
    records[100] = b"not JSON\n"
    (folder / "records").write_bytes(b"\n \n" + b"".join(records))
    arguments = ("convert", mapping, "records", "--encode", *options, "--errors", "bad")
    fast = gateway_here(*arguments[:3], "fast", *arguments[3:], cwd=folder)
    found = (folder / "fast").read_bytes(), (folder / "bad").read_bytes()
    assert "2 errors" in fast.err
    monkeypatch.setattr("gateway.cli.convert_columns.SMALL_BYTES", 1 << 40)
    slow = gateway_here(*arguments[:3], "slow", *arguments[3:], cwd=folder)
    assert found == ((folder / "slow").read_bytes(), (folder / "bad").read_bytes())
    assert (fast.code, fast.err) == (slow.code, slow.err)


def test_writing_from_an_array(folder: Path) -> None:
    """A JSON array is read as one, however long the white space before it is."""
    records = [{"a": f"text {number}"} for number in range(60_000)]
    (folder / "array").write_text(" \n" * 600_000 + json.dumps(records))
    done = gateway_here("convert", "csv", "array", "from-array", "--encode", cwd=folder)
    assert (done.code, done.err) == (0, "")
    assert (folder / "from-array").read_text().splitlines()[59_999] == "text 59998"


def test_writing_stops_at_the_first_error(folder: Path) -> None:
    lines = [b'{"a":"%d"}\n' % number for number in range(100_000)]
    lines[50_000] = b'{"b":"1"}\n'
    (folder / "lines").write_bytes(b"".join(lines))
    done = gateway_here("convert", "csv", "lines", "never", "--encode", "--strict", cwd=folder)
    assert done.code == 1
    assert "record 50001, field /a: required: is missing" in done.err
    assert not (folder / "never").exists()


@pytest.mark.long
@pytest.mark.timeout(1800)
@pytest.mark.parametrize(
    ("mapping", "options"),
    [
        pytest.param("lines", [], id="csv"),
        pytest.param("ledger", [], id="packed"),
        pytest.param("ledger", ["--to", "parquet"], id="parquet"),
        pytest.param("lines", ["--encode"], id="to csv"),
        pytest.param("ledger", ["--encode"], id="to packed"),
    ],
)
def test_memory_is_that_of_a_small_file(tmp_path: Path, mapping: str, options: list[str]) -> None:
    """Two gigabytes take no more than 48 MiB more than ten megabytes."""
    (tmp_path / "mappings").mkdir()
    (tmp_path / "mappings" / "all.yaml").write_text(MAPPINGS)
    head, block = b"number,amount,day,text\n", b'7,1.25,2026-01-05,"some text"\n8,3.00,2026-02-01,\n'
    if mapping == "ledger":
        head, block = b"", _record(1) + _record(2)
    if options == ["--encode"]:
        (tmp_path / "some").write_bytes(head + block)
        gateway_here("convert", mapping, "some", "records", cwd=tmp_path)
        head, block = b"", (tmp_path / "records").read_bytes()
    peaks = []
    for size in (10_000_000, 2_000_000_000):
        with (tmp_path / "in").open("wb") as file:
            file.write(head)
            for _ in range(size // (len(block) * 10_000)):
                file.write(block * 10_000)
        command = [*COMMAND, "convert", mapping, "in", "/dev/null", *options]
        env = {**environment(), "PYTHONPATH": str(Path(__file__).parents[4])}
        with subprocess.Popen(command, cwd=tmp_path, env=env) as process:
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        (tmp_path / "in").unlink()  # pytest would keep it
        assert process.returncode == 0
        peaks.append(usage.ru_maxrss // 1024)
    assert peaks[1] - peaks[0] < 48
