"""Calls and posts that are stored to be carried out later."""

from __future__ import annotations

import json
from typing import Any

import pytest

from adapters.contract import ByteBody, Request
from adapters.errors import Blame, OutcomeUnknown, PeerRejected, PoolTimeout
from gateway.catalogue import UnreadableRequest
from gateway.flows.bodies import whole_body
from gateway.messages import Message, State
from tests.unit.gateway.flows.bench import Bench

POSTED = {"from": {"post": {}}, "steps": [{"call": "s.do"}]}


async def call(bench: Bench, operation: str, request: Request, **more: Any) -> Message:
    """Have a call made later; its message when it is settled."""
    if not hasattr(bench, "engine"):
        await bench.start(flows={})
    entry = bench.catalogue.systems["s"].entries[operation]
    found = await bench.engine.accept_call(entry, request, owner="key-1", correlation_id="c-1", **more)
    await bench.settled(State.DONE, State.DEAD, State.IN_DOUBT)
    return await bench.store.get(found)


async def result(bench: Bench, message: Message) -> Any:
    found = await bench.store.result(message.id)
    assert found is not None
    return json.loads(found)


async def test_a_call_is_made_and_its_answer_kept(bench: Bench) -> None:
    bench.script.answer = lambda operation, request: {"id": 7}
    message = await call(bench, "rows.update", Request(parameters={"key": 7}, body={"x": None}))
    assert (message.flow, message.state, message.owner) == ("call:s.rows.update", State.DONE, "key-1")
    ((_, request),) = bench.script.calls
    assert (request.parameters, request.body) == ({"key": 7}, {"x": None})
    assert request.correlation_id == "c-1"
    assert await result(bench, message) == {"result": "done", "value": {"id": 7}, "headers": {}}


async def test_the_bytes_of_a_call_are_those_that_were_sent(bench: Bench) -> None:
    data = bytes(range(256)) * 4000
    await call(bench, "raw.put", Request(body=whole_body(data, "image/png")))
    assert bench.script.bodies == [data]
    body = bench.script.calls[0][1].body
    assert isinstance(body, ByteBody)
    assert body.content_type == "image/png"


async def test_a_call_under_one_claim_is_stored_once(bench: Bench) -> None:
    first = await call(bench, "do", Request(body={}), claim="k")
    second = await call(bench, "do", Request(body={}), claim="k")
    assert first.id == second.id
    assert len(bench.script.calls) == 1


@pytest.mark.parametrize(
    ("error", "state", "calls"),
    [
        (PoolTimeout("busy"), State.DONE, 2),
        (OutcomeUnknown("cut"), State.IN_DOUBT, 1),
        (PeerRejected("no", code="E1", blame=Blame.CALLER), State.DEAD, 1),
    ],
    ids=["not-sent", "unknown", "rejected"],
)
async def test_a_call_that_fails(error: Any, state: State, calls: int, bench: Bench) -> None:
    left = [error]
    bench.script.answer = lambda operation, request: left.pop() if left else {}
    message = await call(bench, "do", Request(body={}))
    assert message.state is state
    assert len(bench.script.calls) == calls


async def test_a_post_goes_through_the_steps(bench: Bench) -> None:
    await bench.start(POSTED)
    found = await bench.engine.accept_post(
        "f", b'[{"id": 1}, {"id": 2}]', "application/json", owner="key-1", correlation_id="c"
    )
    (message,) = await bench.settled(State.DONE)
    assert (message.id, message.owner, message.correlation_id) == (found, "key-1", "c")
    assert bench.script.sent("do") == [{"id": 1}, {"id": 2}]


async def test_a_post_is_read_before_it_is_taken(bench: Bench) -> None:
    await bench.start({"from": {"post": {"format": "csv"}}, "steps": [{"call": "s.do"}]})
    with pytest.raises(UnreadableRequest) as caught:
        await bench.engine.accept_post("f", b"a,b\n1\n", "text/csv", owner="k", correlation_id="c")
    assert caught.value.errors[0].place.line == 2
    assert await bench.messages() == []


async def test_only_flows_that_take_posts_take_them(bench: Bench) -> None:
    await bench.start({"from": "s.messages", "steps": []})
    for name in ("f", "unknown", "call:s.do"):
        with pytest.raises(LookupError):
            await bench.engine.accept_post(name, b"{}", "application/json", owner="k", correlation_id="c")
