"""Documents made to do harm: each is refused, or read, in time and memory that grow with its length alone."""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Iterable, Iterator
from typing import Any

import pytest

from mappings.contract import Context, MappingError
from mappings.xml import format_reader
from tests.unit.mappings.xml.path_samples import xml

SCHEMA = """<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"><xs:element name="o"><xs:complexType>
<xs:sequence><xs:element name="r" maxOccurs="unbounded"><xs:complexType><xs:sequence>
<xs:element name="a" type="xs:string" minOccurs="0"/></xs:sequence></xs:complexType></xs:element>
</xs:sequence>
</xs:complexType></xs:element></xs:schema>"""
WAYS: dict[str, Any] = {
    "paths": xml(root="o", record="r", fields={"a": {}}),
    "paths-skipping": xml(root="o", record="r", fields={"a": {}}, others="skip", around="skip"),
    "badgerfish": xml(root="o", record="r", convention="badgerfish"),
    "parker": xml(root="o", record="r", convention="parker"),
    "schema": xml(schema=[{"location": "o.xsd", "content": SCHEMA}], root="o", record="r"),
}
GOOD = b"<r><a>1</a></r>"
LAUGHS = b'<!DOCTYPE o [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]><o><r><a>&b;</a></r></o>'


def rules(codec: Any, chunks: Iterable[bytes], **limits: Any) -> list[str]:
    """What comes of a stream: `good` for each record, the rules of errors."""
    decoder = codec.decoder(Context(**limits))
    found: list[Any] = []
    try:
        for chunk in chunks:
            found += decoder.feed(chunk)
        found += decoder.finish()[0]
    except MappingError as error:
        found.append(error)
    return [one.rule if isinstance(one, MappingError) else "good" for one in found]


def pieces(data: bytes, size: int = 65536) -> Iterator[bytes]:
    return (data[at : at + size] for at in range(0, len(data), size))


def document(inside: bytes, encoding: str = "") -> bytes:
    declared = f'<?xml version="1.0" encoding="{encoding}"?>'.encode() if encoding else b""
    return declared + b"<o>" + inside + GOOD + b"</o>"


def record(inside: bytes) -> bytes:
    return document(b"<r><a>" + inside + b"</a></r>")


# What all ways of reading refuse as a whole.
LOST: list[tuple[str, bytes, str]] = [
    ("entity-bomb", LAUGHS, "doctype"),
    ("external-entity", b'<!DOCTYPE o [<!ENTITY x SYSTEM "file:///etc/passwd">]><o>&x;</o>', "doctype"),
    ("external-subset", b'<!DOCTYPE o SYSTEM "http://127.0.0.1:9/o.dtd"><o/>', "doctype"),
    ("parameter-entity", b'<!DOCTYPE o [<!ENTITY % p SYSTEM "file:///etc/passwd"> %p;]><o/>', "doctype"),
    ("utf-16-entities", LAUGHS.decode().encode("utf-16"), "doctype"),
    ("utf-16-be-entities", LAUGHS.decode().encode("utf-16-be"), "doctype"),
    ("utf-7", document(b"+ADwAIQ-DOCTYPE o+AD4-", "UTF-7"), "encoding"),
    ("utf-32", b"\xff\xfe\x00\x00" + document(b"").decode().encode("utf-32-le"), "encoding"),
    ("utf-16-that-is-not", b"\xff\xfe" + document(b""), "syntax"),
    ("says-utf-16-and-is-not", document(b"", "UTF-16"), "encoding"),
    ("ebcdic", document(b"", "cp037"), "encoding"),
    ("overlong-utf-8", record(b"\xc0\xbcb/\xc0\xbe"), "syntax"),
    ("surrogates-in-utf-8", record(b"\xed\xa0\x80\xed\xb0\x80"), "syntax"),
    ("nul", record(b"\x00"), "syntax"),
    ("undeclared-entity", record(b"&x;"), "syntax"),
    ("attributes-10-6", document(b"<r " + b"".join(b'a%d="" ' % at for at in range(10**6)) + b"/>"), "size"),
    ("endless-tag", b"<o><r><a b='" + b"x>" * 2_000_000, "size"),
    ("endless-instruction", b"<o><?p " + b"x" * 4_000_000, "size"),
]  # fmt: skip


@pytest.mark.parametrize(("data", "rule"), [one[1:] for one in LOST], ids=[one[0] for one in LOST])
@pytest.mark.parametrize("way", ["paths", "badgerfish", "schema"])
def test_refused_as_a_whole(data: bytes, rule: str, way: str) -> None:
    assert rules(WAYS[way], pieces(data))[-1] == rule


@pytest.mark.parametrize("way", ["paths", "badgerfish", "schema"])
def test_names_without_end(way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(format_reader, "_MAX_NAMES", 3000)
    data = document(b"".join(b"<r><n%d/></r>" % at for at in range(9000)))
    found = rules(WAYS[way], pieces(data, 4096))
    assert found[-1] == "names"
    assert len(found) < 4000


XINCLUDE = b'<x:include xmlns:x="http://www.w3.org/2001/XInclude" href="/etc/passwd" parse="text"/>'
# What costs a record alone: the rules by way of reading, where that is no error for it `good`.
COSTLY: list[tuple[str, bytes, dict[str, str]]] = [
    ("xinclude", record(XINCLUDE), {"paths": "unexpected-element", "paths-skipping": "good"}),
    ("depth-300", record(b"<b>" * 300 + b"</b>" * 300), {"": "depth", "paths-skipping": "depth"}),
    ("depth-of-records", document(b"<r>" * 200 + b"</r>" * 200), {"": "depth"}),
    (
        "attributes-20-000",
        document(b"<r " + b"".join(b'a%d="" ' % at for at in range(20_000)) + b"/>"),
        {"": "attribute-count"},
    ),
    (
        "namespaces-on-a-record",
        document(b"<r " + b"".join(b'xmlns:n%d="urn:%d" ' % (at, at) for at in range(5000)) + b"/>"),
        {"": "good", "badgerfish": "namespace-count"},
    ),
]


@pytest.mark.parametrize(("data", "expected"), [one[1:] for one in COSTLY], ids=[one[0] for one in COSTLY])
@pytest.mark.parametrize("way", WAYS)
def test_costs_a_record(data: bytes, expected: dict[str, str], way: str) -> None:
    started = time.process_time()
    first, last = rules(WAYS[way], pieces(data))
    assert last == "good"
    rule = expected.get(way) or expected.get("")
    assert rule is None or first == rule
    assert time.process_time() - started < 5


def endless(begin: bytes, piece: bytes, count: int, end: bytes) -> Iterator[bytes]:
    yield begin
    yield from (piece for _ in range(count))
    yield end


@pytest.mark.parametrize(
    ("begin", "piece", "end", "expected"),
    [
        (b"<o><!--", b"x" * 65536, b"-->" + GOOD + b"</o>", ["size"]),
        (b"<o>", b"<!--" + b"x" * 60_000 + b"-->", GOOD + b"</o>", ["good"]),
        (b"<o>", b"<?p " + b"x" * 60_000 + b"?>", GOOD + b"</o>", ["good"]),
        (b"<o>", b" \n" * 30_000, GOOD + b"</o>", ["good"]),
        (b"<o><r><a>", b"x" * 65536, b"</a></r>" + GOOD + b"</o>", ["record-length", "good"]),
        (b"<o><r><a><![CDATA[", b"<r/>" * 16384, b"]]></a></r>" + GOOD + b"</o>", ["record-length", "good"]),
        (b"<o><r>", b"<a/>" * 16384, b"</r>" + GOOD + b"</o>", ["record-length", "good"]),
    ],
    ids=["comment", "comments", "instructions", "space", "text", "cdata", "elements"],
)
@pytest.mark.parametrize("way", ["paths", "badgerfish"])
def test_memory_is_that_of_a_record(
    begin: bytes, piece: bytes, end: bytes, expected: list[str], way: str
) -> None:
    """Of 8 MB: what is held does not grow with the document."""
    chunks = endless(begin, piece, 8_000_000 // len(piece), end)
    tracemalloc.start()
    try:
        assert rules(WAYS[way], chunks) == expected
        assert tracemalloc.get_traced_memory()[1] < 4_000_000
    finally:
        tracemalloc.stop()


TOKENS = {
    "comment": b"<!--" + b"->" * 100_000 + b"-->",
    "instruction": b"<?p " + b"?x" * 100_000 + b"?>",
    "attribute": b'<r a="' + b">" * 200_000 + b'"/>',
    "attributes": b"<r" + b"".join(b" a%d='>'" % at for at in range(900)) + b" b='" + b"x" * 200_000 + b"'/>",
    "reference": b"<r><a>&#" + b"0" * 200_000 + b"65;</a></r>",
    "name": b"<r><" + b"n" * 200_000 + b"/></r>",
}


@pytest.mark.parametrize("token", TOKENS.values(), ids=TOKENS)
@pytest.mark.parametrize("way", ["paths-skipping", "badgerfish"])
def test_small_pieces_of_a_long_token_take_no_more_time(token: bytes, way: str) -> None:
    """Looked at from its beginning with each piece, it would take more than a minute."""
    data = document(token)
    started = time.process_time()
    small = rules(WAYS[way], pieces(data, 7))
    assert time.process_time() - started < 10
    assert small == rules(WAYS[way], pieces(data))
    assert small[-1] == "good"
