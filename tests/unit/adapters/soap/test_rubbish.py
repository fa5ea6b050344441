"""What a server may answer instead of a SOAP reply, and what each is called here."""

from __future__ import annotations

import base64
import gzip
from dataclasses import dataclass, field
from typing import Any

import pytest

from adapters.errors import (
    AdapterError,
    AuthenticationFailed,
    ConnectionLost,
    LimitExceeded,
    Outcome,
    PeerRejected,
    PermissionDenied,
    ProtocolViolation,
    Throttled,
)
from tests.unit.adapters.soap.answers import (
    ATTACHED,
    PART,
    PONG,
    M,
    ask,
    connected,
    envelope,
    fault,
    http,
    multipart,
)
from tests.unit.adapters.soap.conftest import Make, Rogue


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

_NESTED = "".join(f'Content-Type: multipart/mixed; boundary="c{n}"\r\n\r\n--c{n}\r\n' for n in range(3000))

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
    "multipart-cut-short": Rubbish(
        http(f"--b\r\n{PART}\r\n", kind='multipart/related; boundary="b"'),
        ProtocolViolation,
        "cannot be told apart",
    ),
    "multipart-without-head": Rubbish(
        multipart(envelope(PONG)), ProtocolViolation, "has no headers, or too many"
    ),
    "multipart-within-multipart": Rubbish(multipart(_NESTED), ProtocolViolation, "not XML"),
    "multipart-of-broken-base64": Rubbish(
        multipart("Content-Transfer-Encoding: base64\r\n\r\nA"), ProtocolViolation, "base64"
    ),
    "reference-to-an-attachment": Rubbish(
        multipart(PART.replace("ok", '<Include xmlns="http://www.w3.org/2004/08/xop/include"/>')),
        ProtocolViolation,
        "refers to attachments",
    ),
    "charset-utf-7": Rubbish(
        http(b"<?xml version='1.0'?><a>+2AA-</a>", kind="text/xml; charset=utf-7"), ProtocolViolation, "<a>"
    ),
    "charset-punycode": Rubbish(
        http("a" * 50_000 + "-" + "b" * 10_000, kind="text/xml; charset=punycode"), ProtocolViolation, ""
    ),
    "charset-undefined": Rubbish(http("<a/>", kind="text/xml; charset=undefined"), ProtocolViolation, "<a>"),
    "text-beyond-the-parser's-limit": Rubbish(
        http(envelope(PONG.replace("ok", "x" * 11_000_000))), LimitExceeded, "too long"
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
    "multipart-by-line-feeds": (
        http(f"--b\n{PART}\n--b--".replace("\r", ""), kind='multipart/related; boundary="b"'),
        "ok",
    ),
    "multipart-with-preamble-and-epilogue": (
        http(f"ignored\r\n--b\r\n{PART}\r\n--b--\r\nignored", kind='multipart/related; boundary="b"'),
        "ok",
    ),
    "multipart-in-base64": (
        multipart(
            "Content-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(envelope(PONG).encode()).decode()
        ),
        "ok",
    ),
    "multipart-quoted-printable": (
        multipart("Content-Transfer-Encoding: quoted-printable\r\n\r\n" + envelope(PONG).replace("=", "=3D")),
        "ok",
    ),
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
