"""`POST /api/flows/{flow}`: bodies that start flows."""

from __future__ import annotations

import asyncio
import io
from typing import Any

import pytest

from mappings.json.array import ArrayDecoder
from tests.facade.running import Gateway, Response, until
from tests.facade.test_async import message

JSON = {"Content-Type": "application/json"}
FLOWS = {
    "orders": {
        "from": {"post": {}},
        "description": "Orders of the shop",
        "steps": [{"filter": "id > 0"}, {"call": "erp.rows.insert"}],
    },
    "lines": {"from": {"post": {"format": "csv"}}, "steps": [{"call": "erp.Notify"}]},
    "nightly": {"from": {"schedule": "0 3 1 1 *"}, "steps": []},
}
KEYS = {
    "poster": (["flows:write"], "json"),
    "stranger": (["plant:read"], "json"),
    "other": (["erp:read", "erp:write", "flows:read"], "json"),
}


@pytest.fixture
async def flowing(gateway: Gateway) -> Gateway:
    await gateway.start(flows=FLOWS, keys=KEYS)
    return gateway


async def post(gateway: Gateway, flow: str = "orders", **options: Any) -> Response:
    if "data" not in options:
        options.setdefault("json", {"id": 1})
    options.setdefault("key", gateway.other_keys["poster"])
    return await gateway.request("POST", f"/api/flows/{flow}", **options)


async def test_a_body_goes_through_the_steps(flowing: Gateway) -> None:
    answer = await post(flowing)
    assert (answer.status, answer.json["state"]) == (202, "pending")
    assert answer.headers["Location"] == f"/api/messages/{answer.json['id']}"
    assert "Preference-Applied" not in answer.headers
    found = await message(flowing, answer.json["id"], "done", key=flowing.other_keys["poster"])
    assert found["flow"] == "orders"
    assert "answer" not in found
    assert [name for name, _ in flowing.script.requests] == ["rows.insert"]


@pytest.mark.parametrize("key", ["poster", "other"])
async def test_flows_that_take_bodies_are_listed(flowing: Gateway, key: str) -> None:
    answer = await flowing.request("GET", "/api/flows", key=flowing.other_keys[key])
    assert answer.json == {
        "flows": [
            {
                "name": "orders",
                "path": "/api/flows/orders",
                "content_type": "application/json",
                "description": "Orders of the shop",
            },
            {"name": "lines", "path": "/api/flows/lines", "content_type": "text/csv", "description": ""},
        ]
    }


async def test_whoever_has_no_right_to_flows_is_not_told_of_them(flowing: Gateway) -> None:
    answer = await flowing.request("GET", "/api/flows", key=flowing.other_keys["stranger"])
    assert (answer.status, answer.json["missing_scope"]) == (403, "flows:read")
    answer = await flowing.request("GET", "/api/orders", key=flowing.other_keys["stranger"])
    assert (answer.status, b"flows" in answer.body) == (404, False)


async def test_a_flow_that_is_not_there_gets_what_there_is(flowing: Gateway) -> None:
    answer = await post(flowing, "order")
    assert answer.status == 404
    assert answer.json["detail"] == (
        "There is nothing at this path; did you mean /api/flows/orders? "
        "Below /api/flows there are: lines, orders."
    )


async def test_records_of_a_list_go_one_by_one(flowing: Gateway) -> None:
    answer = await post(flowing, json=[{"id": 1}, {"id": 0}, {"id": 2}])
    await message(flowing, answer.json["id"], "done")
    bodies: Any = [request.body for _, request in flowing.script.requests]
    assert bodies == [{"id": 1}, {"id": 2}]


async def test_a_body_of_another_format(flowing: Gateway) -> None:
    answer = await post(flowing, "lines", data=b"a,b\n1,x\n", headers={"Content-Type": "text/csv"})
    assert answer.status == 202, answer.body
    await message(flowing, answer.json["id"], "done")
    await until(lambda: len(flowing.script.requests) == 1)


async def test_a_key_makes_it_one_message(flowing: Gateway) -> None:
    headers = {"Idempotency-Key": "order-1"}
    first, second = [await post(flowing, headers=headers) for _ in range(2)]
    assert first.json["id"] == second.json["id"]
    assert second.headers["Idempotency-Replayed"] == "true"
    (await post(flowing, headers=headers, json={"id": 2})).problem(422, "idempotency-key-reused")
    other = await post(flowing, headers=headers, key=flowing.key)
    assert other.json["id"] != first.json["id"]


@pytest.mark.parametrize(
    ("flow", "options", "status", "problem"),
    [
        ("orders", {"data": b"{"}, 400, "malformed-body"),
        ("orders", {"data": b""}, 400, "malformed-body"),
        ("orders", {"data": b'{"id":1,"id":2}'}, 400, "malformed-body"),
        ("orders", {"data": b'{"id":NaN}'}, 400, "malformed-body"),
        ("orders", {"data": b'{"id":"\xff"}'}, 400, "malformed-body"),
        ("orders", {"data": b"[" * 100 + b"]" * 100}, 400, "malformed-body"),
        ("orders", {"data": b"{}", "headers": {"Content-Type": "text/csv"}}, 415, "unsupported-media-type"),
        ("orders", {"data": b"{}", "headers": {"Content-Encoding": "gzip"}}, 415, "unsupported-media-type"),
        ("orders", {"data": b" " * 5000}, 413, "body-too-large"),
        ("orders", {"data": b"{}", "headers": {"Idempotency-Key": "a b"}}, 400, "invalid-idempotency-key"),
        ("lines", {"data": b'a,b\n"1,x\n', "headers": {"Content-Type": "text/csv"}}, 400, "malformed-body"),
        ("nothing", {}, 404, "not-found"),
        ("nightly", {}, 404, "not-found"),
        ("orders/", {}, 404, "not-found"),
        ("orders?limit=3", {}, 400, "invalid-parameters"),
        ("Orders", {}, 404, "not-found"),
    ],
)
async def test_bad_posts(
    flow: str, options: dict[str, Any], status: int, problem: str, gateway: Gateway
) -> None:
    await gateway.start({"max_body_bytes": 4000}, flows=FLOWS, keys=KEYS)
    if "data" in options:
        options["headers"] = {"Content-Type": "application/json", **options.get("headers", {})}
    (await post(gateway, flow, **options)).problem(status, problem)
    assert (await gateway.request("GET", "/api/messages")).json == {"messages": []}


async def test_it_needs_its_scope(flowing: Gateway) -> None:
    answer = await post(flowing, key=flowing.other_keys["other"])
    assert answer.problem(403, "forbidden")["missing_scope"] == "flows:write"
    answer = await post(flowing, data=b"{", key=flowing.other_keys["other"])
    answer.problem(403, "forbidden")


async def test_other_methods(flowing: Gateway) -> None:
    answer = await flowing.request("GET", "/api/flows/orders")
    answer.problem(405, "method-not-allowed")
    assert answer.headers["Allow"] == "OPTIONS, POST"


async def test_it_is_documented(flowing: Gateway) -> None:
    document = (await flowing.request("GET", "/openapi.json")).json
    described = document["paths"]["/api/flows/orders"]["post"]
    assert described["description"] == "Orders of the shop"
    assert described["x-scope"] == "flows:write"
    assert set(described["requestBody"]["content"]) == {"application/json"}
    of_csv = document["paths"]["/api/flows/lines"]["post"]
    assert set(of_csv["requestBody"]["content"]) == {"text/csv"}
    assert "/api/flows/nightly" not in document["paths"]


async def test_readiness_tells_of_the_store_and_the_flows(flowing: Gateway) -> None:
    found = (await flowing.request("GET", "/health/ready")).json
    assert found["store"] == {"state": "ok"}
    assert set(found["flows"]) == set(FLOWS)
    without = (await flowing.request("GET", "/health/ready", key=flowing.other_keys["poster"])).json
    assert "flows" not in without
    assert "store" not in (await flowing.request("GET", "/health/ready", key=None)).json


async def test_a_list_of_more_records_than_allowed_is_refused_before_all_are_read(gateway: Gateway) -> None:
    await gateway.start({"max_body_records": 1000}, flows=FLOWS, keys=KEYS)
    answer = await post(gateway, data=b"[" + b"{}," * 999 + b"{}]", headers=JSON)
    assert answer.status == 202
    answer = await post(gateway, data=io.BytesIO(b"[" + b"{}," * 1_000_000 + b"x"), headers=JSON)
    problem = answer.problem(413, "body-too-large")
    assert (problem["limit_records"], problem["outcome"]) == (1000, "not_sent")
    listed = await gateway.request("GET", "/api/messages")
    assert len([one for one in listed.json["messages"] if one.get("parent") is None]) == 1


@pytest.mark.parametrize("media_type", ["application/json", "application/x-ndjson"])
async def test_a_system_gets_no_more_records_at_once_than_allowed(gateway: Gateway, media_type: str) -> None:
    await gateway.start({"max_body_records": 1000})
    for count in (1000, 1001):
        lines = ['{"id":1}'] * count
        text = f"[{','.join(lines)}]" if media_type == "application/json" else "\n".join(lines)
        headers = {"Content-Type": media_type}
        answer = await gateway.request("POST", "/api/erp/rows", data=text.encode(), headers=headers)
        if count > 1000:
            assert answer.problem(413, "body-too-large")["limit_records"] == 1000
        else:
            assert answer.status == 201
    assert len(gateway.script.requests) == 1


async def test_what_a_text_becomes_in_memory_counts_as_held(gateway: Gateway) -> None:
    await gateway.start({"max_held_bytes": 2**20})
    data = b"[" + b"[]," * 100_000 + b"[]]"
    first = asyncio.create_task(gateway.request("POST", "/api/erp/Echo", data=data, headers=JSON))
    answers = [await gateway.request("POST", "/api/erp/Echo", data=data, headers=JSON), await first]
    # One alone has room, whatever it becomes.
    assert {answer.status for answer in answers} <= {422, 503}
    assert 422 in {answer.status for answer in answers}


async def test_of_many_bad_records_the_first_hundred_are_told(flowing: Gateway) -> None:
    answer = await post(flowing, data=b"[" + b"x," * 200_000 + b"x]", headers=JSON)
    errors = answer.problem(400, "malformed-body")["errors"]
    assert [error["record"] for error in errors] == list(range(1, 101))


async def test_a_body_is_no_longer_looked_through_when_its_caller_has_left(
    flowing: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocks = 0
    feed = ArrayDecoder.feed
    begun = asyncio.Event()
    loop = asyncio.get_running_loop()

    def counted(decoder: ArrayDecoder, chunk: bytes) -> Any:
        nonlocal blocks
        blocks += 1
        loop.call_soon_threadsafe(begun.set)
        return feed(decoder, chunk)

    monkeypatch.setattr(ArrayDecoder, "feed", counted)
    data = b"[" + b'{"id":1,"name":"a"},' * 700_000 + b"{}]"
    call = asyncio.create_task(post(flowing, data=io.BytesIO(data), headers=JSON))
    async with asyncio.timeout(30):
        await begun.wait()
    call.cancel()
    await until(lambda: not flowing.service._application.under_way._writes)
    assert blocks < len(data) // 65536
    listed = await flowing.request("GET", "/api/messages")
    assert listed.json == {"messages": []}
