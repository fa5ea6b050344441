"""A call that was stored and failed answers as the same call does at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from adapters.contract import JsonValue
from adapters.errors import (
    AdapterError,
    BadReply,
    Blame,
    ConnectFailed,
    InvalidRequest,
    OutcomeUnknown,
    PeerRejected,
    PermissionDenied,
    PoolTimeout,
    ProtocolViolation,
    ReadTimeout,
    Throttled,
    Violation,
)
from gateway.catalogue import UnreadableReply
from mappings.contract import MappingError, Place
from tests.facade.running import Gateway
from tests.facade.test_async import deferred, message

ORDER: dict[str, JsonValue] = {"id": 7, "lines": [{"sku": "a"}]}
ROW: dict[str, JsonValue] = {"id": 1}
ROUTES = {
    "/orders": {"post": {"call": "erp.Echo", "faults": {"OrderClosed": 409, "E-17": 404, "E-18": 503}}},
    "/parts": {"post": {"call": "erp.Echo", "faults": {"OrderClosed": 410}}},
}
DETAIL: JsonValue = {"orderId": 7, "closed": ["2026-11-01", None, {"by": "é\u2028"}]}
OF_THE_REQUEST = ("instance", "correlation_id")


def without(body: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name not in OF_THE_REQUEST}


async def as_at_once(
    gateway: Gateway, error: AdapterError, path: str, state: str = "dead", body: Any = ORDER
) -> Any:
    """What both answers are, which must be the same. The status and the body."""
    gateway.script.error = error
    options: Any = {"json": body} if body is not None else {}
    method = "POST" if body is not None else "GET"
    at_once = await gateway.request(method, path, **options)
    identifier = await deferred(gateway, method, path, **options)
    found = await message(gateway, identifier, state)
    answer = found["answer"]
    assert answer["status"] == at_once.status
    assert without(answer["body"]) == without(at_once.json)
    assert answer["body"]["correlation_id"] == found["correlation_id"]
    return at_once.status, answer["body"]


@pytest.mark.parametrize(
    ("blame", "status"),
    [(Blame.CALLER, 422), (Blame.CONFLICT, 409), (Blame.NOT_FOUND, 404), (Blame.PEER, 502)],
    ids=lambda value: str(value),
)
async def test_whose_fault_it_is(blame: Blame, status: int, erp: Gateway) -> None:
    error = PeerRejected(
        "no, because", code="é-17", blame=blame, detail=DETAIL, extra={"node": "n", "role": "r"}
    )
    found, body = await as_at_once(erp, error, "/api/erp/Echo")
    assert found == status
    assert body["peer"]["code"] == "é-17"
    assert body["peer"]["detail"] == DETAIL
    assert body["peer"]["node"] == "n"


@pytest.mark.parametrize(
    ("path", "error", "status"),
    [
        ("/api/orders", PeerRejected("x", code="S", blame=Blame.PEER, fault="OrderClosed"), 409),
        ("/api/parts", PeerRejected("x", code="S", blame=Blame.PEER, fault="OrderClosed"), 410),
        ("/api/erp/Echo", PeerRejected("x", code="S", blame=Blame.CALLER, fault="OrderClosed"), 422),
        ("/api/orders", PeerRejected("x", code="E-17", blame=Blame.CALLER), 404),
        ("/api/orders", PeerRejected("x", code="E-18", blame=Blame.CALLER), 503),
        ("/api/orders", PeerRejected("x", code="other", blame=Blame.NOT_FOUND), 404),
    ],
    ids=["of-one-route", "of-another", "without-route", "by-code", "to-5xx", "not-of-the-route"],
)
async def test_faults_have_the_status_of_their_route(
    path: str, error: AdapterError, status: int, gateway: Gateway
) -> None:
    await gateway.start(routes=ROUTES)
    assert (await as_at_once(gateway, error, path))[0] == status


@pytest.mark.parametrize(
    ("error", "problem"),
    [
        (
            InvalidRequest("two rules", [Violation("a", pointer="/id"), Violation("b", pointer="/lines/0")]),
            "invalid-body",
        ),
        (InvalidRequest("a rule", [Violation("out of range", parameter="limit")]), "invalid-request"),
        (InvalidRequest("it", []), "invalid-request"),
        (BadReply("not XML", excerpt="<html>"), "bad-reply"),
        (ProtocolViolation("broke off"), "bad-reply"),
        (
            UnreadableReply(
                "bytes",
                [
                    MappingError(
                        "is no number",
                        rule="number",
                        place=Place(record=3, byte_offset=54, line=3, column=7, path="/amount"),
                    )
                ],
            ),
            "bad-reply",
        ),
    ],
    ids=["two-violations", "parameter", "no-violation", "bad-reply", "protocol", "unreadable"],
)
async def test_what_is_wrong_for_good(error: AdapterError, problem: str, erp: Gateway) -> None:
    _, body = await as_at_once(erp, error, "/api/erp/GetOrder", body={"orderId": 1})
    assert body["type"] == f"/problems/{problem}"


@pytest.mark.parametrize(
    "error", [OutcomeUnknown("no answer"), BadReply("cut", sent_write=True)], ids=["no-answer", "cut"]
)
async def test_a_write_in_doubt(error: AdapterError, erp: Gateway) -> None:
    status, body = await as_at_once(erp, error, "/api/erp/rows", "in_doubt", ROW)
    assert status in (502, 504)
    assert body["outcome"] == "unknown"


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (ConnectFailed("refused"), 503),
        (PoolTimeout("busy"), 503),
        (Throttled("slower", 0.0), 503),
        (PermissionDenied("no"), 502),
        (PeerRejected("deadlock", code="40P01", blame=Blame.PEER, transient=True), 502),
    ],
    ids=lambda value: type(value).__name__,
)
async def test_attempts_that_are_worn_out(error: AdapterError, status: int, gateway: Gateway) -> None:
    gateway.chance = lambda least, most: 0.0
    await gateway.start()
    found, body = await as_at_once(gateway, error, "/api/erp/rows", body=ROW)
    assert found == status
    # The call made at once, and ten attempts of the other.
    assert len(gateway.script.requests) == 11
    assert body["outcome"] in ("not_sent", "rejected")


async def test_a_read_that_is_worn_out(gateway: Gateway) -> None:
    gateway.chance = lambda least, most: 0.0
    await gateway.start()
    status, body = await as_at_once(gateway, ReadTimeout("late"), "/api/erp/rows/1", body=None)
    assert (status, "outcome" in body) == (504, False)


async def test_a_detail_too_large_to_keep_is_left_out(erp: Gateway) -> None:
    erp.script.error = PeerRejected(
        "no", code="E", blame=Blame.CONFLICT, fault="OrderClosed", detail={"text": "x" * 100_000}
    )
    identifier = await deferred(erp, "POST", "/api/erp/Echo", json=ORDER)
    found = await message(erp, identifier, "dead")
    assert found["answer"]["status"] == 409
    peer = found["answer"]["body"]["peer"]
    assert (peer["code"], peer["fault"], "detail" in peer) == ("E", "OrderClosed", False)


async def test_its_route_is_gone(gateway: Gateway) -> None:
    await gateway.start(routes=ROUTES)
    gateway.script.error = PeerRejected("x", code="S", blame=Blame.CONFLICT, fault="OrderClosed")
    identifier = await deferred(gateway, "POST", "/api/parts", json=ORDER)
    assert (await message(gateway, identifier, "dead"))["answer"]["status"] == 410
    (gateway.directory / "routes" / "all.yaml").unlink()
    await gateway.restart()
    assert (await message(gateway, identifier, "dead"))["answer"]["status"] == 409
