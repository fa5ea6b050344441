"""Orders in X12, EDIFACT and HL7: definitions, and what partners send."""

from __future__ import annotations

from typing import Any

X12 = {
    "format": "x12",
    "transaction": "850",
    "group": {"functional_identifier": "PO", "version": "004010"},
    "interchange": {"sender": "ACME", "receiver": "GLOBEX", "version": "00401"},
    "acknowledge": {"interchange": "errors", "group": "997"},
    "content": [
        {
            "segment": "BEG",
            "name": "order",
            "min": 1,
            "elements": [
                {"name": "purpose", "type": "ID 2/2", "required": True, "codes": ["00", "05"]},
                {"name": "kind", "type": "ID 2/2", "required": True},
                {"name": "number", "type": "AN 1/22", "required": True},
            ],
        }
    ],
}
EDIFACT = {
    "format": "edifact",
    "message": "ORDERS",
    "interchange": {"sender": {"identification": "ACME"}, "recipient": {"identification": "GLOBEX"}},
    "directory": {"version": "D", "release": "96A", "agency": "UN"},
    "acknowledge": {"when": "always"},
    "content": [
        {
            "segment": "BGM",
            "name": "order",
            "min": 1,
            "elements": [{"name": "kind", "type": "an..3"}, {"name": "number", "type": "an..35"}],
        }
    ],
}


def order(number: str) -> dict[str, Any]:
    """A record of either definition."""
    return {"order": {"purpose": "00", "kind": "NE", "number": number}}


def x12(control: int, *orders: str, sender: str = "GLOBEX") -> bytes:
    """An interchange of orders, in one group; one that is `bad` has a purpose that there is not."""
    sets = [
        f"ST*850*{at:04}~BEG*{'XX' if number == 'bad' else '00'}*NE*{number}~SE*3*{at:04}~"
        for at, number in enumerate(orders, 1)
    ]
    isa = f"ISA*00*{'':10}*00*{'':10}*ZZ*{sender:15}*ZZ*{'ACME':15}*261123*1015*U*00401*{control:09}*0*P*:~"
    group = f"GS*PO*{sender}*ACME*20261123*1015*{control}*X*004010~"
    return f"{isa}{group}{''.join(sets)}GE*{len(orders)}*{control}~IEA*1*{control:09}~".encode()


def edifact(control: str, *orders: str) -> bytes:
    """An interchange of orders."""
    sets = [
        f"UNH+{at}+ORDERS:D:96A:UN'BGM+{'220X' if number == 'bad' else '220'}+{number}'UNT+3+{at}'"
        for at, number in enumerate(orders, 1)
    ]
    head = f"UNB+UNOC:3+GLOBEX+ACME+261123:1015+{control}'"
    return f"{head}{''.join(sets)}UNZ+{len(orders)}+{control}'".encode()


def numbers(interchange: bytes) -> tuple[str, str]:
    """ISA13 and GS06."""
    segments = [each.split("*") for each in interchange.decode().split("~")]
    return segments[0][13], next(each[6] for each in segments if each[0] == "GS")
