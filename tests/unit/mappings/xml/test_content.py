"""Complex types, both ways: members, occurrence, choices, groups, attributes, nil, derivation, raw XML."""

from __future__ import annotations

from decimal import Decimal

import pytest

from mappings.contract import JsonValue, MappingError
from mappings.xml import ElementCodec
from tests.unit.mappings.xml.contracts import NS, accepts, again, codec, decode, model, written

SEQUENCE = codec(
    "<xs:sequence>"
    '<xs:element name="a" type="xs:int"/>'
    '<xs:element name="b" type="xs:string" minOccurs="0"/>'
    '<xs:element name="c" type="xs:string" minOccurs="0" maxOccurs="unbounded"/>'
    '<xs:element name="d" type="xs:date" nillable="true"/>'
    '<xs:element name="e" type="xs:int" minOccurs="2" maxOccurs="3"/>'
    '</xs:sequence><xs:attribute name="id" type="xs:int" use="required"/>'
    '<xs:attribute name="lang" type="xs:language" default="en"/>'
    '<xs:attribute name="v" type="xs:decimal" fixed="1.0"/>'
)
ALL = codec(
    '<xs:all><xs:element name="a" type="xs:int"/><xs:element name="b" type="xs:int" minOccurs="0"/></xs:all>'
)
CHOICE = codec(
    '<xs:sequence><xs:choice><xs:element name="a" type="xs:int"/>'
    '<xs:sequence><xs:element name="b" type="xs:int"/>'
    '<xs:element name="c" type="xs:int" minOccurs="0"/></xs:sequence>'
    '<xs:element name="d" type="xs:int" maxOccurs="unbounded"/></xs:choice>'
    '<xs:element name="z" type="xs:int" minOccurs="0"/></xs:sequence>'
)
OPTIONAL_CHOICE = codec(
    '<xs:choice minOccurs="0"><xs:element name="a" type="xs:int"/><xs:element name="b" type="xs:int"/>'
    "</xs:choice>"
)
REPEATED_CHOICE = codec(
    '<xs:choice minOccurs="0" maxOccurs="unbounded"><xs:element name="a" type="xs:int"/>'
    '<xs:element name="b" type="xs:string"/></xs:choice>'
)
REPEATED_SEQUENCE = codec(
    '<xs:sequence maxOccurs="unbounded"><xs:element name="k" type="xs:string"/>'
    '<xs:element name="v" type="xs:int" minOccurs="0"/></xs:sequence>'
)
REPEATED_SINGLE = codec(
    '<xs:choice minOccurs="0" maxOccurs="unbounded"><xs:element name="row" type="xs:int"/></xs:choice>'
)
OPTIONAL_SEQUENCE = codec(
    '<xs:sequence><xs:sequence minOccurs="0"><xs:element name="a" type="xs:int"/>'
    '<xs:element name="b" type="xs:int"/>'
    '</xs:sequence><xs:element name="c" type="xs:int"/></xs:sequence>'
)
TWICE = codec(
    '<xs:sequence><xs:element name="a" type="xs:int"/><xs:element name="b" type="xs:int"/>'
    '<xs:element name="a" type="xs:int"/></xs:sequence>'
)
TEXT_AND_ATTRIBUTES = codec(
    '<xs:simpleContent><xs:extension base="xs:decimal">'
    '<xs:attribute name="currency" type="xs:string" use="required"/>'
    "</xs:extension></xs:simpleContent>"
)
TEXT_ONLY = codec('<xs:simpleContent><xs:extension base="xs:decimal"/></xs:simpleContent>')
EMPTY = codec("")
ANY = codec(
    '<xs:sequence><xs:element name="a" type="xs:int"/>'
    '<xs:any namespace="##other" minOccurs="0" maxOccurs="unbounded"'
    ' processContents="lax"/></xs:sequence><xs:anyAttribute namespace="##other"/>'
)
ANY_FIRST = codec(
    '<xs:sequence><xs:any minOccurs="0" maxOccurs="unbounded"/><xs:element name="end" type="xs:int"/>'
    "</xs:sequence>"
)
ANY_TYPE = codec('<xs:sequence><xs:element name="x" type="xs:anyType" nillable="true"/></xs:sequence>')
NIL_WITH_ATTRIBUTE = codec(
    '<xs:element name="root"><xs:complexType><xs:sequence>'
    '<xs:element name="x" nillable="true"><xs:complexType><xs:sequence>'
    '<xs:element name="y" type="xs:int"/></xs:sequence>'
    '<xs:attribute name="why" type="xs:string"/></xs:complexType></xs:element></xs:sequence>'
    "</xs:complexType></xs:element>"
)
DEFAULTS = codec(
    '<xs:sequence><xs:element name="d" type="xs:int" default="7"/>'
    '<xs:element name="f" type="xs:string" fixed="F"/>'
    '<xs:element name="s" type="xs:string" default="x"/></xs:sequence>'
)
RECURSIVE = codec(
    '<xs:complexType name="Node"><xs:sequence><xs:element name="name" type="xs:string"/>'
    '<xs:element name="child" type="Node" minOccurs="0" maxOccurs="unbounded"/></xs:sequence>'
    "</xs:complexType>"
    '<xs:element name="root" type="Node"/>'
)
RECURSIVE_ELEMENT = codec(
    '<xs:element name="root"><xs:complexType><xs:sequence><xs:element ref="root" minOccurs="0"/>'
    "</xs:sequence>"
    "</xs:complexType></xs:element>"
)
GROUPS = codec(
    '<xs:group name="G"><xs:sequence><xs:element name="g" type="xs:int"/>'
    '<xs:element name="h" type="xs:int"/>'
    '</xs:sequence></xs:group><xs:attributeGroup name="AG"><xs:attribute name="p" type="xs:int"/>'
    "</xs:attributeGroup>"
    '<xs:element name="root"><xs:complexType><xs:sequence><xs:group ref="G"/>'
    '<xs:element name="i" type="xs:int"/>'
    '</xs:sequence><xs:attributeGroup ref="AG"/></xs:complexType></xs:element>'
)
DERIVED = codec(
    '<xs:complexType name="Base"><xs:sequence><xs:element name="a" type="xs:int"/></xs:sequence>'
    "</xs:complexType>"
    '<xs:complexType name="More"><xs:complexContent><xs:extension base="Base"><xs:sequence>'
    '<xs:element name="b" type="xs:int"/></xs:sequence></xs:extension></xs:complexContent></xs:complexType>'
    '<xs:complexType name="Most"><xs:complexContent><xs:extension base="More">'
    '<xs:attribute name="c" type="xs:int"/>'
    "</xs:extension></xs:complexContent></xs:complexType>"
    '<xs:element name="root" type="Base"/>'
)
ABSTRACT = codec(
    '<xs:complexType name="Shape" abstract="true"><xs:sequence/></xs:complexType>'
    '<xs:complexType name="Circle"><xs:complexContent><xs:extension base="Shape"><xs:sequence>'
    '<xs:element name="r" type="xs:int"/></xs:sequence></xs:extension></xs:complexContent></xs:complexType>'
    '<xs:element name="root" type="Shape" nillable="true"/>'
)
TYPE_ATTRIBUTE = codec(
    '<xs:complexType name="Base"><xs:attribute name="type" type="xs:string"/></xs:complexType>'
    '<xs:complexType name="More"><xs:complexContent><xs:extension base="Base"><xs:sequence>'
    '<xs:element name="b" type="xs:int"/></xs:sequence></xs:extension></xs:complexContent></xs:complexType>'
    '<xs:element name="root" type="Base"/>'
)
SUBSTITUTES = (
    '<xs:element name="shape" type="xs:string" abstract="true"/>'
    '<xs:element name="circle" type="xs:string" substitutionGroup="shape"/>'
    '<xs:element name="square" type="xs:string" substitutionGroup="shape"/>'
    '<xs:element name="root"><xs:complexType><xs:sequence><xs:element ref="shape" {0}/></xs:sequence>'
    "</xs:complexType></xs:element>"
)
ONE_SHAPE = codec(SUBSTITUTES.format(""))
SHAPES = codec(SUBSTITUTES.format('maxOccurs="unbounded"'))
MIXED = codec(
    '<xs:element name="root"><xs:complexType><xs:sequence><xs:element name="p">'
    '<xs:complexType mixed="true"><xs:sequence>'
    '<xs:element name="b" type="xs:string" minOccurs="0"/></xs:sequence></xs:complexType></xs:element>'
    "</xs:sequence>"
    "</xs:complexType></xs:element>"
)

GOOD: list[tuple[str, ElementCodec, JsonValue, str]] = [
    (
        "sequence-all",
        SEQUENCE,
        {"@id": 1, "@lang": "de", "@v": Decimal("1.0"), "a": 2, "b": "", "c": ["x"], "d": None, "e": [1, 2]},
        '<root id="1" lang="de" v="1.0"><a>2</a><b></b><c>x</c><d xsi:nil="true"/><e>1</e><e>2</e></root>',
    ),
    (
        "sequence-least",
        SEQUENCE,
        {"@id": 1, "a": 2, "d": "2024-01-01", "e": [1, 2, 3]},
        '<root id="1"><a>2</a><d>2024-01-01</d><e>1</e><e>2</e><e>3</e></root>',
    ),
    ("all", ALL, {"a": 1, "b": 2}, "<root><a>1</a><b>2</b></root>"),
    ("choice-first", CHOICE, {"a": 1, "z": 2}, "<root><a>1</a><z>2</z></root>"),
    ("choice-group", CHOICE, {"b": 1, "c": 2}, "<root><b>1</b><c>2</c></root>"),
    ("choice-group-part", CHOICE, {"b": 1}, "<root><b>1</b></root>"),
    ("choice-many", CHOICE, {"d": [1, 2], "z": 3}, "<root><d>1</d><d>2</d><z>3</z></root>"),
    ("choice-none", OPTIONAL_CHOICE, {}, "<root/>"),
    ("choice-one", OPTIONAL_CHOICE, {"b": 1}, "<root><b>1</b></root>"),
    (
        "choice-repeated",
        REPEATED_CHOICE,
        {"#choice": [{"b": "x"}, {"a": 1}, {"b": "y"}]},
        "<root><b>x</b><a>1</a><b>y</b></root>",
    ),
    ("choice-repeated-none", REPEATED_CHOICE, {}, "<root/>"),
    (
        "sequence-repeated",
        REPEATED_SEQUENCE,
        {"#sequence": [{"k": "a", "v": 1}, {"k": "b"}]},
        "<root><k>a</k><v>1</v><k>b</k></root>",
    ),
    ("single-repeated", REPEATED_SINGLE, {"row": [1, 2]}, "<root><row>1</row><row>2</row></root>"),
    (
        "optional-sequence",
        OPTIONAL_SEQUENCE,
        {"a": 1, "b": 2, "c": 3},
        "<root><a>1</a><b>2</b><c>3</c></root>",
    ),
    ("optional-sequence-absent", OPTIONAL_SEQUENCE, {"c": 3}, "<root><c>3</c></root>"),
    ("same-element-twice", TWICE, {"a": 1, "b": 2, "a#2": 3}, "<root><a>1</a><b>2</b><a>3</a></root>"),
    (
        "text-and-attribute",
        TEXT_AND_ATTRIBUTES,
        {"#text": Decimal("1.50"), "@currency": "EUR"},
        '<root currency="EUR">1.50</root>',
    ),
    ("text-only", TEXT_ONLY, Decimal("1.50"), "<root>1.50</root>"),
    ("empty", EMPTY, {}, "<root/>"),
    (
        "any",
        ANY,
        {"a": 1, "#any": ['<x xmlns="urn:x"><y>1</y></x>', '<z xmlns="urn:z"/>']},
        '<root><a>1</a><x xmlns="urn:x"><y>1</y></x><z xmlns="urn:z"/></root>',
    ),
    ("any-none", ANY, {"a": 1}, "<root><a>1</a></root>"),
    ("any-type-text", ANY_TYPE, {"x": "hello"}, "<root><x>hello</x></root>"),
    ("any-type-nil", ANY_TYPE, {"x": None}, '<root><x xsi:nil="true"/></root>'),
    ("nil", NIL_WITH_ATTRIBUTE, {"x": None}, '<root><x xsi:nil="true"/></root>'),
    (
        "nil-with-attribute",
        NIL_WITH_ATTRIBUTE,
        {"x": {"@why": "w", "#nil": True}},
        '<root><x xsi:nil="true" why="w"/></root>',
    ),
    ("not-nil", NIL_WITH_ATTRIBUTE, {"x": {"@why": "w", "y": 1}}, '<root><x why="w"><y>1</y></x></root>'),
    (
        "recursive",
        RECURSIVE,
        {"name": "a", "child": [{"name": "b", "child": [{"name": "c"}]}, {"name": "d"}]},
        "<root><name>a</name><child><name>b</name><child><name>c</name></child></child><child><name>d</name></child></root>",
    ),
    ("recursive-element", RECURSIVE_ELEMENT, {"root": {"root": {}}}, "<root><root><root/></root></root>"),
    ("groups", GROUPS, {"@p": 0, "g": 1, "h": 2, "i": 3}, '<root p="0"><g>1</g><h>2</h><i>3</i></root>'),
    ("declared-type", DERIVED, {"a": 1}, "<root><a>1</a></root>"),
    ("abstract-nil", ABSTRACT, None, '<root xsi:nil="true"/>'),
    ("attribute-called-type", TYPE_ATTRIBUTE, {"@type": "t"}, '<root type="t"/>'),
    ("substitute", ONE_SHAPE, {"square": "s"}, "<root><square>s</square></root>"),
    (
        "substitutes",
        SHAPES,
        {"#choice": [{"square": "s"}, {"circle": "c"}]},
        "<root><square>s</square><circle>c</circle></root>",
    ),
    ("mixed-text", MIXED, {"p": "just text"}, "<root><p>just text</p></root>"),
]


@pytest.mark.parametrize(
    ("used", "value", "text"), [case[1:] for case in GOOD], ids=[case[0] for case in GOOD]
)
def test_value_both_ways(used: ElementCodec, value: JsonValue, text: str) -> None:
    assert decode(used, text) == value
    assert written(used, value).replace("<b/>", "<b></b>") == text
    assert again(used, value) == value


def test_order_of_members_does_not_matter_in_json() -> None:
    assert written(TWICE, {"a#2": 3, "b": 2, "a": 1}) == "<root><a>1</a><b>2</b><a>3</a></root>"


def test_all_takes_any_order_in_xml() -> None:
    assert decode(ALL, "<b>2</b><a>1</a>") == {"a": 1, "b": 2}


def test_empty_array_is_written_as_nothing() -> None:
    assert written(SEQUENCE, {"@id": 1, "a": 1, "c": [], "d": None, "e": [1, 2]}).count("<c>") == 0


def test_white_space_comments_and_instructions_between_elements() -> None:
    assert decode(ALL, "\n <!-- c --> <a>1</a> <?pi x?>\n<b>2</b> ") == {"a": 1, "b": 2}
    assert decode(CHOICE, "\n <!-- c --> <a>1</a> <?pi x?>\n ") == {"a": 1}


def test_attributes_of_the_instance_and_xml_namespaces_are_passed_over() -> None:
    text = (
        '<root xsi:schemaLocation="urn:t t.xsd" xml:lang="de">'
        '<a xsi:type="xs:int" xml:space="preserve">1</a></root>'
    )
    assert decode(ALL, text) == {"a": 1}


def test_nil_false_is_a_value() -> None:
    assert decode(NIL_WITH_ATTRIBUTE, '<x xsi:nil="false"><y>1</y></x>') == {"x": {"y": 1}}


def test_defaults_stand_for_empty_elements() -> None:
    assert decode(DEFAULTS, "<d/><f/><s/>") == {"d": 7, "f": "F", "s": "x"}
    assert again(DEFAULTS, {"d": 8, "f": "F", "s": "y"}) == {"d": 8, "f": "F", "s": "y"}


def test_derived_types_name_themselves() -> None:
    value: JsonValue = {"@type": f"{{{NS}}}Most", "@c": 3, "a": 1, "b": 2}
    assert decode(DERIVED, '<root xsi:type="t:Most" c="3"><a>1</a><b>2</b></root>') == value
    assert again(DERIVED, value) == value
    assert decode(DERIVED, '<root xsi:type="t:Base"><a>1</a></root>') == {"a": 1}
    circle: JsonValue = {"@type": f"{{{NS}}}Circle", "r": 1}
    assert again(ABSTRACT, circle) == circle
    typed: JsonValue = {"@xsi:type": f"{{{NS}}}More", "@type": "t", "b": 1}
    assert again(TYPE_ATTRIBUTE, typed) == typed


def test_raw_content_keeps_every_part() -> None:
    seen = decode(MIXED, "<p>one <b>two</b> three<!-- c --></p>")
    assert isinstance(seen, dict)
    assert isinstance(seen["p"], dict)
    assert "one <b>two</b> three<!-- c --></p>" in str(seen["p"]["xml"])
    # Prefixes may change on the way, nothing else does.
    assert again(MIXED, again(MIXED, seen)) == again(MIXED, seen)
    seen = decode(ANY_TYPE, '<x k="1" xsi:type="xs:int">5</x>')
    assert "xs:int" in written(ANY_TYPE, seen)
    assert 'xmlns:xs="http://www.w3.org/2001/XMLSchema"' in written(ANY_TYPE, seen)
    assert again(ANY_TYPE, again(ANY_TYPE, seen)) == again(ANY_TYPE, seen)


def test_wildcard_leaves_what_follows_to_its_element() -> None:
    seen = decode(ANY_FIRST, "<other/><end>1</end>")
    assert isinstance(seen, dict)
    assert seen["end"] == 1
    assert len(seen["#any"]) == 1  # type: ignore[arg-type]


def test_wildcard_attributes_go_by_their_full_name() -> None:
    value: JsonValue = {"@{urn:x}k": "v", "a": 1}
    assert decode(ANY, '<root xmlns:x="urn:x" x:k="v"><a>1</a></root>') == value
    assert again(ANY, value) == value


def test_names_of_two_namespaces_are_told_apart() -> None:
    used = codec(
        '<xs:complexType name="T"><xs:sequence><xs:element name="a" type="xs:int" form="qualified"/>'
        '<xs:element name="a" type="xs:int" form="unqualified"/></xs:sequence>'
        '<xs:attribute name="k" type="xs:int"/></xs:complexType><xs:element name="root" type="T"/>'
    )
    value: JsonValue = {"@k": 0, "a": 1, "{}a": 2}
    assert again(used, value) == value


def test_type_codec_names_the_element() -> None:
    found = model(
        '<xs:complexType name="T"><xs:sequence><xs:element name="a" type="xs:int"/></xs:sequence>'
        "</xs:complexType>"
    )
    part = found.type_codec(f"{{{NS}}}T", "part")
    assert part.name == "part"
    assert part.decode(part.encode({"a": 1})) == {"a": 1}
    assert found.type_codec("{http://www.w3.org/2001/XMLSchema}int", "{urn:p}n").encode(5).text == "5"


BAD_XML = [
    ("element-missing", SEQUENCE, '<root id="1"><a>1</a><e>1</e><e>2</e></root>', "missing-element", ""),
    ("element-unknown", ALL, "<a>1</a><x/>", "unexpected-element", "/x"),
    ("element-in-no-namespace", ALL, '<a xmlns="">1</a>', "unexpected-element", "/a"),
    ("element-out-of-order", SEQUENCE, '<root id="1"><b/><a>1</a></root>', "unexpected-element", "/a"),
    ("element-twice", ALL, "<a>1</a><a>1</a>", "unexpected-element", "/a"),
    (
        "too-many",
        SEQUENCE,
        '<root id="1"><a>1</a><d xsi:nil="1"/><e>1</e><e>1</e><e>1</e><e>1</e></root>',
        "occurrence",
        "/e",
    ),
    ("too-few", SEQUENCE, '<root id="1"><a>1</a><d xsi:nil="1"/><e>1</e></root>', "occurrence", "/e"),
    ("attribute-missing", SEQUENCE, "<root/>", "missing-attribute", ""),
    ("attribute-unknown", ALL, '<root x="1"><a>1</a></root>', "unexpected-attribute", ""),
    ("attribute-on-text", ALL, '<a x="1">1</a>', "unexpected-attribute", "/a"),
    ("attribute-bad", SEQUENCE, '<root id="x"/>', "lexical", "/@id"),
    ("attribute-not-fixed", SEQUENCE, '<root id="1" v="2"/>', "fixed", "/@v"),
    ("text-between", ALL, "<a>1</a>stray", "unexpected-text", ""),
    ("text-before", CHOICE, "stray<a>1</a>", "unexpected-text", ""),
    ("text-in-empty", EMPTY, "stray", "unexpected-text", ""),
    (
        "bad-in-array",
        SEQUENCE,
        '<root id="1"><a>1</a><d xsi:nil="1"/><e>1</e><e>x</e></root>',
        "lexical",
        "/e/1",
    ),
    ("nil-not-allowed", ALL, '<a xsi:nil="true"/>', "nil", "/a"),
    (
        "nil-with-content",
        SEQUENCE,
        '<root id="1"><a>1</a><d xsi:nil="true">2024-01-01</d></root>',
        "nil",
        "/d",
    ),
    ("nil-neither", SEQUENCE, '<root id="1"><a>1</a><d xsi:nil="maybe"/></root>', "nil", "/d"),
    ("choice-none", CHOICE, "<z>1</z>", "missing-element", ""),
    ("choice-both", CHOICE, "<a>1</a><b>2</b>", "unexpected-element", "/b"),
    ("group-incomplete", OPTIONAL_SEQUENCE, "<a>1</a><c>3</c>", "missing-element", ""),
    ("repeated-bad", REPEATED_CHOICE, "<b>x</b><a>x</a>", "lexical", "/#choice/1/a"),
    ("repeated-none", REPEATED_SEQUENCE, "", "missing-element", ""),
    ("fixed", DEFAULTS, "<d/><f>G</f><s/>", "fixed", "/f"),
    ("type-unknown", DERIVED, '<root xsi:type="t:Nope"/>', "xsi-type", ""),
    ("type-not-derived", ABSTRACT, '<root xsi:type="xs:int"/>', "xsi-type", ""),
    ("type-abstract", ABSTRACT, "<root/>", "abstract", ""),
    ("type-prefix", DERIVED, '<root xsi:type="nope:T"/>', "prefix", ""),
    ("wildcard-namespace", ANY, "<a>1</a><t:own/>", "unexpected-element", "/own"),
    ("shape-unknown", SHAPES, "<triangle/>", "missing-element", ""),
]


@pytest.mark.parametrize(
    ("used", "text", "rule", "path"), [c[1:] for c in BAD_XML], ids=[c[0] for c in BAD_XML]
)
def test_bad_xml_is_refused(used: ElementCodec, text: str, rule: str, path: str) -> None:
    with pytest.raises(MappingError) as caught:
        decode(used, text)
    assert (caught.value.rule, caught.value.place.path) == (rule, path)
    assert caught.value.place.line == 1


FULL: dict[str, JsonValue] = {"@id": 1, "a": 1, "d": None, "e": [1, 2]}
BAD_JSON: list[tuple[str, ElementCodec, JsonValue, str, str]] = [
    ("not-an-object", ALL, [1], "type", ""),
    ("null", ALL, None, "type", ""),
    ("member-unknown", ALL, {"a": 1, "x": 2}, "unknown-member", "/x"),
    ("member-missing", ALL, {"b": 2}, "missing-member", ""),
    ("member-null", ALL, {"a": None}, "type", "/a"),
    ("member-type", SEQUENCE, {**FULL, "a": "1"}, "type", "/a"),
    ("attribute-missing", SEQUENCE, {"a": 1, "d": None, "e": [1, 2]}, "missing-member", ""),
    ("attribute-type", SEQUENCE, {**FULL, "@id": "1"}, "type", "/@id"),
    ("attribute-unknown", SEQUENCE, {**FULL, "@x": "1"}, "unknown-member", "/@x"),
    ("attribute-not-fixed", SEQUENCE, {**FULL, "@v": 2}, "fixed", "/@v"),
    ("not-an-array", SEQUENCE, {**FULL, "e": 1}, "type", "/e"),
    ("array-too-short", SEQUENCE, {**FULL, "e": [1]}, "occurrence", "/e"),
    ("array-too-long", SEQUENCE, {**FULL, "e": [1, 2, 3, 4]}, "occurrence", "/e"),
    ("item-type", SEQUENCE, {**FULL, "e": [1, "2"]}, "type", "/e/1"),
    ("choice-none", CHOICE, {"z": 1}, "choice", ""),
    ("choice-both", CHOICE, {"a": 1, "b": 2}, "choice", ""),
    ("choice-half", CHOICE, {"c": 2}, "missing-member", ""),
    ("optional-choice-both", OPTIONAL_CHOICE, {"a": 1, "b": 2}, "choice", ""),
    ("group-incomplete", OPTIONAL_SEQUENCE, {"a": 1, "c": 3}, "missing-member", ""),
    ("repeated-not-an-array", REPEATED_CHOICE, {"#choice": {"a": 1}}, "type", "/#choice"),
    ("repeated-empty", REPEATED_CHOICE, {"#choice": [{}]}, "empty-group", "/#choice/0"),
    ("repeated-both", REPEATED_CHOICE, {"#choice": [{"a": 1, "b": "x"}]}, "choice", "/#choice/0"),
    (
        "repeated-unknown",
        REPEATED_CHOICE,
        {"#choice": [{"a": 1, "x/y~": 1}]},
        "unknown-member",
        "/#choice/0/x~1y~0",
    ),
    ("repeated-none", REPEATED_SEQUENCE, {}, "missing-member", ""),
    ("text-missing", TEXT_AND_ATTRIBUTES, {"@currency": "EUR"}, "missing-member", ""),
    ("text-type", TEXT_AND_ATTRIBUTES, {"@currency": "EUR", "#text": "1"}, "type", "/#text"),
    ("text-not-an-object", TEXT_AND_ATTRIBUTES, Decimal(1), "type", ""),
    (
        "text-unknown-member",
        TEXT_AND_ATTRIBUTES,
        {"@currency": "E", "#text": 1, "x": 1},
        "unknown-member",
        "/x",
    ),
    ("character", RECURSIVE, {"name": "a", "child": [{"name": "\x00"}]}, "xml-character", "/child/0/name"),
    ("default-would-change-it", DEFAULTS, {"d": 1, "f": "F", "s": ""}, "default", "/s"),
    ("fixed", DEFAULTS, {"d": 1, "f": "G", "s": "x"}, "fixed", "/f"),
    ("type-unknown", DERIVED, {"@type": "{urn:t}Nope", "a": 1}, "xsi-type", "/@type"),
    ("type-not-text", DERIVED, {"@type": 1, "a": 1}, "xsi-type", "/@type"),
    ("type-missing", ABSTRACT, {"r": 1}, "abstract", ""),
    ("type-abstract", ABSTRACT, {"@type": "{urn:t}Shape"}, "xsi-type", "/@type"),
    ("any-not-xml", ANY, {"a": 1, "#any": ["<x"]}, "raw-xml", "/#any/0"),
    ("any-doctype", ANY, {"a": 1, "#any": ["<!DOCTYPE x><x/>"]}, "raw-xml", "/#any/0"),
    ("any-own-namespace", ANY, {"a": 1, "#any": ['<x xmlns="urn:t"/>']}, "wildcard", "/#any/0"),
    ("any-not-text", ANY, {"a": 1, "#any": [1]}, "type", "/#any/0"),
    ("any-attribute-value", ANY, {"a": 1, "@{urn:x}k": 1}, "unknown-member", "/@{urn:x}k"),
    ("raw-other-element", ANY_TYPE, {"x": {"xml": "<y/>"}}, "raw-xml", "/x/xml"),
    ("raw-more", ANY_TYPE, {"x": {"xml": "<x/>", "y": 1}}, "type", "/x"),
    ("nil-false", NIL_WITH_ATTRIBUTE, {"x": {"#nil": False}}, "nil", "/x/#nil"),
    ("nil-with-members", NIL_WITH_ATTRIBUTE, {"x": {"#nil": True, "y": 1}}, "nil", "/x"),
]


@pytest.mark.parametrize(
    ("used", "value", "rule", "path"), [c[1:] for c in BAD_JSON], ids=[c[0] for c in BAD_JSON]
)
def test_bad_json_is_refused(used: ElementCodec, value: JsonValue, rule: str, path: str) -> None:
    with pytest.raises(MappingError) as caught:
        used.encode(value)
    assert (caught.value.rule, caught.value.place.path) == (rule, path)


# What only the codec checks: characters, defaults, the inside of raw XML, and namespaces of wildcards.
CODEC_ONLY = {
    "character",
    "default-would-change-it",
    "any-not-xml",
    "any-doctype",
    "any-own-namespace",
    "raw-other-element",
    "any-attribute-value",
}


@pytest.mark.parametrize(
    ("used", "value"),
    [c[1:3] for c in BAD_JSON if c[0] not in CODEC_ONLY],
    ids=[c[0] for c in BAD_JSON if c[0] not in CODEC_ONLY],
)
def test_bad_json_is_refused_by_the_schema_too(used: ElementCodec, value: JsonValue) -> None:
    assert not accepts(used, value)
