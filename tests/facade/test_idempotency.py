"""`Idempotency-Key`: a write happens once, and its first answer is given again."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from adapters.contract import JsonValue
from adapters.errors import (
    AuthenticationFailed,
    Blame,
    ConnectFailed,
    InvalidRequest,
    OutcomeUnknown,
    PeerRejected,
    Throttled,
    Violation,
)
from tests.facade.running import Gateway, Response, until
from tests.facade.test_async import ASYNC, KEYS, accepted, message

ORDER: dict[str, JsonValue] = {"id": 7, "lines": [{"sku": "a"}]}
ROW = {"id": 1, "amount": 2}
KEY = {"Idempotency-Key": "order-7"}


async def insert(gateway: Gateway, key: str = "order-7", **options: Any) -> Response:
    headers = {"Idempotency-Key": key, **options.pop("headers", {})}
    if "data" not in options:
        options.setdefault("json", ROW)
    return await gateway.request("POST", options.pop("path", "/api/erp/rows"), headers=headers, **options)


async def test_the_first_answer_is_given_again(erp: Gateway) -> None:
    erp.script.value = {"id": 1, "stored": True}
    erp.script.reply_headers = {"location": "/rows/1", "erp.version": "9"}
    first = await insert(erp)
    erp.script.value = {"id": 2}
    second = await insert(erp)
    assert (first.status, first.body) == (second.status, second.body) == (201, first.body)
    for name in ("Location", "X-Erp-Version", "Content-Type"):
        assert first.headers[name] == second.headers[name]
    assert "Idempotency-Replayed" not in first.headers
    assert second.headers["Idempotency-Replayed"] == "true"
    assert len(erp.script.requests) == 1


async def test_quoted_and_bare_are_the_same_key(erp: Gateway) -> None:
    await insert(erp, "order-7")
    assert (await insert(erp, '"order-7"')).headers["Idempotency-Replayed"] == "true"
    assert len(erp.script.requests) == 1


async def test_the_effect_has_a_name_for_peers_that_know_it_again(erp: Gateway) -> None:
    await insert(erp)
    await insert(erp, "order-8")
    names = [request.idempotency_key for _, request in erp.script.requests]
    assert all(name and len(name) <= 200 and name.isascii() for name in names)
    assert len(set(names)) == 2


async def test_without_a_key_nothing_is_kept(erp: Gateway) -> None:
    for _ in range(2):
        await erp.request("POST", "/api/erp/rows", json=ROW)
    assert len(erp.script.requests) == 2
    assert erp.script.requests[0][1].idempotency_key is None


async def test_a_read_ignores_the_key(erp: Gateway) -> None:
    for _ in range(2):
        answer = await erp.request("GET", "/api/erp/rows/1", headers={"Idempotency-Key": "a b"})
        assert answer.status == 200
    assert len(erp.script.requests) == 2


@pytest.mark.parametrize(
    "other",
    [
        {"json": {"id": 1, "amount": 3}},
        {"json": [ROW]},
        {"data": b'{"id": 1,"amount": 2 }', "headers": {"Content-Type": "application/json"}},
    ],
    ids=["value", "list", "bytes"],
)
async def test_another_body_is_refused(other: dict[str, Any], erp: Gateway) -> None:
    await insert(erp)
    problem = (await insert(erp, **other)).problem(422, "idempotency-key-reused")
    assert problem["outcome"] == "not_sent"
    assert len(erp.script.requests) == 1


async def test_another_query_is_refused(erp: Gateway) -> None:
    """Of two operations at one path it is the path with its parameters that counts."""
    path = "/api/erp/raw"
    headers = {"Content-Type": "image/png"}
    assert (await insert(erp, path=path, data=b"x", headers=headers)).status == 201
    again = await insert(erp, path=path, data=b"x", headers=headers)
    assert again.headers["Idempotency-Replayed"] == "true"
    (await insert(erp, path=path, data=b"y", headers=headers)).problem(422, "idempotency-key-reused")
    assert erp.script.bodies == [b"x"]


async def test_another_endpoint_has_keys_of_its_own(erp: Gateway) -> None:
    await insert(erp)
    answer = await insert(erp, path="/api/erp/Echo", json=ORDER)
    assert "Idempotency-Replayed" not in answer.headers
    assert len(erp.script.requests) == 2


async def test_another_caller_has_keys_of_its_own(gateway: Gateway) -> None:
    await gateway.start(keys=KEYS)
    owner, other = gateway.other_keys["owner"], gateway.other_keys["other"]
    gateway.script.value = {"secret": "of owner"}
    first = await insert(gateway, key="guessable")
    assert first.status == 201
    for key in (owner, other):
        answer = await gateway.request(
            "POST", "/api/erp/rows", json=ROW, key=key, headers={"Idempotency-Key": "guessable"}
        )
        assert answer.status == 201
        assert "Idempotency-Replayed" not in answer.headers
        different = await gateway.request(
            "POST", "/api/erp/rows", json={"id": 99}, key=key, headers={"Idempotency-Key": "guessable2"}
        )
        assert different.status == 201
    assert len(gateway.script.requests) == 5


@pytest.mark.parametrize(
    "key",
    ["", " ", "a b", "a,b", '"a', 'a"b', '""', "é", "x" * 256, '"a";v=1'],
    ids=["empty", "space", "inner-space", "comma", "open", "quote", "nothing", "non-ascii", "long", "params"],
)
async def test_keys_that_are_none(key: str, erp: Gateway) -> None:
    raw = key.encode().decode("latin-1")
    problem = (await insert(erp, raw)).problem(400, "invalid-idempotency-key")
    assert problem["outcome"] == "not_sent"
    assert erp.script.requests == []


async def test_two_headers_are_refused(erp: Gateway) -> None:
    answer = await erp.raw(
        b"POST /api/erp/Notify HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n"
        b"Content-Length: 2\r\nIdempotency-Key: a\r\nIdempotency-Key: b\r\nX-API-Key: "
        + erp.key.encode()
        + b"\r\n\r\n{}"
    )
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"invalid-idempotency-key" in answer


async def test_an_invalid_body_uses_up_no_key(erp: Gateway) -> None:
    (await insert(erp, json={"amount": 2})).problem(422, "invalid-body")
    assert (await insert(erp)).status == 201


@pytest.mark.parametrize(
    "error",
    [
        ConnectFailed("down"),
        Throttled("busy", 1.0),
        InvalidRequest("no such day", [Violation("30 February", pointer="/id")]),
        AuthenticationFailed("the gateway's password expired"),
        PeerRejected("deadlock", code="40P01", blame=Blame.PEER, transient=True),
    ],
    ids=["down", "busy", "invalid", "access", "transient"],
)
async def test_what_was_not_done_forgets_the_key(error: Exception, erp: Gateway) -> None:
    erp.script.error = error
    assert (await insert(erp)).status >= 400
    erp.script.error = None
    answer = await insert(erp)
    assert answer.status == 201
    assert "Idempotency-Replayed" not in answer.headers


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (PeerRejected("there", code="23505", blame=Blame.CONFLICT), 409),
        (OutcomeUnknown("no answer"), 504),
    ],
    ids=["rejected", "unknown"],
)
async def test_a_failure_that_counts_is_given_again(error: Exception, status: int, erp: Gateway) -> None:
    erp.script.error = error
    first = await insert(erp)
    erp.script.error = None
    second = await insert(erp)
    assert (first.status, first.body) == (second.status, second.body) == (status, first.body)
    assert second.headers["Content-Type"] == "application/problem+json"
    assert second.headers["Idempotency-Replayed"] == "true"
    assert len(erp.script.requests) == 1


async def test_an_unknown_outcome_of_a_repeatable_operation_may_be_tried_again(erp: Gateway) -> None:
    erp.script.error = OutcomeUnknown("no answer")
    (await insert(erp, path="/api/erp/Echo", json=ORDER)).problem(504, "outcome-unknown")
    erp.script.error = None
    erp.script.value = ORDER
    assert (await insert(erp, path="/api/erp/Echo", json=ORDER)).status == 200
    first, second = (request.idempotency_key for _, request in erp.script.requests)
    assert first == second is not None


async def test_a_hundred_at_once_are_one_call(erp: Gateway) -> None:
    erp.script.hold = asyncio.Event()
    running = [asyncio.create_task(insert(erp)) for _ in range(100)]
    await erp.script.entered.wait()
    await until(lambda: sum(task.done() for task in running) >= 99)
    refused = [task.result() for task in running if task.done()]
    for answer in refused:
        problem = answer.problem(409, "idempotency-key-in-use")
        assert problem["outcome"] == "unknown"
        assert answer.headers["Retry-After"] == "1"
    erp.script.hold.set()
    statuses = [(await task).status for task in running]
    assert sorted(statuses) == [201] + [409] * 99
    assert len(erp.script.requests) == 1
    assert (await insert(erp)).headers["Idempotency-Replayed"] == "true"


async def test_a_caller_who_leaves_finds_the_answer_later(erp: Gateway) -> None:
    erp.script.hold = asyncio.Event()
    erp.script.value = {"done": True}
    leaving = asyncio.create_task(insert(erp))
    await erp.script.entered.wait()
    leaving.cancel()
    await asyncio.gather(leaving, return_exceptions=True)
    (await insert(erp)).problem(409, "idempotency-key-in-use")
    erp.script.hold.set()

    async def answered() -> bool:
        return (await insert(erp)).status == 201

    await until(answered)
    assert (await insert(erp)).json == {"done": True}
    assert len(erp.script.requests) == 1


async def test_an_answer_that_is_too_large_is_told_of(erp: Gateway) -> None:
    erp.script.value = {"text": "x" * (2**20 + 1)}
    first = await insert(erp)
    assert first.json == erp.script.value
    second = await insert(erp)
    problem = second.problem(409, "answer-not-kept")
    assert problem["answered_status"] == 201
    assert "outcome" not in problem
    assert second.headers["Idempotency-Replayed"] == "true"
    assert len(erp.script.requests) == 1


async def test_keys_survive_a_restart(gateway: Gateway) -> None:
    await gateway.start()
    gateway.script.value = {"n": 1}
    first = await insert(gateway)
    await gateway.restart()
    gateway.script.value = {"n": 2}
    second = await insert(gateway)
    assert second.body == first.body
    assert second.headers["Idempotency-Replayed"] == "true"


@pytest.mark.parametrize("error", [RuntimeError("a bug"), OSError("odd")], ids=["bug", "system"])
async def test_a_call_that_fails_in_the_gateway_does_not_run_for_ever(error: Exception, erp: Gateway) -> None:
    erp.script.error = error
    assert (await insert(erp)).status == 500
    erp.script.error = None
    again = await insert(erp)
    assert again.problem(500, "internal-error")["outcome"] == "unknown"
    assert again.headers["Idempotency-Replayed"] == "true"
    assert len(erp.script.requests) == 1


@pytest.mark.parametrize(("first", "second"), [({}, ASYNC), (ASYNC, {})], ids=["at once", "later"])
async def test_a_key_is_one_call_whether_it_is_waited_for_or_not(
    first: dict[str, str], second: dict[str, str], erp: Gateway
) -> None:
    answers = [await insert(erp, headers=headers) for headers in (first, second, first)]
    assert len({(answer.status, answer.body) for answer in answers}) == 1
    assert [answer.headers.get("Idempotency-Replayed") for answer in answers] == [None, "true", "true"]
    (await insert(erp, headers=second, json=[ROW])).problem(422, "idempotency-key-reused")
    await until(lambda: len(erp.script.requests) == 1)


async def test_a_stored_call_has_one_message(erp: Gateway) -> None:
    first = await insert(erp, headers=ASYNC)
    second = await insert(erp, headers=ASYNC)
    assert accepted(first) == accepted(second)
    assert second.headers["Idempotency-Replayed"] == "true"
    await message(erp, accepted(first), "done")
    assert len((await erp.request("GET", "/api/messages")).json["messages"]) == 1
    assert len(erp.script.requests) == 1
