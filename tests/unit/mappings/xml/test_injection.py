"""Values that look like markup, or that XML cannot carry, in every place of every way of writing.

Each value comes back as it was, as the text of its own place, or is refused with its path. Nothing that a
value holds becomes an element, an attribute or a declaration.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from lxml import etree

from mappings.contract import Context, Format, JsonValue, MappingError
from tests.unit.mappings.xml.contracts import schema
from tests.unit.mappings.xml.path_samples import read, write, xml

Make = Callable[[str], JsonValue]

BODY = (
    '<xs:element name="root"><xs:complexType><xs:sequence><xs:element name="r" minOccurs="0"'
    ' maxOccurs="unbounded"><xs:complexType><xs:sequence>'
    '<xs:element name="t" type="xs:string" minOccurs="0"/>'
    '<xs:element name="m" minOccurs="0"><xs:complexType mixed="true"/></xs:element>'
    '<xs:element name="y" type="xs:anyType" minOccurs="0"/>'
    '<xs:element name="s" minOccurs="0"><xs:complexType><xs:simpleContent><xs:extension base="xs:string">'
    '<xs:attribute name="k" type="xs:string"/></xs:extension></xs:simpleContent></xs:complexType>'
    "</xs:element>"
    '</xs:sequence><xs:attribute name="a" type="xs:string"/><xs:anyAttribute namespace="##other"/>'
    "</xs:complexType></xs:element></xs:sequence></xs:complexType></xs:element>"
)
BY_SCHEMA = xml(
    schema=[{"location": "t.xsd", "content": schema(BODY, namespace="").decode()}], root="root", record="r"
)
BY_PATHS = xml(
    root="root",
    record="r",
    fields={
        "text": {"path": "t"},
        "attribute": {"path": "@a"},
        "deep": {"path": "x/y/@a"},
        "list": {"path": "i", "repeat": True},
        "lines": {"path": "l", "repeat": True, "fields": {"own": {"path": "text()"}}},
    },
)
BADGERFISH = xml(convention="badgerfish", root="root", record="r")
PARKER = xml(convention="parker", root="root", record="r")

PLACES: dict[str, tuple[Format, Make, str]] = {
    "schema-text": (BY_SCHEMA, lambda value: {"t": value}, "/t"),
    "schema-attribute": (BY_SCHEMA, lambda value: {"@a": value}, "/@a"),
    "schema-any-attribute": (BY_SCHEMA, lambda value: {"@{urn:x}k": value}, "/@{urn:x}k"),
    "schema-text-beside-attribute": (BY_SCHEMA, lambda value: {"s": {"@k": "1", "#text": value}}, "/s/#text"),
    "schema-attribute-beside-text": (BY_SCHEMA, lambda value: {"s": {"@k": value, "#text": "1"}}, "/s/@k"),
    "schema-mixed": (BY_SCHEMA, lambda value: {"m": value}, "/m"),
    "schema-any-type": (BY_SCHEMA, lambda value: {"y": value}, "/y"),
    "paths-text": (BY_PATHS, lambda value: {"text": value}, "/text"),
    "paths-attribute": (BY_PATHS, lambda value: {"attribute": value}, "/attribute"),
    "paths-deep": (BY_PATHS, lambda value: {"deep": value}, "/deep"),
    "paths-list": (BY_PATHS, lambda value: {"list": ["1", value]}, "/list/1"),
    "paths-own-text": (BY_PATHS, lambda value: {"lines": [{"own": value}]}, "/lines/0/own"),
    "badgerfish-text": (BADGERFISH, lambda value: {"r": {"b": {"$": value}}}, "/r/b/$"),
    "badgerfish-attribute": (BADGERFISH, lambda value: {"r": {"@a": value}}, "/r/@a"),
    "badgerfish-list": (BADGERFISH, lambda value: {"r": {"b": [{"$": "1"}, {"$": value}]}}, "/r/b/1/$"),
    "parker-text": (PARKER, lambda value: {"b": value}, "/b"),
    "parker-list": (PARKER, lambda value: {"b": ["1", value]}, "/b/1"),
}
CARRIED = {
    "end-of-cdata": "a]]>b",
    "cdata": "<![CDATA[x]]>",
    "element": "<x/>",
    "end-tag": "</r></root><root>",
    "ampersand": "a & b",
    "entity": "&lt;&x;&#0;",
    "quotes": "\" '",
    "attribute": '" k="v',
    "comment": "<!-- x --><?pi x?>",
    "doctype": '<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]>&x;',
    "line-ends": "a\tb\nc\rd\r\ne",
    "next-line": "a\x85b\u2028c",
    "astral": "\U0001f600\U0010ffff",
    "private": "\ue000\ufffd",
    "object-replacement": "\ufffc",
}
ILLEGAL = {
    "nul": "a\x00b",
    "control-8": "a\x08b",
    "vertical-tab": "a\x0bb",
    "form-feed": "a\x0cb",
    "escape": "a\x1bb",
    "unit-separator": "a\x1fb",
    "fffe": "a\ufffeb",
    "ffff": "a\uffffb",
    "high-surrogate": "a\ud800b",
    "low-surrogate": "a\udc00b",
}


@pytest.mark.parametrize("value", CARRIED.values(), ids=CARRIED)
@pytest.mark.parametrize("place", PLACES)
def test_markup_in_a_value_is_text(place: str, value: str) -> None:
    made, make, _ = PLACES[place]
    data = write(made, [make(value), make("next")])
    assert read(made, data) == [make(value), make("next")]
    assert _names(data) == _names(write(made, [make("plain"), make("next")]))


@pytest.mark.parametrize("value", ILLEGAL.values(), ids=ILLEGAL)
@pytest.mark.parametrize("place", PLACES)
def test_what_xml_cannot_carry_is_refused_with_its_path(place: str, value: str) -> None:
    made, make, path = PLACES[place]
    encoder = made.encoder(Context())
    with pytest.raises(MappingError) as caught:
        encoder.encode([make("fine"), make(value)])
    assert (caught.value.rule, caught.value.place.path) == ("xml-character", path)
    assert caught.value.place.record == 2


@pytest.mark.parametrize(
    "name", ["b><x", "b a='1'", "b/", "", "1b", "b\x00", "b\ufffe", "b\ud800", "xmlns:b", "a:b:c"]
)
@pytest.mark.parametrize(
    ("made", "make"),
    [
        (BADGERFISH, lambda name: {"r": {name: {"$": "x"}}}),
        (BADGERFISH, lambda name: {"r": {f"@{name}": "x"}}),
        (PARKER, lambda name: {name: "x"}),
        (BY_SCHEMA, lambda name: {f"@{{urn:x}}{name}": "x"}),
        (BY_SCHEMA, lambda name: {name: "x"}),
        (BY_PATHS, lambda name: {name: "x"}),
    ],
    ids=["badgerfish-element", "badgerfish-attribute", "parker", "any-attribute", "schema", "paths"],
)
def test_markup_in_a_name_is_refused(made: Format, make: Make, name: str) -> None:
    with pytest.raises(MappingError) as caught:
        made.encoder(Context()).encode([make(name)])
    assert caught.value.place.record == 1


def _names(data: bytes) -> list[Any]:
    """The elements of a document, and their attributes' names."""
    return [(element.tag, sorted(map(str, element.keys()))) for element in etree.fromstring(data).iter()]
