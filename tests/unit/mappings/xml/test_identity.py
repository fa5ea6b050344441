"""xs:key, xs:keyref and xs:unique, in records that are global elements.

Source: XML Schema 1.0 Part 1, §3.11.4 (Identity-constraint Satisfied).
"""

from __future__ import annotations

import time
from typing import Any

import pytest

from mappings.contract import Context, Format, MappingError
from tests.unit.mappings.xml.path_samples import read, write, xml

XSD = 'xmlns:xs="http://www.w3.org/2001/XMLSchema"'
ITEM = (
    '<xs:complexType name="Item"><xs:sequence><xs:element name="part" minOccurs="0" maxOccurs="unbounded">'
    '<xs:complexType><xs:attribute name="no" type="xs:decimal"/></xs:complexType></xs:element></xs:sequence>'
    '<xs:attribute name="id" type="xs:int"/><xs:attribute name="ref" type="xs:int"/>'
    '<xs:attribute name="code" type="Code"/><xs:attribute name="name" type="xs:ID"/>'
    '<xs:attribute ref="xml:lang"/></xs:complexType>'
    '<xs:simpleType name="Code"><xs:restriction base="xs:token"><xs:pattern value="([a-z]+)+"/>'
    "</xs:restriction></xs:simpleType>"
)
RULES = (
    '<xs:key name="k"><xs:selector xpath="o:item"/><xs:field xpath="@id"/></xs:key>'
    '<xs:keyref name="r" refer="o:k"><xs:selector xpath="child::o:item"/><xs:field xpath="@ref"/></xs:keyref>'
    '<xs:unique name="u"><xs:selector xpath=".//o:item"/><xs:field xpath="@code"/></xs:unique>'
    '<xs:key name="n"><xs:selector xpath="o:named"/><xs:field xpath="@name"/></xs:key>'
)
ORDERS = (
    f'<xs:schema {XSD} xmlns:o="urn:o" xmlns="urn:o" targetNamespace="urn:o" elementFormDefault="qualified">'
    f'<xs:import namespace="urn:p" schemaLocation="p.xsd"/>{ITEM}'
    '<xs:element name="order"><xs:complexType><xs:sequence>'
    '<xs:element name="item" maxOccurs="unbounded" type="Item"><xs:unique name="inner">'
    '<xs:selector xpath="o:part"/><xs:field xpath="@no"/></xs:unique></xs:element>'
    '<xs:element name="named" minOccurs="0" maxOccurs="unbounded" type="Item"/>'
    f"</xs:sequence></xs:complexType>{RULES}</xs:element>"
    '<xs:element name="orders"><xs:complexType><xs:sequence><xs:element ref="order" maxOccurs="unbounded"/>'
    '</xs:sequence></xs:complexType><xs:unique name="all"><xs:selector xpath="o:order/o:item"/>'
    '<xs:field xpath="@id"/></xs:unique></xs:element></xs:schema>'
)
OTHER = f'<xs:schema {XSD} targetNamespace="urn:p"><xs:element name="p" type="xs:int"/></xs:schema>'


def by(root: str, **keys: Any) -> Format:
    documents = [{"location": "o.xsd", "content": ORDERS}, {"location": "p.xsd", "content": OTHER}]
    return xml(schema=documents, root=root, **keys)


ORDER = by("order")
STREAM = by("orders", record="order")

GOOD = [
    '<item id="1"/><item id="2" ref="1" code="a" xml:lang="de"/>',
    '<item id="1"><part no="1"/><part no="2"/></item><item id="2"><part no="1"/></item>',
    '<item id="1" name="a"/><named name="a"/><named name="b"/>',
]
BAD = [
    ('<item id="1"/>\n<item id="01"/>', "key", 2),
    ('<item id="1"/>\n<item/>', "key", 2),
    ('<item id="1"/>\n<item id="2" ref="3"/>', "keyref", 2),
    ('<item id="1" code="a"/>\n<item id="2" code=" a "/>', "unique", 2),
    ('<item id="1"><part no="1"/>\n<part no="1.0"/></item>', "unique", 2),
    ('<item id="1"/><named name="a"/>\n<named name="a"/>', "key", 2),
]


@pytest.mark.parametrize("text", GOOD)
def test_good(text: str) -> None:
    document = f'<order xmlns="urn:o">{text}</order>'.encode()
    (record,) = read(ORDER, document)
    assert not isinstance(record, MappingError)
    assert read(ORDER, write(ORDER, [record])) == [record]


@pytest.mark.parametrize(("text", "rule", "line"), BAD)
def test_bad(text: str, rule: str, line: int) -> None:
    (error,) = read(ORDER, f'<order xmlns="urn:o">{text}</order>'.encode())
    assert isinstance(error, MappingError)
    assert (error.rule, error.place.line, error.place.record) == (rule, line, 1)


@pytest.mark.parametrize(("text", "rule", "line"), BAD)
def test_of_a_stream_each_record_by_itself(text: str, rule: str, line: int) -> None:
    data = f'<orders xmlns="urn:o"><order>{text}</order><order><item id="1"/></order></orders>'.encode()
    error, record = read(STREAM, data)
    assert isinstance(error, MappingError)
    assert (error.rule, error.place.line, error.place.record) == (rule, line, 1)
    assert record == {"item": [{"@id": 1}]}


@pytest.mark.parametrize("made", [ORDER, STREAM], ids=["document", "stream"])
def test_what_is_written_is_checked(made: Format) -> None:
    with pytest.raises(MappingError) as caught:
        made.encoder(Context()).encode([{"item": [{"@id": 1}, {"@id": 1}]}])
    assert (caught.value.rule, caught.value.place.line, caught.value.place.record) == ("key", None, 1)


def test_many_of_one_key_take_no_more_time_than_many_keys() -> None:
    """By lxml's way of telling where, 60,000 take more than 5 s, and twice as many four times as long."""
    one = b'<item id="1"/>'
    started = time.process_time()
    (error,) = read(ORDER, b'<order xmlns="urn:o">' + one * 60_000 + b"</order>")
    assert isinstance(error, MappingError)
    assert (error.rule, error.place.line) == ("key", 1)
    assert time.process_time() - started < 5


def test_what_the_codec_refuses_is_told_first() -> None:
    (error,) = read(ORDER, b'<order xmlns="urn:o"><item id="1"/><item id="1" code="9"/></order>')
    assert isinstance(error, MappingError)
    assert error.rule == "pattern"


def test_a_schema_that_cannot_be_checked_says_so() -> None:
    unclear = (
        f'<xs:schema {XSD}><xs:element name="a"><xs:complexType><xs:sequence>'
        '<xs:element name="b" minOccurs="0"/><xs:any minOccurs="0" processContents="skip"/></xs:sequence>'
        '</xs:complexType><xs:unique name="u"><xs:selector xpath="b"/><xs:field xpath="@c"/></xs:unique>'
        "</xs:element></xs:schema>"
    )
    made = xml(schema=[{"location": "u.xsd", "content": unclear}])
    assert any("key" in loss for loss in made.losses())
    assert not any("key" in loss for loss in ORDER.losses())
