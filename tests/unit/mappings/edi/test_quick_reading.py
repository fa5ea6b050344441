"""What the quick way reads, the careful one reads alike; what that refuses, the quick way does not read."""

from __future__ import annotations

from typing import Any

import pytest

from mappings.edi import Delimiters, SegmentDefinition
from mappings.edi.careful import CarefulReader
from mappings.edi.layout import compile_layout
from mappings.edi.readers import SegmentReaders
from mappings.edi.schema import SegmentUse

X12 = Delimiters("*", ":", "^", "~")
EDIFACT = Delimiters("+", ":", "*", "'", "?")
NONE_NEEDED = "0/4"

CASES: list[tuple[str, Delimiters, dict[str, Any], str]] = [
    ("sign-alone", X12, {"type": f"R {NONE_NEEDED}"}, "ZZZ*-"),
    ("sign-alone-whole", X12, {"type": f"N0 {NONE_NEEDED}"}, "ZZZ*-"),
    ("sign-alone-implied", X12, {"type": f"N2 {NONE_NEEDED}"}, "ZZZ*-*a"),
    ("required-text", X12, {"type": f"AN {NONE_NEEDED}", "required": True}, "ZZZ**a"),
    ("required-number", X12, {"type": f"R {NONE_NEEDED}", "required": True}, "ZZZ**a"),
    ("empty-repetition", X12, {"type": f"AN {NONE_NEEDED}", "repeat": 3}, "ZZZ*a^"),
    ("only-repetitions", X12, {"type": f"AN {NONE_NEEDED}", "repeat": 3}, "ZZZ*^"),
    ("minus-zero", X12, {"type": "N2 1/4"}, "ZZZ*-0"),
    ("minus-zeros", X12, {"type": "N1 1/4"}, "ZZZ*-000"),
    ("code-with-separator", X12, {"type": "ID 1/3", "codes": ["A:B", "A"]}, "ZZZ*A:B"),
    ("only-such-codes", X12, {"type": "ID 1/3", "codes": ["A*B"]}, "ZZZ*A*B"),
    ("code-released", EDIFACT, {"type": "an..3", "codes": ["A:B", "A"]}, "ZZZ+A?:B"),
    ("code-with-release", EDIFACT, {"type": "an..3", "codes": ["?A", "A"]}, "ZZZ+?A"),
    ("binary-too-long", X12, {"type": "B 1/2"}, "ZZZ*000000"),
    ("binary", X12, {"type": "B 1/2"}, "ZZZ*0000"),
]


@pytest.mark.parametrize(
    ("marks", "element", "text"), [one[1:] for one in CASES], ids=[one[0] for one in CASES]
)
@pytest.mark.parametrize("lenient", [frozenset[str](), frozenset({"padding"})], ids=["strict", "padding"])
def test_the_quick_way_reads_what_the_careful_one_reads(
    marks: Delimiters, element: dict[str, Any], text: str, lenient: frozenset[str]
) -> None:
    elements = [{"name": "one", **element}, {"name": "other", "type": "AN 1/3"}]
    layout = compile_layout(
        [SegmentUse(segment="ZZZ")], {"ZZZ": SegmentDefinition.model_validate({"elements": elements})}
    )
    quickly = SegmentReaders(layout, marks).make(0)(text)
    values, findings = CarefulReader(marks, lenient).read(layout.segments[0], text)
    if findings:
        assert quickly is None
    elif quickly is not None:
        # Told by what they look like, too: zeros with a sign and without are equal.
        assert repr(quickly) == repr(values)


def test_a_code_with_a_space_at_its_end_is_no_padded_one() -> None:
    codes = {"type": "ID 1/3", "codes": ["A ", "B"], "name": "one"}
    layout = compile_layout(
        [SegmentUse(segment="ZZZ")], {"ZZZ": SegmentDefinition.model_validate({"elements": [codes]})}
    )
    reader = CarefulReader(X12, frozenset({"padding"}))
    assert reader.read(layout.segments[0], "ZZZ*A ") == ({"one": "A "}, [])
    values, findings = reader.read(layout.segments[0], "ZZZ*B ")
    assert (values, [one.rule for one in findings]) == ({"one": "B"}, ["padding"])
