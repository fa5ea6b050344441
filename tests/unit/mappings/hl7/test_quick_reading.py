"""The quick way reads as the careful one does, and is the one that usual segments go."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import strategies as st

from mappings.hl7 import Hl7Definition
from mappings.hl7.compiled import compile_definition
from mappings.hl7.escapes import Texts
from mappings.hl7.marks import Marks
from mappings.hl7.quick_reading import QuickCache, QuickSegment
from mappings.hl7.segment_reading import FieldsReader
from tests.laws import law

FIELDS: list[dict[str, Any]] = [
    {"at": 1, "name": "text"},
    {"name": "coded", "codes": ["A", "B"]},
    {"name": "short", "max_length": 3},
    {"name": "number", "type": "NM"},
    {"name": "sequence", "type": "SI"},
    {"name": "moment", "type": "DTM"},
    {"name": "names", "type": "XPN", "repeat": "unbounded"},
    {"name": "texts", "repeat": 2},
    {"name": "person", "type": "XCN"},
    {"name": "strict", "type": "STRICT"},
    {"name": "kind", "type": "ID"},
    {"name": "told", "type_from": 11},
    {"name": "told_list", "type_from": 11, "repeat": "unbounded"},
    {"at": 15, "name": "id", "type": "EI"},
]
TYPES = {
    "STRICT": [
        {"name": "first", "type": "NM"},
        {"name": "second", "required": True, "max_length": 2},
        {"name": "third", "type": "INNER"},
    ],
    "INNER": [{"name": "a", "codes": ["A"]}, {"name": "b", "type": "SI"}],
}


def compiled(required: str | None = None, lenient: tuple[str, ...] = ()) -> Any:
    fields = [{**one, "required": one.get("name") == required} for one in FIELDS]
    return compile_definition(
        Hl7Definition.model_validate(
            {
                "format": "hl7",
                "content": [
                    {"segment": "MSH", "min": 1, "fields": [{"at": 7, "name": "time", "type": "DTM"}]},
                    {"segment": "ZZZ", "fields": fields},
                    {"segment": "ZZF"},
                ],
                "types": TYPES,
                "lenient": lenient,
            }
        )
    )


DEFINITIONS = [compiled(), compiled("moment"), compiled(lenient=("codes", "components", "repetitions"))]
MARKS = [Marks("|", "^~\\&"), Marks("|", "^~\\"), Marks("|", "^"), Marks("#", "*!?+%"), Marks("|", "&~\\^")]
PIECES = ["A", "B", "x y", "1", "12.50", "-3", "20261123", "20261123101500+0100", "2026", "NM", "CWE", "ZZ"]
ODD = ['""', '"', "\\", "\\.br\\", "^", "~", "&", "?", "*", "!", "+", "%", "é", "²", "longer than three"]
MARK = st.sampled_from(["field", "field", "field", "component", "repetition", "subcomponent", "escape"])


@st.composite
def segments(draw: st.DrawFn, marks: Marks) -> str:
    pieces = draw(st.lists(st.one_of(MARK, MARK, st.sampled_from(PIECES), st.sampled_from(ODD)), max_size=40))
    return "".join(getattr(marks, one, one) or "" for one in pieces)


def careful(given: Any, index: int, marks: Marks, text: str) -> Any:
    reader = FieldsReader(given.fields, marks, Texts(marks, "utf-8"), given.usual, given.rules)
    return reader.read(given.plan.layout.segments[index], text)


@law(
    st.data(),
    st.sampled_from(DEFINITIONS),
    st.sampled_from(MARKS),
    st.sampled_from([0, 1, 1, 1, 2]),
    quick=150,
    long=4000,
)
def test_what_the_quick_way_reads_the_careful_way_reads_the_same(
    data: st.DataObject, definition: Any, marks: Marks, index: int
) -> None:
    body = data.draw(segments(marks))
    begin = f"MSH{marks.field}{marks.encoding}" if index == 0 else ("", "ZZZ", "ZZF")[index]
    text = f"{begin}{marks.field}{body}" if data.draw(st.booleans()) or body else begin
    quick = QuickSegment(definition.fields[index], marks, is_usual=marks == definition.usual).read(text)
    if quick is not None:
        values, findings = careful(definition, index, marks, text)
        assert findings == []
        # In the same order, too.
        assert json.dumps(quick, default=str) == json.dumps(values, default=str)


DOE = {"surname": "Doe", "own_prefix": "van"}
EI = {"id": "5", "namespace": "a"}
QUICK: list[tuple[str, str, dict[str, Any]]] = [
    ("texts", "ZZZ|a||abc", {"text": "a", "short": "abc"}),
    (
        "undefined",
        "ZZF|a|b^c|d&e^f~g",
        {"ZZF-1": "a", "ZZF-2": ["b", "c"], "ZZF-3": {"repeat": [[["d", "e"], "f"], "g"]}},
    ),
    ("numbers", "ZZZ||||12.50|3", {"number": 12.50, "sequence": 3}),
    ("one-component", "ZZZ|||||||Doe", {"names": [{"family": {"surname": "Doe"}}]}),
    ("components", "ZZZ|||||||Doe^J|", {"names": [{"family": {"surname": "Doe"}, "given": "J"}]}),
    (
        "subcomponents",
        "ZZZ|||||||^J~Doe&van",
        {"names": [{"given": "J"}, {"family": DOE}]},
    ),
    ("repetitions", "ZZZ||||||||a~", {"texts": ["a", ""]}),
    ("nothing-in-it", "ZZZ||||||||| ^|^x|", {"person": {"id": " "}, "strict": {"second": "x"}}),
    ("separators-alone", "ZZZ|||||||||^^", {}),
    ("told", "ZZZ" + "|" * 11 + "NM|5|6~7", {"kind": "NM", "told": 5, "told_list": [6, 7]}),
    (
        "told-composite",
        "ZZZ" + "|" * 11 + "EI|5^a|^",
        {"kind": "EI", "told": EI, "told_list": [""]},
    ),
    ("a-quote", 'ZZZ|5" pipe', {"text": '5" pipe'}),
]


@pytest.mark.parametrize(("text", "values"), [one[1:] for one in QUICK], ids=[one[0] for one in QUICK])
def test_usual_segments_go_the_quick_way(text: str, values: dict[str, Any]) -> None:
    index = 2 if text.startswith("ZZF") else 1
    quick = QuickSegment(DEFINITIONS[0].fields[index], MARKS[0], is_usual=True)
    assert quick.read(text) == values
    assert careful(DEFINITIONS[0], index, MARKS[0], text) == (values, [])


UNUSUAL = [
    *("ZZZ|a\\T\\b", 'ZZZ|""', "ZZZ||C", "ZZZ|||abcd", "ZZZ||||x", "ZZZ|a^b", "ZZZ|a~b", "ZZZ||||||||a~b~c"),
    *("ZZZ|||||||||" + "^" * 30 + "x", "ZZZ||||||||||1^|", "ZZZ||||||||||1", "ZZZ" + "|" * 11 + "QQ|5"),
    *("ZZZ" + "|" * 12 + "5", "ZZZ" + "|" * 100, "ZZZZ|a", "ZZY|a"),
]


@pytest.mark.parametrize("text", UNUSUAL)
def test_all_else_is_left_to_the_careful_way(text: str) -> None:
    assert QuickSegment(DEFINITIONS[0].fields[1], MARKS[0], is_usual=True).read(text) is None


def test_who_changes_delimiters_all_the_time_gets_no_quick_readers() -> None:
    cache = QuickCache(DEFINITIONS[0].fields, DEFINITIONS[0].usual)
    signs = "!#$%*+-./:;<=>?@"
    made = [cache.of(Marks("|", f"{sign}~")) for sign in signs]
    assert [one is not None for one in made] == [True] * 8 + [False] * 8
    assert cache.of(Marks("|", "!~")) is made[0]
