"""The operations of the paths that are the gateway's own. Requests are checked by these descriptions, and the
API document shows them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import mappings.formats
from adapters.contract import JsonSchema, JsonValue
from gateway.catalogue import Input
from gateway.config import Configuration, Flow, PostSource
from gateway.http.negotiate import JSON
from gateway.http.own_examples import (
    ACCEPTED_EXAMPLE,
    DISCARD_EXAMPLE,
    DISCARDED_EXAMPLE,
    DONE_EXAMPLE,
    FLOWS_EXAMPLE,
    MESSAGES_EXAMPLE,
    REPLAY_EXAMPLE,
    REPLAYED_EXAMPLE,
    posted_example,
)
from gateway.messages import State
from gateway.security.principal import Access


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnOperation:
    """One method of one such path.

    `scope`: the right that a caller needs for all of it; None where more than that decides. `body`: the
    schema of an object that may be left out; None where there is no body, or with `reads_body` a body of
    `media_type`. `status` and `reply` describe the positive answer. `example` is one of these, `body_example`
    a body that is taken; None where none is known.
    """

    name: str
    tag: str
    method: Literal["GET", "POST"]
    path: str
    summary: str
    reply: JsonSchema
    scope: tuple[str, Access] | None = None
    description: str = ""
    inputs: tuple[Input, ...] = ()
    body: JsonSchema | None = None
    reads_body: bool = False
    media_type: str = JSON
    status: int = 200
    example: JsonValue = None
    body_example: JsonValue = None


MESSAGES_PATH = "/api/messages"
FLOWS_PATH = "/api/flows"
MAX_LIMIT = 1000
_TEXT: JsonSchema = {"type": "string", "minLength": 1, "maxLength": 200}
_TIME: JsonSchema = {"type": "string", "format": "date-time"}
_COUNT: JsonSchema = {"type": "integer", "minimum": 0}


def _query(name: str, schema: JsonSchema, description: str, *, repeated: bool = False) -> Input:
    return Input(
        name=name,
        location="query",
        schema=schema,
        description=description,
        required=False,
        repeated=repeated,
        target=name,
        member=False,
    )


def in_path(name: str, description: str) -> Input:
    """A parameter of the path: any text."""
    return Input(
        name=name,
        location="path",
        schema={"type": "string"},
        description=description,
        required=True,
        repeated=False,
        target=name,
        member=False,
    )


ID = in_path("id", "The message's id.")
FILTERS = (
    _query(
        "state",
        {"type": "string", "enum": list[JsonValue](state.value for state in State)},
        "Only messages in this state; may be given several times.",
        repeated=True,
    ),
    _query("flow", _TEXT, "Only messages of this flow."),
    _query("source", _TEXT, "Only messages from this source."),
    _query("parent", _TEXT, "Only parts of the message with this id."),
    _query("before", _TEXT, "Only messages older than the one with this id: the next page of a listing."),
    _query(
        "limit",
        {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": 100},
        "How many messages at most.",
    ),
)
_REPLAY: JsonSchema = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "unknown_as": {
            "type": "string",
            "enum": ["repeat", "done"],
            "description": "What becomes of the write without an answer of a message in doubt: it is sent "
            "again, or taken as done.",
        },
        "current_flow": {
            "type": "boolean",
            "description": "By the flow as it is now, not as it was when the message came; a pending message "
            "can be moved to it, too. Refused where calls that were answered would be made again.",
        },
        "repeat_calls": {
            "type": "boolean",
            "description": "With `current_flow`: begins anew and makes every call, those too that were "
            "answered.",
        },
    },
}
_DISCARD: JsonSchema = {
    "type": "object",
    "additionalProperties": False,
    "properties": {"reason": {"type": "string", "maxLength": 500, "description": "For the history."}},
}
ACCEPTED: JsonSchema = {
    "type": "object",
    "required": ["id", "state", "location"],
    "properties": {
        "id": {"type": "string"},
        "state": {"const": "pending"},
        "location": {"type": "string", "format": "uri-reference"},
    },
}
MESSAGE: JsonSchema = {
    "type": "object",
    "required": ["id", "state", "flow", "source", "received_at", "updated_at", "attempts", "progress"],
    "properties": {
        "id": {"type": "string"},
        "state": {
            "type": "string",
            "enum": list[JsonValue](state.value for state in State),
            "description": "`dead` and `in_doubt` wait for a person's decision.",
        },
        "flow": {"type": "string"},
        "source": {"type": "string"},
        "received_at": _TIME,
        "updated_at": _TIME,
        "due_at": {**_TIME, "description": "When a pending message is tried next; absent: at once."},
        "attempts": _COUNT,
        "size": {**_COUNT, "description": "Bytes of the payload."},
        "content_type": {"type": "string"},
        "correlation_id": {"type": "string"},
        "redelivered": {"type": "boolean"},
        "parent": {"type": "string"},
        "progress": {
            "type": "object",
            "properties": {
                "records": {**_COUNT, "description": "Records that need nothing more."},
                "counts": {"type": "object", "additionalProperties": _COUNT},
            },
        },
        "failure": {
            "type": "object",
            "required": ["error"],
            "properties": {"error": {"type": "string"}, "step": {"type": "string"}},
        },
        "answer": {
            "type": "object",
            "description": "Of a call that was stored: the answer that the same call would have had at once, "
            "once it is known. A failed one has problem details as its body.",
            "required": ["status", "headers", "body"],
            "properties": {"status": {"type": "integer"}, "headers": {"type": "object"}, "body": {}},
        },
    },
}
_MESSAGE: JsonSchema = {"$ref": "#/components/schemas/Message"}
_MESSAGES: JsonSchema = {
    "type": "object",
    "required": ["messages"],
    "properties": {"messages": {"type": "array", "items": _MESSAGE}},
}
_ACCEPTED: JsonSchema = {"$ref": "#/components/schemas/Accepted"}
_FLOWS: JsonSchema = {
    "type": "object",
    "required": ["flows"],
    "properties": {
        "flows": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["name", "path", "content_type", "description"],
                "properties": {
                    "name": {"type": "string"},
                    "path": {"type": "string", "description": "Where its bodies are posted."},
                    "content_type": {"type": "string", "description": "Of these bodies."},
                    "description": {"type": "string"},
                },
            },
        }
    },
}

LIST = OwnOperation(
    name="messages.list",
    tag="messages",
    method="GET",
    path=MESSAGES_PATH,
    summary="Lists messages, the newest first",
    description='`Link: rel="next"` leads to those that are older.',
    scope=("messages", "read"),
    inputs=FILTERS,
    reply=_MESSAGES,
    example=MESSAGES_EXAMPLE,
)
SHOW = OwnOperation(
    name="messages.get",
    tag="messages",
    method="GET",
    path=f"{MESSAGES_PATH}/{{id}}",
    summary="Says what became of a message",
    description="A caller sees the messages that it sent; with the scope `messages:read` all of them.",
    inputs=(ID,),
    reply=_MESSAGE,
    example=DONE_EXAMPLE,
)
REPLAY = OwnOperation(
    name="messages.replay",
    tag="messages",
    method="POST",
    path=f"{MESSAGES_PATH}/{{id}}/replay",
    summary="Tries a dead message, or one in doubt, again",
    description="Needs the scope `messages:write`. What is done already is not done again.",
    inputs=(ID,),
    body=_REPLAY,
    body_example=REPLAY_EXAMPLE,
    reply=_MESSAGE,
    example=REPLAYED_EXAMPLE,
)
DISCARD = OwnOperation(
    name="messages.discard",
    tag="messages",
    method="POST",
    path=f"{MESSAGES_PATH}/{{id}}/discard",
    summary="Gives a message up",
    description="Needs the scope `messages:write`.",
    inputs=(ID,),
    body=_DISCARD,
    body_example=DISCARD_EXAMPLE,
    reply=_MESSAGE,
    example=DISCARDED_EXAMPLE,
)
LIST_FLOWS = OwnOperation(
    name="flows",
    tag="flows",
    method="GET",
    path=FLOWS_PATH,
    summary="Lists the flows that take bodies",
    description="Needs the scope `flows:read` or `flows:write`.",
    reply=_FLOWS,
    example=FLOWS_EXAMPLE,
)


def own_operations(configuration: Configuration) -> tuple[OwnOperation, ...]:
    """All of them, of this configuration."""
    return (LIST, SHOW, REPLAY, DISCARD, LIST_FLOWS, *posts(configuration).values())


def posts(configuration: Configuration) -> dict[str, OwnOperation]:
    """The operations that start flows, by the names of these."""
    found = {}
    for name, flow in configuration.flows.items():
        if isinstance(flow.settings.source, PostSource):
            found[name] = _post(flow, flow.settings.source, configuration)
    return found


def _post(flow: Flow, source: PostSource, configuration: Configuration) -> OwnOperation:
    named = source.post.format
    format_ = configuration.formats.get(named) or mappings.formats.built_in(named)
    media_type = format_.content_type if format_ is not None else JSON
    return OwnOperation(
        name=f"flows.{flow.name}",
        tag="flows",
        method="POST",
        path=f"{FLOWS_PATH}/{flow.name}",
        summary=f"Hands a body to the flow {flow.name}",
        description=flow.settings.description,
        scope=("flows", "write"),
        reads_body=True,
        media_type=media_type,
        body_example=posted_example(named, media_type, configuration),
        status=202,
        reply=_ACCEPTED,
        example=ACCEPTED_EXAMPLE,
    )
