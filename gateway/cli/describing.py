"""`gateway schema` and `gateway openapi`: the configuration's own shape, and what it offers."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import msgspec
import typer
from pydantic import TypeAdapter

from adapters import registry
from adapters.settings import SystemSettings
from gateway.catalogue import Catalogue
from gateway.cli.connecting import connected, one_off
from gateway.cli.failure import INPUT, UNREACHABLE, USAGE, Failure
from gateway.cli.loading import load_or_refuse
from gateway.cli.reporting import print_json, refuse
from gateway.config import FlowSettings, GatewaySettings, PathSettings
from gateway.config.suggest import listing, suggestion
from gateway.http import openapi_document
from gateway.security.principal import SYSTEM_PATTERN
from gateway.telemetry import configure
from mappings import json
from mappings.formats import FormatDefinition
from mappings.transform import TransformDefinition

DIALECT = "https://json-schema.org/draft/2020-12/schema"

KINDS = ("gateway", "system", "mapping", "route", "flow")


def schema(kind: str | None, adapter: str | None) -> int:
    """Print the schema of one kind of file, of one adapter's settings, or of all files by kind."""
    if kind is not None and kind not in KINDS:
        message = f"there is no kind of file {kind}; {suggestion(kind, KINDS)}there are: {listing(KINDS)}"
        raise Failure(message, USAGE)
    if adapter is not None and kind != "system":
        raise Failure("an adapter is named only after `system`: gateway schema system soap", USAGE)
    if kind == "system" and adapter is not None:
        print_json({"$schema": DIALECT, **_system(adapter)})
    elif kind is not None:
        print_json({"$schema": DIALECT, **file_schema(kind)})
    else:
        print_json({each: file_schema(each) for each in KINDS})
    return 0


def openapi(directory: Path, output: Path | None, connect: bool) -> int:
    """Print or write the OpenAPI document of what the configuration offers."""
    configure("error", "console")
    configuration = load_or_refuse(directory)
    catalogue = one_off(configuration)
    problems = catalogue.check()
    if problems:
        refuse(problems)
        return INPUT
    if connect:
        asyncio.run(_connect(catalogue))
    left_out = [system for system in catalogue.systems.values() if not system.described]
    for system in left_out:
        reason = f"unreachable: {system.reason}" if connect else "described when connected; use --connect"
        typer.echo(f"warning: {system.name} is left out: {reason}", err=True)
    text = msgspec.json.format(json.encode(openapi_document(configuration, catalogue)), indent=2)
    if output is None:
        typer.echo(text)
    else:
        output.write_bytes(text + b"\n")
    return UNREACHABLE if connect and left_out else 0


async def _connect(catalogue: Catalogue) -> None:
    async with connected(catalogue):
        return


def file_schema(kind: str) -> dict[str, Any]:
    """The JSON Schema (2020-12) of a file: `gateway`, `system`, `mapping`, `route` or `flow`."""
    if kind == "gateway":
        return _or_reference(_of(GatewaySettings))
    if kind == "system":
        return _systems()
    if kind == "mapping":
        return _by_key("Mappings by name", _of(FormatDefinition | TransformDefinition), None)
    if kind == "flow":
        return _by_key("Flows by name", _of(FlowSettings), None)
    return _by_key("Routes by path, below /api", _of(PathSettings), "^/")


def _of(annotation: Any) -> dict[str, Any]:
    return TypeAdapter(annotation).json_schema(by_alias=True)


def _system(name: str) -> dict[str, Any]:
    try:
        settings = registry.load(name).settings
    except registry.UnknownAdapter as error:
        names = registry.names()
        near = suggestion(name, names)
        raise Failure(f"there is no adapter {name}; {near}there are: {listing(names)}", USAGE) from error
    except registry.AdapterNotInstalled as error:
        raise Failure(str(error)) from error
    return _named(name, settings)


def _named(name: str, settings: type[SystemSettings]) -> dict[str, Any]:
    found = _or_reference(_of(settings))
    found["properties"]["adapter"] = {**found["properties"]["adapter"], "const": name}
    return found


def _systems() -> dict[str, Any]:
    """All installed adapters; the key `adapter` chooses among them, which is what editors go by."""
    definitions: dict[str, Any] = {}
    choices = []
    for name in registry.names():
        try:
            one = _named(name, registry.load(name).settings)
        except registry.AdapterNotInstalled:
            continue
        own = one.pop("$defs", {})
        definitions.update({f"{name}.{key}": _renamed(value, name) for key, value in own.items()})
        choices.append({"if": _is_adapter(name), "then": _renamed(one, name)})
    inner = {
        "type": "object",
        "required": ["adapter"],
        "properties": {"adapter": {"enum": list(registry.names())}},
        "allOf": choices,
        "$defs": definitions,
    }
    return _by_key("Systems by name", inner, f"^{SYSTEM_PATTERN}$")


def _is_adapter(name: str) -> dict[str, Any]:
    return {"properties": {"adapter": {"const": name}}, "required": ["adapter"]}


def _renamed(value: Any, prefix: str) -> Any:
    """The same schema with its definitions under names of their own: several adapters have TlsSettings."""
    if isinstance(value, list):
        return [_renamed(item, prefix) for item in value]
    if not isinstance(value, dict):
        return value
    renamed = {}
    for key, item in value.items():
        if key == "$ref" and isinstance(item, str):
            renamed[key] = item.replace("#/$defs/", f"#/$defs/{prefix}.")
        else:
            renamed[key] = _renamed(item, prefix)
    return renamed


_REFERENCE = {"type": "string", "pattern": r"^\$\{(env|file):[^{}]+\}$"}
_CONSTRAINTS = (
    "type",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "enum",
    "const",
)


def _or_reference(schema: dict[str, Any]) -> dict[str, Any]:
    """The same schema, where a number or a truth value may also be a reference to one."""
    if schema.get("type") in ("integer", "number", "boolean"):
        own = {key: value for key, value in schema.items() if key in _CONSTRAINTS}
        about = {key: value for key, value in schema.items() if key not in _CONSTRAINTS}
        return {**about, "anyOf": [own, _REFERENCE]}
    return {key: _or_references(value) for key, value in schema.items()}


def _or_references(value: Any) -> Any:
    if isinstance(value, list):
        return [_or_references(item) for item in value]
    return _or_reference(value) if isinstance(value, dict) else value


def _by_key(title: str, inner: dict[str, Any], names: str | None) -> dict[str, Any]:
    definitions = inner.pop("$defs", {})
    whole: dict[str, Any] = {"title": title, "type": "object", "additionalProperties": inner}
    if names is not None:
        whole["propertyNames"] = {"pattern": names}
    return {**whole, "$defs": definitions}
