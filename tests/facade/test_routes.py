"""Configured routes: what goes where, what is refused, and what `check` says of wrong ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from adapters.errors import Blame, PeerRejected
from gateway.catalogue import Catalogue
from gateway.config import load
from tests.facade.running import Gateway, write

GOOD = {
    "/orders/{orderId}": {
        "get": {
            "call": "erp.GetOrder",
            "with": {"orderId": "path.orderId", "full": "query.all", "tag": "query.label"},
            "faults": {"OrderNotFound": 404, "E1": 410},
        },
        "put": {"call": "erp.Echo", "with": {"id": "path.orderId"}},
    },
    "/plain/{key}": {"get": {"call": "erp.rows.get"}},
    "/wrapped": {
        "post": {
            "call": "erp.Echo",
            "with": {"id": "body.order.number", "lines": "body.order.lines", "note": "body.note"},
        }
    },
    "/whole": {"post": {"call": "erp.Echo", "with": {"body": "body.order"}}},
    "/search": {"get": {"call": "erp.rows.read"}},
    "/by-name": {"get": {"call": "erp.GetOrder"}},
    "/by-name/{orderId}": {"get": {"call": "erp.GetOrder"}},
}


@pytest.fixture
async def routed(gateway: Gateway) -> Gateway:
    await gateway.start(routes=GOOD)
    return gateway


@pytest.mark.parametrize(
    ("method", "path", "sent", "body"),
    [
        ("GET", "/orders/7?all=true&label=a&label=b", None, {"orderId": 7, "full": True, "tag": ["a", "b"]}),
        ("GET", "/by-name?orderId=7&full=false", None, {"orderId": 7, "full": False}),
        ("GET", "/by-name/7?tag=a", None, {"orderId": 7, "tag": ["a"]}),
        ("PUT", "/orders/7", {"lines": [{"sku": "a"}]}, {"id": 7, "lines": [{"sku": "a"}]}),
        (
            "POST",
            "/wrapped",
            {"order": {"number": 7, "lines": [{"sku": "a"}]}},
            {"id": 7, "lines": [{"sku": "a"}]},
        ),
        ("POST", "/whole", {"order": {"id": 7, "lines": [{"sku": "a"}]}}, {"id": 7, "lines": [{"sku": "a"}]}),
    ],
)
async def test_where_things_go(routed: Gateway, method: str, path: str, sent: Any, body: Any) -> None:
    answer = await routed.request(method, "/api" + path, json=sent)
    assert answer.status == 200, answer.body
    assert routed.script.requests[0][1].body == body


async def test_parameters_by_name(routed: Gateway) -> None:
    assert (await routed.request("GET", "/api/plain/7")).status == 200
    assert (await routed.request("GET", "/api/search?limit=3")).status == 200
    assert [request.parameters for _, request in routed.script.requests] == [{"key": 7}, {"limit": 3}]


@pytest.mark.parametrize(
    ("method", "path", "sent", "status", "error"),
    [
        ("GET", "/orders/x", None, 400, {"parameter": "orderId", "detail": "is not an integer"}),
        ("GET", "/by-name", None, 400, {"parameter": "orderId", "detail": "is missing"}),
        ("GET", "/orders/7?full=true", None, 400, {"parameter": "full"}),
        ("PUT", "/orders/0", {"lines": [{"sku": "a"}]}, 400, {"parameter": "orderId"}),
        ("PUT", "/orders/7", {"id": 8, "lines": [{"sku": "a"}]}, 422, {"pointer": "/id"}),
        ("PUT", "/orders/7", [], 422, {"pointer": ""}),
        ("POST", "/wrapped", {"order": {"number": "7", "lines": []}}, 422, {"pointer": "/order/number"}),
        ("POST", "/wrapped", {"order": {"number": 7}}, 422, {"pointer": "/order/lines"}),
        ("POST", "/whole", {"order": 7}, 422, {"pointer": "/order"}),
    ],
)
async def test_what_is_refused(
    routed: Gateway, method: str, path: str, sent: Any, status: int, error: dict[str, Any]
) -> None:
    answer = await routed.request(method, "/api" + path, json=sent)
    assert answer.status == status, answer.body
    assert error.items() <= answer.json["errors"][0].items(), answer.body
    assert routed.script.requests == []


@pytest.mark.parametrize(
    ("error", "status", "name"),
    [
        (
            PeerRejected("no", code="soap:Client", fault="OrderNotFound", blame=Blame.CALLER),
            404,
            "no-such-item",
        ),
        (PeerRejected("no", code="E1", blame=Blame.PEER), 410, "rejected"),
        (PeerRejected("no", code="other", blame=Blame.PEER), 502, "peer-failed"),
    ],
)
async def test_faults(routed: Gateway, error: PeerRejected, status: int, name: str) -> None:
    routed.script.error = error
    (await routed.request("GET", "/api/orders/7")).problem(status, name)


WRONG = {
    "unknown-operation": ({"call": "erp.GetOrdr"}, "erp has no operation 'GetOrdr'; did you mean GetOrder?"),
    "missing-operation": ({"call": "erp.Broken"}, "erp cannot offer Broken: its schema is not there"),
    "unknown-target": (
        {"call": "erp.GetOrder", "with": {"ordreId": "path.x"}},
        "erp.GetOrder takes no ordreId; did you mean orderId?",
    ),
    "needed-member": ({"call": "erp.GetOrder", "with": {"full": "path.x"}}, "erp.GetOrder needs orderId"),
    "by-name": ({"call": "erp.rows.get"}, "erp.rows.get takes no x"),
    "writes-by-get": (
        {"call": "erp.Echo", "with": {"id": "path.x", "lines": "query.l"}},
        "may not be called by GET",
    ),
    "fault-near-miss": (
        {"call": "erp.GetOrder", "with": {"orderId": "path.x"}, "faults": {"OrderNotfound": 404}},
        "declares no fault OrderNotfound; did you mean OrderNotFound?",
    ),
}


@pytest.mark.parametrize(("route", "message"), WRONG.values(), ids=WRONG)
def test_check(gateway: Gateway, tmp_path: Path, route: dict[str, Any], message: str) -> None:
    write(tmp_path / "gateway.yaml", {})
    write(tmp_path / "systems/all.yaml", {"erp": {"adapter": "scripted"}})
    write(tmp_path / "routes/all.yaml", {"/a/{x}": {"get": route}})
    found = Catalogue(load(tmp_path, {})).check()
    assert len(found) == 1, found
    assert message in found[0].message
    assert found[0].file.name == "all.yaml"
    assert found[0].line >= 1


def test_check_finds_a_route_at_an_automatic_path(gateway: Gateway, tmp_path: Path) -> None:
    write(tmp_path / "gateway.yaml", {})
    write(tmp_path / "systems/all.yaml", {"erp": {"adapter": "scripted"}})
    write(tmp_path / "routes/all.yaml", {"/erp/rows/{key}": {"get": {"call": "erp.rows.get"}}})
    (found,) = Catalogue(load(tmp_path, {})).check()
    assert "is taken already, by erp.rows.get" in found.message
