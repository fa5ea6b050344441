"""Records by paths: the quick way writes as the careful one does, what it writes is read as it was given, and
it is the one that usual records go."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import strategies as st
from lxml import etree

from mappings.contract import Context, MappingError
from mappings.xml.format import XmlFormat
from mappings.xml.path_layout import Node, layout_of
from mappings.xml.paths import PathCodec
from mappings.xml.quick_writing import QuickPaths
from mappings.xml_definition import XmlDefinition
from tests.laws import law

FIELDS: dict[str, Any] = {
    "id": {"path": "@id", "type": "integer", "required": True},
    "text": {},
    "short": {"max_length": 3},
    "total": {"type": "decimal", "scale": 2},
    "free": {"type": "decimal"},
    "placed": {"type": "date"},
    "flag": {"type": "boolean"},
    "gone": {"nullable": True},
    "city": {"path": "customer/city"},
    "since": {"path": "customer/@since", "type": "date"},
    "notes": {"path": "notes/note", "repeat": True},
    "author": {"path": "notes/@by"},
    "lines": {
        "path": "lines/line",
        "repeat": True,
        "fields": {"sku": "@sku", "text": "text()"},
    },
    "person": {"path": "person", "fields": {"name": {"required": True}, "born": {"type": "date"}}},
}
LINES = {
    "path": "items/item",
    "repeat": True,
    "fields": {"count": {"type": "integer"}, "tags": {"repeat": True}},
}
FIELDS["items"] = LINES


def definition(**more: Any) -> XmlDefinition:
    given = {"format": "xml", "root": "all", "record": "one", "fields": FIELDS, **more}
    return XmlDefinition.model_validate(given)


def node() -> Node:
    fields = definition().fields
    assert fields is not None
    return layout_of("one", fields, {})


NODE = node()
WAYS = [(trims, drops) for trims in (False, True) for drops in (False, True)]

TEXTS = [
    "a",
    "b c",
    "é",
    " a",
    "a ",
    "",
    "<",
    "a&b",
    '"',
    "'",
    ">",
    "\x01",
    "\n",
    "\x85",
    "\ud800",
    "2026-02-30",
]
ODD: list[Any] = [*TEXTS, None, True, False, 5, -1, Decimal("2.50"), Decimal("1E+2"), Decimal("NaN"), 0.5]
ODD += [
    [],
    {},
    ["a"],
    ["a", None],
    [5],
    [""],
    {"name": "a"},
    {"name": 5},
    {"other": "a"},
    [{}],
    [{"tags": []}],
]
GOOD: dict[str, Any] = {
    "id": st.integers(-5, 99),
    "text": st.sampled_from(["a", "b c", "é"]),
    "short": st.sampled_from(["a", "b c"]),
    "total": st.sampled_from([5, Decimal("2.5"), Decimal("2.50"), Decimal("-0.25")]),
    "free": st.sampled_from([5, Decimal("2.5"), Decimal("2.50")]),
    "placed": st.sampled_from(["2026-11-23", "1999-01-02"]),
    "flag": st.booleans(),
    "gone": st.sampled_from(["a", None]),
    "city": st.just("Town"),
    "since": st.just("2026-11-23"),
    "notes": st.lists(st.sampled_from(["a", "b c"]), min_size=1, max_size=3),
    "author": st.just("me"),
    "lines": st.lists(st.sampled_from([{"sku": "A"}, {"sku": "A", "text": "b"}, {"text": "b"}]), max_size=3),
    "person": st.sampled_from(
        [{"name": "a"}, {"born": "1999-01-02", "name": "a"}, {"name": "a", "born": "x"}]
    ),
    "items": st.lists(
        st.sampled_from([{"count": 5}, {"tags": ["a", "b"], "count": 5}, {"tags": ["a"]}]), max_size=2
    ),
}
RECORDS = st.fixed_dictionaries(
    {"id": GOOD["id"]}, optional={name: GOOD[name] for name in GOOD if name != "id"}
)
DAMAGE = st.one_of(st.none(), st.tuples(st.sampled_from([*GOOD, "other"]), st.sampled_from(ODD)))


def quickly(record: Any, *, trims: bool = False) -> str | None:
    """Written as often as it takes for the quick way to be made."""
    write = QuickPaths(NODE, {}, trims=trims).write
    return [write(record) for _ in range(9)][-1]


@law(RECORDS, DAMAGE, st.sampled_from(WAYS), quick=200, long=10_000)
def test_what_is_written_quickly_is_written_alike_carefully_and_read_as_given(
    record: dict[str, Any], damage: tuple[str, Any] | None, ways: tuple[bool, bool]
) -> None:
    record = dict(reversed(record.items())) if damage is None else {**record, damage[0]: damage[1]}
    trims, drops = ways
    text = quickly(record, trims=trims)
    if text is not None:
        codec = PathCodec(NODE, {}, skips=False, trims=trims, empty_is_absent=drops)
        assert etree.tostring(codec.encode(record), encoding="unicode") == text
        assert codec.decode(etree.fromstring(text)) == record


QUICK: list[tuple[str, dict[str, Any], str]] = [
    ("attribute", {"id": 5}, '<one id="5"/>'),
    ("order", {"text": "é", "id": 5}, '<one id="5"><text>é</text></one>'),
    ("around", {"id": 5, "since": "2026-11-23"}, '<one id="5"><customer since="2026-11-23"/></one>'),
    ("numbers", {"id": 5, "total": 2}, '<one id="5"><total>2.00</total></one>'),
    ("list", {"id": 5, "notes": ["a", "b"]}, '<one id="5"><notes><note>a</note><note>b</note></notes></one>'),
    ("groups", {"id": 5, "lines": [{"sku": "A"}]}, '<one id="5"><lines><line sku="A"/></lines></one>'),
]


@pytest.mark.parametrize(("record", "text"), [one[1:] for one in QUICK], ids=[one[0] for one in QUICK])
def test_usual_records_go_the_quick_way(record: dict[str, Any], text: str) -> None:
    assert quickly(record) == text


UNUSUAL: list[Any] = [
    *({}, [], None, "text", {"text": "a"}, {"id": "5"}, {"id": True}, {"id": None}, {"id": 5, "other": "a"}),
    *({"id": 5, "text": one} for one in ("", "a&b", "<", '"', "\n", "\x01", None, 5)),
    *({"id": 5, "author": "me"}, {"id": 5, "notes": []}, {"id": 5, "notes": "a"}, {"id": 5, "notes": [None]}),
    *({"id": 5, "person": {}}, {"id": 5, "person": {"born": "1999-01-02"}}, {"id": 5, "short": "long"}),
    *({"id": 5, "total": Decimal("0.125")}, {"id": 5, "free": Decimal("NaN")}, {"id": 10**5000}),
]


@pytest.mark.parametrize("record", UNUSUAL, ids=[str(at) for at in range(len(UNUSUAL))])
def test_all_else_is_left_to_the_careful_way(record: Any) -> None:
    assert quickly(record) is None


URI = "urn:x"
NAMED: dict[str, Any] = {"id": {"path": "@id"}, "a": {"path": "a/b"}, "more": {"path": "c", "repeat": True}}
PREFIXED = {"id": {"path": "@x:id"}, "a": {"path": "x:a/b"}, "more": {"path": "x:c/@x:d"}}
LANGUAGE = {**NAMED, "more": {"path": "c/@xml:lang"}}
NAMESPACES: list[tuple[str, dict[str, str], Any, bool]] = [
    ("default", {"": URI}, NAMED, True),
    ("prefix", {"x": URI}, PREFIXED, True),
    ("two-prefixes", {"x": URI, "y": URI}, PREFIXED, False),
    ("default-and-prefix", {"": URI, "x": URI}, PREFIXED, True),
    ("others", {"": URI, "x": "urn:y"}, PREFIXED, True),
    ("xml", {"": URI}, LANGUAGE, False),
]


@pytest.mark.parametrize(
    ("namespaces", "fields", "is_quick"), [one[1:] for one in NAMESPACES], ids=[one[0] for one in NAMESPACES]
)
def test_names_in_namespaces_are_written_alike(
    namespaces: dict[str, str], fields: dict[str, Any], is_quick: bool
) -> None:
    given = definition(namespaces=namespaces, fields=fields)
    encoders = [XmlFormat(given).encoder(Context()) for _ in range(2)]
    layout = encoders[1]._layout
    assert layout.quick is not None
    encoders[1]._layout = replace(layout, quick=None)
    more: Any = ["m"] if fields is NAMED else "m"
    records: list[Any] = [{"id": "1", "a": "b", "more": more}, {"a": "b"}, {"id": "2", "more": more}] * 4
    assert encoders[0].encode(records) == encoders[1].encode(records)
    assert ([layout.quick(records[0]) for _ in range(9)][-1] is not None) is is_quick


def test_records_of_both_ways_stand_in_their_order() -> None:
    records: list[Any] = [{"id": at, "text": "a&b" if at % 3 else "c"} for at in range(12)]
    encoder = XmlFormat(definition()).encoder(Context())
    data = encoder.encode(records) + encoder.finish()
    assert XmlFormat(definition()).decoder(Context()).feed(data) == records
    text = "".join(f'<one id="{at}"><text>{"a&amp;b" if at % 3 else "c"}</text></one>\n' for at in range(12))
    assert data.decode().endswith(f"<all>\n{text}</all>\n")


def test_the_careful_way_counts_those_that_were_written_quickly() -> None:
    encoder = XmlFormat(definition()).encoder(Context())
    records: list[Any] = [*[{"id": 5}] * 9, {"id": "wrong"}]
    with pytest.raises(MappingError) as caught:
        encoder.encode(records)
    assert (caught.value.place.record, caught.value.place.path) == (10, "/id")
