"""The files that are converted: their definitions, and data of any size in which every value is good."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ruamel.yaml import YAML

from bench.plain import delimited, fixed_width, mainframe

_PIECE = 10_000
"""Records that are different; an EDI interchange has so many transactions or messages."""
_GOLDEN = Path(__file__).parents[1] / "tests" / "golden"


@dataclass(frozen=True)
class Sample:
    """A definition, one record of it, and what stands around a file (`start`, `end`) and around its pieces of
    up to `_PIECE` records: `head` and `tail` are given a piece's number and how many records it has."""

    definition: dict[str, object]
    record: Callable[[int], bytes]
    head: Callable[[int, int], bytes] = lambda piece, count: b""
    tail: Callable[[int, int], bytes] = lambda piece, count: b""
    start: bytes = b""
    end: bytes = b""

    def write(self, file: Path, records: int) -> None:
        """A file of so many records."""
        batch = [self.record(number) for number in range(min(records, _PIECE))]
        with file.open("wb") as out:
            out.write(self.start)
            for at in range(0, records, _PIECE):
                part = batch[: records - at]
                out.write(self.head(at // _PIECE, len(part)))
                out.write(b"".join(part))
                out.write(self.tail(at // _PIECE, len(part)))
            out.write(self.end)


def _golden(path: str) -> dict[str, object]:
    (found,) = YAML(typ="safe").load((_GOLDEN / path).read_text(encoding="utf-8")).values()
    assert isinstance(found, dict)
    return found


def _ledger() -> dict[str, object]:
    """Fixed width: 15 fields in 200 bytes."""
    more: dict[str, dict[str, object]] = {
        "text": {},
        "amount": {"type": "decimal", "scale": 2},
        "number": {"type": "integer"},
        "date": {"type": "date"},
    }
    fields = {
        name: {"at": start + 1, "length": end - start, **more[kind]}
        for name, start, end, kind in fixed_width.FIELDS
    }
    return {"format": "fixed_width", "encoding": "us-ascii", "record_length": 200, "fields": fields}


def _accounts() -> dict[str, object]:
    """The same size in EBCDIC, with packed decimals."""
    more: dict[str, dict[str, object]] = {
        "text": {},
        "number": {"type": "integer"},
        "packed": {"type": "decimal", "scale": 2, "usage": "packed"},
    }
    fields = {
        name: {"at": start + 1, "length": end - start, **more[kind]}
        for name, start, end, kind in mainframe.FIELDS
    }
    return {"format": "fixed_width", "encoding": "cp037", "record_length": 200, "fields": fields}


def _copybook() -> dict[str, object]:
    """The accounts once more, as COBOL says it."""
    picture: dict[str, Callable[[int], str]] = {
        "text": lambda length: f"PIC X({length})",
        "number": lambda length: f"PIC 9({length})",
        "packed": lambda length: f"PIC S9({2 * length - 3})V99 COMP-3",
    }
    lines = [
        f"           05 {name.upper()}-F {picture[kind](end - start)}."
        for name, start, end, kind in mainframe.FIELDS
    ]
    text = "\n".join(["       01 ACCOUNT-RECORD.", *lines, ""])
    return {"format": "copybook", "encoding": "cp037", "record_format": "F", "copybook": text}


def _payments() -> dict[str, object]:
    """CSV with a header row."""
    types: dict[str, dict[str, object]] = {
        "text": {},
        "amount": {"type": "decimal", "scale": 2},
        "number": {"type": "integer"},
        "date": {"type": "date"},
    }
    return {"format": "delimited", "fields": {name: types[kind] for name, kind in delimited.FIELDS}}


def _orders_xml() -> dict[str, object]:
    """A document of repeated elements, by declared paths."""
    line = {
        "sku": "@sku",
        "quantity": {"type": "integer"},
        "price": {"type": "decimal", "scale": 2},
        "text": "text",
    }
    fields = {
        "id": {"path": "@id", "type": "integer", "required": True},
        "placed": {"type": "date"},
        "customer": "customer/name",
        "city": "customer/city",
        "total": {"type": "decimal", "scale": 2},
        "lines": {"path": "lines/line", "repeat": True, "fields": line},
    }
    return {"format": "xml", "root": "orders", "record": "order", "fields": fields}


def ledger(number: int) -> bytes:
    """One record of the ledger."""
    parts = []
    for name, start, end, kind in fixed_width.FIELDS:
        length = end - start
        if kind == "text":
            parts.append(f"{name} {number % 977}".ljust(length)[:length])
        elif kind == "date":
            parts.append(f"2026{1 + number % 12:02}{1 + number % 28:02}")
        else:
            parts.append(f"{number * 37 % 10**9:0{length}}"[-length:])
    return "".join(parts).ljust(200).encode()


def account(number: int) -> bytes:
    """One record of the accounts."""
    parts = []
    for name, start, end, kind in mainframe.FIELDS:
        length = end - start
        if kind == "packed":
            digits = f"{number * 7919 % 10**9:0{2 * length - 1}}"[-(2 * length - 1) :]
            parts.append(bytes.fromhex(digits + "cd"[number % 2]))
        else:
            text = f"{number % 10_000:04}" if kind == "number" else f"{name} {number % 977}"
            parts.append(text.ljust(length)[:length].encode("cp037"))
    return b"".join(parts)


def payment(number: int) -> bytes:
    """One line of the payments."""
    day = f"2026-{1 + number % 12:02}-{1 + number % 28:02}"
    place = f"Payer {number % 977},Town {number % 313}"
    return (
        f"{number},{place},{number * 7}.25,{day},{number % 50},remark no {number},C{number % 40}\n".encode()
    )


def purchase_order(number: int) -> bytes:
    """One X12 850 of ten lines."""
    control = f"{number + 1:04}"
    segments = [
        f"ST*850*{control}",
        f"BEG*00*NE*PO-{number}**20261123",
        "REF*DP*038",
        "N1*ST*GLOBEX STORE 12*92*0012",
        "N3*1 MAIN ST*SUITE 4",
        "N4*SPRINGFIELD*IL*62701",
        "N1*BT*ACME HEADQUARTERS",
    ]
    for line in range(1, 11):
        segments += [
            f"PO1*{line}*{line * 3}*EA*{number % 90 + 9}.50**VP*AX-{number % 977}",
            f"PID*F****WIDGET {line}, BLUE",
        ]
    segments += ["CTT*10", f"AMT*TT*{number % 977}.25"]
    return "".join(f"{segment}~" for segment in (*segments, f"SE*{len(segments) + 1}*{control}")).encode()


def _group(version: str, group: str, parties: str, release: str) -> Callable[[int, int], bytes]:
    """ISA and GS."""
    sender, receiver = parties.split()
    names = f"ZZ*{sender:<15}*ZZ*{receiver:<15}"
    repetition, component = ("U", ">") if version == "00401" else ("^", ":")

    def head(piece: int, _: int) -> bytes:
        isa = f"ISA*00*{'':10}*00*{'':10}*{names}*261123*1015*{repetition}*{version}*{piece + 1:09}*0*P"
        gs = f"GS*{group}*{sender}*{receiver}*20261123*1015*{piece + 1}*X*{release}"
        return f"{isa}*{component}~{gs}~".encode()

    return head


def _group_end(piece: int, count: int) -> bytes:
    """GE and IEA."""
    return f"GE*{count}*{piece + 1}~IEA*1*{piece + 1:09}~".encode()


def claims(number: int) -> bytes:
    """One X12 837 with two subscribers and three claims: what the golden sample has."""
    golden = (_GOLDEN / "x12" / "claims.edi").read_bytes()
    body = golden[golden.index(b"ST*") : golden.index(b"GE*")]
    control = f"{number + 1:04}".encode()
    return body.replace(b"*0001*", b"*" + control + b"*", 1).replace(b"*0001~", b"*" + control + b"~")


def order_message(number: int) -> bytes:
    """One EDIFACT ORDERS of ten lines."""
    control = str(number + 1)
    segments = [
        f"UNH+{control}+ORDERS:D:96A:UN:EAN008",
        f"BGM+220+{number}+9",
        "DTM+137:20261123:102",
        "FTX+PUR+++Bitte nur ganze Kartons?: 12 St?+1:sofort",
        "NAD+BY+5412345000013::9++Buyer?'s Office",
        "CTA+PD+:Jean Dupont",
        "NAD+SU+4012345500004::9",
    ]
    for line in range(1, 11):
        segments += [
            f"LIN+{line}++5410738377{line:03}:EN",
            f"IMD+F++:::Article {line}, mild",
            f"QTY+21:{line * 4}",
            f"PRI+AAA:{number % 90 + 1}.99",
        ]
    segments += ["UNS+S", "CNT+2:10"]
    return "".join(f"{segment}'" for segment in (*segments, f"UNT+{len(segments) + 1}+{control}")).encode()


def _interchange(piece: int, _: int) -> bytes:
    return f"UNB+UNOC:3+5412345000013:14+4012345500004:14+261123:1015+{piece + 1}++ORDERS'".encode()


def _interchange_end(piece: int, count: int) -> bytes:
    return f"UNZ+{count}+{piece + 1}'".encode()


def laboratory(number: int) -> bytes:
    """One HL7 ORU^R01 of eight observations."""
    segments = [
        f"MSH|^~\\&|LAB|HOSP|EHR|CLINIC|20261123101500||ORU^R01^ORU_R01|M{number}|P|2.5.1",
        f"PID|1||{number}^^^HOSP^MR||Doe^John^Q||19700312|M|||1 Main St",
        "OBR|1|||24323-8^Panel^LN",
    ]
    segments += [
        f"OBX|{line}|NM|718-{line}^Hemoglobin^LN||{number % 90 + 1}.50|g/dL|||||F|||202611230915"
        for line in range(1, 9)
    ]
    return "".join(f"{segment}\r" for segment in segments).encode()


def order_element(number: int) -> bytes:
    """One XML element of ten lines."""
    lines = "".join(
        f'<line sku="A-{line}"><quantity>{line * 3}</quantity><price>{number % 90}.25</price>'
        f"<text>Widget {line}</text></line>"
        for line in range(10)
    )
    customer = f"<customer><name>Payer {number % 977}</name><city>Town</city></customer>"
    order = f'<order id="{number}"><placed>2026-{1 + number % 12:02}-11</placed>{customer}'
    return f"{order}<total>{number}.50</total><lines>{lines}</lines></order>\n".encode()


SAMPLES: dict[str, Sample] = {
    "ledger": Sample(_ledger(), ledger),
    "accounts": Sample(_accounts(), account),
    "copybook": Sample(_copybook(), account),
    "payments": Sample(
        _payments(), payment, start=",".join(name for name, _ in delimited.FIELDS).encode() + b"\n"
    ),
    "x12-850": Sample(
        _golden("x12/purchase-order.yaml"),
        purchase_order,
        _group("00401", "PO", "ACME GLOBEX", "004010"),
        _group_end,
    ),
    "x12-837": Sample(
        _golden("x12/claims.yaml"),
        claims,
        _group("00501", "HC", "CLINIC PAYER", "005010X222A1"),
        _group_end,
    ),
    "edifact-orders": Sample(_golden("edifact/orders.yaml"), order_message, _interchange, _interchange_end),
    "hl7-results": Sample(_golden("hl7/results.yaml"), laboratory),
    "xml": Sample(_orders_xml(), order_element, start=b"<orders>\n", end=b"</orders>\n"),
}
