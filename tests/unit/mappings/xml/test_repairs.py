"""Sloppy sets of schema documents: what is mended, what is reported, what an unresolvable part costs."""

from __future__ import annotations

import pytest

from mappings.contract import JsonValue
from mappings.xml import SchemaDocument, SchemaModel, UnsupportedSchemaError, read_schemas
from tests.unit.mappings.xml.contracts import NS, schema

TYPES = (
    '<xs:simpleType name="Code"><xs:restriction base="xs:string"><xs:maxLength value="3"/>'
    "</xs:restriction></xs:simpleType>"
)
USES_OTHER = '<xs:element name="root" type="o:Code" xmlns:o="urn:o"/>'


def read(*documents: tuple[str, bytes]) -> SchemaModel:
    return read_schemas([SchemaDocument(location, content) for location, content in documents])


def round_trip(found: SchemaModel, value: JsonValue, name: str = "root") -> None:
    used = found.element_codec(f"{{{NS}}}{name}")
    assert used.decode(used.encode(value)) == value


def test_import_by_namespace_alone_needs_no_repair() -> None:
    body = '<xs:import namespace="urn:o"/>' + USES_OTHER
    found = read(("a#1", schema(body)), ("a#2", schema(TYPES, namespace="urn:o")))
    round_trip(found, "abc")
    assert found.repairs == found.problems == ()


MENDED = [
    ("missing-import", "", "without importing it"),
    (
        "wrong-import-namespace",
        '<xs:import namespace="urn:wrong" schemaLocation="o.xsd"/>',
        "which declares urn:o",
    ),
    (
        "imported-file-elsewhere",
        '<xs:import namespace="urn:o" schemaLocation="gone.xsd"/>',
        "another document declares",
    ),
    ("included-instead", '<xs:include schemaLocation="o.xsd"/>', "taken as an import"),
    (
        "included-file-missing",
        '<xs:include schemaLocation="gone.xsd"/><xs:import namespace="urn:o"/>',
        "is missing; left out",
    ),
]


@pytest.mark.parametrize(("statements", "repair"), [c[1:] for c in MENDED], ids=[c[0] for c in MENDED])
def test_mended_and_reported(statements: str, repair: str) -> None:
    found = read(("a.xsd", schema(statements + USES_OTHER)), ("o.xsd", schema(TYPES, namespace="urn:o")))
    round_trip(found, "abc")
    assert any(repair in text for text in found.repairs)
    assert found.problems == ()


def test_unprefixed_name_without_default_namespace_is_taken_as_ones_own() -> None:
    content = schema('<xs:element name="root" type="Code"/>' + TYPES).replace(f' xmlns="{NS}"'.encode(), b"")
    found = read(("a.xsd", content))
    round_trip(found, "abc")
    assert "names no namespace" in found.repairs[0]


def test_same_document_twice_is_one() -> None:
    content = schema('<xs:element name="root" type="Code"/>' + TYPES)
    found = read(("a.xsd", content), ("b.xsd", content))
    assert found.repairs == found.problems == ()
    round_trip(found, "abc")


def test_second_different_declaration_is_reported() -> None:
    other = schema('<xs:element name="root" type="xs:int"/>')
    found = read(("a.xsd", schema('<xs:element name="root" type="xs:string"/>')), ("b.xsd", other))
    round_trip(found, "abc")
    assert "declared again" in found.repairs[0]


def test_include_of_a_document_without_namespace_takes_the_includers() -> None:
    chameleon = schema('<xs:element name="leaf" type="Code"/>' + TYPES, namespace="")
    including = schema(
        '<xs:include schemaLocation="c.xsd"/><xs:element name="root"><xs:complexType><xs:sequence>'
        '<xs:element ref="leaf"/></xs:sequence></xs:complexType></xs:element>'
    )
    found = read(("dir/a.xsd", including), ("dir/c.xsd", chameleon))
    round_trip(found, {"leaf": "abc"})
    assert found.repairs == ()


def test_import_of_a_document_without_namespace() -> None:
    plain = schema('<xs:element name="leaf" type="xs:int"/>', namespace="")
    importing = schema(
        '<xs:import schemaLocation="c.xsd"/><xs:element name="root"><xs:complexType><xs:sequence>'
        '<xs:element xmlns="" ref="leaf"/></xs:sequence></xs:complexType></xs:element>'
    )
    found = read(("a.xsd", importing), ("c.xsd", plain))
    round_trip(found, {"leaf": 5})


def test_same_prefix_for_different_namespaces_in_one_document() -> None:
    body = (
        '<xs:element name="root"><xs:complexType><xs:sequence>'
        '<xs:element name="a" xmlns:q="urn:o" type="q:Code"/>'
        '<xs:element name="b" xmlns:q="urn:t" type="q:Own"/>'
        '</xs:sequence></xs:complexType></xs:element><xs:simpleType name="Own">'
        '<xs:restriction base="xs:int"/></xs:simpleType>'
    )
    found = read(
        ("a#1", schema('<xs:import namespace="urn:o"/>' + body)), ("a#2", schema(TYPES, namespace="urn:o"))
    )
    round_trip(found, {"a": "abc", "b": 5})


BROKEN_PARTS = [
    ("type", '<xs:element name="bad" type="Gone"/>'),
    ("prefix", '<xs:element name="bad" type="nope:Gone"/>'),
    ("namespace", '<xs:element xmlns:g="urn:gone" name="bad" type="g:Gone"/>'),
    (
        "base",
        '<xs:complexType name="X"><xs:complexContent><xs:extension base="Gone"/></xs:complexContent>'
        "</xs:complexType>"
        '<xs:element name="bad" type="X"/>',
    ),
    (
        "inner",
        '<xs:element name="bad"><xs:complexType><xs:sequence><xs:element name="x" type="Gone"/>'
        "</xs:sequence>"
        "</xs:complexType></xs:element>",
    ),
    (
        "ref",
        '<xs:element name="bad"><xs:complexType><xs:sequence><xs:element ref="gone"/></xs:sequence>'
        "</xs:complexType></xs:element>",
    ),
    ("group", '<xs:element name="bad"><xs:complexType><xs:group ref="gone"/></xs:complexType></xs:element>'),
    (
        "attribute-group",
        '<xs:element name="bad"><xs:complexType><xs:attributeGroup ref="gone"/></xs:complexType>'
        "</xs:element>",
    ),
    (
        "attribute",
        '<xs:element name="bad"><xs:complexType><xs:attribute name="a" type="Gone"/></xs:complexType>'
        "</xs:element>",
    ),
    (
        "union",
        '<xs:element name="bad"><xs:simpleType><xs:union memberTypes="xs:int Gone"/></xs:simpleType>'
        "</xs:element>",
    ),
    ("list", '<xs:element name="bad"><xs:simpleType><xs:list itemType="Gone"/></xs:simpleType></xs:element>'),
    ("xsd-type", '<xs:element name="bad" type="xs:nonsense"/>'),
    (
        "encoded",
        '<xs:element xmlns:e="http://schemas.xmlsoap.org/soap/encoding/" name="bad" type="e:Array"/>',
    ),
]


@pytest.mark.parametrize("part", [c[1] for c in BROKEN_PARTS], ids=[c[0] for c in BROKEN_PARTS])
def test_unresolvable_part_costs_only_what_needs_it(part: str) -> None:
    needing = (
        '<xs:element name="user"><xs:complexType><xs:sequence><xs:element ref="bad"/></xs:sequence>'
        "</xs:complexType></xs:element>"
    )
    found = read(("a.xsd", schema(part + needing + '<xs:element name="root" type="xs:int"/>')))
    round_trip(found, 5)
    for name in ("bad", "user"):
        with pytest.raises(UnsupportedSchemaError, match="is not declared"):
            found.element_codec(f"{{{NS}}}{name}")
    assert found.problems


def test_lost_head_of_a_substitution_group_costs_nothing_else() -> None:
    found = read(("a.xsd", schema('<xs:element name="root" type="xs:int" substitutionGroup="gone"/>')))
    round_trip(found, 5)
    assert "substitution group" in found.repairs[0]


def test_broken_derived_type_is_left_out_of_the_choice() -> None:
    body = (
        '<xs:complexType name="Base"><xs:sequence/></xs:complexType>'
        '<xs:complexType name="Bad"><xs:complexContent><xs:extension base="Base"><xs:sequence>'
        '<xs:element name="x" type="Gone"/></xs:sequence></xs:extension></xs:complexContent>'
        "</xs:complexType>"
        '<xs:element name="root" type="Base"/>'
    )
    found = read(("a.xsd", schema(body)))
    round_trip(found, {})


BAD_DOCUMENTS = [
    ("empty", b""),
    ("not-xml", b"{}"),
    ("cut", schema(TYPES)[:-20]),
    ("other-xml", b"<html/>"),
    ("binary", bytes(range(256))),
    (
        "laughs",
        b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "'
        + b"&a;" * 1000
        + b'"><!ENTITY c "'
        + b"&b;" * 1000
        + b'"><!ENTITY d "'
        + b"&c;" * 1000
        + b'">]><x>&d;</x>',
    ),
    (
        "external",
        b'<!DOCTYPE x SYSTEM "file:///etc/passwd" [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>',
    ),
]


@pytest.mark.parametrize("content", [c[1] for c in BAD_DOCUMENTS], ids=[c[0] for c in BAD_DOCUMENTS])
def test_document_that_is_no_schema_is_reported(content: bytes) -> None:
    found = read(("bad.xsd", content), ("a.xsd", schema('<xs:element name="root" type="xs:int"/>')))
    round_trip(found, 5)
    assert "bad.xsd" in found.problems[0]


SELF_CONTAINING = [
    (
        "type",
        '<xs:complexType name="T"><xs:complexContent><xs:extension base="T"/></xs:complexContent>'
        "</xs:complexType>"
        '<xs:element name="bad" type="T"/>',
    ),
    (
        "two-types",
        '<xs:simpleType name="A"><xs:restriction base="B"/></xs:simpleType><xs:simpleType name="B">'
        '<xs:restriction base="A"/></xs:simpleType><xs:element name="bad" type="A"/>',
    ),
    (
        "group",
        '<xs:group name="G"><xs:sequence><xs:group ref="G"/></xs:sequence></xs:group>'
        '<xs:element name="bad"><xs:complexType><xs:group ref="G"/></xs:complexType></xs:element>',
    ),
    (
        "required-recursion",
        '<xs:element name="bad"><xs:complexType><xs:sequence><xs:element ref="bad"/></xs:sequence>'
        "</xs:complexType></xs:element>",
    ),
]


@pytest.mark.parametrize("part", [c[1] for c in SELF_CONTAINING], ids=[c[0] for c in SELF_CONTAINING])
def test_definitions_that_contain_themselves_end(part: str) -> None:
    found = read(("a.xsd", schema(part + '<xs:element name="root" type="xs:int"/>')))
    round_trip(found, 5)


def test_unknown_names() -> None:
    found = read(("a.xsd", schema('<xs:element name="root" type="xs:int"/>')))
    with pytest.raises(UnsupportedSchemaError, match="not declared"):
        found.element_codec("{urn:t}nope")
    with pytest.raises(UnsupportedSchemaError, match="not declared"):
        found.type_codec("{urn:t}Nope", "x")
    with pytest.raises(UnsupportedSchemaError):
        found.type_codec("#0", "x")


def test_nothing_at_all() -> None:
    assert read().elements == ()
