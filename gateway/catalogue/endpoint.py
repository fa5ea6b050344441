"""Where callers find an operation: a method, a path below `/api`, and what of a request goes where."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from adapters.contract import Binding, JsonSchema, JsonShape, Parameter
from gateway.catalogue.entry import Entry
from gateway.catalogue.members import item_schema, members, required_members, types, without


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """One named value taken from the path or the query string.

    `schema` describes one value; a repeated input becomes the list of its values. It goes to the request's
    parameter `target`, or with `member` to that top-level member of the body.
    """

    name: str
    location: Literal["path", "query"]
    schema: JsonSchema
    description: str
    required: bool
    repeated: bool
    target: str
    member: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One way to call one operation.

    `path` is the whole path, with `{name}` and `{name+}`. `body_schema` describes the body that the caller
    sends (None: none, or bytes without a format). With `built`, the operation's body is put together from
    pieces of the caller's: pairs of a member (or "" for the whole) and a path into the caller's body.
    """

    method: str
    path: str
    system: str
    entry: Entry
    inputs: tuple[Input, ...]
    takes_body: bool
    body_schema: JsonSchema | None
    built: tuple[tuple[str, tuple[str, ...]], ...] = ()
    faults: Mapping[str, int] = field(default_factory=dict)
    automatic: bool = True


def automatic(entry: Entry, binding: Binding) -> Endpoint:
    """The endpoint at an operation's own path."""
    operation = entry.operation
    inputs = [_from_parameter(parameter) for parameter in operation.parameters]
    takes_body = operation.request is not None and binding.method != "GET" and not binding.query_as_body
    if binding.query_as_body and isinstance(operation.request, JsonShape):
        taken = {item.name for item in inputs}
        inputs += [item for item in from_members(operation.request.schema) if item.name not in taken]
    return Endpoint(
        method=binding.method,
        path=f"/api/{entry.system}{binding.path}",
        system=entry.system,
        entry=entry,
        inputs=tuple(inputs),
        takes_body=takes_body,
        body_schema=entry.request_schema if takes_body else None,
    )


def _from_parameter(parameter: Parameter) -> Input:
    schema = parameter.schema
    if parameter.repeated:
        schema = item_schema(schema) or schema
    return Input(
        name=parameter.name,
        location=parameter.location,
        schema=schema,
        description=parameter.description,
        required=parameter.required or parameter.location == "path",
        repeated=parameter.repeated,
        target=parameter.name,
        member=False,
    )


def from_members(schema: JsonSchema) -> list[Input]:
    """The top-level members that text can carry, as query parameters."""
    required = required_members(schema)
    found = []
    for name, inner in members(schema).items():
        of_items = item_schema(inner)
        one = inner if of_items is None else of_items
        if types(one) <= {"object", "array", "null"} and types(one):
            continue
        found.append(from_member(name, "query", name, inner, required=name in required))
    return found


def from_member(
    name: str, location: Literal["path", "query"], target: str, schema: JsonSchema, *, required: bool
) -> Input:
    """An input that fills one member of the body."""
    of_items = item_schema(schema)
    description = schema.get("description")
    return Input(
        name=name,
        location=location,
        schema=schema if of_items is None else of_items,
        description=description if isinstance(description, str) else "",
        required=required or location == "path",
        repeated=of_items is not None and location == "query",
        target=target,
        member=True,
    )


def body_without(schema: JsonSchema, names: frozenset[str]) -> JsonSchema:
    """What the caller's body still holds when some members come from path or query."""
    return without(schema, names) if names else schema
