"""HTTP for SOAP: one POST, one answer held whole, and aiohttp's errors turned into the adapter errors.

One session and connector per system, so that no credential, cookie or connection is shared between systems.
Redirects are not followed, proxies of the environment not used, cookies not kept. Nothing is sent twice:
aiohttp repeats a request on a stale connection for idempotent methods alone, and POST is none.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from urllib.parse import urlsplit

import aiohttp
from aiohttp.client_reqrep import ClientResponse
from aiohttp.http_exceptions import ContentEncodingError

from adapters.contract import Deadline
from adapters.errors import (
    ConnectFailed,
    ConnectionLost,
    ConnectTimeout,
    LimitExceeded,
    OutcomeUnknown,
    ProtocolViolation,
    ReadTimeout,
)
from adapters.soap.interim import Connector

KEEP_ALIVE_S = 4.0
"""Seconds an idle connection is kept. Shorter than servers do (Node.js 5 s, Tomcat 20 s), since a connection
that the server closes while a request is on its way costs an unknown outcome."""

USER_AGENT = "legacy-gateway"


@dataclass(frozen=True, slots=True)
class HttpReply:
    """An HTTP answer, read whole. `content_type` is the header as it came, `media_type` and `charset` are
    taken from it, `location` and `retry_after` are the headers of these names."""

    status: int
    content_type: str
    media_type: str
    charset: str | None
    body: bytes
    location: str
    retry_after: str


@dataclass(slots=True)
class _Phase:
    """How far a request got. `sent` is set once it has a connection, since from then on bytes may be out."""

    sent: bool = False


class HttpClient:
    """The connections to one endpoint. Made inside a running event loop, closed with `aclose`."""

    def __init__(
        self,
        system: str,
        endpoint: str,
        *,
        tls: ssl.SSLContext | None,
        headers: Mapping[str, str],
        connect_timeout_s: float,
        connections: int,
    ) -> None:
        self._system = system
        self._endpoint = endpoint
        self._credentials = dict(headers)
        self._connect_timeout_s = connect_timeout_s
        trace = aiohttp.TraceConfig()
        trace.on_connection_create_end.append(_connected)
        trace.on_connection_reuseconn.append(_connected)
        self._session = aiohttp.ClientSession(
            connector=Connector(
                limit=connections, tls=tls if tls is not None else True, keep_alive_s=KEEP_ALIVE_S
            ),
            headers={"User-Agent": USER_AGENT, "Accept-Encoding": "gzip, deflate"},
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
            auto_decompress=True,
            raise_for_status=False,
            trace_configs=[trace],
        )

    async def aclose(self) -> None:
        """Close all connections. Idempotent."""
        await self._session.close()

    async def post(
        self, body: bytes, headers: Mapping[str, str], deadline: Deadline, *, safe: bool, max_bytes: int
    ) -> HttpReply:
        """Send a request once and read the answer whole.

        Units: `max_bytes` counts bytes of the answer, decompressed.
        Raises: ConnectFailed, ConnectTimeout; once sent: ReadTimeout, ConnectionLost (`safe`) or
        OutcomeUnknown; LimitExceeded, ProtocolViolation.
        """
        return await self._request("POST", body, headers, deadline, safe=safe, max_bytes=max_bytes)

    async def get_status(self, deadline: Deadline, *, with_credentials: bool) -> int:
        """The HTTP status of a GET of the endpoint, which by its definition changes nothing.

        Raises: as `post`, for a safe call.
        """
        credentials: dict[str, str] | None = None if with_credentials else {}
        with self.translate_errors(phase := _Phase(), safe=True):
            async with asyncio.timeout(deadline.remaining()):
                response = await self._send("GET", None, {}, deadline, phase, credentials)
                response.close()
                return response.status

    async def _request(
        self,
        method: str,
        body: bytes,
        headers: Mapping[str, str],
        deadline: Deadline,
        *,
        safe: bool,
        max_bytes: int,
    ) -> HttpReply:
        with self.translate_errors(phase := _Phase(), safe=safe):
            async with asyncio.timeout(deadline.remaining()):
                response = await self._send(method, body, headers, deadline, phase)
                async with response:
                    data = await self._read(response, max_bytes, safe)
        return HttpReply(
            status=response.status,
            content_type=response.headers.get("Content-Type", ""),
            media_type=response.content_type,
            charset=response.charset,
            body=data,
            location=response.headers.get("Location", ""),
            retry_after=response.headers.get("Retry-After", ""),
        )

    async def _send(
        self,
        method: str,
        body: bytes | None,
        headers: Mapping[str, str],
        deadline: Deadline,
        phase: _Phase,
        credentials: Mapping[str, str] | None = None,
    ) -> ClientResponse:
        own = self._credentials if credentials is None else credentials
        return await self._session.request(
            method,
            self._endpoint,
            data=body,
            headers={**own, **headers},
            allow_redirects=False,
            timeout=aiohttp.ClientTimeout(
                total=None, connect=deadline.within(self._connect_timeout_s).remaining() or 0.001
            ),
            trace_request_ctx=phase,
        )

    async def _read(self, response: ClientResponse, max_bytes: int, safe: bool) -> bytes:
        chunks: list[bytes] = []
        size = response.content_length or 0
        too_large = size > max_bytes and "Content-Encoding" not in response.headers
        size = 0
        while not too_large:
            chunk = await response.content.readany()
            if not chunk:
                return b"".join(chunks)
            chunks.append(chunk)
            size += len(chunk)
            too_large = size > max_bytes
        response.close()  # the rest is not wanted, and the connection is of no more use
        raise LimitExceeded(
            f"{self._system}: the reply is larger than the {max_bytes} bytes allowed (max_reply_bytes)",
            sent_write=not safe,
        )

    @contextlib.contextmanager
    def translate_errors(self, phase: _Phase, *, safe: bool) -> Iterator[None]:
        """Turn aiohttp's, the operating system's and time-out errors into the adapter's own.

        Before a connection was there nothing was sent; afterwards a call that may write has an unknown
        outcome, whatever broke.
        """
        system = self._system
        try:
            yield
        except (aiohttp.ServerTimeoutError, TimeoutError) as error:
            if not phase.sent:
                raise ConnectTimeout(f"{system}: no connection to {self._place} in time") from error
            if safe:
                raise ReadTimeout(f"{system}: no complete reply in time") from error
            raise OutcomeUnknown(f"{system}: the request was sent, no complete reply came in time") from error
        except aiohttp.ClientConnectorError as error:
            raise ConnectFailed(f"{system}: no connection to {self._place}: {_reason(error)}") from error
        except aiohttp.ClientResponseError as error:
            reason = error.message.partition("\n")[0][:120]
            text = f"{system}: the reply is not HTTP: {reason}"
            raise ProtocolViolation(text, sent_write=not safe) from error
        except aiohttp.ClientPayloadError as error:
            if isinstance(error.__cause__, ContentEncodingError):
                text = f"{system}: the reply's Content-Encoding is broken"
                raise ProtocolViolation(text, sent_write=not safe) from error
            raise self._lost(safe, "the reply ended too early") from error
        except (aiohttp.ClientError, OSError) as error:
            if not phase.sent:
                raise ConnectFailed(f"{system}: no connection to {self._place}: {_reason(error)}") from error
            raise self._lost(safe, f"the connection broke: {_reason(error)}") from error

    def _lost(self, safe: bool, what: str) -> ConnectionLost | OutcomeUnknown:
        if safe:
            return ConnectionLost(f"{self._system}: {what}")
        return OutcomeUnknown(f"{self._system}: the request was sent, then {what}")

    @property
    def _place(self) -> str:
        return urlsplit(self._endpoint).netloc


async def _connected(_session: aiohttp.ClientSession, context: SimpleNamespace, _params: object) -> None:
    context.trace_request_ctx.sent = True


def _reason(error: BaseException) -> str:
    """Why a connection failed, in the words of the operating system or of the TLS library."""
    cause: BaseException = getattr(error, "os_error", None) or error
    if isinstance(cause, ssl.SSLCertVerificationError):
        return f"the server's certificate is not accepted: {cause.verify_message}"
    if isinstance(cause, OSError) and cause.strerror:
        return str(cause.strerror)[:200]
    return (str(cause) or type(cause).__name__)[:200]
