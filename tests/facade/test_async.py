"""`Prefer: respond-async`: stored, answered 202, carried out; the answer is found by the message."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

import pytest

from adapters.contract import JsonValue
from adapters.errors import (
    AuthenticationFailed,
    Blame,
    ConnectFailed,
    OutcomeUnknown,
    PeerRejected,
    ProtocolViolation,
)
from tests.facade.running import Gateway, Response, until

ORDER: dict[str, JsonValue] = {"id": 7, "amount": 1.10, "lines": [{"sku": "a"}]}
ASYNC = {"Prefer": "respond-async"}
KEYS = {
    "owner": (["erp:read", "erp:write"], "json"),
    "other": (["erp:read", "erp:write"], "json"),
    "crm": (["crm:read", "crm:write"], "json"),
    "operator": (["messages:read", "messages:write"], "json"),
    "reader": (["messages:read"], "json"),
    "quoting": (["erp:read", "erp:write"], "string"),
}


async def deferred(gateway: Gateway, method: str, path: str, **options: Any) -> str:
    headers = {**ASYNC, **options.pop("headers", {})}
    answer = await gateway.request(method, path, headers=headers, **options)
    return accepted(answer)


def accepted(answer: Response) -> str:
    assert answer.status == 202, answer.body
    assert answer.headers["Preference-Applied"] == "respond-async"
    assert answer.json["state"] == "pending"
    assert answer.headers["Location"] == answer.json["location"] == f"/api/messages/{answer.json['id']}"
    identifier = answer.json["id"]
    assert isinstance(identifier, str)
    return identifier


async def message(gateway: Gateway, identifier: str, *states: str, **options: Any) -> Any:
    """The message, once it is in one of these states."""
    found: Any = None

    async def there() -> bool:
        nonlocal found
        answer = await gateway.request("GET", f"/api/messages/{identifier}", **options)
        assert answer.status == 200, answer.body
        found = answer.json
        return found["state"] in states

    await until(there)
    return found


async def test_a_call_is_stored_and_carried_out(erp: Gateway) -> None:
    erp.script.value = ORDER
    identifier = await deferred(erp, "POST", "/api/erp/Echo", json=ORDER)
    found = await message(erp, identifier, "done")
    assert found["answer"] == {"status": 200, "headers": {}, "body": ORDER}
    assert found["attempts"] == 1
    assert [name for name, _ in erp.script.requests] == ["Echo"]
    assert erp.script.requests[0][1].body == {**ORDER, "amount": Decimal("1.1")}


async def test_it_is_answered_before_the_system_is_called(erp: Gateway) -> None:
    erp.script.hold = asyncio.Event()
    identifier = await deferred(erp, "POST", "/api/erp/Echo", json=ORDER)
    found = await message(erp, identifier, "running")
    assert "answer" not in found
    erp.script.hold.set()
    await message(erp, identifier, "done")


async def test_every_digit_is_kept_on_the_way(erp: Gateway) -> None:
    text = b'{"id":7,"amount":0.10000000000000000000001,"lines":[{"sku":"a"}]}'
    headers = {**ASYNC, "Content-Type": "application/json"}
    answer = await erp.request("POST", "/api/erp/Echo", data=text, headers=headers)
    await message(erp, accepted(answer), "done")
    body: Any = erp.script.requests[0][1].body
    assert str(body["amount"]) == "0.10000000000000000000001"


async def test_parameters_and_location_are_kept(erp: Gateway) -> None:
    erp.script.reply_headers = {"location": "/rows/1", "erp.version": "9"}
    identifier = await deferred(erp, "POST", "/api/erp/rows", json=[{"id": 1}, {"id": 2}])
    found = await message(erp, identifier, "done")
    assert found["answer"]["status"] == 201
    assert found["answer"]["headers"] == {"Location": "/api/erp/rows/1", "X-Erp-Version": "9"}


async def test_a_read_of_one_value_may_be_stored_too(erp: Gateway) -> None:
    erp.script.value = {"id": 3}
    identifier = await deferred(erp, "GET", "/api/erp/rows/3")
    found = await message(erp, identifier, "done")
    assert found["answer"]["body"] == {"id": 3}
    assert erp.script.requests[0][1].parameters == {"key": 3}


async def test_a_one_way_operation(erp: Gateway) -> None:
    erp.script.value = None
    identifier = await deferred(erp, "POST", "/api/erp/Notify", json={"a": 1})
    assert (await message(erp, identifier, "done"))["answer"]["status"] == 202


@pytest.mark.parametrize("size", [0, 1, 300_000])
async def test_bytes_are_stored_as_they_are(size: int, erp: Gateway) -> None:
    data = bytes(number % 256 for number in range(size))
    headers = {"Content-Type": "image/png"}
    identifier = await deferred(erp, "POST", "/api/erp/raw", data=data, headers=headers)
    await message(erp, identifier, "done")
    assert erp.script.bodies == [data]
    body: Any = erp.script.requests[0][1].body
    assert body.content_type == "image/png"


async def test_records_are_written_in_their_format(erp: Gateway) -> None:
    identifier = await deferred(erp, "POST", "/api/erp/files", json=[{"a": "1", "b": "x"}])
    await message(erp, identifier, "done")
    assert erp.script.bodies == [b"a,b\r\n1,x\r\n"] or b"1,x" in erp.script.bodies[0]


@pytest.mark.parametrize("path", ["/api/erp/rows", "/api/erp/files/a", "/api/erp/raw/a"])
async def test_streams_are_answered_at_once(path: str, erp: Gateway) -> None:
    answer = await erp.request("GET", path, headers=ASYNC)
    assert answer.status == 200
    assert "Preference-Applied" not in answer.headers


@pytest.mark.parametrize(
    "prefer", ["wait=10", "respond-async=maybe", '"respond-async"', "return=minimal", ""]
)
async def test_other_preferences_change_nothing(prefer: str, erp: Gateway) -> None:
    answer = await erp.request("POST", "/api/erp/Echo", json=ORDER, headers={"Prefer": prefer})
    assert answer.status == 200
    assert "Preference-Applied" not in answer.headers


@pytest.mark.parametrize(
    ("options", "status", "problem"),
    [
        ({"data": b"{"}, 400, "malformed-body"),
        ({"data": b""}, 400, "malformed-body"),
        ({"data": b'{"id": 1, "id": 2, "lines": [{"sku": "a"}]}'}, 400, "malformed-body"),
        ({"data": b'{"id": 1}'}, 422, "invalid-body"),
        ({"data": b'{"id": 1, "lines": [], "state": "done"}'}, 422, "invalid-body"),
        ({"data": b"[]"}, 422, "invalid-body"),
        ({"data": b"{}", "headers": {"Content-Type": "text/plain"}}, 415, "unsupported-media-type"),
        ({"data": b"{}", "headers": {"Content-Encoding": "gzip"}}, 415, "unsupported-media-type"),
        ({"data": b" " * 3000}, 413, "body-too-large"),
    ],
    ids=["syntax", "empty", "duplicate", "missing", "extra", "list", "type", "gzip", "large"],
)
async def test_what_is_wrong_is_said_before_anything_is_stored(
    options: dict[str, Any], status: int, problem: str, gateway: Gateway
) -> None:
    await gateway.start(system={"max_request_bytes": 2000})
    headers = {"Content-Type": "application/json", **ASYNC, **options.pop("headers", {})}
    answer = await gateway.request("POST", "/api/erp/Echo", headers=headers, **options)
    assert answer.problem(status, problem)["outcome"] == "not_sent"
    assert (await gateway.request("GET", "/api/messages")).json == {"messages": []}


@pytest.mark.parametrize("code", ["OrderClosed", "23505", "SOAP-ENV:Server", "é \u2028"])
async def test_a_refusal_is_told_as_a_problem(code: str, erp: Gateway) -> None:
    erp.script.error = PeerRejected("no, because", code=code, blame=Blame.CALLER)
    at_once = (await erp.request("POST", "/api/erp/Echo", json=ORDER)).json
    identifier = await deferred(erp, "POST", "/api/erp/Echo", json=ORDER)
    found = await message(erp, identifier, "dead")
    assert found["answer"]["status"] == 422
    of_the_request = ("instance", "correlation_id")
    body = found["answer"]["body"]
    assert body["correlation_id"] == found["correlation_id"]
    assert {name: value for name, value in body.items() if name not in of_the_request} == {
        name: value for name, value in at_once.items() if name not in of_the_request
    }


async def test_an_unknown_outcome_is_held(erp: Gateway) -> None:
    erp.script.error = OutcomeUnknown("erp: no answer")
    identifier = await deferred(erp, "POST", "/api/erp/rows", json={"id": 1})
    found = await message(erp, identifier, "in_doubt")
    assert found["answer"]["status"] == 504
    assert found["answer"]["body"]["outcome"] == "unknown"
    calls = len(erp.script.requests)
    answer = await erp.request("POST", f"/api/messages/{identifier}/replay")
    assert "unknown_as" in answer.problem(409, "message-state")["detail"]
    answer = await erp.request("POST", f"/api/messages/{identifier}/replay", json={"unknown_as": "done"})
    assert answer.status == 200
    await message(erp, identifier, "done")
    assert len(erp.script.requests) == calls


@pytest.mark.parametrize("error", [ConnectFailed("down"), AuthenticationFailed("no")], ids=["down", "access"])
async def test_what_was_not_sent_is_tried_again(error: Exception, erp: Gateway) -> None:
    erp.script.error = error
    identifier = await deferred(erp, "POST", "/api/erp/rows", json={"id": 1})
    await until(lambda: bool(erp.script.requests))
    erp.script.error = None
    found = await message(erp, identifier, "done")
    assert found["attempts"] >= 2


async def test_an_answer_that_cannot_be_used(erp: Gateway) -> None:
    erp.script.error = ProtocolViolation("erp: not XML", excerpt="<html>", sent_write=False)
    identifier = await deferred(erp, "GET", "/api/erp/rows/1")
    found = await message(erp, identifier, "dead")
    assert found["answer"]["body"]["type"] == "/problems/bad-reply"
    assert "<html>" not in str(found)


async def test_numbers_are_quoted_for_who_wants_it(gateway: Gateway) -> None:
    await gateway.start(keys=KEYS)
    gateway.script.value = {"id": 12345678901234567890}
    key = gateway.other_keys["quoting"]
    identifier = await deferred(gateway, "GET", "/api/erp/rows/1", key=key)
    found = await message(gateway, identifier, "done", key=key)
    assert found["answer"]["body"] == {"id": "12345678901234567890"}


async def test_calls_that_were_accepted_survive_a_stop(gateway: Gateway) -> None:
    await gateway.start()
    gateway.script.up = False
    gateway.script.error = ConnectFailed("down")
    identifiers = [await deferred(gateway, "POST", "/api/erp/rows", json={"id": n}) for n in range(5)]
    await gateway.restart()
    for identifier in identifiers:
        await message(gateway, identifier, "done")
