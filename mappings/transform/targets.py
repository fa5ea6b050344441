"""Target names: where in the result a value goes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TypeAlias

from mappings.contract import JsonValue

Path: TypeAlias = tuple[str, ...]
MAX_STEPS = 32
_STEP = re.compile(r"`([^`]+)`|([^.`]+)")


def parse_target(text: str) -> Path:
    """The steps of `customer.name`; a name with a dot in it is back-quoted: `` `a.b`.c ``.

    Raises: ValueError.
    """
    steps: list[str] = []
    at = 0
    while True:
        found = _STEP.match(text, at)
        if found is None:
            raise ValueError("is no target; allowed are names with dots between them, such as customer.name")
        steps.append(found[1] or found[2])
        at = found.end()
        if at == len(text):
            break
        if text[at] != ".":
            raise ValueError("is no target; after a back-quoted name a dot or the end must follow")
        at += 1
    if len(steps) > MAX_STEPS:
        raise ValueError(f"has more than {MAX_STEPS} steps")
    return tuple(steps)


def collisions(paths: Iterable[Path]) -> list[str]:
    """What is wrong with targets that are to stand together: one twice, or one inside another."""
    problems: list[str] = []
    taken: dict[Path, Path] = {}
    whole: set[Path] = set()
    for path in paths:
        shown = ".".join(path)
        if path in whole:
            problems.append(f"{shown}: this target is there twice")
        elif path in taken:
            problems.append(f"{shown}: the target {'.'.join(taken[path])} lies inside it")
        inside = next((path[:end] for end in range(1, len(path)) if path[:end] in whole), None)
        if inside is not None:
            problems.append(
                f"{shown}: lies inside the target {'.'.join(inside)}, which is a value of its own"
            )
        whole.add(path)
        for end in range(1, len(path)):
            taken.setdefault(path[:end], path)
    return problems


def put(result: dict[str, JsonValue], path: Path, value: JsonValue) -> None:
    """Set the member at a path, making the objects on the way; targets do not collide."""
    inside = result
    for step in path[:-1]:
        below = inside.setdefault(step, {})
        assert isinstance(below, dict)
        inside = below
    inside[path[-1]] = value


def get(record: Mapping[str, JsonValue], path: Path) -> tuple[bool, JsonValue]:
    """Whether the member at a path is there, and its value."""
    value: JsonValue = dict(record) if not isinstance(record, dict) else record
    for step in path:
        if not isinstance(value, dict) or step not in value:
            return False, None
        value = value[step]
    return True, value
