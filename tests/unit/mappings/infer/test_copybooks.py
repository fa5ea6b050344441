"""Drafts with a copybook: lines that were cut off, and numbers whose bytes depend on the machine."""

from __future__ import annotations

import struct
from typing import Any

import pytest

from mappings.infer import Sample, infer_copybook

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
