"""Every parser of foreign text, fed with damaged samples: the error it promises, or a value, in bounded time.

`make test` tries a few thousand inputs, `make test-long` a hundred times as many. A failure prints the input.
"""

from __future__ import annotations

import gzip
import random
import time
from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import Any

import pytest

from adapters.odbc.grammar import GrammarError, parse_filter, parse_logic, parse_order, parse_select
from mappings.contract import Context, Format, MappingError
from mappings.formats import built_in
from mappings.json import decode, encode
from mappings.transform.expressions import ExpressionError, compile_expression
from mappings.xml import parse_xml
from tests.unit.fuzz.copybooks import BOOK, COPYBOOK, MORE, book_data, read_text
from tests.unit.fuzz.damage import SEED, damaged
from tests.unit.fuzz.documents import (
    CLAIMS_X12,
    INTERCHANGE,
    MESSAGE_LINES,
    MESSAGES,
    ORDERS,
    ORDERS_DATA,
    ORDERS_X12,
    RESULTS_HL7,
    SEGMENTS,
)
from tests.unit.fuzz.flat_files import (
    BASKET_LINES,
    BASKETS,
    ORDERS_VB,
    ORDERS_VB_DATA,
    PRICE_LINES,
    PRICES,
    STATEMENT,
    STATEMENT_DATA,
    STOCK,
    STOCK_DATA,
)
from tests.unit.mappings.compression.archives import ORDERS as ORDER_LINES
from tests.unit.mappings.compression.archives import compressed, zipped, zipped_as_stream
from tests.unit.mappings.hl7 import samples as hl7
from tests.unit.mappings.x12 import samples as x12
from tests.unit.mappings.xml import test_paths as xml_paths
from tests.unit.mappings.xml.path_samples import xml

MAX_S = 1.0


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
    "fixed width, tagged": (_format(STATEMENT), MappingError, [STATEMENT_DATA]),
    "fixed width, flat": (_format(STOCK), MappingError, [STOCK_DATA]),
    "fixed width, nested": (_format(ORDERS_VB), MappingError, [ORDERS_VB_DATA]),
    "copybook": (_format(BOOK), MappingError, [book_data()]),
    "copybook's text": (read_text, ValueError, [COPYBOOK + b"@@@" + MORE]),
    "edifact": (_format(MESSAGES), MappingError, [INTERCHANGE]),
    "edifact by groups": (_format(MESSAGE_LINES), MappingError, [INTERCHANGE]),
    "edifact in lists": (_format(built_in("edifact")), MappingError, [INTERCHANGE]),
    "delimited": (_format(PRICES), MappingError, [PRICE_LINES]),
    "gzip": (_format(compressed("gzip")), MappingError, [gzip.compress(ORDER_LINES)]),
    "zip": (
        _format(compressed({"type": "zip", "entries": "all"})),
        MappingError,
        [zipped({"a.csv": ORDER_LINES, "b/": b""}), zipped_as_stream({"a": ORDER_LINES, "b": b""})],
    ),
    "delimited of several types": (_format(BASKETS), MappingError, [BASKET_LINES]),
    "segments": (_format(SEGMENTS), MappingError, [b"A+a&b:c+d\nLIN+1+471:EN\n", b"A+:?++\r\nLIN++:EN"]),
    "xml by paths": (_format(xml_paths.CODEC), MappingError, [xml_paths.DOCUMENT]),
    "xml by BadgerFish": (_format(xml(convention="badgerfish")), MappingError, [xml_paths.DOCUMENT]),
    "xml by Parker": (_format(xml(convention="parker")), MappingError, [xml_paths.DOCUMENT]),
    "xml by schema": (_format(ORDERS), MappingError, [ORDERS_DATA]),
    "x12": (_format(built_in("x12")), MappingError, [ORDERS_X12, CLAIMS_X12]),
    "x12 by definition": (_format(x12.golden("purchase-order")), MappingError, [ORDERS_X12]),
    "x12 by loops": (_format(x12.golden("claims")), MappingError, [CLAIMS_X12]),
    "hl7": (_format(built_in("hl7")), MappingError, [RESULTS_HL7]),
    "hl7 by definition": (_format(hl7.golden()), MappingError, [RESULTS_HL7]),
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
        data = damaged(chance.choice(samples), chance)
        started = time.thread_time()
        try:
            parse(data)
        except expected:
            pass
        except Exception as error:
            raise AssertionError(f"seed {SEED}: {data!r} raised {error!r}") from error
        assert time.thread_time() - started < MAX_S, f"seed {SEED}: {data!r} took too long"
