"""Drafts with a copybook: lines that were cut off, numbers of a machine, areas with several readings."""

from __future__ import annotations

import struct
from typing import Any

import pytest
from ruamel.yaml import YAML

from mappings.infer import Draft, Key, Sample, infer_copybook
from mappings.infer.draft import Plain
from mappings.infer.verifying import built
from tests.unit.mappings.infer.drafting import results

_TEXT = b"       01 R.\n          05 A PIC X(5).\n          05 B PIC 9(5).\n          05 C PIC X(10).\n"
_NATIVE = (
    b"       01 R.\n          05 A PIC X(5).\n          05 B PIC S9(8) COMP-5.\n          05 F COMP-2.\n"
)
_PLAIN = b"       01 R.\n          05 A PIC X(5).\n          05 B PIC S9(8) COMP.\n"
_INTEL = b"".join(b"AB%03d" % at + struct.pack("<id", at, at / 2) for at in range(20))
_FRAME = b"".join(f"AB{at:03}".encode("cp037") + struct.pack(">i", at) + bytes(8) for at in range(20))

CASES: dict[str, tuple[bytes, bytes, dict[str, Any]]] = {
    "lines without their spaces": (
        _TEXT,
        b"AB   00042HELLO\nCD   00007\n\nEF   00008X\n",
        {"separator": "lf", "short_lines": "fill", "blank_lines": "skip"},
    ),
    "whole lines": (_TEXT, b"AB   00042HELLO     \r\nCD   00007          \r\n", {"separator": "crlf"}),
    "native numbers of a PC": (_NATIVE, _INTEL, {"native_order": "little", "floats": "ieee"}),
    "native numbers of a mainframe": (_NATIVE, _FRAME, {"native_order": "big", "floats": "hexadecimal"}),
    "numbers of one order": (_PLAIN, b"AB001\0\0\0\1AB002\0\0\0\2", {}),
}
KEYS = ("separator", "short_lines", "blank_lines", "native_order", "floats")


@pytest.mark.parametrize("case", CASES)
def test_keys(case: str) -> None:
    copybook, data, expected = CASES[case]
    draft = infer_copybook([Sample("x", data)], "b.cpy", lambda name: copybook)
    found = draft.definition
    assert {name: found[name] for name in KEYS if name in found} == expected
    assert "no error" in draft.findings[-1]


_AREAS = b"""       01 POLICY.
          05 NO PIC 9(3).
          05 KIND PIC X.
             88 IS-LIFE VALUE 'L'.
             88 IS-CAR VALUE 'M'.
          05 DETAIL PIC X(8).
          05 LIFE REDEFINES DETAIL.
             10 BORN PIC 9(8).
          05 CAR REDEFINES DETAIL.
             10 PLATE PIC X(8).
"""


def test_areas_with_several_readings_come_with_a_skeleton_of_variants() -> None:
    draft = infer_copybook([Sample("x", b"001L19800101\n002MB-XX 123\n")], "b.cpy", lambda name: _AREAS)
    assert draft.definition["redefines"] == "first"
    shown = draft.findings[0].partition("`variants: ")[2].partition("`")[0]
    found = YAML(typ="safe").load(shown)
    assert found == {
        "DETAIL": "never",
        "LIFE": {"field": "KIND", "value": "L"},
        "CAR": {"field": "KIND", "value": "M"},
    }
    variants: dict[str, Plain] = {"format": "copybook", "copybook": "b.cpy", "encoding": "us-ascii"}
    variants |= {"separator": "lf", "variants": found}
    format_ = built(Draft(tuple(Key(name, value) for name, value in variants.items())), lambda name: _AREAS)
    records, errors = results(format_, b"001L19800101\n002MB-XX 123\n")
    assert errors == []
    assert [set(record) - {"NO", "KIND"} for record in records if isinstance(record, dict)] == [
        {"LIFE"},
        {"CAR"},
    ]


def test_no_skeleton_where_nothing_has_several_readings() -> None:
    draft = infer_copybook([Sample("x", b"AB   00042HELLO     \n")], "b.cpy", lambda name: _TEXT)
    assert not any("variants" in finding for finding in draft.findings)
