"""`python -m gateway.demo.erp`: serve the order desk over HTTP with basic authentication."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import secrets
from pathlib import Path

from aiohttp import encode_basic_auth, web

from gateway.demo.erp.messages import Contract, SoapFault
from gateway.demo.erp.operations import OPERATIONS
from gateway.demo.erp.seed import fill, fill_invoices
from gateway.demo.erp.store import Store
from gateway.demo.signals import until_stopped

_log = logging.getLogger("erp")
_XML = "text/xml"


class Erp:
    """The HTTP side of the order desk: `POST /orders`, and the contract for those who ask."""

    def __init__(self, contract: Path, store: Store, username: str, password: str) -> None:
        self._folder = contract
        self._contract = Contract(contract / "orders.xsd")
        self._store = store
        self._authorization = encode_basic_auth(username, password)

    def application(self) -> web.Application:
        """The routes."""
        application = web.Application(client_max_size=4 * 2**20)
        application.router.add_get("/orders", self.describe)
        application.router.add_get("/orders.xsd", self.describe)
        application.router.add_post("/orders", self.answer)
        return application

    async def describe(self, request: web.Request) -> web.Response:
        """`GET /orders?wsdl` and the schema it imports."""
        name = "orders.xsd" if request.path.endswith(".xsd") else "OrderService.wsdl"
        return web.Response(body=(self._folder / name).read_bytes(), content_type=_XML, charset="utf-8")

    async def answer(self, request: web.Request) -> web.Response:
        """One SOAP call. The calls take well under a millisecond, so they run in the event loop."""
        if not secrets.compare_digest(request.headers.get("Authorization", ""), self._authorization):
            return web.Response(status=401, headers={"WWW-Authenticate": 'Basic realm="ERP"'})
        if request.content_type != _XML:
            return web.Response(status=415, text=f"SOAP 1.1 is sent as {_XML}")
        try:
            reply = self._reply(await request.read())
        except SoapFault as fault:
            _log.info("fault %s: %s", fault.code, fault.reason)
            return web.Response(status=500, body=fault.envelope(), content_type=_XML, charset="utf-8")
        if reply is None:
            return web.Response(status=202)
        return web.Response(body=reply, content_type=_XML, charset="utf-8")

    def _reply(self, data: bytes) -> bytes | None:
        element = self._contract.read_request(data)
        operation = OPERATIONS.get(str(element.tag))
        if operation is None:
            raise SoapFault("Client", f"no operation takes {element.tag}")
        _log.info("%s", operation.__name__)
        reply = operation(self._store, element)
        return None if reply is None else self._contract.write_reply(reply)


async def _serve(arguments: argparse.Namespace) -> None:
    store = Store(arguments.database)
    if store.customer("C-100") is None:
        fill(store)
    fill_invoices(store)
    erp = Erp(arguments.contract, store, os.environ["ERP_USERNAME"], os.environ["ERP_PASSWORD"])
    runner = web.AppRunner(erp.application(), access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", arguments.port).start()
        _log.info("order desk listening on 127.0.0.1:%d", arguments.port)
        await until_stopped()
    finally:
        await runner.cleanup()
        store.close()


def main() -> None:
    """Parse the arguments and serve until SIGTERM."""
    parser = argparse.ArgumentParser(prog="python -m gateway.demo.erp", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--contract", type=Path, required=True, help="folder of OrderService.wsdl")
    parser.add_argument("--database", type=Path, required=True, help="SQLite file; made when missing")
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    asyncio.run(_serve(parser.parse_args()))


if __name__ == "__main__":
    main()
