"""XML by declared paths: what is read and written, what is refused and where, and the laws of both ways."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mappings.contract import Context, MappingError, Place
from mappings.json.schema import RecordSchema
from tests.unit.mappings.xml.path_samples import read, read_all, rules, told, write, xml

ORDERS: dict[str, Any] = {
    "root": "s:shop",
    "record": "s:orders/order",
    "namespaces": {"s": "urn:shop", "x": "urn:extra"},
    "fields": {
        "id": {"path": "@id", "type": "integer", "required": True},
        "placed": {"path": "placed", "type": "date", "pattern": "%d.%m.%Y"},
        "customer": "customer/name",
        "vip": {"path": "customer/@vip", "type": "boolean"},
        "total": {"type": "decimal", "scale": 2},
        "currency": "total/@x:currency",
        "notes": {"path": "notes/note", "repeat": True},
        "lines": {
            "path": "line",
            "repeat": True,
            "fields": {
                "sku": "@sku",
                "quantity": {"type": "integer", "minimum": 1},
                "text": {"nullable": True},
            },
        },
        "address": {"nullable": True, "fields": {"city": {}, "codes": {"path": "code", "repeat": True}}},
    },
}
CODEC = xml(**ORDERS)
DOCUMENT = b"""<?xml version="1.0" encoding="UTF-8"?>
<!-- of a shop --><s:shop xmlns:s="urn:shop" xmlns:x="urn:extra"><s:orders>
 <order id=" 7 "><placed> 31.12.2026 </placed>
  <customer vip="1"><name>A &amp; <![CDATA[<B>]]></name></customer>
  <total x:currency="EUR">12.5</total><notes><note/><note> b </note></notes>
  <line sku="a"><quantity>2</quantity></line>
  <line><text xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:nil="true"/></line>
  <address><city>Rome</city></address></order>
 <order xmlns:i="http://www.w3.org/2001/XMLSchema-instance" id="8"><address i:nil="true"/><notes/></order>
</s:orders></s:shop>
"""
RECORDS: list[Any] = [
    {
        "id": 7,
        "placed": "2026-12-31",
        "customer": "A & <B>",
        "vip": True,
        "total": Decimal("12.5"),
        "currency": "EUR",
        "notes": ["", " b "],
        "lines": [{"sku": "a", "quantity": 2}, {"text": None}],
        "address": {"city": "Rome"},
    },
    {"id": 8, "address": None, "notes": []},
]


@pytest.mark.parametrize("size", [1, 7, 100, 10_000])
def test_a_document_is_read(size: int) -> None:
    results, summary = read_all(CODEC, DOCUMENT, size)
    assert results == RECORDS
    assert (summary.records, summary.errors) == (2, 0)


def test_records_are_written_and_read() -> None:
    data = write(CODEC, RECORDS)
    assert read(CODEC, data) == RECORDS
    assert b'<total x:currency="EUR">12.50</total>' in data
    assert (
        data.index(b"<placed>") < data.index(b"<customer ") < data.index(b"<total ") < data.index(b"<line ")
    )
    assert write(CODEC, read(CODEC, data)) == data
    schema = RecordSchema(dict(CODEC.schema()))
    for record in RECORDS:
        assert schema.error(record, Place()) is None
    assert schema.error({"id": "7"}, Place()) is not None
    assert schema.error({"id": 7, "more": 1}, Place()) is not None


NIL = 'xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:nil="1"'
NIL_TOTAL = f'<order id="1"><total {NIL}/></order>'
NIL_CITY = f'<order id="1"><address {NIL}><city/></address></order>'
READ: list[tuple[str, str, str, str]] = [
    ("type", '<order id="x"/>', "integer", "/id"),
    ("required", "<order/>", "required", "/id"),
    ("date", '<order id="1"><placed>31.02.2026</placed></order>', "date", "/placed"),
    ("scale", '<order id="1"><total>1.234</total></order>', "decimal", "/total"),
    ("words", '<order id="1"><customer vip="yes"/></order>', "boolean", "/vip"),
    (
        "minimum",
        '<order id="1"><line/><line><quantity>0</quantity></line></order>',
        "minimum",
        "/lines/1/quantity",
    ),
    ("twice", '<order id="1"><total>1</total><total>2</total></order>', "occurrence", "/total"),
    ("wrapper-twice", '<order id="1"><customer/><customer/></order>', "occurrence", "/customer"),
    ("unknown", '<order id="1"><other/></order>', "unexpected-element", "/other"),
    ("unknown-inside", '<order id="1"><line><other/></line></order>', "unexpected-element", "/lines/0/other"),
    ("attribute", '<order id="1" no="2"/>', "unexpected-attribute", "/no"),
    ("namespace", '<order id="1"><total xmlns="urn:shop">1</total></order>', "unexpected-element", "/total"),
    (
        "attribute-namespace",
        '<order id="1"><total currency="EUR">1</total></order>',
        "unexpected-attribute",
        "/currency",
    ),
    ("text", '<order id="1">x</order>', "unexpected-text", ""),
    ("text-inside", '<order id="1"><line>x</line></order>', "unexpected-text", "/lines/0"),
    ("element-in-text", '<order id="1"><placed><b/></placed></order>', "unexpected-element", "/b"),
    (
        "null",
        NIL_TOTAL,
        "null",
        "/total",
    ),
    (
        "null-with-content",
        NIL_CITY,
        "nil",
        "/address",
    ),
    ("empty", '<order id="1"><total/></order>', "", ""),
    ("empty-number", '<order id="1"><line><quantity/></line></order>', "integer", "/lines/0/quantity"),
]


@pytest.mark.parametrize(("order", "rule", "path"), [one[1:] for one in READ], ids=[one[0] for one in READ])
def test_a_bad_record_is_an_error_with_its_place(order: str, rule: str, path: str) -> None:
    text = f'<s:shop xmlns:s="urn:shop"><s:orders>{order}<order id="9"/></s:orders></s:shop>'
    first, second = read(CODEC, text.encode())
    assert second == {"id": 9}
    if not rule:
        assert first == {"id": 1}
        return
    assert isinstance(first, MappingError)
    assert first.rule == rule
    assert (first.place.path or "").endswith(path)
    assert (first.place.record, first.place.line) == (1, 1)
    assert first.raw == order.encode()


WRITTEN: list[tuple[str, Any, str, str]] = [
    ("not-an-object", [], "type", ""),
    ("required", {}, "required", "/id"),
    ("unknown", {"id": 1, "other": 2}, "unknown-field", "/other"),
    ("type", {"id": "1"}, "type", "/id"),
    ("null", {"id": None}, "null", "/id"),
    ("not-a-list", {"id": 1, "notes": "a"}, "type", "/notes"),
    ("item", {"id": 1, "notes": ["a", 1]}, "type", "/notes/1"),
    ("inside", {"id": 1, "lines": [{}, {"quantity": 0}]}, "minimum", "/lines/1/quantity"),
    ("unknown-inside", {"id": 1, "lines": [{"x": 1}]}, "unknown-field", "/lines/0/x"),
    ("empty-list", {"id": 1, "lines": []}, "ambiguous", ""),
    ("character", {"id": 1, "customer": "\x00"}, "xml-character", "/customer"),
    ("scale", {"id": 1, "total": Decimal("1.234")}, "scale", "/total"),
]


@pytest.mark.parametrize(
    ("record", "rule", "path"), [one[1:] for one in WRITTEN], ids=[one[0] for one in WRITTEN]
)
def test_what_cannot_be_written_is_refused(record: Any, rule: str, path: str) -> None:
    with pytest.raises(MappingError) as caught:
        write(CODEC, [{"id": 1}, record])
    assert caught.value.rule == rule
    assert (caught.value.place.record, caught.value.place.path or "") == (2, path)


def test_leniencies() -> None:
    definition = {"root": "r", "record": "a", "fields": {"x": {"type": "integer"}, "y": {}}}
    data = b"<r><a z='1'>t<x/><b/><y> u </y></a></r>"
    assert rules(read(xml(**definition), data)) == ["unexpected-attribute"]
    assert rules(read(xml(**definition, others="skip"), data)) == ["integer"]
    assert read(xml(**definition, others="skip", empty="absent"), data) == [{"y": " u "}]
    assert read(xml(**definition, others="skip", empty="absent", spaces="trim"), data) == [{"y": "u"}]
    losses = xml(**definition, others="skip", empty="absent", spaces="trim", around="skip").losses()
    assert {one.split(":")[0] for one in losses} == {
        "format",
        "around",
        "fields",
        "others",
        "spaces",
        "empty",
    }


def test_a_default_namespace_is_that_of_names_without_a_prefix() -> None:
    codec = xml(root="r", namespaces={"": "urn:r"}, fields={"a": "x/a", "b": "x/@b"})
    data = b'<p:r xmlns:p="urn:r"><p:x b="1"><p:a>2</p:a></p:x></p:r>'
    assert read(codec, data) == [{"a": "2", "b": "1"}]
    assert write(codec, [{"a": "2", "b": "1"}]).endswith(b'<r xmlns="urn:r"><x b="1"><a>2</a></x></r>\n')


@pytest.mark.parametrize(
    "head", [b"<!DOCTYPE r>", b'<!DOCTYPE r [<!ENTITY a "b">]>', b"<!DOCTYPE r SYSTEM 'file:///etc/passwd'>"]
)
@pytest.mark.parametrize(
    "how", [{"fields": {"a": {}}}, {"convention": "badgerfish"}, {"convention": "parker"}]
)
def test_document_types_are_refused(head: bytes, how: dict[str, Any]) -> None:
    with pytest.raises(MappingError, match="document type declaration"):
        read(xml(root="r", **how), head + b"<r><a>x</a></r>")


PROBLEMS: list[tuple[str, dict[str, Any], str]] = [
    ("nothing", {}, "schema: one of schema, fields and convention"),
    ("both", {"root": "r", "fields": {"a": {}}, "convention": "parker"}, "schema: one of schema, fields"),
    ("no-root", {"fields": {"a": {}}}, "root: is required"),
    ("no-root-of-records", {"convention": "parker", "record": "a"}, "root: is required"),
    ("prefix", {"root": "p:r", "fields": {"a": {}}}, "root: the prefix 'p' is none of namespaces"),
    ("prefix-of-a-path", {"root": "r", "fields": {"a": "p:a"}}, "fields.a.path: the prefix 'p' is none"),
    ("same-path", {"root": "r", "fields": {"a": "x", "b": "x"}}, "fields.b.path: is that of a too"),
    ("same-text", {"root": "r", "fields": {"a": "x", "b": "x/text()"}}, "fields.b.path: is that of a too"),
    (
        "inside-a-text",
        {"root": "r", "fields": {"a": "x", "b": "x/y"}},
        "fields.b.path: is inside of a, which is a text",
    ),
    (
        "inside-a-list",
        {"root": "r", "fields": {"a": {"path": "x", "repeat": True}, "b": "x/@y"}},
        "fields.b.path: is inside of a; make it a field of a group there",
    ),
    (
        "attribute-list",
        {"root": "r", "fields": {"a": {"path": "@a", "repeat": True}}},
        "fields.a: an attribute does not",
    ),
    (
        "own-list",
        {"root": "r", "fields": {"a": {"path": ".", "repeat": True}}},
        "fields.a: the record's own element",
    ),
    (
        "group-of-an-attribute",
        {"root": "r", "fields": {"a": {"path": "@a", "fields": {"b": {}}}}},
        "a group is an element",
    ),
    (
        "key-of-another-type",
        {"root": "r", "fields": {"a": {"scale": 2}}},
        "fields.a.scale: is not for the type string",
    ),
    (
        "pattern",
        {"root": "r", "fields": {"a": {"type": "date", "pattern": "%Y"}}},
        "fields.a.pattern: a date needs",
    ),
    (
        "range",
        {"root": "r", "fields": {"a": {"type": "integer", "minimum": 2, "maximum": 1}}},
        "fields.a.maximum: is less",
    ),
    ("others", {"root": "r", "convention": "parker", "others": "skip"}, "others: is about fields"),
]


@pytest.mark.parametrize(
    ("definition", "problem"), [one[1:] for one in PROBLEMS], ids=[one[0] for one in PROBLEMS]
)
def test_contradictions(definition: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValueError) as caught:
        xml(**definition)
    assert any(line.startswith(problem) or problem in line for line in str(caught.value).splitlines())


TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc", "Cn", "Co"]), max_size=8)
LINE = st.fixed_dictionaries(
    {}, optional={"sku": TEXT, "quantity": st.integers(1, 10**30), "text": st.none() | TEXT}
)
ORDER = st.fixed_dictionaries(
    {"id": st.integers(-(10**20), 10**20)},
    optional={
        "placed": st.dates().map(lambda day: day.isoformat()),
        "customer": TEXT,
        "vip": st.booleans(),
        "notes": st.lists(TEXT, max_size=3),
        "lines": st.lists(LINE, min_size=1, max_size=3),
        "address": st.none() | st.fixed_dictionaries({}, optional={"city": TEXT}),
        "total": st.integers(-(10**9), 10**9).map(lambda cents: Decimal(cents).scaleb(-2)),
    },
)


@settings(max_examples=60)
@given(st.lists(ORDER, max_size=3), st.integers(1, 64))
def test_records_come_back(records: list[Any], size: int) -> None:
    data = write(CODEC, records)
    assert read(CODEC, data, size) == records
    assert write(CODEC, read(CODEC, data)) == data


def test_every_end_of_the_data_is_an_error_or_the_records_so_far() -> None:
    for end in range(len(DOCUMENT.rstrip())):
        good: list[Any] = []
        decoder = CODEC.decoder(Context())
        good += decoder.feed(DOCUMENT[:end])
        with pytest.raises(MappingError):
            decoder.finish()
        assert good == RECORDS[: len(good)]


@settings(max_examples=60)
@given(st.data(), st.integers(1, 9))
def test_damaged_documents_are_read_the_same_wherever_they_are_cut(data: Any, size: int) -> None:
    at = data.draw(st.integers(0, len(DOCUMENT) - 1))
    damaged = DOCUMENT[:at] + data.draw(st.binary(min_size=1, max_size=3)) + DOCUMENT[at + 1 :]
    found = []
    for step in (size, len(damaged)):
        try:
            found.append((told(read(CODEC, damaged, step)), ""))
        except MappingError as error:
            found.append(([], error.rule))
    assert found[0] == found[1]
