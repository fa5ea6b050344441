"""The call paths that are measured, and the requests of each."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from bench import accepting, mqtt, odbc, sftp, soap
from bench.contenders import Contender
from bench.load import request

MakeRequest = Callable[[], bytes]


@dataclass(frozen=True)
class Case:
    """One kind of request: `request` gives, for a key, what makes the bytes of the next one."""

    name: str
    request: Callable[[str], MakeRequest]


@dataclass(frozen=True)
class CallPath:
    """Two contenders, the gateway first, and the cases that both are put through."""

    start: Callable[[Path, ExitStack], tuple[Contender, Contender]]
    cases: tuple[Case, ...]
    connections: int = 16


def _always(method: str, path: str, body: bytes = b"") -> Callable[[str], MakeRequest]:
    def for_key(key: str) -> MakeRequest:
        message = request(method, path, key=key, body=body)
        return lambda: message

    return for_key


def _keys(path: str, count: int) -> Callable[[str], MakeRequest]:
    """One after the other, so that no cache answers for the database."""

    def for_key(key: str) -> MakeRequest:
        messages = itertools.cycle([request("GET", path.format(n), key=key) for n in range(1, count + 1)])
        return lambda: next(messages)

    return for_key


_PAYMENTS = b"[" + b",".join(b'{"invoice":"R-%05d","amount":%d.50}' % (n, n) for n in range(100)) + b"]"

PATHS = {
    "soap": CallPath(
        soap.start, (Case("SOAP call", _always("POST", "/api/erp/GetOrder", b'{"orderId":"SO-1000"}')),)
    ),
    "odbc": CallPath(
        odbc.start,
        (
            Case("ODBC one row by key", _keys("/api/warehouse/payments/{}", 500)),
            Case(
                "ODBC 100 rows by filter",
                _always("GET", "/api/warehouse/payments?quantity=gte.500&limit=100"),
            ),
        ),
    ),
    "accept": CallPath(
        accepting.start,
        (
            Case(
                "POST stored and synced, 202",
                _always("POST", "/api/flows/intake", b'{"n":1,"t":"%s"}' % (b"x" * 500)),
            ),
        ),
        connections=64,
    ),
    "sftp": CallPath(
        sftp.start, (Case("SFTP put of 3.5 kB", _always("POST", "/api/bank/payments", _PAYMENTS)),)
    ),
    "mqtt": CallPath(
        mqtt.start,
        (
            Case(
                "MQTT publish, QoS 1",
                _always(
                    "POST", "/api/plant/temperature/l1/m7", b'{"celsius":71.25,"at":"2026-11-02T09:30:00Z"}'
                ),
            ),
        ),
    ),
}
