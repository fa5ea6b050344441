"""MQTT through the facade: what a message is to those who read it and those who send it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import aiohttp
import pytest

from tests.facade.running import Gateway, until
from tests.peers.mosquitto import mosquitto
from tests.peers.process import ServerProcess

SSE = {"Accept": "text/event-stream"}
RECORD = {"type": "object", "required": ["celsius"], "properties": {"celsius": {"type": "number"}}}


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    server = mosquitto(tmp_path_factory.mktemp("mosquitto"))
    server.start()
    yield server
    server.stop()


@pytest.fixture
async def plant(gateway: Gateway, broker: ServerProcess, request: pytest.FixtureRequest) -> Gateway:
    """A gateway with one channel twice: as JSON, and as the bytes it is. Topics are the test's own."""
    (gateway.directory / "mappings").mkdir()
    mapping = {"reading": {"format": "json", "record": RECORD}}
    (gateway.directory / "mappings" / "all.yaml").write_text(json.dumps(mapping))
    root = "".join(letter if letter.isalnum() else "-" for letter in request.node.name)
    channels = {
        "value": {"topic": f"{root}/{{machine}}/value"},
        "raw": {"topic": f"{root}/{{machine}}/value", "format": None},
        "reading": {"topic": f"{root}/{{machine}}/reading", "format": "reading"},
        "raw-reading": {"topic": f"{root}/{{machine}}/reading", "format": None},
    }
    system = {"adapter": "mqtt", "broker": f"mqtt://127.0.0.1:{broker.port}", "client_id": root[:60]}
    await gateway.start(systems={"plant": {**system, "channels": channels}})
    return gateway


async def publish(plant: Gateway, path: str, data: bytes) -> None:
    """Publish bytes as they are, and wait until the gateway has seen them itself."""
    headers = {"Content-Type": "application/octet-stream"}
    answer = await plant.request("POST", f"/api/plant/{path}", data=data, headers=headers)
    assert answer.status == 200, answer.body

    async def seen() -> bool:
        return (await plant.request("GET", f"/api/plant/{path}")).body == data

    if data:
        await until(seen)


async def events(answer: aiohttp.ClientResponse) -> AsyncIterator[tuple[str, bytes]]:
    """Kind and data of each event. Comments are left out."""
    kind = ""
    async for line in answer.content:
        if line.startswith(b"event: "):
            kind = line[7:].decode().strip()
        elif line.startswith(b"data: "):
            yield kind, line[6:].rstrip(b"\n")
            kind = ""


@pytest.mark.parametrize(
    "payload",
    [
        b"21.50",
        b'"running"',
        b"true",
        b"null",
        b"[]",
        b"[1]",
        b'[{"a":1},[2]]',
        b'{"celsius":12345678901234567890.12345678901234567890}',
    ],
    ids=["number", "text", "true", "null", "empty-array", "array-of-one", "array", "many-digits"],
)
async def test_a_message_is_one_json_value(plant: Gateway, payload: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    async with (
        plant.session.get(f"{plant.url}/api/plant/value", headers=SSE) as every,
        plant.session.get(f"{plant.url}/api/plant/value/oven", headers=SSE) as one,
    ):
        sent = await plant.request("POST", "/api/plant/value/oven", data=payload, headers=headers)
        assert sent.status == 200, sent.body
        assert await anext(events(one)) == ("", payload)
        topic = sent.json["topic"].encode()
        assert await anext(events(every)) == ("", b'{"source":"%s","value":%s}' % (topic, payload))
    assert (await plant.request("GET", "/api/plant/raw/oven")).body == payload
    last = await plant.request("GET", "/api/plant/value/oven")
    assert (last.status, last.headers["Content-Type"]) == (200, "application/json")
    assert last.body == payload + b"\n"


UNREADABLE: list[Any] = [
    pytest.param("value", b"21.5.1", "syntax", "line", id="not-json"),
    pytest.param("value", b"\x00\xff", "utf-8", "byte_offset", id="bytes"),
    pytest.param("value", b"NaN", "not-a-number", None, id="NaN"),
    pytest.param("value", b'{"a":1,"a":2}', "duplicate-key", None, id="key-twice"),
    pytest.param("reading", b"21.5", "schema", "pointer", id="not-as-its-schema"),
]


@pytest.mark.parametrize(("channel", "payload", "rule", "place"), UNREADABLE)
async def test_a_bad_message_is_seen_as_one(
    plant: Gateway, channel: str, payload: bytes, rule: str, place: str | None
) -> None:
    raw = "raw" if channel == "value" else "raw-reading"
    async with plant.session.get(f"{plant.url}/api/plant/{channel}/oven", headers=SSE) as watch:
        await publish(plant, f"{raw}/oven", payload)
        await publish(plant, f"{raw}/oven", b'{"celsius":1}')
        found = events(watch)
        kind, data = await anext(found)
        assert (kind, json.loads(data)["rule"]) == ("unreadable", rule)
        assert await anext(found) == ("", b'{"celsius":1}')
    await publish(plant, f"{raw}/oven", payload)
    problem = (await plant.request("GET", f"/api/plant/{channel}/oven")).problem(502, "bad-reply")
    assert problem["errors"][0]["rule"] == rule
    assert place is None or place in problem["errors"][0]


async def test_an_empty_message_clears_the_value(plant: Gateway) -> None:
    await publish(plant, "raw/oven", b"5")
    async with plant.session.get(f"{plant.url}/api/plant/value/oven", headers=SSE) as watch:
        await publish(plant, "raw/oven", b"")
        assert (await anext(events(watch)))[0] == "unreadable"
    answer = await plant.request("GET", "/api/plant/value/oven")
    assert answer.status == 404


async def test_what_is_published_agrees_with_the_schema(plant: Gateway) -> None:
    for body, status in (
        (b'{"celsius":1.5}', 200),
        (b'{"celsius":"hot"}', 422),
        (b'[{"celsius":1.5}]', 422),  # a message is one record
        (b"21.5", 422),
        (b"x", 400),
    ):
        headers = {"Content-Type": "application/json"}
        answer = await plant.request("POST", "/api/plant/reading/oven", data=body, headers=headers)
        assert answer.status == status, answer.body


async def test_a_last_value_is_given_while_the_broker_is_away_and_the_system_is_not_ready(
    plant: Gateway, broker: ServerProcess
) -> None:
    """One answer for one state: from memory before the gateway has noticed as well as after it has."""
    await publish(plant, "raw/oven", b"21.5")
    broker.kill()
    try:
        headers = {"Content-Type": "application/octet-stream"}
        answer = await plant.request("POST", "/api/plant/raw/oven", data=b"22", headers=headers)
        assert answer.status == 503

        async def noticed() -> bool:
            ready = json.loads((await plant.request("GET", "/health/ready")).body)
            return bool(ready["systems"]["plant"]["state"] != "ready")

        await until(noticed)
        answer = await plant.request("GET", "/api/plant/raw/oven")
        assert (answer.status, answer.body) == (200, b"21.5")
        assert answer.headers["X-Mqtt-Connected"] == "false"
        assert (await plant.request("GET", "/api/plant/raw/press")).status == 503
    finally:
        broker.start()
