"""Names of values: level 88."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.mappings.copybook.samples import defined, read, records, write

CONDITIONS = """01 R.
 05 STATUS PIC X.
   88 IS-OPEN VALUE 'O'.
   88 IS-SHUT VALUE 'S'.
   88 ANY-LETTER VALUES ARE 'A' THRU 'Z'.
 05 LEVEL PIC 9(2).
   88 LOW-LEVEL VALUE 1 THRU 5, 7.
   88 TOP-LEVEL VALUE 99.
 05 FREE PIC X.
"""


def test_condition_names() -> None:
    described = defined(CONDITIONS, "us-ascii")
    properties: Any = described.schema()["properties"]
    assert properties["STATUS"]["description"] == (
        "PIC X. IS-OPEN: 'O'; IS-SHUT: 'S'; ANY-LETTER: 'A' to 'Z'"
    )
    assert records(described, b"?50 ") == [{"STATUS": "?", "LEVEL": 50, "FREE": ""}]
    enum = defined(CONDITIONS, "us-ascii", conditions="enum")
    assert records(enum, b"O07 ") == [{"STATUS": "O", "LEVEL": 7, "FREE": ""}]
    properties = enum.schema()["properties"]
    assert properties["LEVEL"]["anyOf"] == [
        {"minimum": 1, "maximum": 5}, {"minimum": 7, "maximum": 7}, {"minimum": 99, "maximum": 99},
    ]  # fmt: skip
    assert [error.rule for error in read(enum, b"?07 O06 ")] == ["enum", "enum"]
    labels = defined(CONDITIONS, "us-ascii", fields={"STATUS": {"conditions": "labels"}}, names="snake")
    assert records(labels, b"S99 ") == [{"status": "is_shut", "level": 99, "free": ""}]
    assert write(labels, [{"status": "is_open", "level": 1, "free": ""}]) == b"O01 "
    assert labels.schema()["properties"]["status"]["enum"] == ["is_open", "is_shut"]  # type: ignore[index,call-overload]
    assert [error.rule for error in read(labels, b"A01 ")] == ["enum"]


@pytest.mark.parametrize(
    ("clauses", "values", "data"),
    [
        ("PIC X(2)", ["SPACES", "'a'", "ALL 'x'", "QUOTE", "X'0102'"],
         ["4040", "8140", "a7a7", "7f7f", "0102"]),
        ("PIC N(2)", ["SPACES", "N'ä'", "ALL 'xy'", "QUOTE", "NX'0102'"],
         ["00200020", "00e40020", "00780079", "00220022", "01020020"]),
        ("PIC G(2)", ["SPACES", "G'日'"], ["40404040", "45624040"]),
        ("PIC 9(2) NATIONAL", ["ZERO", "12"], ["00300030", "00310032"]),
    ],
    ids=["text", "national", "double-byte", "national digits"],
)  # fmt: skip
def test_names_of_values_in_all_characters(clauses: str, values: list[str], data: list[str]) -> None:
    names = "".join(f"  88 IS-{number} VALUE {value}.\n" for number, value in enumerate(values))
    codec = defined(f"01 R.\n 05 A {clauses}.\n{names}", "cp939", conditions="labels")
    labels = [{"A": f"IS-{number}"} for number in range(len(values))]
    assert write(codec, labels).hex() == "".join(data)
    assert records(codec, bytes.fromhex("".join(data))) == labels
