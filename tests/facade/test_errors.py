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
    (ReadTimeout(SECRET), 504, "no-answer", {}),
    (ConnectionLost(SECRET), 504, "no-answer", {}),
    (OutcomeUnknown(SECRET), 504, "outcome-unknown", {"outcome": "unknown"}),
    (AuthenticationFailed(SECRET), 502, "access-refused", {"outcome": "rejected"}),
    (PermissionDenied(SECRET), 502, "access-refused", {"outcome": "rejected"}),
    (ProtocolViolation(SECRET, excerpt=SECRET), 502, "bad-reply", {}),
    (LimitExceeded(SECRET, sent_write=True), 502, "bad-reply", {"outcome": "unknown"}),
    (
        InvalidRequest("The period ends before it begins.", [Violation("is before from", pointer="/to")]),
        400,
        "invalid-request",
        {"outcome": "not_sent", "errors": [{"detail": "is before from", "pointer": "/to"}]},
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
    if "outcome" not in members and not isinstance(error, PeerRejected):
        assert "outcome" not in problem


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
