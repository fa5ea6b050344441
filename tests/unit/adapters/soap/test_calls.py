"""Calls to a SOAP server that is not ours (npm `soap` on Node.js)."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

import jsonschema_rs
import pytest

from adapters.contract import Deadline, JsonShape, Request, Result
from adapters.errors import (
    AuthenticationFailed,
    Blame,
    ConnectFailed,
    InvalidRequest,
    LimitExceeded,
    OutcomeUnknown,
    PeerRejected,
    ReadTimeout,
)
from adapters.soap import SoapAdapter
from adapters.soap.adapter import DECODE_INLINE_BYTES
from tests.peers.process import free_port
from tests.peers.soap import PASSWORD, USERNAME, NodeSoapPeer
from tests.unit.adapters.soap.conftest import Make

pytestmark = pytest.mark.xdist_group("soap")

AUTH = {"basic": {"username": USERNAME, "password": PASSWORD}}
PRICE = {"@currency": "EUR", "#text": Decimal("12345678901234567890.1234")}
ORDER: dict[str, Any] = {
    "@channel": "web",
    "customer": "Zoë & <Søn> ]]> \U0001f4e6",
    "orderedOn": "2026-02-28",
    "deliverBy": "2026-03-01T12:00:00.123+01:00",
    "comment": None,
    "priority": 7,
    "express": True,
    "signature": "AAECAwQ=",
    "item": [{"sku": "A-1", "quantity": 2, "price": PRICE}],
    "card": {"last4": "0042"},
}


async def call(adapter: SoapAdapter, operation: str, body: Any, within_s: float = 10) -> Any:
    return (await adapter.call(operation, Request(body=body), Deadline.after(within_s))).value


def without(*keys: str, **more: Any) -> dict[str, Any]:
    return {key: value for key, value in {**ORDER, **more}.items() if key not in keys}


@pytest.mark.parametrize(
    "orders",
    [
        pytest.param([ORDER], id="all-types"),
        pytest.param([], id="empty-list"),
        pytest.param([ORDER, ORDER, ORDER], id="list"),
        pytest.param([without("comment")], id="absent-instead-of-nil"),
        pytest.param([without(comment="")], id="empty-text-instead-of-nil"),
        pytest.param([without("card", invoice={"days": 30})], id="other-choice"),
        pytest.param([without("@channel", "deliverBy", "express", "signature")], id="optional-left-out"),
        pytest.param([without(comment="two\nlines\tand  gaps")], id="white-space-inside"),
        pytest.param([without(priority=-(2**31))], id="smallest-int"),
    ],
)
async def test_values_come_back_exactly(erp: SoapAdapter, orders: list[Any]) -> None:
    reply = await call(erp, "Echo", {"order": orders})
    assert reply == ({"order": orders} if orders else {})


async def test_what_is_written_is_there_to_read(erp: SoapAdapter) -> None:
    created = await call(erp, "CreateOrder", {"order": ORDER})
    assert created["orderId"] > 2**53
    assert created["total"] == {"@currency": "EUR", "#text": Decimal("24691357802469135780.2468")}
    found = await call(erp, "GetOrder", {"orderId": created["orderId"]})
    assert found == {"orderId": created["orderId"], "status": "open", "order": ORDER}


@pytest.mark.parametrize("text", ["hello", "", "ä€😀", "a\nb", "<&>"])
async def test_bare_operation(erp: SoapAdapter, text: str) -> None:
    assert await call(erp, "Ping", text) == text


async def test_empty_reply_object(erp: SoapAdapter) -> None:
    created = await call(erp, "CreateOrder", {"order": ORDER})
    assert await call(erp, "CancelOrder", {"orderId": created["orderId"]}) == {}


async def test_one_way_operation(erp: SoapAdapter, peer: NodeSoapPeer) -> None:
    described = {operation.name: operation for operation in erp.operations()}["NotifyShipment"]
    assert described.result is Result.ACCEPTED
    assert described.reply is None
    reply = await call(erp, "NotifyShipment", {"orderId": 77, "shippedAt": "2026-03-01T08:00:00Z"})
    assert reply is None
    async with asyncio.timeout(10):  # the server answers before it acts
        while "shipped 77 2026-03-01T08:00:00Z" not in peer.server.log.read_text():
            await asyncio.sleep(0.01)


async def test_headers_both_ways(erp: SoapAdapter) -> None:
    body = {"order": ORDER, "#headers": {"Trace": {"id": "t-1"}}}
    reply = await call(erp, "CreateOrder", body)
    assert reply["#headers"] == {"Trace": {"id": "seen t-1"}}
    assert "#headers" not in await call(erp, "CreateOrder", {"order": ORDER})


async def test_large_reply_is_decoded_beside_the_loop(erp: SoapAdapter) -> None:
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            ticks += 1
            await asyncio.sleep(0.001)

    ticking = asyncio.create_task(tick())
    reply = await call(erp, "ListItems", {"count": 4000})
    ticking.cancel()
    assert len(reply["item"]) * 60 > DECODE_INLINE_BYTES
    assert reply["item"][3999]["price"]["#text"] == Decimal("3999.25")
    assert ticks > 10


# --- faults ------------------------------------------------------------------------------------------


async def rejected(adapter: SoapAdapter, operation: str, body: Any) -> PeerRejected:
    with pytest.raises(PeerRejected) as raised:
        await call(adapter, operation, body)
    return raised.value


async def test_declared_fault_is_typed(erp: SoapAdapter) -> None:
    error = await rejected(erp, "GetOrder", {"orderId": 5})
    assert (error.code, error.fault, error.blame) == ("Client.Order.NotFound", "OrderNotFound", Blame.CALLER)
    assert error.detail == {"orderId": 5, "archived": False}
    assert error.extra["reason"] == "there is no order 5"
    declared = {operation.name: operation for operation in erp.operations()}["GetOrder"].faults
    assert [fault.code for fault in declared] == ["OrderNotFound"]
    jsonschema_rs.validate(declared[0].schema, error.detail)


async def test_declared_fault_blames_the_caller_whatever_its_code(erp: SoapAdapter) -> None:
    created = await call(erp, "CreateOrder", {"order": ORDER})
    await call(erp, "CancelOrder", {"orderId": created["orderId"]})
    error = await rejected(erp, "CancelOrder", {"orderId": created["orderId"]})
    assert (error.code, error.fault, error.blame) == ("Server", "OrderClosed", Blame.CALLER)
    assert error.detail == {"status": "cancelled"}


async def test_undeclared_fault_keeps_everything_as_text(erp: SoapAdapter) -> None:
    error = await rejected(erp, "CreateOrder", {"order": without(customer="nobody")})
    assert (error.code, error.fault, error.blame) == ("Server.Storage", None, Blame.PEER)
    assert isinstance(error.detail, str)
    assert "<errno>28</errno>" in error.detail
    assert error.extra == {"reason": "disk full", "actor": "urn:example:orders:storage"}


async def test_client_fault_without_detail(erp: SoapAdapter) -> None:
    error = await rejected(erp, "CreateOrder", {"order": without(customer="banned")})
    assert (error.code, error.fault, error.blame, error.detail) == ("Client", None, Blame.CALLER, None)


# --- bad requests, which never leave -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("order", "pointer"),
    [
        pytest.param(without(priority="high"), "/order/priority", id="text-for-integer"),
        pytest.param(without(priority=2**31), "/order/priority", id="int-too-large"),
        pytest.param(without(orderedOn="2026-02-30"), "/order/orderedOn", id="impossible-date"),
        pytest.param(without(signature="%%%"), "/order/signature", id="not-base64"),
        pytest.param(without(customer="nul\x00"), "/order/customer", id="character-xml-has-not"),
        pytest.param(without("customer"), "/order", id="missing"),
        pytest.param(without(color="red"), "/order/color", id="unknown-member"),
        pytest.param(without(invoice={"days": 3}), "/order", id="both-choices"),
        pytest.param(without(item=[]), "/order", id="empty-list"),
        pytest.param(without(item=ORDER["item"][0]), "/order/item", id="object-for-list"),
        pytest.param(without(customer=None), "/order/customer", id="null-not-nillable"),
    ],
)
async def test_bad_request(erp: SoapAdapter, order: dict[str, Any], pointer: str) -> None:
    with pytest.raises(InvalidRequest) as raised:
        await call(erp, "CreateOrder", {"order": order})
    (violation,) = raised.value.violations
    assert violation.pointer is not None
    assert violation.pointer.startswith(pointer)


@pytest.mark.parametrize(
    ("headers", "pointer"),
    [
        pytest.param({"Unknown": {}}, "/#headers/Unknown", id="unknown"),
        pytest.param({"Trace": {"id": 5}}, "/#headers/Trace/id", id="wrong-type"),
        pytest.param({"Trace": None}, "/#headers/Trace", id="null"),
        pytest.param("text", "/#headers", id="no-object"),
    ],
)
async def test_bad_header(erp: SoapAdapter, headers: Any, pointer: str) -> None:
    with pytest.raises(InvalidRequest) as raised:
        await call(erp, "CreateOrder", {"order": ORDER, "#headers": headers})
    assert raised.value.violations[0].pointer == pointer


async def test_schemas_accept_what_the_codec_accepts(erp: SoapAdapter) -> None:
    described = {operation.name: operation for operation in erp.operations()}["CreateOrder"]
    assert isinstance(described.request, JsonShape)
    validator = jsonschema_rs.validator_for(described.request.schema)
    assert validator.is_valid({"order": ORDER, "#headers": {"Trace": {"id": "1"}}})
    assert not validator.is_valid({"order": ORDER, "#headers": {"Trace": {}}})
    assert not validator.is_valid({"order": without("item")})


# --- access, connections, deadlines ------------------------------------------------------------------


async def test_wrong_password(peer: NodeSoapPeer, make: Make) -> None:
    adapter = make(endpoint=peer.endpoint, auth={"basic": {"username": USERNAME, "password": "wrong-one"}})
    with pytest.raises(AuthenticationFailed):
        await adapter.connect(Deadline.after(5))
    found = await adapter.probe(Deadline.after(5))
    assert (found.reachable, found.authenticated) == (True, False)
    with pytest.raises(AuthenticationFailed):
        await call(adapter, "GetOrder", {"orderId": 1})


async def test_probe_tells_good_credentials(erp: SoapAdapter) -> None:
    found = await erp.probe(Deadline.after(5))
    assert (found.reachable, found.authenticated) == (True, True)


async def test_probe_without_a_server(make: Make) -> None:
    found = await make(endpoint=f"http://127.0.0.1:{free_port()}/x").probe(Deadline.after(5))
    assert (found.reachable, found.authenticated) == (False, None)


async def test_nothing_listens(make: Make) -> None:
    adapter = make(endpoint=f"http://127.0.0.1:{free_port()}/orders")
    with pytest.raises(ConnectFailed):
        await adapter.connect(Deadline.after(5))


async def test_call_before_connect_sends_nothing(make: Make, peer: NodeSoapPeer) -> None:
    with pytest.raises(ConnectFailed):
        await call(make(endpoint=peer.endpoint), "Ping", "x")


async def test_frozen_server_and_its_return(peer: NodeSoapPeer, erp: SoapAdapter) -> None:
    peer.server.freeze()
    try:
        with pytest.raises(ReadTimeout):
            await call(erp, "Ping", "x", within_s=0.3)
        with pytest.raises(OutcomeUnknown):
            await call(erp, "CreateOrder", {"order": ORDER}, within_s=0.3)
    finally:
        peer.server.thaw()
    assert await call(erp, "Ping", "again") == "again"


async def test_reply_larger_than_allowed(peer: NodeSoapPeer, make: Make) -> None:
    adapter = make(endpoint=peer.endpoint, auth=AUTH, max_reply_bytes=5000)
    await adapter.connect(Deadline.after(5))
    assert len((await call(adapter, "ListItems", {"count": 3}))["item"]) == 3
    with pytest.raises(LimitExceeded):
        await call(adapter, "ListItems", {"count": 300})
    assert await call(adapter, "Ping", "still here") == "still here"


async def test_calls_side_by_side(erp: SoapAdapter) -> None:
    texts = [f"text {number}" for number in range(64)]
    assert await asyncio.gather(*(call(erp, "Ping", text) for text in texts)) == texts


async def test_aclose_twice_and_connect_again(peer: NodeSoapPeer, make: Make) -> None:
    adapter = make(endpoint=peer.endpoint, auth=AUTH)
    await adapter.connect(Deadline.after(5))
    await adapter.connect(Deadline.after(5))
    await adapter.aclose()
    await adapter.aclose()
    await adapter.connect(Deadline.after(5))
    assert await call(adapter, "Ping", "x") == "x"
