"""Time, cancelled calls, kept connections and TLS."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from adapters.contract import Deadline
from adapters.errors import (
    ConnectFailed,
    ConnectTimeout,
    OutcomeUnknown,
    ReadTimeout,
)
from certs import Authority, server_context
from tests.faults.proxy import FaultProxy
from tests.peers.soap import NodeSoapPeer
from tests.unit.adapters.soap.answers import (
    CLOSE,
    PONG,
    ask,
    connected,
    envelope,
    http,
)
from tests.unit.adapters.soap.conftest import Make, Rogue


async def test_silence_after_the_request(rogue: Rogue, make: Make) -> None:
    rogue.close = False
    adapter = await connected(make, rogue)
    with pytest.raises(ReadTimeout):
        await ask(adapter, within_s=0.2)
    with pytest.raises(OutcomeUnknown):
        await ask(adapter, "CancelOrder", within_s=0.2)


async def test_silence_in_the_middle_of_a_reply(rogue: Rogue, make: Make) -> None:
    rogue.close = False
    rogue.answer = http(envelope(PONG))[:-10]
    adapter = await connected(make, rogue)
    with pytest.raises(ReadTimeout):
        await ask(adapter, within_s=0.2)


async def test_a_server_that_says_nothing_is_no_connection(make: Make, rogue: Rogue) -> None:
    async with FaultProxy(rogue.port) as proxy:
        proxy.silence()
        adapter = make(endpoint=f"http://127.0.0.1:{proxy.port}/orders", connect_timeout_s=0.2)
        with pytest.raises(ConnectTimeout):
            await adapter.connect(Deadline.after(5))


async def test_a_tls_handshake_without_an_answer_sends_nothing(make: Make, rogue: Rogue) -> None:
    async with FaultProxy(rogue.port) as proxy:
        proxy.silence()
        adapter = make(endpoint=f"https://127.0.0.1:{proxy.port}/orders", connect_timeout_s=0.2)
        with pytest.raises(ConnectTimeout):
            await adapter.connect(Deadline.after(5))


async def test_cancelled_call_leaves_the_adapter_usable(rogue: Rogue, make: Make) -> None:
    rogue.close = False
    adapter = await connected(make, rogue)
    task = asyncio.create_task(ask(adapter))
    await asyncio.wait_for(rogue.posted.wait(), 5)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    rogue.answer = http(envelope(PONG))
    assert await ask(adapter) == "ok"


async def test_what_is_sent(rogue: Rogue, make: Make) -> None:
    adapter = await connected(make, rogue, auth={"basic": {"username": "gé", "password": "p:w"}})
    rogue.answer = http(envelope(PONG))
    await ask(adapter)
    head, _, body = rogue.requests[0].partition(b"\r\n\r\n")
    lines = head.decode().splitlines()
    assert lines[0] == "POST /orders HTTP/1.1"
    assert "Content-Type: text/xml; charset=utf-8" in lines
    assert 'SOAPAction: "urn:example:orders/Ping"' in lines
    assert "Authorization: Basic Z8OpOnA6dw==" in lines
    assert not [line for line in lines if line.lower().startswith(("cookie", "expect", "transfer-encoding"))]
    assert body.startswith(b"<?xml version='1.0' encoding='UTF-8'?>\n<soap:Envelope")
    assert b"Header" not in body


# --- connections that are kept, and TLS --------------------------------------------------------------


async def test_a_write_on_a_connection_that_just_broke_is_not_sent_again(rogue: Rogue, make: Make) -> None:
    adapter = await connected(make, rogue)
    rogue.close = False
    rogue.answer = http(envelope(PONG)).replace(CLOSE.encode(), b"")
    assert await ask(adapter) == "ok"
    rogue.close = True
    rogue.answer = b""
    with pytest.raises(OutcomeUnknown):
        await ask(adapter, "CancelOrder")
    assert len(rogue.requests) == 2


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.create(tmp_path_factory.mktemp("ca"))


async def test_tls(authority: Authority, make: Make) -> None:
    issued = authority.issue(["127.0.0.1"])
    context = server_context(issued.certificate, issued.key)
    async with Rogue(context) as rogue:
        rogue.answer = http(envelope(PONG))
        trusting = await connected(make, rogue, tls={"ca": str(authority.certificate_path)})
        assert await ask(trusting) == "ok"
        careless = await connected(make, rogue, tls={"verify": False})
        assert await ask(careless) == "ok"


async def test_tls_certificate_that_is_not_trusted(authority: Authority, make: Make) -> None:
    issued = authority.issue(["127.0.0.1"])
    async with Rogue(server_context(issued.certificate, issued.key)) as rogue:
        with pytest.raises(ConnectFailed, match="certificate is not accepted"):
            await connected(make, rogue)


async def test_tls_certificate_of_another_host(authority: Authority, make: Make) -> None:
    issued = authority.issue(["erp.example"])
    async with Rogue(server_context(issued.certificate, issued.key)) as rogue:
        with pytest.raises(ConnectFailed, match=r"not accepted: .*127\.0\.0\.1"):
            await connected(make, rogue, tls={"ca": str(authority.certificate_path)})


async def test_tls_expected_and_plain_http_found(peer: NodeSoapPeer, make: Make) -> None:
    adapter = make(endpoint=peer.endpoint.replace("http:", "https:"))
    with pytest.raises(ConnectFailed):
        await adapter.connect(Deadline.after(5))


def test_ca_file_that_is_none(make: Make, tmp_path: Path) -> None:
    path = tmp_path / "ca.pem"
    path.write_text("nothing")
    with pytest.raises(ValueError, match=r"ca\.pem"):
        make(endpoint="https://127.0.0.1:1/", tls={"ca": str(path)})
