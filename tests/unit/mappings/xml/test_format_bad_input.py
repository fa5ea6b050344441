"""What XML formats refuse: definitions, documents, records. Every refusal has a rule and a place."""

from __future__ import annotations

from typing import Any

import pytest

from mappings.contract import Context, MappingError, Record
from tests.unit.mappings.xml.test_format import BATCH, DOCUMENT, SHOP, read, write, xml

BEGIN = b'<?xml version="1.0"?>\n<orders xmlns="urn:shop"><batch>\n'
GOOD = b'<order id="1"><sku>a</sku></order>\n'
END = b"</batch></orders>"
WIDE = '<orders xmlns="urn:shop">'.encode("utf-16-le")

LOST: dict[str, tuple[bytes, str, int | None]] = {
    "empty": (b"", "truncated", 1),
    "one-byte": (b"<", "truncated", 1),
    "spaces": (b"  \n ", "truncated", 2),
    "text": (b"hello", "syntax", 1),
    "csv": (b"a,b\n1,2\n", "syntax", 1),
    "zip": (b"PK\x03\x04", "syntax", 1),
    "cut-in-a-record": (BEGIN + b'<order id="1"><sku>', "truncated", 3),
    "cut-in-a-tag": (BEGIN + b'<order id="', "truncated", 3),
    "cut-before-the-end": (BEGIN + GOOD, "truncated", 4),
    "cut-in-a-character": (BEGIN + b'<order id="1"><sku>\xc3', "truncated", 3),
    "tags-cross": (BEGIN + b'<order id="1"><sku></order></sku>' + END, "syntax", 3),
    "bare-ampersand": (BEGIN + b'<order id="1"><sku>a & b</sku></order>' + END, "syntax", 3),
    "unknown-entity": (BEGIN + b'<order id="1"><sku>&nbsp;</sku></order>' + END, "syntax", 3),
    "control-character": (BEGIN + b'<order id="1"><sku>\x01</sku></order>' + END, "syntax", 3),
    "not-utf-8": (BEGIN + b'<order id="1"><sku>\xe9t</sku></order>' + END, "syntax", 3),
    "attribute-twice": (BEGIN + b'<order id="1" id="2"/>' + END, "syntax", 3),
    "prefix-not-declared": (BEGIN + b'<x:order id="1"/>' + END, "syntax", 3),
    "second-root": (BEGIN + END + b"<orders/>", "syntax", 3),
    "other-root": (b'<list xmlns="urn:shop"/>', "unexpected-element", 1),
    "other-namespace": (b'<orders xmlns="urn:other"/>', "unexpected-element", 1),
    "no-namespace": (b"<orders/>", "unexpected-element", 1),
    "doctype": (b"<!DOCTYPE orders><orders/>", "doctype", 1),
    "doctype-later": (
        b"<?xml version='1.0'?>\n<!-- -->\n<!DOCTYPE orders SYSTEM 'x'>" + BEGIN[21:],
        "doctype",
        3,
    ),
    "billion-laughs": (b'<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><a>&b;</a>', "doctype", 1),
    "external-entity": (b'<!DOCTYPE a [<!ENTITY a SYSTEM "file:///etc/passwd">]><a>&a;</a>', "doctype", 1),
    "doctype-in-utf-16": ("<!DOCTYPE a><a/>".encode("utf-16"), "doctype", 1),
    "encoding-unknown": (b'<?xml version="1.0" encoding="klingon"?><a/>', "encoding", 1),
    "encoding-ebcdic": (b'<?xml version="1.0" encoding="cp037"?><a/>', "encoding", 1),
    "encoding-multi-byte": (b'<?xml version="1.0" encoding="shift_jis"?><a/>', "encoding", 1),
    "utf-32": ("<orders/>".encode("utf-32"), "encoding", None),
    "utf-32-big": ("<orders/>".encode("utf-32-be"), "syntax", 1),
    "utf-8-that-says-utf-16": (b'<?xml version="1.0" encoding="utf-16"?><a/>', "encoding", 1),
    "half-a-surrogate": (WIDE + b"\x00\xd8\x00\x00", "encoding", None),
    "odd-utf-16": (WIDE + b"x", "encoding", None),
    "deep": (BEGIN + b"<a>" * 2000, "depth", 3),
    "deep-in-a-record": (BEGIN + b'<order id="1">' + b"<a>" * 2000, "depth", 3),
    "names": (
        BEGIN + b'<order id="1">' + b"".join(b"<a%d/>" % number for number in range(60_000)),
        "names",
        3,
    ),
    "version-two": (b'<?xml version="2.0"?><a/>', "unexpected-element", 1),
}


@pytest.mark.parametrize(("data", "rule", "line"), LOST.values(), ids=LOST)
@pytest.mark.parametrize("size", [1, 4096])
def test_lost(data: bytes, rule: str, line: int | None, size: int) -> None:
    with pytest.raises(MappingError) as caught:
        read(BATCH, data, size)
    assert caught.value.rule == rule
    assert caught.value.place.line == line


BAD_RECORDS: dict[str, tuple[bytes, str, str | None, int]] = {
    "attribute-missing": (b"<order><sku>a</sku></order>", "missing-attribute", None, 3),
    "attribute-bad": (b'<order id="x"><sku>a</sku></order>', "lexical", "/@id", 3),
    "attribute-range": (b'<order id="99999999999"><sku>a</sku></order>', "range", "/@id", 3),
    "attribute-unknown": (b'<order id="1" x="2"><sku>a</sku></order>', "unexpected-attribute", None, 3),
    "element-missing": (b'<order id="1"/>', "missing-element", None, 3),
    "element-unknown": (b'<order id="1"><sku>a</sku>\n<x/></order>', "unexpected-element", "/x", 4),
    "element-order": (b'<order id="1"><price>1</price><sku>a</sku></order>', "unexpected-element", None, 3),
    "element-twice": (b'<order id="1"><sku>a</sku><sku>a</sku></order>', "unexpected-element", None, 3),
    "other-namespace": (b'<order id="1"><sku xmlns="">a</sku></order>', "unexpected-element", None, 3),
    "text-between": (b'<order id="1">x<sku>a</sku></order>', "unexpected-text", None, 3),
    "decimal-bad": (b'<order id="1"><sku>a</sku>\n\n<price>1,50</price></order>', "lexical", "/price", 5),
    "decimal-nan": (b'<order id="1"><sku>a</sku><price>NaN</price></order>', "lexical", "/price", 3),
    "decimal-empty": (b'<order id="1"><sku>a</sku><price/></order>', "lexical", "/price", 3),
    "prefix": (b'<order id="1"><sku>a</sku><kind>q:x</kind></order>', "prefix", "/kind", 3),
    "nested-bad": (b'<order id="1"><sku>a</sku><order id="2"/></order>', "missing-element", "/order/0", 3),
    "element-in-text": (b'<order id="1"><sku>a<b/></sku></order>', "unexpected-element", None, 3),
    "too-deep": (b'<order id="1"><sku>' + b"<a>" * 80 + b"</a>" * 80 + b"</sku></order>", "depth", None, 3),
}


@pytest.mark.parametrize(("record", "rule", "path", "line"), BAD_RECORDS.values(), ids=BAD_RECORDS)
@pytest.mark.parametrize("size", [1, 4096])
def test_a_bad_record_costs_only_itself(
    record: bytes, rule: str, path: str | None, line: int, size: int
) -> None:
    error, good = read(BATCH, BEGIN + record + b"\n" + GOOD + END, size)
    assert good == {"@id": 1, "sku": "a"}
    assert isinstance(error, MappingError)
    assert error.rule == rule
    assert error.raw == record
    # The byte is on the line: there the record begins, or the line.
    begins = sum(map(len, (BEGIN + record).splitlines(keepends=True)[: line - 1]))
    assert (error.place.record, error.place.byte_offset) == (1, max(len(BEGIN), begins))
    assert error.place.line == line
    if path is not None:
        assert error.place.path == path


AROUND: dict[str, tuple[bytes, str]] = {
    "root-attribute": (b'<orders xmlns="urn:shop" a="1"><batch>' + GOOD + END, "unexpected-attribute"),
    "batch-attribute": (b'<orders xmlns="urn:shop"><batch a="1">' + GOOD + END, "unexpected-attribute"),
    "element": (BEGIN + b"<x><order/></x>" + GOOD + END, "unexpected-element"),
    "element-beside-batch": (b'<orders xmlns="urn:shop"><x/><batch>' + GOOD + END, "unexpected-element"),
    "record-one-level-up": (
        b'<orders xmlns="urn:shop"><order id="1"/><batch>' + GOOD + END,
        "unexpected-element",
    ),
    "text": (BEGIN + b"x" + GOOD + END, "unexpected-text"),
    "cdata": (BEGIN + b"<![CDATA[x]]>" + GOOD + END, "unexpected-text"),
}


@pytest.mark.parametrize(("data", "rule"), AROUND.values(), ids=AROUND)
def test_what_stands_around_the_records(data: bytes, rule: str) -> None:
    error, good = read(BATCH, data)
    assert isinstance(error, MappingError)
    assert error.rule == rule
    assert "around: skip" in error.reason
    assert (error.place.record, error.raw) == (None, b"")
    assert good == {"@id": 1, "sku": "a"}
    skipping = xml(root="orders", record="batch/order", around="skip")
    assert read(skipping, data) == [{"@id": 1, "sku": "a"}]


@pytest.mark.parametrize("size", [100, 5000, 1 << 20])
def test_a_long_record_costs_only_itself(size: int) -> None:
    long = b'<order id="2"><sku>' + b"x" * 200_000 + b"</sku></order>"
    good, bad, last = read(BATCH, BEGIN + GOOD + long + GOOD + END, size, max_record_bytes=1000)
    assert good == last == {"@id": 1, "sku": "a"}
    assert isinstance(bad, MappingError)
    assert (bad.rule, bad.place.record, bad.raw) == ("record-length", 2, b"")


def test_a_long_tag_is_not_waited_for() -> None:
    decoder = BATCH.decoder(Context(max_record_bytes=1000))
    decoder.feed(BEGIN + b'<order id="')
    with pytest.raises(MappingError) as caught:
        any(decoder.feed(b"1" * 10_000) for _ in range(100))
    assert caught.value.rule == "size"


def test_what_was_good_is_given_before_the_rest_is_lost() -> None:
    decoder = BATCH.decoder(Context())
    assert decoder.feed(BEGIN + GOOD + b"<order></x>") == [{"@id": 1, "sku": "a"}]
    for _ in range(2):
        with pytest.raises(MappingError, match="mismatched tag"):
            decoder.feed(b"more")
    with pytest.raises(MappingError, match="mismatched tag"):
        decoder.finish()


@pytest.mark.parametrize("cut", range(0, len(DOCUMENT) - 12, 7))
def test_cut_at_many_bytes(cut: int) -> None:
    with pytest.raises(MappingError) as caught:
        read(BATCH, DOCUMENT[:cut])
    assert caught.value.rule == "truncated"


UNWRITABLE: dict[str, tuple[list[Record], str, int | None, str | None]] = {
    "missing": ([{"@id": 1, "sku": "a"}, {"@id": 2}], "missing-member", 2, None),
    "unknown": ([{"@id": 1, "sku": "a", "x": 1}], "unknown-member", 1, "/x"),
    "type": ([{"@id": "1", "sku": "a"}], "type", 1, "/@id"),
    "character": ([{"@id": 1, "sku": "\x01"}], "xml-character", 1, "/sku"),
    "no-object": ([5], "type", 1, None),
}


@pytest.mark.parametrize(("records", "rule", "number", "path"), UNWRITABLE.values(), ids=UNWRITABLE)
def test_unwritable(records: list[Record], rule: str, number: int | None, path: str | None) -> None:
    with pytest.raises(MappingError) as caught:
        write(BATCH, records)
    assert caught.value.rule == rule
    assert caught.value.place.record == number
    if path is not None:
        assert caught.value.place.path == path


def test_after_a_record_that_cannot_be_written_others_can() -> None:
    encoder = BATCH.encoder(Context())
    data = encoder.encode([{"@id": 1, "sku": "a"}])
    with pytest.raises(MappingError):
        encoder.encode([{"@id": 2, "sku": "b", "price": "x"}])
    data += encoder.encode([{"@id": 3, "sku": "c"}]) + encoder.finish()
    assert read(BATCH, data) == [{"@id": 1, "sku": "a"}, {"@id": 3, "sku": "c"}]


def test_a_root_that_needs_more_than_records_is_not_written() -> None:
    format_ = xml(root="list", record="order", around="skip")
    with pytest.raises(MappingError, match="requires list/@version, list/title around") as caught:
        write(format_, [{"@id": 1, "sku": "a"}])
    assert caught.value.rule == "around"


@pytest.mark.parametrize("records", [[], [{"@id": 1, "sku": "a"}] * 2], ids=["none", "two"])
def test_one_record_means_one(records: list[Record]) -> None:
    with pytest.raises(MappingError) as caught:
        write(xml(root="order"), records)
    assert caught.value.rule == "occurrence"


DEFINITIONS: dict[str, tuple[dict[str, Any], str]] = {
    "root-missing": ({}, "root: is required: the schema has list, order, orders"),
    "root-unknown": ({"root": "order2"}, "no element order2; it has list, order, orders"),
    "root-other-namespace": ({"root": "{urn:x}order"}, "no element {urn:x}order"),
    "record-unknown": (
        {"root": "orders", "record": "order"},
        "orders holds no element order; it holds batch",
    ),
    "record-too-deep": ({"root": "order", "record": "sku/x"}, "the element sku holds no elements"),
    "record-odd": ({"root": "order", "record": "/sku"}, "should match pattern"),
    "around-odd": ({"root": "order", "around": "keep"}, "'refuse' or 'skip'"),
    "file-without-reader": ({"root": "order", "schema": "x.xsd"}, "none to be read here"),
    "schema-missing": ({"root": "order", "schema": []}, "at least 1 item"),
    "schema-no-xml": ({"schema": [{"location": "a", "content": "x"}]}, "a: not XML"),
    "schema-no-schema": ({"schema": [{"location": "a", "content": "<a/>"}]}, "a: not an XML Schema document"),
    "schema-broken-type": (
        {"schema": [{"location": "a", "content": SHOP.replace("xs:decimal", "xs:money")}], "root": "order"},
        "money",
    ),
}


@pytest.mark.parametrize(("keys", "reason"), DEFINITIONS.values(), ids=DEFINITIONS)
def test_bad_definition(keys: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValueError) as caught:
        xml(**keys)
    assert reason in str(caught.value)
