"""The route table: compiled once, looked up per request. A literal segment beats a parameter, a parameter
beats a rest (`{name+}`), from left to right."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar


class Routed(Protocol):
    """What can be put into a table."""

    @property
    def method(self) -> str:
        """GET, POST, …"""

    @property
    def path(self) -> str:
        """With `{name}` and `{name+}`."""


R = TypeVar("R", bound=Routed)


@dataclass(slots=True)
class Place(Generic[R]):
    """What is at one path: for each method, the endpoints that share it."""

    template: str
    methods: dict[str, list[R]] = field(default_factory=dict)

    @property
    def allow(self) -> str:
        """The `Allow` header."""
        allowed = set(self.methods) | {"OPTIONS"} | ({"HEAD"} if "GET" in self.methods else set())
        return ", ".join(sorted(allowed))


@dataclass(slots=True)
class _Node(Generic[R]):
    literals: dict[str, _Node[R]] = field(default_factory=dict)
    parameter: _Node[R] | None = None
    rest: Place[R] | None = None
    place: Place[R] | None = None


class RouteTable(Generic[R]):
    """Endpoints by path."""

    def __init__(self, endpoints: Iterable[R]) -> None:
        self._root: _Node[R] = _Node()
        self._static: dict[str, Place[R]] = {}
        for endpoint in endpoints:
            self._add(endpoint)

    def static(self, path: str) -> Place[R] | None:
        """The place at a path without parameters, as written. The short way."""
        return self._static.get(path)

    def find(self, segments: list[str]) -> tuple[Place[R], list[str]] | None:
        """The place that decoded segments lead to, and the values of its parameters in order."""
        return _find(self._root, segments, 0, [])

    def _add(self, endpoint: R) -> None:
        node = self._root
        place: Place[R] | None = None
        for step in endpoint.path[1:].split("/"):
            if not step.startswith("{"):
                node = node.literals.setdefault(step, _Node())
                continue
            if step.endswith("+}"):
                place = node.rest = node.rest or Place(endpoint.path)
                break
            if node.parameter is None:
                node.parameter = _Node()
            node = node.parameter
        if place is None:
            place = node.place = node.place or Place(endpoint.path)
        if "{" not in endpoint.path:
            self._static[endpoint.path] = place
        place.methods.setdefault(endpoint.method, []).append(endpoint)


def _find(
    node: _Node[R], segments: list[str], at: int, values: list[str]
) -> tuple[Place[R], list[str]] | None:
    if at == len(segments):
        return (node.place, values) if node.place is not None else None
    segment = segments[at]
    literal = node.literals.get(segment)
    if literal is not None and (found := _find(literal, segments, at + 1, values)):
        return found
    if not segment:
        return None
    if node.parameter is not None and (found := _find(node.parameter, segments, at + 1, [*values, segment])):
        return found
    if node.rest is not None and all(segments[at:]):
        return node.rest, [*values, "/".join(segments[at:])]
    return None
