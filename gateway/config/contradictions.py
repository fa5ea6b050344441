"""What a definition's check says, placed where it was written."""

from __future__ import annotations

import re

from gateway.config.document import Node
from gateway.config.origin import Origin, child
from gateway.config.problems import KeyPath, Problem

# A key that the file may not have: its absence, or its default, is what is wrong.
_KEY = re.compile(r"[a-z_]+")


def contradictions(origin: Origin, reasons: str) -> list[Problem]:
    """The problems that reasons, one a line, tell of. A reason begins with the path of the key that is at
    fault, `fields.amount.scale: is …`; one that begins otherwise is about all of it."""
    problems = []
    for reason in reasons.splitlines():
        path, separator, message = reason.partition(": ")
        found = _path(origin.node, path.split(".")) if separator else None
        problems.append(origin.problem((), reason) if found is None else origin.problem(found, message))
    return problems


def _path(node: Node, parts: list[str]) -> KeyPath | None:
    """The key path below a node, where there is one. Names of fields may have dots in them."""
    if not parts:
        return ()
    for count in range(len(parts), 0, -1):
        name = ".".join(parts[:count])
        key = int(name) if isinstance(node.value, tuple) and name.isdecimal() else name
        entry = child(node, key)
        below = None if entry is None else _path(entry.node, parts[count:])
        if below is not None:
            return (key, *below)
    return (parts[0],) if len(parts) == 1 and _KEY.fullmatch(parts[0]) else None
