"""Which members a record can have, where its schema leaves no room for others."""

from __future__ import annotations

from collections.abc import Mapping

from adapters.contract import JsonSchema
from gateway.catalogue.members import resolved

_ALTERNATIVES = ("oneOf", "anyOf")


def closed_members(schema: JsonSchema) -> Mapping[str, JsonSchema] | None:
    """All members that an object by this schema can have, with self-contained schemas; None where it may have
    others, or may be something else than an object whose members are read.

    Null beside an object is no member of anything, and is passed over.
    """
    return _members(schema, schema, 0)


def _members(schema: JsonSchema, root: JsonSchema, level: int) -> Mapping[str, JsonSchema] | None:
    own = resolved(schema, root)
    if level > 20 or "allOf" in own or "patternProperties" in own:
        return None
    properties = own.get("properties")
    if own.get("additionalProperties") is False and isinstance(properties, dict):
        definitions = root.get("$defs")
        return {
            name: {**inner, "$defs": definitions} if definitions else inner
            for name, inner in properties.items()
            if isinstance(inner, dict)
        }
    found: dict[str, JsonSchema] = {}
    branches = [branch for key in _ALTERNATIVES for branch in _list(own.get(key))]
    for branch in branches:
        if isinstance(branch, dict) and resolved(branch, root).get("type") == "null":
            continue
        inner = _members(branch, root, level + 1) if isinstance(branch, dict) else None
        if inner is None:
            return None
        # The same name in two alternatives may be two things: nothing is said of what is inside it.
        found.update({name: {} if found.get(name, each) != each else each for name, each in inner.items()})
    return found if branches else None


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []
