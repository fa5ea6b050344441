"""Configured routes: nicer paths for operations, compiled to endpoints.

`with:` says what goes where: the key is a parameter of the operation, a member of its body, or `body` for the
whole; the value is `path.NAME`, `query.NAME`, `body` or `body.NAME…`. Members that come from the path or the
query are laid over the caller's body where no key names the body's parts. Without `with:`, path parameters
go to what has the same name, and the rest of the request goes where the automatic path would send it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from adapters.contract import BytesShape, JsonSchema, JsonShape, Parameter
from gateway.catalogue.endpoint import Endpoint, Input, body_without, from_member, from_members
from gateway.catalogue.entry import Entry
from gateway.catalogue.members import item_schema, members, required_members
from gateway.config import Problem, Route
from gateway.config.suggest import allowed, did_you_mean, near_miss

_PATH_PARAMETER = re.compile(r"\{([^{}+]+)\+?\}")
_WITH_BODY = ("POST", "PUT", "PATCH")


@dataclass(frozen=True, slots=True)
class Source:
    """Where a value comes from: a path parameter, a query parameter, or a place in the caller's body."""

    kind: Literal["path", "query", "body"]
    steps: tuple[str, ...]


def path_parameters(path: str) -> list[str]:
    """The names in a path template, in order."""
    return _PATH_PARAMETER.findall(path)


def parse_source(text: str) -> Source:
    """Read `path.x`, `query.x`, `body` or `body.x.y`.

    Raises: ValueError saying what is allowed.
    """
    kind, _, rest = text.partition(".")
    if kind in ("path", "query") and rest:
        return Source("path" if kind == "path" else "query", (rest,))
    if kind == "body" and (text == kind or all(rest.split("."))):
        return Source("body", tuple(rest.split(".")) if rest else ())
    raise ValueError(f"{text!r} is no source of a value; allowed: path.NAME, query.NAME, body, body.NAME")


def compile_route(route: Route, entry: Entry) -> tuple[Endpoint | None, list[Problem]]:
    """The endpoint of a route, or everything that is wrong with it.

    That its sources exist in its path, and its path parameters are used, was checked when it was read.
    """
    wiring = _Wiring(route, entry)
    problems = [*wiring.problems(), *_bad_faults(route, entry)]
    return (None, problems) if problems else (wiring.endpoint(), [])


def _bad_faults(route: Route, entry: Entry) -> Iterator[Problem]:
    """Codes that look like a slip of a declared fault's. Others may be undeclared ones, which is allowed."""
    declared = [fault.code for fault in entry.operation.faults]
    for code in route.faults:
        if code not in declared and (meant := near_miss(code, declared)):
            yield route.origin.problem(
                ("faults", code), f"{entry.name} declares no fault {code}; did you mean {meant}?", at_key=True
            )


class _Wiring:
    """The connections between one route's request and one operation's."""

    def __init__(self, route: Route, entry: Entry) -> None:
        self.route = route
        self.entry = entry
        operation = entry.operation
        self.parameters = {parameter.name: parameter for parameter in operation.parameters}
        request = operation.request
        self.schema: JsonSchema | None = request.schema if isinstance(request, JsonShape) else None
        self.members = members(self.schema) if self.schema is not None else {}
        self.required = required_members(self.schema) if self.schema is not None else frozenset()
        self.sources = {target: parse_source(text) for target, text in route.parameters.items()}
        if not route.parameters:
            self.sources = {name: Source("path", (name,)) for name in path_parameters(route.path)}
        # The pieces of the caller's body that are named one by one.
        self.built = {target: source for target, source in self.sources.items() if source.kind == "body"}

    def problems(self) -> Iterator[Problem]:
        """What does not fit together."""
        known = [*self.parameters, *self.members, *(["body"] if self.entry.operation.request else [])]
        unknown = [target for target in self.sources if target not in known]
        for target in unknown:
            place = ("with", target) if self.route.parameters else ()
            hint = did_you_mean(target, known)
            message = f"{self.entry.name} takes no {target}{hint}; it takes: {allowed(known)}"
            yield self.route.origin.problem(place, message, at_key=True)
        if self.route.method == "GET" and not self.entry.operation.safe:
            yield self.route.origin.problem(
                ("call",), f"{self.entry.name} changes something and may not be called by GET; use POST"
            )
        if not unknown:  # what is missing was probably meant
            yield from self._unfilled()

    def _unfilled(self) -> Iterator[Problem]:
        """What the operation needs and nothing provides."""
        for name, parameter in self.parameters.items():
            needed = parameter.location == "path" or (parameter.required and self.route.parameters)
            if needed and name not in self.sources:
                yield self.route.origin.problem(("with",), f"{self.entry.name} needs {name}; add it here")
        if self.schema is not None and not self._whole_body() and "body" not in self.sources:
            for name in sorted(self.required - set(self.sources) - set(self._by_name())):
                yield self.route.origin.problem(("with",), f"{self.entry.name} needs {name}; add it here")

    def _whole_body(self) -> bool:
        """True when the caller's body is the operation's body, give or take members from path and query."""
        return (
            self.entry.operation.request is not None
            and self.route.method in _WITH_BODY
            and (not self.built or self.built == {"body": Source("body", ())})
        )

    def endpoint(self) -> Endpoint:
        """The compiled route."""
        inputs = tuple(self._inputs())
        whole = self._whole_body()
        filled = frozenset(item.target for item in inputs if item.member)
        if whole and isinstance(self.entry.operation.request, BytesShape):
            body_schema = self.entry.request_schema
        elif whole and self.entry.request_schema is not None:
            body_schema = body_without(self.entry.request_schema, filled)
        else:
            body_schema = self._built_schema() if self.built else None
        return Endpoint(
            method=self.route.method,
            path=f"/api{self.route.path}",
            system=self.entry.system,
            entry=self.entry,
            inputs=inputs,
            takes_body=whole or bool(self.built),
            body_schema=body_schema,
            built=()
            if whole
            else tuple(
                ("" if self._is_whole(target) else target, source.steps)
                for target, source in self.built.items()
            ),
            faults=dict(self.route.faults),
            automatic=False,
        )

    def _is_whole(self, target: str) -> bool:
        return target == "body" and "body" not in self.members and "body" not in self.parameters

    def _inputs(self) -> Iterator[Input]:
        for target, source in self.sources.items():
            if source.kind == "body":
                continue
            name = source.steps[0]
            if target in self.parameters:
                yield _renamed(self.parameters[target], name, source.kind)
            else:
                yield from_member(
                    name, source.kind, target, self.members[target], required=target in self.required
                )
        if not self.route.parameters:
            # No `with:`: the query string goes where it goes on the automatic path.
            for parameter in self.parameters.values():
                if parameter.location == "query" and parameter.name not in self.sources:
                    yield _renamed(parameter, parameter.name, "query")
            yield from self._by_name().values()

    def _by_name(self) -> dict[str, Input]:
        """Members of the body that the query string fills by their own names: without `with:`, where a
        request has no body."""
        if self.route.parameters or self.schema is None or self._whole_body():
            return {}
        taken = {*self.sources, *self.parameters}
        return {item.name: item for item in from_members(self.schema) if item.name not in taken}

    def _built_schema(self) -> JsonSchema:
        """What the caller's body must look like so that its named pieces fit."""
        root: JsonSchema = {}
        for target, source in self.built.items():
            if self._is_whole(target):
                piece = self.schema or {}
                needed = True
            else:
                piece, needed = self.members[target], target in self.required
            if not source.steps:
                root = piece
            else:
                _put(root, source.steps, piece, needed=needed)
        definitions = (self.schema or {}).get("$defs")
        return {**root, "$defs": definitions} if definitions else root


def _put(root: JsonSchema, steps: tuple[str, ...], piece: JsonSchema, *, needed: bool) -> None:
    """Lay a piece at a path of object members."""
    place = root
    for step in steps:
        place.setdefault("type", "object")
        place.setdefault("additionalProperties", False)
        properties = place.setdefault("properties", {})
        required = place.setdefault("required", [])
        if needed and isinstance(required, list) and step not in required:
            required.append(step)
        if not isinstance(properties, dict):
            return
        inner = properties.setdefault(step, {})
        if not isinstance(inner, dict):
            return
        place = inner
    place.update({key: value for key, value in piece.items() if key != "$defs"})


def _renamed(parameter: Parameter, name: str, location: Literal["path", "query"]) -> Input:
    return Input(
        name=name,
        location=location,
        schema=(item_schema(parameter.schema) or parameter.schema)
        if parameter.repeated
        else parameter.schema,
        description=parameter.description,
        required=parameter.required or location == "path",
        repeated=parameter.repeated and location == "query",
        target=parameter.name,
        member=False,
    )
