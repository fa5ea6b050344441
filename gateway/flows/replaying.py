"""What a person has run again: by the version that it came under, or by the one that the flow has now."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from gateway.catalogue import Catalogue
from gateway.flows.carrying_over import Version, carried_over, from_the_beginning, without_unknown
from gateway.flows.dead_records import is_unread
from gateway.flows.definition import Definition, Unreadable, compile_program
from gateway.flows.flow_set import FlowSet, FlowState, Prepared
from gateway.flows.program import Program, calls
from gateway.messages import MessageStore, NotAllowed, Standing, State

UnknownAs: TypeAlias = Literal["repeat", "done"]


@dataclass(frozen=True, slots=True)
class Replay:
    """What a person asks for. `current_flow`: by the flow's present version; `repeat_calls`: then every call
    is made once more, those that were answered too."""

    by: str
    unknown_as: UnknownAs | None = None
    current_flow: bool = False
    repeat_calls: bool = False


class Replaying:
    """Replays messages by one configuration. `define` makes a version known to the store."""

    def __init__(
        self,
        store: MessageStore,
        catalogue: Catalogue,
        flows: FlowSet,
        define: Callable[[Definition], Awaitable[None]],
    ) -> None:
        self._store = store
        self._catalogue = catalogue
        self._flows = flows
        self._define = define

    async def replay(self, message_id: str, asked: Replay) -> None:
        """Raises: UnknownMessage, NotAllowed, Damaged, StoreFull, StoreFailed."""
        if asked.repeat_calls and not asked.current_flow:
            raise NotAllowed("calls are repeated only by the flow's present version (--current-flow)")
        if asked.repeat_calls and asked.unknown_as == "done":
            raise NotAllowed("where all calls are repeated, none is taken as done")
        message = await self._store.get(message_id)
        if is_unread(message):
            raise NotAllowed(
                f"message {message_id} is a record that could not be read, and its bytes mean something only "
                "in their file: have a corrected file sent, and discard this one"
            )
        if asked.current_flow:
            await self._by_present_version(message_id, asked)
        else:
            await self._store.replay(message_id, by=asked.by, unknown_as=asked.unknown_as)

    async def _by_present_version(self, message_id: str, asked: Replay) -> None:
        standing = await self._store.standing(message_id)
        message = standing.message
        prepared = self._present(message.flow)
        definition, program = prepared.definition, prepared.program
        assert definition is not None
        assert program is not None
        is_present = message.version == definition.version
        if is_present and message.state is State.PENDING:
            raise NotAllowed(f"message {message_id} waits, and runs by the flow's present version already")
        if is_present and not asked.repeat_calls:
            await self._store.replay(message_id, by=asked.by, unknown_as=asked.unknown_as)
            return
        await self._define(definition)
        if asked.repeat_calls:
            anew = from_the_beginning(message, definition.version)
        else:
            anew = carried_over(
                _as_said(standing, asked.unknown_as),
                await self._version(standing),
                Version(json.loads(definition.stored), program),
            )
        await self._store.move(standing, anew, by=asked.by, unknown_as=asked.unknown_as)

    def _present(self, flow: str) -> Prepared:
        """The flow, which runs or will. Raises: NotAllowed."""
        prepared = self._flows.prepared.get(flow)
        if prepared is None:
            raise NotAllowed(f"the configuration has no flow {flow}, so there is no present version of it")
        if prepared.state is FlowState.BLOCKED or prepared.definition is None or prepared.program is None:
            raise NotAllowed(f"the flow {flow} cannot run now: {prepared.reason}")
        return prepared

    async def _version(self, standing: Standing) -> Version | None:
        """The version that a message came under; None where it cannot be read."""
        message = standing.message
        stored = await self._store.definition(message.version)
        if stored is None:
            return None
        try:
            text = json.loads(stored)
            program = compile_program(message.flow, message.version, text)
        except (Unreadable, ValueError):
            return None
        return Version(text, program, self._reads(program))

    def _reads(self, program: Program) -> frozenset[str]:
        """The steps that certainly change nothing."""
        found = set()
        for step in calls(program.steps):
            system = self._catalogue.systems.get(step.system)
            entry = system.entries.get(step.operation) if system is not None else None
            if entry is not None and entry.operation.safe:
                found.add(step.id)
        return frozenset(found)


def _as_said(standing: Standing, unknown_as: UnknownAs | None) -> Standing:
    """What has no answer and is to be sent again is as if it had not been sent."""
    return replace(standing, marks=without_unknown(standing.marks)) if unknown_as == "repeat" else standing
