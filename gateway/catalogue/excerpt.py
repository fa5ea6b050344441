"""A small part of a large value, so that saying what is wrong with it takes bounded time and memory.

The validator says quickly whether a value is valid, however large it is. Its complaints cost about 0.1 ms and
a few kilobytes each and are all collected before the first is told: two megabytes of wrong items held the
event loop for a minute.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from adapters.contract import JsonValue
from gateway.catalogue.explanations import pointer

MAX_ITEMS = 100
"""Items of one list that are looked at together."""
MAX_MEMBERS = 1000
"""Members of one object that are looked at."""
_MAX_NODES = 5000
_MAX_WINDOWS = 10_000

Path = tuple[str | int, ...]


class TooManyMembers(Exception):
    """An object is too large to look at."""

    def __init__(self, path: Path, count: int) -> None:
        super().__init__(count)
        self.path = path
        self.count = count


@dataclass(slots=True)
class Excerpt:
    """The beginning of a value. `cut` holds the lists of which only a part is in `value`, with their lengths;
    items of the list at `window` begin with the one numbered `start`."""

    value: JsonValue
    cut: dict[Path, int]
    window: Path | None = None
    start: int = 0

    def place(self, within: str) -> str:
        """A JSON pointer into the whole value, from one into the excerpt."""
        prefix = None if self.window is None else pointer(self.window) + "/"
        if prefix is None or not within.startswith(prefix):
            return within
        index, slash, rest = within[len(prefix) :].partition("/")
        return f"{prefix}{int(index) + self.start}{slash}{rest}"


@dataclass(slots=True)
class _Cutter:
    window: Path | None = None
    start: int = 0
    nodes: int = 0
    cut: dict[Path, int] = field(default_factory=dict)

    def take(self, value: JsonValue, path: Path) -> JsonValue:
        self.nodes += 1
        if isinstance(value, dict):
            if len(value) > MAX_MEMBERS:
                raise TooManyMembers(path, len(value))
            return {key: self.take(item, (*path, key)) for key, item in value.items()}
        if isinstance(value, list):
            return self._items(value, path)
        return value

    def _items(self, value: list[JsonValue], path: Path) -> list[JsonValue]:
        start = self.start if path == self.window else 0
        taken: list[JsonValue] = []
        for index, item in enumerate(value[start : start + MAX_ITEMS]):
            if taken and self.nodes > _MAX_NODES:
                break
            taken.append(self.take(item, (*path, index)))
        if len(taken) < len(value):
            self.cut[path] = len(value)
        return taken


def excerpts(value: JsonValue) -> Iterator[Excerpt]:
    """The beginning of the value, then, if its longest list was cut, windows further on in that list.

    Raises: TooManyMembers.
    """
    cutter = _Cutter()
    first = Excerpt(cutter.take(value, ()), cutter.cut)
    yield first
    if not first.cut:
        return
    longest = max(first.cut, key=lambda path: first.cut[path])
    for start in range(MAX_ITEMS, min(first.cut[longest], MAX_ITEMS * _MAX_WINDOWS), MAX_ITEMS):
        cutter = _Cutter(longest, start)
        yield Excerpt(cutter.take(value, ()), cutter.cut, longest, start)
