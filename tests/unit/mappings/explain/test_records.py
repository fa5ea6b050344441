"""Records of XML and JSON: their bytes, their values, and what is wrong with them."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import TypeAdapter

from mappings.explain import Explained, Wanted, explain
from mappings.formats import FormatDefinition, build

JSON = {"format": "json"}
NDJSON = {"format": "ndjson"}
XML = {"format": "xml", "convention": "badgerfish", "root": "shop", "record": "orders/order"}
DOCUMENT = {"format": "xml", "convention": "badgerfish"}
SEGMENTS: dict[str, Any] = {"format": "segments"}
SHOP = (
    b'<?xml version="1.0"?>\n<shop><orders>\n <order id="1"><n>5</n></order>\n'
    b" <order><n>x</n></order>\n</orders></shop>"
)


def explained(definition: dict[str, Any], data: bytes, **wanted: int) -> Explained | None:
    model = TypeAdapter[FormatDefinition](FormatDefinition).validate_python(definition)
    return explain(build(model), model, iter([data]), Wanted(**wanted))


CASES: dict[str, tuple[dict[str, Any], bytes, int, bytes, dict[str, Any]]] = {
    "an item": (
        JSON,
        b'[{"a": {"b": [1, 2.50]}},\n {"a/c": null}]',
        1,
        b'{"a": {"b": [1, 2.50]}}',
        {"/a/b/0": 1},
    ),
    "the last item": (JSON, b'[{"a": 1},\n {"a/c": null}]', 2, b'{"a/c": null}', {"/a~1c": None}),
    "an item that is a list": (JSON, b"[[1, 2], [3]]", 2, b"[3]", {"/0": 3}),
    "an item that is a number": (JSON, b"[10, 20, 30]", 2, b"20", {"/": 20}),
    "the only value": (JSON, b' {"a": []} ', 1, b'{"a": []}', {"/a": []}),
    "a line": (NDJSON, b'{"a": 1}\n{"a": 2}\n', 2, b'{"a": 2}', {"/a": 2}),
    "an element": (XML, SHOP, 1, b'<order id="1"><n>5</n></order>', {"/order/@id": "1"}),
    "the next element": (XML, SHOP, 2, b"<order><n>x</n></order>", {"/order/n/$": "x"}),
    "a segment": (SEGMENTS, b"A+1'B+2'", 2, b"B+2'", {"/id": "B"}),
}


@pytest.mark.parametrize("case", CASES)
def test_a_record_by_its_number_and_by_each_of_its_bytes(case: str) -> None:
    definition, data, number, raw, values = CASES[case]
    start = data.index(raw)
    for wanted in ({"record": number}, *({"at": at} for at in range(start, start + len(raw)))):
        found = explained(definition, data, **wanted)
        assert found is not None
        assert (found.number, found.start, found.data, found.errors) == (number, start, raw, [])
        assert found.line == data.count(b"\n", 0, start) + 1
        assert {one.path: one.value for one in found.fields}.items() >= values.items()


BROKEN = {
    "an item": (JSON, b'[{"a": 1}, {"a": NaN}, {"a": 3}]', 2, "NaN"),
    "what follows": (JSON, b"[1]}", 2, "something follows"),
    "a line": (NDJSON, b'{"a": 1}\n{"a": }\n', 2, ""),
    "a document that is cut": (DOCUMENT, b"<a><b></b>", 1, "not well-formed"),
    "an element that is cut": (XML, SHOP[:-30], 2, "not well-formed"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_what_is_wrong_is_said(case: str) -> None:
    definition, data, number, reason = BROKEN[case]
    found = explained(definition, data, record=number)
    assert found is not None
    assert reason in str(found.errors[0])
    assert found.fields == []


NOTHING: dict[str, tuple[dict[str, Any], bytes, dict[str, int]]] = {
    "a record too many": (JSON, b"[1, 2]", {"record": 3}),
    "record 0": (JSON, b"[1, 2]", {"record": 0}),
    "a byte behind the data": (NDJSON, b"1\n", {"at": 2}),
    "no data": (DOCUMENT, b"", {"at": 0}),
}


@pytest.mark.parametrize("case", NOTHING)
def test_there_is_nothing(case: str) -> None:
    definition, data, wanted = NOTHING[case]
    assert explained(definition, data, **wanted) is None


def test_a_byte_behind_the_last_record() -> None:
    found = explained(XML, SHOP, at=len(SHOP) - 3)
    assert found is not None
    assert (found.kind, found.data) == ("stands behind the last record", b"op>")


def test_one_of_very_many() -> None:
    data = b"".join(b'{"n": %d}\n' % number for number in range(40_000))
    found = explained(NDJSON, data, record=30_000)
    assert found is not None
    assert found.data == b'{"n": 29999}'
