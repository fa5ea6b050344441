"""A small adapter that implements the contract in full and does what a test tells it: values, rows, bytes,
events, errors, delays. Registered through the registry's table, as any adapter is."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from decimal import Decimal
from typing import ClassVar

from adapters.contract import (
    Adapter,
    AdapterContext,
    Binding,
    ByteBody,
    BytesReply,
    BytesShape,
    Capability,
    Channel,
    Deadline,
    Delivery,
    Event,
    EventsReply,
    EventsShape,
    Fault,
    JsonSchema,
    JsonShape,
    JsonValue,
    MissingOperation,
    Operation,
    Parameter,
    Probe,
    Reply,
    Request,
    Result,
    RowsReply,
    RowsShape,
    ValueReply,
)
from adapters.errors import AdapterError, ConnectFailed
from adapters.registry import AdapterType
from adapters.settings import SystemSettings

ORDER: JsonSchema = {
    "type": "object",
    "additionalProperties": False,
    "required": ["id", "lines"],
    "properties": {
        "id": {"type": "integer", "minimum": 1},
        "amount": {"type": "number"},
        "note": {"type": ["string", "null"], "maxLength": 20},
        "kind": {"enum": ["normal", "express"]},
        "lines": {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/Line"}},
    },
    "$defs": {
        "Line": {
            "type": "object",
            "additionalProperties": False,
            "required": ["sku"],
            "properties": {"sku": {"type": "string"}, "quantity": {"type": "integer"}},
        }
    },
}
ROW: JsonSchema = {
    "type": "object",
    "properties": {"id": {"type": "integer"}, "amount": {"type": "number"}, "text": {"type": "string"}},
}
_BY_ID: JsonSchema = {
    "type": "object",
    "additionalProperties": False,
    "required": ["orderId"],
    "properties": {
        "orderId": {"type": "integer"},
        "full": {"type": "boolean"},
        "tag": {"type": "array", "items": {"type": "string"}},
    },
}
_FILE = Parameter(
    name="file", location="path", schema={"type": "string"}, description="A file.", required=True
)

OPERATIONS = (
    Operation(
        name="Echo",
        summary="Answers what it is sent",
        safe=False,
        idempotent=True,
        bindings=(Binding(method="POST", path="/Echo"),),
        request=JsonShape(ORDER),
        reply=JsonShape(ORDER),
        faults=(Fault(code="OrderClosed", schema={"type": "object"}, description="The order is closed."),),
    ),
    Operation(
        name="GetOrder",
        summary="Reads one order",
        safe=True,
        idempotent=True,
        bindings=(
            Binding(method="POST", path="/GetOrder"),
            Binding(method="GET", path="/GetOrder", query_as_body=True),
        ),
        request=JsonShape(_BY_ID),
        reply=JsonShape({}),
        faults=(Fault(code="OrderNotFound", schema={"type": "object"}),),
    ),
    Operation(
        name="Notify",
        summary="Tells something, one way",
        safe=False,
        idempotent=False,
        bindings=(Binding(method="POST", path="/Notify"),),
        request=JsonShape({"type": "object"}),
        reply=None,
        result=Result.ACCEPTED,
    ),
    Operation(
        name="rows.read",
        summary="Reads rows",
        safe=True,
        idempotent=True,
        bindings=(Binding(method="GET", path="/rows"),),
        request=None,
        reply=RowsShape(ROW),
        parameters=(
            Parameter(
                name="limit", location="query", schema={"type": "integer", "minimum": 0}, description="n"
            ),
            Parameter(
                name="since", location="query", schema={"type": "string", "format": "date"}, description=""
            ),
            Parameter(name="amount", location="query", schema={"type": "number"}, description=""),
            Parameter(name="active", location="query", schema={"type": "boolean"}, description=""),
            Parameter(name="id", location="query", schema={"type": "string"}, description="", repeated=True),
        ),
    ),
    Operation(
        name="rows.get",
        summary="Reads one row",
        safe=True,
        idempotent=True,
        bindings=(Binding(method="GET", path="/rows/{key}"),),
        request=None,
        reply=JsonShape(ROW),
        parameters=(
            Parameter(
                name="key", location="path", schema={"type": "integer"}, description="The key.", required=True
            ),
        ),
    ),
    Operation(
        name="rows.insert",
        summary="Adds rows",
        safe=False,
        idempotent=False,
        bindings=(Binding(method="POST", path="/rows"),),
        request=JsonShape({**ROW, "required": ["id"], "additionalProperties": False}),
        reply=JsonShape({"type": "object"}),
        result=Result.CREATED,
        takes_batches=True,
        honours=("return=minimal", "return=representation"),
    ),
    Operation(
        name="files.get",
        summary="Reads a file as records",
        safe=True,
        idempotent=True,
        bindings=(Binding(method="GET", path="/files/{file}"),),
        request=None,
        reply=BytesShape("text/csv", "csv"),
        parameters=(_FILE,),
    ),
    Operation(
        name="raw.get",
        summary="Reads a file as it is",
        safe=True,
        idempotent=True,
        bindings=(Binding(method="GET", path="/raw/{file}"),),
        request=None,
        reply=BytesShape(),
        parameters=(_FILE,),
    ),
    Operation(
        name="raw.put",
        summary="Writes a file as it is",
        safe=False,
        idempotent=False,
        bindings=(Binding(method="POST", path="/raw"),),
        request=BytesShape(),
        reply=JsonShape({"type": "object"}),
        result=Result.CREATED,
    ),
    Operation(
        name="files.put",
        summary="Writes records to a file",
        safe=False,
        idempotent=False,
        bindings=(Binding(method="POST", path="/files"),),
        request=BytesShape("text/csv", "csv"),
        reply=JsonShape({"type": "object"}),
        result=Result.CREATED,
    ),
    Operation(
        name="topic.last",
        summary="The last value",
        safe=True,
        idempotent=True,
        bindings=(Binding(method="GET", path="/topic/{line}"),),
        request=None,
        reply=BytesShape("application/json", "json"),
        parameters=(Parameter(name="line", location="path", schema={"type": "string"}, description=""),),
    ),
    Operation(
        name="topic.watch",
        summary="Values as they come",
        safe=True,
        idempotent=True,
        bindings=(Binding(method="GET", path="/topic/{line}"),),
        request=None,
        reply=EventsShape("application/json", "json"),
        parameters=(Parameter(name="line", location="path", schema={"type": "string"}, description=""),),
    ),
    Operation(
        name="topic.watch-all",
        summary="Values of every line as they come",
        safe=True,
        idempotent=True,
        bindings=(Binding(method="GET", path="/topic"),),
        request=None,
        reply=EventsShape("application/json", "json", from_several_sources=True),
    ),
    Operation(
        name="topic.publish",
        summary="Publishes a value",
        safe=False,
        idempotent=False,
        bindings=(Binding(method="POST", path="/topic"),),
        request=BytesShape("application/json", "json"),
        reply=JsonShape({"type": "object"}),
    ),
    Operation(
        name="raw.watch-all",
        summary="Bytes from everywhere as they come",
        safe=True,
        idempotent=True,
        bindings=(Binding(method="GET", path="/raw"),),
        request=None,
        reply=EventsShape(from_several_sources=True),
    ),
    Operation(
        name="tree.get",
        summary="A path of any length",
        safe=True,
        idempotent=True,
        bindings=(Binding(method="GET", path="/tree/{path+}"),),
        request=None,
        reply=JsonShape({}),
        parameters=(Parameter(name="path", location="path", schema={"type": "string"}, description=""),),
    ),
)

Action = Callable[[Request, Deadline], "Reply | AdapterError"]


class Script:
    """What every scripted adapter of a test does; made anew for each test."""

    def __init__(self) -> None:
        self.up = True
        self.error: BaseException | None = None
        self.value: JsonValue = {"ok": True}
        self.blocks: list[bytes | BaseException] = [b'{"id":1}\n{"id":2}\n', b'{"id":3}\n']
        self.chunks: list[bytes | BaseException] = [b"a,b\n1,x\n", b"2,y\n"]
        self.size: int | None = None
        self.content_type = "application/octet-stream"
        self.name: str | None = "statement.csv"
        self.events: asyncio.Queue[Event | BaseException] = asyncio.Queue()
        self.hold: asyncio.Event | None = None
        """While set, calls wait for it."""
        self.hold_after_block: asyncio.Event | None = None
        self.ignores_deadline = True
        self.reply_headers: dict[str, str] = {}
        self.requests: list[tuple[str, Request]] = []
        self.bodies: list[bytes] = []
        self.entered = asyncio.Event()
        self.running = 0
        self.finished = 0
        self.cancelled = 0
        self.closed_streams = 0
        self.connects = 0


class ScriptedSettings(SystemSettings):
    """Nothing beyond what every system has."""

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
        self.script.connects += 1
        if not self.script.up:
            raise ConnectFailed(f"{self._context.system}: connection refused")
        self._connected = True

    async def aclose(self) -> None:
        self._connected = False

    async def probe(self, deadline: Deadline) -> Probe:
        return Probe(self.script.up, None, "" if self.script.up else "connection refused")

    def operations(self) -> Sequence[Operation]:
        return OPERATIONS if self._connected or not self._settings.late else ()

    def channels(self) -> Sequence[Channel]:
        """There are none."""
        return ()

    def receive(self, channel: str, resume: str | None) -> AsyncGenerator[Delivery, None]:
        """Never called, since there are no channels."""
        raise KeyError(channel)

    def missing(self) -> Sequence[MissingOperation]:
        return (MissingOperation("Broken", "its schema is not there"),)

    def notes(self) -> Sequence[str]:
        return ("Echo: read otherwise than written",)

    async def call(self, operation: str, request: Request, deadline: Deadline) -> Reply:
        script = self.script
        script.requests.append((operation, request))
        script.running += 1
        script.entered.set()
        try:
            if isinstance(request.body, ByteBody):
                script.bodies.append(b"".join([chunk async for chunk in request.body.chunks]))
            if script.hold is not None:
                await script.hold.wait()
            if script.error is not None:
                raise script.error
            script.finished += 1
            return self._reply(operation)
        except asyncio.CancelledError:
            script.cancelled += 1
            raise
        finally:
            script.running -= 1

    def _reply(self, name: str) -> Reply:
        script = self.script
        shape = next(operation.reply for operation in OPERATIONS if operation.name == name)
        if isinstance(shape, RowsShape):
            return RowsReply(_stream(script, script.blocks), script.reply_headers)
        if isinstance(shape, BytesShape):
            return BytesReply(
                _stream(script, script.chunks),
                script.content_type,
                script.size,
                script.name,
                script.reply_headers,
            )
        if isinstance(shape, EventsShape):
            return EventsReply(_events(script), script.reply_headers)
        return ValueReply(script.value, script.reply_headers)


async def _stream(script: Script, parts: Sequence[bytes | BaseException]) -> AsyncGenerator[bytes, None]:
    try:
        for number, part in enumerate(parts):
            if number and script.hold_after_block is not None:
                await script.hold_after_block.wait()
            if isinstance(part, BaseException):
                raise part
            yield part
    finally:
        script.closed_streams += 1


async def _events(script: Script) -> AsyncGenerator[Event, None]:
    try:
        while True:
            event = await script.events.get()
            if isinstance(event, BaseException):
                raise event
            yield event
    finally:
        script.closed_streams += 1


def create(settings: ScriptedSettings, context: AdapterContext) -> Adapter:
    """What the registry calls."""
    return ScriptedAdapter(settings, context)


ADAPTER = AdapterType(
    name="scripted",
    title="Scripted test system",
    settings=ScriptedSettings,
    create=create,
    capabilities=frozenset(
        {
            Capability.DESCRIBED_BY_SETTINGS,
            Capability.VALUES,
            Capability.ROWS,
            Capability.BYTES,
            Capability.EVENTS,
        }
    ),
)

LATE_ADAPTER = AdapterType(
    name="scripted_late",
    title="Scripted test system that describes itself when connected",
    settings=ScriptedSettings,
    create=create,
    capabilities=ADAPTER.capabilities - {Capability.DESCRIBED_BY_SETTINGS},
)

MONEY = Decimal("12345678901234567890.123456789012345678")
