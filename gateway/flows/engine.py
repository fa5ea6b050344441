"""The flows at work: receives, keeps time, runs what is stored, takes in what callers send."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from adapters.contract import Request
from gateway.catalogue import Catalogue, Entry
from gateway.config import Configuration, Problem
from gateway.flows.accepting import Accepting
from gateway.flows.calls import PREFIX
from gateway.flows.dispatching import Dispatcher
from gateway.flows.failures import Chance
from gateway.flows.flow_set import FlowSet, FlowState, Prepared
from gateway.flows.patience import when_there_is_room
from gateway.flows.receiving import Receiver
from gateway.flows.replaying import Replay, Replaying
from gateway.flows.schedule import Clock, Ticker
from gateway.messages import MessageStore, State, StoreFailed
from gateway.telemetry import get_logger, metrics

_log = get_logger("flows")

COUNT_S = 15.0
"""Seconds between two looks at how many messages there are."""
ACK_GRACE_S = 3.0
"""Seconds that what is being stored gets to be acknowledged when the gateway stops."""
AGAIN_S = 5.0
"""Seconds after which one of the engine's own tasks begins again that has failed."""


@dataclass(frozen=True, slots=True)
class FlowStatus:
    """How a flow is: `reason` says why it does not run, or why nothing is received for it."""

    state: FlowState
    reason: str = ""


class Engine:
    """The flows of one gateway. `reload` gives it another configuration; the store stays."""

    def __init__(
        self,
        configuration: Configuration,
        catalogue: Catalogue,
        store: MessageStore,
        *,
        clock: Clock = lambda: datetime.now(UTC),
        chance: Chance = random.uniform,
    ) -> None:
        self._store = store
        self._clock = clock
        self._chance = chance
        self._accepting = Accepting(store)
        self._listeners: list[Callable[[], None]] = []
        self._started = False
        self._closed = False
        self._use(configuration, catalogue)

    def _use(self, configuration: Configuration, catalogue: Catalogue) -> None:
        self._configuration = configuration
        self._catalogue = catalogue
        metrics.FLOW_UP.clear()
        metrics.CHANNEL_UP.clear()
        self._flows = FlowSet(configuration, catalogue)
        self._dispatcher = Dispatcher(
            self._store, catalogue, self._flows, chance=self._chance, on_failed=self._failed
        )
        self._receivers: dict[str, Receiver] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._told: set[str] = set()
        self._looked = asyncio.Event()

    # --- telling -------------------------------------------------------------------------------------------

    def check(self) -> list[Problem]:
        """What is wrong with the flows beyond the shape of their files, as far as the systems have described
        themselves."""
        return self._flows.check()

    def warnings(self) -> list[Problem]:
        """What of the flows is allowed and hardly meant, as far as the systems have described themselves."""
        return self._flows.warnings()

    def on_failed(self, listener: Callable[[], None]) -> None:
        """Have `listener` called, on the event loop, when the store has failed and nothing runs any more."""
        self._listeners.append(listener)

    def status(self) -> Mapping[str, FlowStatus]:
        """How each flow is."""
        return {name: self._status(prepared) for name, prepared in self._flows.prepared.items()}

    def _status(self, prepared: Prepared) -> FlowStatus:
        if prepared.state is not FlowState.RUNNING:
            return FlowStatus(prepared.state, prepared.reason)
        system = self._dispatcher.paused_for(prepared.flow.name)
        if system is not None:
            return FlowStatus(FlowState.PAUSED, f"{system} cannot be reached")
        source = prepared.flow.settings.source
        receiver = self._receivers.get(source) if isinstance(source, str) else None
        return FlowStatus(FlowState.RUNNING, receiver.reason if receiver is not None else "")

    def channels(self) -> Mapping[str, str]:
        """Why nothing is received from each channel that a flow reads; empty where nothing is wrong."""
        found: dict[str, str] = {}
        for prepared in self._flows.prepared.values():
            source = prepared.flow.settings.source
            if isinstance(source, str):
                receiver = self._receivers.get(source)
                found[source] = receiver.reason if receiver is not None else ""
        return found

    def waits_for(self, flow: str) -> str:
        """Why messages of a flow wait; empty when they run."""
        prepared = self._flows.prepared.get(flow)
        status = self._status(prepared) if prepared is not None else FlowStatus(FlowState.RUNNING)
        return "" if status.state is FlowState.RUNNING else f"{status.state.value}: {status.reason}"

    def _measure(self) -> None:
        for name, status in self.status().items():
            metrics.FLOW_UP.labels(name).set(status.state is FlowState.RUNNING)
        for name, reason in self.channels().items():
            metrics.CHANNEL_UP.labels(name).set(not reason)

    # --- life ----------------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Begin to receive, and to run what is stored. Idempotent."""
        if self._started:
            return
        self._started = True
        self._store.on_change(self._store_changed)
        self._begin()

    def _begin(self) -> None:
        self._catalogue.on_change(self._described_anew)
        self._catalogue.on_state(self._dispatcher.wake)
        self._run("dispatcher", self._dispatcher.run)
        self._run("counting", self._count)
        self._run("sources", self._keep_sources)

    async def drain(self, grace_s: float) -> None:
        """Receive and begin nothing more, and let what runs go on for so long."""
        self._dispatcher.stopping = True
        await asyncio.gather(
            *(receiver.stop(min(grace_s, ACK_GRACE_S)) for receiver in self._receivers.values())
        )
        await self._end_tasks()
        await self._dispatcher.drain(grace_s)

    async def aclose(self) -> None:
        """End everything; what is not done stays stored. Idempotent."""
        self._closed = True
        self._dispatcher.stopping = True
        await self._end_tasks()
        await self._dispatcher.aclose()

    async def reload(self, configuration: Configuration, catalogue: Catalogue) -> None:
        """Run by another configuration. Messages that are there run to their end by the definitions under
        which they arrived; nothing uses the catalogue before when this returns."""
        was_started = self._started
        await self.drain(self._configuration.gateway.shutdown_grace_s)
        self._use(configuration, catalogue)
        if was_started and not self._closed:
            self._begin()

    async def _end_tasks(self) -> None:
        tasks, self._tasks = list(self._tasks.values()), {}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _run(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        """Run one of the engine's own tasks. Whatever it fails by, it begins again: without the dispatcher
        the gateway would look well and do nothing."""

        async def guarded() -> None:
            while True:
                try:
                    await work()
                    return
                except StoreFailed:
                    self._failed()
                    return
                except Exception:
                    _log.exception("a task of the flows failed; it begins again", task=name)
                await asyncio.sleep(AGAIN_S)

        if name in self._tasks and not self._tasks[name].done():
            return
        self._tasks[name] = asyncio.create_task(guarded(), name=f"flows {name}")

    def _failed(self) -> None:
        self._dispatcher.stopping = True
        for listener in self._listeners:
            listener()

    def _store_changed(self) -> None:
        self._dispatcher.wake()

    def _described_anew(self) -> None:
        """A system says what it offers: flows may run that could not before."""
        if self._dispatcher.stopping:
            return
        self._flows.look()
        self._dispatcher.described_anew()
        self._measure()
        self._looked.set()
        self._run("sources", self._keep_sources)

    # --- sources -------------------------------------------------------------------------------------------

    async def _keep_sources(self) -> None:
        """Look again when a system has described itself, also when it does so during the look before."""
        while True:
            self._looked.clear()
            await self._sources()
            await self._looked.wait()

    async def _sources(self) -> None:
        """Define the flows' versions and begin to listen where that has not begun."""
        await self._define_all()
        for system, channel in self._flows.channels():
            name = f"{system}.{channel}"
            if name not in self._receivers:
                found = self._catalogue.systems[system]
                inline = self._configuration.gateway.messages.max_inline_bytes
                readers = self._readers_of(system, channel)
                self._receivers[name] = Receiver(
                    found, channel, self._store, inline, readers, self._accepting.define
                )
                self._run(f"channel {name}", self._receivers[name].run)
        for prepared, source in self._flows.schedules():
            ticker = Ticker(prepared, source, self._store, self._clock)
            self._run(f"schedule {prepared.flow.name}", ticker.run)
        for problem in map(str, self.check()):
            if problem not in self._told:
                self._told.add(problem)
                _log.error("a flow cannot run; its messages wait", problem=problem)
        self._dispatcher.wake()

    async def _define_all(self) -> None:
        for prepared in list(self._flows.prepared.values()):
            if prepared.definition is not None:
                await when_there_is_room(partial(self._accepting.define, prepared.definition))

    def _readers_of(self, system: str, channel: str) -> Callable[[], list[Prepared]]:
        return lambda: self._flows.channels().get((system, channel), [])

    async def _count(self) -> None:
        known: set[tuple[str, State]] = set()
        while True:
            self._measure()
            counts = await self._store.counts()
            known |= counts.keys()
            for flow, state in known:
                metrics.FLOW_STORED.labels(flow, state.value).set(counts.get((flow, state), 0))
            await asyncio.sleep(COUNT_S)

    # --- deciding ------------------------------------------------------------------------------------------

    async def replay(self, message_id: str, asked: Replay) -> None:
        """Have a message run again that went no further: by the version that it came under, or by the flow's
        present one, which also goes for one that is pending.

        Raises: UnknownMessage, NotAllowed (the text says what would be), Damaged, StoreFull, StoreFailed.
        """
        replaying = Replaying(self._store, self._catalogue, self._flows, self._accepting.define)
        await replaying.replay(message_id, asked)

    # --- taking in -----------------------------------------------------------------------------------------

    async def accept_call(
        self,
        entry: Entry,
        request: Request,
        *,
        owner: str,
        correlation_id: str,
        claim: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> str:
        """Store a call for later; the id of its message. `headers`: what is kept with it of how it came.

        Raises: StoreFull, StoreFailed.
        """
        try:
            return await self._accepting.call(
                entry,
                request,
                owner=owner,
                correlation_id=correlation_id,
                claim=claim,
                headers=headers or {},
            )
        finally:
            # Also when the caller has gone; and by now a reload may have made another dispatcher.
            self._dispatcher.expect(f"{PREFIX}{entry.name}")
            self._dispatcher.wake()

    async def accept_post(
        self,
        flow: str,
        body: bytes,
        content_type: str,
        *,
        owner: str,
        correlation_id: str,
        claim: str | None = None,
        is_wanted: Callable[[], bool] = lambda: True,
    ) -> str:
        """Store what was posted to a flow; the id of its message. While it is looked through, `is_wanted` is
        asked whether to go on.

        Raises: LookupError when no such flow takes posts; UnreadableRequest, TooManyRecords, NotWanted;
        StoreFull, StoreFailed.
        """
        return await self._accepting.post(
            self._flows,
            flow,
            body,
            content_type,
            owner=owner,
            correlation_id=correlation_id,
            claim=claim,
            max_records=self._configuration.gateway.max_body_records,
            is_wanted=is_wanted,
        )
