"""The statements that the bank's mainframe drops: EBCDIC records of 80 bytes, amounts packed, totals last.

Written here by hand, so that the mapping in config/mappings/bookings.yaml is tried on what is not its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

RECORD_BYTES = 80
_CODE_PAGE = "cp037"
_ACCOUNT = "DE89370400440532013000"


@dataclass(frozen=True, slots=True)
class Booking:
    """One payment that the bank has received."""

    invoice: str
    payer: str
    amount: Decimal
    currency: str
    reference: str


def statement(booked: date, bookings: Sequence[Booking]) -> bytes:
    """The bytes of one statement."""
    header = _record(f"H{_ACCOUNT:<22}{booked:%Y%m%d}")
    lines = [
        _record(
            f"D{one.invoice:<8}{one.payer:<30}",
            _packed(one.amount, 6),
            f"{one.currency}{one.reference:<16}",
        )
        for one in bookings
    ]
    total = sum((one.amount for one in bookings), Decimal(0))
    return b"".join([header, *lines, _record(f"T{len(bookings):06}", _packed(total, 7))])


def drop(folder: Path, name: str, content: bytes) -> Path:
    """Put a file into the folder as the bank does: the marker beside it comes last."""
    file = folder / name
    file.write_bytes(content)
    (folder / f"{name}.done").touch()
    return file


def _record(*parts: str | bytes) -> bytes:
    data = b"".join(part if isinstance(part, bytes) else part.encode(_CODE_PAGE) for part in parts)
    return data + " ".encode(_CODE_PAGE) * (RECORD_BYTES - len(data))


def _packed(amount: Decimal, length: int) -> bytes:
    """Packed decimal with two places: two digits a byte, the sign in the last half byte."""
    digits = f"{int(abs(amount).scaleb(2)):0{2 * length - 1}}"
    return bytes.fromhex(digits + ("d" if amount < 0 else "c"))
