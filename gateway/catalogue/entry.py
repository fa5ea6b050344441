"""One operation of one system, compiled: its schemas as callers see them, their validators, its formats."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from adapters.contract import BytesShape, EventsShape, JsonSchema, JsonShape, Operation, RowsShape
from gateway.catalogue.checker import Checker, SchemaError
from gateway.catalogue.codec import is_json
from mappings.contract import Format

FindFormat = Callable[[str], Format | None]


class EntryError(ValueError):
    """An operation whose description cannot be used, and why."""


class MissingFormat(EntryError):
    """An operation whose data is of a format that does not exist."""

    def __init__(self, name: str) -> None:
        super().__init__(f"there is no format {name!r}")
        self.name = name


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An operation, ready to be called.

    `request_schema` describes the body as JSON (None: no body, or bytes without a format);
    `reply_schema` describes the answer's value, one of its rows or records, or one event.
    """

    system: str
    operation: Operation
    request_schema: JsonSchema | None
    request_check: Checker | None
    request_format: Format | None
    reply_schema: JsonSchema | None
    reply_format: Format | None

    @property
    def name(self) -> str:
        """`system.Operation`, as routes and logs name it."""
        return f"{self.system}.{self.operation.name}"

    @property
    def access(self) -> Literal["read", "write"]:
        """The right a caller needs."""
        return "read" if self.operation.safe else "write"


def compile_entry(system: str, operation: Operation, find_format: FindFormat) -> Entry:
    """Compile one operation.

    Raises: EntryError.
    """
    request_format = _format(operation.request, find_format)
    request_schema = _request_schema(operation, request_format)
    try:
        check = Checker(request_schema) if request_schema is not None else None
    except SchemaError as error:
        raise EntryError(f"the schema of its request does not compile: {error}") from error
    reply = operation.reply
    reply_format = _format(reply, find_format)
    return Entry(
        system=system,
        operation=operation,
        request_schema=request_schema,
        request_check=check,
        request_format=request_format,
        reply_schema=_reply_schema(reply, reply_format),
        reply_format=reply_format,
    )


def _format(shape: object, find_format: FindFormat) -> Format | None:
    if not isinstance(shape, BytesShape | EventsShape) or shape.format is None:
        return None
    found = find_format(shape.format)
    if found is None:
        raise MissingFormat(shape.format)
    return found


def _request_schema(operation: Operation, format_: Format | None) -> JsonSchema | None:
    if isinstance(operation.request, JsonShape):
        schema = operation.request.schema
        return one_or_many(schema) if operation.takes_batches else schema
    if format_ is None:
        return None
    # A JSON message is one value; other formats hold a list of records, however many.
    single = is_json(format_) and not operation.takes_batches
    return format_.schema() if single else one_or_many(format_.schema())


def _reply_schema(shape: object, format_: Format | None) -> JsonSchema | None:
    if isinstance(shape, JsonShape | RowsShape):
        return shape.schema
    if isinstance(shape, EventsShape):
        return _event_schema(shape, format_)
    return format_.schema() if format_ is not None else None


def _event_schema(shape: EventsShape, format_: Format | None) -> JsonSchema | None:
    """What one event's data is. None: text, or base64, which is no JSON."""
    if format_ is not None:
        value = one_or_many(format_.schema()) if is_json(format_) else _many(format_.schema())
    elif not shape.from_several_sources:
        return None
    elif shape.content_type.startswith("text/"):
        value = {"type": "string"}
    else:
        value = {"type": "string", "contentEncoding": "base64"}
    return _with_source(value) if shape.from_several_sources else value


def _with_source(value: JsonSchema) -> JsonSchema:
    inner, definitions = _apart(value)
    return {
        "type": "object",
        "properties": {
            "source": {"type": "string", "description": "Where the event comes from."},
            "value": inner,
        },
        "required": ["source", "value"],
        **definitions,
    }


def _many(schema: JsonSchema) -> JsonSchema:
    inner, definitions = _apart(schema)
    return {"type": "array", "items": inner, **definitions}


def one_or_many(schema: JsonSchema) -> JsonSchema:
    """A schema for one such value or a list of them."""
    inner, definitions = _apart(schema)
    # Where anything is allowed, a list is too.
    return {"anyOf": [inner, {"type": "array", "items": inner}], **definitions} if inner else {}


def _apart(schema: JsonSchema) -> tuple[JsonSchema, JsonSchema]:
    """A schema to stand inside another, and its `$defs`, which stay at the root, where `$ref` looks."""
    inner = {key: value for key, value in schema.items() if key not in ("$defs", "$schema")}
    return inner, {"$defs": schema["$defs"]} if "$defs" in schema else {}
