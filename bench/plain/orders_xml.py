"""Repeated XML elements to NDJSON as one writes it by hand: iterparse, find, a type for each value."""

from __future__ import annotations

import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
from lxml import etree


def read(source: str, target: str) -> None:
    """Orders to NDJSON."""
    encode = msgspec.json.Encoder(decimal_format="number").encode
    with Path(target).open("wb") as out:
        for _, order in etree.iterparse(source, tag="order"):
            out.write(encode(_record(order)) + b"\n")
            order.clear()
            while order.getprevious() is not None:
                del order.getparent()[0]


def _record(order: Any) -> dict[str, Any]:
    return {
        "id": int(order.get("id")),
        "placed": order.findtext("placed"),
        "customer": order.findtext("customer/name"),
        "city": order.findtext("customer/city"),
        "total": Decimal(order.findtext("total")),
        "lines": [
            {
                "sku": line.get("sku"),
                "quantity": int(line.findtext("quantity")),
                "price": Decimal(line.findtext("price")),
                "text": line.findtext("text"),
            }
            for line in order.iterfind("lines/line")
        ],
    }


if __name__ == "__main__":
    read(*sys.argv[1:])
