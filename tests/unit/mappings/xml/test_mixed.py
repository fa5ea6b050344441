"""Mixed content: kept as XML, and checked all the same, both ways.

Source: XML Schema 1.0 Part 1, §3.4.4 (Element Locally Valid (Complex Type), clauses 2.4, 3 and 4).
"""

from __future__ import annotations

import pytest

from mappings.contract import JsonValue, MappingError
from tests.unit.mappings.xml.contracts import NS, again, codec, decode

XSI = "http://www.w3.org/2001/XMLSchema-instance"
NOTE = codec(
    '<xs:complexType name="Note" mixed="true"><xs:choice minOccurs="0" maxOccurs="unbounded">'
    '<xs:element name="b" type="xs:int"/><xs:element name="i" type="Note"/>'
    '<xs:any namespace="##other" processContents="lax"/></xs:choice>'
    '<xs:attribute name="k" type="xs:int"/></xs:complexType>'
    '<xs:complexType name="Signed" mixed="true"><xs:complexContent><xs:extension base="Note"><xs:sequence>'
    '<xs:element name="by" type="xs:string"/></xs:sequence></xs:extension></xs:complexContent>'
    '</xs:complexType><xs:element name="root"><xs:complexType><xs:sequence>'
    '<xs:element name="n" type="Note" nillable="true" maxOccurs="unbounded"/>'
    "</xs:sequence></xs:complexType></xs:element>"
)
ORDERED = codec(
    '<xs:element name="root"><xs:complexType><xs:sequence><xs:element name="n">'
    '<xs:complexType mixed="true"><xs:sequence><xs:element name="a" type="xs:int"/>'
    '<xs:element name="c" type="xs:int" maxOccurs="2"/></xs:sequence>'
    '<xs:attribute name="id" type="xs:int" use="required"/></xs:complexType></xs:element></xs:sequence>'
    "</xs:complexType></xs:element>"
)

GOOD = {
    "text": "<n>only text</n>",
    "nothing": "<n/>",
    "elements": "<n>a<b>1</b>c<b>2</b></n>",
    "comments": "<n>a<!-- <c/> --><?pi x?></n>",
    "attribute": '<n k="1">t</n>',
    "nested": '<n>q<i k="2">w<i><b>1</b></i>e</i>r</n>',
    "another-vocabulary": '<n>t<o xmlns="urn:o"><b>x</b></o></n>',
    "nil-with-attribute": '<n xsi:nil="true" k="1"/>',
    "not-nil": '<n xsi:nil="false">t</n>',
    "derived": '<n xsi:type="t:Signed">t<b>1</b>z<by>me</by></n>',
}


@pytest.mark.parametrize("text", GOOD.values(), ids=GOOD)
def test_comes_back(text: str) -> None:
    seen = again(NOTE, decode(NOTE, text))
    assert again(NOTE, seen) == seen


@pytest.mark.parametrize(
    ("text", "rule", "words"),
    [
        ("<n><c/></n>", "unexpected-element", "/c: unexpected element"),
        ("<n>a<b>x</b></n>", "lexical", "/#choice/0/b: not a valid xs:int"),
        ("<n>q<i>w<i><b>1</b><b>x</b></i></i></n>", "lexical", "/i/#choice/1/b: "),
        ('<n k="z">t</n>', "lexical", "/@k: not a valid xs:int"),
        ('<n q="1">t</n>', "unexpected-attribute", "unexpected attribute q"),
        ('<n><i q="1">t</i></n>', "unexpected-attribute", "/i: unexpected attribute q"),
        ('<n xsi:nil="true"> </n>', "nil", "has content"),
        ('<n><i xsi:nil="true"/></n>', "nil", "does not allow"),
        ('<n xsi:type="t:Signed">t<b>1</b></n>', "missing-element", "by is missing"),
        ('<n xsi:type="t:Other">t</n>', "xsi-type", "may stand here"),
    ],
)
def test_what_the_schema_does_not_allow_is_refused(text: str, rule: str, words: str) -> None:
    with pytest.raises(MappingError) as caught:
        decode(NOTE, f"<n>fine</n>\n{text}")
    assert caught.value.rule == rule
    assert words in caught.value.reason
    assert (caught.value.place.path, caught.value.place.line) == ("/n/1", 2)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ('<n id="1">x<a>1</a>y<c>2</c>z<c>3</c></n>', None),
        ('<n id="1">x<c>2</c><a>1</a></n>', "missing-element"),
        ('<n id="1">x<a>1</a></n>', "missing-element"),
        ('<n id="1">x<a>1</a><c>2</c><c>2</c><c>2</c></n>', "unexpected-element"),
        ("<n>x<a>1</a><c>2</c></n>", "missing-attribute"),
        ('<n id="1">x</n>', "missing-element"),
    ],
)
def test_order_and_number_of_elements(text: str, rule: str | None) -> None:
    if rule is None:
        assert again(ORDERED, again(ORDERED, decode(ORDERED, text))) == again(ORDERED, decode(ORDERED, text))
        return
    with pytest.raises(MappingError) as caught:
        decode(ORDERED, text)
    assert caught.value.rule == rule


@pytest.mark.parametrize(
    ("inside", "rule"),
    [("<b>x</b>", "lexical"), ("<q/>", "unexpected-element"), ("\n<i q='1'/>", "unexpected-attribute")],
)
def test_what_is_written_is_checked(inside: str, rule: str) -> None:
    value: JsonValue = {"n": ["fine", {"xml": f'<n xmlns="{NS}">{inside}</n>'}]}
    with pytest.raises(MappingError) as caught:
        NOTE.encode(value)
    assert caught.value.rule == rule
    assert (caught.value.place.path, caught.value.place.line) == ("/n/1/xml", None)


def test_text_is_refused_where_elements_are_missing() -> None:
    with pytest.raises(MappingError) as caught:
        ORDERED.encode({"n": "text"})
    assert (caught.value.rule, caught.value.place.path) == ("missing-attribute", "/n")


def test_a_derived_type_with_mixed_content_is_checked_by_what_it_is() -> None:
    used = codec(
        '<xs:complexType name="Base" abstract="true"/><xs:complexType name="Free" mixed="true">'
        '<xs:complexContent><xs:extension base="Base"><xs:sequence><xs:element name="a" type="xs:int"/>'
        "</xs:sequence></xs:extension></xs:complexContent></xs:complexType>"
        '<xs:element name="root" type="Base"/>'
    )
    name = f"{{{NS}}}Free"
    raw = f'<root xmlns="{NS}" xmlns:xsi="{XSI}" xmlns:q="{NS}" xsi:type="q:Free">t<a>1</a></root>'
    seen = again(used, {"@type": name, "xml": raw})
    assert again(used, seen) == seen
    for other, rule in [
        (raw.replace("q:Free", "q:Base"), "xsi-type"),
        (raw.replace("<a>1", "<a>x"), "lexical"),
    ]:
        with pytest.raises(MappingError) as caught:
            used.encode({"@type": name, "xml": other})
        assert caught.value.rule == rule


def test_what_is_nested_is_made_a_text_once() -> None:
    deep = "<i>" * 50 + "<b>1</b>" + "</i>" * 50
    assert str(decode(NOTE, f"<n>{deep}</n>")).count("<i>") == 50
