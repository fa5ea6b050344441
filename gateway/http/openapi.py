"""The OpenAPI 3.1 document of everything the gateway offers.

Source: OpenAPI Specification 3.1.1.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from urllib.parse import quote

from adapters.contract import BytesShape, Fault, JsonSchema, JsonValue, Result
from gateway import __version__
from gateway.catalogue import Catalogue, Endpoint, Input
from gateway.catalogue.entry import one_or_many
from gateway.config import Configuration
from gateway.http.components import Components
from gateway.http.examples import as_text, example
from gateway.http.negotiate import JSON, NDJSON
from gateway.http.openapi_own import (
    accepted_response,
    header_parameters,
    own_paths,
    own_schemas,
    own_tags,
    shown_example,
)
from gateway.http.openapi_problems import CORRELATION, PROBLEM, problem_responses
from gateway.http.operator import is_deferrable
from gateway.http.own_operations import own_operations
from gateway.http.problems import CONTENT_TYPE
from gateway.http.read import ANY_TYPE as _OCTETS
from gateway.http.read import supported_types
from gateway.http.reply import Form, offers, status_of, wire_name
from mappings import json

_DESCRIPTION = """\
One REST API in front of several systems. Numbers have all their digits; read them with a decimal type (a key
can be made with `numbers: string` to get every number as a string). Errors are problem details (RFC 9457)
whose `type` explains itself at that path; `outcome` says what became of a failed write (`not_sent`,
`rejected` or `unknown`), and of a failed read only `not_sent`."""

_DONE = {
    Result.DONE: "Done.",
    Result.CREATED: "Created.",
    Result.ACCEPTED: "Handed over. The system does not say what comes of it.",
}
_COMMON = ("400", "401", "403", "404", "406", "502", "503", "504")
_WITH_BODY = ("413", "415", "422")
_OF_WRITES = ("409", "422")


class OpenApi:
    """The document as bytes, made anew when what is offered changes."""

    def __init__(self, configuration: Configuration, catalogue: Catalogue) -> None:
        self._configuration = configuration
        self._catalogue = catalogue
        self._body = self._built()

    def body(self) -> bytes:
        """The document, UTF-8."""
        return self._body

    async def refresh(self) -> None:
        """Make it anew, in a thread: a large contract takes a while."""
        self._body = await asyncio.to_thread(self._built)

    def _built(self) -> bytes:
        return json.encode(document(self._configuration, self._catalogue))


def document(configuration: Configuration, catalogue: Catalogue) -> dict[str, JsonValue]:
    """The OpenAPI document of all systems that have described themselves, and the routes to them."""
    builder = _Builder(configuration, catalogue)
    paths = builder.paths()
    waiting: list[JsonValue] = [system.name for system in catalogue.systems.values() if not system.described]
    note = f"\n\nNot described yet, since never reached: {', '.join(map(str, waiting))}." if waiting else ""
    own = own_operations(configuration)
    schemas: dict[str, JsonValue] = {"Problem": PROBLEM, **own_schemas(), **builder.components.schemas}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Legacy Gateway", "version": __version__, "description": _DESCRIPTION + note},
        "servers": [{"url": configuration.gateway.public_url or "/"}],
        "security": [{"apiKey": []}, {"bearer": []}],
        "tags": [*builder.tags(), *own_tags(own)],
        "paths": {**paths, **own_paths(own)},
        "components": {
            "schemas": schemas,
            "responses": problem_responses(),
            "headers": {
                "CorrelationId": {
                    "schema": {"type": "string"},
                    "description": "The id that the request was sent with, or was given; the log has it.",
                }
            },
            "securitySchemes": {
                "apiKey": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
                "bearer": {"type": "http", "scheme": "bearer"},
            },
        },
    }


class _Builder:
    """Puts the paths together and collects the schemas they need."""

    def __init__(self, configuration: Configuration, catalogue: Catalogue) -> None:
        self._configuration = configuration
        self._catalogue = catalogue
        self._ids: set[str] = set()
        self._samples: dict[int, JsonValue] = {}
        self.components = Components()

    def tags(self) -> list[JsonValue]:
        return [
            {"name": system.name, "description": system.settings.description or system.adapter_type.title}
            for system in self._catalogue.systems.values()
        ]

    def paths(self) -> dict[str, JsonValue]:
        """Path items. Endpoints that share method and path become one operation with several media types."""
        by_place: dict[str, dict[str, list[Endpoint]]] = {}
        for endpoint in self._catalogue.endpoints:
            path = quote(endpoint.path.replace("+}", "}"), safe="/{}$&+,:;=@!'()*~")
            by_place.setdefault(path, {}).setdefault(endpoint.method.lower(), []).append(endpoint)
        return {
            path: {method: self._operation(endpoints) for method, endpoints in methods.items()}
            for path, methods in by_place.items()
        }

    def _operation(self, endpoints: list[Endpoint]) -> JsonValue:
        first = endpoints[0]
        operation = first.entry.operation
        described: dict[str, JsonValue] = {
            "operationId": self._id(first),
            "tags": [first.system],
            "summary": "; or ".join(found.entry.operation.summary for found in endpoints),
            "description": "\n\n".join(
                filter(None, (self._told(found, found.entry.operation.description) for found in endpoints))
            ),
            "x-scope": f"{first.system}:{first.entry.access}",
        }
        parameters = list(self._parameters(endpoints))
        if parameters:
            described["parameters"] = parameters
        if first.takes_body:
            described["requestBody"] = self._body(first)
        responses: dict[str, JsonValue] = {str(status_of(operation)): self._success(endpoints)}
        problems = _COMMON + (_WITH_BODY if first.takes_body else ()) + (() if operation.safe else _OF_WRITES)
        if any(is_deferrable(found.entry.operation) for found in endpoints):
            responses["202"] = accepted_response(responses.get("202"))
            problems += ("507",)
        responses |= {status: {"$ref": f"#/components/responses/Problem{status}"} for status in problems}
        responses |= self._faults(first)
        described["responses"] = responses
        return described

    def _id(self, endpoint: Endpoint) -> str:
        wanted = re.sub(r"[^A-Za-z0-9._-]", "_", endpoint.entry.name)
        if not endpoint.automatic or wanted in self._ids:
            wanted = (
                f"{endpoint.method.lower()}_{re.sub(r'[^A-Za-z0-9]+', '_', endpoint.path[5:]).strip('_')}"
            )
        name, number = wanted, 2
        while name in self._ids:
            name, number = f"{wanted}_{number}", number + 1
        self._ids.add(name)
        return name

    def _parameters(self, endpoints: list[Endpoint]) -> list[JsonValue]:
        found: dict[tuple[str, str], JsonValue] = {}
        for endpoint in endpoints:
            for source in endpoint.inputs:
                found.setdefault((source.location, source.name), self._parameter(endpoint, source))
        return [*found.values(), *header_parameters([endpoint.entry for endpoint in endpoints])]

    def _told(self, endpoint: Endpoint, text: str) -> str:
        """A description with protocol facts by the names that they have as headers."""
        protocol = re.escape(self._catalogue.systems[endpoint.system].adapter_type.name)
        return re.sub(rf"\b{protocol}\.[a-z]+(?:[._-][a-z]+)*", lambda found: wire_name(found[0]), text)

    def _parameter(self, endpoint: Endpoint, source: Input) -> JsonValue:
        schema = self.components.adopt(endpoint.system, source.schema)
        described: dict[str, JsonValue] = {
            "name": source.name,
            "in": source.location,
            "required": source.required,
            "schema": {"type": "array", "items": schema} if source.repeated else schema,
        }
        if source.description:
            described["description"] = self._told(endpoint, source.description)
        if source.repeated:
            described["explode"] = True
        return described

    def _body(self, endpoint: Endpoint) -> JsonValue:
        entry, schema = endpoint.entry, endpoint.body_schema
        content: dict[str, JsonValue] = {}
        sample: JsonValue = None
        if schema is not None:
            check = entry.request_check if schema is entry.request_schema else None
            sample = example(schema, check)
        for media_type in supported_types(endpoint):
            if media_type == JSON:
                shown = self.components.adopt(endpoint.system, schema) if schema is not None else {}
                content[media_type] = {"schema": shown, **shown_example(sample)}
            else:
                text = as_text(sample, media_type, entry.request_format)
                content[_OCTETS if media_type == "*/*" else media_type] = _text(media_type, text)
        return {"required": True, "content": content}

    def _success(self, endpoints: list[Endpoint]) -> JsonValue:
        operation = endpoints[0].entry.operation
        headers: dict[str, JsonValue] = dict(CORRELATION)
        if operation.result is Result.CREATED:
            headers["Location"] = {
                "schema": {"type": "string", "format": "uri-reference"},
                "description": "Where what was created is found, if it has a path.",
            }
        if operation.honours:
            headers["Preference-Applied"] = {"schema": {"type": "string"}}
        content: dict[str, JsonValue] = {}
        for endpoint in endpoints:
            for media_type, media in self._media(endpoint):
                content.setdefault(media_type, media)
        response: dict[str, JsonValue] = {"description": _DONE[operation.result], "headers": headers}
        return {**response, "content": content} if content else response

    def _media(self, endpoint: Endpoint) -> Iterator[tuple[str, JsonValue]]:
        """The forms of a reply, by media type."""
        entry, schema = endpoint.entry, endpoint.entry.reply_schema
        shape = entry.operation.reply
        shown = self.components.adopt(endpoint.system, schema) if schema is not None else {}
        sample = self._sample(schema) if schema is not None else None
        for offer in offers(entry):
            if offer.form is Form.NOTHING:
                continue
            media_type = offer.media_type
            if media_type == "*/*" and isinstance(shape, BytesShape):
                media_type = shape.content_type
            if offer.form is Form.EVENTS:
                yield media_type, _events(shown, sample, is_json=schema is not None)
            elif offer.form in (Form.ARRAY, Form.RECORD_ARRAY):
                many: JsonSchema = {"type": "array", "items": shown}
                yield media_type, {"schema": many, **shown_example([sample] if sample is not None else None)}
            elif offer.form is Form.JSON_TEXT:
                yield media_type, {"schema": one_or_many(shown), **shown_example(sample)}
            elif offer.form is Form.VALUE:
                yield media_type, {"schema": shown, **shown_example(sample)}
            else:
                yield media_type, _text(media_type, as_text(sample, media_type, entry.reply_format))

    def _sample(self, schema: JsonSchema) -> JsonValue:
        """An example of a reply; several operations and routes have the same."""
        if id(schema) not in self._samples:
            self._samples[id(schema)] = example(schema, whole=True)
        return self._samples[id(schema)]

    def _faults(self, endpoint: Endpoint) -> dict[str, JsonValue]:
        """Declared faults by the status they are answered with."""
        by_status: dict[int, list[Fault]] = {}
        for fault in endpoint.entry.operation.faults:
            by_status.setdefault(endpoint.faults.get(fault.code, 422), []).append(fault)
        return {
            str(status): {
                "description": "; or ".join(fault.description or fault.code for fault in faults),
                "content": {CONTENT_TYPE: {"schema": self._fault_schema(endpoint.system, faults)}},
            }
            for status, faults in by_status.items()
        }

    def _fault_schema(self, system: str, faults: list[Fault]) -> JsonSchema:
        problem: JsonValue = {"$ref": "#/components/schemas/Problem"}
        typed: list[JsonValue] = [
            {
                "title": fault.code,
                "properties": {
                    "peer": {
                        "properties": {
                            "fault": {"const": fault.code},
                            "detail": self.components.adopt(system, fault.schema),
                        }
                    }
                },
            }
            for fault in faults
        ]
        return {"allOf": [problem], "anyOf": [*typed, {"title": "other problems"}]}


def _text(media_type: str, sample: str | None) -> JsonValue:
    """The media type object of what is no JSON value."""
    schema: JsonSchema = {"type": "string"}
    if media_type == NDJSON:
        schema["description"] = "One JSON value a line, each as one of application/json."
    elif not media_type.startswith("text/"):
        schema["format"] = "binary"
    return {"schema": schema, **shown_example(sample)}


def _events(shown: JsonSchema, sample: JsonValue, *, is_json: bool) -> JsonValue:
    """The media type object of events. Without a format they are text, not JSON."""
    schema: JsonSchema = {
        "type": "string",
        "description": "Server-sent events; `data` of each is the message.",
    }
    if is_json:
        schema |= {"contentMediaType": JSON, "contentSchema": shown}
    data = json.encode(sample).decode() if is_json and sample is not None else "text"
    return {"schema": schema, "example": f"id: 1\ndata: {data}\n\n"}
