"""Flat files: definitions that use much of what there is, and data that they read."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from pydantic import TypeAdapter

from mappings.contract import Context, Format, Record
from mappings.formats import FormatDefinition, build


def defined(**definition: Any) -> Format:
    """The format of a definition, as a configuration has it."""
    text = json.dumps(definition)
    return build(TypeAdapter[FormatDefinition](FormatDefinition).validate_json(text, strict=True))


STATEMENT = defined(
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
STOCK = defined(
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
STATEMENT_DATA = (
    "H40471120261123 ".encode("cp037")
    + "DR-4711  ".encode("cp037") + bytes.fromhex("000149990c") + "  ".encode("cp037")
    + "DR-4712  ".encode("cp037") + bytes.fromhex("000002005d") + "  ".encode("cp037")
    + "T00000200014798E".encode("cp037")
)  # fmt: skip
STOCK_DATA = b"AX-12       -3000125020261123Y\nLONG-ONE 1200009999919991231N\r\n"
ORDERS_VB = defined(
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
ORDERS_VB_DATA = _VB.encode(_VB_RECORDS) + _VB.finish()
PRICES = defined(
    format="delimited",
    delimiter="||",
    escape="\\",
    comment="#",
    spaces="trim",
    blank_lines="skip",
    short_rows="fill",
    long_rows={"collect": "more"},
    other_columns={"collect": "others"},
    line_ending="cr",
    encoding="utf-16",
    fields={
        "name": {},
        "price": {"type": "decimal", "group_separator": "'", "sign": "parentheses", "nullable": True},
        "day": {"type": "date", "pattern": "%-d-%b-%y", "century_from": 1970},
    },
)
PRICE_LINES = (
    '\ufeffname||x||price||day\r# why\r"a\\"b" || 1 || (1\'250.00) || 1-Jan-27\r\rb\\|||| ||2||31-dec-99||z\r'
).encode("utf-16-le")
BASKETS = defined(
    format="delimited",
    records={
        "head": {"match": "H", "min": 1, "max": 1, "fields": {"no": {"type": "integer"}}},
        "line": {"match": ["D", "R"], "fields": {"kind": {}, "n": {"type": "integer"}}},
        "tail": {
            "match": "T",
            "max": 1,
            "fields": {"n": {"type": "integer", "equals": "sum(line.n)"}},
        },
    },
    groups={"basket": {"records": ["head", "line", "tail"], "min": 1}},
)
BASKET_LINES = b'H,1\r\nD,2\r\n"R",-1\r\nT,1\r\nH,2\nD,7\n'
