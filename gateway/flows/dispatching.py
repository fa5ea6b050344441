"""Gives pending messages to whoever runs them: bounded, the oldest first, none twice at a time."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

from gateway.catalogue import Catalogue
from gateway.catalogue import State as SystemState
from gateway.config import RetrySettings
from gateway.flows.bodies import held
from gateway.flows.brought import Brought
from gateway.flows.calls import CallProgram, run_call
from gateway.flows.definition import Unreadable
from gateway.flows.failures import Chance, Next, Stopped
from gateway.flows.flow_set import FlowSet, FlowState, read_stored
from gateway.flows.journal import Journal
from gateway.flows.patience import FULL_WAIT_S, when_there_is_room
from gateway.flows.program import Program
from gateway.flows.runner import Runner
from gateway.flows.sending import BLOCKED_S, Sender
from gateway.flows.settling import Settling
from gateway.messages import (
    Damaged,
    Failure,
    Lease,
    LeaseLost,
    Message,
    MessageStore,
    StoreFailed,
    StoreFull,
)
from gateway.telemetry import correlation, get_logger, metrics

_log = get_logger("flows")

MAX_RUNNING = 64
"""Messages of all flows together that run at the same time."""
CALLS_AT_ONCE = 16
"""Messages of one operation's own flow, and of a flow that is not configured any more, that run at the same
time."""
IDLE_S = 30.0
"""Seconds after which the store is asked even if nothing seems to have changed."""
MIN_WAIT_S = 0.01
PAUSE_S = 60.0
"""The longest that a flow waits for a system that is away before one of its messages is tried."""
_MAX_PROGRAMS = 1000


class Dispatcher:
    """Leases and runs messages while it is not stopped."""

    def __init__(
        self,
        store: MessageStore,
        catalogue: Catalogue,
        flows: FlowSet,
        *,
        chance: Chance = random.uniform,
        on_failed: Callable[[], None],
    ) -> None:
        self._store = store
        self._catalogue = catalogue
        self._flows = flows
        self._settling = Settling(store, chance)
        self._on_failed = on_failed
        self._sender = Sender(catalogue)
        self._runner = Runner(
            store, self._sender, Brought(store), stopping=lambda: self.stopping, expect=self.expect
        )
        self._programs: dict[str, Program | CallProgram] = {}
        self._names: set[str] = set(flows.configuration.flows)
        self._running: Counter[str] = Counter()
        self._tasks: set[asyncio.Task[None]] = set()
        self._paused: dict[str, tuple[str, float]] = {}
        self._wake = asyncio.Event()
        self.stopping = False

    # --- what may run --------------------------------------------------------------------------------------

    def wake(self) -> None:
        """There may be something to do."""
        self._wake.set()

    def described_anew(self) -> None:
        """A system has described itself anew."""
        self._sender.forget()
        self.wake()

    def expect(self, flow: str) -> None:
        """Messages of this flow may be in the store."""
        self._names.add(flow)

    def paused_for(self, flow: str) -> str | None:
        """The system that the flow waits for, since it could not be reached."""
        system, until = self._paused.get(flow, ("", 0.0))
        if not system:
            return None
        found = self._catalogue.systems.get(system)
        if found is None or found.state is SystemState.READY or time.monotonic() >= until:
            del self._paused[flow]
            return None
        return system

    def _eligible(self) -> dict[str, int]:
        """The flows whose messages may run now, and how many more of each."""
        found = {}
        for name in self._names:
            prepared = self._flows.prepared.get(name)
            paused = self.paused_for(name) is not None
            if paused or (prepared is not None and prepared.state is not FlowState.RUNNING):
                continue
            most = CALLS_AT_ONCE if prepared is None else prepared.flow.settings.max_in_flight
            free = min(most - self._running[name], MAX_RUNNING - len(self._tasks))
            if free > 0:
                found[name] = free
        return found

    # --- running -------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Dispatch until cancelled, or until `stopping` is set. Raises: StoreFailed."""
        for name, _ in await self._store.counts():
            self._names.add(name)
        while not self.stopping:
            self._wake.clear()
            await self._fill()
            await self._wait()

    async def _fill(self) -> None:
        """Lease as long as something may run."""
        while not self.stopping and (eligible := self._eligible()):
            lease = partial(self._store.lease, min(eligible.values()), flows=frozenset(eligible))
            leases = await when_there_is_room(lease)
            for leased in leases:
                self._begin(leased)
            if not leases:
                return

    async def _wait(self) -> None:
        """Until something has changed, a message is due, or a flow has waited long enough for a system."""
        limits = [IDLE_S, *(until - time.monotonic() for _, until in self._paused.values())]
        # Where nothing may run, what is due is none of the reasons to look again.
        due = await when_there_is_room(self._store.next_due_s) if self._eligible() else None
        if due is not None:
            limits.append(due)
        try:
            async with asyncio.timeout(max(MIN_WAIT_S, min(limits))):
                await self._wake.wait()
        except TimeoutError:
            pass

    def _begin(self, lease: Lease) -> None:
        flow = lease.message.flow
        self._running[flow] += 1
        task = asyncio.create_task(self._one(lease), name=f"message {lease.message.id}")
        self._tasks.add(task)

        def ended(task: asyncio.Task[None]) -> None:
            self._tasks.discard(task)
            self._running[flow] -= 1
            self.wake()

        task.add_done_callback(ended)

    async def drain(self, grace_s: float) -> None:
        """Begin nothing more; let what runs come to where it can be taken up again, for so long."""
        self.stopping = True
        self.wake()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=grace_s)
        await self.aclose()

    async def aclose(self) -> None:
        """End everything. What was under way is looked into when its message runs again."""
        self.stopping = True
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    # --- one message ---------------------------------------------------------------------------------------

    async def _one(self, lease: Lease) -> None:
        """The top of a message's task: whatever happens to it, the others go on."""
        message = lease.message
        correlation.current.set(message.correlation_id)
        if message.attempts == 1:
            age = (datetime.now(UTC) - message.received_at).total_seconds()
            metrics.FLOW_WAIT_SECONDS.labels(message.flow).observe(max(0.0, age))
        try:
            stopped = await self._attempt(lease)
            if stopped is None:
                metrics.FLOW_MESSAGES.labels(message.flow, "done").inc()
            else:
                # First: once it is stored, it may be leased again.
                self._pause(message.flow, stopped)
                await self._settling.settle(lease, stopped, self._retry_of(message))
        except LeaseLost:
            _log.warning("a message was taken from its run", message=message.id, flow=message.flow)
        except StoreFailed:
            self.stopping = True
            self._on_failed()
        except asyncio.CancelledError:
            await self._settling.broken_off(lease)
            raise
        except Exception:
            _log.exception("how a message ended could not be stored", message=message.id, flow=message.flow)
            await self._settling.stuck(lease)

    async def _attempt(self, lease: Lease) -> Stopped | None:
        """Run a message to its end, or say why it cannot go on now. Raises: LeaseLost, StoreFailed."""
        message = lease.message
        journal = Journal(self._store, lease)
        try:
            program = await self._program(message)
            if isinstance(program, CallProgram):
                payload = await held(self._store.payload(message.id))
                await run_call(lease, program, journal, self._sender, payload)
            else:
                await self._runner.run(lease, program, journal)
        except Stopped as stopped:
            return stopped
        except Unreadable as error:
            return Stopped(Next.WAIT, Failure("Unreadable", str(error)), after_s=BLOCKED_S)
        except StoreFull as error:
            return Stopped(Next.WAIT, Failure("StoreFull", str(error)), after_s=FULL_WAIT_S)
        except Damaged as error:
            return Stopped(Next.DEAD, Failure("Damaged", str(error)))
        except (LeaseLost, StoreFailed):
            raise
        except Exception:  # whatever it is, this message is not to be tried for ever
            _log.exception("running a message failed", message=message.id, flow=message.flow)
            then = Next.HOLD if journal.in_flight else Next.DEAD
            return Stopped(then, Failure("Internal", "the gateway failed while running it; see the log"))
        return None

    def _retry_of(self, message: Message) -> RetrySettings:
        program = self._programs.get(message.version)
        return program.retry if program is not None else RetrySettings()

    def _pause(self, flow: str, stopped: Stopped) -> None:
        """Messages of a flow that calls a system which is away wait until it is back, without wearing out
        their attempts."""
        system = self._catalogue.systems.get(stopped.system or "")
        waits = stopped.next in (Next.RETRY, Next.WAIT)
        if waits and system is not None and system.state is not SystemState.READY:
            self._paused[flow] = system.name, time.monotonic() + PAUSE_S

    async def _program(self, message: Message) -> Program | CallProgram:
        """The version that a message runs by. Raises: Unreadable."""
        known = self._programs.get(message.version)
        if known is None:
            stored = await self._store.definition(message.version)
            if stored is None:
                raise Unreadable(f"the definition {message.version[:12]} of {message.flow} is not there")
            known = read_stored(message.flow, message.version, stored)
            if len(self._programs) >= _MAX_PROGRAMS:
                self._programs.clear()
            self._programs[message.version] = known
        return known
