"""Every EDIFACT and TRADACOMS file of staedi's test resources, with what it has to give."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from mappings.contract import MappingError
from mappings.edifact import EdifactFormat
from tests.corpus import needs
from tests.unit.mappings.edifact.directory import group, one
from tests.unit.mappings.edifact.samples import INVOIC_97B, ORDERS_96B, edifact, message
from tests.unit.mappings.segments.samples import SAMPLES, read, read_all, rules, segments, told, write

FOLDER = SAMPLES / "staedi"
EDIFACT, TRADACOMS = FOLDER / "EDIFACT", FOLDER / "TRADACOMS"

pytestmark = needs(FOLDER)

# The message's own definition, or None for lists of segments; leniencies and other settings; what is wrong.
# Reasons: invoic_d93a_una and invoic_d97b have UTF-8 where UNB says UNOA, a set without umlauts. UNG of
# orders-with-group has a component too many, UNG and UNH too long codes; UNT counts 21 of 18 segments.
UTF_8: dict[str, Any] = {"encoding": "utf-8"}
FILES: list[tuple[str, EdifactFormat, list[str]]] = [
    ("empty-segment-example.edi", edifact(), []),
    ("empty-segment-loop-example.edi", edifact(), []),
    ("pnrgov.edi", edifact(), []),
    ("invoic_d93a_una.edi", edifact(**UTF_8), []),
    ("invoic_d93a_una.edi", edifact(), ["encoding", "encoding"]),
    ("invoic_d97b.edi", message("INVOIC", INVOIC_97B, **UTF_8), []),
    ("invoic_d97b.edi", message("INVOIC", INVOIC_97B), ["encoding"]),
    ("invoic_d97b_una.edi", message("INVOIC", INVOIC_97B), []),
    (
        "invoic_d97b_bad.edi",
        message("INVOIC", INVOIC_97B),
        ["too-long", "number", "number", "segment-count"],
    ),
    (
        "orders-with-group.edi",
        message("ORDERS", ORDERS_96B),
        ["group-header", "group-header", "message-header", "segments-counted"],
    ),
    (
        "orders-with-group.edi",
        message("ORDERS", ORDERS_96B, lenient=["envelope", "control_counts", "too_long", "extra_elements"]),
        [],
    ),
]


def test_the_corpus_is_whole() -> None:
    assert {path.name for path in EDIFACT.glob("*.edi")} == {name for name, _, _ in FILES}
    assert len({name for name, _, _ in FILES}) == 8
    assert len(list(TRADACOMS.glob("*.edi"))) == 4


@pytest.mark.parametrize(("name", "codec", "expected"), FILES, ids=lambda value: str(value)[:30])
def test_files(name: str, codec: EdifactFormat, expected: list[str]) -> None:
    data = (EDIFACT / name).read_bytes()
    results, summary = read_all(codec, data)
    assert rules(results) == expected
    assert summary.records == 1
    assert told(read(codec, data, 1)) == told(results)
    if not expected and not summary.leniencies:
        again = write(codec, results)
        assert read(codec, again) == results
        assert write(codec, read(codec, again)) == again


def _values(name: str, codec: EdifactFormat) -> dict[str, Any]:
    (record,) = read(codec, (EDIFACT / name).read_bytes())
    assert isinstance(record, dict)
    return record


def test_values_are_read_with_the_service_characters_of_the_file() -> None:
    codec = message("INVOIC", INVOIC_97B, **UTF_8)
    plain, other = _values("invoic_d97b.edi", codec), _values("invoic_d97b_una.edi", codec)
    assert plain["SG2"][1]["NAD"]["C080"]["E3036"] == "BÜTTNER WIDGET COMPANY"
    assert other["SG2"][1]["NAD"]["C080"]["E3036"] == "GENERAL WIDGET COMPANY"
    assert plain["SG25"] == other["SG25"]
    assert plain["SG25"][0]["SG28"][0]["PRI"]["C509"]["E5118"] == Decimal("1.179")
    # A release before what means nothing is part of the value.
    assert other["envelope"]["interchange"]["recipient"]["identification"] == "006?415160"


def test_a_comma_is_a_decimal_mark() -> None:
    content = [
        {"segment": tag, "max": 99, "name": f"{tag}{at}"}
        for at, tag in enumerate(["BGM", "DTM", "RFF", "DTM", "NAD"])
    ]
    line = group(
        "lines", 99, one("LIN", 1), one("IMD", 0, 9), one("QTY", 0, 9), one("MOA", 0, 9), one("PRI", 0, 9)
    )
    codec = message(
        "INVOIC", [*content, line, one("UNS", 1), one("MOA", 0, 9), one("TAX")], **UTF_8, lenient=["codes"]
    )
    record = _values("invoic_d93a_una.edi", codec)
    assert [str(each["MOA"][0]["C516"]["E5004"]) for each in record["lines"]] == ["750", "19.9", "7.5"]


def test_what_is_wrong_is_named_by_segment_and_element() -> None:
    data = (EDIFACT / "invoic_d97b_bad.edi").read_bytes()
    errors = read(message("INVOIC", INVOIC_97B), data)
    assert [str(one) for one in errors] == [
        f"record 1, byte {data.index(b'NAD+BYZZ')}, field /SG2/0/NAD/E3035: "
        "segment 5, NAD01: has 4 characters, at most 3 are allowed (code 39)",
        f"record 1, byte {data.index(b'QTY+47:1020A')}, field /SG25/0/QTY/0/C186/E6060: "
        "segment 10, QTY01-2: is not a number (code 37)",
        f"record 1, byte {data.index(b'PRI+INV:$')}, field /SG25/0/SG28/0/PRI/C509/E5118: "
        "segment 13, PRI01-2: is not a number (code 37)",
        f"record 1, byte {data.index(b'UNS+S', data.index(b'UNS+S') + 1)}: "
        "segment 21, UNS: UNS occurs more often than once (code 35)",
    ]
    assert errors[0].raw.startswith(b"UNH+00000000000117")
    assert errors[0].raw in data


@pytest.mark.parametrize("path", sorted(TRADACOMS.glob("*.edi")), ids=lambda path: path.stem)
def test_tradacoms_is_refused_by_its_name(path: Any) -> None:
    data = path.read_bytes()
    results = read(edifact(), data)
    assert rules(results) == ["between-interchanges"]
    assert "TRADACOMS" in str(results[0])
    assert told(read(edifact(), data, 1)) == told(results)


# How each is read as segments: with the separator behind tags; where lines are cut anywhere, that is said.
AS_SEGMENTS = [
    ("order.edi", {"tag": "="}, []),
    ("order-blocked.edi", {"tag": "=", "line_breaks": "anywhere"}, []),
    ("order-extra-mhd-data.edi", {"tag": "="}, []),
    # Its tags are followed by the separator of elements.
    ("order-wrong-segment-tag-delimiter.edi", {"tag": "="}, ["unknown-segment"] * 18),
    ("order-wrong-segment-tag-delimiter.edi", {}, []),
]


@pytest.mark.parametrize(("name", "marks", "expected"), AS_SEGMENTS, ids=lambda value: str(value)[:30])
def test_tradacoms_is_read_as_segments(name: str, marks: dict[str, str], expected: list[str]) -> None:
    codec = segments(delimiters={"component": ":", "release": "?", "line_end": "lf", **marks})
    data = (TRADACOMS / name).read_bytes()
    results = read(codec, data)
    assert rules(results) == expected
    if expected:
        return
    assert [one["id"] for one in results[:3]] == ["STX", "MHD", "TYP"]
    line = next(one for one in results if one["id"] == "OLD")
    assert line["elements"][3] == ["", "00893592"]
    assert line["elements"][-1] == ["CRUSTY ROLLS", "4 PACK"]
    assert len(results) == 18
    again = write(codec, results)
    assert read(codec, again) == results
    if "line_breaks" not in marks:
        assert again == data.rstrip() + b"\n"


def test_a_tradacoms_order_by_its_definition() -> None:
    """Messages between STX and END as groups, told apart by what MHD says."""

    def of(name: str, kind: str, *body: str, **limits: Any) -> dict[str, Any]:
        head = {"segment": "MHD", "min": 1, "match": {"at": 2, "component": 1, "value": kind}}
        elements = [
            {"name": "number", "type": "n..12"},
            {"components": [{"name": "type"}, {"name": "version"}]},
        ]
        uses = [{"segment": tag, "min": 1, "max": 99} for tag in (*body, "MTR")]
        return {"loop": name, "min": 1, **limits, "content": [{**head, "elements": elements}, *uses]}

    codec = segments(
        delimiters={"tag": "=", "component": ":", "release": "?"},
        content=[
            {"segment": "STX", "min": 1},
            of("header", "ORDHDR", "TYP", "SDT", "CDT", "FIL"),
            of("orders", "ORDERS", "CLO", "ORD", "DIN", "OLD", "OTR", max="unbounded"),
            of("trailer", "ORDTLR", "OFT"),
            {"segment": "END", "min": 1},
        ],
    )
    (record,) = read(codec, (TRADACOMS / "order.edi").read_bytes())
    assert not isinstance(record, MappingError)
    assert record["orders"][0]["OLD"][0]["OLD02"] == "5010210000000"
    assert record["END"] == {"END01": "3"}
    assert read(codec, write(codec, [record])) == [record]
