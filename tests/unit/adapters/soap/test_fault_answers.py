"""Faults as servers write them, and what they become."""

from __future__ import annotations

from typing import Any

import pytest

from adapters.contract import Deadline, Request
from adapters.errors import (
    Blame,
    Outcome,
    PeerRejected,
    ProtocolViolation,
)
from tests.unit.adapters.soap.answers import (
    M,
    ask,
    connected,
    envelope,
    fault,
    http,
)
from tests.unit.adapters.soap.conftest import Make, Rogue

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
