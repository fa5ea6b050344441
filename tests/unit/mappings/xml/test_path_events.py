"""Records read while the document is parsed are those that the codec reads, whatever they are like."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import strategies as st

from mappings.contract import Context, MappingError
from mappings.xml.format import XmlFormat
from mappings.xml.format_reader import RecordReader
from tests.laws import law
from tests.unit.mappings.segments.samples import told
from tests.unit.mappings.xml.path_samples import xml

FIELDS: dict[str, Any] = {
    "id": {"path": "@id", "type": "integer", "required": True},
    "key": {"path": "@xml:id"},
    "customer": "customer/name",
    "vip": {"path": "customer/@vip", "type": "boolean"},
    "total": {"type": "decimal", "scale": 2},
    "currency": "total/@x:currency",
    "notes": {"path": "notes/note", "repeat": True},
    "tags": {"path": "tag", "repeat": True, "nullable": True, "type": "integer"},
    "lines": {
        "path": "line",
        "repeat": True,
        "fields": {"sku": {"path": "@sku", "required": True}, "text": "text()"},
    },
    "address": {"nullable": True, "fields": {"city": {}, "codes": {"path": "code", "repeat": True}}},
}
BASE: dict[str, Any] = {"root": "shop", "record": "order", "namespaces": {"x": "urn:extra"}, "fields": FIELDS}
WAYS: list[dict[str, Any]] = [
    {},
    {"others": "skip", "around": "skip"},
    {"spaces": "trim"},
    {"empty": "absent"},
    {"others": "skip", "spaces": "trim", "empty": "absent"},
]
FORMATS = [xml(**BASE, **ways) for ways in WAYS]

NAMES = st.sampled_from(
    ["customer", "name", "total", "notes", "note", "tag", "line", "address", "city", "code", "other", "order"]
)
ATTRIBUTES = st.dictionaries(
    st.sampled_from(["id", "vip", "x:currency", "sku", "xml:id", "i:nil", "i:type", "odd", "xml:lang"]),
    st.sampled_from(["1", "true", " 7 ", "a", "", "&lt;&#10;", "é"]),
    max_size=2,
)
TEXT = st.sampled_from(
    [
        "",
        "",
        "a",
        " 1 ",
        "12.50",
        "\n ",
        "&amp;b",
        "<![CDATA[ <1> ]]>",
        "<!-- c -->",
        "1<!-- c -->2",
        "<?p i?>",
    ]
)


def _element(name: str, attributes: dict[str, str], inside: list[str]) -> str:
    begin = "".join(f' {key}="{text}"' for key, text in attributes.items())
    content = "".join(inside)
    return f"<{name}{begin}>{content}</{name}>" if content else f"<{name}{begin}/>"


ANYTHING = st.recursive(
    TEXT, lambda inner: st.builds(_element, NAMES, ATTRIBUTES, st.lists(inner, max_size=4)), max_leaves=12
)
GOOD = st.sampled_from(
    [
        '<customer vip="1"><name>A &amp; B</name></customer>',
        "<customer/>",
        '<total x:currency="EUR"> 12.50 </total>',
        "<total/>",
        "<notes><note/><note>b\nc</note></notes>",
        "<notes>\n</notes>",
        "<tag>1</tag>\n<tag> 2 </tag>",
        "<tag/>",
        '<line sku="a">t</line><line sku="b"/>',
        "<address><city>Rome</city><code>1</code><code/></address>",
        "<address/>",
    ]
)
ORDERS = st.builds(
    _element,
    st.just("order"),
    st.one_of(st.just({"id": "7"}), st.just({"id": " 7 ", "i:type": "t"}), ATTRIBUTES),
    st.lists(st.one_of(GOOD, GOOD, GOOD, ANYTHING), max_size=5),
)


def reader(codec: Any, *, quick: bool, **limits: Any) -> RecordReader:
    assert isinstance(codec, XmlFormat)
    layout = codec._layout if quick else replace(codec._layout, events=None)
    return RecordReader(layout, Context(**limits), skips=codec._skips)


def results(codec: Any, data: bytes, size: int, *, quick: bool, **limits: Any) -> list[Any]:
    one = reader(codec, quick=quick, **limits)
    found: list[Any] = []
    try:
        for at in range(0, len(data), size):
            found += one.feed(data[at : at + size])
        last, summary = one.finish()
        return [*found, *last, (summary.records, summary.errors)]
    except MappingError as error:
        return [*found, error]


def document(orders: list[str]) -> bytes:
    inside = "\n".join(orders)
    space = 'xmlns:x="urn:extra" xmlns:i="http://www.w3.org/2001/XMLSchema-instance"'
    return f"<shop {space}>{inside}</shop>".encode()


@law(
    st.lists(ORDERS, min_size=1, max_size=4),
    st.sampled_from(FORMATS),
    st.integers(1, 80),
    quick=80,
    long=2000,
)
def test_events_and_the_codec_read_the_same(orders: list[str], codec: Any, size: int) -> None:
    data = document(orders)
    expected = results(codec, data, 1 << 20, quick=False)
    found = results(codec, data, size, quick=True)
    assert told(found) == told(expected)
    # In the same order, too.
    for one, other in zip(found, expected, strict=True):
        if isinstance(one, dict):
            assert json.dumps(one, default=str) == json.dumps(other, default=str)


def test_good_records_are_read_without_a_tree(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: Any, **__: Any) -> None:
        raise AssertionError("is read by the codec")

    order = (
        '<order id="7" i:type="t"> <customer vip="1"><name>A&amp;B</name></customer><total>1.5</total>'
        '<notes><note>a</note></notes><tag> 1 </tag><line sku="a"> t<![CDATA[<]]></line>'
        "<address><city/></address></order>"
    )
    monkeypatch.setattr("mappings.xml.format_reader.parse_xml", never)
    for codec in FORMATS:
        found = results(codec, document([order, '<order id="8"/>']), 7, quick=True)
        assert found[-1] == (2, 0)
        assert found[0]["customer"] == "A&B"
        assert found[1] == {"id": 8}


LIMITS: list[tuple[str, str, dict[str, Any]]] = [
    ("size", f"<customer><name>{'x' * 300}</name></customer>", {"max_record_bytes": 200}),
    ("size-of-many", "<tag>1</tag>" * 20_000, {"max_record_bytes": 50_000}),
    ("depth-by-definition", "<customer><name>a</name></customer>", {"max_depth": 2}),
    ("depth-of-others", "<other>" * 40 + "</other>" * 40, {"max_depth": 20}),
    ("deep", "<other>" * 300 + "</other>" * 300, {"max_depth": 1000}),
    ("long-name", f"<{'n' * 60_000}/>", {}),
    ("long-attribute", f'<other {"n" * 60_000}="1"/>', {}),
    ("long-text", f"<customer><name>{'x' * 10_500_000}</name></customer>", {"max_record_bytes": 1 << 25}),
]


@pytest.mark.parametrize(("inside", "limits"), [one[1:] for one in LIMITS], ids=[one[0] for one in LIMITS])
@pytest.mark.parametrize("others", [0, 1], ids=["refuse", "skip"])
def test_limits_are_those_of_the_codec(inside: str, limits: dict[str, Any], others: int) -> None:
    good = '<order id="1"/>'
    data = document([good, f'<order id="7">{inside}</order>', good])
    expected = told(results(FORMATS[others], data, 4096, quick=False, **limits))
    assert told(results(FORMATS[others], data, 4096, quick=True, **limits)) == expected
    assert len(expected) == 4
