"""Times of schedules: each once, through changes of the clock and of summer time, restarts and gaps."""

from __future__ import annotations

import asyncio
import itertools
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gateway.config import ScheduleSource
from gateway.flows.schedule import Ticker, last_time, next_time
from gateway.messages import State
from tests.unit.gateway.flows.bench import Bench, until


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def times(schedule: str, zone: str, after: str, count: int) -> list[str]:
    source = ScheduleSource(schedule=schedule, timezone=zone)
    found, last = [], moment(after)
    for _ in range(count):
        upcoming = next_time(source, last)
        assert upcoming is not None
        found.append(upcoming.strftime("%m-%d %H:%M"))
        last = upcoming
    return found


@pytest.mark.parametrize(
    ("schedule", "zone", "after", "expected"),
    [
        ("0 6 * * *", "UTC", "2026-03-28T00:00Z", ["03-28 06:00", "03-29 06:00"]),
        ("0 6 * * *", "Europe/Berlin", "2026-03-28T00:00Z", ["03-28 05:00", "03-29 04:00", "03-30 04:00"]),
        # 02:30 does not exist on the 29th: it comes right after the gap, at 03:00 summer time.
        ("30 2 * * *", "Europe/Berlin", "2026-03-28T00:00Z", ["03-28 01:30", "03-29 01:00", "03-30 00:30"]),
        # 02:30 comes twice on the 25th and is meant once.
        ("30 2 * * *", "Europe/Berlin", "2026-10-24T01:00Z", ["10-25 00:30", "10-26 01:30"]),
        # By elapsed time: every half hour of both.
        (
            "*/30 * * * *",
            "Europe/Berlin",
            "2026-10-25T00:00Z",
            ["10-25 00:30", "10-25 01:00", "10-25 01:30", "10-25 02:00"],
        ),
        ("*/30 * * * *", "Europe/Berlin", "2026-03-29T00:30Z", ["03-29 01:00", "03-29 01:30"]),
        # Half an hour of summer time.
        ("15 2 * * *", "Australia/Lord_Howe", "2026-10-02T20:00Z", ["10-03 15:30", "10-04 15:15"]),
    ],
    ids=["utc", "zone", "gap", "fold", "elapsed-fold", "elapsed-gap", "half-hour"],
)
def test_times_through_changes_of_summer_time(
    schedule: str, zone: str, after: str, expected: list[str]
) -> None:
    assert times(schedule, zone, after, len(expected)) == expected


def test_the_last_of_those_that_were_missed() -> None:
    source = ScheduleSource(schedule="*/5 * * * *")
    after, until_ = moment("2026-01-01T00:00Z"), moment("2026-01-01T01:02Z")
    assert last_time(source, after, until_) == moment("2026-01-01T01:00Z")
    assert last_time(source, moment("2026-01-01T01:00Z"), until_) is None


class Clock:
    """A clock that the test moves. Whoever sleeps moves it by so much, while `runs`."""

    def __init__(self, bench: Bench, start: str) -> None:
        self.time = moment(start)
        self.until = self.time
        bench.now = lambda: self.time

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(0)
        if self.time + timedelta(seconds=seconds) > self.until:
            await asyncio.Event().wait()
        self.time += timedelta(seconds=seconds)


FLOW = {"from": {"schedule": "0 * * * *"}, "steps": [{"call": "s.do"}]}


async def ticked(bench: Bench, clock: Clock, until_: str, count: int) -> list[str]:
    """Let the schedule run until a time; what it has stored when that are so many."""
    clock.until = moment(until_)
    prepared, source = bench.engine._flows.schedules()[0]
    task = asyncio.create_task(Ticker(prepared, source, bench.store, bench.now, clock.sleep).run())

    async def there() -> Any:
        cursor = await bench.store.cursor("schedule:f")
        return cursor is not None and len(await bench.messages()) >= count

    await until(there)
    for _ in range(50):
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    return [json.loads(await bench.payload(each))["scheduled_at"] for each in await bench.messages()]


async def opened(bench: Bench, flow: Any) -> None:
    """The store, with the flow's version in it, and nothing running."""
    bench.write(flow)
    bench.prepare()
    await bench.store.open()
    definition = bench.engine._flows.prepared["f"].definition
    assert definition is not None
    await bench.store.define("f", definition.version, definition.stored)


async def test_each_time_is_one_message(bench: Bench) -> None:
    clock = Clock(bench, "2026-01-01T00:30Z")
    await opened(bench, FLOW)
    found = await ticked(bench, clock, "2026-01-01T03:10Z", 3)
    assert found == [f"2026-01-01T0{hour}:00:00+00:00" for hour in (1, 2, 3)]


async def test_a_clock_put_back_repeats_nothing(bench: Bench) -> None:
    clock = Clock(bench, "2026-01-01T00:30Z")
    await opened(bench, FLOW)
    await ticked(bench, clock, "2026-01-01T02:10Z", 2)
    clock.time = moment("2026-01-01T00:40Z")
    found = await ticked(bench, clock, "2026-01-01T03:10Z", 3)
    assert found == [f"2026-01-01T0{hour}:00:00+00:00" for hour in (1, 2, 3)]


@pytest.mark.parametrize(
    ("missed", "expected"), [("run_once_late", ["01:00", "05:00", "06:00"]), ("skip", ["01:00", "06:00"])]
)
async def test_times_while_the_gateway_did_not_run(missed: str, expected: list[str], bench: Bench) -> None:
    clock = Clock(bench, "2026-01-01T00:30Z")
    flow = {**FLOW, "from": {"schedule": "0 * * * *", "missed": missed}}
    await opened(bench, flow)
    await ticked(bench, clock, "2026-01-01T01:10Z", 1)
    clock.time = moment("2026-01-01T05:20Z")
    found = await ticked(bench, clock, "2026-01-01T06:10Z", len(expected))
    assert [text[11:16] for text in found] == expected


async def test_a_new_flow_begins_with_the_next_time(bench: Bench) -> None:
    clock = Clock(bench, "2026-01-01T00:30Z")
    await opened(bench, FLOW)
    assert await ticked(bench, clock, "2026-01-01T00:40Z", 0) == []


async def test_two_that_tick_at_once_store_each_time_once(bench: Bench) -> None:
    clock = Clock(bench, "2026-01-01T00:30Z")
    await opened(bench, FLOW)
    await ticked(bench, clock, "2026-01-01T00:31Z", 0)
    clock.until = moment("2026-01-01T03:10Z")
    prepared, source = bench.engine._flows.schedules()[0]
    tickers = [Ticker(prepared, source, bench.store, bench.now, clock.sleep) for _ in range(2)]
    tasks = [asyncio.create_task(ticker.run()) for ticker in tickers]

    async def there() -> bool:
        return len(await bench.messages()) >= 3

    await until(there)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert len(await bench.messages()) == 3


async def test_a_time_runs_the_steps(bench: Bench) -> None:
    # The flow is first seen just before a full minute, and looks at the clock again just after.
    looks = itertools.chain(["2026-01-01T00:00:58Z"], itertools.repeat("2026-01-01T00:01:01Z"))
    bench.now = lambda: moment(next(looks))
    steps = [{"call": "s.rows.read", "as": "rows"}, {"call": "s.do"}]
    await bench.start({"from": {"schedule": "* * * * *"}, "steps": steps})
    await bench.settled(State.DONE)
    (body,) = bench.script.sent("do")
    assert body == {"scheduled_at": "2026-01-01T00:01:00+00:00", "rows": [{"id": 1}, {"id": 2}]}


async def test_a_clock_that_was_years_ahead_does_not_end_a_schedule(bench: Bench) -> None:
    clock = Clock(bench, "2027-01-01T00:30Z")
    await opened(bench, FLOW)
    await ticked(bench, clock, "2027-01-01T01:10Z", 1)
    clock.time = moment("2026-01-01T00:40Z")
    found = await ticked(bench, clock, "2026-01-01T02:10Z", 3)
    assert found[1:] == [f"2026-01-01T0{hour}:00:00+00:00" for hour in (1, 2)]
