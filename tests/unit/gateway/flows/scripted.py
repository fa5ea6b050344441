"""A system that takes, answers and delivers what a test tells it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from adapters.contract import (
    Adapter,
    AdapterContext,
    ByteBody,
    BytesShape,
    Capability,
    Channel,
    Deadline,
    Delivery,
    EventsShape,
    JsonSchema,
    JsonShape,
    JsonValue,
    MissingOperation,
    Operation,
    Parameter,
    Probe,
    Reply,
    Request,
    RowsReply,
    RowsShape,
    ValueReply,
)
from adapters.errors import ConnectFailed
from adapters.registry import AdapterType
from adapters.settings import SystemSettings

ROW: JsonSchema = {
    "type": "object",
    "properties": {"id": {}, "amount": {"type": "number"}, "text": {"type": "string"}},
    "required": ["id"],
    "additionalProperties": False,
}
ANY: JsonSchema = {}


def _write(name: str, **more: object) -> Operation:
    settings: dict[str, object] = {
        "summary": name,
        "safe": False,
        "idempotent": False,
        "bindings": (),
        "request": JsonShape(ANY),
        "reply": JsonShape({}),
    }
    return Operation(name=name, **{**settings, **more})  # type: ignore[arg-type]


_KEY = Parameter(
    name="key", location="path", schema={"type": "integer"}, description="The key.", required=True
)
_TAGS = Parameter(name="tag", location="query", schema={"type": "string"}, description="Tags.", repeated=True)
OPERATIONS = (
    _write("do"),
    _write("do.again", idempotent=True),
    _write("rows.insert", request=JsonShape(ROW), takes_batches=True),
    _write("once.insert", request=JsonShape(ROW), takes_batches=True, deduplicates=True),
    _write("rows.update", request=JsonShape({"type": "object"}), parameters=(_KEY, _TAGS)),
    _write("raw.put", request=BytesShape()),
    _write("files.put", request=BytesShape("text/csv", "csv"), takes_batches=True),
    _write("look", safe=True, idempotent=True, request=JsonShape({"type": "object"})),
    _write("rows.read", safe=True, idempotent=True, request=None, reply=RowsShape(ROW)),
    _write("watch", safe=True, request=None, reply=EventsShape()),
)
CHANNELS = (
    Channel(name="files", summary="Files", payload=BytesShape("text/csv", "csv"), holds_records=True),
    Channel(
        name="lines",
        summary="Files of lines",
        payload=BytesShape("application/x-ndjson", "ndjson"),
        holds_records=True,
    ),
    Channel(name="messages", summary="Messages", payload=BytesShape("application/json", "json"), window=20),
    Channel(name="rows", summary="Rows", payload=JsonShape(ANY), window=20),
    Channel(name="changes", summary="Changes", payload=JsonShape(ANY), window=20, acks_together=True),
    Channel(
        name="typed",
        summary="Rows of a table",
        payload=JsonShape({"type": "object", "properties": {"found": {}}}),
    ),
    Channel(name="raw", summary="Bytes", payload=BytesShape()),
)


@dataclass
class Arriving:
    """One delivery. `acked` and `nacked` say what became of it."""

    data: bytes
    key: str | None = None
    at: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = "application/octet-stream"
    redelivered: bool = False
    broken: BaseException | None = None
    ack_error: BaseException | None = None
    was_read: bool = False
    acked: bool = False
    nacked: str | None = None
    for_good: bool = False
    on_ack: Callable[[Arriving], None] = lambda _: None
    acking: Callable[[Arriving], Awaitable[None]] | None = None

    @property
    def payload(self) -> ByteBody:
        return ByteBody(chunks=self._chunks(), content_type=self.content_type, size=len(self.data))

    async def _chunks(self) -> AsyncGenerator[bytes, None]:
        self.was_read = True
        for start in range(0, len(self.data), 100_000):
            yield self.data[start : start + 100_000]
        if self.broken is not None:
            raise self.broken

    def source_key(self) -> str | None:
        return self.key

    def cursor(self) -> str | None:
        return self.at

    async def ack(self) -> None:
        if self.acking is not None:
            await self.acking(self)
        if self.ack_error is not None:
            raise self.ack_error
        self.acked = True
        self.on_ack(self)

    async def nack(self, reason: str, *, for_good: bool = False) -> None:
        self.nacked, self.for_good = reason, for_good


Answer = Callable[[str, Request], "JsonValue | BaseException"]


class Script:
    """What all scripted systems of a test do, and what they were asked."""

    def __init__(self) -> None:
        self.up = True
        self.answer: Answer = lambda operation, request: {"ok": True}
        self.calls: list[tuple[str, Request]] = []
        self.bodies: list[bytes] = []
        self.hold: asyncio.Event | None = None
        self.entered = asyncio.Event()
        self.running = 0
        self.most_running = 0
        self.arriving: dict[str, asyncio.Queue[Arriving | BaseException]] = {
            channel.name: asyncio.Queue() for channel in CHANNELS
        }
        self.resumed: list[tuple[str, str | None]] = []
        self.operations: Sequence[Operation] = OPERATIONS
        self.channels: Sequence[Channel] = CHANNELS

    def speaks(self, format_: str) -> None:
        """Have a channel and an operation of this format: `partner`, whose files come, and `edi.put`. What
        puts do is known again by their keys."""
        shape = BytesShape("application/octet-stream", format_)
        put = _write("edi.put", request=shape, takes_batches=True, deduplicates=True)
        self.operations = (*self.operations, put)
        channel = Channel(name="partner", summary="A partner's", payload=shape, holds_records=True)
        self.channels = (*self.channels, channel)
        self.arriving["partner"] = asyncio.Queue()

    def sent(self, operation: str) -> list[JsonValue]:
        """The bodies that an operation was called with."""
        return [
            request.body
            for name, request in self.calls
            if name == operation and not isinstance(request.body, ByteBody)
        ]


class ScriptedSettings(SystemSettings):
    late: bool = False
    """Describe itself only when connected."""


class ScriptedAdapter:
    """Does what `script` says."""

    script: ClassVar[Script]

    def __init__(self, settings: ScriptedSettings, context: AdapterContext) -> None:
        self._settings = settings
        self._context = context
        self._connected = False

    async def connect(self, deadline: Deadline) -> None:
        if not self.script.up:
            raise ConnectFailed(f"{self._context.system}: connection refused")
        self._connected = True

    async def aclose(self) -> None:
        self._connected = False

    async def probe(self, deadline: Deadline) -> Probe:
        return Probe(self.script.up, None, "" if self.script.up else "connection refused")

    def operations(self) -> Sequence[Operation]:
        return self.script.operations if self._connected or not self._settings.late else ()

    def channels(self) -> Sequence[Channel]:
        return self.script.channels if self._connected or not self._settings.late else ()

    def missing(self) -> Sequence[MissingOperation]:
        return (MissingOperation("broken", "its schema is not there"),)

    def notes(self) -> Sequence[str]:
        return ()

    async def receive(self, channel: str, resume: str | None) -> AsyncGenerator[Delivery, None]:
        self.script.resumed.append((channel, resume))
        while True:
            found = await self.script.arriving[channel].get()
            if isinstance(found, BaseException):
                raise found
            yield found

    async def call(self, operation: str, request: Request, deadline: Deadline) -> Reply:
        script = self.script
        if isinstance(request.body, ByteBody):
            script.bodies.append(b"".join([chunk async for chunk in request.body.chunks]))
        script.calls.append((operation, request))
        script.running += 1
        script.most_running = max(script.most_running, script.running)
        script.entered.set()
        try:
            if script.hold is not None:
                await script.hold.wait()
            answer = script.answer(operation, request)
        finally:
            script.running -= 1
        if isinstance(answer, BaseException):
            raise answer
        shape = next(each.reply for each in script.operations if each.name == operation)
        if isinstance(shape, RowsShape):
            return RowsReply(_blocks([b'{"id":1}\n', b'{"id":2}\n']))
        return ValueReply(answer)


async def _blocks(blocks: Sequence[bytes]) -> AsyncGenerator[bytes, None]:
    for block in blocks:
        yield block


def create(settings: ScriptedSettings, context: AdapterContext) -> Adapter:
    """What the registry calls."""
    return ScriptedAdapter(settings, context)


ADAPTER = AdapterType(
    name="scripted_flows",
    title="Scripted test system",
    settings=ScriptedSettings,
    create=create,
    capabilities=frozenset({Capability.DESCRIBED_BY_SETTINGS, Capability.VALUES, Capability.RECEIVES}),
)
LATE_ADAPTER = AdapterType(
    name="scripted_flows_late",
    title="Scripted test system that describes itself when connected",
    settings=ScriptedSettings,
    create=create,
    capabilities=frozenset({Capability.VALUES, Capability.RECEIVES}),
)
