"""`/api/messages`: what became of what was taken in, and what a person decides about it."""

from __future__ import annotations

from typing import cast
from urllib.parse import urlencode

from adapters.contract import JsonValue
from gateway.admin.members import history_members, message_members, operator_members
from gateway.flows import Replay, UnknownAs
from gateway.http import own_operations as operations
from gateway.http.acceptor import Acceptor
from gateway.http.authenticate import authorise
from gateway.http.deferred import Deferred
from gateway.http.idempotency import Replied
from gateway.http.negotiate import JSON
from gateway.http.own_paths import Asked, OwnRoute
from gateway.http.preferences import RESPOND_ASYNC
from gateway.http.problems import MESSAGE_STATE, NOT_FOUND, HttpProblem
from gateway.http.reply import quote_numbers
from gateway.http.wire import Answer
from gateway.messages import Message, MessageStore, State, UnknownMessage
from gateway.security import Principal
from mappings import json

SCOPE = "messages"
"""What scopes name messages by."""
_DEFAULT_LIMIT = 100


def accepted(root: str, message_id: str, *, applied: bool) -> Answer:
    """The 202 for what has been stored. `applied`: the caller preferred not to wait."""
    location = f"{root}{operations.MESSAGES_PATH}/{message_id}"
    headers = {"Location": location, **({"Preference-Applied": RESPOND_ASYNC} if applied else {})}
    body: dict[str, JsonValue] = {"id": message_id, "state": State.PENDING.value, "location": location}
    return Answer(202, json.encode_line(body), JSON, headers)


class MessagePaths:
    """Messages over HTTP. A caller sees its own; with the scope `messages:read` all of them."""

    def __init__(self, store: MessageStore, engine: Acceptor, deferred: Deferred, root: str) -> None:
        """`root`: what links begin with, before the path."""
        self._store = store
        self._engine = engine
        self._deferred = deferred
        self._root = root

    def routes(self) -> tuple[OwnRoute, ...]:
        """Where they are found."""
        return (
            OwnRoute(operations.LIST, self._list),
            OwnRoute(operations.SHOW, self._show),
            OwnRoute(operations.REPLAY, self._replay),
            OwnRoute(operations.DISCARD, self._discard),
        )

    async def _list(self, asked: Asked) -> Replied:
        wanted = asked.parameters
        limit = wanted.get("limit", _DEFAULT_LIMIT)
        assert isinstance(limit, int)
        states = cast(list[str], wanted.get("state", []))
        found = await self._store.find(
            states=[State(state) for state in states],
            flow=_text(wanted.get("flow")),
            source=_text(wanted.get("source")),
            parent=_text(wanted.get("parent")),
            before=_text(wanted.get("before")),
            limit=limit,
        )
        members: dict[str, JsonValue] = {"messages": [operator_members(message) for message in found]}
        headers = {}
        if len(found) == limit:
            query = urlencode({**wanted, "before": found[-1].id}, doseq=True)
            headers["Link"] = f'<{self._root}{operations.MESSAGES_PATH}?{query}>; rel="next"'
        return Answer(200, json.encode_line(members), JSON, headers), None

    async def _show(self, asked: Asked) -> Replied:
        principal = asked.principal
        message = await self._visible(asked)
        sees_all = principal.allows(SCOPE, "read")
        members = operator_members(message) if sees_all else message_members(message)
        answer = await self._deferred.answer(message)
        if answer is not None:
            members["answer"] = answer
        if sees_all:
            members["history"] = history_members(await self._store.history(message.id))
        body = json.encode_line(members)
        return Answer(200, quote_numbers(body) if principal.numbers == "string" else body, JSON), None

    async def _replay(self, asked: Asked) -> Replied:
        message = await self._changeable(asked)
        chosen = asked.body.get("unknown_as")
        current_flow, repeat_calls = (
            asked.body.get(name) is True for name in ("current_flow", "repeat_calls")
        )
        if message.state is State.IN_DOUBT and chosen is None and not repeat_calls:
            raise HttpProblem(
                MESSAGE_STATE,
                "The message is in doubt: `unknown_as` must say whether the write without an answer is sent "
                "again (repeat) or taken as done (done).",
            )
        unknown_as = cast(UnknownAs | None, chosen)
        replay = Replay(_by(asked.principal), unknown_as, current_flow, repeat_calls)
        await self._engine.replay(message.id, replay)
        return await self._now(message.id)

    async def _discard(self, asked: Asked) -> Replied:
        message = await self._changeable(asked)
        reason = asked.body.get("reason", "")
        await self._store.discard(message.id, by=_by(asked.principal), reason=str(reason))
        return await self._now(message.id)

    async def _now(self, message_id: str) -> Replied:
        message = await self._store.get(message_id)
        return Answer(200, json.encode_line(message_members(message)), JSON), None

    async def _visible(self, asked: Asked) -> Message:
        """The message. Raises: HttpProblem (404), the same for one that is not there and for another's."""
        principal = asked.principal
        try:
            message = await self._store.get(str(asked.parameters["id"]))
        except UnknownMessage:
            pass
        else:
            if message.owner == principal.key_id or principal.allows(SCOPE, "read"):
                return message
        raise HttpProblem(NOT_FOUND, "There is no such message.")

    async def _changeable(self, asked: Asked) -> Message:
        """The message, which the caller may change. Raises: HttpProblem (404, 403)."""
        if asked.principal.allows(SCOPE, "write"):
            return await self._store.get(str(asked.parameters["id"]))
        message = await self._visible(asked)
        authorise(asked.principal, SCOPE, "write")
        return message


def _text(value: JsonValue) -> str | None:
    return None if value is None else str(value)


def _by(principal: Principal) -> str:
    return f"{principal.name} (key {principal.key_id})"
