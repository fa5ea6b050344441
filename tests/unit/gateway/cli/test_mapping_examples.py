"""Examples kept inside mappings: `gateway mapping test` runs all, `gateway check` the small ones; and what
`gateway check` and `gateway mapping schema` say of mappings."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from mappings.kinds import KINDS
from tests.unit.gateway.cli.command import Result, gateway, gateway_here

LINES = """\
lines:
  format: fixed_width
  encoding: us-ascii
  separator: lf
  fields:
    number: {length: 3, type: integer}
    amount: {length: 6, type: decimal, scale: 2}
  examples:
    - name: two lines
      data: "001000250\\n002123456\\n"
      records: [{number: 1, amount: 2.50}, {number: 2, amount: 1234.56}]
"""
NAMES = """\
names:
  transform: {id: number, money.amount: amount}
  examples:
    - from: {number: 1, amount: 2.50}
      to: {id: 1, money: {amount: 2.5}}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "mappings").mkdir()
    (tmp_path / "gateway.yaml").write_text("state_dir: state\n")
    (tmp_path / "mappings" / "all.yaml").write_text(LINES + NAMES)
    return tmp_path


def run(folder: Path, *arguments: str) -> Result:
    return gateway_here("mapping", "test", *arguments, cwd=folder)


def test_examples_that_hold(folder: Path) -> None:
    done = gateway("mapping", "test", cwd=folder)
    assert (done.code, done.out, done.err) == (0, "2 examples, 0 failed\n", "")
    assert run(folder, "names").out == "1 example, 0 failed\n"
    found = json.loads(run(folder, "lines", "--json").out)
    assert found == [{"mapping": "lines", "number": 1, "name": "two lines", "differences": []}]


EXAMPLES: dict[str, tuple[str, str]] = {
    "hex": ("{hex: 303031 303030323530 0a, records: [{number: 1, amount: 2.5}]}", ""),
    "base64": ("{base64: MDAxMDAwMjUwCg==, records: [{number: 1, amount: '2.50'}]}", ""),
    "file": ("{file: samples/one.txt, records: [{number: 1, amount: 2.5}]}", ""),
    "records-alone": ("{records: [{number: 1, amount: 2.5}]}", ""),
    "error": ('{data: "0x1000250\\n", errors: [integer]}', ""),
    "error-with-place": (
        '{data: "001000250\\n0x2000250\\n", records: [{number: 1, amount: 2.5}], '
        "errors: [{rule: integer, record: 2, byte: 10, field: /number}]}",
        "",
    ),
    "one-way": ('{data: "001000250", one_way: true, records: [{number: 1, amount: 2.5}]}', ""),
    "not-written-so": (
        '{data: "001000250", records: [{number: 1, amount: 2.5}]}',
        "is written otherwise: from byte 9 on",
    ),
    "other-value": (
        '{data: "001000250\\n", records: [{number: 1, amount: 2.51}]}',
        "record 1: /amount is 2.50, not 2.51",
    ),
    "other-member": (
        '{data: "001000250\\n", records: [{number: 1, sum: 2.5}]}',
        "record 1: /sum is missing, 2.5 is expected",
    ),
    "fewer": ('{data: "001000250\\n", records: []}', "gives 1 records, not 0"),
    "no-error": ('{data: "001000250\\n", errors: [integer]}', "does not give the error integer"),
    "unexpected-error": (
        '{data: "0x1000250\\n", records: []}',
        "gives an error that is not expected: integer",
    ),
    "other-rule": ('{data: "0x1000250\\n", errors: [short-record]}', "rule is 'integer', not 'short-record'"),
    "other-place": ('{data: "0x1000250\\n", errors: [{rule: integer, byte: 5}]}', "byte is 0, not 5"),
    "cannot-be-written": ("{records: [{number: 1000, amount: 1}]}", "cannot be written: overflow"),
}


@pytest.mark.parametrize(("example", "difference"), EXAMPLES.values(), ids=EXAMPLES)
def test_an_example(folder: Path, example: str, difference: str) -> None:
    (folder / "samples").mkdir()
    (folder / "samples" / "one.txt").write_text("001000250\n")
    text = LINES.partition("    - name")[0] + f"    - {example}\n"
    (folder / "mappings" / "all.yaml").write_text(text)
    done = run(folder)
    assert done.code == (1 if difference else 0), done.out + done.err
    assert difference in done.out
    assert done.out.endswith(f"1 example, {1 if difference else 0} failed\n")


TRANSFORMS: dict[str, tuple[str, str, str]] = {
    "not-back": (
        "{n: {from: amount, source_type: string, type: integer}}",
        "{from: {amount: '007'}, to: {n: 7}}",
        'goes back to {"amount":"7"}, not {"amount":"007"}',
    ),
    "one-way": ("{total: {from: amount, default: 0}}", "{from: {}, to: {total: 0}, one_way: true}", ""),
    "no-way-back": ("{half: amount / 2}", "{from: {amount: 5}, to: {half: 2.5}}", ""),
    "other": (
        "{half: amount / 2}",
        "{from: {amount: 5}, to: {half: 2}}",
        'gives {"half":2.5}, not {"half":2}',
    ),
    "error": ("{half: amount / 2}", "{from: {sum: 5}, errors: [missing-member]}", ""),
    "no-error": (
        "{half: amount}",
        "{from: {amount: 5}, errors: [missing-member]}",
        "gives a result in place",
    ),
}


@pytest.mark.parametrize(("transform", "example", "difference"), TRANSFORMS.values(), ids=TRANSFORMS)
def test_an_example_of_a_transform(folder: Path, transform: str, example: str, difference: str) -> None:
    text = f"t:\n  transform: {transform}\n  examples:\n    - {example}\n"
    (folder / "mappings" / "all.yaml").write_text(text)
    done = run(folder)
    assert (done.code, difference in done.out) == (1 if difference else 0, True), done.out


WRONG: dict[str, tuple[str, str]] = {
    "two-kinds": ("{data: x, hex: '78', records: []}", "give one of data, hex, base64 and file"),
    "nothing": ("{name: x}", "give data, hex, base64 or file"),
    "no-records": ("{data: x}", "give the records, or the errors"),
    "no-file": ("{file: no.txt, records: []}", "'no.txt' does not exist"),
    "unknown-key": ("{data: x, record: []}", "unknown key"),
}


@pytest.mark.parametrize(("example", "reason"), WRONG.values(), ids=WRONG)
def test_an_example_that_is_none(folder: Path, example: str, reason: str) -> None:
    text = LINES.partition("    - name")[0] + f"    - {example}\n"
    (folder / "mappings" / "all.yaml").write_text(text)
    done = run(folder)
    assert done.code == 1
    assert reason in done.err


def test_an_unknown_mapping(folder: Path) -> None:
    done = run(folder, "line")
    assert (done.code, 'did you mean "lines"? there are: lines, names' in done.err) == (2, True)


def test_a_mapping_without_examples(folder: Path) -> None:
    (folder / "mappings" / "all.yaml").write_text(LINES.partition("  examples")[0])
    assert run(folder).out == "without examples: lines\n0 examples, 0 failed\n"


def check(folder: Path, *arguments: str) -> Result:
    return gateway("check", *arguments, cwd=folder)


def test_check_runs_them_and_says_what_is_lost(folder: Path) -> None:
    done = check(folder)
    assert done.code == 0, done.err
    assert "lines (fixed_width): 1 thing is not written again as read (--verbose)\n" in done.out
    assert "names (transform): lossless both ways\n" in done.out
    verbose = check(folder, "--verbose").out
    assert (
        "lines (fixed_width): not written again as it was read:\n  separator: the last record may" in verbose
    )
    members: dict[str, Any] = json.loads(check(folder, "--json").out)
    assert members["losses"]["names"] == []
    assert members["losses"]["lines"][0].startswith("separator: ")


KINDS_OF_ALL = """\
fixed: {format: fixed_width, encoding: us-ascii, record_length: 4, fields: {a: {length: 4}}}
fixed-lines: {format: fixed_width, encoding: us-ascii, separator: lf, fields: {a: {length: 4}}}
cobol: {format: copybook, encoding: us-ascii, copybook: a.cpy}
text: {format: delimited, header: true, fields: {a: {}}}
values: {format: json}
value-lines: {format: ndjson}
invoices: {format: x12}
orders: {format: edifact}
stays: {format: hl7}
shop: {format: segments, delimiters: {element: "|"}}
document: {format: xml, root: r, record: e, fields: {a: a}}
packed: {format: delimited, header: true, fields: {a: {}}, compression: gzip}
renamed: {transform: {a: b}}
computed: {transform: {a: "b.upperAscii()"}}
"""


def test_check_says_of_every_kind_whether_it_is_lossless(tmp_path: Path) -> None:
    (tmp_path / "mappings").mkdir()
    (tmp_path / "mappings" / "all.yaml").write_text(KINDS_OF_ALL)
    (tmp_path / "a.cpy").write_text("       01  R.\n           05  A PIC X(4).\n")
    members: dict[str, Any] = json.loads(check(tmp_path, "--json").out)
    written = YAML(typ="safe").load(KINDS_OF_ALL)
    assert {each.get("format", "transform") for each in written.values()} == {*KINDS, "transform"}
    assert set(members["losses"]) == set(written)
    lossless = {name for name, losses in members["losses"].items() if not losses}
    assert lossless == {"fixed", "cobol", "renamed"}
    # Each loss begins with the place in the definition, which is a key of it or may be one.
    places = [loss.partition(": ") for losses in members["losses"].values() for loss in losses]
    assert all(place and sentence for place, _, sentence in places)


def test_check_tells_an_example_that_does_not_hold_at_its_line(folder: Path) -> None:
    text = LINES.replace("1234.56", "1234.57")
    (folder / "mappings" / "all.yaml").write_text(text + NAMES)
    done = check(folder)
    assert done.code == 1
    assert (
        "all.yaml:9:7: lines.examples[0]: does not hold: record 2: /amount is 1234.56, not 1234.57"
        in done.err
    )


def schema(folder: Path, *arguments: str) -> dict[str, Any]:
    done = gateway_here("mapping", "schema", *arguments, cwd=folder)
    assert done.code == 0, done.err
    found: dict[str, Any] = json.loads(done.out)
    return found


def test_the_schema_of_either_side(folder: Path) -> None:
    source = schema(folder, "lines")
    assert source["properties"]["number"] == {"type": "integer", "minimum": 0, "maximum": 999}
    assert source["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema(folder, "lines+names", "--of", "source") == source
    target = schema(folder, "lines+names")
    assert target["properties"]["id"] == {"type": "integer", "minimum": 0, "maximum": 999}
    assert list(schema(folder, "names", "--of", "source")["properties"]) == ["number", "amount"]


def test_a_schema_that_cannot_be_said(folder: Path) -> None:
    (folder / "mappings" / "all.yaml").write_text("t: {transform: {half: amount / 2}}\n")
    done = gateway_here("mapping", "schema", "t", "--of", "source", cwd=folder)
    assert (done.code, "no way back" in done.err) == (2, True)
    assert gateway_here("mapping", "schema", "t", "--of", "both", cwd=folder).code == 2
