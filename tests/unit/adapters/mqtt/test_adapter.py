"""Publishing, last values and watches against a real broker."""

from __future__ import annotations

import asyncio
import itertools
from contextlib import aclosing
from typing import Any

import aiomqtt
import pytest

from adapters.contract import Deadline, Event, Request
from adapters.errors import AdapterError, Blame, ConnectFailed, InvalidRequest, NotSent, PeerRejected
from tests.peers.process import ServerProcess
from tests.unit.adapters.mqtt.conftest import Connect, MakePlant, Plant, request

_LINES = itertools.count(1)


@pytest.fixture
def line() -> str:
    """A line that no other test publishes to: the broker keeps retained values for the whole session."""
    return f"line-{next(_LINES)}"


async def next_event(events: Any) -> Event:
    async with asyncio.timeout(5):
        event: Event = await anext(events)
        return event


PAYLOADS = {
    "json": b'{"celsius": 21.5}',
    "nul": b"\x00\x01\x02",
    "every-byte": bytes(range(256)),
    "not-utf-8": b"\xff\xfe\xfd",
    "one-mebibyte": b"\x00\xff" * 2**19,
}


@pytest.mark.parametrize("payload", PAYLOADS.values(), ids=PAYLOADS)
@pytest.mark.parametrize("qos", [0, 1, 2])
async def test_bytes_arrive_as_they_were(
    connect: Connect, broker: ServerProcess, line: str, payload: bytes, qos: int
) -> None:
    channels = {"temperature": {"topic": "plant/{line}/{machine}/temperature", "qos": qos}}
    plant = await connect(broker.port, system=line, channels=channels)
    watch = await plant.watch("temperature", line=line, machine="press")
    async with aclosing(watch.events):
        published = await plant.publish("temperature", payload, line=line, machine="press")
        event = await next_event(watch.events)
    assert published == {"topic": f"plant/{line}/press/temperature", "qos": qos}
    assert event.data == payload
    assert event.headers["mqtt.topic"] == f"plant/{line}/press/temperature"
    assert event.headers["mqtt.qos"] == str(qos)
    last, headers = await plant.last("temperature", line=line, machine="press")
    assert last == payload
    assert headers["mqtt.connected"] == "true"
    assert headers["mqtt.received"].endswith("+00:00")


@pytest.mark.parametrize("text", ["ü", "温度", "🌡", "a b", "$1", "%2F", '"', "<script>"])
async def test_levels_may_hold_any_text(plant: Plant, line: str, text: str) -> None:
    watch = await plant.watch("temperature", line=line, machine=text)
    async with aclosing(watch.events):
        await plant.publish("temperature", b"1", line=line, machine=text)
        event = await next_event(watch.events)
    assert event.headers["mqtt.topic"] == f"plant/{line}/{text}/temperature"


BAD_PARAMETERS: dict[str, tuple[dict[str, Any], str]] = {
    "missing": ({"line": "1"}, "machine"),
    "null": ({"line": "1", "machine": None}, "machine"),
    "number": ({"line": 1, "machine": "press"}, "line"),
    "empty": ({"line": "", "machine": "press"}, "line"),
    "slash": ({"line": "1/2", "machine": "press"}, "line"),
    "plus": ({"line": "+", "machine": "press"}, "line"),
    "hash": ({"line": "1", "machine": "#"}, "machine"),
    "nul": ({"line": "1\0", "machine": "press"}, "line"),
    "newline": ({"line": "1\n", "machine": "press"}, "line"),
    "lone-surrogate": ({"line": "\ud800", "machine": "press"}, "line"),
    "non-character": ({"line": "\uffff", "machine": "press"}, "line"),
    "too-long": ({"line": "x" * 65_535, "machine": "press"}, "line"),
}


@pytest.mark.parametrize("kind", ["publish", "last", "watch"])
@pytest.mark.parametrize(("parameters", "at_fault"), BAD_PARAMETERS.values(), ids=BAD_PARAMETERS)
async def test_bad_parameters_are_refused_by_name_and_harm_nobody(
    plant: Plant, line: str, kind: str, parameters: dict[str, Any], at_fault: str
) -> None:
    with pytest.raises(InvalidRequest) as caught:
        await plant.adapter.call(f"temperature.{kind}", request(b"1", **parameters), Deadline.after(5))
    assert [violation.parameter for violation in caught.value.violations] == [at_fault]
    await plant.publish("temperature", b"1", line=line, machine="press")  # the connection is still there


async def test_a_body_beyond_the_bound_is_refused(connect: Connect, broker: ServerProcess) -> None:
    plant = await connect(broker.port, system="bounded", max_request_bytes=10)
    with pytest.raises(InvalidRequest, match="larger than 10 bytes"):
        await plant.publish("status", b"x" * 11, line="1")


async def test_a_body_is_needed(plant: Plant) -> None:
    with pytest.raises(InvalidRequest, match="body is missing"):
        await plant.adapter.call("status.publish", Request(parameters={"line": "1"}), Deadline.after(5))


async def test_no_value_yet_is_said_with_a_code(plant: Plant, line: str) -> None:
    with pytest.raises(PeerRejected) as caught:
        await plant.last("status", line=line)
    assert (caught.value.code, caught.value.blame) == ("no-value", Blame.NOT_FOUND)


async def test_a_retained_value_is_there_at_once_for_a_newcomer(
    plant: Plant, connect: Connect, broker: ServerProcess, line: str
) -> None:
    await plant.publish("status", b'"running"', line=line)
    newcomer = await connect(broker.port, system=f"newcomer-{line}")
    last, headers = await newcomer.last("status", line=line)
    assert last == b'"running"'
    assert headers["mqtt.retain"] == "true"


async def test_an_empty_payload_clears_the_value(plant: Plant, line: str) -> None:
    watch = await plant.watch("status", line=line)
    async with aclosing(watch.events):
        await plant.publish("status", b"1", line=line)
        await plant.publish("status", b"", line=line)
        assert [(await next_event(watch.events)).data for _ in range(2)] == [b"1", b""]
    with pytest.raises(PeerRejected, match="no value"):
        await plant.last("status", line=line)


async def test_a_watch_gets_its_own_topic_only(plant: Plant, line: str) -> None:
    watch = await plant.watch("temperature", line=line, machine="press")
    async with aclosing(watch.events):
        await plant.publish("temperature", b"other", line=line, machine="drill")
        await plant.publish("temperature", b"mine", line=line, machine="press")
        assert (await next_event(watch.events)).data == b"mine"


async def test_watch_all_can_be_narrowed(plant: Plant, line: str) -> None:
    every = await plant.watch("temperature", "watch-all")
    narrowed = await plant.watch("temperature", "watch-all", machine=f"press-{line}")
    async with aclosing(every.events), aclosing(narrowed.events):
        await plant.publish("temperature", b"1", line=line, machine="drill")
        await plant.publish("temperature", b"2", line=line, machine=f"press-{line}")
        assert (await next_event(narrowed.events)).data == b"2"
        assert [(await next_event(every.events)).data for _ in range(2)] == [b"1", b"2"]


async def test_watch_all_refuses_a_wildcard_as_a_value(plant: Plant) -> None:
    with pytest.raises(InvalidRequest, match='"#"'):
        await plant.watch("temperature", "watch-all", machine="#")


async def test_event_ids_grow(plant: Plant, line: str) -> None:
    watch = await plant.watch("status", line=line)
    async with aclosing(watch.events):
        for number in range(20):
            await plant.publish("status", str(number).encode(), line=line)
        events = [await next_event(watch.events) for _ in range(20)]
    ids = [int(event.id) for event in events]
    assert ids == sorted(set(ids))
    assert [event.data for event in events] == [str(number).encode() for number in range(20)]


async def test_many_watches_share_one_subscription(plant: Plant, line: str) -> None:
    watches = [await plant.watch("status", line=line) for _ in range(50)]
    await plant.publish("status", b"1", line=line)
    assert [(await next_event(watch.events)).data for watch in watches] == [b"1"] * 50
    for watch in watches:
        await watch.events.aclose()


async def test_a_slow_reader_does_not_hold_up_the_others(
    connect: Connect, broker: ServerProcess, line: str
) -> None:
    plant = await connect(broker.port, system=line, watch_buffer=5)
    slow, quick = await plant.watch("status", line=line), await plant.watch("status", line=line)
    async with aclosing(slow.events), aclosing(quick.events):
        for number in range(20):
            await plant.publish("status", str(number).encode(), line=line)
            assert (await next_event(quick.events)).data == str(number).encode()
        assert [(await next_event(slow.events)).data for _ in range(5)] == [b"0", b"1", b"2", b"3", b"4"]
        with pytest.raises(AdapterError, match="slower"):
            await next_event(slow.events)


async def test_a_payload_beyond_the_bound_is_skipped_and_counted(
    connect: Connect, broker: ServerProcess, line: str, caplog: pytest.LogCaptureFixture
) -> None:
    plant = await connect(broker.port, system=line, max_payload_bytes=10)
    watch = await plant.watch("status", line=line)
    async with aclosing(watch.events):
        await plant.publish("status", b"x" * 11, line=line)
        await plant.publish("status", b"y" * 10, line=line)
        assert (await next_event(watch.events)).data == b"y" * 10
    assert plant.adapter.skipped == 1
    assert "skipped a message of 11 bytes" in caplog.text


async def test_channels_may_overlap(connect: Connect, broker: ServerProcess, line: str) -> None:
    channels = {
        "temperature": {"topic": "plant/{line}/{machine}/temperature"},
        "press": {"topic": "plant/{line}/press/{value}", "qos": 2},
        "same": {"topic": "plant/{a}/{b}/temperature", "direction": "subscribe"},
    }
    plant = await connect(broker.port, system=line, channels=channels)
    for name, parameters in (
        ("temperature", {"line": line, "machine": "press"}),
        ("press", {"line": line, "value": "temperature"}),
        ("same", {"a": line, "b": "press"}),
    ):
        watch = await plant.watch(name, **parameters)
        async with aclosing(watch.events):
            await plant.publish("temperature", name.encode(), line=line, machine="press")
            assert (await next_event(watch.events)).data == name.encode()


async def test_a_channel_only_published_to_is_not_subscribed(
    connect: Connect, broker: ServerProcess, line: str
) -> None:
    channels = {
        "out": {"topic": "plant/{line}/out", "direction": "publish"},
        "in": {"topic": "plant/{line}/in"},
    }
    plant = await connect(broker.port, system=line, channels=channels)
    watch = await plant.watch("in", line=line)
    async with aclosing(watch.events):
        await plant.publish("out", b"1", line=line)
        await plant.publish("in", b"2", line=line)
        assert (await next_event(watch.events)).data == b"2"


async def test_what_others_publish_is_seen_and_what_we_publish_is_seen_by_others(
    plant: Plant, broker: ServerProcess, line: str
) -> None:
    watch = await plant.watch("status", line=line)
    async with aiomqtt.Client("127.0.0.1", broker.port) as other, aclosing(watch.events):
        await other.subscribe(f"plant/{line}/#", qos=1)
        await other.publish(f"plant/{line}/status", b"theirs", qos=1)
        assert (await next_event(watch.events)).data == b"theirs"
        await plant.publish("temperature", b"ours", line=line, machine="m")
        async with asyncio.timeout(5):
            seen = [(await anext(other.messages)).payload for _ in range(2)]
    assert seen == [b"theirs", b"ours"]


async def test_many_publishes_in_flight_are_all_confirmed_and_delivered_once(
    plant: Plant, broker: ServerProcess, line: str
) -> None:
    count = 1000
    async with aiomqtt.Client("127.0.0.1", broker.port) as other:
        await other.subscribe(f"plant/{line}/+/temperature", qos=1)
        await asyncio.gather(
            *(
                plant.publish("temperature", str(number).encode(), line=line, machine="m")
                for number in range(count)
            )
        )
        async with asyncio.timeout(20):
            seen = [int((await anext(other.messages)).payload) for _ in range(count)]  # type: ignore[arg-type]
    assert seen == list(range(count))


async def test_without_a_connection_calls_fail_at_once(make: MakePlant, broker: ServerProcess) -> None:
    plant = make(broker.port)
    for call in (
        plant.publish("status", b"1", line="1"),
        plant.last("status", line="1"),
        plant.watch("status", line="1"),
    ):
        with pytest.raises(ConnectFailed):
            await asyncio.wait_for(call, 1)


async def test_no_time_left_means_not_sent(plant: Plant, line: str) -> None:
    with pytest.raises(NotSent):
        await plant.publish("status", b"1", deadline_s=0, line=line)


async def test_a_flood_of_retained_values_is_bounded_and_does_not_hold_up_the_event_loop(
    plant: Plant, connect: Connect, broker: ServerProcess
) -> None:
    count = 3000
    await asyncio.gather(
        *(plant.publish("status", b"x" * 100, deadline_s=30, line=f"flood-{n}") for n in range(count))
    )
    watcher = await connect(
        broker.port,
        system="flooded",
        channels={"status": {"topic": "plant/{line}/status", "qos": 0}},
        last_values_max=50,
    )
    values = watcher.adapter._values
    most, before = 0, values.dropped
    async with asyncio.timeout(60):
        while values.dropped < count - 50:
            await asyncio.sleep(0)
            most, before = max(most, values.dropped - before), values.dropped
    assert len(values) == 50
    assert most <= 200, "so many were taken in one turn of the event loop"
    await watcher.adapter.probe(Deadline.after(5))
    await asyncio.gather(
        *(plant.publish("status", b"", deadline_s=30, line=f"flood-{n}") for n in range(count))
    )
