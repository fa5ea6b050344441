"""BadgerFish and Parker: another project's document in both, what each refuses, and the laws of both ways."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mappings.contract import MappingError
from tests.corpus import CORPUS, needs
from tests.unit.mappings.xml.path_samples import canonical, read, rules, write, xml

FOLDER = CORPUS / "xml" / "xmlschema" / "test_cases" / "serialization"
ATOM = {"": "http://www.w3.org/2005/Atom", "georss": "http://www.georss.org/georss"}
BADGER = xml(convention="badgerfish")
PARKER = xml(convention="parker", root="a")
# The document in four conventions; these two are not among those that are read here.
OTHERS = {"abdera.json", "jsonml.json"}

corpus = needs(FOLDER)


@corpus
def test_every_convention_is_looked_at() -> None:
    names = {path.name for path in FOLDER.glob("*.json")}
    assert names == {"badgerfish.json", "parker.json", *OTHERS}


@corpus
@pytest.mark.parametrize("size", [1, 100, 100_000])
def test_a_document_in_badgerfish(size: int) -> None:
    data = (FOLDER / "document.xml").read_bytes()
    expected = json.loads((FOLDER / "badgerfish.json").read_text())
    assert read(BADGER, data, size) == [expected]
    written = write(BADGER, [expected])
    assert read(BADGER, written) == [expected]
    assert canonical(written) == canonical(data)


@corpus
def test_entries_in_badgerfish_are_records() -> None:
    codec = xml(convention="badgerfish", root="reports", record="entry", namespaces=ATOM)
    records = read(codec, (FOLDER / "document.xml").read_bytes(), 77)
    expected = json.loads((FOLDER / "badgerfish.json").read_text())["reports"]
    declared = {"@xmlns": expected["@xmlns"]}
    assert records == [{"entry": {**declared, **entry}} for entry in expected["entry"]]
    assert read(codec, write(codec, records)) == records


@corpus
def test_a_document_in_parker() -> None:
    codec = xml(convention="parker", root="reports", namespaces=ATOM)
    expected = json.loads((FOLDER / "parker.json").read_text())
    assert read(codec, (FOLDER / "document.xml").read_bytes(), 100) == [expected]
    assert read(codec, write(codec, [expected])) == [expected]


BADGERS: list[tuple[str, str, Any]] = [
    ("text", "<a>x</a>", {"a": {"$": "x"}}),
    ("empty", "<a/>", {"a": {}}),
    ("space", "<a> </a>", {"a": {"$": " "}}),
    ("list", "<a><b>1</b><c/><b>2</b></a>", {"a": {"b": [{"$": "1"}, {"$": "2"}], "c": {}}}),
    ("attributes", '<a x="1" xml:lang="en">y</a>', {"a": {"@x": "1", "@xml:lang": "en", "$": "y"}}),
    ("default", '<a xmlns="u"><b/></a>', {"a": {"@xmlns": {"$": "u"}, "b": {}}}),
    (
        "prefixes",
        '<p:a xmlns:p="u" p:x="1"><b xmlns="v"/></p:a>',
        {"p:a": {"@xmlns": {"p": "u"}, "@p:x": "1", "b": {"@xmlns": {"$": "v"}}}},
    ),
    (
        "redeclared",
        '<p:a xmlns:p="u"><p:a xmlns:p="v"/></p:a>',
        {"p:a": {"@xmlns": {"p": "u"}, "p:a": {"@xmlns": {"p": "v"}}}},
    ),
    ("cdata", "<a><![CDATA[<&]]>x<!-- y --></a>", {"a": {"$": "<&x"}}),
]


@pytest.mark.parametrize(("text", "value"), [one[1:] for one in BADGERS], ids=[one[0] for one in BADGERS])
def test_badgerfish(text: str, value: Any) -> None:
    assert read(BADGER, text.encode()) == [value]
    assert read(BADGER, write(BADGER, [value])) == [value]


PARKERS: list[tuple[str, str, Any]] = [
    ("text", "<a>x</a>", "x"),
    ("empty", "<a/>", None),
    ("elements", "<a><b>1</b><c/></a>", {"b": "1", "c": None}),
    ("list", "<a><b>1</b><b/></a>", {"b": ["1", None]}),
    ("nested", "<a><b><c>1</c></b></a>", {"b": {"c": "1"}}),
]


@pytest.mark.parametrize(("text", "value"), [one[1:] for one in PARKERS], ids=[one[0] for one in PARKERS])
def test_parker(text: str, value: Any) -> None:
    assert read(PARKER, text.encode()) == [value]
    assert read(PARKER, write(PARKER, [value])) == [value]
    assert canonical(write(PARKER, [value])) == canonical(text.encode())


@pytest.mark.parametrize("codec", [BADGER, PARKER])
@pytest.mark.parametrize("text", ["<a>x<b/></a>", "<a><b/>x</a>", "<a><b>x<c/></b></a>"])
def test_text_among_elements_is_refused(codec: Any, text: str) -> None:
    assert rules(read(codec, text.encode())) == ["mixed-content"]


REFUSED: list[tuple[str, Any, Any, str]] = [
    ("no-name", BADGER, {}, "type"),
    ("two-names", BADGER, {"a": {}, "b": {}}, "type"),
    ("text-alone", BADGER, {"a": "x"}, "type"),
    ("number", BADGER, {"a": {"$": 1}}, "type"),
    ("empty-text", BADGER, {"a": {"$": ""}}, "empty"),
    ("list-of-one", BADGER, {"a": {"b": [{}]}}, "list"),
    ("prefix", BADGER, {"p:a": {}}, "prefix"),
    ("mixed", BADGER, {"a": {"$": "x", "b": {}}}, "mixed-content"),
    ("name", BADGER, {"a b": {}}, "name"),
    ("attribute", BADGER, {"a": {"@x y": ""}}, "name"),
    ("undeclaring", BADGER, {"a": {"@xmlns": {"$": ""}}}, "namespace"),
    ("character", BADGER, {"a": {"$": "\x00"}}, "xml-character"),
    ("another-root", xml(convention="badgerfish", root="r"), {"a": {}}, "unexpected-element"),
    ("parker-number", PARKER, {"b": 1}, "type"),
    ("parker-empty", PARKER, {"b": ""}, "ambiguous"),
    ("parker-object", PARKER, {}, "ambiguous"),
    ("parker-list", PARKER, {"b": ["x"]}, "ambiguous"),
    ("parker-prefix", PARKER, {"p:b": "x"}, "prefix"),
    ("parker-name", PARKER, {"1": "x"}, "name"),
    ("parker-root", xml(convention="parker"), {"b": "x"}, "around"),
]


@pytest.mark.parametrize(
    ("codec", "value", "rule"), [one[1:] for one in REFUSED], ids=[one[0] for one in REFUSED]
)
def test_what_cannot_be_written_is_refused(codec: Any, value: Any, rule: str) -> None:
    with pytest.raises(MappingError) as caught:
        write(codec, [value])
    assert caught.value.rule == rule


def test_deep_values_are_refused() -> None:
    deep: Any = {}
    for _ in range(5_000):
        deep = {"b": deep}
    for codec, value in ((BADGER, {"a": deep}), (PARKER, deep)):
        with pytest.raises(MappingError) as caught:
            write(codec, [value])
        assert caught.value.rule == "depth"


NAMES = st.sampled_from(["a", "b", "p:a", "q:b"])
TEXT = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cs", "Cc", "Cn", "Co"]), min_size=1, max_size=6
)


def _objects(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    many = inner | st.lists(inner, min_size=2, max_size=3)
    return st.builds(
        lambda attributes, children: {**attributes, **children},
        st.dictionaries(st.sampled_from(["@x", "@p:y"]), TEXT | st.just(""), max_size=2),
        st.dictionaries(NAMES, many, max_size=3) | TEXT.map(lambda text: {"$": text}),
    )


BADGERFISH = st.recursive(st.just({}), _objects, max_leaves=8).map(
    lambda value: {"a": {**value, "@xmlns": {"p": "urn:p", "q": "urn:q"}}}
)
PARKED = st.recursive(
    st.none() | TEXT,
    lambda inner: st.dictionaries(
        st.sampled_from(["a", "b", "c"]),
        inner | st.lists(inner, min_size=2, max_size=3),
        min_size=1,
        max_size=3,
    ),
    max_leaves=8,
)


@settings(max_examples=80)
@given(BADGERFISH, PARKED, st.integers(1, 40))
def test_values_come_back(badger: Any, parked: Any, size: int) -> None:
    for codec, value in ((BADGER, badger), (PARKER, parked)):
        data = write(codec, [value])
        assert read(codec, data, size) == [value]
        assert write(codec, read(codec, data)) == data


def test_losses_name_their_places() -> None:
    for codec in (BADGER, PARKER, xml(convention="parker", root="a", record="b", around="skip")):
        assert {one.split(":")[0] for one in codec.losses()} <= {"format", "around", "convention"}
    assert any("attributes are not read" in one for one in PARKER.losses())
