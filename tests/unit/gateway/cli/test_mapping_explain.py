"""`gateway mapping explain`: the record at a byte or of a number, field by field."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.gateway.cli.command import Result, gateway, gateway_here

ROOT = Path(__file__).parents[4]
MAPPINGS = """\
lines:
  format: fixed_width
  encoding: us-ascii
  separator: lf
  records:
    head: {match: {at: 1, value: H}, max: 1, fields: {day: {at: 2, length: 8, type: date}}}
    line:
      match: {at: 1, value: L}
      fields:
        number: {at: 2, length: 3, type: integer}
        amount: {at: 5, length: 6, type: decimal, scale: 2}
mainframe:
  format: fixed_width
  encoding: cp037
  record_length: 9
  fields: {name: {length: 5}, amount: {length: 4, type: decimal, scale: 2, usage: packed}}
tables:
  format: fixed_width
  encoding: us-ascii
  separator: lf
  fields:
    count: {length: 1, type: integer}
    items: {type: group, fields: {id: {length: 2}}, occurs: {max: 9, depends_on: count}}
    last: {length: 1}
customers:
  format: copybook
  encoding: cp037
  copybook: c.cpy
rows:
  format: delimited
  fields: {number: {type: integer}, text: {}}
"""
COPYBOOK = """\
       01 CUSTOMER.
          05 NUMBER-OF        PIC 9(4).
          05 TIMES            PIC 9.
          05 CALLS OCCURS 2.
             10 CALL-DAY      PIC 9(2).
          05 BALANCE          PIC S9(5)V99 COMP-3.
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "mappings").mkdir()
    (tmp_path / "mappings" / "all.yaml").write_text(MAPPINGS)
    (tmp_path / "c.cpy").write_text(COPYBOOK)
    (tmp_path / "lines").write_bytes(b"H20261123\nL001000250\nL00x000300\n")
    (tmp_path / "mainframe").write_bytes("Meyer".encode("cp037") + bytes.fromhex("0012345d") + b"\x40" * 9)
    (tmp_path / "tables").write_bytes(b"2aabbZ\n")
    (tmp_path / "customers").write_bytes("004211122".encode("cp037") + bytes.fromhex("0012345c"))
    (tmp_path / "rows").write_bytes(b'number,text\r\n1,"a\r\nb"\r\nx,c\r\n3,d\r\n')
    return tmp_path


def explain(folder: Path, *arguments: str) -> Result:
    return gateway_here("mapping", "explain", *arguments, cwd=folder)


def rows(result: Result) -> list[list[str]]:
    """The lines in words."""
    return [line.split() for line in result.out.splitlines()]


def test_the_record_at_a_byte(folder: Path) -> None:
    done = gateway("mapping", "explain", "lines", "lines", "--at", "15", cwd=folder)
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("record 2, line 2, line: bytes 10 to 19 (10 bytes)\n")
    found = rows(done)
    assert ["/number", "2-4", "integer", "303031", "...", "001", "1"] in found
    assert [">", "/amount", "5-10", "decimal", "scale=2", "303030323530", "......", "000250", "2.50"] in found
    assert ["14", "30", "30", "30", "32", "35", "30", "......", "000250"] in found


def test_a_field_that_is_wrong(folder: Path) -> None:
    done = explain(folder, "lines", "lines", "--record", "3")
    assert done.code == 1
    assert "! integer: is not 3 digits" in done.out
    assert "3.00" in done.out, "what follows is shown nevertheless"


def test_ebcdic_and_packed(folder: Path) -> None:
    done = explain(folder, "mainframe", "mainframe", "--record", "1")
    assert done.code == 0
    assert "Meyer" in done.out
    amount = next(line for line in rows(done) if line[:1] == ["/amount"])
    assert amount[1:4] == ["6-9", "decimal", "usage=packed"]
    assert "0012345d" in amount
    assert amount[-1] == "-123.45"
    assert explain(folder, "mainframe", "mainframe", "--record", "2").code == 1


def test_a_table(folder: Path) -> None:
    found = rows(explain(folder, "tables", "tables", "--at", "3"))
    assert [line[0] for line in found if line and line[0].startswith("/")] == [
        "/count",
        "/items/0/id",
        "/last",
    ]
    assert [">", "/items/1/id", "4-5", "string", "6262", "ÂÂ", "bb", '"bb"'] in found


def test_a_copybook(folder: Path) -> None:
    done = explain(folder, "customers", "customers", "--at", "10")
    assert done.code == 0, done.out + done.err
    found = rows(done)
    assert ["/NUMBER-OF", "1-4", "05", "PIC", "9(4)", "f0f0f4f2", "0042", "....", "42"] in found
    balance = next(line for line in found if "/BALANCE" in line)
    assert balance[:6] == [">", "/BALANCE", "10-13", "05", "PIC", "S9(5)V99"]
    assert balance[-1] == "123.45"
    assert any("/CALLS/1/CALL-DAY" in line for line in found)


def test_a_row(folder: Path) -> None:
    assert explain(folder, "rows", "rows", "--at", "3").out.startswith("record, line 1, the header")
    first = explain(folder, "rows", "rows", "--at", "20")
    assert first.out.startswith("record 1, line 2: bytes 13 to 20")
    assert '"a\\r\\nb"' in first.out
    second = explain(folder, "rows", "rows", "--record", "2")
    assert second.code == 1
    assert "! integer: " in second.out
    assert explain(folder, "rows", "rows", "--record", "3").code == 0


def test_a_segment(folder: Path) -> None:
    golden = ROOT / "tests" / "golden" / "x12"
    (folder / "mappings" / "x12.yaml").write_text((golden / "purchase-order.yaml").read_text())
    data = (golden / "purchase-order.edi").read_bytes()
    (folder / "in.edi").write_bytes(data)
    at = data.index(b"N1") + 3
    done = explain(folder, "purchase-order", "in.edi", "--at", str(at))
    assert done.code == 0, done.out
    marked = next(line for line in rows(done) if line[:1] == [">"])
    assert marked[1] == "N101"
    assert "role" in marked
    assert explain(folder, "x12", "in.edi", "--record", "1").out.startswith("segment 1: bytes 0 to 104")


SEGMENTS = {
    "edifact": (b"UNA:+.? 'UNB+UNOC:3+A?+B+C'", "3", ["UNB02", "A?+B"]),
    "hl7": (b"MSH|^~\\&|A|B\rPID|1||42\r", "2", ["PID-3", "42"]),
}


@pytest.mark.parametrize(("data", "number", "expected"), SEGMENTS.values(), ids=SEGMENTS)
def test_other_segments(folder: Path, data: bytes, number: str, expected: list[str]) -> None:
    name = "edifact" if data.startswith(b"UNA") else "hl7"
    (folder / "mappings" / "hl7.yaml").write_text("any-hl7: {format: hl7}\n")
    (folder / "in").write_bytes(data)
    mapping = "edifact" if name == "edifact" else "any-hl7"
    number = "2" if name == "edifact" else number
    done = explain(folder, mapping, "in", "--record", number)
    line = next(line for line in rows(done) if line and line[0] == expected[0])
    assert expected[1] in line


REFUSED = {
    "no-place": (["lines", "lines"], 2, "give one of --at and --record"),
    "both": (["lines", "lines", "--at", "1", "--record", "1"], 2, "give one of"),
    "behind": (["lines", "lines", "--at", "5000"], 1, "there is no byte 5000"),
    "no-record": (["lines", "lines", "--record", "9"], 1, "there is no record 9"),
    "no-mapping": (["line", "lines", "--at", "1"], 2, 'did you mean "lines"'),
    "no-file": (["lines", "nothing", "--at", "1"], 1, "nothing: No such file"),
    "nothing-of-it": (["json", "lines", "--record", "2"], 1, "there is no record 2"),
}


@pytest.mark.parametrize(("arguments", "code", "reason"), REFUSED.values(), ids=REFUSED)
def test_refused(folder: Path, arguments: list[str], code: int, reason: str) -> None:
    done = explain(folder, *arguments)
    assert (done.code, reason in done.err) == (code, True), done.err
