"""`gateway check`: everything that is wrong, and what the configuration will offer."""

from __future__ import annotations

import asyncio
from pathlib import Path

import typer

from gateway.catalogue import Catalogue, State, System
from gateway.cli.connecting import connected, one_off
from gateway.cli.failure import INPUT, UNREACHABLE
from gateway.cli.reporting import as_member, load_or_refuse, print_json, refuse, warn
from gateway.config import Configuration, Problem
from gateway.telemetry import configure


def run(directory: Path, connect: bool, as_json: bool) -> int:
    """Check; with `connect` also against the systems themselves."""
    configure("error", "console")
    configuration = load_or_refuse(directory, as_json=as_json)
    catalogue, problems = asyncio.run(_checked(configuration, connect))
    if problems:
        refuse(problems, as_json=as_json)
        return INPUT
    unreachable = [
        system for system in catalogue.systems.values() if connect and system.state is not State.READY
    ]
    if as_json:
        print_json(_members(configuration, catalogue, connect))
    else:
        warn(configuration.warnings)
        for system in catalogue.systems.values():
            _show(system, connect)
        typer.echo(_summary(configuration))
    return UNREACHABLE if unreachable else 0


async def _checked(configuration: Configuration, connect: bool) -> tuple[Catalogue, list[Problem]]:
    """The catalogue, described as far as it can be, and what is wrong."""
    catalogue = one_off(configuration)
    problems = catalogue.check()
    if connect and not problems:
        async with connected(catalogue):
            # Routes to systems that describe themselves only when connected can be checked now.
            problems = catalogue.check()
    return catalogue, problems


def _show(system: System, connect: bool) -> None:
    offered = f"{len(system.entries)} operations" if system.described else "described when connected"
    state = ""
    if connect:
        state = "ready, " if system.state is State.READY else f"unreachable: {system.reason}; "
    typer.echo(f"{system.name} ({system.adapter_type.name}): {state}{offered}")
    for missing in system.missing:
        typer.echo(f"  not offered: {missing.name}: {missing.reason}")


def _summary(configuration: Configuration) -> str:
    counts = (
        (len(configuration.systems), "system"),
        (len(configuration.formats), "mapping"),
        (len(configuration.routes), "route"),
        (len(configuration.warnings), "warning"),
    )
    return "OK: " + ", ".join(f"{count} {noun}{'' if count == 1 else 's'}" for count, noun in counts)


def _members(configuration: Configuration, catalogue: Catalogue, connect: bool) -> dict[str, object]:
    return {
        "ok": True,
        "problems": [],
        "warnings": [as_member(warning) for warning in configuration.warnings],
        "systems": [_system_members(system, connect) for system in catalogue.systems.values()],
        "mappings": list(configuration.formats),
        "routes": [f"{route.method} {route.path}" for route in configuration.routes],
    }


def _system_members(system: System, connect: bool) -> dict[str, object]:
    return {
        "name": system.name,
        "adapter": system.adapter_type.name,
        "operations": list(system.entries) if system.described else None,
        "missing": [{"name": missing.name, "reason": missing.reason} for missing in system.missing],
        **({"state": system.state, "reason": system.reason} if connect else {}),
    }
