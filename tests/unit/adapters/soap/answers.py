"""Answers of a server, written by hand, and calls that meet them."""

from __future__ import annotations

from typing import Any

from adapters.contract import Deadline, Request
from adapters.soap import SoapAdapter
from tests.unit.adapters.soap.conftest import Make, Rogue

M = "urn:example:orders:messages"
CLOSE = "Connection: close\r\n"
PONG = f'<Pong xmlns="{M}">ok</Pong>'


def http(
    body: str | bytes, status: int = 200, kind: str = "text/xml; charset=utf-8", more: str = ""
) -> bytes:
    data = body.encode() if isinstance(body, str) else body
    head = f"HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\nContent-Length: {len(data)}\r\n{CLOSE}{more}\r\n"
    return head.encode() + data


def envelope(body: str, namespace: str = "http://schemas.xmlsoap.org/soap/envelope/", head: str = "") -> str:
    return f'{head}<s:Envelope xmlns:s="{namespace}"><s:Body>{body}</s:Body></s:Envelope>'


PART = "Content-Type: application/xop+xml; charset=UTF-8\r\n\r\n" + envelope(PONG)
ATTACHED = "Content-Type: image/png\r\nContent-ID: <1>\r\n\r\npng"


def multipart(*parts: str) -> bytes:
    body = "".join(f"--b\r\n{part}\r\n" for part in parts) + "--b--\r\n"
    return http(body, kind='multipart/related; boundary="b"; type="application/xop+xml"')


def fault(inner: str) -> str:
    return envelope(f"<s:Fault>{inner}</s:Fault>")


async def connected(make: Make, rogue: Rogue, **settings: Any) -> SoapAdapter:
    adapter = make(endpoint=rogue.endpoint, **settings)
    await adapter.connect(Deadline.after(5))
    return adapter


async def ask(adapter: SoapAdapter, operation: str = "Ping", within_s: float = 10) -> Any:
    body: Any = "x" if operation == "Ping" else {"orderId": 1}
    return (await adapter.call(operation, Request(body=body), Deadline.after(within_s))).value
