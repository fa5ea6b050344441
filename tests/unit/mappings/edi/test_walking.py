"""Laws of walking: many segments at once are read as one after the other, whatever they are."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mappings.edi import Delimiters, Finding, Plan, StreamWalker, Walker
from mappings.edi.segment_list import SegmentList
from mappings.edi.sets import Body
from mappings.edifact.compiled import compile_definition as compile_edifact
from mappings.edifact.schema import EdifactDefinition
from mappings.x12.compiled import compile_definition as compile_x12
from mappings.x12.schema import X12Definition
from mappings.x12.tags import TAGS
from tests.unit.mappings.edifact import samples as edifact
from tests.unit.mappings.x12 import samples as x12

X12 = Delimiters("*", ":", "^", "~")
EDIFACT = Delimiters("+", ":", "*", "'", "?", ",")
MARKS = {"purchase-order": X12, "claims": X12, "orders": EDIFACT, "invoice-lines": EDIFACT}
SEGMENTS = {
    name: (
        (x12.GOLDEN / f"{name}.edi").read_text("latin-1").replace("\n", "").split("~")
        if marks is X12
        else re.split(r"(?<!\?)'", (edifact.GOLDEN / f"{name}.edi").read_text("latin-1").replace("\n", ""))
    )
    for name, marks in MARKS.items()
}


def plan_of(name: str) -> Plan:
    """The golden definition of this name, compiled."""
    if MARKS[name] is X12:
        plan = compile_x12(X12Definition.model_validate(x12.definition(name))).plan
    else:
        plan = compile_edifact(EdifactDefinition.model_validate(edifact.definition(name))).plan
    assert plan is not None
    return plan


PLANS = {name: plan_of(name) for name in MARKS}


class Seen:
    """A body that is read, and all that comes of it."""

    def __init__(self, name: str, *, is_listed: bool) -> None:
        self.told: list[tuple[int, Finding]] = []
        self.given: list[Any] = []
        plan, marks = PLANS[name], MARKS[name]
        self.body: Body
        if is_listed:
            self.body = SegmentList(marks, TAGS)
        elif plan.layout.streams:
            self.body = StreamWalker(plan, marks, frozenset(), self._deliver)
        else:
            self.body = Walker(plan, marks)

    def _deliver(self, values: Any, missing: Sequence[Finding], spoiled: bool) -> None:
        self.given.append((repr(values), tuple(missing), spoiled))

    def one_by_one(self, texts: Sequence[str], separator: str) -> None:
        self.body.start()
        for at, text in enumerate(texts):
            self._take(at, text, separator)
        self._end(texts)

    def many_at_once(self, texts: Sequence[str], separator: str, cuts: Sequence[int]) -> None:
        """In blocks that end at these places."""
        self.body.start()
        start = 0
        for end in [*sorted(cut for cut in cuts if cut < len(texts)), len(texts)]:
            block, at = texts[start:end], 0
            while (at := self.body.run(block, at)) < len(block):
                self._take(start + at, block[at], separator)
                at += 1
            start = end
        self._end(texts)

    def _take(self, at: int, text: str, separator: str) -> None:
        self.told += ((at, one) for one in self.body.take(text.partition(separator)[0], text))

    def _end(self, texts: Sequence[str]) -> None:
        self.told += ((len(texts), one) for one in self.body.end())
        self.given.append(repr(self.body.values))


@pytest.mark.parametrize("is_listed", [False, True], ids=["defined", "listed"])
@pytest.mark.parametrize("name", MARKS)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_many_at_once_are_read_as_one_by_one(name: str, is_listed: bool, data: st.DataObject) -> None:
    separator = MARKS[name].element
    sample = SEGMENTS[name][2:-2]
    texts = list(sample) * 2
    for _ in range(data.draw(st.integers(0, 8))):
        at = data.draw(st.integers(0, len(texts) - 1))
        kind = data.draw(st.integers(0, 4))
        if kind == 0:
            del texts[at]
        elif kind == 1:
            texts.insert(at, data.draw(st.sampled_from(sample)))
        elif kind == 2:
            texts.insert(at, data.draw(st.sampled_from(["", "ZZZ", f"ZZZ{separator}1", "\x00", "é"])))
        elif kind == 3:
            texts[at] = f"{texts[at]}{data.draw(st.sampled_from([separator, ':', '?', '^', '*', 'x', 'é']))}"
        else:
            texts[at], texts[at - 1] = texts[at - 1], texts[at]
        texts = texts or ["ZZZ"]
    one, many = Seen(name, is_listed=is_listed), Seen(name, is_listed=is_listed)
    one.one_by_one(texts, separator)
    many.many_at_once(texts, separator, data.draw(st.lists(st.integers(0, len(texts)), max_size=3)))
    assert (many.told, many.given) == (one.told, one.given)


@pytest.mark.parametrize("name", ["purchase-order", "claims", "invoice-lines"])
def test_what_is_right_is_taken_at_once(name: str) -> None:
    """Once the readers are made, one call takes a whole body."""
    seen, texts = Seen(name, is_listed=False), body_of(name)
    for _ in range(2):
        seen.body.start()
        seen.one_by_one(texts, MARKS[name].element)
    seen.body.start()
    assert seen.body.run(texts, 0) == len(texts)
    assert seen.told == []


def body_of(name: str) -> list[str]:
    """The segments of the first transaction set or message."""
    segments = SEGMENTS[name]
    first = next(at for at, one in enumerate(segments) if one[:3] in ("ST*", "UNH"))
    last = next(at for at, one in enumerate(segments) if one[:3] in ("SE*", "UNT"))
    return segments[first + 1 : last]
