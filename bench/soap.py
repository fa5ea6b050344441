"""POST /api/erp/GetOrder: a request of one field, a reply of an order with ten lines."""

from __future__ import annotations

import os
import sys
from contextlib import ExitStack
from pathlib import Path

from bench.contenders import Contender, start_gateway, start_plain
from tests.peers.process import ServerProcess, free_port

_WSDL = Path(__file__).parent.parent / "gateway" / "demo" / "config" / "erp" / "OrderService.wsdl"

_LINE = """
<line number="{number}"><sku>AB-{number:04}</sku><quantity>12.500</quantity><unitPrice>99.95</unitPrice>
<description>Ball bearing, steel, {number}</description><amount currency="EUR">1249.38</amount></line>"""
_REPLY = """<?xml version="1.0" encoding="UTF-8"?>
<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body>
<GetOrderResponse xmlns="http://erp.example.com/orders/v1"><order revision="3">
<orderId>SO-1000</orderId><customerId>C-100</customerId><status>CONFIRMED</status>
<orderedAt>2026-11-02T09:30:00Z</orderedAt><requestedDelivery>2026-11-20</requestedDelivery>
<total currency="EUR">12493.80</total><note>Ring twice.</note>
{lines}<payment><bankTransfer><iban>DE02120300000000202051</iban></bankTransfer></payment>
</order></GetOrderResponse></soap:Body></soap:Envelope>"""


def start(folder: Path, stack: ExitStack) -> tuple[Contender, Contender]:
    """The gateway and FastAPI + zeep in front of the same peer."""
    reply = folder / "reply.xml"
    reply.write_text(_REPLY.format(lines="".join(_LINE.format(number=n) for n in range(10, 110, 10))))
    port = free_port()
    command = [sys.executable, "-m", "bench.backend_soap", str(port), os.fspath(reply)]
    peer = ServerProcess(command, port, folder / "peer.log")
    peer.start()
    stack.callback(peer.stop)
    endpoint = f"http://127.0.0.1:{port}/"
    erp = {
        "adapter": "soap",
        "wsdl": os.fspath(_WSDL),
        "endpoint": endpoint,
        "safe": ["GetOrder"],
        "max_in_flight": 64,
    }
    environ = {"BENCH_WSDL": os.fspath(_WSDL), "BENCH_ENDPOINT": endpoint}
    return start_gateway(folder, {"erp": erp}, {}, stack), start_plain(folder, "soap", environ, stack)
