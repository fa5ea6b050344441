"""Flows that run at times: each time is one message, stored once, whatever happens around it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from cronsim import CronSim

from gateway.config import ScheduleSource
from gateway.flows.definition import SCHEDULED_AT
from gateway.flows.flow_set import Prepared
from gateway.flows.lanes import EVERYTHING
from gateway.flows.patience import FULL_WAIT_S
from gateway.messages import Arrival, MessageStore, NewMessage, StoreFull
from gateway.telemetry import correlation, get_logger, metrics
from mappings import json

_log = get_logger("flows")

LATE = timedelta(seconds=60)
"""A time that is reached later than this was missed: the gateway did not run, or the clock was changed."""
WRONG = timedelta(days=1)
"""A last time that is further ahead of the clock than this was stored while the clock was wrong; waiting for
it to come again could take years."""
MAX_SLEEP_S = 20.0
"""Seconds after which the clock is looked at again, since it may be put forward or back."""
Clock = Callable[[], datetime]
Sleep = Callable[[float], Awaitable[None]]


def next_time(source: ScheduleSource, after: datetime) -> datetime | None:
    """The first time of a schedule after a moment; None when there is none any more.

    A fixed time that a change to summer time leaves out comes right after the gap, one that the change back
    repeats comes once; schedules whose minute or hour is `*` go by elapsed time.
    Source: cron(8) of Debian, which CronSim follows.
    """
    local = after.astimezone(ZoneInfo(source.timezone))
    found = next(CronSim(source.schedule, local), None)
    return found.astimezone(UTC) if found is not None else None


def last_time(source: ScheduleSource, after: datetime, until: datetime) -> datetime | None:
    """The last time of a schedule after one moment and not after the other."""
    local = (until + timedelta(seconds=1)).astimezone(ZoneInfo(source.timezone))
    found = next(CronSim(source.schedule, local, reverse=True), None)
    if found is None:
        return None
    moment = found.astimezone(UTC)
    return moment if after < moment <= until else None


@dataclass(frozen=True, slots=True)
class Ticker:
    """Stores the times of one flow as they come."""

    prepared: Prepared
    source: ScheduleSource
    store: MessageStore
    clock: Clock = lambda: datetime.now(UTC)
    sleep: Sleep = asyncio.sleep

    @property
    def channel(self) -> str:
        """Under which the store keeps the last time."""
        return f"schedule:{self.prepared.flow.name}"

    async def run(self) -> None:
        """Tick until cancelled. Raises: StoreFailed."""
        last = await self._begin()
        while True:
            if self._is_wrong(last):
                # A time that was stored already is recognised by its claim.
                _log.warning("the clock was put back; times count from now on", flow=self.prepared.flow.name)
                last = self.clock()
            upcoming = next_time(self.source, last)
            if upcoming is None:
                _log.warning("the schedule has no more times", flow=self.prepared.flow.name)
                return
            await self._until(upcoming, last)
            if not self._is_wrong(last):
                last = await self._reached(last, upcoming)

    def _is_wrong(self, last: datetime) -> bool:
        return last - self.clock() > WRONG

    async def _begin(self) -> datetime:
        """The time from which on times count: the last one stored, or now when the flow is new."""
        stored = await self.store.cursor(self.channel)
        if stored is not None:
            return datetime.fromisoformat(stored)
        now = self.clock()
        await self._append(now, ())
        return now

    async def _until(self, moment: datetime, last: datetime) -> None:
        while (left := (moment - self.clock()).total_seconds()) > 0 and not self._is_wrong(last):
            await self.sleep(min(left, MAX_SLEEP_S))

    async def _reached(self, last: datetime, upcoming: datetime) -> datetime:
        """Store a time that has come, or do what is to be done about those that were missed; the last one."""
        now = self.clock()
        if now - upcoming <= LATE:
            await self._tick(upcoming)
            return upcoming
        latest = last_time(self.source, last, now) or upcoming
        if self.source.missed == "skip" and now - latest > LATE:
            _log.warning("times were missed", flow=self.prepared.flow.name, last=latest.isoformat())
            await self._append(latest, ())
        else:
            await self._tick(latest)
        return latest

    async def _tick(self, moment: datetime) -> None:
        definition, settings = self.prepared.definition, self.prepared.flow.settings
        assert definition is not None
        local = moment.astimezone(ZoneInfo(self.source.timezone)).isoformat()
        message = NewMessage(
            flow=definition.flow,
            version=definition.version,
            source=self.channel,
            payload=json.encode({SCHEDULED_AT: local}),
            content_type="application/json",
            lane=EVERYTHING if settings.order_by is not None else None,
            correlation_id=correlation.new_id(),
        )
        await self._append(moment, (message,))

    async def _append(self, moment: datetime, messages: tuple[NewMessage, ...]) -> None:
        """Store the time, and its message with it; a time that is there is not stored again."""
        text = moment.astimezone(UTC).isoformat()
        claim = f"{self.channel}:{text}" if messages else None
        arrival = Arrival(channel=self.channel, messages=messages, claim=claim, cursor=text)
        while True:
            try:
                appended = await self.store.append(arrival)
                break
            except StoreFull as error:
                _log.warning("the store is full", flow=self.prepared.flow.name, reason=str(error))
                await self.sleep(FULL_WAIT_S)
        for message in () if appended.duplicate else messages:
            metrics.FLOW_MESSAGES.labels(message.flow, "received").inc()
