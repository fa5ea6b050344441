"""The request's body: bounded, of a media type that is supported, decoded."""

from __future__ import annotations

from collections.abc import AsyncGenerator

from aiohttp import web

from adapters.contract import ByteBody, BytesShape, JsonValue
from adapters.errors import Outcome
from gateway.catalogue import Endpoint, TooManyRecords, UnreadableRequest
from gateway.catalogue.codec import decode_json, is_json, records_of
from gateway.http.exchange import Exchange
from gateway.http.guard import SMALL_BODY_BYTES, BodyTooSlow
from gateway.http.negotiate import JSON, NDJSON, content_type
from gateway.http.problems import (
    BODY_TOO_LARGE,
    EXPECTATION_FAILED,
    MALFORMED_BODY,
    REQUEST_TIMEOUT,
    UNSUPPORTED_MEDIA_TYPE,
    HttpProblem,
    mapping_errors,
)
from mappings.contract import MappingError
from mappings.json import NdjsonFormat

ANY_TYPE = "application/octet-stream"
_NDJSON = NdjsonFormat()
_VALUE_BYTES = 40
"""Bytes of memory for each comma, line and opened bracket of a text, once it is decoded; about."""
_UTF_8 = (None, "utf-8", "utf8", "us-ascii")


class ClientGone(ConnectionError):
    """The client went away while its body was being read."""


def supported_types(endpoint: Endpoint) -> tuple[str, ...]:
    """The media types that an endpoint's body may have; `*/*` for any."""
    request = endpoint.entry.operation.request
    format_ = endpoint.entry.request_format
    if isinstance(request, BytesShape):
        if format_ is not None:
            return tuple(dict.fromkeys((JSON, NDJSON, format_.content_type)))
        return ("*/*",) if request.content_type == ANY_TYPE else (request.content_type,)
    return (JSON, NDJSON) if endpoint.entry.operation.takes_batches else (JSON,)


async def read_json(exchange: Exchange, endpoint: Endpoint, max_bytes: int, max_records: int) -> JsonValue:
    """A body that is a JSON value, or a list of records as NDJSON or in the port's own format.

    Raises: HttpProblem.
    """
    found = media_type(exchange.request, supported_types(endpoint))
    data = await read_whole(exchange, max_bytes)
    if not data and found != NDJSON:
        raise HttpProblem(MALFORMED_BODY, "The body is empty; a JSON value is needed.")
    exchange.is_large = len(data) > SMALL_BODY_BYTES
    if exchange.is_large:
        values = data.count(b",") + data.count(b"{") + data.count(b"[") + data.count(b"\n")
        exchange.connection.hold(values * _VALUE_BYTES)
    try:
        if found == JSON:
            value = await decode_json(data)
            if isinstance(value, list) and len(value) > max_records:
                raise TooManyRecords(max_records)
            return value
        format_ = endpoint.entry.request_format
        if found == NDJSON:
            lines = await records_of(data, _NDJSON, max_records)
            # What is one JSON value at the system is that of a single line.
            return lines[0] if format_ is not None and is_json(format_) and len(lines) == 1 else lines
        if format_ is not None:
            return await records_of(data, format_, max_records)
    except MappingError as error:
        raise _not_json(error) from error
    except TooManyRecords as error:
        raise too_many(error) from error
    except UnreadableRequest as error:
        raise HttpProblem(
            MALFORMED_BODY, "The body breaks the rules of its format.", errors=mapping_errors(error.errors)
        ) from error
    raise AssertionError(found)


async def optional_json(exchange: Exchange, max_bytes: int) -> JsonValue:
    """A JSON body that may be left out: `{}` then. Raises: HttpProblem."""
    request = exchange.request
    if not request.body_exists or request.content_length == 0:
        return {}
    media_type(request, (JSON,))
    data = await read_whole(exchange, max_bytes)
    try:
        return await decode_json(data) if data else {}
    except MappingError as error:
        raise _not_json(error) from error


def whole_body(data: bytes, content_type: str) -> ByteBody:
    """Bytes that are there already, as a body."""

    async def chunks() -> AsyncGenerator[bytes, None]:
        yield data

    return ByteBody(chunks=chunks(), content_type=content_type, size=len(data))


async def streamed(exchange: Exchange, endpoint: Endpoint, max_bytes: int) -> ByteBody:
    """A body of bytes, passed on as it comes in. Raises: HttpProblem, also while it is being read."""
    request = exchange.request
    found = media_type(request, supported_types(endpoint)) or ANY_TYPE
    if exchange.held is not None:
        return whole_body(exchange.held, found)
    await _before_reading(request, max_bytes)
    return ByteBody(chunks=_chunks(request, max_bytes), content_type=found, size=request.content_length)


async def hold(exchange: Exchange, max_bytes: int) -> bytes:
    """Read the body before anything looks at it; whoever reads it later gets what is held.

    Raises: HttpProblem.
    """
    if exchange.held is None:
        exchange.held = await read_whole(exchange, max_bytes)
    return exchange.held


async def read_whole(exchange: Exchange, max_bytes: int) -> bytes:
    """The body. Raises: HttpProblem."""
    if exchange.held is not None:
        return exchange.held
    request = exchange.request
    await _before_reading(request, max_bytes)
    if not request.body_exists:
        return b""
    data = bytearray()
    while chunk := await _next(request):
        data += chunk
        if len(data) > max_bytes:
            raise _too_large(max_bytes)
        exchange.connection.hold(len(chunk))
    return bytes(data)


def refuse_body(request: web.BaseRequest) -> None:
    """Insist that a request that takes no body has none. Raises: HttpProblem."""
    if request.body_exists and request.content_length != 0:
        raise HttpProblem(
            UNSUPPORTED_MEDIA_TYPE,
            "This operation takes no body.",
            members={"supported": []},
        )


async def _chunks(request: web.BaseRequest, max_bytes: int) -> AsyncGenerator[bytes, None]:
    size = 0
    while chunk := await _next(request):
        size += len(chunk)
        if size > max_bytes:
            raise _too_large(max_bytes)
        yield chunk


async def _next(request: web.BaseRequest) -> bytes:
    """What has come in of the body; nothing at its end. Raises: HttpProblem, ClientGone."""
    try:
        return await request.content.readany()
    except BodyTooSlow:
        raise HttpProblem(REQUEST_TIMEOUT, "The body did not arrive in time.", close=True) from None
    except web.RequestPayloadError:
        raise HttpProblem(
            MALFORMED_BODY, "The body's transfer encoding is broken, or it ended early.", close=True
        ) from None
    except ConnectionError as error:
        raise ClientGone("the client went away while sending its body") from error


async def _before_reading(request: web.BaseRequest, max_bytes: int) -> None:
    encoding = request.headers.get("Content-Encoding", "identity").strip().lower()
    transfer = request.headers.get("Transfer-Encoding", "chunked").strip().lower()
    if encoding != "identity" or transfer != "chunked":
        raise HttpProblem(
            UNSUPPORTED_MEDIA_TYPE,
            "Bodies with a content encoding, or a transfer encoding beside chunked, are not accepted.",
            members={"supported": ["identity"]},
            close=True,
        )
    if request.content_length is not None and request.content_length > max_bytes:
        raise _too_large(max_bytes)
    expectation = request.headers.get("Expect")
    if expectation is None:
        return
    if expectation.lower() != "100-continue":
        raise HttpProblem(EXPECTATION_FAILED, "Only 100-continue can be expected.", close=True)
    if request.transport is not None and not request.content.is_eof():
        request.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")


def _not_json(error: MappingError) -> HttpProblem:
    detail = "The body is not JSON as the gateway reads it."
    return HttpProblem(MALFORMED_BODY, detail, errors=mapping_errors([error]))


def too_many(error: TooManyRecords) -> HttpProblem:
    """The answer to a body of too many records."""
    return HttpProblem(
        BODY_TOO_LARGE,
        f"The body has more than {error.limit} records; nothing was done.",
        members={"limit_records": error.limit},
        outcome=Outcome.NOT_SENT,
    )


def _too_large(max_bytes: int) -> HttpProblem:
    return HttpProblem(
        BODY_TOO_LARGE,
        f"The body is larger than {max_bytes} bytes.",
        members={"limit_bytes": max_bytes},
        close=True,
    )


def media_type(request: web.BaseRequest, supported: tuple[str, ...]) -> str:
    """The body's media type. Raises: HttpProblem (415)."""
    header = request.headers.get("Content-Type")
    found, charset = content_type(header) if header else ("", None)
    if supported == ("*/*",):
        return found
    textual = found in (JSON, NDJSON)
    if found in supported and not (textual and charset not in _UTF_8):
        return found
    said = f"{header[:100]!r} is" if header else "A body without Content-Type is"
    raise HttpProblem(
        UNSUPPORTED_MEDIA_TYPE, f"{said} not supported here.", members={"supported": list(supported)}
    )
