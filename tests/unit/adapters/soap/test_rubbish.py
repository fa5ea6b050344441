"""What a server may answer instead of a SOAP reply, and what each is called here."""

from __future__ import annotations

import asyncio
import gzip
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from adapters.contract import Deadline, Request
from adapters.errors import (
    AdapterError,
    AuthenticationFailed,
    Blame,
    ConnectFailed,
    ConnectionLost,
    ConnectTimeout,
    LimitExceeded,
    Outcome,
    OutcomeUnknown,
    PeerRejected,
    PermissionDenied,
    ProtocolViolation,
    ReadTimeout,
    Throttled,
)
from adapters.soap import SoapAdapter
from certs import Authority, server_context
from tests.faults.proxy import FaultProxy
from tests.peers.soap import NodeSoapPeer
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


@dataclass(frozen=True)
class Rubbish:
    """An answer, the error that a read gets, and what its message holds."""

    answer: bytes
    error: type[AdapterError]
    says: str
    settings: dict[str, Any] = field(default_factory=dict)


_DEEP = envelope(PONG.replace("ok", "<a>" * 100_000 + "</a>" * 100_000))
_BOMB = envelope(f'<Pong xmlns="{M}">{"0" * 2_000_000}</Pong>').encode()
_BILLION = '<!DOCTYPE l [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>' + envelope(PONG.replace("ok", "&b;"))
_XXE = '<!DOCTYPE l [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + envelope(PONG.replace("ok", "&x;"))

RUBBISH = {
    "html-200": Rubbish(
        http("<!DOCTYPE html><html><body>Log in</body></html>", kind="text/html"),
        ProtocolViolation,
        "an HTML page",
    ),
    "html-500": Rubbish(
        http("<html><body>Oops</body></html>", 500, "text/html"), ProtocolViolation, "HTTP 500"
    ),
    "html-502": Rubbish(http("<html>Bad Gateway</html>", 502, "text/html"), ProtocolViolation, "HTTP 502"),
    "html-404": Rubbish(http("<html>Not here</html>", 404, "text/html"), PeerRejected, "HTTP 404"),
    "text-400": Rubbish(http("bad request", 400, "text/plain"), PeerRejected, "HTTP 400"),
    "json": Rubbish(http('{"ok": true}', kind="application/json"), ProtocolViolation, "application/json"),
    "plain-text": Rubbish(http("all is well", kind="text/plain"), ProtocolViolation, "text/plain"),
    "no-content-type": Rubbish(
        b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi", ProtocolViolation, "not XML"
    ),
    "empty-200": Rubbish(http(""), ProtocolViolation, "empty"),
    "empty-202": Rubbish(http("", 202), ProtocolViolation, "empty"),
    "empty-204": Rubbish(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n", ProtocolViolation, "empty"),
    "blank": Rubbish(http(" \r\n\t "), ProtocolViolation, "empty"),
    "truncated-xml": Rubbish(http(envelope(PONG)[:-20]), ProtocolViolation, "well-formed"),
    "two-roots": Rubbish(http(envelope(PONG) * 2), ProtocolViolation, "well-formed"),
    "doctype": Rubbish(http("<!DOCTYPE x>" + envelope(PONG)), ProtocolViolation, "document type"),
    "entities": Rubbish(http(_BILLION), ProtocolViolation, "document type"),
    "external-entity": Rubbish(http(_XXE), ProtocolViolation, "document type"),
    "undeclared-entity": Rubbish(http(envelope(PONG.replace("ok", "&nbsp;"))), ProtocolViolation, "nbsp"),
    "invalid-utf-8": Rubbish(http(envelope(PONG).encode().replace(b"ok", b"\xff")), ProtocolViolation, ""),
    "nul": Rubbish(http(envelope(PONG).encode().replace(b"ok", b"\x00")), ProtocolViolation, ""),
    "soap-1.2": Rubbish(
        http(envelope(PONG, "http://www.w3.org/2003/05/soap-envelope")), ProtocolViolation, "SOAP 1.2"
    ),
    "wrong-envelope-namespace": Rubbish(
        http(envelope(PONG, "urn:example:soap")), ProtocolViolation, "not a SOAP 1.1 envelope"
    ),
    "other-xml": Rubbish(http("<rss version='2.0'/>"), ProtocolViolation, "<rss>"),
    "no-body": Rubbish(
        http('<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"/>'),
        ProtocolViolation,
        "no body",
    ),
    "empty-body": Rubbish(http(envelope("")), ProtocolViolation, "0 elements"),
    "two-elements": Rubbish(http(envelope(PONG * 2)), ProtocolViolation, "2 elements"),
    "wrong-element": Rubbish(
        http(envelope(f'<Pang xmlns="{M}"/>')), ProtocolViolation, "Pong expected, found"
    ),
    "wrong-element-namespace": Rubbish(http(envelope("<Pong>ok</Pong>")), ProtocolViolation, "contract says"),
    "content-not-as-schema": Rubbish(
        http(envelope(PONG.replace("ok", "<b>ok</b>"))), ProtocolViolation, "contract says"
    ),
    "attachments": Rubbish(multipart(PART, ATTACHED), ProtocolViolation, "1 attachments"),
    "multipart-without-boundary": Rubbish(
        http("hello", kind="multipart/related"), ProtocolViolation, "cannot be told apart"
    ),
    "reference-to-an-attachment": Rubbish(
        multipart(PART.replace("ok", '<Include xmlns="http://www.w3.org/2004/08/xop/include"/>')),
        ProtocolViolation,
        "refers to attachments",
    ),
    "too-deep": Rubbish(http(_DEEP), LimitExceeded, "depth"),
    "deeper-than-set": Rubbish(
        http(envelope(PONG.replace("ok", "<a><b><c/></b></a>"))),
        LimitExceeded,
        "nested deeper than 5",
        {"max_reply_depth": 5},
    ),
    "too-many-elements": Rubbish(
        http(envelope(PONG.replace("ok", "<a/>" * 5000))),
        LimitExceeded,
        "elements",
        {"max_reply_elements": 1000},
    ),
    "too-large-by-length": Rubbish(
        b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: 99999999\r\n\r\n<",
        LimitExceeded,
        "max_reply_bytes",
        {"max_reply_bytes": 100_000},
    ),
    "too-large-without-length": Rubbish(
        b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n\r\n" + b"<a>" * 50_000,
        LimitExceeded,
        "max_reply_bytes",
        {"max_reply_bytes": 100_000},
    ),
    "gzip-bomb": Rubbish(
        http(gzip.compress(_BOMB), more="Content-Encoding: gzip\r\n"),
        LimitExceeded,
        "max_reply_bytes",
        {"max_reply_bytes": 1_000_000},
    ),
    "gzip-that-is-none": Rubbish(
        http("no gzip at all", more="Content-Encoding: gzip\r\n"), ProtocolViolation, "Content-Encoding"
    ),
    "redirect": Rubbish(
        http("", 302, more="Location: http://other.example/x?token=1\r\n"),
        ProtocolViolation,
        "redirects to http://other.example/x (HTTP 302)",
    ),
    "redirect-permanently": Rubbish(http("", 308, more="Location: /x\r\n"), ProtocolViolation, "308"),
    "not-modified": Rubbish(b"HTTP/1.1 304 X\r\nConnection: close\r\n\r\n", ProtocolViolation, "304"),
    "unauthorized": Rubbish(http("", 401), AuthenticationFailed, "401"),
    "unauthorized-with-fault": Rubbish(
        http(fault("<faultcode>s:Client</faultcode>"), 401), AuthenticationFailed, "401"
    ),
    "forbidden": Rubbish(http("no", 403, "text/plain"), PermissionDenied, "403"),
    "unavailable-with-retry-after": Rubbish(http("", 503, more="Retry-After: 7\r\n"), Throttled, "503"),
    "unavailable": Rubbish(http("", 503), ProtocolViolation, "503"),
    "too-many-requests": Rubbish(http("", 429), Throttled, "429"),
    "value-with-status-500": Rubbish(http(envelope(PONG), 500), ProtocolViolation, "HTTP 500"),
    "not-http": Rubbish(b"SSH-2.0-OpenSSH_9.2\r\n", ProtocolViolation, "not HTTP"),
    "endless-header": Rubbish(
        b"HTTP/1.1 200 OK\r\nX: " + b"a" * 100_000 + b"\r\n\r\n", ProtocolViolation, "not HTTP"
    ),
    "closed-at-once": Rubbish(b"", ConnectionLost, ""),
    "closed-in-head": Rubbish(b"HTTP/1.1 200 OK\r\nContent-", ConnectionLost, ""),
    "closed-in-body": Rubbish(
        b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n" + envelope(PONG).encode(), ConnectionLost, "early"
    ),
    "broken-chunks": Rubbish(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n", AdapterError, ""
    ),
}


async def connected(make: Make, rogue: Rogue, **settings: Any) -> SoapAdapter:
    adapter = make(endpoint=rogue.endpoint, **settings)
    await adapter.connect(Deadline.after(5))
    return adapter


async def ask(adapter: SoapAdapter, operation: str = "Ping", within_s: float = 10) -> Any:
    body: Any = "x" if operation == "Ping" else {"orderId": 1}
    return (await adapter.call(operation, Request(body=body), Deadline.after(within_s))).value


@pytest.mark.parametrize("case", [pytest.param(case, id=name) for name, case in RUBBISH.items()])
async def test_rubbish(rogue: Rogue, make: Make, case: Rubbish) -> None:
    adapter = await connected(make, rogue, **case.settings)
    rogue.answer = case.answer
    with pytest.raises(case.error) as raised:
        await ask(adapter)
    assert case.says in str(raised.value)
    assert len(str(raised.value)) < 600
    assert len(getattr(raised.value, "excerpt", "")) <= 200
    assert len(rogue.requests) == 1
    # Whatever it was, the next call works.
    rogue.answer = http(envelope(PONG))
    assert await ask(adapter) == "ok"


@pytest.mark.parametrize(
    "name",
    [
        "html-200",
        "empty-200",
        "truncated-xml",
        "wrong-element",
        "too-deep",
        "closed-at-once",
        "closed-in-body",
    ],
)
async def test_a_write_has_an_unknown_outcome_then(rogue: Rogue, make: Make, name: str) -> None:
    adapter = await connected(make, rogue)
    rogue.answer = RUBBISH[name].answer
    with pytest.raises(AdapterError) as raised:
        await ask(adapter, "CancelOrder")
    assert raised.value.outcome is Outcome.UNKNOWN
    assert len(rogue.requests) == 1, "a write is sent once"


# --- odd but good ------------------------------------------------------------------------------------

LATIN = envelope(PONG.replace("ok", "Zoë"), head='<?xml version="1.0" encoding="ISO-8859-1"?>')

GOOD = {
    "multipart-with-one-part": (multipart(PART), "ok"),
    "status-202": (http(envelope(PONG), 202), "ok"),
    "wrong-content-type": (http(envelope(PONG), kind="text/html"), "ok"),
    "no-content-type": (b"HTTP/1.1 200 OK\r\n\r\n" + envelope(PONG).encode(), "ok"),
    "byte-order-mark": (http("\ufeff" + envelope(PONG)), "ok"),
    "utf-16": (http(envelope(PONG).encode("utf-16"), kind="text/xml; charset=utf-16"), "ok"),
    "latin-1-by-declaration": (http(LATIN.encode("latin-1"), kind="text/xml"), "Zoë"),
    "latin-1-by-header": (
        http(envelope(PONG.replace("ok", "Zoë")).encode("latin-1"), kind="text/xml; charset=ISO-8859-1"),
        "Zoë",
    ),
    "header-beats-declaration": (http(LATIN.encode(), kind="text/xml; charset=utf-8"), "Zoë"),
    "header-is-wrong": (http(LATIN.encode("latin-1"), kind="text/xml; charset=utf-8"), "Zoë"),
    "unknown-charset": (http(envelope(PONG), kind="text/xml; charset=klingon"), "ok"),
    "gzip": (http(gzip.compress(envelope(PONG).encode()), more="Content-Encoding: gzip\r\n"), "ok"),
    "white-space-and-comments": (http(f"<!-- a -->\n{envelope(f'<!-- b -->{PONG}')}\n<!-- c -->"), "ok"),
    "cdata": (http(envelope(PONG.replace("ok", "<![CDATA[<ok>]]>"))), "<ok>"),
    "leading-blank-lines": (http("\r\n\r\n" + envelope(PONG)), "ok"),
}


@pytest.mark.parametrize(
    ("answer", "value"), [pytest.param(answer, value, id=name) for name, (answer, value) in GOOD.items()]
)
async def test_odd_but_good(rogue: Rogue, make: Make, answer: bytes, value: str) -> None:
    adapter = await connected(make, rogue)
    rogue.answer = answer
    assert await ask(adapter) == value


# --- faults ------------------------------------------------------------------------------------------

_DETAIL = f'<OrderNotFound xmlns="{M}"><orderId>5</orderId><archived>%s</archived></OrderNotFound>'

FAULTS = {
    "status-200": (
        http(fault("<faultcode>s:Server</faultcode><faultstring>down</faultstring>")),
        ("Server", Blame.PEER, None, None),
    ),
    "without-anything": (http(fault(""), 500), ("(none)", Blame.PEER, None, None)),
    "dotted": (
        http(fault("<faultcode>s:Client.Auth.Expired</faultcode>"), 500),
        ("Client.Auth.Expired", Blame.CALLER, None, None),
    ),
    "own-namespace": (
        http(fault('<faultcode xmlns:q="urn:q">q:E42</faultcode>'), 500),
        ("E42", Blame.PEER, None, None),
    ),
    "prefix-not-declared": (
        http(fault("<faultcode>SOAP-ENV:Server</faultcode>"), 500),
        ("SOAP-ENV:Server", Blame.PEER, None, None),
    ),
    "empty-detail": (
        http(fault("<faultcode>s:Server</faultcode><detail/>"), 500),
        ("Server", Blame.PEER, None, None),
    ),
    "text-detail": (
        http(fault("<faultcode>s:Server</faultcode><detail>out of paper</detail>"), 500),
        ("Server", Blame.PEER, None, "out of paper"),
    ),
    "declared": (
        http(fault(f"<faultcode>s:Server</faultcode><detail>{_DETAIL % 'true'}</detail>"), 500),
        ("Server", Blame.CALLER, "OrderNotFound", {"orderId": 5, "archived": True}),
    ),
    "declared-after-another-element": (
        http(fault(f"<faultcode>s:Server</faultcode><detail><x/>{_DETAIL % 'true'}</detail>"), 400),
        ("Server", Blame.CALLER, "OrderNotFound", {"orderId": 5, "archived": True}),
    ),
    "qualified-parts": (
        http(fault("<s:faultcode>s:Server</s:faultcode><s:faultstring>x</s:faultstring>"), 500),
        ("Server", Blame.PEER, None, None),
    ),
    "parts-of-soap-1.2": (
        http(
            fault("<s:Code><s:Value>s:Sender</s:Value></s:Code><s:Reason><s:Text>x</s:Text></s:Reason>"), 500
        ),
        ("Sender", Blame.CALLER, None, None),
    ),
    "forbidden-with-fault": (
        http(fault("<faultcode>s:Client</faultcode>"), 403),
        ("Client", Blame.CALLER, None, None),
    ),
}


@pytest.mark.parametrize(
    ("answer", "expected"), [pytest.param(answer, want, id=name) for name, (answer, want) in FAULTS.items()]
)
async def test_faults(rogue: Rogue, make: Make, answer: bytes, expected: tuple[Any, ...]) -> None:
    adapter = await connected(make, rogue)
    rogue.answer = answer
    with pytest.raises(PeerRejected) as raised:
        await ask(adapter, "GetOrder")
    error = raised.value
    assert (error.code, error.blame, error.fault, error.detail) == expected
    assert error.outcome is Outcome.REJECTED


async def test_fault_detail_that_is_not_as_declared_stays_text(rogue: Rogue, make: Make) -> None:
    adapter = await connected(make, rogue)
    rogue.answer = http(fault(f"<faultcode>s:Server</faultcode><detail>{_DETAIL % 'maybe'}</detail>"), 500)
    with pytest.raises(PeerRejected) as raised:
        await ask(adapter, "GetOrder")
    assert raised.value.fault is None
    assert "<archived>maybe</archived>" in str(raised.value.detail)
    assert "OrderNotFound" in str(raised.value.extra["detail_error"])


async def test_fault_of_a_one_way_operation(rogue: Rogue, make: Make) -> None:
    adapter = await connected(make, rogue)
    body: Any = {"orderId": 1, "shippedAt": "2026-01-01T00:00:00Z"}
    rogue.answer = http(fault("<faultcode>s:Server</faultcode>"), 500)
    with pytest.raises(PeerRejected):
        await adapter.call("NotifyShipment", Request(body=body), Deadline.after(5))
    rogue.answer = http("<html>Log in</html>", kind="text/html")
    with pytest.raises(ProtocolViolation):
        await adapter.call("NotifyShipment", Request(body=body), Deadline.after(5))
    for answer in (
        http("", 202),
        http("", 200),
        b"HTTP/1.1 204 X\r\nConnection: close\r\n\r\n",
        http(envelope("")),
    ):
        rogue.answer = answer
        reply = await adapter.call("NotifyShipment", Request(body=body), Deadline.after(5))
        assert reply.value is None


# --- time --------------------------------------------------------------------------------------------


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
