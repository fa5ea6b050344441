"""The quick way writes as the careful one does, what it writes is read as it was given, and it is the one
that usual segments go."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import strategies as st

from mappings.hl7.escapes import Texts
from mappings.hl7.marks import Marks
from mappings.hl7.quick_writing import QuickWriters, segment_shapes
from mappings.hl7.segment_writing import FieldsWriter
from tests.laws import law
from tests.unit.mappings.hl7.test_quick_reading import DEFINITIONS, MARKS, careful, segments

USUAL = DEFINITIONS[0]
ODD: list[Any] = [
    *(
        "",
        "A",
        "x|y",
        "a^b",
        "a~b",
        "a&b",
        "a\\b",
        '""',
        '"',
        "\x01",
        "é",
        "longer than three",
        "2026-05",
        "-",
    ),
    *(0, 5, -1, True, 10**391, 0.5, Decimal("2.50"), Decimal("-0.5"), Decimal("1E+3"), Decimal("NaN"), None),
    *([], {}, ["a"], ["a", ""], ["a", ["b", "c"]], [None], {"id": "5"}, {"surname": "Doe"}, {"1": "a"}),
    *(
        [{"family": {"surname": "Doe"}}],
        [{"given": "J"}, ""],
        {"repeat": ["a", "b"]},
        {"second": "x", "first": 1},
    ),
]


def quickly(given: Any, index: int, marks: Marks, values: Any) -> str | None:
    """Written as often as it takes for the quick way to be made."""
    write = segment_shapes(given.fields[index], marks, is_usual=marks == given.usual).write
    return [write(values) for _ in range(12)][-1]


def carefully(given: Any, index: int, marks: Marks, values: Any) -> str:
    return FieldsWriter(given.fields[index], marks, Texts(marks, "utf-8")).write(values)


WRITTEN = st.sampled_from(MARKS).flatmap(lambda marks: st.tuples(st.just(marks), segments(marks)))


@law(
    st.sampled_from([0, 1]),
    WRITTEN,
    st.sampled_from([0, 1, 1, 1, 2]),
    st.one_of(st.none(), st.tuples(st.integers(0, 30), st.sampled_from(ODD))),
    quick=150,
    long=10_000,
)
def test_what_is_written_quickly_is_written_alike_carefully_and_read_as_given(
    which: int, written: tuple[Marks, str], index: int, damage: tuple[int, Any] | None
) -> None:
    definition, (marks, body) = DEFINITIONS[which], written
    begin = f"MSH{marks.field}{marks.encoding}" if index == 0 else ("", "ZZZ", "ZZF")[index]
    values, _ = careful(definition, index, marks, f"{begin}{marks.field}{body}")
    values = dict(values or {})
    if damage is not None:
        names = [*values, *(one.name for one in definition.fields[index].members.values()), "ZZF-3", "other"]
        values[names[damage[0] % len(names)]] = damage[1]
    text = quickly(definition, index, marks, values)
    if text is not None:
        assert carefully(definition, index, marks, values) == text
        assert careful(definition, index, marks, text) == (values, [])


DOE = {"surname": "Doe", "own_prefix": "van"}
QUICK: list[tuple[str, str, dict[str, Any]]] = [
    ("texts", "ZZZ|a||abc", {"text": "a", "short": "abc"}),
    ("order", "ZZZ|a||abc", {"short": "abc", "text": "a"}),
    ("undefined", "ZZF|a|b^^c", {"ZZF-1": "a", "ZZF-2": ["b", "", "c"]}),
    ("numbers", "ZZZ||||12.50|3", {"number": Decimal("12.50"), "sequence": 3}),
    ("moment", "ZZZ||||||202611230915+0200", {"moment": "2026-11-23T09:15+02:00"}),
    ("components", "ZZZ|||||||Doe^J", {"names": [{"family": {"surname": "Doe"}, "given": "J"}]}),
    ("subcomponents", "ZZZ|||||||^J~Doe&van", {"names": [{"given": "J"}, {"family": DOE}]}),
    ("repetitions", "ZZZ||||||||a~b", {"texts": ["a", "b"]}),
    ("strict", "ZZZ||||||||||1^x^A&5", {"strict": {"first": 1, "second": "x", "third": {"a": "A", "b": 5}}}),
    ("told", "ZZZ" + "|" * 11 + "NM|5|6~7", {"kind": "NM", "told": 5, "told_list": [6, 7]}),
]


@pytest.mark.parametrize(("text", "values"), [one[1:] for one in QUICK], ids=[one[0] for one in QUICK])
def test_usual_segments_go_the_quick_way(text: str, values: dict[str, Any]) -> None:
    index = 2 if text.startswith("ZZF") else 1
    assert quickly(USUAL, index, MARKS[0], values) == text
    assert carefully(USUAL, index, MARKS[0], values) == text


def test_a_header_goes_the_quick_way_where_it_says_no_delimiters() -> None:
    assert quickly(USUAL, 0, MARKS[0], {"time": "2026", "MSH-3": "a"}) == "MSH|^~\\&|a||||2026"
    assert quickly(USUAL, 0, MARKS[0], {"MSH-1": "|", "MSH-2": "^~\\&", "MSH-3": "a"}) is None
    assert quickly(USUAL, 0, MARKS[1], {"MSH-3": "a"}) is None


UNUSUAL: list[Any] = [
    *({}, [], "text", None, {"other": "a"}, {"text": ""}, {"text": "a|b"}, {"text": '""'}, {"text": None}),
    *(
        {"coded": "C"},
        {"short": "abcd"},
        {"number": True},
        {"number": "5"},
        {"sequence": -1},
        {"moment": "x"},
    ),
    *({"names": []}, {"names": [""]}, {"names": "Doe"}, {"texts": ["a", "b", "c"]}, {"strict": {"first": 1}}),
    *(
        {"told": 5},
        {"kind": "QQ", "told": "a"},
        {"kind": [], "told": "a"},
        {"ZZZ-200": ["a"]},
        {"ZZZ-301": "a"},
    ),
    *({"person": {"other": "a"}}, {"person": {}}, {"number": Decimal("1E+3")}, {"number": 10**5000}),
]


@pytest.mark.parametrize("values", UNUSUAL, ids=[str(at) for at in range(len(UNUSUAL))])
def test_all_else_is_left_to_the_careful_way(values: Any) -> None:
    assert quickly(USUAL, 1, MARKS[0], values) is None


@pytest.mark.parametrize("sign", ["-", "."])
def test_numbers_with_signs_that_separate_are_left_to_the_careful_way(sign: str) -> None:
    marks = Marks("|", f"{sign}~\\&")
    assert quickly(USUAL, 1, marks, {"number": 5}) is None
    assert quickly(USUAL, 1, marks, {"text": "5"}) == "ZZZ|5"


def test_who_changes_delimiters_all_the_time_is_not_written_quickly() -> None:
    writers = QuickWriters(USUAL.fields, USUAL.usual)
    made = [writers.of(Marks("|", f"{sign}~")) for sign in "!#$%*+-./:;<=>?@"]
    written = [[one[1].write({"text": "a"}) for _ in range(5)][-1] for one in made]
    assert written == ["ZZZ|a"] * 8 + [None] * 8
