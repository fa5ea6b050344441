"""Hostile bytes: smuggling, malformed heads, slow senders, readers that do not read, too many connections."""

from __future__ import annotations

import asyncio
import io
import ssl
import time
from functools import partial
from pathlib import Path

import pytest

import certs
from tests.facade.running import Gateway, until

HEAD = b"Host: x\r\nX-API-Key: KEY\r\n"
POST = b"POST /api/erp/Echo HTTP/1.1\r\n" + HEAD + b"Content-Type: application/json\r\n"

MALFORMED = {
    "content-length-and-chunked": POST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "two-content-lengths": POST + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
    "content-length-list": POST + b"Content-Length: 2, 2\r\n\r\n{}",
    "content-length-plus": POST + b"Content-Length: +2\r\n\r\n{}",
    "content-length-negative": POST + b"Content-Length: -2\r\n\r\n{}",
    "content-length-hex": POST + b"Content-Length: 0x2\r\n\r\n{}",
    "transfer-encoding-xchunked": POST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "transfer-encoding-twice": POST
    + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
    "transfer-encoding-vertical-tab": POST + b"Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n",
    "folded-header": POST + b"X-A: 1\r\n  2\r\n\r\n",
    "space-before-colon": POST + b"X-A : 1\r\n\r\n",
    "no-colon": POST + b"nonsense\r\n\r\n",
    "empty-header-name": POST + b": 1\r\n\r\n",
    "nul-in-header": POST + b"X-A: a\x00b\r\n\r\n",
    "bare-carriage-return": POST + b"X-A: a\rb\r\n\r\n",
    "chunk-size-negative": POST + b"Transfer-Encoding: chunked\r\n\r\n-1\r\n\r\n",
    "chunk-size-garbage": POST + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n\r\n",
    "line-feed-in-chunk-extension": POST + b"Transfer-Encoding: chunked\r\n\r\n2;a\nb\r\n{}\r\n0\r\n\r\n",
    "two-hosts": b"GET /api/erp/rows HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    "http-2-preface": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "http-0.9": b"GET /health/live\r\n\r\n",
    "http-3.0": b"GET /health/live HTTP/3.0\r\nHost: x\r\n\r\n",
    "tls-hello": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(100) + b"\r\n\r\n",
    "method-lower-case": b"get /health/live HTTP/1.1\r\nHost: x\r\n\r\n",
    "authority-target": b"CONNECT evil.example:443 HTTP/1.1\r\nHost: x\r\n\r\n",
    "relative-target": b"GET health/live HTTP/1.1\r\nHost: x\r\n\r\n",
    "target-with-space": b"GET /health/live x HTTP/1.1\r\nHost: x\r\n\r\n",
    "target-with-quote": b'GET /api/erp/"rows" HTTP/1.1\r\n' + HEAD + b"\r\n",
    "empty-lines-then-garbage": b"\r\n\r\n\r\n\x00\x01\x02\r\n\r\n",
}


@pytest.mark.parametrize("data", MALFORMED.values(), ids=MALFORMED)
async def test_malformed(erp: Gateway, data: bytes) -> None:
    smuggled = b"GET /api/erp/rows HTTP/1.1\r\n" + HEAD + b"\r\n"
    answer = await erp.raw((data + smuggled).replace(b"KEY", erp.key.encode()), timeout_s=3)
    assert answer.startswith((b"HTTP/1.1 400 ", b"HTTP/1.1 405 ", b"HTTP/1.1 415 ")), answer
    assert answer.count(b"HTTP/1.1 ") == 1, answer
    assert b"application/problem+json" in answer
    assert erp.script.requests == []
    assert (await erp.request("GET", "/health/live")).status == 200


async def test_missing_host(erp: Gateway) -> None:
    answer = await erp.raw(b"GET /health/live HTTP/1.1\r\n\r\n", timeout_s=2)
    assert answer.startswith(b"HTTP/1.1 400 ")


async def test_absolute_target_and_false_host_change_nothing(erp: Gateway) -> None:
    for line in (b"GET http://evil.example/health/live HTTP/1.1", b"GET /health/live HTTP/1.1"):
        answer = await erp.raw(line + b"\r\nHost: evil.example\r\nConnection: close\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 200 ")
        assert b"evil" not in answer


@pytest.mark.parametrize(
    "head",
    [
        b"X-Long: " + b"a" * 100_000,
        b"\r\n".join(b"X-%d: %s" % (n, b"a" * 1000) for n in range(100)),
        b"\r\n".join(b"X-%d: a" % n for n in range(20_000)),
    ],
    ids=["one-long", "hundred-of-a-kilobyte", "20000-headers"],
)
async def test_large_heads(erp: Gateway, head: bytes) -> None:
    answer = await erp.raw(b"GET /health/live HTTP/1.1\r\nHost: x\r\n" + head + b"\r\n\r\n", timeout_s=3)
    assert answer.startswith((b"HTTP/1.1 431 ", b"HTTP/1.1 400 ")) or answer == b"", answer[:100]
    assert (await erp.request("GET", "/health/live")).status == 200


async def test_long_target(erp: Gateway) -> None:
    answer = await erp.raw(b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", timeout_s=3)
    assert answer.startswith(b"HTTP/1.1 431 ")


async def test_pipelined_requests_are_answered_in_order(erp: Gateway) -> None:
    one = b"GET /health/live HTTP/1.1\r\nHost: x\r\nX-Correlation-Id: %d\r\n\r\n"
    last = b"GET /health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    answer = await erp.raw(b"".join(one % n for n in range(50)) + last)
    ids = [line for line in answer.split(b"\r\n") if line.startswith(b"X-Correlation-Id: ")]
    assert ids[:50] == [b"X-Correlation-Id: %d" % n for n in range(50)]
    assert len(ids) == 51


async def test_http_1_0(erp: Gateway) -> None:
    erp.script.blocks = [b'{"id":1}\n']
    request = f"GET /api/erp/rows HTTP/1.0\r\nX-API-Key: {erp.key}\r\n\r\n".encode()
    head, _, body = (await erp.raw(request)).partition(b"\r\n\r\n")
    assert b"chunked" not in head
    assert body == b'[{"id":1}]\n'


# --- slow clients ---------------------------------------------------------------------------------------

SHORT = {"header_timeout_s": 0.4, "body_timeout_s": 0.6, "idle_timeout_s": 0.6, "write_timeout_s": 0.5}


@pytest.fixture
async def impatient(gateway: Gateway) -> Gateway:
    await gateway.start(SHORT)
    return gateway


async def _drip(gateway: Gateway, first: bytes, piece: bytes, every_s: float = 0.05) -> tuple[float, bytes]:
    """Send `first`, then `piece` again and again; seconds until the gateway closed, and what it said."""
    reader, writer = await asyncio.open_connection("127.0.0.1", gateway.port)
    started = time.monotonic()
    received = bytearray()

    async def read() -> None:
        while chunk := await reader.read(65536):
            received.extend(chunk)

    reading = asyncio.create_task(read())
    try:
        writer.write(first)
        while not reading.done() and time.monotonic() - started < 8:
            await asyncio.wait({reading}, timeout=every_s)
            if piece and not reading.done():
                writer.write(piece)
        await asyncio.gather(reading, return_exceptions=True)
        return time.monotonic() - started, bytes(received)
    finally:
        reading.cancel()
        writer.close()
        await asyncio.gather(reading, writer.wait_closed(), return_exceptions=True)


@pytest.mark.parametrize(
    ("first", "piece", "status"),
    [
        (b"", b"", b""),
        (b"GET /health/live HT", b"", b"408"),
        (b"GET /health/live HTTP/1.1\r\nHost: x\r\n", b"X-A: 1\r\n", b"408"),
        (b"GET /health/live HTTP/1.1\r\nHost: x\r\nX-A: ", b"a", b"408"),
        (POST + b"Content-Length: 1000\r\n\r\n", b"", b"408"),
        (POST + b"Content-Length: 1000\r\n\r\n", b" ", b"408"),
        (POST + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n", b"408"),
    ],
    ids=[
        "silent",
        "cut-line",
        "dripped-headers",
        "dripped-value",
        "no-body",
        "dripped-body",
        "dripped-chunks",
    ],
)
async def test_slow_senders_are_cut_off(
    impatient: Gateway, first: bytes, piece: bytes, status: bytes
) -> None:
    seconds, answer = await _drip(impatient, first.replace(b"KEY", impatient.key.encode()), piece)
    assert seconds < 5
    assert answer[9:12] == status, answer
    assert impatient.script.requests == []


async def test_idle_connections_are_closed(impatient: Gateway) -> None:
    seconds, answer = await _drip(impatient, b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n", b"")
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert 0.3 < seconds < 5


async def test_a_reader_that_does_not_read_is_cut_off(impatient: Gateway) -> None:
    impatient.script.chunks = [bytes(1 << 20)] * 64
    _, writer = await asyncio.open_connection("127.0.0.1", impatient.port, limit=1024)
    writer.write(f"GET /api/erp/raw/f HTTP/1.1\r\nHost: x\r\nX-API-Key: {impatient.key}\r\n\r\n".encode())
    await until(lambda: impatient.script.closed_streams == 1)
    writer.close()
    await asyncio.gather(writer.wait_closed(), return_exceptions=True)


async def test_good_clients_are_served_among_slow_ones(gateway: Gateway) -> None:
    await gateway.start({"header_timeout_s": 1, "max_connections_per_address": 400})
    slow = [await asyncio.open_connection("127.0.0.1", gateway.port) for _ in range(200)]
    for _, writer in slow:
        writer.write(b"GET / HTTP/1.1\r\nX-A: ")
    for _ in range(20):
        assert (await gateway.request("GET", "/api/erp/rows")).status == 200
    ended = await asyncio.gather(*(reader.read() for reader, _ in slow))
    assert all(answer.startswith(b"HTTP/1.1 408 ") for answer in ended)
    for _, writer in slow:
        writer.close()


async def test_connections_are_capped_by_address(gateway: Gateway) -> None:
    await gateway.start({"max_connections_per_address": 5})
    held = [await asyncio.open_connection("127.0.0.1", gateway.port) for _ in range(4)]
    answer = await gateway.raw(b"", timeout_s=1)
    assert answer.startswith(b"HTTP/1.1 503 ")
    for _, writer in held:
        writer.close()
        await writer.wait_closed()
    await until(lambda: _accepts(gateway))


async def test_bodies_of_all_requests_together_are_bounded(gateway: Gateway) -> None:
    await gateway.start({"max_held_bytes": 2**20})
    body = b'{"id": 1, "lines": [{"sku": "a"}]}'
    large = body + b" " * (600 * 1024)
    head = f"POST /api/erp/Echo HTTP/1.1\r\nHost: x\r\nX-API-Key: {gateway.key}\r\n".encode()
    head += b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n"

    async def status(data: bytes) -> int:
        headers = {"Content-Type": "application/json"}
        answer = await gateway.request("POST", "/api/erp/Echo", data=io.BytesIO(data), headers=headers)
        if answer.status == 503:
            assert answer.problem(503, "overloaded")["outcome"] == "not_sent"
            assert answer.headers["Retry-After"] == "2"
        return answer.status

    async def held(size: int) -> bool:
        found = await gateway.request("GET", "/metrics")
        return f"\ngateway_http_held_bytes {float(size)}\n" in found.body.decode()

    assert await status(large) == 200
    reader, writer = await asyncio.open_connection("127.0.0.1", gateway.port)
    writer.write(head % len(large) + large[:-1])
    await until(partial(held, len(large) - 1))
    assert await status(large) == 503
    assert await status(body) == 200, "small ones are always read"
    writer.write(large[-1:])
    assert (await reader.readline()).startswith(b"HTTP/1.1 200 ")
    await until(partial(held, 0))
    assert await status(large) == 200
    writer.write(head % len(large) + large[:-1])
    await until(partial(held, len(large) - 1))
    writer.transport.abort()
    await until(partial(held, 0))
    assert await status(body + b" " * 2**20) == 200, "one alone has room"


async def _accepts(gateway: Gateway) -> bool:
    request = b"GET /health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    return (await gateway.raw(request)).startswith(b"HTTP/1.1 200")


# --- TLS ---------------------------------------------------------------------------------------------------


async def test_tls(gateway: Gateway, tmp_path: Path) -> None:
    authority = certs.Authority.create(tmp_path / "ca")
    issued = authority.issue(["127.0.0.1"])
    tls = {"certificate": str(issued.certificate), "key": str(issued.key)}
    await gateway.start({"tls": tls, "header_timeout_s": 1}, until_ready=False)
    context = certs.client_context(authority.certificate_path)
    async with gateway.session.get(gateway.url + "/health/live", ssl=context) as answer:
        assert (answer.status, answer.url.scheme) == (200, "https")
    # Plain text to the TLS port, and a handshake that never comes.
    assert b"HTTP/1.1 200" not in await gateway.raw(b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n")
    started = time.monotonic()
    await gateway.raw(b"\x16\x03", timeout_s=8)
    assert time.monotonic() - started < 7
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
    old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_2
    old.set_ciphers("AES128-SHA")
    with pytest.raises((ssl.SSLError, ConnectionError)):
        await asyncio.open_connection("127.0.0.1", gateway.port, ssl=old)
