"""Files of a real SFTP server through the facade: a connection is given back however the answer ends."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.facade.running import Gateway, until
from tests.peers.sshd import Sshd, sshd

SIZE = 5 * 2**20
"""More than an adapter reads ahead and a socket holds, so that the file is open when its answer ends."""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Sshd]:
    peer = sshd(tmp_path / "sshd")
    (peer.files / "large.bin").write_bytes(bytes(SIZE))
    peer.server.start()
    yield peer
    peer.server.stop()


@pytest.fixture
async def bank(gateway: Gateway, server: Sshd) -> Gateway:
    """One connection to the server, so that one that is not given back shows."""
    await gateway.start(systems={"bank": _settings(server, {"inbox": {"path": str(server.files)}})})
    return gateway


def _settings(server: Sshd, inboxes: dict[str, Any]) -> dict[str, Any]:
    return {
        **server.access(),
        "inboxes": inboxes,
        "max_connections": 1,
        "timeout_s": 5,
    }


async def test_head_gives_the_connection_back(bank: Gateway) -> None:
    head = await bank.request("HEAD", "/api/bank/inbox/large.bin")
    assert (head.status, head.headers["Content-Length"], head.body) == (200, str(SIZE), b"")
    answer = await bank.request("GET", "/api/bank/inbox/large.bin")
    assert (answer.status, len(answer.body)) == (200, SIZE)


@pytest.mark.parametrize(
    ("name", "content_type"),
    [
        ("a.csv", "text/csv"),
        ("a.json", "application/json"),
        ("a.unheard-of", "application/octet-stream"),
        ("a", "application/octet-stream"),
        ("a.csv.gz", "application/octet-stream"),
    ],
)
async def test_content_type_by_name(bank: Gateway, server: Sshd, name: str, content_type: str) -> None:
    (server.files / name).write_bytes(b"x")
    answer = await bank.request("GET", f"/api/bank/inbox/{name}")
    assert (answer.status, answer.headers["Content-Type"]) == (200, content_type)


async def test_content_type_by_format(gateway: Gateway, server: Sshd) -> None:
    (server.files / "a.dat").write_bytes(b"a,b\n1,2\n")
    inboxes = {"inbox": {"path": str(server.files), "format": "csv"}}
    await gateway.start(systems={"bank": _settings(server, inboxes)})
    answer = await gateway.request("GET", "/api/bank/inbox/a.dat", headers={"Accept": "text/csv"})
    assert (answer.body, answer.headers["Content-Type"]) == (b"a,b\n1,2\n", "text/csv")


async def test_a_client_that_leaves_gives_the_connection_back(bank: Gateway) -> None:
    async with bank.session.get(bank.url + "/api/bank/inbox/large.bin") as response:
        assert await response.content.readexactly(1000) == bytes(1000)
        response.close()

    async def is_free() -> bool:
        return (await bank.request("GET", "/api/bank/inbox/large.bin")).status == 200

    await until(is_free)
