"""xsi:nil, xsi:type and what blocks them, and types that are empty.

Source: XML Schema 1.0 Part 1, §3.3.4 (Element Locally Valid, clauses 3 and 4), §3.4.4 (clauses 2.1 and 4).
"""

from __future__ import annotations

import pytest

from mappings.contract import JsonValue, MappingError
from mappings.xml import ElementCodec
from tests.unit.mappings.xml.contracts import NS, accepts, again, codec, decode

BODY = (
    '<xs:complexType name="B"{0}><xs:sequence><xs:element name="t" type="xs:string"/></xs:sequence>'
    '</xs:complexType><xs:complexType name="Longer"><xs:complexContent><xs:extension base="B">'
    '<xs:attribute name="ed" type="xs:int" use="required"/></xs:extension></xs:complexContent>'
    '</xs:complexType><xs:complexType name="Narrower"><xs:complexContent><xs:restriction base="B">'
    '<xs:sequence><xs:element name="t" type="xs:NCName"/></xs:sequence></xs:restriction>'
    '</xs:complexContent></xs:complexType><xs:complexType name="Longest"><xs:complexContent>'
    '<xs:extension base="Narrower"><xs:attribute name="x" type="xs:int"/></xs:extension></xs:complexContent>'
    '</xs:complexType><xs:element name="root"><xs:complexType><xs:sequence>'
    '<xs:element name="one" type="B" nillable="true" {1}/></xs:sequence></xs:complexType></xs:element>'
)
FREE = codec(BODY.format("", ""))
HEADS = (
    '<xs:element name="head" type="B" {1}/><xs:element name="longer" type="Longer" substitutionGroup="head"/>'
    '<xs:element name="narrower" type="Narrower" substitutionGroup="head"/>'
)
REFERRING = BODY.replace('<xs:element name="one" type="B" nillable="true" {1}/>', '<xs:element ref="head"/>')
SHUT = codec(
    '<xs:sequence><xs:element name="f" type="xs:int" fixed="1" nillable="true"/>'
    '<xs:element name="a" minOccurs="0" nillable="true"><xs:complexType>'
    '<xs:attribute name="c" type="xs:int" use="required"/></xs:complexType></xs:element></xs:sequence>'
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('<one xsi:nil="true"/>', None),
        ('<one xsi:nil="true" xsi:type="t:B"/>', None),
        ('<one xsi:nil="true"><!-- c --></one>', None),
        (
            '<one xsi:nil="true" xsi:type="t:Longer" ed="4"/>',
            {"@type": f"{{{NS}}}Longer", "@ed": 4, "#nil": True},
        ),
        ('<one xsi:nil="true" xsi:type="t:Narrower"/>', {"@type": f"{{{NS}}}Narrower", "#nil": True}),
        (
            '<one xsi:nil="false" xsi:type="t:Narrower"><t>x</t></one>',
            {"@type": f"{{{NS}}}Narrower", "t": "x"},
        ),
    ],
)
def test_nil_both_ways(text: str, value: JsonValue) -> None:
    assert decode(FREE, text) == {"one": value}
    assert again(FREE, {"one": value}) == {"one": value}


@pytest.mark.parametrize(
    ("used", "text", "rule"),
    [
        (FREE, '<one xsi:nil="true" xsi:type="t:Longer"/>', "missing-attribute"),
        (FREE, '<one xsi:nil="true" ed="4"/>', "unexpected-attribute"),
        (FREE, '<one xsi:nil="true"> </one>', "nil"),
        (FREE, '<one xsi:nil="true"><t>x</t></one>', "unexpected-element"),
        (FREE, '<one xsi:nil="maybe"/>', "nil"),
        (FREE, '<one xsi:nil="true" xsi:type="t:None"/>', "xsi-type"),
        (SHUT, '<f xsi:nil="true"/>', "fixed"),
        (SHUT, '<f>1</f><a xsi:nil="true"/>', "missing-attribute"),
        (SHUT, '<f>1</f><a c="1"> </a>', "unexpected-text"),
        (SHUT, '<f>1</f><a c="1"><!-- c -->\n</a>', "unexpected-text"),
    ],
)
def test_refused(used: ElementCodec, text: str, rule: str) -> None:
    with pytest.raises(MappingError) as caught:
        decode(used, text)
    assert caught.value.rule == rule


@pytest.mark.parametrize(
    ("used", "value", "rule", "path"),
    [
        (FREE, {"one": {"@type": f"{{{NS}}}Longer", "#nil": True}}, "missing-member", "/one"),
        (FREE, {"one": {"@type": f"{{{NS}}}Longer", "@ed": 4, "#nil": False}}, "nil", "/one/#nil"),
        (FREE, {"one": {"@type": f"{{{NS}}}Narrower", "t": "x", "#nil": True}}, "nil", "/one"),
        (SHUT, {"f": None}, "fixed", "/f"),
        (SHUT, {"f": 1, "a": None}, "missing-member", "/a"),
    ],
)
def test_refused_when_written(used: ElementCodec, value: JsonValue, rule: str, path: str) -> None:
    with pytest.raises(MappingError) as caught:
        used.encode(value)
    assert (caught.value.rule, caught.value.place.path) == (rule, path)
    assert not accepts(used, value)


@pytest.mark.parametrize(
    ("of_type", "of_element", "allowed"),
    [
        ("", "", {"Longer", "Narrower", "Longest"}),
        (' block="extension"', "", {"Narrower"}),
        (' block="restriction"', "", {"Longer"}),
        (' block="#all"', "", set()),
        ("", 'block="extension"', {"Narrower"}),
        ("", 'block="restriction"', {"Longer"}),
        (' block="extension"', 'block="restriction"', set()),
        ("", 'block="substitution"', {"Longer", "Narrower", "Longest"}),
    ],
)
def test_types_that_are_blocked_may_not_stand_in(of_type: str, of_element: str, allowed: set[str]) -> None:
    used = codec(BODY.format(of_type, of_element))
    attributes = {"Longer": 'ed="1"', "Narrower": "", "Longest": ""}
    for name, attribute in attributes.items():
        text = f'<one xsi:type="t:{name}" {attribute}><t>x</t></one>'
        value: JsonValue = {
            "one": {"@type": f"{{{NS}}}{name}", "t": "x", **({"@ed": 1} if attribute else {})}
        }
        if name in allowed:
            assert decode(used, text) == value
            assert again(used, value) == value
            continue
        with pytest.raises(MappingError) as caught:
            decode(used, text)
        assert caught.value.rule == "xsi-type"
        assert not accepts(used, value)
        with pytest.raises(MappingError):
            used.encode(value)


@pytest.mark.parametrize(
    ("of_type", "of_element", "allowed"),
    [
        ("", "", ["longer", "narrower"]),
        (' block="extension"', "", ["narrower"]),
        ("", 'block="restriction"', ["longer"]),
        ("", 'block="#all"', []),
    ],
)
def test_elements_of_blocked_types_may_not_stand_in(
    of_type: str, of_element: str, allowed: list[str]
) -> None:
    used = codec((HEADS + REFERRING).format(of_type, of_element))
    for name, attribute in (("longer", 'ed="1"'), ("narrower", "")):
        text = f"<{name} {attribute}><t>x</t></{name}>"
        if name in allowed:
            assert list(decode(used, text)) == [name]  # type: ignore[arg-type]
            continue
        with pytest.raises(MappingError):
            decode(used, text)
