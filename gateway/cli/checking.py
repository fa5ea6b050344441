"""`gateway check`: everything that is wrong, and what the configuration will offer."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import typer

from gateway.catalogue import Catalogue, State, System
from gateway.cli import examples
from gateway.cli.connecting import connected, one_off
from gateway.cli.failure import INPUT, UNREACHABLE
from gateway.cli.loading import (
    has_only_mappings,
    load_mappings_or_refuse,
    load_or_refuse,
    problems_of,
    warnings_of,
)
from gateway.cli.losing import verdicts
from gateway.cli.reporting import as_member, counted, print_json, refuse, warn
from gateway.config import GATEWAY_FILE, Configuration, Mappings, Problem
from gateway.security import folder_problem
from gateway.telemetry import configure


def run(directory: Path, connect: bool, as_json: bool, verbose: bool = False) -> int:
    """Check; with `connect` also against the systems themselves. A folder may have mappings alone."""
    configure("error", "console")
    are_mappings = has_only_mappings(directory)
    load = load_mappings_or_refuse if are_mappings else load_or_refuse
    configuration = load(directory, as_json=as_json)
    catalogue, problems = asyncio.run(_checked(configuration, connect))
    problems += examples.problems(_mappings_of(configuration))
    if not are_mappings:
        problems += _of_state_dir(directory, configuration.gateway.state_dir)
    if problems:
        if connect:
            _tell_what_is_missing(catalogue)
        refuse(problems, as_json=as_json)
        return INPUT
    findings = _Findings(configuration, catalogue, connect)
    if as_json:
        print_json(findings.members())
    else:
        findings.show(verbose=verbose)
    return UNREACHABLE if findings.unreachable else 0


def _mappings_of(configuration: Configuration) -> Mappings:
    return Mappings(
        configuration.formats,
        configuration.transforms,
        configuration.definitions,
        configuration.mapping_origins,
    )


def _tell_what_is_missing(catalogue: Catalogue) -> None:
    """What the systems do not offer, and why: it may be the cause of what is wrong."""
    for system in catalogue.systems.values():
        if system.state is not State.READY:
            typer.echo(f"{system.name} is unreachable: {system.reason}", err=True)
        for missing in system.missing:
            typer.echo(f"{system.name} does not offer {missing.name}: {missing.reason}", err=True)


def _of_state_dir(directory: Path, folder: Path) -> list[Problem]:
    reason = folder_problem(folder)
    return [Problem(directory / GATEWAY_FILE, 1, 1, "state_dir", reason)] if reason else []


async def _checked(configuration: Configuration, connect: bool) -> tuple[Catalogue, list[Problem]]:
    """The catalogue, described as far as it can be, and what is wrong."""
    catalogue = one_off(configuration)
    problems = problems_of(catalogue)
    if connect and not problems:
        async with connected(catalogue):
            # What is said of systems that describe themselves only when connected can be checked now.
            problems = problems_of(catalogue)
    return catalogue, problems


class _Findings:
    """What is to be said of a configuration in which nothing is wrong."""

    def __init__(self, configuration: Configuration, catalogue: Catalogue, connect: bool) -> None:
        self._configuration = configuration
        self._systems: Sequence[System] = tuple(catalogue.systems.values())
        self._connect = connect
        self.unreachable = [each for each in self._systems if connect and each.state is not State.READY]
        self.warnings = [*configuration.warnings, *self._of_systems(), *warnings_of(catalogue)]
        self._verdicts = verdicts(configuration)

    def _of_systems(self) -> list[Problem]:
        """What the systems' descriptions give cause to say."""
        found = []
        for system in self._systems:
            origin = self._configuration.systems[system.name].origin
            found += [origin.problem((), note) for note in system.notes]
            if system.described and not system.entries:
                found.append(origin.problem((), "it offers no operation"))
        return found

    def _unchecked(self, system: System) -> int:
        """Routes that nothing is known about, because their system has not said what it offers."""
        if system.described:
            return 0
        calls = (route.call.partition(".")[0] for route in self._configuration.routes)
        return sum(name == system.name for name in calls)

    def show(self, *, verbose: bool) -> None:
        """Print for people; `verbose` lists what mappings do not write again."""
        warn(self.warnings)
        for system in self._systems:
            self._show(system)
        for each in self._verdicts:
            typer.echo(each.shown(verbose=verbose))
        typer.echo(self._summary())

    def _show(self, system: System) -> None:
        offered = (
            counted(len(system.entries), "operation") if system.described else "described when connected"
        )
        if self._connect:
            state = "ready, " if system.state is State.READY else f"unreachable: {system.reason}; "
            offered = state + offered
        typer.echo(f"{system.name} ({system.adapter_type.name}): {offered}")
        for missing in system.missing:
            typer.echo(f"  not offered: {missing.name}: {missing.reason}")
        if unchecked := self._unchecked(system):
            verb = "is" if unchecked == 1 else "are"
            how = "could not be checked" if self._connect else f"{verb} checked only with --connect"
            typer.echo(f"  {counted(unchecked, 'route')} to {system.name} {how}")

    def _summary(self) -> str:
        if self.unreachable:
            return f"{len(self.unreachable)} of {counted(len(self._systems), 'system')} unreachable"
        configuration = self._configuration
        counts = (
            (len(configuration.systems), "system"),
            (len(configuration.formats) + len(configuration.transforms), "mapping"),
            (len(configuration.routes), "route"),
            (len(configuration.flows), "flow"),
            (len(self.warnings), "warning"),
        )
        return "OK: " + ", ".join(counted(count, noun) for count, noun in counts)

    def members(self) -> dict[str, object]:
        """The same for programs."""
        return {
            "ok": not self.unreachable,
            "problems": [],
            "warnings": [as_member(warning) for warning in self.warnings],
            "systems": [self._system_members(system) for system in self._systems],
            "mappings": [*self._configuration.formats, *self._configuration.transforms],
            "losses": {each.name: list(each.losses) for each in self._verdicts},
            "flows": list(self._configuration.flows),
            "routes": [f"{route.method} {route.path}" for route in self._configuration.routes],
        }

    def _system_members(self, system: System) -> dict[str, object]:
        return {
            "name": system.name,
            "adapter": system.adapter_type.name,
            "operations": list(system.entries) if system.described else None,
            "missing": [{"name": missing.name, "reason": missing.reason} for missing in system.missing],
            "notes": list(system.notes),
            "routes_not_checked": self._unchecked(system),
            **({"state": system.state, "reason": system.reason} if self._connect else {}),
        }
