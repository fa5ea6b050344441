"""What callers are told when a call fails, by the class of the error; and what they are not told."""

from __future__ import annotations

from typing import Any

import pytest

from adapters.errors import (
    AdapterError,
    AuthenticationFailed,
    Blame,
    ConnectFailed,
    ConnectionLost,
    ConnectTimeout,
    InvalidRequest,
    LimitExceeded,
    OutcomeUnknown,
    PeerRejected,
    PermissionDenied,
    PoolTimeout,
    ProtocolViolation,
    ReadTimeout,
    Throttled,
    Violation,
)
from tests.facade.running import Gateway

SECRET = "10.1.2.3 /etc/shadow driver says hello"

CASES: list[tuple[AdapterError, int, str, dict[str, Any]]] = [
    (ConnectFailed(SECRET), 503, "system-unavailable", {"outcome": "not_sent"}),
    (ConnectTimeout(SECRET), 503, "system-unavailable", {"outcome": "not_sent"}),
    (PoolTimeout(SECRET), 503, "system-unavailable", {"outcome": "not_sent"}),
    (Throttled(SECRET, 3.2), 503, "busy", {"outcome": "not_sent"}),
    (ReadTimeout(SECRET), 504, "outcome-unknown", {"outcome": "unknown"}),
    (ConnectionLost(SECRET), 504, "outcome-unknown", {"outcome": "unknown"}),
    (OutcomeUnknown(SECRET), 504, "outcome-unknown", {"outcome": "unknown"}),
    (AuthenticationFailed(SECRET), 502, "access-refused", {"outcome": "rejected"}),
    (PermissionDenied(SECRET), 502, "access-refused", {"outcome": "rejected"}),
    (ProtocolViolation(SECRET, excerpt=SECRET), 502, "bad-reply", {"outcome": "unknown"}),
    (LimitExceeded(SECRET, sent_write=True), 502, "bad-reply", {"outcome": "unknown"}),
    (
        InvalidRequest("The period ends before it begins.", [Violation("is before from", pointer="/to")]),
        422,
        "invalid-body",
        {"outcome": "not_sent", "errors": [{"detail": "is before from", "pointer": "/to"}]},
    ),
    (
        InvalidRequest("The name is taken.", [Violation("is reserved", parameter="name")]),
        400,
        "invalid-request",
        {"outcome": "not_sent", "errors": [{"detail": "is reserved", "parameter": "name"}]},
    ),
    (
        PeerRejected("No such order.", code="E404", blame=Blame.NOT_FOUND),
        404,
        "no-such-item",
        {
            "outcome": "rejected",
            "detail": "No such order.",
            "peer": {"system": "erp", "operation": "Echo", "code": "E404"},
        },
    ),
    (
        PeerRejected("Exists.", code="23505", blame=Blame.CONFLICT, extra={"constraint": "pk"}),
        409,
        "conflict",
        {"peer": {"system": "erp", "operation": "Echo", "code": "23505", "constraint": "pk"}},
    ),
    (
        PeerRejected("Closed.", code="ns:Client", blame=Blame.CALLER, fault="OrderClosed", detail={"id": 7}),
        422,
        "rejected",
        {
            "peer": {
                "system": "erp",
                "operation": "Echo",
                "code": "ns:Client",
                "fault": "OrderClosed",
                "detail": {"id": 7},
            }
        },
    ),
    (PeerRejected("Oops.", code="ns:Server", blame=Blame.PEER), 502, "peer-failed", {"outcome": "rejected"}),
]


@pytest.mark.parametrize(
    ("error", "status", "name", "members"), CASES, ids=[f"{type(c[0]).__name__}-{c[1]}-{c[2]}" for c in CASES]
)
async def test_error(
    erp: Gateway, error: AdapterError, status: int, name: str, members: dict[str, Any]
) -> None:
    erp.script.error = error
    answer = await erp.request("POST", "/api/erp/Echo", json={"id": 1, "lines": [{"sku": "a"}]})
    problem = answer.problem(status, name)
    assert members.items() <= problem.items()
    assert SECRET not in answer.body.decode()
    assert ("Retry-After" in answer.headers) is (status == 503)
    assert problem["outcome"] == members.get("outcome", "rejected")


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (ConnectFailed(""), "not_sent"),
        (InvalidRequest("", [Violation("", parameter="limit")]), "not_sent"),
        (ReadTimeout(""), None),
        (PermissionDenied(""), None),
        (PeerRejected("", code="E1", blame=Blame.CALLER), None),
        (ProtocolViolation(""), None),
        (ZeroDivisionError(), None),
    ],
    ids=lambda found: type(found).__name__ if isinstance(found, Exception) else "",
)
async def test_outcome_of_a_read(erp: Gateway, error: Exception, outcome: str | None) -> None:
    erp.script.error = error
    assert (await erp.request("GET", "/api/erp/rows")).json.get("outcome") == outcome


@pytest.mark.parametrize(
    ("method", "path", "body", "headers", "status"),
    [
        pytest.param("POST", "/Echo", b"{", {}, 400, id="malformed-body"),
        pytest.param("POST", "/Echo", b"{}", {}, 422, id="invalid-body"),
        pytest.param("POST", "/Echo?x=1", b"{}", {}, 400, id="invalid-parameters"),
        pytest.param("POST", "/Echo", b"<a/>", {"Content-Type": "text/xml"}, 415, id="media-type"),
        pytest.param("POST", "/Echo", b"{}", {"Accept": "text/xml"}, 406, id="accept"),
        pytest.param("GET", "/rows?limit=x", None, {}, 400, id="read"),
    ],
)
async def test_outcome_of_what_is_refused_before_it_is_sent(
    erp: Gateway, method: str, path: str, body: bytes | None, headers: dict[str, str], status: int
) -> None:
    headers = {"Content-Type": "application/json", **headers}
    answer = await erp.request(method, f"/api/erp{path}", data=body, headers=headers)
    assert (answer.status, answer.json["outcome"]) == (status, "not_sent")


async def test_outcome_of_a_write_that_a_bug_ends(erp: Gateway) -> None:
    erp.script.error = ZeroDivisionError(SECRET)
    answer = await erp.request("POST", "/api/erp/Notify", json={})
    assert answer.problem(500, "internal-error")["outcome"] == "unknown"


async def test_no_outcome_where_nothing_was_called(erp: Gateway) -> None:
    for answer in (
        await erp.request("POST", "/api/erp/nothing"),
        await erp.request("POST", "/api/erp/Echo", key=None),
    ):
        assert "outcome" not in answer.json


async def test_a_bug_in_an_adapter_is_answered_and_logged(
    erp: Gateway, capfd: pytest.CaptureFixture[str]
) -> None:
    erp.script.error = ZeroDivisionError(SECRET)
    answer = await erp.request("GET", "/api/erp/rows")
    problem = answer.problem(500, "internal-error")
    assert SECRET not in answer.body.decode()
    assert problem["correlation_id"] == answer.headers["X-Correlation-Id"]


async def test_every_type_explains_itself(erp: Gateway) -> None:
    erp.script.error = ConnectFailed("")
    problem = (await erp.request("GET", "/api/erp/rows")).json
    answer = await erp.request("GET", problem["type"], key=None)
    assert answer.status == 200
    assert answer.json["title"] == problem["title"]
    page = await erp.request("GET", problem["type"], key=None, headers={"Accept": "text/html"})
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
