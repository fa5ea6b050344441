"""One configured system: kept connected in the background, called within its bounds."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import partial

from adapters.contract import (
    Adapter,
    BytesReply,
    BytesShape,
    Channel,
    Deadline,
    Delivery,
    EventsReply,
    EventsShape,
    MissingOperation,
    Reply,
    Request,
    RowsReply,
    ValueReply,
)
from adapters.errors import (
    AccessRefused,
    AdapterError,
    ConnectFailed,
    ConnectTimeout,
    OutcomeUnknown,
    ReadFailed,
    ReadTimeout,
)
from adapters.registry import AdapterType
from adapters.settings import SystemSettings
from gateway.catalogue.backoff import Backoff
from gateway.catalogue.bulkhead import Bulkhead
from gateway.catalogue.entry import Entry, EntryError, FindFormat, MissingFormat, compile_entry
from gateway.catalogue.streams import GuardedStream
from gateway.telemetry import get_logger, metrics

_log = get_logger("catalogue")

OVERRUN_S = 0.25
"""Seconds an adapter may overrun its deadline before it is cancelled."""
IDLE_PROBE_S = 15.0
"""Seconds without a successful call after which a ready system is probed."""
MAX_EVENT_STREAMS = 100
"""Event streams of one system that may be open. They wait most of the time and take no slot of a call."""


class State(StrEnum):
    """Whether a system can be called."""

    CONNECTING = "connecting"
    READY = "ready"
    UNAVAILABLE = "unavailable"


@dataclass(frozen=True, slots=True)
class Description:
    """What a system offers: its operations by name, those it cannot offer, the formats that it names and that
    do not exist, and its channels by name."""

    entries: Mapping[str, Entry]
    missing: tuple[MissingOperation, ...]
    missing_formats: tuple[str, ...] = ()
    channels: Mapping[str, Channel] = field(default_factory=dict)


class System:
    """One system. `entries` is empty until the system has described itself."""

    def __init__(
        self,
        name: str,
        adapter_type: AdapterType,
        settings: SystemSettings,
        adapter: Adapter,
        find_format: FindFormat,
        on_change: Callable[[], None],
        on_state: Callable[[], None] = lambda: None,
    ) -> None:
        """`on_change` is called after the system has described itself anew, `on_state` after its state is
        another; both on the event loop."""
        self.name = name
        self.settings = settings
        self.adapter_type = adapter_type
        self.state = State.CONNECTING
        self.reason = "the first attempt to connect is under way"
        self._adapter = adapter
        self._find_format = find_format
        self._on_change = on_change
        self._on_state = on_state
        self._calls = Bulkhead(name, settings.max_in_flight, settings.max_waiting)
        self._event_streams = Bulkhead(name, MAX_EVENT_STREAMS, 0)
        self._described_as: tuple[object, ...] | None = None
        self._description = Description({}, ())
        self._task: asyncio.Task[None] | None = None
        self._attempted = asyncio.Event()
        self._ready = asyncio.Event()
        self._suspect = asyncio.Event()
        self._last_success = float("-inf")
        self._timers: dict[tuple[str, str], Callable[[float], None]] = {}

    @property
    def entries(self) -> Mapping[str, Entry]:
        """The operations by name, in the adapter's order."""
        return self._description.entries

    @property
    def channels(self) -> Mapping[str, Channel]:
        """The inward ports by name, in the adapter's order."""
        return self._description.channels

    @property
    def missing(self) -> tuple[MissingOperation, ...]:
        """What the system's contract names and cannot be offered."""
        return self._description.missing

    @property
    def missing_formats(self) -> tuple[str, ...]:
        """The names of formats that its operations and channels ask for and that do not exist."""
        return self._description.missing_formats

    @property
    def notes(self) -> tuple[str, ...]:
        """What whoever runs the gateway must know about the description (`Adapter.notes`)."""
        return tuple(self._adapter.notes())

    @property
    def described(self) -> bool:
        """True once it is known what the system offers."""
        return self._described_as is not None

    @property
    def attempted(self) -> bool:
        """True once the first attempt to connect has ended, well or badly."""
        return self._attempted.is_set()

    async def wait_attempted(self) -> None:
        """Wait until the first attempt to connect has ended: by itself, `connect_timeout_s` after `start` at
        the latest; without `start` it never does."""
        await self._attempted.wait()

    async def wait_ready(self) -> None:
        """Wait until the system can be called."""
        await self._ready.wait()

    def belong_to(
        self, find_format: FindFormat, on_change: Callable[[], None], on_state: Callable[[], None]
    ) -> None:
        """Look up formats and tell of changes elsewhere from now on."""
        self._find_format = find_format
        self._on_change = on_change
        self._on_state = on_state

    # --- life ------------------------------------------------------------------------------------------

    def describe(self) -> bool:
        """Read what the adapter offers and compile it; True when it is not what it was."""
        operations, channels = tuple(self._adapter.operations()), tuple(self._adapter.channels())
        if (*operations, *channels) == self._described_as:
            return False
        entries: dict[str, Entry] = {}
        missing = list(self._adapter.missing())
        missing_formats: dict[str, None] = {}
        for operation in operations:
            try:
                entries[operation.name] = compile_entry(self.name, operation, self._find_format)
            except EntryError as error:
                missing.append(MissingOperation(operation.name, str(error)))
                if isinstance(error, MissingFormat):
                    missing_formats[error.name] = None
        for channel in channels:
            name = channel.payload.format if isinstance(channel.payload, BytesShape) else None
            if name is not None and self._find_format(name) is None:
                missing_formats[name] = None
        by_name = {channel.name: channel for channel in channels}
        self._description = Description(entries, tuple(missing), tuple(missing_formats), by_name)
        self._described_as = (*operations, *channels)
        for note in self.notes:
            _log.warning("note on the system's description", system=self.name, note=note)
        return True

    def start(self) -> None:
        """Begin to connect, in the background. Idempotent."""
        if self._task is None:
            # Not sooner: a system of this name may serve until this one takes its place.
            metrics.SYSTEM_UP.labels(self.name).set(self.state is State.READY)
            metrics.CALLS_IN_FLIGHT.labels(self.name).set_function(lambda: self._calls.running)
            metrics.CALLS_WAITING.labels(self.name).set_function(lambda: self._calls.waiting)
            self._task = asyncio.create_task(self._keep_connected(), name=f"system {self.name}")

    async def aclose(self) -> None:
        """Stop, and release what the adapter holds. Idempotent."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            metrics.SYSTEM_UP.labels(self.name).set(0)
        await self._adapter.aclose()

    async def _keep_connected(self) -> None:
        backoff = Backoff()
        while True:
            self._suspect.clear()
            reason = await self._attempt()
            self._become(State.UNAVAILABLE if reason else State.READY, reason)
            self._attempted.set()
            if reason:
                await asyncio.sleep(backoff.next())
            else:
                backoff.reset()
                await self._until_doubtful()

    async def _attempt(self) -> str:
        """Connect and probe; the reason why the system cannot be called, or nothing."""
        allowed = self.settings.connect_timeout_s
        try:
            async with asyncio.timeout(allowed + 2 * OVERRUN_S):
                await self._adapter.connect(Deadline.after(allowed))
                probe = await self._adapter.probe(Deadline.after(allowed))
            if not probe.reachable:
                return probe.detail or "it cannot be reached"
            if probe.authenticated is False:
                return probe.detail or "it does not accept the gateway's credentials"
            if await asyncio.to_thread(self.describe):
                self._on_change()
        except AdapterError as error:
            return error.message
        except TimeoutError:
            return f"it did not answer within {allowed:g} s"
        except Exception:  # the top of this task: whatever an adapter does, the others go on
            _log.exception("the adapter failed while connecting", system=self.name)
            return "its adapter failed; see the log"
        return ""

    async def _until_doubtful(self) -> None:
        """Wait until a call puts the connection in doubt, or none has succeeded for long."""
        while True:
            try:
                async with asyncio.timeout(IDLE_PROBE_S):
                    await self._suspect.wait()
                return
            except TimeoutError:
                if time.monotonic() - self._last_success >= IDLE_PROBE_S:
                    return

    def _become(self, state: State, reason: str) -> None:
        if (state, reason) == (self.state, self.reason):
            return
        changed = state is not self.state
        self.state, self.reason = state, reason
        if state is State.READY:
            self._ready.set()
        else:
            self._ready.clear()
        metrics.SYSTEM_UP.labels(self.name).set(state is State.READY)
        if changed and state is State.READY:
            _log.info("system is ready", system=self.name, operations=len(self.entries))
            for missing in self.missing:
                _log.warning(
                    "operation is not offered",
                    system=self.name,
                    operation=missing.name,
                    reason=missing.reason,
                )
        elif state is State.UNAVAILABLE:
            _log.warning("system is unavailable", system=self.name, reason=reason)
        if changed:
            self._on_state()

    # --- calls -----------------------------------------------------------------------------------------

    async def call(self, entry: Entry, request: Request, deadline: Deadline) -> Reply:
        """Carry out one operation. Whoever takes a streamed reply closes it.

        Raises: any of `adapters.errors`.
        """
        started = time.monotonic()
        watched = isinstance(entry.operation.reply, EventsShape)
        bulkhead = self._event_streams if watched else self._calls
        try:
            if self.state is not State.READY and not entry.operation.answers_without_peer:
                await self._until_attempted(deadline)
            await bulkhead.enter(deadline)
        except AdapterError as error:
            self._measure(entry, started, error)
            raise
        ended = partial(self._ended, entry, started, bulkhead)
        try:
            reply = await self._bounded_call(entry, request, deadline)
        except BaseException as error:
            ended(error)
            raise
        if isinstance(reply, ValueReply):
            ended(None)
            return reply
        return self._guarded(reply, ended)

    async def receive(self, channel: str, resume: str | None) -> AsyncGenerator[Delivery, None]:
        """What arrives at one channel (`Adapter.receive`), while the system is ready.

        Raises: any of `adapters.errors`.
        """
        if self.state is not State.READY:
            raise ConnectFailed(f"{self.name} is unavailable: {self.reason}")
        deliveries = self._adapter.receive(channel, resume)
        try:
            async for delivery in deliveries:
                yield delivery
        except _DOUBTFUL:
            self._suspect.set()
            raise
        finally:
            await deliveries.aclose()

    async def _until_attempted(self, deadline: Deadline) -> None:
        """Wait for the first attempt to connect to end. Raises: ConnectFailed, ConnectTimeout."""
        if not self._attempted.is_set():
            try:
                async with asyncio.timeout(deadline.remaining()):
                    await self._attempted.wait()
            except TimeoutError:
                raise ConnectTimeout(f"{self.name} is not connected yet") from None
        if self.state is not State.READY:
            raise ConnectFailed(f"{self.name} is unavailable: {self.reason}")

    async def _bounded_call(self, entry: Entry, request: Request, deadline: Deadline) -> Reply:
        try:
            async with asyncio.timeout(deadline.remaining() + OVERRUN_S):
                return await self._adapter.call(entry.operation.name, request, deadline)
        except TimeoutError as error:
            if entry.operation.safe:
                raise ReadTimeout(f"{self.name} did not answer in time") from error
            raise OutcomeUnknown(
                f"{self.name} did not answer in time; the write may have happened"
            ) from error

    def _guarded(self, reply: Reply, ended: Callable[[BaseException | None], None]) -> Reply:
        limit = self.settings.timeout_s + OVERRUN_S
        if isinstance(reply, RowsReply):
            return replace(reply, blocks=GuardedStream(reply.blocks, item_timeout_s=limit, on_end=ended))
        if isinstance(reply, BytesReply):
            return replace(reply, chunks=GuardedStream(reply.chunks, item_timeout_s=limit, on_end=ended))
        if isinstance(reply, EventsReply):
            return replace(reply, events=GuardedStream(reply.events, item_timeout_s=None, on_end=ended))
        return reply

    def _ended(self, entry: Entry, started: float, bulkhead: Bulkhead, error: BaseException | None) -> None:
        bulkhead.leave()
        self._measure(entry, started, error)
        if error is None:
            # An answer from memory says nothing about the peer, so it does not put off the next probe.
            if not entry.operation.answers_without_peer:
                self._last_success = time.monotonic()
        elif isinstance(error, _DOUBTFUL):
            self._suspect.set()

    def _measure(self, entry: Entry, started: float, error: BaseException | None) -> None:
        result = "ok" if error is None else type(error).__name__
        key = (entry.operation.name, result)
        observe = self._timers.get(key)
        if observe is None:
            observe = metrics.CALL_SECONDS.labels(self.name, *key).observe
            self._timers[key] = observe
        observe(time.monotonic() - started)


_DOUBTFUL = (ConnectFailed, ConnectTimeout, ReadFailed, OutcomeUnknown, AccessRefused)
"""Errors after which the connection is looked at at once."""
