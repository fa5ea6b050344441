"""`routes/`: nicer paths for operations, below /api."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Annotated

from pydantic import AfterValidator, Field

from adapters.settings import Settings
from gateway.config.configuration import Method, Route
from gateway.config.operation_name import OperationName
from gateway.config.origin import Origin
from gateway.config.problems import Problem, printable
from gateway.config.suggest import allowed, listing, suggestion

RESERVED_PREFIXES = ("api", "flows", "messages", "rpc")
"""First segments below /api that belong to the gateway itself, and so are no names of systems either."""

_MAX_PATH = 500
_LITERAL = re.compile(r"[A-Za-z0-9._~-]+")
_VARIABLE = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]{0,63})\}")
_SOURCE = re.compile(r"body|(body|path|query)\.[A-Za-z_][A-Za-z0-9_.-]{0,199}")
_METHODS: tuple[Method, ...] = ("GET", "POST", "PUT", "PATCH", "DELETE")


def _source(value: str) -> str:
    if not _SOURCE.fullmatch(value):
        raise ValueError("must be path.NAME, query.NAME, body or body.NAME")
    return value


class RouteSettings(Settings):
    """What a method of a path calls."""

    call: OperationName
    """The operation, SYSTEM.OPERATION, such as erp.GetOrder or warehouse.payments.insert."""

    parameters: Annotated[
        dict[
            Annotated[str, Field(min_length=1, max_length=200)],
            Annotated[str, Field(max_length=210), AfterValidator(_source)],
        ],
        Field(alias="with", default_factory=dict, max_length=200),
    ]
    """Where each of the operation's parameters comes from: path.NAME, query.NAME, body or body.NAME.
    Without it, they come from the path and the query by their own names, and the body is the body."""

    faults: Annotated[
        dict[Annotated[str, Field(min_length=1, max_length=200)], Annotated[int, Field(ge=400, le=599)]],
        Field(default_factory=dict, max_length=200),
    ]
    """The HTTP status for a code with which the system refuses, such as OrderNotFound: 404."""


class PathSettings(Settings):
    """The methods of one path."""

    get: RouteSettings | None = None
    """What GET calls; only operations that change nothing."""

    post: RouteSettings | None = None
    """What POST calls."""

    put: RouteSettings | None = None
    """What PUT calls."""

    patch: RouteSettings | None = None
    """What PATCH calls."""

    delete: RouteSettings | None = None
    """What DELETE calls."""


def path_problem(path: str) -> str | None:
    """What is wrong with a path's form, None when nothing is."""
    if not path.startswith("/") or path == "/":
        return "a path starts with / and has at least one segment, such as /orders/{orderId}"
    if len(path) > _MAX_PATH:
        return f"a path has at most {_MAX_PATH} characters"
    segments = path[1:].split("/")
    for segment in segments:
        if segment in ("", ".", ".."):
            return "a path has no empty segments, no segment . or .. and no / at its end"
        if not _LITERAL.fullmatch(segment) and not _VARIABLE.fullmatch(segment):
            return (
                f'the segment "{printable(segment)}" is not allowed; '
                "allowed: letters, digits and . _ ~ -, or {name} as a whole segment"
            )
    if segments[0] in RESERVED_PREFIXES:
        reason = "paths are below /api already" if segments[0] == "api" else "it belongs to the gateway"
        return f"may not begin with /{segments[0]}: {reason}"
    names = variables(path)
    if len(set(names)) < len(names):
        return f"each name once; found: {listing(names)}"
    return None


def variables(path: str) -> list[str]:
    """The names in braces, in order."""
    return _VARIABLE.findall(path)


def shape(path: str) -> str:
    """The path with its names left out; two paths of the same shape match the same requests."""
    return _VARIABLE.sub("{}", path)


def routes_of(path: str, settings: PathSettings, origin: Origin) -> Iterator[Route]:
    """The routes of one path, one for each method it has. `origin` is the path's."""
    for method in _METHODS:
        found: RouteSettings | None = getattr(settings, method.lower())
        if found is not None:
            below = origin.below(method.lower())
            yield Route(path, method, found.call, found.parameters, found.faults, below)


def unknown_system(route: Route, systems: Collection[str]) -> Iterator[Problem]:
    """The problem when a route calls a system that is not configured."""
    name = route.call.partition(".")[0]
    if name not in systems:
        near = suggestion(name, systems)
        message = f'there is no system "{printable(name)}"; {near}there are: {allowed(systems)}'
        yield route.origin.problem(("call",), message)


def source_problems(route: Route) -> Iterator[Problem]:
    """Sources of parameters that name something the path does not have."""
    names = variables(route.path)
    for parameter, source in route.parameters.items():
        place, _, name = source.partition(".")
        if place == "path" and name not in names:
            known = listing([f"path.{each}" for each in names]) or "none, the path has no {name}"
            near = suggestion(name, names)
            message = f'"{printable(name)}" is not in the path {route.path}; {near}allowed: {known}'
            yield route.origin.problem(("with", parameter), message)
    taken = {source for source in route.parameters.values() if source.startswith("path.")}
    if route.parameters:
        for name in names:
            if f"path.{name}" not in taken:
                message = f"{{{name}}} of the path is not used; give it to a parameter: path.{name}"
                yield route.origin.problem(("with",), message, at_key=True)


def colliding(routes: Mapping[tuple[str, Method], Route], route: Route) -> Problem | None:
    """The problem when an earlier route answers the same requests."""
    earlier = routes.get((shape(route.path), route.method))
    if earlier is None:
        return None
    where = f"{earlier.origin.file}:{earlier.origin.line}:{earlier.origin.column}"
    message = f"{route.method} {route.path} is the same as {earlier.path} at {where}; allowed: each once"
    return route.origin.problem((), message, at_key=True)
