"""XML by schema as a format: streams of records, both ways."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from mappings.contract import Context, Format, MappingError, Record, Summary
from mappings.formats import FormatDefinition, build
from mappings.xml_definition import READ_FILE

ADAPTER: TypeAdapter[FormatDefinition] = TypeAdapter(FormatDefinition)
SHOP = """\
<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:shop" xmlns="urn:shop"
           elementFormDefault="qualified">
  <xs:element name="orders"><xs:complexType><xs:sequence>
    <xs:element name="batch"><xs:complexType><xs:sequence>
      <xs:element name="order" type="Order" minOccurs="0" maxOccurs="unbounded"/>
    </xs:sequence></xs:complexType></xs:element>
  </xs:sequence></xs:complexType></xs:element>
  <xs:element name="list"><xs:complexType>
    <xs:sequence>
      <xs:element name="title" type="xs:string"/><xs:element ref="order" maxOccurs="unbounded"/>
    </xs:sequence>
    <xs:attribute name="version" type="xs:int" use="required"/>
  </xs:complexType></xs:element>
  <xs:element name="order" type="Order"/>
  <xs:complexType name="Order">
    <xs:sequence>
      <xs:element name="sku" type="xs:string"/>
      <xs:element name="price" type="xs:decimal" minOccurs="0"/>
      <xs:element name="kind" type="xs:QName" minOccurs="0"/>
      <xs:element name="order" type="Order" minOccurs="0" maxOccurs="unbounded"/>
    </xs:sequence>
    <xs:attribute name="id" type="xs:int" use="required"/>
  </xs:complexType>
</xs:schema>
"""


def xml(**keys: Any) -> Format:
    """A format as a configuration defines it."""
    definition = {"format": "xml", "schema": [{"location": "shop.xsd", "content": SHOP}], **keys}
    return build(ADAPTER.validate_json(json.dumps(definition), strict=True))


def read(format_: Format, data: bytes, size: int = 1 << 20, **limits: Any) -> list[Record | MappingError]:
    """Every record and error, the data cut into chunks of `size` bytes."""
    decoder = format_.decoder(Context(**limits))
    found: list[Record | MappingError] = []
    for at in range(0, len(data), size):
        found += decoder.feed(data[at : at + size])
    last, summary = decoder.finish()
    found += last
    errors = [result for result in found if isinstance(result, MappingError)]
    assert summary == Summary(records=sum(not _is_beside(result) for result in found), errors=len(errors))
    return found


def _is_beside(result: Record | MappingError) -> bool:
    return isinstance(result, MappingError) and result.place.record is None


def write(format_: Format, records: list[Record], step: int = 1000) -> bytes:
    """The document of the records, encoded in several calls."""
    encoder = format_.encoder(Context())
    parts = [encoder.encode(records[at : at + step]) for at in range(0, len(records), step)]
    return b"".join(parts) + encoder.finish()


BATCH = xml(root="orders", record="batch/order")
DOCUMENT = b"""<?xml version="1.0"?>
<!-- comment --><o:orders xmlns:o="urn:shop" xmlns:k="urn:kinds"
  xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="urn:shop shop.xsd"><o:batch>
<o:order id="1"><o:sku>a</o:sku><o:price>1.50</o:price></o:order>
<order xmlns="urn:shop" id="2"><sku>&lt;b/&gt; ></sku><kind>k:x</kind></order><?pi x?>
  <o:order id="3"><o:sku/><o:order id="4"><o:sku>inner</o:sku></o:order></o:order>
</o:batch></o:orders>
"""
RECORDS: list[Record] = [
    {"@id": 1, "sku": "a", "price": Decimal("1.50")},
    {"@id": 2, "sku": "<b/> >", "kind": "{urn:kinds}x"},
    {"@id": 3, "sku": "", "order": [{"@id": 4, "sku": "inner"}]},
]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64, 10_000])
def test_chunks_cut_anywhere(size: int) -> None:
    assert read(BATCH, DOCUMENT, size) == RECORDS


@pytest.mark.parametrize("step", [1, 2, 1000])
def test_there_and_back(step: int) -> None:
    data = write(BATCH, RECORDS, step)
    assert read(BATCH, data) == RECORDS
    assert data == write(BATCH, RECORDS)
    assert data.count(b"xmlns:n0=") == 1


def test_what_is_written() -> None:
    assert write(BATCH, [{"@id": 1, "sku": "é&"}]).decode() == (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<n0:orders xmlns:n0="urn:shop"><n0:batch>\n'
        '<n0:order id="1"><n0:sku>é&amp;</n0:sku></n0:order>\n'
        "</n0:batch></n0:orders>\n"
    )


def test_no_records() -> None:
    data = write(BATCH, [])
    assert read(BATCH, data) == []
    assert write(BATCH, []) == data
    assert b"<n0:batch>" in data


ENCODINGS = ["utf-8", "utf-8-sig", "iso-8859-1", "windows-1252", "utf-16", "utf-16-le", "utf-16-be"]


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("size", [1, 5, 1000])
def test_encodings(encoding: str, size: int) -> None:
    name = {"utf-8-sig": "utf-8"}.get(encoding, "utf-16" if "16" in encoding else encoding)
    text = (
        f'<?xml version="1.0" encoding="{name}"?>\n<orders xmlns="urn:shop"><batch>\n'
        '<order id="1"><sku>Grüße</sku></order><order id="x"><sku>é</sku></order></batch></orders>'
    )
    good, bad = read(BATCH, text.encode(encoding), size)
    assert good == {"@id": 1, "sku": "Grüße"}
    assert isinstance(bad, MappingError)
    assert bad.place.line == 3
    # Of UTF-16, expat sees a transcript: no offset is better than a wrong one.
    expected = None if name == "utf-16" else text.encode(encoding).index(b'<order id="x"')
    assert bad.place.byte_offset == expected


def test_the_whole_document_as_one_record() -> None:
    format_ = xml(root="order")
    record: Record = {"@id": 7, "sku": "x"}
    data = write(format_, [record])
    assert read(format_, data, 3) == [record]
    assert data.startswith(b'<?xml version="1.0" encoding="UTF-8"?>\n<n0:order')


def test_what_stands_around_can_be_passed_over() -> None:
    data = (
        b'<list xmlns="urn:shop" version="1"><title>t <b><order id="9"/></b></title>'
        b'<order id="1"><sku>a</sku></order>text<order id="2"><sku>b</sku></order><end/></list>'
    )
    format_ = xml(root="list", record="order", around="skip")
    assert read(format_, data, 5) == [{"@id": 1, "sku": "a"}, {"@id": 2, "sku": "b"}]


def test_schema_of_a_record() -> None:
    schema = BATCH.schema()
    assert BATCH.content_type == "application/xml"
    assert "$schema" in schema
    assert schema == xml(root="{urn:shop}orders", record="batch/order").schema()


def test_included_documents_are_found_by_the_reader() -> None:
    files = {
        "erp/main.xsd": SHOP.replace(
            '<xs:complexType name="Order">', '<xs:include schemaLocation="../types/t.xsd"/><!--'
        ).replace("</xs:schema>", "--></xs:schema>"),
        "types/t.xsd": (
            '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:shop">'
            '<xs:import namespace="urn:x" schemaLocation="http://example.invalid/x.xsd"/>'
            '<xs:complexType name="Order"><xs:attribute name="id" type="xs:int"/></xs:complexType>'
            "</xs:schema>"
        ),
    }
    asked: list[str] = []

    def read_file(name: str) -> bytes:
        asked.append(name)
        if name not in files:
            raise ValueError(f"{name} does not exist")
        return files[name].encode()

    text = json.dumps({"format": "xml", "schema": "erp/main.xsd", "root": "orders", "record": "batch/order"})
    definition = ADAPTER.validate_json(text, strict=True, context={READ_FILE: read_file})
    assert read(build(definition), b'<orders xmlns="urn:shop"><batch><order id="1"/></batch></orders>') == [
        {"@id": 1}
    ]
    assert asked == ["erp/main.xsd", "types/t.xsd", "types/x.xsd"]
    # A stored definition holds the documents, and is read again without any file.
    again = ADAPTER.validate_json(definition.model_dump_json(by_alias=True), strict=True)
    assert again == definition


SKUS = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"], exclude_characters="￾￿"), max_size=8
)


@given(st.lists(st.tuples(st.integers(-(2**31), 2**31 - 1), SKUS), max_size=5), st.integers(1, 40))
def test_any_records_there_and_back(values: list[tuple[int, str]], size: int) -> None:
    records: list[Record] = [{"@id": number, "sku": sku} for number, sku in values]
    assert read(BATCH, write(BATCH, records), size) == records
