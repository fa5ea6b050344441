"""The SOAP adapter's kit: npm `soap` with an order service, HTTP basic authentication required."""

from __future__ import annotations

from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any

from adapters.contract import Request
from adapters.errors import Blame, PeerRejected
from tests.conformance.kit import Example
from tests.peers.process import ServerProcess
from tests.peers.soap import PASSWORD, USERNAME, WSDL, NodeSoapPeer

WRONG_PASSWORD = "n0t-the-password"


class KIT:
    """Reads with ListItems, writes with CreateOrder, is refused by GetOrder."""

    adapter = "soap"
    secrets = (PASSWORD, WRONG_PASSWORD)
    arriving = None

    def __init__(self) -> None:
        self._peer: NodeSoapPeer | None = None
        self._numbers = count(1)

    def start(self, folder: Path) -> None:
        self._peer = NodeSoapPeer(folder)
        self._peer.start()

    def stop(self) -> None:
        if self._peer is not None:
            self._peer.stop()

    @property
    def server(self) -> ServerProcess:
        assert self._peer is not None, "not started"
        return self._peer.server

    @property
    def port(self) -> int:
        return self.server.port

    def settings(self, port: int | None = None) -> dict[str, Any]:
        return self._settings(port or self.port, PASSWORD)

    def wrong_credentials(self) -> dict[str, Any]:
        return self._settings(self.port, WRONG_PASSWORD)

    def _settings(self, port: int, password: str) -> dict[str, Any]:
        return {
            "adapter": "soap",
            "wsdl": str(WSDL),
            "endpoint": f"http://127.0.0.1:{port}/orders",
            "auth": {"basic": {"username": USERNAME, "password": password}},
            "safe": ["GetOrder", "ListItems"],
            "timeout_s": 10,
            "connect_timeout_s": 5,
        }

    @property
    def read(self) -> Example:
        def check(value: Any) -> None:
            assert value["item"][2] == {
                "sku": "kit-2",
                "quantity": 2,
                "price": {"@currency": "EUR", "#text": Decimal("2.25")},
            }
            assert len(value["item"]) == 3

        return Example("ListItems", lambda: Request(body={"count": 3, "prefix": "kit"}), check)

    @property
    def write(self) -> Example:
        def request() -> Request:
            price = {"@currency": "EUR", "#text": Decimal("0.10")}
            order = {
                "customer": f"customer {next(self._numbers)}",
                "orderedOn": "2026-03-01",
                "item": [{"sku": "K-1", "quantity": 3, "price": price}],
                "invoice": {"days": 14},
            }
            return Request(body={"order": order})

        def check(value: Any) -> None:
            assert value["orderId"] > 2**53
            assert value["total"] == {"@currency": "EUR", "#text": Decimal("0.3000")}

        return Example("CreateOrder", request, check)

    @property
    def rejected(self) -> Example:
        def check(error: PeerRejected) -> None:
            assert error.code == "Client.Order.NotFound"
            assert error.fault == "OrderNotFound"
            assert error.blame is Blame.CALLER
            assert error.detail == {"orderId": 7, "archived": False}

        return Example("GetOrder", lambda: Request(body={"orderId": 7}), check)
