"""Files that were cut into lines of one length, or begin with a byte order mark; and what is cut off at the
end: places and bytes are those of the file."""

from __future__ import annotations

from typing import Any

import pytest

from mappings.contract import Format, MappingError
from tests.unit.mappings.edifact import samples as edifact
from tests.unit.mappings.segments.samples import read, segments, told
from tests.unit.mappings.x12 import samples as x12

GOLDEN: dict[str, tuple[Any, bytes]] = {
    "purchase-order": (x12.golden, (x12.GOLDEN / "purchase-order.edi").read_bytes()),
    "claims": (x12.golden, (x12.GOLDEN / "claims.edi").read_bytes()),
    "orders": (edifact.golden, edifact.golden_data("orders")),
    "invoice-lines": (edifact.golden, edifact.golden_data("invoice-lines")),
}
MARK = b"\xef\xbb\xbf"


def wrapped(data: bytes, width: int, end: bytes) -> bytes:
    """The same in lines of one length."""
    whole = data.replace(b"\n", b"")
    return end.join(whole[at : at + width] for at in range(0, len(whole), width)) + end


@pytest.mark.parametrize("end", [b"\n", b"\r\n"], ids=["lf", "crlf"])
@pytest.mark.parametrize("width", [80, 35, 7])
@pytest.mark.parametrize("name", GOLDEN)
def test_lines_of_one_length_are_read_as_without_them(name: str, width: int, end: bytes) -> None:
    golden, data = GOLDEN[name]
    codec = golden(name, delimiters={"line_breaks": "anywhere"})
    if name == "invoice-lines" and width < 9:
        pytest.skip("the service string advice is in one line in every file that there is")
    expected = read(golden(name), data)
    broken = wrapped(data, width, end)
    for size in (1, 13, len(broken)):
        assert told(read(codec, broken, size)) == told(expected)
    assert any(isinstance(one, MappingError) for one in read(golden(name), broken))


@pytest.mark.parametrize("name", GOLDEN)
def test_a_byte_order_mark_is_passed_over(name: str) -> None:
    golden, data = GOLDEN[name]
    for size in (1, 2, 500):
        assert read(golden(name), MARK + data, size) == read(golden(name), data)


OUTSIDE = [
    pytest.param("purchase-order", b"\r\nIEA*1*", b"\r\nIEA*7*", b"IEA*7*", id="x12 trailer"),
    pytest.param("orders", b"\r\nUNZ+2+", b"\r\nUNZ+7+", b"UNZ+7+", id="edifact trailer"),
    pytest.param("orders", b"\r\nUNZ", b"\r\nFTX+X'\r\nUNZ", b"FTX+X", id="edifact stray"),
]


@pytest.mark.parametrize(("name", "old", "new", "begins"), OUTSIDE)
def test_a_place_outside_of_sets_is_the_first_byte_of_its_segment(
    name: str, old: bytes, new: bytes, begins: bytes
) -> None:
    golden, data = GOLDEN[name]
    data = data.replace(b"\n", b"\r\n")
    assert old in data
    wrong = [one for one in read(golden(name), data.replace(old, new)) if isinstance(one, MappingError)]
    assert wrong
    for error in wrong:
        assert data.replace(old, new)[error.place.byte_offset :].startswith(begins)


LINES: Format = segments(
    delimiters={"segment": "\n", "element": "|"},
    content=[{"segment": "A", "max": 9, "elements": [{"type": "N0 1/2", "required": True}]}],
)
CUT = [
    pytest.param(x12.golden("purchase-order"), GOLDEN["purchase-order"][1][:260], b"ST*", id="x12"),
    pytest.param(edifact.golden("orders"), GOLDEN["orders"][1][:200], b"UNH", id="edifact"),
    pytest.param(LINES, b"A|1\nA|x", b"A|1", id="segments"),
    pytest.param(segments(delimiters={"segment": "\n"}), b"a+x", b"a", id="one segment"),
]


@pytest.mark.parametrize(("codec", "data", "begins"), CUT)
def test_what_is_cut_off_belongs_to_its_record_with_all_its_bytes(
    codec: Format, data: bytes, begins: bytes
) -> None:
    first, *others = read(codec, data)
    assert isinstance(first, MappingError)
    assert first.place.record == 1
    assert first.raw == data[data.index(begins) :]
    assert [one.place.record for one in others if one.rule == "missing-trailer"] in ([], [1])


def test_a_released_separator_may_be_cut_from_its_release() -> None:
    codec = edifact.edifact(delimiters={"line_breaks": "anywhere"})
    data = edifact.interchange(*edifact.a_message("FTX+a?'b+c")).replace(b"?'", b"?\r\n'")
    for size in (1, len(data)):
        (record,) = read(codec, data, size)
        assert record["segments"][0]["elements"] == ["a'b", "c"]
