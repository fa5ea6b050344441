"""What is stored of the error of a call, and the error that is made of it again."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from adapters.errors import AdapterError, Blame, ConnectFailed, InvalidRequest, PeerRejected, Violation
from gateway.flows.failures import of_call
from gateway.flows.peer_errors import error_of
from gateway.messages import MAX_DETAIL, Failure

DETAILS: tuple[Any, ...] = (
    None,
    "text",
    0,
    False,
    [],
    {},
    [None],
    {"a": Decimal("0.10000000000000000000001")},
)


@pytest.mark.parametrize("detail", DETAILS, ids=repr)
@pytest.mark.parametrize("blame", list(Blame))
def test_a_refusal_comes_back(blame: Blame, detail: Any) -> None:
    error = PeerRejected("no", code="", blame=blame, fault="F", detail=detail, extra={"node": "n"})
    found = error_of(of_call(error, "call", None))
    assert isinstance(found, PeerRejected)
    assert (found.code, found.blame, found.fault, found.extra) == ("", blame, "F", {"node": "n"})
    assert (found.detail or None) == (detail or None)


@pytest.mark.parametrize("over", [0, 1])
def test_a_detail_is_bounded(over: int) -> None:
    frame = len('{"detail":""}')
    error = PeerRejected("no", code="E", blame=Blame.PEER, detail="x" * (MAX_DETAIL - frame + over))
    failure = of_call(error, "call", None)
    assert (failure.detail is None) is bool(over)
    assert failure.code == "E"


def test_violations_are_bounded() -> None:
    error = InvalidRequest("many", [Violation(f"v{number}", parameter="p") for number in range(1000)])
    found = error_of(of_call(error, "call", None))
    assert isinstance(found, InvalidRequest)
    assert (found.message, len(found.violations)) == ("many", 20)
    assert found.violations[0] == Violation("v0", parameter="p")


@pytest.mark.parametrize(
    ("failure", "kind"),
    [
        (Failure("PeerRejected", "of an older version", rule="23505"), PeerRejected),
        (Failure("PeerRejected", "x", code="1", blame="nobody"), PeerRejected),
        (Failure("PeerRejected", "x", code="1", detail="[1]"), PeerRejected),
        (Failure("InvalidRequest", "x", path="/a"), InvalidRequest),
        (Failure("InvalidRequest", "x", detail='{"violations":[1,{}]}'), InvalidRequest),
        (Failure("ConnectFailed", "x"), ConnectFailed),
        (Failure("MappingError", "x"), AdapterError),
        (Failure("Outcome", "x"), AdapterError),
        (Failure("__name__", "x"), AdapterError),
        (Failure("", ""), AdapterError),
    ],
)
def test_what_others_wrote_makes_an_error_too(failure: Failure, kind: type[AdapterError]) -> None:
    assert type(error_of(failure)) is kind
