"""The operations of a contract: codecs and JSON Schemas for each, and why some cannot be offered.

The JSON of an operation is the content of its body element; that the element is the wrapper of a *wrapped*
operation or the argument of a *bare* one makes no difference. Declared headers are the optional member
`#headers`, an object with one member per header, where the body is a JSON object.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from adapters.contract import (
    Binding,
    Fault,
    JsonSchema,
    JsonShape,
    JsonValue,
    MissingOperation,
    Operation,
    Result,
)
from adapters.soap.faults import DeclaredFault
from adapters.soap.wsdl import BoundFault, BoundMessage, BoundOperation, BrokenOperation, Part, Port
from mappings.xml import ElementCodec, SchemaModel, UnsupportedSchemaError

HEADERS = "#headers"

_DEFINITIONS = "#/$defs/"
_PATH_SAFE = re.compile(r"[^/{}?#%\s\x00-\x1f]+")


class NotOffered(ValueError):
    """Why an operation cannot be offered."""


@dataclass(frozen=True, slots=True)
class WireMessage:
    """How one direction is coded. `body` is None for an empty body; `headers` are by member name."""

    body: ElementCodec | None
    headers: Mapping[str, ElementCodec]
    header_names: Mapping[str, str]
    """Member names of the headers by qualified name of the header element."""


@dataclass(frozen=True, slots=True)
class SoapOperation:
    """One operation, ready to be called. `output` is None for a one-way operation; `faults` are by the
    qualified name of the element in the fault's detail."""

    described: Operation
    action: str
    input: WireMessage
    output: WireMessage | None
    faults: Mapping[str, DeclaredFault]


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What a port offers, and what it does not."""

    operations: Mapping[str, SoapOperation]
    missing: tuple[MissingOperation, ...]


def compile_port(
    port: Port, schemas: SchemaModel, *, safe: Sequence[str] = (), idempotent: Sequence[str] = ()
) -> Catalogue:
    """Compile every operation of a port; one that fails costs only itself."""
    operations: dict[str, SoapOperation] = {}
    missing: list[MissingOperation] = []
    for bound in port.operations:
        try:
            operations[bound.name] = _compile(
                port, bound, schemas, safe=bound.name in safe, idempotent=bound.name in idempotent
            )
        except (NotOffered, UnsupportedSchemaError) as error:
            missing.append(MissingOperation(bound.name, str(error)))
    return Catalogue(operations, tuple(missing))


def _compile(
    port: Port, bound: BoundOperation | BrokenOperation, schemas: SchemaModel, *, safe: bool, idempotent: bool
) -> SoapOperation:
    if isinstance(bound, BrokenOperation):
        raise NotOffered(bound.reason)
    _check_supported(port, bound)
    request = _message(bound.input, schemas, "request")
    reply = _message(bound.output, schemas, "reply") if bound.output is not None else None
    faults: dict[str, DeclaredFault] = {}
    for element, fault in _faults(bound.faults, schemas):
        faults.setdefault(element, fault)
    shape = _shape(request)
    path = f"/{bound.name}"
    bindings = [Binding(method="POST", path=path)]
    if safe and (shape is None or "properties" in shape.schema):
        bindings.append(Binding(method="GET", path=path, query_as_body=shape is not None))
    described = Operation(
        name=bound.name,
        summary=_first_sentence(bound.documentation) or bound.name,
        description=bound.documentation,
        safe=safe,
        idempotent=safe or idempotent,
        bindings=tuple(bindings),
        request=shape,
        reply=_shape(reply) if reply is not None else None,
        faults=tuple(Fault(code=fault.name, schema=_own(fault.codec.schema())) for fault in faults.values()),
        result=Result.ACCEPTED if reply is None else Result.DONE,
    )
    return SoapOperation(described, bound.action, request, reply, faults)


def _check_supported(port: Port, bound: BoundOperation) -> None:
    if port.protocol != "soap 1.1":
        raise NotOffered(f"its binding is {port.protocol}; this version speaks SOAP 1.1")
    if _PATH_SAFE.fullmatch(bound.name) is None:
        raise NotOffered("its name cannot be a segment of a path")
    messages = [message for message in (bound.input, bound.output) if message is not None]
    for message in messages:
        if bound.style != "document" or message.use != "literal":
            raise NotOffered(f"it is {bound.style}/{message.use}; this version speaks document/literal")


def _message(message: BoundMessage, schemas: SchemaModel, direction: str) -> WireMessage:
    if len(message.body) > 1:
        parts = ", ".join(part.name for part in message.body)
        raise NotOffered(f"its {direction} has {len(message.body)} parts in the body ({parts}), not one")
    body = _part(message.body[0], schemas, direction) if message.body else None
    headers: dict[str, ElementCodec] = {}
    names: dict[str, str] = {}
    for part in message.headers:
        if part.element is None:
            continue  # WS-I BP R2205: header parts are elements; what a typed one looks like is not defined
        try:
            codec = _part(part, schemas, direction)
        except UnsupportedSchemaError:
            continue  # headers are optional here: without this one the operation still works
        local = part.element.rpartition("}")[2]
        member = local if local not in headers else f"{local}.{len(headers)}"
        headers[member] = codec
        names[part.element] = member
    return WireMessage(body, headers, names)


def _part(part: Part, schemas: SchemaModel, direction: str) -> ElementCodec:
    if part.element is not None:
        return schemas.element_codec(part.element)
    if part.type is not None:
        raise NotOffered(
            f"its {direction} part {part.name} names a type, not an element; "
            "WSDL leaves open what that looks like in document style (WS-I BP R2204)"
        )
    raise NotOffered(f"its {direction} part {part.name} names neither an element nor a type")


def _faults(bound: Sequence[BoundFault], schemas: SchemaModel) -> Iterator[tuple[str, DeclaredFault]]:
    """The faults whose detail can be typed. The others arrive as XML text, like undeclared ones."""
    for fault in bound:
        if fault.part.element is None:
            continue
        try:
            yield fault.part.element, DeclaredFault(fault.name, schemas.element_codec(fault.part.element))
        except UnsupportedSchemaError:
            continue


# --- schemas -----------------------------------------------------------------------------------------


def _shape(message: WireMessage) -> JsonShape | None:
    if message.body is None:
        return None
    schema = _own(message.body.schema())
    if message.headers:
        schema = _with_headers(schema, message.headers)
    return JsonShape(schema)


def _own(schema: Mapping[str, JsonValue]) -> JsonSchema:
    """A copy that may be changed, its top level written out where it is a reference to a definition."""
    copied = copy.deepcopy(dict(schema))
    definitions = copied.get("$defs")
    name = str(copied.get("$ref", "")).removeprefix(_DEFINITIONS)
    if isinstance(definitions, dict) and isinstance(target := definitions.get(name), dict):
        del copied["$ref"]
        return {**copy.deepcopy(target), **copied}
    return copied


def _with_headers(schema: JsonSchema, headers: Mapping[str, ElementCodec]) -> JsonSchema:
    """The schema of a body object with the optional member `#headers` added."""
    properties = schema.get("properties")
    if schema.get("type") != "object" or not isinstance(properties, dict):
        return schema
    definitions = schema.get("$defs", {})
    assert isinstance(definitions, dict)
    members: dict[str, JsonValue] = {}
    for name, codec in headers.items():
        # Another codec may give the same name to another definition, so a header's get names of their own.
        own = _renamed(copy.deepcopy(codec.schema()), f"header.{name}.")
        assert isinstance(own, dict)
        inner = own.pop("$defs", {})
        assert isinstance(inner, dict)
        definitions |= {f"header.{name}.{key}": value for key, value in inner.items()}
        own.pop("$schema", None)
        members[name] = own
    properties[HEADERS] = {
        "type": "object",
        "description": "SOAP headers that go along.",
        "properties": members,
        "additionalProperties": False,
    }
    return {**schema, "$defs": definitions} if definitions else schema


def _renamed(schema: JsonValue, prefix: str) -> JsonValue:
    """A schema whose references to its own definitions have a prefix to their names."""
    if isinstance(schema, list):
        return [_renamed(item, prefix) for item in schema]
    if not isinstance(schema, dict):
        return schema
    renamed = {key: _renamed(value, prefix) for key, value in schema.items()}
    reference = schema.get("$ref")
    if isinstance(reference, str) and reference.startswith(_DEFINITIONS):
        renamed["$ref"] = _DEFINITIONS + prefix + reference.removeprefix(_DEFINITIONS)
    return renamed


def _first_sentence(text: str) -> str:
    return re.split(r"(?<=[.!?])\s", text, maxsplit=1)[0][:120]
