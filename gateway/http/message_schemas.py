"""What the paths of messages take and give, as JSON Schemas: requests are checked by them, and the API
document shows them."""

from __future__ import annotations

from adapters.contract import JsonSchema, JsonValue
from gateway.catalogue import Input
from gateway.messages import State

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
REPLAY: JsonSchema = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "unknown_as": {
            "type": "string",
            "enum": ["repeat", "done"],
            "description": "What becomes of the write without an answer of a message in doubt: it is sent "
            "again, or taken as done.",
        }
    },
}
DISCARD: JsonSchema = {
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
MESSAGES: JsonSchema = {
    "type": "object",
    "required": ["messages"],
    "properties": {"messages": {"type": "array", "items": {"$ref": "#/components/schemas/Message"}}},
}
