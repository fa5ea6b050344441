"""A SOAP server that is not ours: npm `soap` on Node.js with the service of tests/golden/soap/orders."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.peers.node import NodeMissing, folder
from tests.peers.process import ServerProcess, free_port

GOLDEN = Path(__file__).parents[1] / "golden" / "soap" / "orders"
WSDL = GOLDEN / "OrderService.wsdl"
USERNAME = "gateway"
PASSWORD = "s3cr3t-of-the-erp"

_FOLDER = Path(__file__).parent / "node_soap"


class NodeSoapPeer:
    """The order service on a free port; its output goes to `folder`/soap.log.

    Skips the test where Node.js or its packages are missing.
    """

    def __init__(self, folder: Path, *, with_password: bool = True) -> None:
        port = free_port()
        command = [_node(), str(_FOLDER / "server.js"), str(port), str(WSDL)]
        if with_password:
            command += [USERNAME, PASSWORD]
        self.server = ServerProcess(command, port, folder / "soap.log")

    @property
    def port(self) -> int:
        return self.server.port

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}/orders"

    def start(self) -> None:
        """Start and wait until it answers."""
        self.server.start()

    def stop(self) -> None:
        self.server.stop()


def _node() -> str:
    if not (_FOLDER / "node_modules" / "soap").is_dir():
        pytest.skip("the Node.js packages are not installed: run scripts/setup test")
    try:
        return str(folder() / "node")
    except NodeMissing as error:
        pytest.skip(str(error))
