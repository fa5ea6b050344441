"""What an HTTP answer means for a SOAP call: a value, a fault, a refusal, or rubbish.

An envelope decides before the HTTP status does: servers send faults with 200, 400 and 500 alike (SOAP 1.1
§6.2 asks for 500, WS-I Basic Profile R1126 too). Only 401 is always about the gateway's own credentials.
"""

from __future__ import annotations

import email.utils
import re
import time
from dataclasses import dataclass

from adapters.contract import JsonValue
from adapters.errors import (
    AdapterError,
    AuthenticationFailed,
    Blame,
    LimitExceeded,
    PeerRejected,
    PermissionDenied,
    ProtocolViolation,
    Throttled,
)
from adapters.soap import envelope
from adapters.soap.client import HttpReply
from adapters.soap.faults import rejection
from adapters.soap.multipart import Unreadable, envelope_part
from adapters.soap.operations import HEADERS, SoapOperation, WireMessage
from mappings.contract import MappingError
from mappings.xml import LIMIT_RULES

_MAX_RETRY_AFTER_S = 3600.0
_DEFAULT_RETRY_AFTER_S = 5.0


@dataclass(frozen=True, slots=True)
class ReplyReader:
    """Reads the answers of one system. Pure: safe to use from a worker thread.

    Units: `max_bytes` counts bytes of the XML, `max_depth` nested elements of the envelope.
    """

    system: str
    max_bytes: int
    max_depth: int
    max_elements: int

    def read(self, operation: SoapOperation, reply: HttpReply) -> JsonValue:
        """The reply's value; None for a one-way operation or an empty output message.

        Raises: AuthenticationFailed, PermissionDenied, Throttled, PeerRejected, ProtocolViolation,
        LimitExceeded.
        """
        if reply.status == 401:
            raise AuthenticationFailed(refused_credentials(self.system))
        parsed = self._envelope(operation, reply)
        if isinstance(parsed, envelope.Envelope):
            if parsed.fault is not None:
                raise rejection(self.system, operation.described.name, parsed.fault, operation.faults)
            if 200 <= reply.status < 300:
                return self._value(operation, parsed, reply)
        refusal = self._refusal(operation, reply)
        if refusal is not None:
            raise refusal
        if operation.output is None and not reply.body.strip():
            return None
        raise self._unusable(operation, reply, parsed)

    def _envelope(self, operation: SoapOperation, reply: HttpReply) -> envelope.Envelope | AdapterError | str:
        """The envelope; or the limit it breaks; or why it is none."""
        if not reply.body.strip():
            return "the reply is empty"
        try:
            data, charset = envelope_part(reply)
        except Unreadable as error:
            return f"the reply is a multipart message: {error}"
        if not _may_be_xml(data):
            return f"the reply is {_kind(reply)}, not XML"
        try:
            return envelope.read(
                data,
                charset=charset,
                max_bytes=self.max_bytes,
                max_depth=self.max_depth,
                max_elements=self.max_elements,
            )
        except MappingError as error:
            if error.rule in LIMIT_RULES:
                return self._beyond(operation, error, envelope.excerpt(reply.body))
            return f"the reply is {_kind(reply)}: {error}"
        except envelope.NotAnEnvelope as error:
            return f"the reply cannot be used: {error}"

    def _refusal(self, operation: SoapOperation, reply: HttpReply) -> AdapterError | None:
        """What an HTTP status alone says; None when it says nothing."""
        status, name = reply.status, self.system
        if status == 403:
            return PermissionDenied(
                f"{name}: the server does not permit {operation.described.name} (HTTP 403)"
            )
        if status == 429 or (status == 503 and reply.retry_after):
            wait = _retry_after_s(reply.retry_after)
            return Throttled(f"{name}: the server asks to wait (HTTP {status})", wait)
        if 300 <= status < 400:
            where = f" to {reply.location.partition('?')[0][:200]}" if reply.location else ""
            text = f"{name}: the server redirects{where} (HTTP {status}), which is not followed; set endpoint"
            return ProtocolViolation(text, sent_write=not operation.described.safe)
        if 400 <= status < 500:
            return PeerRejected(
                f"{name}: the server answered HTTP {status} and no SOAP fault",
                code=f"HTTP {status}",
                blame=Blame.PEER,
                extra={"excerpt": envelope.excerpt(reply.body)},
            )
        return None

    def _unusable(
        self, operation: SoapOperation, reply: HttpReply, why: envelope.Envelope | AdapterError | str
    ) -> AdapterError:
        if isinstance(why, AdapterError):
            return why
        if isinstance(why, envelope.Envelope):
            why = "the reply is an envelope without a fault"
        return ProtocolViolation(
            f"{self.system}: {why} (HTTP {reply.status})",
            excerpt=envelope.excerpt(reply.body),
            sent_write=not operation.described.safe,
        )

    def _beyond(self, operation: SoapOperation, error: MappingError, excerpt: str) -> LimitExceeded:
        text = f"{self.system}: the reply breaks a limit: {error}"
        return LimitExceeded(text, excerpt=excerpt, sent_write=not operation.described.safe)

    # --- values --------------------------------------------------------------------------------------

    def _value(self, operation: SoapOperation, parsed: envelope.Envelope, reply: HttpReply) -> JsonValue:
        output = operation.output
        if output is None:
            return None  # a one-way operation: whatever the envelope holds, it is no answer
        try:
            value = self._body(output, parsed)
            return self._with_headers(output, parsed, value)
        except MappingError as error:
            if error.rule in LIMIT_RULES:
                raise self._beyond(operation, error, error.excerpt) from error
            raise ProtocolViolation(
                f"{self.system}: the reply to {operation.described.name} is not as the contract says "
                f"({error.rule}): {error}",
                excerpt=error.excerpt,
                sent_write=not operation.described.safe,
            ) from error
        except envelope.NotAnEnvelope as error:
            raise self._unusable(operation, reply, str(error)) from error

    def _body(self, output: WireMessage, parsed: envelope.Envelope) -> JsonValue:
        if output.body is None:
            if parsed.body:
                raise envelope.NotAnEnvelope("its body should be empty")
            return None
        if len(parsed.body) != 1:
            raise envelope.NotAnEnvelope(f"its body holds {len(parsed.body)} elements, not one")
        return output.body.decode(parsed.body[0])

    def _with_headers(self, output: WireMessage, parsed: envelope.Envelope, value: JsonValue) -> JsonValue:
        """The value with the declared headers that came. Undeclared ones are none of the contract's."""
        if not isinstance(value, dict):
            return value
        found: dict[str, JsonValue] = {}
        for element in parsed.headers:
            member = output.header_names.get(str(element.tag))
            if member is not None:
                found[member] = output.headers[member].decode(element)
        return {HEADERS: found, **value} if found else value


def refused_credentials(system: str) -> str:
    """What to say of HTTP 401."""
    return f"{system}: the server does not accept the credentials (HTTP 401)"


def _may_be_xml(data: bytes) -> bool:
    """False for what is plainly something else, so that it is named instead of a syntax error."""
    start = data[:64].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"<!doctype html", b"<html")):
        return False
    return start.startswith(b"<") or b"\x00" in start or data[:2] in (b"\xff\xfe", b"\xfe\xff")


def _kind(reply: HttpReply) -> str:
    start = reply.body[:64].lstrip().lower()
    if start.startswith((b"<!doctype html", b"<html")):
        return "an HTML page"
    kind = re.sub(r"[^\w/+.-]", "", reply.media_type)[:60]
    return f"of type {kind}" if kind else "of no declared type"


def _retry_after_s(text: str) -> float:
    """Seconds to wait: a number, or the time until an HTTP date (RFC 9110 §10.2.3), within an hour."""
    seconds = _DEFAULT_RETRY_AFTER_S
    if text.strip().isdigit() and len(text.strip()) <= 9:
        seconds = float(text)
    else:
        try:
            seconds = email.utils.parsedate_to_datetime(text).timestamp() - time.time()
        except (ValueError, OverflowError):
            seconds = _DEFAULT_RETRY_AFTER_S
    return min(max(seconds, 0.0), _MAX_RETRY_AFTER_S)
