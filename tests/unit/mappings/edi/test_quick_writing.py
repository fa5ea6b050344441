"""The quick way writes as the careful one does, what it writes is read as it was given, and it is the one
that usual segments go."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import strategies as st

from mappings.edi import BrokenRule, Delimiters, Segment, SegmentDefinition
from mappings.edi.careful import CarefulReader
from mappings.edi.layout import compile_layout
from mappings.edi.quick_writing import segment_shapes
from mappings.edi.schema import SegmentUse
from mappings.edi.writing import SegmentWriter
from mappings.shapes import remembering
from tests.laws import law

CODES = ["A", "B", "CC"]
MANY = [f"X{at}" for at in range(30)]
PARTS: list[dict[str, Any]] = [
    {"name": "p", "type": "AN 1/3"},
    {"name": "q", "type": "N0 1/3", "required": True},
    {"name": "r", "type": "AN 1/3", "codes": CODES},
    {"name": "s", "type": "R 1/4"},
]
ELEMENTS: list[dict[str, Any]] = [
    {"name": "text", "type": "AN 1/5"},
    {"name": "long", "type": "AN 2/3"},
    {"name": "empty", "type": "AN 0/4"},
    {"name": "coded", "type": "ID 1/2", "codes": CODES},
    {"name": "many", "type": "ID 2/3", "codes": MANY},
    {"name": "whole", "type": "N0 1/4"},
    {"name": "wide", "type": "N0 3/4"},
    {"name": "cents", "type": "N2 1/5"},
    {"name": "real", "type": "R 1/4"},
    {"name": "either", "type": "n..4"},
    {"name": "letters", "type": "a..4"},
    {"name": "date", "type": "DT 8/8"},
    {"name": "short", "type": "DT 6/6", "century_from": 1990},
    {"name": "time", "type": "TM 4/8"},
    {"name": "parts", "components": PARTS, "conditions": ["P0103"]},
    {"name": "texts", "type": "AN 1/3", "repeat": 3},
    {"name": "numbers", "type": "R 1/3", "repeat": 3},
    {"name": "codes", "type": "ID 1/2", "codes": CODES, "repeat": 3},
    {"name": "lists", "components": PARTS, "repeat": 2},
    {"name": "binary", "type": "B 1/4"},
]
INNER = {"name": "inner", "components": [{"name": "a", "type": "AN 1/3"}, {"name": "b", "type": "N0 1/2"}]}


def segment(
    required: str | None = None, *, elements: Any = None, conditions: tuple[str, ...] = ()
) -> Segment:
    elements = [{**one, "required": one["name"] == required} for one in elements or ELEMENTS]
    known = SegmentDefinition.model_validate({"elements": elements, "conditions": conditions})
    return compile_layout([SegmentUse(segment="ZZZ")], {"ZZZ": known}).segments[0]


def undefined() -> Segment:
    return compile_layout([SegmentUse(segment="ZZZ")], {}).segments[0]


X12 = Delimiters("*", ":", "^", "~")
OLD = Delimiters("*", ">", None, "~")
EDIFACT = Delimiters("+", ":", "*", "'", "?", ",")
FULL = Delimiters("|", "^", "~", "\n", "\\", subcomponent="&", tag="=", keeps=True)
DIGITS = Delimiters("7", ":", "^", "~")
PLAIN = [X12, OLD, EDIFACT, DIGITS, Delimiters("-", ".", "^", "~")]
CASES = [(one, marks) for one in (segment(), segment("text"), undefined()) for marks in PLAIN]
CASES += [(segment(conditions=("P0102", "E0608")), marks) for marks in PLAIN]
CASES += [
    (
        segment(
            elements=[{"name": "text", "type": "AN 1/5"}, {"name": "deep", "components": [INNER, PARTS[0]]}]
        ),
        one,
    )
    for one in (FULL, Delimiters("|", "^", "~", "\n", subcomponent="&"))
]

TEXTS = [
    "A",
    "B",
    "CC",
    "X7",
    "ab",
    "x y",
    "é",
    "1",
    "0815",
    "2026-11-23",
    "1989-01-01",
    "08:15",
    "08:15:30.25",
]
ODD = [
    "",
    "*",
    "a:b",
    "a?",
    "^",
    "~",
    "+",
    "7",
    "-",
    "'",
    "\x01",
    "a\n",
    "0.5",
    "2026-02-30",
    "longer",
    "YWI=",
]
NUMBERS = [
    0,
    1,
    -5,
    12,
    999,
    12345,
    Decimal("0.25"),
    Decimal("12.50"),
    Decimal("-0.5"),
    Decimal("1E+2"),
    True,
]
LEAVES = st.one_of(
    st.sampled_from(TEXTS),
    st.sampled_from(TEXTS),
    st.sampled_from(NUMBERS),
    st.sampled_from([*ODD, None, Decimal("NaN"), Decimal("1E-9"), 10**30, 0.5]),
)


@st.composite
def objects(draw: st.DrawFn, names: Any, values: Any) -> dict[str, Any]:
    chosen = draw(st.lists(st.sampled_from(names), unique=True, max_size=4))
    return {name: draw(values) for name in chosen}


INSIDE = objects(["p", "q", "r", "s", "inner", "a", "b"], LEAVES)
VALUES = st.one_of(LEAVES, LEAVES, INSIDE, st.lists(st.one_of(LEAVES, INSIDE), max_size=4))
PART = st.sampled_from(
    [
        {"q": 5},
        {"q": 5, "p": "a", "r": "CC"},
        {"r": "B", "q": 0, "p": "b c", "s": Decimal("2.5")},
        {"q": 1, "p": "a"},
        {"p": "a+?", "r": "B", "q": 5},
    ]
)
GOOD: dict[str, Any] = {
    "text": st.sampled_from(["A", "x y", "é", "a+b", "?", "+:?,'", "\\", "|&"]),
    "long": st.sampled_from(["ab", "abc"]),
    "empty": st.sampled_from(["a", "abcd"]),
    "coded": st.sampled_from(CODES),
    "many": st.sampled_from(MANY),
    "whole": st.integers(-9999, 9999),
    "wide": st.integers(-9999, 9999),
    "cents": st.sampled_from([1, Decimal("2.5"), Decimal("-0.01")]),
    "real": st.sampled_from([1, Decimal("2.5"), Decimal("0.125"), Decimal("-0.0")]),
    "either": st.sampled_from([1, Decimal("2.5")]),
    "letters": st.just("abc"),
    "date": st.just("2026-11-23"),
    "short": st.sampled_from(["1999-12-31", "2001-02-03"]),
    "time": st.sampled_from(["08:15", "08:15:30", "08:15:30.2"]),
    "parts": PART,
    "texts": st.lists(st.sampled_from(["A", "b c"]), min_size=1, max_size=3),
    "numbers": st.lists(st.sampled_from([1, Decimal("2.5")]), min_size=1, max_size=3),
    "codes": st.lists(st.sampled_from(CODES), min_size=1, max_size=3),
    "lists": st.lists(PART, min_size=1, max_size=2),
    "deep": st.sampled_from(
        [{"inner": {"a": "|&"}}, {"inner": {"a": "x"}}, {"inner": {"b": 1, "a": "x"}, "p": "y"}, {"p": "y"}]
    ),
}
UNDEFINED = st.one_of(GOOD["text"], st.lists(st.sampled_from(["A", "", "x y"]), min_size=2, max_size=3))


@st.composite
def segments(draw: st.DrawFn, of: Segment) -> dict[str, Any]:
    """Values that are good, in half of all cases apart from one."""
    names = [one.name for one in of.elements or () if one.name in GOOD]
    names = names or ["ZZZ01", "ZZZ02", "ZZZ05", "ZZZ99", "ZZZ100"]
    chosen = draw(st.lists(st.sampled_from(names), unique=True, max_size=6))
    values = {name: draw(GOOD.get(name, UNDEFINED)) for name in chosen}
    if draw(st.booleans()):
        values[draw(st.sampled_from([*names, "other", "binary"]))] = draw(VALUES)
    return values


def quickly(of: Segment, marks: Delimiters, values: Any) -> str | None:
    """Written as often as it takes for the quick way to be made."""
    write = segment_shapes(of, marks).write
    return [write(values) for _ in range(9)][-1]


@law(st.data(), st.sampled_from(CASES), quick=400, long=20_000)
def test_what_is_written_quickly_is_written_alike_carefully_and_read_as_given(
    data: st.DataObject, case: tuple[Segment, Delimiters]
) -> None:
    of, marks = case
    values = data.draw(segments(of))
    text = quickly(of, marks, values)
    if text is not None:
        assert SegmentWriter(of, marks).write(values) == text
        assert CarefulReader(marks, frozenset()).read(of, text) == (values, [])


QUICK: list[tuple[str, Delimiters, dict[str, Any], str]] = [
    ("texts", X12, {"text": "x y", "coded": "A"}, "ZZZ*x y***A"),
    ("order", X12, {"coded": "A", "text": "x y"}, "ZZZ*x y***A"),
    ("numbers", X12, {"whole": -5, "real": Decimal("2.50")}, "ZZZ" + "*" * 6 + "-5***2.50"),
    ("zeros", X12, {"wide": 7, "cents": Decimal("2.5")}, "ZZZ" + "*" * 7 + "007*250"),
    ("mark", EDIFACT, {"either": Decimal("2.5")}, "ZZZ" + "+" * 10 + "2,5"),
    ("released", EDIFACT, {"text": "a+b?", "coded": "A"}, "ZZZ+a?+b??+++A"),
    ("released-inside", EDIFACT, {"parts": {"p": "+", "r": "B", "q": 5}}, "ZZZ" + "+" * 15 + "?+:5:B"),
    ("moments", X12, {"date": "2026-11-23", "time": "08:15"}, "ZZZ" + "*" * 12 + "20261123**0815"),
    ("short", X12, {"short": "1999-12-31"}, "ZZZ" + "*" * 13 + "991231"),
    ("composite", X12, {"parts": {"q": 5, "p": "a", "r": "CC"}}, "ZZZ" + "*" * 15 + "a:5:CC"),
    ("repeated", X12, {"texts": ["a", "b"], "lists": [{"q": 1}, {"q": 2}]}, "ZZZ" + "*" * 16 + "a^b***:1^:2"),
]


@pytest.mark.parametrize(
    ("marks", "values", "text"), [one[1:] for one in QUICK], ids=[one[0] for one in QUICK]
)
def test_usual_segments_go_the_quick_way(marks: Delimiters, values: dict[str, Any], text: str) -> None:
    assert quickly(segment(), marks, values) == text


def test_elements_that_are_not_defined_go_the_quick_way() -> None:
    assert quickly(undefined(), X12, {"ZZZ01": "a", "ZZZ03": ["b", "", "c"]}) == "ZZZ*a**b::c"
    for wrong in ("a:b", ["a"], ["a", "b:c"], ["a", None], 5, {"repeat": ["a", "b"]}):
        assert quickly(undefined(), X12, {"ZZZ01": wrong}) is None


def test_all_separators_are_written_where_they_have_to_be() -> None:
    of = CASES[-1][0]
    assert quickly(of, FULL, {"text": "a", "deep": {"inner": {"b": 1}}}) == "ZZZ=a|&1^"
    assert SegmentWriter(of, FULL).write({"text": "a", "deep": {"inner": {"b": 1}}}) == "ZZZ=a|&1^"


UNUSUAL: list[Any] = [
    *({}, [], "text", {"other": "a"}, {"text": ""}, {"text": "a*b"}, {"text": "longer"}, {"text": 5}),
    *(
        {"texts": []},
        {"texts": ["a^b"]},
        {"texts": ["a"] * 4},
        {"texts": "abc"},
        {"coded": "Z"},
        {"empty": ""},
    ),
    *({"whole": True}, {"whole": "1"}, {"real": Decimal("NaN")}, {"real": 0.5}, {"date": "2026-02-30"}),
    *(
        {"parts": {}},
        {"parts": "q"},
        {"parts": {"p": "a"}},
        {"parts": {"p": "a", "q": 1}},
        {"binary": "YWI="},
    ),
    *({"date": []}, {"coded": []}, {"whole": 10**5000}, {"empty": None}, {"numbers": [None]}),
]


@pytest.mark.parametrize("values", UNUSUAL, ids=[str(at) for at in range(len(UNUSUAL))])
def test_all_else_is_left_to_the_careful_way(values: Any) -> None:
    assert quickly(segment(), X12, values) is None


def test_members_that_never_come_again_get_no_function() -> None:
    of = segment()
    values: Any = {"text": "a"}
    write = segment_shapes(of, X12).write
    assert [write(values) for _ in range(4)] == [None, None, None, "ZZZ*a"]


def test_so_many_sets_of_members_are_known() -> None:
    names = [f"ZZZ{at:02}" for at in range(1, 71)]
    write = segment_shapes(undefined(), X12).write
    written = [[write({name: "a"}) for _ in range(4)][-1] for name in names]
    assert [one is not None for one in written] == [True] * 64 + [False] * 6


@pytest.mark.parametrize(
    "values", [{"text": "a*b"}, {"coded": "Z"}, {"whole": "1"}], ids=["mark", "code", "type"]
)
def test_the_careful_way_says_what_is_wrong(values: Any) -> None:
    """What the quick way leaves is either refused when it is written or when it is read again."""
    try:
        text = SegmentWriter(segment(), X12).write(values)
    except BrokenRule:
        return
    assert CarefulReader(X12, frozenset()).read(segment(), text)[1] != []


def test_only_short_texts_are_remembered() -> None:
    seen: list[Any] = []
    write = remembering(lambda value: seen.append(value) or str(value))  # type: ignore[func-returns-value]
    long = "1" * 1000
    assert [write(text) for text in ("a", "a", long, long)] == ["a", "a", long, long]
    assert seen == ["a", long, long]
    with pytest.raises(TypeError):
        write(1)
