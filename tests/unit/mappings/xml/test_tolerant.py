"""Tolerant codecs: what they take that strict ones refuse, and what stays an error."""

from __future__ import annotations

import pytest

from mappings.contract import JsonValue, MappingError
from mappings.xml import ElementCodec, SchemaDocument, SchemaModel, parse_xml, read_schemas
from tests.unit.mappings.xml.contracts import NS, accepts, again, model, schema

XSI = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
ORDER = (
    '<xs:element name="root"><xs:complexType><xs:sequence>'
    '<xs:element name="id" type="xs:int"/>'
    '<xs:element name="code"><xs:simpleType><xs:restriction base="xs:string"><xs:maxLength value="3"/>'
    '<xs:pattern value="[A-Z]+"/><xs:enumeration value="ABC"/></xs:restriction></xs:simpleType></xs:element>'
    '<xs:element name="state" type="xs:string" fixed="open"/>'
    '<xs:element name="line" maxOccurs="unbounded"><xs:complexType><xs:sequence>'
    '<xs:element name="sku" type="xs:string"/></xs:sequence>'
    '<xs:attribute name="unit" type="xs:string" use="required"/></xs:complexType></xs:element>'
    '</xs:sequence><xs:attribute name="version" type="xs:int" use="required" fixed="1"/></xs:complexType>'
    "</xs:element>"
)
GOOD: JsonValue = {
    "@version": 1,
    "id": 5,
    "code": "ABC",
    "state": "open",
    "line": [{"@unit": "kg", "sku": "a"}],
}

CHOICE = (
    '<xs:element name="root"><xs:complexType><xs:choice><xs:element name="a" type="xs:int"/>'
    '<xs:element name="b" type="xs:string"/></xs:choice></xs:complexType></xs:element>'
)
UNION = (
    '<xs:element name="root"><xs:simpleType><xs:union><xs:simpleType><xs:restriction base="xs:string">'
    '<xs:enumeration value="all"/></xs:restriction></xs:simpleType><xs:simpleType>'
    '<xs:restriction base="xs:int"/></xs:simpleType></xs:union></xs:simpleType></xs:element>'
)
LIST = (
    '<xs:element name="root"><xs:simpleType><xs:restriction><xs:simpleType><xs:list itemType="xs:int"/>'
    '</xs:simpleType><xs:maxLength value="2"/></xs:restriction></xs:simpleType></xs:element>'
)
MIXED = '<xs:element name="root"><xs:complexType mixed="true"><xs:sequence/></xs:complexType></xs:element>'


def both(found: SchemaModel) -> tuple[ElementCodec, ElementCodec]:
    name = f"{{{NS}}}root"
    return found.element_codec(name), found.tolerant().element_codec(name)


TAKEN: list[tuple[str, str, JsonValue]] = [
    ("nothing-at-all", ORDER, {}),
    ("an-element-missing", ORDER, {"@version": 1, "code": "ABC", "state": "open"}),
    ("nil", ORDER, {"@version": 1, "id": None, "code": None, "line": [None]}),
    ("an-attribute-missing", ORDER, {"id": 5, "line": [{"sku": "a"}]}),
    ("too-long", ORDER, {"code": "ABCD"}),
    ("not-as-the-pattern", ORDER, {"code": "abc"}),
    ("another-value-than-the-fixed-one", ORDER, {"@version": 2, "state": "shut"}),
    ("nil-as-a-whole", ORDER, None),
    ("no-branch-of-a-choice", CHOICE, {}),
    ("a-longer-list", LIST, [1, 2, 3]),
]


@pytest.mark.parametrize(("body", "value"), [c[1:] for c in TAKEN], ids=[c[0] for c in TAKEN])
def test_taken_where_strict_refuses(body: str, value: JsonValue) -> None:
    strict, tolerant = both(model(body))
    assert again(tolerant, value) == value
    assert not accepts(strict, value)
    with pytest.raises(MappingError):
        strict.encode(value)


@pytest.mark.parametrize(
    ("body", "value"),
    [(ORDER, GOOD), (CHOICE, {"a": 1}), (UNION, "all"), (UNION, 5), (LIST, [1]), (MIXED, "text")],
    ids=["object", "choice", "union-text", "union-number", "list", "mixed"],
)
def test_good_messages_stay_as_they_are(body: str, value: JsonValue) -> None:
    for used in both(model(body)):
        assert again(used, value) == value


REFUSED: list[tuple[str, str, JsonValue, str]] = [
    ("unknown-member", ORDER, {"other": 1}, "unknown-member"),
    ("wrong-type", ORDER, {"id": "five"}, "type"),
    ("out-of-the-type's-range", ORDER, {"id": 2**40}, "range"),
    ("both-branches-of-a-choice", CHOICE, {"a": 1, "b": "x"}, "choice"),
    ("no-member-of-a-union", UNION, "some", "union"),
    ("one-value-for-a-list", ORDER, {"line": {"sku": "a"}}, "type"),
]


@pytest.mark.parametrize(("body", "value", "rule"), [c[1:] for c in REFUSED], ids=[c[0] for c in REFUSED])
def test_still_refused(body: str, value: JsonValue, rule: str) -> None:
    _, tolerant = both(model(body))
    with pytest.raises(MappingError) as caught:
        tolerant.encode(value)
    assert caught.value.rule == rule


def test_the_strict_model_is_not_changed() -> None:
    found = model(ORDER)
    before = found.element_codec(f"{{{NS}}}root").schema()
    found.tolerant()
    assert found.element_codec(f"{{{NS}}}root").schema() == before
    assert found.repairs == found.tolerant().repairs
    assert found.problems == found.tolerant().problems


# --- names in the wrong namespace --------------------------------------------------------------------


def _decoded(found: SchemaModel, document: str) -> JsonValue:
    return (
        found.tolerant().element_codec(f"{{{NS}}}root").decode(parse_xml(document.encode(), max_bytes=9999))
    )


INSIDE = '<id>5</id><line unit="kg"><sku>a</sku></line>'
MENDED = {
    "no-namespace-inside": f'<t:root xmlns:t="{NS}" version="1">{INSIDE}</t:root>',
    "no-namespace-at-all": f'<root version="1">{INSIDE}</root>',
    "another-namespace": f'<root xmlns="urn:o" version="1">{INSIDE}</root>',
}


@pytest.mark.parametrize("document", MENDED.values(), ids=MENDED)
def test_namespaces_are_mended(document: str) -> None:
    found = model(ORDER)
    assert _decoded(found, document) == {"@version": 1, "id": 5, "line": [{"@unit": "kg", "sku": "a"}]}
    with pytest.raises(MappingError):
        found.element_codec(f"{{{NS}}}root").decode(parse_xml(document.encode(), max_bytes=9999))


def test_namespaces_are_mended_where_elements_should_have_none() -> None:
    found = model(ORDER, attributes="")
    document = f'<root xmlns="{NS}"><id>5</id></root>'
    assert _decoded(found, document) == {"id": 5}


TWO = (
    '<xs:import namespace="urn:o"/><xs:element name="a" type="xs:int"/>'
    '<xs:element name="root"><xs:complexType><xs:sequence><xs:element ref="a" minOccurs="0"/>'
    '<xs:element ref="o:a" minOccurs="0" xmlns:o="urn:o"/></xs:sequence></xs:complexType></xs:element>'
)


def _two() -> SchemaModel:
    other = schema('<xs:element name="a" type="xs:string"/>', namespace="urn:o")
    return read_schemas([SchemaDocument("t.xsd", schema(TWO)), SchemaDocument("o.xsd", other)])


def test_a_local_name_that_two_elements_have_is_left_alone() -> None:
    right = f'<root xmlns="{NS}"><a>1</a><a xmlns="urn:o">x</a></root>'
    assert _decoded(_two(), right) == {"a": 1, "{urn:o}a": "x"}
    with pytest.raises(MappingError) as caught:
        _decoded(_two(), f'<t:root xmlns:t="{NS}"><a>1</a></t:root>')
    assert caught.value.rule == "unexpected-element"


def test_elements_beside_a_wildcard_are_left_alone() -> None:
    body = (
        '<xs:element name="root"><xs:complexType><xs:sequence><xs:element name="id" type="xs:int" '
        'minOccurs="0"/><xs:any namespace="##other" processContents="skip" minOccurs="0"/></xs:sequence>'
        "</xs:complexType></xs:element>"
    )
    document = f'<root xmlns="{NS}"><id xmlns="urn:o">x</id></root>'
    assert _decoded(model(body), document) == {"#any": '<id xmlns="urn:o">x</id>'}


def test_nil_inside_and_unknown_elements_in_a_reply() -> None:
    found = model(ORDER)
    assert _decoded(found, f'<root xmlns="{NS}"><id {XSI} xsi:nil="true"/></root>') == {"id": None}
    with pytest.raises(MappingError) as caught:
        _decoded(found, f'<root xmlns="{NS}"><more>1</more></root>')
    assert caught.value.rule == "unexpected-element"
