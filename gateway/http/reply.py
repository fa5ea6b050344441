"""A system's reply to an answer: a value, rows, bytes or events, in the media type that was chosen."""

from __future__ import annotations

import asyncio
import base64
import mimetypes
import re
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from types import TracebackType
from typing import Any

from adapters.contract import (
    BytesReply,
    Event,
    EventsReply,
    EventsShape,
    JsonShape,
    Operation,
    Reply,
    Result,
    RowsReply,
    RowsShape,
    ValueReply,
)
from adapters.errors import ProtocolViolation
from gateway.catalogue import Entry
from gateway.catalogue.codec import is_json, message_value, ndjson_of, value_of, whole
from gateway.http.negotiate import EVENT_STREAM, JSON, NDJSON
from gateway.http.problems import mapping_errors
from gateway.http.wire import Answer
from mappings import json
from mappings.contract import Format, JsonValue, MappingError

KEEP_ALIVE_S = 15.0
"""Seconds of silence after which an event stream gets a comment, so that nobody on the way gives up."""

_LOCATION, _APPLIED = "location", "preference-applied"
_ANY_TYPE = "application/octet-stream"
# Those that come with Python, and not the machine's own, so that answers are the same everywhere.
_TYPES_BY_NAME = mimetypes.MimeTypes()
_STATUS = {Result.DONE: 200, Result.CREATED: 201, Result.ACCEPTED: 202}
_NUMBER_OR_STRING = re.compile(rb'"(?:[^"\\]|\\.)*"|-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?')


class Form(Enum):
    """How a reply is written."""

    NOTHING = auto()
    VALUE = auto()
    ARRAY = auto()
    LINES = auto()
    BYTES = auto()
    JSON_TEXT = auto()
    """Bytes that are JSON themselves."""
    RECORD_ARRAY = auto()
    RECORD_LINES = auto()
    EVENTS = auto()


@dataclass(frozen=True, slots=True)
class Offer:
    """One media type that an operation can answer in."""

    media_type: str
    form: Form


def offers(entry: Entry) -> tuple[Offer, ...]:
    """What an operation can answer in, the default first."""
    shape = entry.operation.reply
    if shape is None:
        return (Offer("*/*", Form.NOTHING),)
    if isinstance(shape, JsonShape):
        return (Offer(JSON, Form.VALUE),)
    if isinstance(shape, RowsShape):
        return (Offer(JSON, Form.ARRAY), Offer(NDJSON, Form.LINES))
    if isinstance(shape, EventsShape):
        return (Offer(EVENT_STREAM, Form.EVENTS),)
    format_ = entry.reply_format
    if format_ is None:
        # The reply itself says what it is.
        return (Offer("*/*", Form.BYTES),)
    if is_json(format_):
        return (Offer(JSON, Form.JSON_TEXT), Offer(NDJSON, Form.RECORD_LINES))
    raw = Offer(format_.content_type, Form.BYTES)
    records = (Offer(JSON, Form.RECORD_ARRAY), Offer(NDJSON, Form.RECORD_LINES))
    return records if format_.content_type == NDJSON else (*records, raw)


def status_of(operation: Operation) -> int:
    """The status of a positive answer."""
    if operation.reply is None and operation.result is Result.DONE:
        return 204
    return _STATUS[operation.result]


def quote_numbers(text: bytes) -> bytes:
    """JSON text with every number as a string of the same digits, for callers whose numbers are doubles."""
    return _NUMBER_OR_STRING.sub(_quoted, text)


def _quoted(match: re.Match[bytes]) -> bytes:
    found = match[0]
    return found if found[:1] == b'"' else b'"' + found + b'"'


class Stream(AsyncGenerator[bytes, None]):
    """The parts of an answer, made from those of a reply, whose stream is closed with this one.

    A class and not an async generator, because closing a generator that was never started runs none of its
    code, and the connection behind the reply would not be given back.
    """

    def __init__(self, parts: AsyncGenerator[bytes, None], source: AsyncGenerator[Any, None]) -> None:
        self._parts = parts
        self._source = source

    async def asend(self, value: None) -> bytes:
        """The next part. Raises: what the reply's stream raises."""
        return await self._parts.asend(value)

    async def athrow(
        self,
        typ: type[BaseException] | BaseException,
        val: BaseException | object = None,
        tb: TracebackType | None = None,
    ) -> bytes:
        """Close the stream and raise: nothing here catches what is thrown in."""
        await self.aclose()
        raise typ if isinstance(typ, BaseException) else typ()

    async def aclose(self) -> None:
        """End both streams. Idempotent."""
        try:
            await self._parts.aclose()
        finally:
            await self._source.aclose()


async def prepare(
    entry: Entry, reply: Reply, form: Form, *, quote: bool, max_bytes: int, below: str = ""
) -> tuple[Answer, AsyncGenerator[bytes, None] | None]:
    """The answer, and the stream of its body where it is streamed. The caller closes the stream.

    The first part of a stream has been fetched, so that what goes wrong before it is still a problem.
    `below` is the address that locations in the reply are relative to; empty where they lead nowhere.
    Raises: any of `adapters.errors`.
    """
    status = status_of(entry.operation)
    headers = protocol_headers(reply.headers)
    if isinstance(reply, ValueReply):
        if _LOCATION in reply.headers and below:
            headers["Location"] = below + reply.headers[_LOCATION]
        applied = reply.headers.get(_APPLIED)
        if applied is not None:
            headers["Preference-Applied"] = applied
        if form is Form.NOTHING or (reply.value is None and applied == "return=minimal"):
            return Answer(status, b"", headers=headers), None
        return Answer(status, _encoded(reply, quote), JSON, headers), None
    if isinstance(reply, RowsReply):
        blocks = Stream(_quoting(reply.blocks), reply.blocks) if quote else reply.blocks
        return await _rows(status, blocks, form is Form.ARRAY, headers)
    if isinstance(reply, BytesReply):
        return await _bytes(entry, reply, form, headers, quote, max_bytes)
    stream = Stream(_server_sent(entry, reply, quote), reply.events)
    # The header keeps nginx from collecting events before it passes them on.
    headers["X-Accel-Buffering"] = "no"
    return Answer(status, None, EVENT_STREAM, headers, endless=True), stream


def _encoded(reply: ValueReply, quote: bool) -> bytes:
    try:
        body = json.encode(reply.value)
    except MappingError as error:
        raise ProtocolViolation(f"a value of the reply {error.reason}") from error
    return (quote_numbers(body) if quote else body) + b"\n"


async def _bytes(
    entry: Entry, reply: BytesReply, form: Form, headers: dict[str, str], quote: bool, max_bytes: int
) -> tuple[Answer, AsyncGenerator[bytes, None] | None]:
    status, format_ = status_of(entry.operation), entry.reply_format
    if form is Form.BYTES or format_ is None:
        if reply.name is not None:
            headers["Content-Disposition"] = _attachment(reply.name)
        first = await _begun(reply.chunks)
        stream = Stream(_joined(first, reply.chunks), reply.chunks)
        return Answer(status, None, _content_type(reply, format_), headers, length=reply.size), stream
    if is_json(format_) and form is Form.JSON_TEXT:
        body = json.encode_line(await value_of(await whole(reply.chunks, max_bytes), format_))
        return Answer(status, quote_numbers(body) if quote else body, JSON, headers), None
    records = Stream(ndjson_of(reply.chunks, format_), reply.chunks)
    blocks = Stream(_quoting(records), records) if quote else records
    return await _rows(status, blocks, form is Form.RECORD_ARRAY, headers)


async def _rows(
    status: int, blocks: AsyncGenerator[bytes, None], as_array: bool, headers: dict[str, str]
) -> tuple[Answer, AsyncGenerator[bytes, None] | None]:
    first = await _begun(blocks)
    if first is None:
        return Answer(status, b"[]\n" if as_array else b"", JSON if as_array else NDJSON, headers), None
    parts = _array(first, blocks) if as_array else _joined(first, blocks)
    return Answer(status, None, JSON if as_array else NDJSON, headers), Stream(parts, blocks)


async def _begun(parts: AsyncGenerator[bytes, None]) -> bytes | None:
    """The first part that is not empty. None: there is none, and the stream has been closed."""
    try:
        async for part in parts:
            if part:
                return part
    except BaseException:
        await parts.aclose()
        raise
    await parts.aclose()
    return None


async def _joined(first: bytes | None, rest: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
    if first is not None:
        yield first
        async for part in rest:
            yield part


async def _array(first: bytes, rest: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
    """NDJSON blocks as one JSON array. Lines hold no line feed inside, so that replacing it joins them."""
    yield b"[" + first[:-1].replace(b"\n", b",\n")
    async for block in rest:
        if block:
            yield b",\n" + block[:-1].replace(b"\n", b",\n")
    yield b"]\n"


async def _quoting(blocks: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
    async for block in blocks:
        yield quote_numbers(block)


# --- events ------------------------------------------------------------------------------------------


async def _server_sent(entry: Entry, reply: EventsReply, quote: bool) -> AsyncGenerator[bytes, None]:
    """Server-sent events, with a comment after each long silence. Source: WHATWG HTML, §9.2."""
    waiting: asyncio.Task[Event] | None = None
    try:
        yield b": connected\n\n"
        while True:
            if waiting is None:
                waiting = asyncio.ensure_future(anext(reply.events))
            done, _ = await asyncio.wait({waiting}, timeout=KEEP_ALIVE_S)
            if not done:
                yield b": still here\n\n"
                continue
            try:
                event = waiting.result()
            except StopAsyncIteration:
                return
            waiting = None
            yield _event(entry, event, quote)
    finally:
        if waiting is not None:
            waiting.cancel()
            await asyncio.gather(waiting, return_exceptions=True)


def _event(entry: Entry, event: Event, quote: bool) -> bytes:
    shape = entry.operation.reply
    several = isinstance(shape, EventsShape) and shape.from_several_sources
    source: dict[str, JsonValue] = {"source": event.source} if several else {}
    try:
        data, kind = _event_data(entry, event.data, source, quote), b""
    except MappingError as error:
        # The stream goes on: one bad message must not hide those after it.
        data, kind = json.encode({**source, **mapping_errors([error])[0]}), b"event: unreadable\n"
    identifier = re.sub(r"[\r\n\0]", "", event.id).encode()
    lines = b"".join(b"data: " + line + b"\n" for line in re.split(rb"\r\n|\r|\n", data))
    return kind + b"id: " + identifier + b"\n" + lines + b"\n"


def _event_data(entry: Entry, data: bytes, source: dict[str, JsonValue], quote: bool) -> bytes:
    """One line of JSON; without a format and from one source the text as it is, or base64.

    Raises: MappingError.
    """
    format_, shape = entry.reply_format, entry.operation.reply
    if format_ is not None:
        value = message_value(data, format_)
    elif isinstance(shape, EventsShape) and shape.content_type.startswith("text/"):
        value = data.decode("utf-8", "replace")
    else:
        value = base64.b64encode(data).decode()
    if source:
        value = {**source, "value": value}
    elif format_ is None and isinstance(value, str):
        return value.encode()
    text = json.encode(value)
    return quote_numbers(text) if quote else text


# --- headers -----------------------------------------------------------------------------------------


def protocol_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Protocol facts as HTTP headers: `mqtt.retain` becomes `X-Mqtt-Retain`."""
    return {wire_name(name): value for name, value in headers.items() if name not in (_LOCATION, _APPLIED)}


def wire_name(name: str) -> str:
    """The name that a protocol fact has as an HTTP header."""
    return "X-" + "-".join(part.capitalize() for part in re.split(r"[^A-Za-z0-9]+", name) if part)


def _content_type(reply: BytesReply, format_: Format | None) -> str:
    """What the system says the bytes are; where it cannot tell, what their format or their name does."""
    if reply.content_type != _ANY_TYPE:
        return reply.content_type
    if format_ is not None:
        return format_.content_type
    guessed, encoding = _TYPES_BY_NAME.guess_type(reply.name or "")
    return guessed if guessed is not None and encoding is None else _ANY_TYPE


def _attachment(name: str) -> str:
    """A file name that is only ever saved, never shown. Source: RFC 6266, RFC 8187."""
    plain = re.sub(r"[^A-Za-z0-9._ -]", "_", name)[:200]
    encoded = "".join(
        chr(byte) if (chr(byte).isalnum() and byte < 0x80) or chr(byte) in "._-" else f"%{byte:02X}"
        for byte in name.encode("utf-8", "replace")[:600]
    )
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{encoded}"
