"""Who may do what: keys, scopes, and what is learned without them."""

from __future__ import annotations

import pytest

from tests.facade.running import Gateway

KEYS = {
    "reader": (["erp:read"], "json"),
    "writer": (["erp:write"], "json"),
    "other": (["crm:read", "crm:write"], "json"),
    "metrics": (["gateway:read"], "json"),
}
ORDER = {"id": 1, "lines": [{"sku": "a"}]}


@pytest.fixture
async def guarded(gateway: Gateway) -> Gateway:
    await gateway.start(keys=KEYS)
    return gateway


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-API-Key": ""},
        {"X-API-Key": "lgw_aaaaaaaaaa_" + "b" * 43},
        {"X-API-Key": "x" * 5000},
        {"X-API-Key": "lgw_é"},
        {"Authorization": "Basic dXNlcjpwYXNz"},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer lgw_aaaaaaaaaa_short"},
        {"apikey": "null"},
    ],
    ids=lambda headers: "-".join(headers) or "none",
)
@pytest.mark.parametrize("path", ["/api/erp/rows", "/api/erp/nothing", "/api/nothing", "/api", "/metrics"])
async def test_without_a_valid_key(guarded: Gateway, headers: dict[str, str], path: str) -> None:
    answer = await guarded.request("GET", path, key=None, headers=headers)
    answer.problem(401, "unauthenticated")
    assert answer.headers["WWW-Authenticate"].startswith('Bearer realm="gateway"')


async def test_the_body_is_not_read_without_a_key(guarded: Gateway) -> None:
    head = (
        b"POST /api/erp/Echo HTTP/1.1\r\nHost: x\r\nContent-Length: 100000000\r\nExpect: 100-continue\r\n\r\n"
    )
    answer = await guarded.raw(head, timeout_s=0.5)
    assert answer.startswith(b"HTTP/1.1 401 ")
    assert b"100 Continue" not in answer


@pytest.mark.parametrize(
    ("key", "method", "path", "missing"),
    [
        ("reader", "POST", "/api/erp/Echo", "erp:write"),
        ("reader", "POST", "/api/erp/rows", "erp:write"),
        ("writer", "GET", "/api/erp/rows", "erp:read"),
        ("writer", "HEAD", "/api/erp/rows", "erp:read"),
        ("other", "GET", "/api/erp/rows", "erp:read"),
        ("other", "GET", "/api/erp/nothing", "erp:read"),
        ("other", "DELETE", "/api/erp/rows", "erp:read"),
        ("other", "OPTIONS", "/api/erp/rows", "erp:read"),
        ("reader", "GET", "/metrics", "gateway:read"),
    ],
)
async def test_missing_scope(guarded: Gateway, key: str, method: str, path: str, missing: str) -> None:
    answer = await guarded.request(
        method, path, key=guarded.other_keys[key], json=ORDER if method == "POST" else None
    )
    assert answer.status == 403
    if method != "HEAD":
        assert answer.problem(403, "forbidden")["missing_scope"] == missing
    assert guarded.script.requests == []


async def test_a_key_without_rights_does_not_learn_what_is_offered(guarded: Gateway) -> None:
    answer = await guarded.request(
        "GET", "/api/erp/rows", key=guarded.other_keys["other"], headers={"Accept": "image/png"}
    )
    answer.problem(403, "forbidden")


@pytest.mark.parametrize(
    "form", ["Authorization: Bearer {}", "authorization: bearer {}", "X-API-Key: {}", "apikey: {}"]
)
async def test_the_ways_to_send_a_key(guarded: Gateway, form: str) -> None:
    name, _, value = form.format(guarded.other_keys["reader"]).partition(": ")
    assert (await guarded.request("GET", "/api/erp/rows", key=None, headers={name: value})).status == 200


async def test_method_override_headers_do_nothing(guarded: Gateway) -> None:
    headers = {"X-HTTP-Method-Override": "POST", "X-Original-URL": "/api/erp/Echo"}
    answer = await guarded.request("GET", "/api/erp/rows", key=guarded.other_keys["reader"], headers=headers)
    assert answer.status == 200
    assert [name for name, _ in guarded.script.requests] == ["rows.read"]


async def test_health(guarded: Gateway) -> None:
    assert (await guarded.request("GET", "/health/live", key=None)).json == {"status": "live"}
    assert (await guarded.request("GET", "/health/ready", key=None)).json == {"status": "ready"}
    for key, systems in (("reader", {"erp"}), ("other", set())):
        answer = await guarded.request("GET", "/health/ready", key=guarded.other_keys[key])
        assert set(answer.json["systems"]) == systems
    (await guarded.request("GET", "/health/ready", key="nonsense")).problem(401, "unauthenticated")


async def test_metrics(guarded: Gateway) -> None:
    await guarded.request("GET", "/api/erp/rows?limit=1")
    await guarded.request("GET", "/api/erp/secret-path-of-a-caller")
    answer = await guarded.request("GET", "/metrics", key=guarded.other_keys["metrics"])
    assert answer.status == 200
    text = answer.body.decode()
    assert 'gateway_http_requests_total{method="GET",route="/api/erp/rows",status="2xx"}' in text
    assert 'gateway_call_seconds_count{operation="rows.read",result="ok",system="erp"}' in text
    assert 'gateway_system_up{system="erp"} 1.0' in text
    assert "secret-path" not in text


@pytest.mark.parametrize("exposure", ["public", "off"])
async def test_metrics_and_docs_exposure(gateway: Gateway, exposure: str) -> None:
    await gateway.start({"metrics": exposure, "docs": exposure})
    wanted = 200 if exposure == "public" else 404
    for path in ("/metrics", "/openapi.json", "/docs"):
        assert (await gateway.request("GET", path, key=None)).status == wanted, path
