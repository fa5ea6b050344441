"""What is kept in memory is bounded: last values, and what waits for a slow reader."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from adapters.contract import Event
from adapters.errors import ConnectionLost, LimitExceeded
from adapters.mqtt.last_values import LastValues, Value
from adapters.mqtt.message import Message
from adapters.mqtt.watch import Watch, connection_lost


def value(topic: str, payload: bytes = b"1") -> Value:
    return Value(Message(topic, payload, 1, False), datetime.now(UTC))


def kept(values: LastValues, *topics: str) -> list[str]:
    return [topic for topic in topics if values.get(topic) is not None]


def test_the_topic_that_changed_longest_ago_goes_first() -> None:
    values = LastValues(max_topics=2, max_bytes=1000)
    for topic in ("a", "b", "a", "c"):
        values.put(value(topic))
    assert kept(values, "a", "b", "c") == ["a", "c"]
    assert values.dropped == 1


def test_bytes_are_bounded_too() -> None:
    values = LastValues(max_topics=100, max_bytes=10)
    values.put(value("a", b"12345"))
    values.put(value("b", b"12345"))
    values.put(value("a", b"1234567"))
    assert kept(values, "a", "b") == ["a"]
    values.put(value("c", b"x" * 11))
    assert kept(values, "a", "b", "c") == []
    values.put(value("d", b"x" * 10))
    assert kept(values, "d") == ["d"]


def test_an_empty_payload_removes_the_value() -> None:
    values = LastValues(max_topics=2, max_bytes=1000)
    values.put(value("a"))
    values.put(value("a", b""))
    assert len(values) == 0
    assert values.dropped == 0


def watch(max_events: int = 3, max_bytes: int = 1000) -> tuple[Watch, list[Watch]]:
    closed: list[Watch] = []
    return Watch(max_events, max_bytes, closed.append), closed


async def test_events_come_in_order() -> None:
    stream, _ = watch()
    for number in range(3):
        stream.push(Event(str(number), b"x"))
    assert [(await anext(stream)).id for _ in range(3)] == ["0", "1", "2"]


@pytest.mark.parametrize(("size", "fit"), [(1, 3), (400, 2)], ids=["too-many", "too-large"])
async def test_a_slow_reader_gets_what_fitted_and_then_an_error(size: int, fit: int) -> None:
    stream, closed = watch(max_events=3, max_bytes=1000)
    for number in range(10):
        stream.push(Event(str(number), b"x" * size))
    assert [(await anext(stream)).id for _ in range(fit)] == [str(n) for n in range(fit)]
    stream.push(Event("late", b""))  # would hide the gap
    with pytest.raises(LimitExceeded, match="slower"):
        await anext(stream)
    assert closed == [stream]
    with pytest.raises(StopAsyncIteration):
        await anext(stream)


async def test_a_failure_comes_after_what_is_buffered() -> None:
    stream, _ = watch()
    stream.push(Event("1", b""))
    stream.fail(connection_lost(None))
    assert (await anext(stream)).id == "1"
    with pytest.raises(ConnectionLost, match="may have been missed"):
        await anext(stream)


async def test_closing_lets_a_waiting_reader_go() -> None:
    stream, closed = watch()
    reader = asyncio.create_task(anext(stream, "ended"))
    await asyncio.sleep(0)
    await stream.aclose()
    assert await reader == "ended"
    await stream.aclose()
    assert closed == [stream]


async def test_a_cancelled_wait_loses_nothing() -> None:
    stream, _ = watch()
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(anext(stream), 0.01)
    stream.push(Event("1", b""))
    assert (await anext(stream)).id == "1"


async def test_throwing_into_a_stream_closes_it() -> None:
    stream, closed = watch()
    with pytest.raises(KeyError):
        await stream.athrow(KeyError("x"))
    assert closed == [stream]
