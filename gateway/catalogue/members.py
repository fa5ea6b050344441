"""Looks into the schema of an object: which members it has, and what each of them may be."""

from __future__ import annotations

from collections.abc import Iterator

from adapters.contract import JsonSchema, JsonValue


def resolved(schema: JsonSchema, root: JsonSchema) -> JsonSchema:
    """The schema that a chain of `$ref` leads to, inside `root`."""
    for _ in range(20):
        reference = schema.get("$ref")
        if not isinstance(reference, str):
            return schema
        found = root
        for step in reference.removeprefix("#/").split("/") if reference != "#" else ():
            inner = found.get(step.replace("~1", "/").replace("~0", "~"))
            if not isinstance(inner, dict):
                return {}
            found = inner
        schema = found
    return {}


def members(schema: JsonSchema) -> dict[str, JsonSchema]:
    """The members of an object that have names, with self-contained schemas, also those of alternatives."""
    definitions = schema.get("$defs")
    found: dict[str, JsonSchema] = {}
    for part in _parts(schema, schema, set()):
        properties = part.get("properties")
        for name, inner in properties.items() if isinstance(properties, dict) else ():
            if isinstance(inner, dict):
                found.setdefault(name, {**inner, "$defs": definitions} if definitions else inner)
    return found


def required_members(schema: JsonSchema) -> frozenset[str]:
    """The members that the object itself, not one of its alternatives, requires."""
    names = resolved(schema, schema).get("required")
    return frozenset(str(name) for name in names) if isinstance(names, list) else frozenset()


def without(schema: JsonSchema, names: frozenset[str]) -> JsonSchema:
    """The same object without some members, which come from elsewhere."""
    definitions = schema.get("$defs")
    own = dict(resolved(schema, schema))
    properties, required = own.get("properties"), own.get("required")
    if isinstance(properties, dict):
        own["properties"] = {name: inner for name, inner in properties.items() if name not in names}
    if isinstance(required, list):
        own["required"] = [name for name in required if name not in names]
    return {**own, "$defs": definitions} if definitions else own


def types(schema: JsonSchema) -> frozenset[str]:
    """The JSON types that a self-contained schema allows, as far as it says; empty when it does not."""
    return _types(schema, schema, set())


def item_schema(schema: JsonSchema) -> JsonSchema | None:
    """The schema of an array's items, self-contained; None when it is not an array."""
    own = resolved(schema, schema)
    if "array" not in types(schema):
        return None
    items = own.get("items")
    inner: JsonSchema = items if isinstance(items, dict) else {}
    definitions = schema.get("$defs")
    return {**inner, "$defs": definitions} if definitions else inner


def _parts(schema: JsonSchema, root: JsonSchema, seen: set[int]) -> Iterator[JsonSchema]:
    """The schema and all that it combines. `seen`: those met already, since a schema may refer to itself."""
    own = resolved(schema, root)
    if id(own) in seen:
        return
    seen.add(id(own))
    yield own
    for branch in _branches(own):
        yield from _parts(branch, root, seen)


def _types(schema: JsonSchema, root: JsonSchema, seen: set[int]) -> frozenset[str]:
    own = resolved(schema, root)
    stated = own.get("type")
    if isinstance(stated, str):
        return frozenset({stated})
    if isinstance(stated, list):
        return frozenset(str(name) for name in stated)
    if "const" in own or isinstance(own.get("enum"), list):
        values = own.get("enum", [own.get("const")])
        return frozenset(_type_of(value) for value in values) if isinstance(values, list) else frozenset()
    if id(own) in seen:
        return frozenset()
    seen.add(id(own))
    found: frozenset[str] = frozenset()
    return found.union(*(_types(branch, root, seen) for branch in _branches(own)))


def _branches(own: JsonSchema) -> Iterator[JsonSchema]:
    """The schemas that one combines."""
    for keyword in ("allOf", "oneOf", "anyOf"):
        branches = own.get(keyword)
        for branch in branches if isinstance(branches, list) else ():
            if isinstance(branch, dict):
                yield branch


def _type_of(value: JsonValue) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, str):
        return "string"
    return "integer" if isinstance(value, int) else "number"
