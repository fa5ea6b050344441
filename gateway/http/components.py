"""JSON Schemas of operations as components of one OpenAPI document.

Each operation's schema is self-contained, with its own `$defs`. Those move to `components/schemas` under the
system's name; equal ones are shared, different ones of the same name get a number.
"""

from __future__ import annotations

import re

from adapters.contract import JsonSchema, JsonValue
from mappings import json

_PREFIX = "#/$defs/"
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]")
# Keywords whose members are names of the caller's, so that a member called `$ref` there is none.
_NAMED = ("properties", "patternProperties", "$defs", "dependentSchemas")
_VALUES = ("const", "enum", "default", "examples", "example")


class Components:
    """The schemas collected so far."""

    def __init__(self) -> None:
        self.schemas: dict[str, JsonSchema] = {}
        self._names: dict[tuple[str, str, bytes], str] = {}

    def adopt(self, system: str, schema: JsonSchema) -> JsonSchema:
        """The schema with its `$defs` moved to the components."""
        definitions = schema.get("$defs")
        if not isinstance(definitions, dict) or not definitions:
            return {key: value for key, value in schema.items() if key != "$schema"}
        names = self._named(system, definitions)
        body = {key: value for key, value in schema.items() if key not in ("$defs", "$schema")}
        return _moved(body, names)

    def _named(self, system: str, definitions: dict[str, JsonValue]) -> dict[str, str]:
        """A component for each definition: `$ref` text to component name."""
        names: dict[str, str] = {}
        new: list[tuple[str, str]] = []
        for name in definitions:
            # Two definitions are the same when all that they reach is.
            reached = {inner: definitions[inner] for inner in sorted(_reachable(name, definitions))}
            key = (system, name, json.encode(reached))
            component = self._names.get(key)
            if component is None:
                component = self._free(f"{system}.{_UNSAFE.sub('_', name)}")
                self._names[key] = component
                self.schemas[component] = {}
                new.append((name, component))
            names[_PREFIX + name.replace("~", "~0").replace("/", "~1")] = component
        for name, component in new:
            definition = definitions[name]
            self.schemas[component] = _moved(definition if isinstance(definition, dict) else {}, names)
        return names

    def _free(self, wanted: str) -> str:
        name, number = wanted, 2
        while name in self.schemas:
            name, number = f"{wanted}-{number}", number + 1
        return name


def _reachable(name: str, definitions: dict[str, JsonValue]) -> set[str]:
    found: set[str] = set()
    waiting = [name]
    while waiting:
        current = waiting.pop()
        if current in found or current not in definitions:
            continue
        found.add(current)
        waiting += _references(definitions[current])
    return found


def _references(value: JsonValue) -> list[str]:
    """The names of the definitions that a schema refers to."""
    if isinstance(value, list):
        return [name for item in value for name in _references(item)]
    if not isinstance(value, dict):
        return []
    found = [name for key, item in value.items() if key not in _VALUES for name in _references(item)]
    reference = value.get("$ref")
    if isinstance(reference, str) and reference.startswith(_PREFIX):
        found.append(reference.removeprefix(_PREFIX).replace("~1", "/").replace("~0", "~"))
    return found


def _moved(schema: JsonSchema, names: dict[str, str]) -> JsonSchema:
    """The schema with its references turned to the components."""
    result: JsonSchema = {}
    for key, value in schema.items():
        if key == "$ref" and isinstance(value, str):
            result[key] = f"#/components/schemas/{names[value]}" if value in names else value
        elif key in _NAMED and isinstance(value, dict):
            result[key] = {name: _moved_value(inner, names) for name, inner in value.items()}
        elif key in _VALUES:
            result[key] = value
        else:
            result[key] = _moved_value(value, names)
    return result


def _moved_value(value: JsonValue, names: dict[str, str]) -> JsonValue:
    if isinstance(value, dict):
        return _moved(value, names)
    if isinstance(value, list):
        return [_moved_value(item, names) for item in value]
    return value
