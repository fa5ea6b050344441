"""What callers get wrong, and what they are told. Nothing of it reaches a system."""

from __future__ import annotations

import gzip
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.facade.running import Gateway

GOOD = b'{"id":1,"lines":[{"sku":"a"}]}'
JSON = {"Content-Type": "application/json"}


@dataclass(frozen=True)
class Bad:
    """One bad request and the problem it must get."""

    name: str
    method: str
    path: str
    status: int
    problem: str
    body: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)
    errors: list[dict[str, Any]] | None = None
    """Members that the errors must have, in order."""
    members: dict[str, Any] = field(default_factory=dict)
    answer_headers: dict[str, str] = field(default_factory=dict)


def json_body(name: str, body: bytes, rule: str) -> Bad:
    return Bad(
        f"json-{name}",
        "POST",
        "/api/erp/Echo",
        400,
        "malformed-body",
        body,
        JSON,
        errors=[{"rule": rule}],
    )


def invalid(name: str, body: bytes, *errors: dict[str, Any]) -> Bad:
    return Bad(f"schema-{name}", "POST", "/api/erp/Echo", 422, "invalid-body", body, JSON, list(errors))


def parameter(name: str, path: str, *errors: dict[str, Any]) -> Bad:
    return Bad(f"parameter-{name}", "GET", f"/api/erp{path}", 400, "invalid-parameters", errors=list(errors))


def path(name: str, target: str, status: int = 404, problem: str = "not-found") -> Bad:
    return Bad(f"path-{name}", "GET", target, status, problem)


CASES = [
    json_body("truncated", b'{"id":1,', "syntax"),
    json_body("trailing-comma", b'{"id":1,}', "syntax"),
    json_body("two-values", b"{} {}", "syntax"),
    json_body("single-quotes", b"{'id':1}", "syntax"),
    json_body("comment", b'{"id":1 /* one */}', "syntax"),
    json_body("duplicate-key", b'{"id":1,"id":2,"lines":[]}', "duplicate-key"),
    Bad("json-place", "POST", "/api/erp/Echo", 400, "malformed-body", b'{"id":1,\n "id":2,"lines":[]}', JSON,
        errors=[{"rule": "duplicate-key", "line": 2, "column": 2, "byte_offset": 10}]),
    json_body("duplicate-key-escaped", b'{"id":1,"\\u0069d":2}', "duplicate-key"),
    json_body("nan", b'{"amount":NaN}', "not-a-number"),
    json_body("infinity", b'{"amount":-Infinity}', "not-a-number"),
    json_body("huge-exponent", b'{"amount":1e99999}', "exponent"),
    json_body("5000-digits", b'{"id":' + b"9" * 5000 + b"}", "number-length"),
    json_body("leading-zero", b'{"id":01}', "syntax"),
    json_body("depth-100", b"[" * 100 + b"]" * 100, "depth"),
    json_body("depth-100000", b"[" * 100_000, "depth"),
    json_body("lone-surrogate", b'{"note":"\\ud800"}', "surrogate"),
    json_body("byte-order-mark", b"\xef\xbb\xbf{}", "bom"),
    json_body("latin-1", '{"note":"é"}'.encode("latin-1"), "utf-8"),
    json_body("utf-16", '{"id":1}'.encode("utf-16"), "utf-8"),
    json_body("control-character", b'{"note":"a\x00b"}', "syntax"),
    Bad("json-empty", "POST", "/api/erp/Echo", 400, "malformed-body", b"", JSON),
    invalid("not-an-object", b"[1]", {"pointer": ""}),
    invalid("missing", b'{"id":1}', {"pointer": "/lines", "detail": "is missing"}),
    invalid(
        "unknown-member-near-miss",
        b'{"id":1,"ammount":2,"lines":[{"sku":"a"}]}',
        {"pointer": "/ammount", "detail": "is not a known member; did you mean amount?"},
    ),
    invalid(
        "everything-at-once",
        b'{"id":0,"note":"012345678901234567890","kind":"slow","lines":[{"sku":1},{}],"x/y~z":1}',
        {"pointer": "/id"},
        {"pointer": "/note"},
        {"pointer": "/kind"},
        {"pointer": "/lines/0/sku"},
        {"pointer": "/lines/1/sku", "detail": "is missing"},
        {"pointer": "/x~1y~0z", "detail": "is not a known member"},
    ),
    invalid("text-for-number", b'{"id":"1","lines":[{"sku":"a"}]}', {"pointer": "/id"}),
    invalid("fraction-for-integer", b'{"id":1.5,"lines":[{"sku":"a"}]}', {"pointer": "/id"}),
    invalid("null", b'{"id":null,"lines":[{"sku":"a"}]}', {"pointer": "/id"}),
    invalid("empty-list", b'{"id":1,"lines":[]}', {"pointer": "/lines"}),
    Bad("ndjson-bad-line", "POST", "/api/erp/rows", 400, "malformed-body", b'{"id":1}\n{"id":\n',
        {"Content-Type": "application/x-ndjson"}, [{"record": 2, "line": 2}]),
    Bad("ndjson-invalid-line", "POST", "/api/erp/rows", 422, "invalid-body", b'{"id":1}\n{"id":"x"}\n',
        {"Content-Type": "application/x-ndjson"}, [{"pointer": "/1/id"}]),
    Bad("csv-bad-record", "POST", "/api/erp/files", 400, "malformed-body", b'a,b\n1,"x\n',
        {"Content-Type": "text/csv"}),
    parameter("unknown", "/rows?limti=1",
              {"parameter": "limti", "detail": "is not a known parameter; did you mean limit?"}),
    parameter("unknown-no-near-miss", "/rows?zzzzzz=1", {"parameter": "zzzzzz"}),
    parameter("not-an-integer", "/rows?limit=ten", {"parameter": "limit", "detail": "is not an integer"}),
    parameter("arabic-digits", "/rows?limit=%D9%A3", {"parameter": "limit", "detail": "is not an integer"}),
    parameter("plus-sign", "/rows?limit=%2B1", {"parameter": "limit"}),
    parameter("empty-integer", "/rows?limit=", {"parameter": "limit"}),
    parameter("below-minimum", "/rows?limit=-1", {"parameter": "limit"}),
    parameter("500-digits", f"/rows?limit={'9' * 500}", {"parameter": "limit"}),
    parameter("nan", "/rows?amount=NaN", {"parameter": "amount", "detail": "is not a number"}),
    parameter("huge-exponent", "/rows?amount=1e9999", {"parameter": "amount"}),
    parameter("not-a-boolean", "/rows?active=yes", {"parameter": "active"}),
    parameter("not-a-date", "/rows?since=2026-02-30", {"parameter": "since"}),
    parameter("twice", "/rows?limit=1&limit=2", {"parameter": "limit", "detail": "may be given once only"}),
    parameter("several", "/rows?limit=x&amount=y&z=1", {"parameter": "z"}, {"parameter": "limit"},
              {"parameter": "amount"}),
    parameter("bad-escape", "/rows?limit=%zz"),
    parameter("not-utf-8", "/rows?id=%ff"),
    parameter("100000-parameters", "/rows?" + "&".join("id=1" for _ in range(2000))),
    parameter("in-path", "/rows/seven", {"parameter": "key", "detail": "is not an integer"}),
    parameter("required-missing", "/GetOrder", {"parameter": "orderId", "detail": "is missing"}),
    parameter("of-body-by-query", "/GetOrder?orderId=x", {"parameter": "orderId"}),
    path("unknown", "/api/erp/nothing"),
    path("unknown-system", "/api/crm/GetOrder"),
    path("api", "/api"),
    path("trailing-slash", "/api/erp/rows/"),
    path("double-slash", "/api//erp/rows"),
    path("double-slash-at-start", "//api/erp/rows"),
    path("trailing-dot", "/api/erp/rows."),
    path("case", "/api/ERP/rows"),
    path("encoded-slash-does-not-separate", "/api%2Ferp%2Frows"),
    path("encoded-slash-in-segment", "/api/erp%2Frows"),
    path("dot-segment", "/api/erp/./rows", 400, "malformed-request"),
    path("dot-dot-segment", "/api/crm/../erp/rows", 400, "malformed-request"),
    path("encoded-dot-dot", "/api/crm/%2e%2E/erp/rows", 400, "malformed-request"),
    path("bad-escape", "/api/erp/%zz", 400, "malformed-request"),
    path("cut-escape", "/api/erp/raw/a%2", 400, "malformed-request"),
    path("not-utf-8", "/api/erp/raw/%ff", 400, "malformed-request"),
    path("overlong-utf-8", "/api/erp/raw/%c0%af", 400, "malformed-request"),
    path("nul", "/api/erp/raw/a%00b", 400, "malformed-request"),
    path("line-feed", "/api/erp/raw/a%0ab", 400, "malformed-request"),
    path("1000-segments", "/api/erp" + "/a" * 1000, 400, "malformed-request"),
    path("missing-operation", "/api/erp/Broken"),
    path("outside", "/admin"),
    path("health-below", "/health/ready/now"),
    Bad("method-delete", "DELETE", "/api/erp/rows", 405, "method-not-allowed",
        answer_headers={"Allow": "GET, HEAD, OPTIONS, POST"}),
    Bad("method-get-on-post", "GET", "/api/erp/Echo", 405, "method-not-allowed",
        answer_headers={"Allow": "OPTIONS, POST"}),
    Bad("method-trace", "TRACE", "/api/erp/rows", 405, "method-not-allowed"),
    Bad("method-invented", "FROBNICATE", "/api/erp/rows", 400, "malformed-request"),
    Bad("method-post-on-health", "POST", "/health/live", 405, "method-not-allowed", b"{}", JSON),
    Bad("accept-xml", "GET", "/api/erp/rows", 406, "not-acceptable", None, {"Accept": "text/xml"},
        members={"offered": ["application/json", "application/x-ndjson"]}),
    Bad("accept-refused", "GET", "/api/erp/rows", 406, "not-acceptable", None,
        {"Accept": "application/*;q=0"}),
    Bad("accept-garbage", "GET", "/api/erp/rows", 406, "not-acceptable", None, {"Accept": ";;;,/,x"}),
    Bad("content-type-missing", "POST", "/api/erp/Echo", 415, "unsupported-media-type", GOOD,
        {"Content-Type": ""}, members={"supported": ["application/json"]}),
    Bad("content-type-text", "POST", "/api/erp/Echo", 415, "unsupported-media-type", GOOD,
        {"Content-Type": "text/plain"}),
    Bad("content-type-form", "POST", "/api/erp/Echo", 415, "unsupported-media-type", b"id=1",
        {"Content-Type": "application/x-www-form-urlencoded"}),
    Bad("content-type-charset", "POST", "/api/erp/Echo", 415, "unsupported-media-type", GOOD,
        {"Content-Type": "application/json; charset=utf-16"}),
    Bad("content-type-multipart", "POST", "/api/erp/Echo", 415, "unsupported-media-type", GOOD,
        {"Content-Type": "multipart/form-data; boundary=x"}),
    Bad("gzip", "POST", "/api/erp/Echo", 415, "unsupported-media-type", gzip.compress(GOOD),
        {**JSON, "Content-Encoding": "gzip"}),
    Bad("gzip-bomb", "POST", "/api/erp/Echo", 415, "unsupported-media-type", gzip.compress(bytes(50_000_000)),
        {**JSON, "Content-Encoding": "gzip"}),
    Bad("encoding-invented", "POST", "/api/erp/Echo", 415, "unsupported-media-type", GOOD,
        {**JSON, "Content-Encoding": "zstd, br"}),
    Bad("body-on-get", "GET", "/api/erp/rows", 415, "unsupported-media-type", b"{}", JSON),
    Bad("body-too-large", "POST", "/api/erp/Echo", 413, "body-too-large", b'"' + b"a" * 300_000 + b'"', JSON,
        members={"limit_bytes": 200_000}),
    Bad("bytes-too-large", "POST", "/api/erp/raw", 413, "body-too-large", bytes(300_000)),
    Bad("expectation", "POST", "/api/erp/Echo", 417, "expectation-failed", GOOD,
        {**JSON, "Expect": "a-miracle"}),
    Bad("key-missing", "GET", "/api/erp/rows", 401, "unauthenticated", None, {"X-API-Key": "-"},
        answer_headers={"WWW-Authenticate": 'Bearer realm="gateway", error="invalid_token"'}),
]  # fmt: skip


@pytest.mark.parametrize("bad", CASES, ids=lambda bad: bad.name)
async def test_bad_request(gateway: Gateway, bad: Bad) -> None:
    await gateway.start(system={"max_request_bytes": 200_000})
    answer = await gateway.request(bad.method, bad.path, data=bad.body, headers=bad.headers)
    problem = answer.problem(bad.status, bad.problem)
    assert gateway.script.requests == [] or bad.name == "bytes-too-large"
    if bad.errors is not None:
        found = problem.get("errors", [])
        assert len(found) == len(bad.errors) or not bad.errors, found
        for error, wanted in zip(found, bad.errors, strict=False):
            assert wanted.items() <= error.items(), found
    assert bad.members.items() <= problem.items()
    for name, value in bad.answer_headers.items():
        assert answer.headers[name] == value
    # And the gateway goes on.
    assert (await gateway.request("GET", "/health/live")).status == 200


@pytest.mark.parametrize("coding", ["gzip, chunked", "deflate,chunked", "identity, chunked"])
async def test_a_transfer_encoding_beside_chunked_is_refused(coding: str, erp: Gateway) -> None:
    """What was not decoded is not taken for the body. Source: RFC 9112, section 6.1."""
    head = (
        f"POST /api/erp/Echo HTTP/1.1\r\nHost: x\r\nX-API-Key: {erp.key}\r\nTransfer-Encoding: {coding}\r\n"
    )
    body = b"%x\r\n%s\r\n0\r\n\r\n" % (len(GOOD), GOOD)
    answer = await erp.raw(f"{head}Content-Type: application/json\r\n\r\n".encode() + body)
    assert answer.startswith((b"HTTP/1.1 415 ", b"HTTP/1.1 400 "))
    assert erp.script.requests == []
