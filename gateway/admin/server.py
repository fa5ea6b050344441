"""What the running gateway answers on its admin socket: JSON over HTTP.

Whoever can open the socket may do everything: it belongs to the gateway's own account, mode 0600.
"""

from __future__ import annotations

import pwd
import re
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, TypeAlias, cast

from aiohttp import web
from aiohttp.typedefs import Handler

from adapters.contract import JsonValue
from gateway.admin import socket as socket_file
from gateway.admin.members import history_members, operator_members
from gateway.flows import Replay, UnknownAs
from gateway.messages import (
    Damaged,
    Message,
    MessageStore,
    NotAllowed,
    State,
    StoreError,
    UnknownMessage,
)
from gateway.telemetry import get_logger
from mappings import json
from mappings.contract import MappingError

_log = get_logger("admin")

MAX_BODY_BYTES = 64 * 1024
MAX_LIMIT = 1000
_MAX_DIGITS = 14
_LARGEST = {"x12": 10**9 - 1, "edifact": 10**14 - 1}
"""The number behind which 1 follows, by standard. Source: X12 ISA13 (N0 9/9), GS06 (N0 1/9); EDIFACT 0020 and
0048 (an..14)."""
_COUNTER = re.compile(
    # Partners of interchanges have a qualifier before a colon; EDIFACT's may be empty, its groups' too.
    r"x12/interchange/[^\s/:]{2}:[^\s].{0,99}/[^\s/:]{2}:[^\s].{0,99}"
    r"|edifact/(interchange|group)/[^\s/:]{0,4}:[^\s].{0,99}/[^\s/:]{0,4}:[^\s].{0,99}"
    r"|x12/group/[^\s].{0,99}/[^\s].{0,99}"
    r"|hl7"
)
_SAMPLE = "x12/interchange/ZZ:ACME/ZZ:GLOBEX, x12/group/ACME/GLOBEX or edifact/interchange/14:ACME/14:GLOBEX"
_STOP_S = 2.0
_PEER = struct.Struct("3i")


@dataclass(frozen=True, slots=True)
class Reloaded:
    """What came of a reload. With problems nothing was changed. `restart`: keys of gateway.yaml that have
    changed and are used only after a restart.

    What turned out once the systems were asked, and the configuration is served all the same: `found`, each
    with its place in the files; `blocked`, why by flow; `unreachable`, why by system.
    """

    problems: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    restart: tuple[str, ...] = ()
    found: tuple[str, ...] = ()
    blocked: Mapping[str, str] = field(default_factory=dict)
    unreachable: Mapping[str, str] = field(default_factory=dict)


Reload: TypeAlias = Callable[[], Awaitable[Reloaded]]


class Flows(Protocol):
    """Whoever runs messages; the engine does."""

    async def replay(self, message_id: str, asked: Replay) -> None:
        """Raises: UnknownMessage, NotAllowed, StoreError."""

    def waits_for(self, flow: str) -> str:
        """Why messages of a flow wait; empty when they run."""


class _Refused(Exception):
    """A request that cannot be done, with its status."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class AdminServer:
    """Serves on the socket between `start` and `aclose`."""

    def __init__(self, folder: Path, store: MessageStore, engine: Flows, reload: Reload) -> None:
        self._folder = folder
        self._store = store
        self._engine = engine
        self._reload = reload
        self._runner: web.AppRunner | None = None

    async def start(self) -> None:
        """Begin to serve. Raises: SocketError."""
        app = web.Application(client_max_size=MAX_BODY_BYTES, middlewares=[_answering])
        app.add_routes(
            [
                web.get("/messages", self._list),
                web.get("/messages/{id}", self._show),
                web.get("/messages/{id}/payload", self._payload),
                web.post("/messages/{id}/replay", self._replay),
                web.post("/messages/{id}/discard", self._discard),
                web.get("/counts", self._counts),
                web.get("/numbers", self._numbers),
                web.post("/numbers", self._set_number),
                web.post("/reload", self._reloaded),
            ]
        )
        listening = socket_file.listen(self._folder)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=_STOP_S, handle_signals=False)
        await self._runner.setup()
        await web.SockSite(self._runner, listening).start()

    async def aclose(self) -> None:
        """Stop, and take the socket away. Idempotent."""
        runner, self._runner = self._runner, None
        if runner is not None:
            await runner.cleanup()
            socket_file.remove(self._folder)

    async def _list(self, request: web.Request) -> web.Response:
        query = request.query
        found = await self._store.find(
            states=[_state(text) for text in query.getall("state", ())],
            flow=query.get("flow"),
            source=query.get("source"),
            parent=query.get("parent"),
            before=query.get("before"),
            limit=_limit(query.get("limit", "100")),
        )
        return _json({"messages": [self._members_of(message) for message in found]})

    def _members_of(self, message: Message) -> dict[str, JsonValue]:
        members = operator_members(message)
        reason = self._engine.waits_for(message.flow) if message.state is State.PENDING else ""
        return {**members, "waits_for": reason} if reason else members

    async def _show(self, request: web.Request) -> web.Response:
        message = await self._store.get(request.match_info["id"])
        history = await self._store.history(message.id)
        return _json({**self._members_of(message), "history": history_members(history)})

    async def _payload(self, request: web.Request) -> web.StreamResponse:
        message = await self._store.get(request.match_info["id"])
        _log.info("payload read", message=message.id, by=_by(request))
        response = web.StreamResponse(headers={"Content-Type": "application/octet-stream"})
        response.content_length = message.size
        chunks = self._store.payload(message.id)
        try:
            first = await anext(chunks, b"")  # what cannot be read is still told
            await response.prepare(request)
            await response.write(first)
            await _rest(request, response, chunks)
        finally:
            await chunks.aclose()
        return response

    async def _replay(self, request: web.Request) -> web.Response:
        sent = await _members(request, "unknown_as", "current_flow", "repeat_calls")
        message = await self._store.get(request.match_info["id"])
        chosen = sent.get("unknown_as")
        if chosen not in (None, "repeat", "done"):
            raise _Refused(422, "unknown_as must be repeat or done")
        current_flow, repeat_calls = _flag(sent, "current_flow"), _flag(sent, "repeat_calls")
        if message.state is State.IN_DOUBT and chosen is None and not repeat_calls:
            raise _Refused(
                409,
                f"{message.id} is in doubt: say whether the write without an answer is sent again "
                "(--unknown-as repeat) or taken as done (--unknown-as done)",
            )
        unknown_as = cast(UnknownAs | None, chosen)
        replay = Replay(_by(request), unknown_as, current_flow, repeat_calls)
        await self._engine.replay(message.id, replay)
        return _json(operator_members(await self._store.get(message.id)))

    async def _discard(self, request: web.Request) -> web.Response:
        sent = await _members(request, "reason")
        identifier = request.match_info["id"]
        await self._store.discard(identifier, by=_by(request), reason=sent.get("reason", ""))
        return _json(operator_members(await self._store.get(identifier)))

    async def _counts(self, request: web.Request) -> web.Response:
        counts: list[JsonValue] = [
            {"flow": flow, "state": state.value, "messages": count}
            for (flow, state), count in (await self._store.counts()).items()
        ]
        return _json({"counts": counts})

    async def _numbers(self, request: web.Request) -> web.Response:
        numbers: list[JsonValue] = [
            {"counter": counter, "last": last} for counter, last in (await self._store.counters()).items()
        ]
        return _json({"numbers": numbers})

    async def _set_number(self, request: web.Request) -> web.Response:
        sent = await _members(request, "counter", "last", "back")
        counter, last = sent.get("counter", ""), sent.get("last", "")
        is_new = counter not in await self._store.counters()
        if is_new and not _COUNTER.fullmatch(counter):
            raise _Refused(422, f"counter must be a name such as {_SAMPLE}")
        if not (last.isascii() and last.isdigit() and len(last) <= _MAX_DIGITS):
            raise _Refused(422, f"last must be a number of at most {_MAX_DIGITS} digits, as text")
        largest = _LARGEST.get(counter.partition("/")[0])
        if largest is not None and int(last) > largest:
            raise _Refused(422, f"last must be a number of at most {largest}: 1 follows behind it")
        await self._store.set_counter(counter, int(last), back=_flag(sent, "back"))
        _log.info("a counter was set", last=int(last), new=is_new, by=_by(request))
        following = int(last) + 1 if largest is None else int(last) % largest + 1
        return _json({"counter": counter, "last": int(last), "next": following, "new": is_new})

    async def _reloaded(self, request: web.Request) -> web.Response:
        _log.info("reload asked for", by=_by(request))
        done = await self._reload()
        members: dict[str, JsonValue] = {
            "ok": not done.problems and not done.found,
            "problems": list(done.problems),
            "warnings": list(done.warnings),
            "restart": list(done.restart),
            "found": list(done.found),
            "blocked": dict(done.blocked),
            "unreachable": dict(done.unreachable),
        }
        return _json(members)


@web.middleware
async def _answering(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Errors as JSON."""
    try:
        return await handler(request)
    except _Refused as refused:
        return _json({"error": str(refused)}, refused.status)
    except UnknownMessage:
        return _json({"error": f"there is no message {request.match_info.get('id', '')[:100]}"}, 404)
    except NotAllowed as error:
        return _json({"error": str(error)}, 409)
    except Damaged as error:
        return _json({"error": str(error)}, 500)
    except StoreError as error:
        return _json({"error": f"the store cannot do this: {error}"}, 503)
    except web.HTTPException as error:
        return _json({"error": error.reason}, error.status)
    except Exception:  # the top of a request: nothing may go unanswered
        _log.exception("admin request failed", path=request.path)
        return _json({"error": "the gateway failed; the log has the reason"}, 500)


async def _rest(request: web.Request, response: web.StreamResponse, chunks: AsyncIterator[bytes]) -> None:
    """Send the rest of a payload. Where it cannot be read the connection is broken off: with an answer under
    way, nothing else tells that it is not whole."""
    try:
        async for chunk in chunks:
            await response.write(chunk)
        await response.write_eof()
    except StoreError as error:
        _log.error("a payload was broken off", path=request.path, reason=str(error))
        if request.transport is not None:
            request.transport.abort()


def _json(members: dict[str, JsonValue], status: int = 200) -> web.Response:
    return web.Response(status=status, body=json.encode_line(members), content_type="application/json")


async def _members(request: web.Request, *known: str) -> dict[str, str]:
    """The body's members, all of them texts. Raises: _Refused."""
    data = await request.read()
    try:
        sent = json.decode(data) if data else {}
    except MappingError as error:
        raise _Refused(400, f"the body is not JSON: {error.reason}") from error
    if not isinstance(sent, dict):
        raise _Refused(422, "the body must be an object")
    for name, value in sent.items():
        if name not in known:
            raise _Refused(422, f"{name[:100]!r} is not known; known: {', '.join(known)}")
        if not isinstance(value, str) or len(value) > 500:
            raise _Refused(422, f"{name} must be a text of at most 500 characters")
    return cast(dict[str, str], sent)


def _flag(sent: Mapping[str, str], name: str) -> bool:
    """Raises: _Refused."""
    text = sent.get(name, "false")
    if text not in ("true", "false"):
        raise _Refused(422, f"{name} must be true or false, as text")
    return text == "true"


def _state(text: str) -> State:
    try:
        return State(text)
    except ValueError:
        raise _Refused(422, f"there is no state {text[:50]!r}; there are: {', '.join(State)}") from None


def _limit(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 6 and 1 <= int(text) <= MAX_LIMIT):
        raise _Refused(422, f"limit must be from 1 to {MAX_LIMIT}")
    return int(text)


def _by(request: web.Request) -> str:
    """The account at the other end of the socket. Source: unix(7), SO_PEERCRED."""
    transport = request.transport
    found: Any = transport.get_extra_info("socket") if transport is not None else None
    if found is None:
        return "admin socket"
    data = found.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _PEER.size)
    uid = _PEER.unpack(data)[1]
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"uid {uid}"
