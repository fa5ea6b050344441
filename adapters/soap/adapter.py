"""One SOAP service as an adapter: a pinned contract, an endpoint, and the calls between them."""

from __future__ import annotations

import asyncio
import base64
import logging
import ssl
from collections.abc import AsyncGenerator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from adapters.contract import (
    AdapterContext,
    ByteBody,
    Channel,
    Deadline,
    Delivery,
    JsonValue,
    MissingOperation,
    Operation,
    Probe,
    Request,
    ValueReply,
)
from adapters.errors import (
    AdapterError,
    AuthenticationFailed,
    ConnectFailed,
    ConnectionLost,
    ConnectTimeout,
    InvalidRequest,
    OutcomeUnknown,
    ProtocolViolation,
    ReadTimeout,
    Violation,
)
from adapters.settings import SettingsError
from adapters.soap import envelope
from adapters.soap.client import HttpClient, HttpReply
from adapters.soap.config import SoapSettings
from adapters.soap.operations import HEADERS, SoapOperation
from adapters.soap.reply import ReplyReader, refused_credentials
from adapters.soap.service import Service
from certs import CertificateError, client_context
from mappings.contract import MappingError

DECODE_INLINE_BYTES = 64 * 1024
"""Replies up to this size are decoded on the event loop (a few milliseconds); larger ones in a thread."""

log = logging.getLogger(__name__)


class SoapAdapter:
    """A configured SOAP system. The contract is read when it is made; connections are made by `connect`."""

    def __init__(self, settings: SoapSettings, context: AdapterContext) -> None:
        self._system = context.system
        self._settings = settings
        self._service = Service.read(settings, context)
        self._tls = _tls_context(settings, self._service.endpoint)
        self._reader = ReplyReader(
            system=context.system,
            max_bytes=settings.max_reply_bytes,
            max_depth=settings.max_reply_depth,
            max_elements=settings.max_reply_elements,
        )
        self._client: HttpClient | None = None
        self._decoder: ThreadPoolExecutor | None = None
        for problem in self._service.problems:
            log.info("%s: contract: %s", context.system, problem)

    # --- life cycle --------------------------------------------------------------------------------

    async def connect(self, deadline: Deadline) -> None:
        """Make connections possible, and see that an HTTP server answers there: one GET of the endpoint.

        Whatever it answers is good, but 401; so is closing the connection, as some servers meet a GET.
        Raises: ConnectFailed, ConnectTimeout, AuthenticationFailed.
        """
        if self._client is None:
            self._client = self._new_client()
        within = deadline.within(self._settings.connect_timeout_s)
        try:
            status = await self._client.get_status(within, with_credentials=True)
        except ReadTimeout as error:
            raise ConnectTimeout(
                f"{self._system}: the server takes connections and does not answer"
            ) from error
        except (ConnectionLost, ProtocolViolation) as error:
            log.info("%s: to a GET of the endpoint: %s", self._system, error.message)
            return
        if status == 401:
            raise AuthenticationFailed(refused_credentials(self._system))

    async def aclose(self) -> None:
        """Close all connections and the decoding thread. Idempotent."""
        client, self._client = self._client, None
        decoder, self._decoder = self._decoder, None
        if decoder is not None:
            decoder.shutdown(wait=False, cancel_futures=True)
        if client is not None:
            await client.aclose()

    def _new_client(self) -> HttpClient:
        return HttpClient(
            self._system,
            self._service.endpoint,
            tls=self._tls,
            headers=_credentials(self._settings),
            connect_timeout_s=self._settings.connect_timeout_s,
            connections=self._settings.max_in_flight,
        )

    async def probe(self, deadline: Deadline) -> Probe:
        """GET the endpoint, which changes nothing, to see whether it answers and accepts the credentials.

        A server that answers 401 without credentials and something else with them accepts them; one that
        does not mind their absence says nothing about them.
        """
        client = self._client or self._new_client()
        try:
            return await self._probe(client, deadline)
        except AdapterError as error:
            return Probe(False, None, error.message)
        finally:
            if client is not self._client:
                await client.aclose()

    async def _probe(self, client: HttpClient, deadline: Deadline) -> Probe:
        status = await client.get_status(deadline, with_credentials=True)
        if status == 401:
            return Probe(True, False, refused_credentials(self._system))
        authenticated = None
        if self._settings.auth is not None:
            refused = await client.get_status(deadline, with_credentials=False) == 401
            authenticated = True if refused else None
        return Probe(True, authenticated, f"the endpoint answers (HTTP {status} to GET)")

    # --- description -------------------------------------------------------------------------------

    def operations(self) -> Sequence[Operation]:
        """The operations in the order of the contract."""
        return tuple(operation.described for operation in self._service.operations.values())

    def channels(self) -> Sequence[Channel]:
        """There are none."""
        return ()

    def receive(self, channel: str, resume: str | None) -> AsyncGenerator[Delivery, None]:
        """Never called, since there are no channels."""
        raise KeyError(channel)

    def missing(self) -> Sequence[MissingOperation]:
        """What the contract names and cannot be offered, and why."""
        return self._service.missing

    def notes(self) -> Sequence[str]:
        """What of the contract was read otherwise than written."""
        return self._service.repairs

    # --- calls -------------------------------------------------------------------------------------

    async def call(self, operation: str, request: Request, deadline: Deadline) -> ValueReply:
        """Send one request and read its answer.

        Raises: InvalidRequest; ConnectFailed, ConnectTimeout, Throttled; ReadTimeout and ConnectionLost
        (safe operations) or OutcomeUnknown; AuthenticationFailed, PermissionDenied; PeerRejected;
        ProtocolViolation, LimitExceeded.
        """
        wanted = self._service.operations[operation]
        body = _encode(self._system, wanted, request)
        client = self._client
        if client is None:
            raise ConnectFailed(f"{self._system}: not connected")
        reply = await client.post(
            body,
            _headers(wanted, request),
            deadline,
            safe=wanted.described.safe,
            max_bytes=self._settings.max_reply_bytes,
        )
        return ValueReply(await self._decode(wanted, reply, deadline))

    async def _decode(self, operation: SoapOperation, reply: HttpReply, deadline: Deadline) -> JsonValue:
        if len(reply.body) <= DECODE_INLINE_BYTES:
            return self._reader.read(operation, reply)
        if self._decoder is None:
            self._decoder = ThreadPoolExecutor(1, thread_name_prefix=f"soap-{self._system}")
        work = partial(self._reader.read, operation, reply)
        try:
            async with asyncio.timeout(deadline.remaining()):
                return await asyncio.get_running_loop().run_in_executor(self._decoder, work)
        except TimeoutError as error:
            text = f"{self._system}: the reply came and could not be decoded in time"
            raise (ReadTimeout(text) if operation.described.safe else OutcomeUnknown(text)) from error


def _encode(system: str, operation: SoapOperation, request: Request) -> bytes:
    """The request's envelope.

    Raises: InvalidRequest, with the place in the body.
    """
    root, header, body = envelope.new()
    value = request.body
    assert not isinstance(value, ByteBody), "no SOAP operation takes bytes"
    pointer = ""
    try:
        if operation.input.headers and isinstance(value, dict) and HEADERS in value:
            value = dict(value)
            pointer = f"/{HEADERS}"
            headers = value.pop(HEADERS)
            if not isinstance(headers, dict):
                raise _invalid(system, operation, "expected an object", pointer)
            for name, content in headers.items():
                pointer = f"/{HEADERS}/{name.replace('~', '~0').replace('/', '~1')}"
                codec = operation.input.headers.get(name)
                if codec is None:
                    raise _invalid(system, operation, "the operation declares no such header", pointer)
                codec.append_to(header, content)
            pointer = ""
        if operation.input.body is not None:
            operation.input.body.append_to(body, value)
        return envelope.write(root)
    except MappingError as error:
        where = pointer + (error.place.path or "")
        raise _invalid(system, operation, error.reason, where) from error


def _invalid(system: str, operation: SoapOperation, reason: str, pointer: str) -> InvalidRequest:
    text = f"{system}: the request to {operation.described.name} is not as the contract says"
    return InvalidRequest(text, [Violation(reason, pointer=pointer)])


def _headers(operation: SoapOperation, request: Request) -> dict[str, str]:
    """The HTTP headers of a call, among them what lets a server know a repetition again."""
    headers = {"Content-Type": envelope.CONTENT_TYPE, "SOAPAction": f'"{operation.action}"'}
    key = request.idempotency_key
    if key is not None and key.isascii() and key.isprintable():
        # A string as RFC 8941 §3.3.3 writes it: draft-ietf-httpapi-idempotency-key-header-07 §2.1.
        quoted = key.replace("\\", r"\\").replace('"', r"\"")
        headers["Idempotency-Key"] = f'"{quoted}"'
    if "gateway.redelivered" in request.headers:
        headers["Gateway-Redelivered"] = "true"
    return headers


def _credentials(settings: SoapSettings) -> dict[str, str]:
    if settings.auth is None:
        return {}
    basic = settings.auth.basic
    # UTF-8, as RFC 7617 §2.1 recommends; for ASCII it makes no difference.
    text = f"{basic.username}:{basic.password.get_secret_value()}"
    return {"Authorization": "Basic " + base64.b64encode(text.encode()).decode("ascii")}


def _tls_context(settings: SoapSettings, endpoint: str) -> ssl.SSLContext | None:
    if not endpoint.startswith("https:"):
        return None
    try:
        context = client_context(settings.tls.ca)
    except CertificateError as error:
        raise SettingsError(str(error), ("tls", "ca")) from error
    if not settings.tls.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
