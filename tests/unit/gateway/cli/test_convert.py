"""`gateway convert`: both ways, errors and their exit codes, files whole or not at all, memory flat."""

from __future__ import annotations

import base64
import contextlib
import gzip
import json
import os
import pty
import subprocess
import sys
from pathlib import Path
from subprocess import DEVNULL, PIPE

import pytest

from tests.unit.gateway.cli.command import COMMAND, Result, environment, gateway, gateway_here, running

ROOT = Path(__file__).parents[4]
MAPPINGS = """\
lines:
  format: delimited
  fields: {number: {type: integer}, amount: {type: decimal, scale: 2}, text: {}}
orders:
  format: xml
  schema: schemas/orders.xsd
  root: orders
  record: order
both-ways:
  transform: {id: number, money.amount: amount, note: text}
one-way:
  transform: {half: amount / 2}
"""
BATCHES = """\
batches:
  format: fixed_width
  encoding: us-ascii
  record_length: 2
  records:
    head: {match: {at: 1, value: H}, max: 1, fields: {day: {at: 2, length: 1, type: integer}}}
    line: {match: {at: 1, value: L}, fields: {number: {at: 2, length: 1, type: integer}}}
  groups: {batch: {records: [head, line]}}
line-of-day:
  transform: {number: line.number, day: head.day}
"""
SCHEMA = """\
<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">
  <xs:element name="orders"><xs:complexType><xs:sequence>
    <xs:element name="order" maxOccurs="unbounded"><xs:complexType><xs:sequence>
      <xs:element name="number" type="xs:integer"/><xs:element name="amount" type="xs:decimal"/>
    </xs:sequence></xs:complexType></xs:element>
  </xs:sequence></xs:complexType></xs:element>
</xs:schema>
"""
CSV = "number,amount,text\r\n1,2.50,x\r\n2,12345678901234567890.10,é\r\n"
NDJSON = '{"number":1,"amount":2.50,"text":"x"}\n{"number":2,"amount":12345678901234567890.10,"text":"é"}\n'
BAD = "number,amount,text\r\n1,2.50,x\r\nq,3.00,y\r\n3,4.00,z\r\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A configuration of mappings alone; no gateway.yaml is needed."""
    (tmp_path / "mappings").mkdir()
    (tmp_path / "schemas").mkdir()
    (tmp_path / "mappings" / "all.yaml").write_text(MAPPINGS)
    (tmp_path / "schemas" / "orders.xsd").write_text(SCHEMA)
    (tmp_path / "in.csv").write_bytes(CSV.encode())
    (tmp_path / "bad.csv").write_bytes(BAD.encode())
    return tmp_path


def convert(folder: Path, *arguments: str) -> Result:
    return gateway_here("convert", *arguments, cwd=folder)


def test_a_format_to_records_and_back(folder: Path) -> None:
    assert convert(folder, "lines", "in.csv") == Result(0, NDJSON, "")
    assert convert(folder, "lines", "in.csv", "out.ndjson") == Result(0, "", "")
    assert (folder / "out.ndjson").read_text() == NDJSON
    assert convert(folder, "lines", "out.ndjson", "back.csv", "--encode").code == 0
    assert (folder / "back.csv").read_bytes() == CSV.encode()


def test_a_format_and_a_transform_and_back(folder: Path) -> None:
    assert convert(folder, "lines+both-ways", "in.csv", "out.json", "--to", "json").code == 0
    found = json.loads((folder / "out.json").read_text(), parse_float=str)
    assert found == [
        {"id": 1, "money": {"amount": "2.50"}, "note": "x"},
        {"id": 2, "money": {"amount": "12345678901234567890.10"}, "note": "é"},
    ]
    assert convert(folder, "lines+both-ways", "out.json", "back.csv", "--encode").code == 0
    assert (folder / "back.csv").read_bytes() == CSV.encode()


def test_a_transform_alone(folder: Path) -> None:
    (folder / "in.ndjson").write_text(NDJSON)
    there = convert(folder, "both-ways", "in.ndjson")
    assert there.out.splitlines()[0] == '{"id":1,"money":{"amount":2.50},"note":"x"}'
    (folder / "there.ndjson").write_text(there.out)
    assert convert(folder, "both-ways", "there.ndjson", "--encode").out == NDJSON
    assert convert(folder, "one-way", "in.ndjson").out.startswith('{"half":1.25}\n')


def test_xml_by_schema(folder: Path) -> None:
    (folder / "in.ndjson").write_text('{"number":1,"amount":1.50}\n{"number":2,"amount":2}\n')
    assert convert(folder, "orders", "in.ndjson", "out.xml", "--encode").code == 0
    assert "<order><number>1</number><amount>1.50</amount></order>" in (folder / "out.xml").read_text()
    assert convert(folder, "orders", "out.xml").out == (folder / "in.ndjson").read_text()


TO = {
    "ndjson": NDJSON,
    "json": "[\n" + NDJSON.strip().replace("}\n{", "},\n{") + "\n]\n",
    "csv": CSV,
}


@pytest.mark.parametrize("kind", TO)
def test_to_and_from(folder: Path, kind: str) -> None:
    assert convert(folder, "lines", "in.csv", f"out.{kind}", "--to", kind).code == 0
    assert (folder / f"out.{kind}").read_bytes().decode() == TO[kind]
    if kind != "csv":  # whose fields are text
        assert convert(folder, "lines", f"out.{kind}", "--encode").out == CSV.replace("\r\n", os.linesep)
        assert convert(folder, "lines", f"out.{kind}", "--encode", "--from", kind).code == 0


def test_built_in_formats_need_no_folder(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("a,b\n1,\n")
    assert convert(tmp_path, "csv", "in.csv").out == '{"a":"1","b":""}\n'
    (tmp_path / "in.json").write_text('[{"a": 1.10, "b": null, "c": true}]')
    assert convert(tmp_path, "json", "in.json", "--to", "csv").out.split() == ["a,b,c", "1.10,,true"]
    (tmp_path / "empty").write_text("")
    assert convert(tmp_path, "ndjson", "empty", "--to", "json").out == "[]\n"
    assert convert(tmp_path, "ndjson", "empty", "--encode").out == ""


def test_standard_input_and_output(folder: Path) -> None:
    for arguments in (["lines"], ["lines", "-"], ["lines", "-", "-"]):
        done = subprocess.run(
            [*COMMAND, "convert", *arguments],
            cwd=folder,
            input=CSV.encode(),
            env={**environment(), "PYTHONPATH": str(ROOT)},
            capture_output=True,
            timeout=60,
            check=False,
        )
        assert (done.returncode, done.stdout.decode(), done.stderr) == (0, NDJSON, b"")


def test_bad_records_are_told_and_the_others_converted(folder: Path) -> None:
    found = convert(folder, "lines", "bad.csv", "out.ndjson", "--errors", "errors.ndjson")
    assert found.code == 1
    place = "bad.csv: record 2, line 3, column 1, byte 30, field /number"
    assert found.err.splitlines() == [
        f"{place}: integer: is not a whole number in ASCII digits",
        "gateway: 2 records converted, 1 error",
    ]
    assert [json.loads(line)["number"] for line in (folder / "out.ndjson").read_text().splitlines()] == [1, 3]
    error = json.loads((folder / "errors.ndjson").read_text())
    raw = base64.b64decode(error.pop("raw"))
    assert raw == b"q,3.00,y"
    assert error == {
        "file": "bad.csv",
        "record": 2,
        "line": 3,
        "column": 1,
        "byte": 30,
        "field": "/number",
        "rule": "integer",
        "message": "is not a whole number in ASCII digits",
    }


def test_bad_records_of_a_transform_keep_what_they_came_from(folder: Path) -> None:
    (folder / "in.ndjson").write_text('{"amount": 1}\n{"amount": "1"}\n{}\n')
    found = convert(folder, "one-way", "in.ndjson", "--errors", "errors.ndjson")
    assert found.out == '{"half":0.5}\n'
    errors = [json.loads(line) for line in (folder / "errors.ndjson").read_text().splitlines()]
    assert [(error["record"], error["rule"], error["source"]) for error in errors] == [
        (2, "expression", {"amount": "1"}),
        (3, "missing-member", {}),
    ]
    assert errors[1]["field"] == "/amount"


def test_a_header_that_cannot_be_read_is_not_taken_for_the_one_before_it(folder: Path) -> None:
    (folder / "mappings" / "batches.yaml").write_text(BATCHES)
    (folder / "in.txt").write_text("H1L1HxL2H3L3")
    found = convert(folder, "batches+line-of-day", "in.txt", "--errors", "errors.ndjson")
    assert found.code == 1
    assert found.out == '{"number":1,"day":1}\n{"number":3,"day":3}\n'
    errors = [json.loads(line) for line in (folder / "errors.ndjson").read_text().splitlines()]
    assert [(error["record"], error["rule"], error["field"]) for error in errors] == [
        (3, "integer", "/head/day"),
        (4, "missing-member", "/head"),
    ]


@pytest.mark.parametrize("mapping", ["json", "json+as-it-is"])
def test_null_is_a_record(mapping: str, folder: Path) -> None:
    (folder / "mappings" / "more.yaml").write_text("as-it-is:\n  transform: {this: this}\n")
    (folder / "in.json").write_text('[{"a": 1}, null, 2]')
    found = convert(folder, mapping, "in.json")
    lines = ['{"a":1}', "null", "2"]
    if mapping != "json":
        lines = [f'{{"this":{line}}}' for line in lines]
    assert found.out.splitlines() == lines


def test_only_the_first_errors_are_printed(folder: Path) -> None:
    (folder / "in.csv").write_text("number,amount,text\n" + "q,1.00,x\n" * 500)
    found = convert(folder, "lines", "in.csv", "--errors", "errors.ndjson")
    assert len(found.err.splitlines()) == 22
    assert found.err.splitlines()[-2:] == [
        "in.csv: … and 480 more",
        "gateway: 0 records converted, 500 errors",
    ]
    assert len((folder / "errors.ndjson").read_text().splitlines()) == 500


def test_strict_stops_at_the_first(folder: Path) -> None:
    found = convert(folder, "lines", "bad.csv", "out.ndjson", "--strict", "--errors", "errors.ndjson")
    assert (found.code, found.err.splitlines()[-1]) == (
        1,
        "gateway: stopped at the first error (--strict); out.ndjson is not written",
    )
    assert not (folder / "out.ndjson").exists()
    assert len((folder / "errors.ndjson").read_text().splitlines()) == 1
    assert convert(folder, "lines", "bad.csv", "--strict").out == '{"number":1,"amount":2.50,"text":"x"}\n'


def test_a_file_that_is_lost_leaves_the_output_as_it_was(folder: Path) -> None:
    (folder / "out.ndjson").write_text("before")
    (folder / "cut.csv").write_text(CSV + '3,1.00,"cut')
    found = convert(folder, "lines", "cut.csv", "out.ndjson")
    assert found.code == 1
    assert "unclosed-quote: the data ends inside a quoted field" in found.err
    assert found.err.endswith("gateway: the rest cannot be read; out.ndjson is not written\n")
    assert (folder / "out.ndjson").read_text() == "before"
    assert sorted(path.name for path in folder.iterdir() if path.name.startswith(".")) == []


COPYBOOK = """\
       01 CUSTOMER.
          05 NUMBER-OF        PIC 9(4).
          05 NAME             PIC X(6).
          05 BALANCE          PIC S9(5)V99 COMP-3.
"""


FIXED = """\
fixed:
  format: fixed_width
  encoding: us-ascii
  separator: lf
  fields:
    id: {length: 3, type: integer}
    money: {type: group, fields: {amount: {length: 9, type: decimal, scale: 2}}}
    note: {length: 4}
"""


def test_from_one_format_to_another_and_back(folder: Path) -> None:
    (folder / "mappings" / "fixed.yaml").write_text(FIXED)
    (folder / "in.csv").write_text("number,amount,text\r\n1,2.50,x\r\n22,3.00,yz\r\n")
    assert convert(folder, "lines+both-ways+fixed", "in.csv", "out.txt") == Result(0, "", "")
    assert (folder / "out.txt").read_text() == "001000000250x   \n022000000300yz  \n"
    assert convert(folder, "lines+both-ways+fixed", "out.txt", "back.csv", "--encode").code == 0
    assert (folder / "back.csv").read_bytes() == (folder / "in.csv").read_bytes()
    assert convert(folder, "lines+ndjson", "in.csv").out == convert(folder, "lines", "in.csv").out


@pytest.mark.parametrize("record_format", ["F", "V"])
def test_a_copybook_without_any_mapping(tmp_path: Path, record_format: str) -> None:
    (tmp_path / "customer.cpy").write_text(COPYBOOK)
    record = "0042Meyer ".encode("cp037") + bytes.fromhex("0012345d")
    (tmp_path / "in.ebc").write_bytes((b"" if record_format == "F" else b"\x00\x12\0\0") + record)
    how = ["--copybook", "customer.cpy", "--codepage", "cp037", "--record-format", record_format]
    found = convert(tmp_path, *how, "in.ebc", "out.ndjson")
    assert found == Result(0, "", "")
    line = '{"NUMBER-OF":42,"NAME":"Meyer","BALANCE":-123.45}\n'
    assert (tmp_path / "out.ndjson").read_text() == line
    assert convert(tmp_path, *how, "in.ebc").out == line
    assert convert(tmp_path, *how, "out.ndjson", "back", "--encode").code == 0
    assert (tmp_path / "back").read_bytes() == (tmp_path / "in.ebc").read_bytes()


def test_a_copybook_that_does_not_say_all(tmp_path: Path) -> None:
    (tmp_path / "b.cpy").write_text(
        "       01 A.\n          05 B PIC X.\n          05 C REDEFINES B PIC 9.\n"
    )
    found = convert(tmp_path, "--copybook", "b.cpy", "--codepage", "cp037", "in")
    assert found.code == 1
    assert "b.cpy: does not say everything:" in found.err
    assert "gateway mapping infer --copybook" in found.err


@pytest.fixture
def orders(folder: Path) -> Path:
    """A partner's interchanges of X12."""
    golden = ROOT / "tests" / "golden" / "x12"
    text = (golden / "purchase-order.yaml").read_text()
    (folder / "mappings" / "x12.yaml").write_text(text)
    (folder / "in.edi").write_bytes((golden / "purchase-order.edi").read_bytes())
    return folder


def test_control_numbers_count_from_what_is_asked_for(orders: Path) -> None:
    convert(orders, "purchase-order", "in.edi", "out.ndjson")
    lines = (orders / "out.ndjson").read_text().splitlines()
    bare = [{**json.loads(line), "envelope": {}} for line in lines]
    (orders / "bare.ndjson").write_text("\n".join(map(json.dumps, bare)))
    for asked, number in (((), "000000001"), (("--control-number", "48214"), "000048214")):
        found = convert(orders, "purchase-order", "bare.ndjson", "out.edi", "--encode", *asked)
        assert found.code == 0, found.err
        assert (orders / "out.edi").read_text().split("*")[13] == number
    found = convert(orders, "purchase-order", "bare.ndjson", "out.edi", "--encode", "--control-number", "0")
    assert found.code == 2


def test_the_acknowledgement_is_written(orders: Path) -> None:
    found = convert(orders, "purchase-order", "in.edi", "out.ndjson", "--acknowledgement", "ack.edi")
    assert found == Result(0, "", "")
    acknowledged = (orders / "ack.edi").read_text()
    assert acknowledged.startswith("ISA")
    assert "ST*997*" in acknowledged
    assert "AK9*A*" in acknowledged


def test_nothing_to_acknowledge(folder: Path) -> None:
    found = convert(folder, "lines", "in.csv", "out", "--acknowledgement", "ack")
    hint = "the key `acknowledge` of a definition says what is"
    told = f"gateway: nothing is to be acknowledged ({hint}); ack is not written\n"
    assert (found.code, found.err) == (0, told)
    assert not (folder / "ack").exists()


def test_what_was_tolerated_is_told(orders: Path) -> None:
    file = orders / "mappings" / "x12.yaml"
    file.write_text(file.read_text().replace("  segments:\n", "  lenient: [codes]\n  segments:\n", 1))
    data = (orders / "in.edi").read_text()
    (orders / "in.edi").write_text(data.replace("BEG*00*", "BEG*99*", 1))
    found = convert(orders, "purchase-order", "in.edi", "out.ndjson")
    assert (found.code, found.err) == (0, "gateway: lenient with codes: 1 time\n")


REFUSED: dict[str, tuple[list[str], int, str]] = {
    "no-mapping": ([], 2, "a MAPPING is needed, or --copybook"),
    "unknown-mapping": (["line", "in.csv"], 2, 'did you mean "lines"? there are: both-ways, csv'),
    "transform-first": (["both-ways+lines", "in.csv"], 2, "does not go together so; allowed: FORMAT,"),
    "two-transforms": (["lines+both-ways+one-way", "in.csv"], 2, "does not go together so"),
    "three-formats": (["lines+lines+lines", "in.csv"], 2, "does not go together so"),
    "four-parts": (["lines+both-ways+lines+lines", "in.csv"], 2, "is no mapping"),
    "to-with-two-formats": (
        ["lines+ndjson", "in.csv", "--to", "csv"],
        2,
        "--to: the mapping's formats decide",
    ),
    "codepage-alone": (["lines", "in.csv", "--codepage", "cp037"], 2, "--codepage: belongs to --copybook"),
    "copybook-without-codepage": (["--copybook", "in.csv", "in.csv"], 2, "--codepage: is needed; allowed: "),
    "codepage-unknown": (["--copybook", "b", "in", "--codepage", "cp73"], 2, 'did you mean "cp273"?'),
    "copybook-missing": (["--copybook", "b", "--codepage", "cp037"], 1, "'b' does not exist"),
    "copybook-and-mapping": (
        ["--copybook", "b", "--codepage", "cp037", "lines", "in.csv", "out"],
        2,
        "with --copybook there is no MAPPING",
    ),
    "record-format-unknown": (
        ["--copybook", "b", "--codepage", "cp037", "--record-format", "U"],
        2,
        "allowed: F, FB, V, VB, VS, VBS",
    ),
    "empty-part": (["lines+", "in.csv"], 2, "is no mapping"),
    "one-way": (["one-way", "in.csv", "--encode"], 2, "no way back: half: its source is an expression"),
    "to-unknown": (["lines", "in.csv", "--to", "cvs"], 2, 'did you mean "csv"? allowed: ndjson, json, csv'),
    "to-with-encode": (["lines", "in.csv", "--to", "json", "--encode"], 2, "the mapping's format decides"),
    "from-without-encode": (
        ["lines", "in.csv", "--from", "json"],
        2,
        "the mapping's format decides what is read",
    ),
    "missing-file": (["lines", "nothing.csv"], 1, "nothing.csv: No such file or directory"),
    "input-is-a-folder": (["lines", "mappings"], 1, "mappings: Is a directory"),
    "output-is-a-folder": (["lines", "in.csv", "mappings"], 1, "mappings: is a directory"),
    "output-in-no-folder": (["lines", "in.csv", "no/where"], 1, "no/where: cannot be written: No such file"),
    "same-file": (["lines", "in.csv", "in.csv"], 2, "IN and OUT are the same file"),
    "same-file-otherwise": (["lines", "in.csv", "mappings/../in.csv"], 2, "IN and OUT are the same file"),
    "same-new-file": (["lines", "in.csv", "x", "--errors", "./x"], 2, "OUT and --errors are the same file"),
    "errors-over-input": (["lines", "in.csv", "--errors", "in.csv"], 2, "IN and --errors are the same file"),
    "errors-among-records": (
        ["lines", "in.csv", "--errors", "-"],
        2,
        "OUT and --errors both go to standard output",
    ),
    "disk-full": (
        ["lines", "in.csv", "/dev/full"],
        1,
        "/dev/full: cannot be written: No space left on device",
    ),
    "errors-disk-full": (["lines", "bad.csv", "--errors", "/dev/full"], 1, "/dev/full: cannot be written"),
    "no-folder": (["lines", "in.csv", "-C", "nowhere"], 1, "is not a folder"),
    "nested-in-csv": (["lines+both-ways", "in.csv", "--to", "csv"], 1, "field /money: not-flat: an object"),
    "not-json": (["lines", "in.csv", "--encode"], 1, "record 1, line 1, column 1"),
    "other-xml": (["orders", "in.csv"], 1, "not well-formed XML"),
}


@pytest.mark.parametrize(("arguments", "code", "reason"), REFUSED.values(), ids=REFUSED)
def test_refused(folder: Path, arguments: list[str], code: int, reason: str) -> None:
    found = convert(folder, *arguments)
    assert found.code == code
    assert reason in " ".join(found.err.split())
    assert (folder / "in.csv").read_bytes() == CSV.encode()


def test_everything_wrong_with_the_mappings_that_are_meant_is_told(folder: Path) -> None:
    (folder / "mappings" / "bad.yaml").write_text(
        "bad: {transform: {a: b +}}\nworse: {format: xml, schema: no.xsd}\n"
    )
    found = convert(folder, "worse+bad", "in.csv")
    assert found.code == 1
    assert "bad.yaml:1:22: bad.transform.a: is no expression: column 4" in found.err
    assert "bad.yaml:2:30: worse.schema: 'no.xsd' does not exist" in found.err
    assert "2 problems" in found.err


def test_mappings_that_are_not_meant_may_be_wrong(folder: Path) -> None:
    (folder / "mappings" / "bad.yaml").write_text("bad: {transform: {a: b +}}\nlines2: {format: x13}\n")
    (folder / "mappings" / "worse.yaml").write_text("worse: {\n")
    assert convert(folder, "lines", "in.csv") == Result(0, NDJSON, "")
    assert convert(folder, "lines2", "in.csv").code == 1
    # What is not found may stand in the file that cannot be read.
    found = convert(folder, "other", "in.csv")
    assert (found.code, "worse.yaml:2:1: " in found.err) == (1, True)


@pytest.fixture
def wide(tmp_path: Path) -> Path:
    """Records of two million bytes, by a copybook: two of them."""
    (tmp_path / "mappings").mkdir()
    (tmp_path / "wide.cpy").write_text(
        "       01  R.\n           05  G OCCURS 20000.\n             10 A PIC X(100).\n"
    )
    definition = "{format: copybook, encoding: us-ascii, copybook: wide.cpy}"
    zipped = definition.replace("}", ", compression: gzip}")
    (tmp_path / "mappings" / "wide.yaml").write_text(f"wide: {definition}\nzipped: {zipped}\n")
    (tmp_path / "in").write_bytes(b"".join(b"%-100d" % number for number in range(40_000)))
    return tmp_path


@pytest.mark.parametrize("mapping", ["wide", "zipped"])
def test_records_may_be_as_long_as_a_copybook_says(wide: Path, mapping: str) -> None:
    data = (wide / "in").read_bytes()
    (wide / "in").write_bytes(gzip.compress(data) if mapping == "zipped" else data)
    assert convert(wide, mapping, "in", "records") == Result(0, "", "")
    first, second = map(json.loads, (wide / "records").read_text().splitlines())
    assert (first["G"][1], second["G"][-1]) == ({"A": "1"}, {"A": "39999"})
    assert convert(wide, mapping, "records", "again", "--encode") == Result(0, "", "")
    again = (wide / "again").read_bytes()
    assert (gzip.decompress(again) if mapping == "zipped" else again) == data


@pytest.mark.parametrize("options", [[], ["--to", "parquet"]], ids=["ndjson", "parquet"])
def test_records_of_a_copybook_may_be_limited(wide: Path, options: list[str]) -> None:
    found = convert(wide, "wide", "in", "--max-record-bytes", "1999999", *options)
    assert "records have 2000000 bytes, at most 1999999 are allowed" in found.err
    assert (found.out, found.code) == ("", 1)


@pytest.mark.parametrize(("limit", "code"), [([], 1), (["--max-record-bytes", "1100000"], 0)])
def test_longer_records_are_taken_where_that_is_asked_for(folder: Path, limit: list[str], code: int) -> None:
    line = json.dumps({"a": "x" * 1_050_000}, separators=(",", ":")) + "\n"
    (folder / "in").write_text(line)
    found = convert(folder, "ndjson", "in", *limit)
    assert (found.code, found.out) == (code, "" if code else line)
    assert ("record-length: " in found.err) == bool(code)


TO_CSV: dict[str, tuple[str, str, str, str]] = {
    "declared-members-may-be-missing": (
        "sparse",
        '{"a":1,"b":2}\n{"a":3}\n',
        "one,two,three\r\n1,,2\r\n3,,\r\n",
        "",
    ),
    "the-first-record-may-lack-them": ("sparse", '{"a":3}\n', "one,two,three\r\n3,,\r\n", ""),
    "otherwise-the-first-record-says": (
        "ndjson",
        '{"a":1}\n{"b":2}\n{"a":3,"b":4}\n{"a":5}\n',
        "a\r\n1\r\n5\r\n",
        "record 2, field /b: columns: has no column: the first record had no such member",
    ),
    "and-none-may-lack-its-members": (
        "ndjson",
        '{"a":1,"b~/":2}\n{"a":3}\n',
        "a,b~/\r\n1,2\r\n",
        "record 2, field /b~0~1: columns: is missing: the first record had it",
    ),
}


@pytest.mark.parametrize(("mapping", "data", "rows", "error"), TO_CSV.values(), ids=TO_CSV)
def test_columns_of_csv(folder: Path, mapping: str, data: str, rows: str, error: str) -> None:
    (folder / "mappings" / "sparse.yaml").write_text(
        "sparse: {transform: {one: a, two: {from: c, optional: true}, three: {from: b, optional: true}}}\n"
    )
    (folder / "in.ndjson").write_text(data)
    found = convert(folder, mapping, "in.ndjson", "out.csv", "--to", "csv")
    assert (folder / "out.csv").read_bytes().decode() == rows
    assert error in found.err
    assert found.code == (1 if error else 0)


LOADED: dict[str, tuple[str, set[str], set[str]]] = {
    "a-format": ("lines", {"mappings.delimited", "gateway.config.mapping_files"}, {"mappings.transform"}),
    "built-in": ("ndjson", {"mappings.json"}, {"mappings.delimited", "mappings.fixed_width"}),
    "a-transform": ("ndjson+both-ways", {"mappings.transform"}, set()),
}


@pytest.mark.parametrize(("mapping", "needed", "unneeded"), LOADED.values(), ids=LOADED)
def test_only_what_is_needed_is_loaded(
    folder: Path, mapping: str, needed: set[str], unneeded: set[str]
) -> None:
    """To load all formats, and the gateway around them, takes several times as long as a small file."""
    (folder / "in").write_text(CSV if mapping == "lines" else NDJSON)
    program = (
        "import sys; from gateway.cli.converting import run; from pathlib import Path; here = Path(); "
        f"run(directory=here, mapping={mapping!r}, source=Path('in'), target=Path('out')); "
        "print(*sorted(sys.modules))"
    )
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=folder, env=environment(), capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert needed <= loaded
    others = {"mappings.x12", "mappings.hl7", "mappings.copybook", "mappings.xml", "mappings.formats"}
    around = {"gateway.config.settings", "gateway.messages", "aiohttp", "cryptography", "rich.progress"}
    assert not loaded & (unneeded | others | around)


def test_systems_and_their_secrets_are_not_looked_at(folder: Path) -> None:
    (folder / "systems").mkdir()
    (folder / "systems" / "plant.yaml").write_text('plant: {adapter: mqtt, password: "${env:NOT_SET}"}\n')
    assert convert(folder, "lines", "in.csv").code == 0


def test_permissions_of_what_is_replaced_stay(folder: Path) -> None:
    target = folder / "out.ndjson"
    target.write_text("before")
    target.chmod(0o640)
    (folder / "link").symlink_to(target)
    assert convert(folder, "lines", "in.csv", "link").code == 0
    assert target.read_text() == NDJSON
    assert target.stat().st_mode & 0o777 == 0o640
    assert (folder / "link").is_symlink()


def test_a_reader_that_leaves_is_no_trouble(folder: Path) -> None:
    (folder / "long.csv").write_text("number,amount,text\n" + "1,2.50,x\n" * 100_000)
    with running("convert", "lines", "long.csv", cwd=folder, stdout=PIPE, stderr=PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline().startswith(b'{"number":1')
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(60) == 1


def test_a_terminal_sees_progress(folder: Path) -> None:
    ours, theirs = pty.openpty()
    how = ("convert", "lines", "in.csv", "out.ndjson")
    with running(
        *how, cwd=folder, env={"TERM": "xterm"}, stdin=DEVNULL, stdout=DEVNULL, stderr=theirs
    ) as process:
        os.close(theirs)
        seen = b""
        with contextlib.suppress(OSError):  # how a terminal says that nobody is left on the other side
            while part := os.read(ours, 4096):
                seen += part
        os.close(ours)
        assert process.wait(60) == 0
    assert b"in.csv" in seen


MEASURE = """
import resource, sys
from pathlib import Path
from gateway.cli.converting import run

def convert(source):
    return run(directory=Path(), mapping=sys.argv[1], source=Path(source), target=Path("out"))

assert convert(sys.argv[2]) == 0
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
assert convert(sys.argv[3]) == 0
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


def growth(folder: Path, mapping: str, small: str, large: str) -> int:
    """MiB by which the resident memory of a process grows from converting a small file to a large one."""
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, mapping, small, large],
        cwd=folder,
        env={**environment(), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


def generate(path: Path, kind: str, size: int) -> None:
    """A file of about `size` bytes."""
    head, row, end = {
        "csv": ("number,amount,text\n", "{0},{0}.25," + "some text " * 9 + "\n", ""),
        "xml": ("<orders>", "<order><number>{0}</number><amount>{0}.25</amount></order>\n", "</orders>"),
    }[kind]
    with path.open("w") as file:
        file.write(head)
        number = 0
        while file.tell() < size:
            file.write("".join(row.format(number + step) for step in range(1000)))
            number += 1000
        file.write(end)


@pytest.mark.parametrize(("mapping", "kind"), [("lines+both-ways", "csv"), ("orders", "xml")])
def test_memory_stays_flat(folder: Path, mapping: str, kind: str) -> None:
    generate(folder / "small", kind, 1_000_000)
    generate(folder / "large", kind, 20_000_000 if kind == "csv" else 4_000_000)
    assert growth(folder, mapping, "small", "large") < 16


@pytest.mark.long
@pytest.mark.timeout(1200)
@pytest.mark.parametrize(("mapping", "kind"), [("lines+both-ways", "csv"), ("orders", "xml")])
def test_memory_stays_flat_for_a_long_file(folder: Path, mapping: str, kind: str) -> None:
    generate(folder / "small", kind, 1_000_000)
    generate(folder / "large", kind, 100_000_000)
    assert growth(folder, mapping, "small", "large") < 64


def test_an_interrupt_leaves_no_part_of_a_file(folder: Path) -> None:
    reading, writing = os.pipe()
    how = ("convert", "lines", "-", "out.ndjson")
    with running(*how, cwd=folder, stdin=reading, stderr=DEVNULL) as process:
        os.close(reading)
        os.write(writing, CSV.encode())
        while not list(folder.glob(".out.ndjson.*.part")):
            assert process.poll() is None
        process.send_signal(2)
        assert process.wait(60) == 130
        os.close(writing)
    assert not list(folder.glob(".out*"))
    assert not (folder / "out.ndjson").exists()


def test_help(tmp_path: Path) -> None:
    found = gateway("convert", "--help", cwd=tmp_path)
    assert found.code == 0
    for word in ("MAPPING", "--encode", "--to", "--from", "--errors", "--strict"):
        assert word in found.out
