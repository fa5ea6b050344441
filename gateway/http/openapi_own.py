"""What the gateway adds to the API document: its own paths, and the headers that every operation takes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from adapters.contract import JsonSchema, JsonValue
from gateway.catalogue import Entry, Input
from gateway.http.idempotency import MAX_KEY_LENGTH
from gateway.http.negotiate import JSON
from gateway.http.openapi_problems import CORRELATION
from gateway.http.operator import is_deferrable
from gateway.http.own_examples import ACCEPTED_EXAMPLE
from gateway.http.own_operations import ACCEPTED, MESSAGE, OwnOperation
from gateway.http.preferences import RESPOND_ASYNC

_KEY: JsonValue = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "schema": {"type": "string", "minLength": 1, "maxLength": MAX_KEY_LENGTH},
    "description": "Makes the request safe to repeat: the first answer is stored and given again, with "
    "`Idempotency-Replayed: true`.",
}
_LOCATION: JsonValue = {
    "schema": {"type": "string", "format": "uri-reference"},
    "description": "Where the message is found that says what becomes of it.",
}
_APPLIED: JsonValue = {"schema": {"type": "string"}}
_OWN_PROBLEMS = ("400", "401", "403", "404", "406", "409", "413", "415", "422", "500", "503", "507")


def own_schemas() -> dict[str, JsonValue]:
    """The schemas that the own paths share."""
    return {"Message": MESSAGE, "Accepted": ACCEPTED}


def own_tags(operations: Iterable[OwnOperation]) -> list[JsonValue]:
    """Their tags, in order."""
    described = {"messages": "What was taken in, and what became of it", "flows": "Flows that take bodies"}
    return [{"name": tag, "description": described[tag]} for tag in dict.fromkeys(o.tag for o in operations)]


def own_paths(operations: Iterable[OwnOperation]) -> dict[str, JsonValue]:
    """Their path items."""
    found: dict[str, dict[str, JsonValue]] = {}
    for operation in operations:
        found.setdefault(operation.path, {})[operation.method.lower()] = _described(operation)
    return dict(found)


def _described(operation: OwnOperation) -> JsonValue:
    parameters = [_parameter(source) for source in operation.inputs]
    headers: dict[str, JsonValue] = dict(CORRELATION)
    if operation.reads_body:
        parameters.append(_KEY)
        headers["Location"] = _LOCATION
    described: dict[str, JsonValue] = {
        "operationId": operation.name,
        "tags": [operation.tag],
        "summary": operation.summary,
        "description": operation.description,
        "parameters": parameters,
        "responses": {
            str(operation.status): {
                "description": "Stored." if operation.status == 202 else "Done.",
                "headers": headers,
                "content": {JSON: {"schema": operation.reply, **shown_example(operation.example)}},
            },
            **{status: {"$ref": f"#/components/responses/Problem{status}"} for status in _OWN_PROBLEMS},
        },
    }
    if operation.scope is not None:
        described["x-scope"] = ":".join(operation.scope)
    if operation.body is not None:
        described["requestBody"] = _body(JSON, operation.body, operation.body_example, required=False)
    elif operation.reads_body:
        schema: JsonSchema = {} if operation.media_type == JSON else {"type": "string"}
        described["requestBody"] = _body(operation.media_type, schema, operation.body_example, required=True)
    return described


def _body(media_type: str, schema: JsonSchema, sample: JsonValue, *, required: bool) -> JsonValue:
    return {"required": required, "content": {media_type: {"schema": schema, **shown_example(sample)}}}


def shown_example(sample: JsonValue) -> dict[str, JsonValue]:
    """The member that shows an example, if there is one."""
    return {} if sample is None else {"example": sample}


def _parameter(source: Input) -> JsonValue:
    schema: JsonSchema = {"type": "array", "items": source.schema} if source.repeated else source.schema
    described: dict[str, JsonValue] = {
        "name": source.name,
        "in": source.location,
        "required": source.required,
        "schema": schema,
        "description": source.description,
    }
    return {**described, "explode": True} if source.repeated else described


# --- the operations of systems -----------------------------------------------------------------------


def header_parameters(entries: Sequence[Entry]) -> list[JsonValue]:
    """The headers that an operation reads."""
    operations = [entry.operation for entry in entries]
    preferences = list(dict.fromkeys(found for operation in operations for found in operation.honours))
    if any(map(is_deferrable, operations)):
        preferences.append(RESPOND_ASYNC)
    found: list[JsonValue] = [_prefer(preferences)] if preferences else []
    return found if operations[0].safe else [*found, _KEY]


def _prefer(preferences: list[str]) -> JsonValue:
    meanings = []
    if any(found.startswith("return=") for found in preferences):
        meanings.append("How much to answer: with `return=minimal` nothing but the status and headers.")
    if RESPOND_ASYNC in preferences:
        meanings.append(
            f"With `{RESPOND_ASYNC}` the call is stored and answered 202; it is carried out later."
        )
    return {
        "name": "Prefer",
        "in": "header",
        "required": False,
        "schema": {"type": "string", "enum": list[JsonValue](preferences)},
        "description": " ".join(meanings),
    }


def accepted_response(answered: JsonValue) -> JsonValue:
    """The 202 of a call that is stored, beside the one that an operation has for itself, if any."""
    headers: dict[str, JsonValue] = {
        **CORRELATION,
        "Location": _LOCATION,
        "Preference-Applied": _APPLIED,
    }
    told = f"With `Prefer: {RESPOND_ASYNC}`: stored, and carried out later."
    own = answered.get("description") if isinstance(answered, dict) else None
    return {
        "description": f"{own} {told}" if own else told,
        "headers": headers,
        "content": {JSON: {"schema": {"$ref": "#/components/schemas/Accepted"}, "example": ACCEPTED_EXAMPLE}},
    }
