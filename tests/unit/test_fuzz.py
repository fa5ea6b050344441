"""Every parser of foreign text, fed with damaged samples: the error it promises, or a value, in bounded time.

`make test` tries a few thousand inputs, `make test-long` a hundred times as many. A failure prints the input.
"""

from __future__ import annotations

import gzip
import json as standard_json
import os
import random
import time
from collections.abc import Callable
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

from adapters.odbc.grammar import GrammarError, parse_filter, parse_logic, parse_order, parse_select
from gateway.config import ConfigurationError, Problem, load
from mappings.contract import Context, Format, MappingError, Record
from mappings.copybook import CopybookDefinition, CopybookFormat
from mappings.delimited import DelimitedDefinition, DelimitedFormat
from mappings.formats import FormatDefinition, build, built_in
from mappings.json import decode, encode
from mappings.transform.expressions import ExpressionError, compile_expression
from mappings.xml import parse_xml
from tests.unit.mappings.compression.archives import ORDERS as ORDER_LINES
from tests.unit.mappings.compression.archives import compressed, zipped, zipped_as_stream
from tests.unit.mappings.hl7 import samples as hl7
from tests.unit.mappings.x12 import samples as x12
from tests.unit.mappings.xml import test_paths as xml_paths
from tests.unit.mappings.xml.path_samples import xml

SEED = int(os.environ.get("GATEWAY_FUZZ_SEED", random.randrange(2**32)))
MAX_S = 1.0
_PIECES = [
    *(bytes([byte]) for byte in b"\x00\t\n\r \"'(),.-+*%&;:<>=[]{}\\/#!|~0179aeENX"),
    *(b"null", b"NaN", b"-0", b"1e999", b"\xff", b"\xc3\xa9", b"\xed\xa0\x80", b"\\ud800", b"${env:X}"),
    *(b"<!--", b"<![CDATA[", b"]]>", b"&#x0;", b"&amp;", b"<!DOCTYPE", b"not.", b"and=(", b"in.(", b"*"),
]


def _damaged(sample: bytes, chance: random.Random) -> bytes:
    data = bytearray(sample)
    for _ in range(chance.randint(1, 6)):
        at = chance.randrange(len(data) + 1)
        kind = chance.randrange(4)
        if kind == 0:
            data[at:at] = chance.choice(_PIECES)
        elif kind == 1:
            del data[at : at + chance.randint(1, 8)]
        elif kind == 2:
            data[at:at] = data[at : at + chance.randint(1, 40)] * chance.randint(1, 5)
        elif data:
            data[at % len(data)] = chance.randrange(256)
    return bytes(data)


def _json(data: bytes) -> None:
    value = decode(data)
    assert decode(encode(value)) == value


def _format(format_: Format | None) -> Callable[[bytes], None]:
    """Read by a format: what follows from each record, and a place for each error."""
    assert format_ is not None

    def read(data: bytes) -> None:
        decoder, detail = format_.decoder(Context()), format_.details()
        found = list(decoder.feed(data))
        last, _ = decoder.finish()
        for one in (*found, *last):
            detail(one)
            assert not isinstance(one, MappingError) or one.rule

    return read


def _defined(**definition: Any) -> Format:
    text = standard_json.dumps(definition)
    return build(TypeAdapter[FormatDefinition](FormatDefinition).validate_json(text, strict=True))


STATEMENT = _defined(
    format="fixed_width",
    encoding="cp037",
    record_length=16,
    records={
        "header": {
            "match": {"at": 1, "value": "H"},
            "min": 1,
            "max": 1,
            "fields": {
                "account": {"at": 2, "length": 6},
                "booked": {"at": 8, "length": 8, "type": "date"},
            },
        },
        "line": {
            "match": {"at": 1, "value": "D"},
            "fields": {
                "invoice": {"at": 2, "length": 8},
                "amount": {"at": 10, "length": 5, "type": "decimal", "scale": 2, "usage": "packed"},
            },
        },
        "trailer": {
            "match": {"at": 1, "value": "T"},
            "min": 1,
            "max": 1,
            "fields": {
                "count": {"at": 2, "length": 6, "type": "integer", "equals": "count(line)"},
                "total": {
                    "at": 8,
                    "length": 9,
                    "type": "decimal",
                    "scale": 2,
                    "sign": "overpunch",
                    "equals": "sum(line.amount)",
                },
            },
        },
    },
)
STOCK = _defined(
    format="fixed_width",
    encoding="us-ascii",
    separator="either",
    fields={
        "item": {"at": 1, "length": 8},
        "quantity": {"at": 9, "length": 6, "type": "integer", "pad": " ", "sign": "floating"},
        "price": {"at": 15, "length": 7, "type": "decimal", "scale": 2},
        "counted": {"at": 22, "length": 8, "type": "date"},
        "open": {"at": 30, "length": 1, "type": "boolean"},
    },
)
_STATEMENT = (
    "H40471120261123 ".encode("cp037")
    + "DR-4711  ".encode("cp037") + bytes.fromhex("000149990c") + "  ".encode("cp037")
    + "DR-4712  ".encode("cp037") + bytes.fromhex("000002005d") + "  ".encode("cp037")
    + "T00000200014798E".encode("cp037")
)  # fmt: skip
_STOCK = b"AX-12       -3000125020261123Y\nLONG-ONE 1200009999919991231N\r\n"
ORDERS_VB = _defined(
    format="fixed_width",
    encoding="cp939",
    record_format="VB",
    records={
        "order": {
            "match": {"at": 1, "first": "A", "last": "I"},
            "fields": {
                "kind": {"at": 1, "length": 1},
                "count": {"length": 1, "type": "integer", "usage": "bcd"},
                "rate": {"length": 4, "type": "float", "usage": "hexadecimal"},
                "items": {
                    "type": "group",
                    "occurs": {"max": 3, "depends_on": "count"},
                    "fields": {
                        "sku": {"length": 3},
                        "amount": {"length": 2, "type": "decimal", "scale": 1, "usage": "packed"},
                    },
                },
                "note": {"length": 9, "variable": True},
            },
        },
        "end": {
            "match": {"at": 1, "value": "Z"},
            "fields": {
                "items": {"at": 2, "length": 2, "type": "integer", "equals": "count(order.items)"},
                "sum": {"length": 3, "type": "decimal", "scale": 1, "equals": "sum(order.items.amount)"},
                "more": {"length": 2, "optional": True},
            },
        },
    },
)
_ITEMS: list[Record] = [{"sku": "ABC", "amount": Decimal("12.3")}, {"sku": "ABD", "amount": Decimal("-4.5")}]
_VB_RECORDS: list[Record] = [
    {"order": {"kind": "A", "rate": 1, "items": [*_ITEMS], "note": "日本 A"}},
    {"order": {"kind": "B", "rate": Decimal("-118.625"), "items": [], "note": ""}},
    {"end": {"more": None}},
]
_VB = ORDERS_VB.encoder(Context())
_ORDERS_VB = _VB.encode(_VB_RECORDS) + _VB.finish()
_SCHEMA = """\
<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:shop" xmlns="urn:shop"
           elementFormDefault="qualified">
  <xs:element name="orders"><xs:complexType><xs:sequence>
    <xs:element name="order" minOccurs="0" maxOccurs="unbounded"><xs:complexType><xs:sequence>
      <xs:element name="sku" type="xs:string"/>
      <xs:element name="price" type="xs:decimal" minOccurs="0"/>
      <xs:element name="on" type="xs:date" minOccurs="0" nillable="true"/>
    </xs:sequence><xs:attribute name="id" type="xs:int" use="required"/></xs:complexType></xs:element>
  </xs:sequence></xs:complexType></xs:element>
</xs:schema>
"""
ORDERS = _defined(
    format="xml", schema=[{"location": "shop.xsd", "content": _SCHEMA}], root="orders", record="order"
)
_ORDERS = (
    b'<?xml version="1.0" encoding="UTF-8"?><orders xmlns="urn:shop"><order id="1"><sku>A &amp; B</sku>'
    b'<price>1.50</price></order><order id="2"><sku/><on>2026-11-23</on></order></orders>'
)

_COPYBOOK = b"""       01  REC.
           05  KIND        PIC X.
               88  IS-A    VALUE 'A' 'B' THRU 'D'.
           05  N           PIC S9(3) COMP-3.
           05  ROW OCCURS 0 TO 5 TIMES DEPENDING ON N INDEXED BY I.
               10  NAME    PIC X(3) JUST RIGHT VALUE SPACES.
               10  AMOUNT  PIC $$,$$9.99CR.
           05  A.
               10 B PIC S9(4)V9 SIGN LEADING SEPARATE.
               10 FILLER PIC X(3).
           05  C REDEFINES A.
               10  D       PIC S9(9) COMP SYNC.
               COPY MORE REPLACING ==:X:== BY ==E==,
                   LEADING ==F== BY ==G==.
       66  ALL-OF-IT RENAMES KIND THRU N.
"""
_MORE = b"       10 :X:-1 PIC 9V9 COMP-6.\n       10 F-2 PIC PP99 OCCURS 2.\n"
_BOOK: dict[str, Any] = {
    "format": "copybook", "encoding": "cp037", "record_format": "VB", "redefines": "all", "renames": "keep",
    "conditions": "enum",
}  # fmt: skip


def _texts(book: bytes, more: bytes) -> dict[str, Any]:
    texts, copied = ([{"name": name, "content": text.decode("latin-1")}]
                     for name, text in (("BOOK", book), ("MORE", more)))  # fmt: skip
    return {"texts": texts, "copied": copied}


def _copybook(data: bytes) -> None:
    """The text of a copybook: the format that it describes, or ValueError with places."""
    book, _, more = data.partition(b"@@@")
    if book and more:
        definition = CopybookDefinition.model_validate({**_BOOK, "copybook": _texts(book, more)})
        CopybookFormat(definition).schema()


BOOK = _defined(**_BOOK, copybook=_texts(_COPYBOOK, _MORE))


def _book_sample() -> bytes:
    encoder = BOOK.encoder(Context())
    row: Any = {"NAME": "ab", "AMOUNT": Decimal("-12.34")}
    first: Any = {"KIND": "A", "ROW": [row, row], "A": {"B": Decimal("-1.5")}}
    return encoder.encode([first, {**first, "KIND": "C", "ROW": []}, first]) + encoder.finish()


_NAD = {
    "segment": "NAD",
    "name": "by",
    "match": {"at": 1, "value": "BY"},
    "elements": [{"type": "an..3"}, {}],
}
_LIN: dict[str, Any] = {
    "segment": "LIN",
    "min": 1,
    "elements": [{"type": "n..6"}, {"components": [{"type": "an..9", "required": True}, {"codes": ["EN"]}]}],
}
_EDIFACT: dict[str, Any] = {
    "message": "ORDERS",
    "acknowledge": {"when": "always"},
    "content": [
        {"segment": "BGM", "min": 1},
        _NAD,
        {**_NAD, "name": "su", "match": {"at": 1, "value": "SU"}},
        {
            "loop": "SG25",
            "max": 3,
            "content": [_LIN, {"segment": "FTX", "max": 9, "elements": [{"repeat": 2}]}],
        },
    ],
}
MESSAGES = _defined(format="edifact", **_EDIFACT)
MESSAGE_LINES = _defined(format="edifact", **_EDIFACT, record="SG25", lenient=["too_long", "envelope"])
SEGMENTS = _defined(
    format="segments",
    delimiters={"segment": "\n", "component": ":", "subcomponent": "&", "release": "?", "separators": "all"},
    content=[
        {"segment": "A", "min": 1, "elements": [{"components": [{"components": [{}, {}]}, {}]}, {}]},
        _LIN,
    ],
)
_INTERCHANGE = (
    b"UNA:+.?*'\r\nUNB+UNOC:4+A:14+B+20261123:1015+1'UNG+ORDERS+A+B+261123:1015+1'UNH+1+ORDERS:D:96A:UN'BGM+220+1'"
    b"NAD+BY+x?'y'LIN+1+471:EN'FTX+a*b'LIN+2'UNT+7+1'UNE+1+1'UNZ+1+1'\nUNB+UNOA:1+A+B+261123:1015+2'UNZ+0+2'"
)


def _xml(data: bytes) -> None:
    parse_xml(data, max_bytes=1 << 20, max_depth=64)


_NAMES: dict[str, Any] = {
    "this": {"amount": Decimal("12.50")},
    "amount": Decimal("12.50"),
    "count": 3,
    "text": "Müller  & Söhne",
    "booked": "2026-11-23",
    "line": {"sku": "A-1", "tags": ["x", "y"], "none": None},
    "lines": [{"price": Decimal("1.1")}, {"price": 2}],
}


def _expression(data: bytes) -> None:
    """Compile, and evaluate over a record: only the two errors it promises."""
    expression = compile_expression(data.decode(errors="replace"))
    try:
        value = expression.evaluate(_NAMES)
    except MappingError:
        return
    encode(value)


def _text(parse: Callable[[str], object]) -> Callable[[bytes], None]:
    def read(data: bytes) -> None:
        parse(data.decode(errors="replace"))

    return read


_FILTERS = [b"eq.5", b'not.in.(1,"a,b",3)', b"like.*x*", b"is.null"]
_LOGIC = [b"(id.eq.1,or(name.like.a*,not.and(amount.gt.1.5,id.in.(1,2))))"]
_EXPRESSIONS = [
    b"amount * 2 + count / 4 - 1.10 > 0 && !(text == '') ? round(amount / 3, 2) : int(amount)",
    b"'Sensor of ' + text.trim().upperAscii().substring(0, 3) + string(count) + \"x\".replace('x', 'y')",
    b"has(line.sku) && line.tags[1] in ['x', 'y'] || size(lines) > 1 && lines[0].price <= decimal('1.1')",
    b"text.matches('^M.*(a|b)+$') ? date(booked) : line['none']",
    b"[{'sku': line.sku, 'n': -count % 2}, this.amount, text.split(' ').join('-')]",
]
_ORDERS_X12 = (x12.GOLDEN / "purchase-order.edi").read_bytes()
_CLAIMS_X12 = (x12.GOLDEN / "claims.edi").read_bytes()
_RESULTS_HL7 = (hl7.GOLDEN / "results.hl7").read_bytes()
_PRICES = DelimitedFormat(
    DelimitedDefinition.model_validate(
        {
            "format": "delimited",
            "delimiter": "||",
            "escape": "\\",
            "comment": "#",
            "spaces": "trim",
            "blank_lines": "skip",
            "short_rows": "fill",
            "long_rows": {"collect": "more"},
            "other_columns": {"collect": "others"},
            "line_ending": "cr",
            "encoding": "utf-16",
            "fields": {
                "name": {},
                "price": {"type": "decimal", "group_separator": "'", "sign": "parentheses", "nullable": True},
                "day": {"type": "date", "pattern": "%-d-%b-%y", "century_from": 1970},
            },
        }
    )
)
_PRICE_LINES = (
    '\ufeffname||x||price||day\r# why\r"a\\"b" || 1 || (1\'250.00) || 1-Jan-27\r\rb\\|||| ||2||31-dec-99||z\r'
).encode("utf-16-le")
_BASKETS = DelimitedFormat(
    DelimitedDefinition.model_validate(
        {
            "format": "delimited",
            "records": {
                "head": {"match": "H", "min": 1, "max": 1, "fields": {"no": {"type": "integer"}}},
                "line": {"match": ["D", "R"], "fields": {"kind": {}, "n": {"type": "integer"}}},
                "tail": {
                    "match": "T",
                    "max": 1,
                    "fields": {"n": {"type": "integer", "equals": "sum(line.n)"}},
                },
            },
            "groups": {"basket": {"records": ["head", "line", "tail"], "min": 1}},
        }
    )
)
_BASKET_LINES = b'H,1\r\nD,2\r\n"R",-1\r\nT,1\r\nH,2\nD,7\n'

PARSERS: dict[str, tuple[Callable[[bytes], None], type[Exception], list[bytes]]] = {
    "json": (
        _json,
        MappingError,
        [b'{"a":[1,2.50,"x\\u00e9",null,true],"b":{"c":-1e3}}', b'[[{"k":"v"}],0.1]'],
    ),
    "csv": (
        _format(built_in("csv")),
        MappingError,
        [b'a,b\r\n1,"x ""y"" z"\r\n2,\r\n', b"name\nM\xc3\xbcller\n"],
    ),
    "ndjson": (_format(built_in("ndjson")), MappingError, [b'{"a":1}\n{"a":"two"}\n', b"[1]\n\n2"]),
    "xml": (_xml, MappingError, [b'<a xmlns="urn:x"><b c="1">t &amp; u</b><!-- x --><d/></a>']),
    "fixed width, tagged": (_format(STATEMENT), MappingError, [_STATEMENT]),
    "fixed width, flat": (_format(STOCK), MappingError, [_STOCK]),
    "fixed width, nested": (_format(ORDERS_VB), MappingError, [_ORDERS_VB]),
    "copybook": (_format(BOOK), MappingError, [_book_sample()]),
    "copybook's text": (_copybook, ValueError, [_COPYBOOK + b"@@@" + _MORE]),
    "edifact": (_format(MESSAGES), MappingError, [_INTERCHANGE]),
    "edifact by groups": (_format(MESSAGE_LINES), MappingError, [_INTERCHANGE]),
    "edifact in lists": (_format(built_in("edifact")), MappingError, [_INTERCHANGE]),
    "delimited": (_format(_PRICES), MappingError, [_PRICE_LINES]),
    "gzip": (_format(compressed("gzip")), MappingError, [gzip.compress(ORDER_LINES)]),
    "zip": (
        _format(compressed({"type": "zip", "entries": "all"})),
        MappingError,
        [zipped({"a.csv": ORDER_LINES, "b/": b""}), zipped_as_stream({"a": ORDER_LINES, "b": b""})],
    ),
    "delimited of several types": (_format(_BASKETS), MappingError, [_BASKET_LINES]),
    "segments": (_format(SEGMENTS), MappingError, [b"A+a&b:c+d\nLIN+1+471:EN\n", b"A+:?++\r\nLIN++:EN"]),
    "xml by paths": (_format(xml_paths.CODEC), MappingError, [xml_paths.DOCUMENT]),
    "xml by BadgerFish": (_format(xml(convention="badgerfish")), MappingError, [xml_paths.DOCUMENT]),
    "xml by Parker": (_format(xml(convention="parker")), MappingError, [xml_paths.DOCUMENT]),
    "xml by schema": (_format(ORDERS), MappingError, [_ORDERS]),
    "x12": (_format(built_in("x12")), MappingError, [_ORDERS_X12, _CLAIMS_X12]),
    "x12 by definition": (_format(x12.golden("purchase-order")), MappingError, [_ORDERS_X12]),
    "x12 by loops": (_format(x12.golden("claims")), MappingError, [_CLAIMS_X12]),
    "hl7": (_format(built_in("hl7")), MappingError, [_RESULTS_HL7]),
    "hl7 by definition": (_format(hl7.golden()), MappingError, [_RESULTS_HL7]),
    "expressions": (_expression, ExpressionError, _EXPRESSIONS),
    "select": (_text(parse_select), GrammarError, [b"id,alias:name,amount"]),
    "order": (_text(parse_order), GrammarError, [b"id.desc.nullslast,name.asc"]),
    "filter": (_text(partial(parse_filter, "id")), GrammarError, _FILTERS),
    "logic": (_text(partial(parse_logic, "and")), GrammarError, _LOGIC),
}


@pytest.mark.parametrize("name", PARSERS)
@pytest.mark.parametrize(
    "count", [2_000, pytest.param(200_000, marks=[pytest.mark.long, pytest.mark.timeout(1800)])]
)
def test_damaged_samples(name: str, count: int) -> None:
    parse, expected, samples = PARSERS[name]
    chance = random.Random(SEED)
    for _ in range(count):
        data = _damaged(chance.choice(samples), chance)
        started = time.thread_time()
        try:
            parse(data)
        except expected:
            pass
        except Exception as error:
            raise AssertionError(f"seed {SEED}: {data!r} raised {error!r}") from error
        assert time.thread_time() - started < MAX_S, f"seed {SEED}: {data!r} took too long"


SYSTEMS = b"""erp:
  adapter: mqtt
  broker: mqtt://127.0.0.1:1883
  channels:
    temperature: {topic: "plant/{line}/t", qos: 1, format: json}
  timeout_s: 20
"""
FLOWS = b"""hot-to-alarm:
  from: erp.temperature
  order_by: line
  on_record_error: dead_letter_record
  steps:
    - map: {transform: {celsius: c, at: {from: t, type: string}, note: "'n' + string(c)"}}
    - filter: celsius > 20 && celsius < 1.5 * limit
    - choose:
        - when: celsius > 90
          steps: [{call: erp.temperature.publish, with: {line: "'1'"}, as: reply}]
        - otherwise: [{call: erp.temperature.publish, id: low, idempotent: true}]
  retry: {attempts: 3, first_s: 1, max_s: 300}
nightly:
  from: {schedule: "*/5 0 * * 1-5", timezone: Europe/Berlin, missed: skip}
  steps: [{call: erp.temperature.publish, batch: 5}]
posted: {from: {post: {format: csv}}, max_in_flight: 2, steps: [{filter: has(a)}]}
"""
MAPPINGS = b"""stock:
  format: fixed_width
  encoding: us-ascii
  separator: lf
  fields:
    item: {at: 1, length: 8}
    quantity: {at: 9, length: 6, type: integer, pad: " ", sign: floating}
    counted: {at: 15, length: 6, type: date, pattern: "%y%m%d", century_from: 1970}
rows: {format: delimited, delimiter: ";", fields: {a: {type: decimal, scale: 2}}}
renamed:
  transform: {a.b: x, c: {from: y, default: 1, lookup: {k: v}}, d: {constant: z}}
"""
FILES = {"systems": SYSTEMS, "mappings": MAPPINGS, "flows": FLOWS}


@pytest.mark.parametrize("damaged", FILES)
@pytest.mark.parametrize(
    "count", [60, pytest.param(6_000, marks=[pytest.mark.long, pytest.mark.timeout(1800)])]
)
def test_damaged_configurations(damaged: str, count: int, tmp_path: Path) -> None:
    chance = random.Random(SEED)
    (tmp_path / "gateway.yaml").write_text("listen: 127.0.0.1:8080\n")
    for folder, good in FILES.items():
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "all.yaml").write_bytes(good)
    assert load(tmp_path, {}).flows
    for _ in range(count):
        data = _damaged(FILES[damaged], chance)
        (tmp_path / damaged / "all.yaml").write_bytes(data)
        problems: tuple[Problem, ...] = ()
        try:
            load(tmp_path, {})
        except ConfigurationError as error:
            problems = error.problems
        except Exception as error:
            raise AssertionError(f"seed {SEED}: {data!r} raised {error!r}") from error
        assert all(problem.line >= 1 and problem.column >= 1 for problem in problems), data
