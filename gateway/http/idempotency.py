"""Writes that happen once: the `Idempotency-Key` header.

The first answer under a key is stored and given again to every repetition of the same request. A key belongs
to the caller and the endpoint: nobody else's can be guessed or taken.

Source: draft-ietf-httpapi-idempotency-key-header-07.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import TypeAlias

import msgspec
from multidict import CIMultiDictProxy

from adapters.errors import Outcome
from gateway.http.exchange import Exchange
from gateway.http.problems import (
    ANSWER_NOT_KEPT,
    CONTENT_TYPE,
    IDEMPOTENCY_KEY_IN_USE,
    IDEMPOTENCY_KEY_REUSED,
    IDEMPOTENCY_OUTCOME_UNKNOWN,
    INTERNAL_ERROR,
    INVALID_IDEMPOTENCY_KEY,
    HttpProblem,
)
from gateway.http.reply import Stream
from gateway.http.wire import Answer
from gateway.messages import MessageStore, Reservation, StoreError
from gateway.telemetry import get_logger

_log = get_logger("idempotency")

MAX_KEY_LENGTH = 255
MAX_KEPT_BYTES = 2**20
"""Bytes of an answer's body that are stored with the key."""
_BROKEN_OFF = (
    "The gateway failed during the first request under this idempotency key; the log has the reason."
)
REPLAYED = {"Idempotency-Replayed": "true"}

# A structured-field string (RFC 8941, §3.3.3), or what most clients send: the bare text.
_QUOTED = re.compile(r'"((?:[ !#-\[\]-~]|\\["\\])*)"')
_BARE = re.compile(r"[!#-+\--:<-\[\]-~]+")

Replied: TypeAlias = tuple[Answer, AsyncGenerator[bytes, None] | None]


class _Kept(msgspec.Struct, array_like=True):
    """An answer as it is stored. `body` None: it was too large to be kept."""

    status: int
    content_type: str
    headers: dict[str, str]
    body: bytes | None


def key_of(headers: CIMultiDictProxy[str]) -> str | None:
    """The key that a request has. Raises: HttpProblem (400) for one that is none."""
    lines = headers.getall("Idempotency-Key", ())
    if not lines:
        return None
    text = lines[0].strip()
    quoted = _QUOTED.fullmatch(text)
    key = re.sub(r"\\(.)", r"\1", quoted[1]) if quoted else text
    if len(lines) > 1 or not 0 < len(key) <= MAX_KEY_LENGTH or not (quoted or _BARE.fullmatch(text)):
        raise HttpProblem(
            INVALID_IDEMPOTENCY_KEY,
            f"Idempotency-Key must be one text of 1 to {MAX_KEY_LENGTH} printable ASCII characters, without "
            "spaces, commas and semicolons unless it is in double quotes.",
        )
    return key


def fingerprint(exchange: Exchange) -> str:
    """What tells one request under a key from another: method, path, query and body, hashed."""
    found = hashlib.sha256()
    for part in (exchange.method, exchange.path, exchange.query):
        found.update(part.encode() + b"\n")
    found.update(exchange.held or b"")
    return found.hexdigest()


class Once:
    """One request under a key. `effect` names what it does, for peers that know an effect again."""

    def __init__(
        self, store: MessageStore, exchange: Exchange, key: str, *, repeatable: bool, later: bool = False
    ) -> None:
        """`repeatable`: doing it again is harmless, so that an unknown outcome is no reason not to. `later`:
        it is stored, and what is stored is known again by its effect."""
        assert exchange.principal is not None
        self._store = store
        self._exchange = exchange
        self._key = key
        self._scope = f"{exchange.principal.key_id} {exchange.method} {exchange.template}"
        self._repeatable = repeatable
        self._later = later
        self.effect = hashlib.sha256(f"{self._scope}\n{key}".encode()).hexdigest()

    async def carry_out(self, call: Callable[[], Awaitable[Replied]]) -> Replied:
        """Make the call and keep its answer; or give the answer that is kept already. Raises: HttpProblem."""
        found = await self._reserve()
        if found.state == "answered":
            return _again(found.answer or b""), None
        if found.state != "new":
            raise self._refusal(found)
        try:
            answer, stream = await call()
            return await self._succeeded(answer, stream)
        except HttpProblem as problem:
            await self._failed(problem)
            raise
        except BaseException as error:
            # Nobody knows how far it came. When the gateway ends, the key stays with it, as after a crash.
            _log.error("a call under an idempotency key was broken off", route=self._exchange.template)
            if isinstance(error, Exception):
                await self._failed(HttpProblem(INTERNAL_ERROR, _BROKEN_OFF, outcome=Outcome.UNKNOWN))
            raise

    async def _reserve(self) -> Reservation:
        request = fingerprint(self._exchange)
        at_once, later = request, f"{request} later"
        own, other = (later, at_once) if self._later else (at_once, later)
        found = await self._store.reserve(self._scope, self._key, own)
        repeatable = self._repeatable
        if found.state == "other":
            found = await self._store.reserve(self._scope, self._key, other)
            # A call that was made at once is in no store where its effect would be known again.
            repeatable = repeatable and not self._later
        if found.state == "unknown" and repeatable:
            await self._store.forget(self._scope, self._key)
            found = await self._store.reserve(self._scope, self._key, own)
        return found

    def _refusal(self, found: Reservation) -> HttpProblem:
        if found.state == "other":
            detail = "The idempotency key was used for another request: other body, query or path."
            return HttpProblem(IDEMPOTENCY_KEY_REUSED, detail)
        if found.state == "running":
            detail = "The first request under this idempotency key has no answer yet."
            headers = {"Retry-After": "1"}
            return HttpProblem(IDEMPOTENCY_KEY_IN_USE, detail, outcome=Outcome.UNKNOWN, headers=headers)
        detail = "The gateway ended during the first request under this idempotency key."
        return HttpProblem(IDEMPOTENCY_OUTCOME_UNKNOWN, detail, outcome=Outcome.UNKNOWN)

    async def _failed(self, problem: HttpProblem) -> None:
        outcome = problem.outcome or self._exchange.outcome
        nothing_happened = outcome is Outcome.NOT_SENT or problem.nothing_done
        if nothing_happened or (outcome is Outcome.UNKNOWN and self._repeatable):
            await self._told(self._store.forget(self._scope, self._key))
            return
        problem.outcome = outcome
        body = problem.body(self._exchange.correlation_id)
        await self._keep(_Kept(problem.status, CONTENT_TYPE, problem.headers, body))

    async def _succeeded(self, answer: Answer, stream: AsyncGenerator[bytes, None] | None) -> Replied:
        body = answer.body
        begun: list[bytes] = []
        if stream is not None:
            whole, begun = await _begin(stream)
            body = b"".join(begun) if whole else None
        if body is not None and len(body) > MAX_KEPT_BYTES:
            body = None
        await self._keep(_Kept(answer.status, answer.content_type, answer.headers or {}, body))
        if stream is None:
            return answer, None
        return answer, Stream(_joined(begun, stream), stream)

    async def _keep(self, kept: _Kept) -> None:
        await self._told(self._store.settle(self._scope, self._key, msgspec.msgpack.encode(kept)))

    async def _told(self, done: Awaitable[None]) -> None:
        """The caller gets the answer that there is, also when the store cannot keep it."""
        try:
            await done
        except StoreError as error:
            _log.error("the answer of an idempotency key is not stored", error=type(error).__name__)


def _again(answer: bytes) -> Answer:
    kept = msgspec.msgpack.decode(answer, type=_Kept)
    if kept.body is None:
        raise HttpProblem(
            ANSWER_NOT_KEPT,
            f"The request was carried out under this idempotency key and answered with status {kept.status}; "
            "the answer was too large to be kept.",
            members={"answered_status": kept.status},
            headers=REPLAYED,
            has_outcome=False,
        )
    return Answer(kept.status, kept.body, kept.content_type, {**kept.headers, **REPLAYED})


async def _begin(stream: AsyncGenerator[bytes, None]) -> tuple[bool, list[bytes]]:
    """The parts of a stream, up to what can be kept, and whether these are all."""
    parts: list[bytes] = []
    size = 0
    try:
        async for part in stream:
            parts.append(part)
            size += len(part)
            if size > MAX_KEPT_BYTES:
                return False, parts
    except BaseException:
        await stream.aclose()
        raise
    return True, parts


async def _joined(begun: list[bytes], rest: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
    for part in begun:
        yield part
    async for part in rest:
        yield part
