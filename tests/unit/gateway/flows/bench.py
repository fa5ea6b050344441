"""A configuration in a folder, the real store, and the engine; started, stopped, and started again."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from gateway.catalogue import Catalogue
from gateway.config import load
from gateway.flows import Engine
from gateway.messages import Message, SqliteStore, State, StoreSettings
from tests.unit.gateway.flows.scripted import Arriving, Script, ScriptedAdapter

DEADLINE_S = 30.0


class Bench:
    """Everything of one test. `flow` is the name of the flow where there is only one."""

    flow = "f"

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.script = ScriptedAdapter.script = Script()
        self.now: Callable[[], datetime] = lambda: datetime.now(UTC)
        self.chance: Callable[[float, float], float] = lambda low, high: 0.0
        self.ahead_s = 0.0

    def write(
        self,
        flow: Mapping[str, Any] | None = None,
        *,
        flows: Mapping[str, Any] | None = None,
        mappings: Mapping[str, Any] | None = None,
        gateway: Mapping[str, Any] | None = None,
        systems: Mapping[str, Any] | None = None,
    ) -> None:
        """Write the configuration; JSON is YAML."""
        files: dict[str, Any] = {
            "gateway.yaml": {"state_dir": "./state", **(gateway or {})},
            "systems/s.yaml": systems or {"s": {"adapter": "scripted_flows", "timeout_s": 5}},
            "flows/f.yaml": flows if flows is not None else {self.flow: flow} if flow else {},
            "mappings/m.yaml": mappings or {},
        }
        for name, content in files.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(content))

    async def start(self, flow: Mapping[str, Any] | None = None, **more: Any) -> None:
        """Write where there is something to write, and start."""
        if flow is not None or more:
            self.write(flow, **more)
        self.prepare()
        assert self.catalogue.check() == []
        assert self.engine.check() == []
        await self.store.open()
        await self.catalogue.start()
        await self.engine.start()

    def prepare(self) -> None:
        """Read the configuration and make everything, without starting it."""
        self.configuration = load(self.folder, {})
        self.catalogue = Catalogue(self.configuration)
        settings = StoreSettings.model_validate(self.configuration.gateway.messages.model_dump())
        self.store = SqliteStore(
            self.configuration.gateway.state_dir,
            settings,
            now=lambda: datetime.now(UTC).timestamp() + self.ahead_s,
        )
        self.engine = Engine(
            self.configuration, self.catalogue, self.store, clock=self.now, chance=self.chance
        )

    async def stop(self, grace_s: float = 5.0) -> None:
        """Stop in the order in which the gateway does."""
        await self.engine.drain(grace_s)
        await self.engine.aclose()
        await self.catalogue.aclose()
        await self.store.aclose()

    async def kill(self) -> None:
        """End without any of what a stop writes down: what was running is found running."""
        for task in [*self.engine._dispatcher._tasks, *self.engine._tasks.values()]:
            task.cancel()
        release, record = self.store.release, self.store.record
        self.store.release = self.store.record = _nothing  # type: ignore[method-assign, assignment]
        await self.engine.aclose()
        self.store.release, self.store.record = release, record  # type: ignore[method-assign]
        await self.catalogue.aclose()
        await self.store.aclose()

    async def reload(self, flow: Mapping[str, Any] | None = None, **more: Any) -> None:
        """Another configuration for the running engine."""
        self.write(flow, **more)
        self.configuration = load(self.folder, {})
        old, self.catalogue = self.catalogue, Catalogue(self.configuration)
        await self.engine.reload(self.configuration, self.catalogue)
        await old.aclose()
        await self.catalogue.start()

    def arrive(self, channel: str, *data: bytes | str | Arriving | BaseException) -> list[Arriving]:
        """Have something arrive."""
        found = []
        for each in data:
            one = (
                Arriving(each.encode() if isinstance(each, str) else each)
                if isinstance(each, bytes | str)
                else each
            )
            self.script.arriving[channel].put_nowait(one)
            if isinstance(one, Arriving):
                found.append(one)
        return found

    async def messages(self, state: State | None = None, flow: str | None = None) -> list[Message]:
        """The messages that are no record of others, the oldest first."""
        found = await self.store.find(states=[state] if state else (), flow=flow, limit=1000)
        return [each for each in reversed(found) if each.parent is None]

    async def settled(self, *states: State, count: int = 1) -> list[Message]:
        """Wait until so many messages are in these states, and none is under way; those messages."""
        wanted = states or (State.DONE,)

        async def there() -> list[Message]:
            found = await self.messages()
            ended = [each for each in found if each.state in wanted]
            return ended if len(ended) >= count else []

        found: list[Message] = await until(there)
        return found

    async def dead_records(self, parent: Message) -> list[Message]:
        """The dead letters of single records of a message."""
        return list(reversed(await self.store.find(parent=parent.id, limit=1000)))

    async def payload(self, message: Message) -> bytes:
        """The bytes of a message."""
        return b"".join([chunk async for chunk in self.store.payload(message.id)])


async def _nothing(*_: object) -> None:
    """Stands for what a killed process does not do."""


async def until(condition: Callable[[], Any | Awaitable[Any]], what: str = "") -> Any:
    """Wait until something is there; it."""
    loop = asyncio.get_running_loop()
    end = loop.time() + DEADLINE_S
    while True:
        found = condition()
        if isinstance(found, Awaitable):
            found = await found
        if found:
            return found
        assert loop.time() < end, f"not in time: {what or condition}"
        await asyncio.sleep(0.005)
