"""The bank's host key, its client's key, and the statement files of its first days."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import json
from datetime import date, timedelta
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

_DAYS = 5
_LAST_DAY = date(2026, 11, 20)
_PAYERS = (
    ("Nordwind Trading GmbH", "DE02120300000000202051"),
    ("Atelier Lumière SARL", "FR1420041010050500013M02606"),
    ("Pennine Outfitters Ltd", "GB29NWBK60161331926819"),
)


def make_key(file: Path) -> None:
    """Write a new Ed25519 key pair, OpenSSH format: `file` (mode 0600) and `file`.pub; keep existing ones."""
    if file.exists():
        return
    key = Ed25519PrivateKey.generate()
    public = key.public_key().public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    file.with_name(f"{file.name}.pub").write_bytes(public + b"\n")
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption()
    )
    file.touch(mode=0o600)
    file.write_bytes(private)


def fingerprint(public_key: Path) -> str:
    """What `ssh-keygen -l` prints for the key: SHA256: and base64 without padding."""
    digest = hashlib.sha256(base64.b64decode(public_key.read_text().split()[1])).digest()
    return f"SHA256:{base64.b64encode(digest).decode().rstrip('=')}"


def fill(root: Path) -> None:
    """Make the folders `in`, `bookings` and `out`; the last holds statements and balances of each day."""
    for name in ("in", "bookings/taken", "bookings/not-taken"):
        (root / name).mkdir(parents=True, exist_ok=True)
    if (root / "out").exists():
        return
    draft = root / "out.new"
    draft.mkdir(exist_ok=True)
    for offset in range(_DAYS):
        day = _LAST_DAY - timedelta(days=_DAYS - 1 - offset)
        (draft / f"statement-{day}.csv").write_bytes(_statement(day, offset))
        (draft / f"balances-{day}.json").write_bytes(_balances(day, offset))
    draft.rename(root / "out")


def _statement(day: date, offset: int) -> bytes:
    """CSV as RFC 4180 wants it: header line, CRLF."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(("booked", "invoice", "payer", "iban", "amount", "currency", "remark"))
    for index in range(6):
        payer, iban = _PAYERS[(index + offset) % len(_PAYERS)]
        invoice = f"INV-{1121 + 6 * offset + index}"
        remark = 'thank you, "as agreed"' if index == 4 else ""
        writer.writerow((day, invoice, payer, iban, f"{120 + 37.45 * index + offset:.2f}", "EUR", remark))
    return text.getvalue().encode()


def _balances(day: date, offset: int) -> bytes:
    balances = (
        ("DE89370400440532013000", "EUR", 18250.75 + 311.5 * offset),
        ("GB82WEST12345698765432", "GBP", 940.1 + 20.25 * offset),
    )
    records = [
        {"account": account, "currency": currency, "booked": day.isoformat(), "balance": round(balance, 2)}
        for account, currency, balance in balances
    ]
    return json.dumps(records, indent=1).encode() + b"\n"
