"""Records to the requests of a call step, and what can be said of such a step before any record is there."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from dataclasses import dataclass

from adapters.contract import (
    ByteBody,
    BytesShape,
    EventsShape,
    JsonShape,
    JsonValue,
    Parameter,
)
from gateway.catalogue import Checker, Entry
from gateway.catalogue.codec import encode_value
from gateway.catalogue.members import item_schema, members
from gateway.config.suggest import allowed, suggestion
from gateway.flows.items import Facts
from gateway.flows.program import Call
from mappings.contract import Context, MappingError, Place, Record


@dataclass(frozen=True, slots=True)
class Content:
    """What one call carries. `body`: a JSON value, also where the operation takes the bytes of a format."""

    parameters: Mapping[str, JsonValue]
    body: JsonValue


class Requests:
    """Makes what the calls of one step carry, for one description of the operation."""

    def __init__(self, step: Call, entry: Entry) -> None:
        self.step = step
        self.entry = entry
        operation = entry.operation
        by_name = {parameter.name: parameter for parameter in operation.parameters}
        self._parameters = [
            (by_name[name], expression, Checker(_one_of(by_name[name])))
            for name, expression in step.arguments
            if name in by_name
        ]
        self._members = [(name, expression) for name, expression in step.arguments if name not in by_name]
        self._has_body = operation.request is not None and not self.carries_payload

    @property
    def carries_payload(self) -> bool:
        """True when the operation takes bytes without a format: the message's own are sent."""
        return takes_bytes(self.entry)

    def content(self, record: Record, facts: Facts) -> Content:
        """What is sent for one record. Raises: MappingError."""
        names = facts.names(record)
        parameters: dict[str, JsonValue] = {}
        for parameter, expression, check in self._parameters:
            value = expression.evaluate(names)
            if value is None and not parameter.required:
                continue
            if parameter.repeated and not isinstance(value, list):
                value = [value]
            _insist(check, value, f"the parameter {parameter.name}")
            parameters[parameter.name] = value
        body: JsonValue = None
        if self._has_body:
            body = {name: each.evaluate(names) for name, each in self._members} if self._members else record
            if self.entry.request_check is not None:
                _insist(self.entry.request_check, body, "what would be sent")
        return Content(parameters, body)

    async def body(self, value: JsonValue, context: Context) -> JsonValue | ByteBody:
        """A body as the operation takes it. Raises: MappingError, and what the context's functions raise."""
        if self.entry.request_format is None:
            return value
        data = await encode_value(value, self.entry.request_format, context)
        return ByteBody(
            chunks=_whole(data), content_type=self.entry.request_format.content_type, size=len(data)
        )


def takes_bytes(entry: Entry) -> bool:
    """Whether an operation takes bytes without a format, as they are."""
    return isinstance(entry.operation.request, BytesShape) and entry.request_format is None


def problems(step: Call, entry: Entry, *, of_bytes: bool) -> Iterator[tuple[tuple[str, ...], str]]:
    """What is wrong with a step that calls this operation: where, below the step, and what. `of_bytes`: the
    flow's messages are bytes without a format."""
    operation = entry.operation
    if isinstance(operation.reply, EventsShape):
        yield ("call",), f"{entry.name} answers with an endless stream of events; a flow cannot call it"
    if step.batch is not None and not operation.takes_batches:
        yield ("batch",), f"{entry.name} takes one at a time; remove `batch`"
    has_no_format = takes_bytes(entry)
    if has_no_format and not of_bytes:
        yield ("call",), f"{entry.name} takes bytes without a format, which records cannot be written in"
    if of_bytes and not has_no_format and operation.request is not None and not step.arguments:
        yield (
            ("call",),
            f"what arrives has no format, and {entry.name} takes no bytes; say what it gets, by `with`",
        )
    yield from _arguments(step, entry)


def _arguments(step: Call, entry: Entry) -> Iterator[tuple[tuple[str, ...], str]]:
    given = [name for name, _ in step.arguments]
    parameters = {parameter.name: parameter for parameter in entry.operation.parameters}
    for name, parameter in parameters.items():
        if (parameter.required or parameter.location == "path") and name not in given:
            yield ("with",), f"{entry.name} needs the parameter {name}; give it by `with`"
    known = _body_members(entry)
    for name in given:
        if name in parameters:
            if step.batch is not None:
                yield ("with", name), f"{name} is a parameter of the whole call; a batch has only members"
        elif entry.operation.request is None or (known is not None and name not in known):
            names = [*parameters, *(known or ())]
            near = suggestion(name, names)
            yield (
                ("with", name),
                f"{entry.name} has no parameter or member {name!r}; {near}allowed: {allowed(names)}",
            )


def _body_members(entry: Entry) -> Sequence[str] | None:
    """The members that the body may have; None where it may have any."""
    request = entry.operation.request
    if isinstance(request, JsonShape):
        schema = request.schema
    elif entry.request_format is not None:
        schema = entry.request_format.schema()
    else:
        return ()
    names = tuple(members(schema))
    return names or None


def _one_of(parameter: Parameter) -> dict[str, JsonValue]:
    """The schema of a parameter's whole value."""
    if parameter.repeated and item_schema(parameter.schema) is None:
        return {"type": "array", "items": parameter.schema}
    return parameter.schema


def _insist(check: Checker, value: JsonValue, what: str) -> None:
    if check.is_valid(value):
        return
    found = check.violations(value)
    first = found[0] if found else None
    text = f"{what} does not fit its schema{f': {first.message}' if first else ''}"
    raise MappingError(text, rule="schema", place=Place(path=first.pointer if first else None))


async def _whole(data: bytes) -> AsyncGenerator[bytes, None]:
    yield data
