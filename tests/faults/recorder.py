"""A SOAP service that remembers what it was sent: the sink of deliveries into SOAP.

It speaks the contract of tests/golden/soap/orders and runs on the event loop of the test, so that it outlives
every gateway that is killed.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from itertools import count
from types import TracebackType

from aiohttp import web
from lxml import etree

from tests.peers.process import free_port
from tests.peers.soap import WSDL

_NAMES = {
    "soap": "http://schemas.xmlsoap.org/soap/envelope/",
    "m": "urn:example:orders:messages",
    "t": "urn:example:orders:types",
}
_REPLY = (
    '<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body>'
    '<CreateOrderResponse xmlns="urn:example:orders:messages"><orderId>{number}</orderId>'
    '<total currency="EUR">0.10</total></CreateOrderResponse></soap:Body></soap:Envelope>'
)


@dataclass(frozen=True)
class Order:
    """One order as it arrived. `message` is the gateway's id, which the flow wrote into the order; `key` and
    `again` are HTTP headers."""

    customer: str
    comment: str
    message: str
    key: str | None
    again: bool


class Recorder:
    """The service on a free port. `delay_s` is how long it thinks about each order."""

    def __init__(self, delay_s: float = 0.0) -> None:
        self.port = free_port()
        self.delay_s = delay_s
        self.orders: list[Order] = []
        self._numbers = count(1)
        self._runner: web.AppRunner | None = None

    def settings(self) -> dict[str, object]:
        """How a gateway reaches it."""
        endpoint = f"http://127.0.0.1:{self.port}/orders"
        return {"adapter": "soap", "wsdl": str(WSDL), "endpoint": endpoint, "timeout_s": 10}

    async def __aenter__(self) -> Recorder:
        application = web.Application()
        application.router.add_post("/orders", self._answer)
        self._runner = web.AppRunner(application, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port).start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._runner is not None
        await self._runner.cleanup()

    async def _answer(self, request: web.Request) -> web.Response:
        """Note the order first: an answer that nobody waits for any more does not undo it."""
        order = etree.fromstring(await request.read()).find("soap:Body/m:CreateOrder/m:order", _NAMES)
        assert order is not None
        self.orders.append(
            Order(
                customer=order.findtext("t:customer", "", _NAMES),
                comment=order.findtext("t:comment", "", _NAMES),
                message=order.findtext("t:item/t:sku", "", _NAMES),
                key=request.headers.get("Idempotency-Key"),
                again="Gateway-Redelivered" in request.headers,
            )
        )
        await asyncio.sleep(self.delay_s)
        return web.Response(text=_REPLY.format(number=next(self._numbers)), content_type="text/xml")
