"""Another configuration for the running gateway, checked before it takes the place of the old one."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from certs import CertificateError
from gateway.admin import Reloaded
from gateway.catalogue import Catalogue, State
from gateway.cli.freezing import Freezer
from gateway.cli.loading import problems_of
from gateway.cli.watching import RouteWatch
from gateway.config import Problem, examine
from gateway.config.problems import in_order
from gateway.flows import Engine, FlowState
from gateway.http import Service
from gateway.telemetry import get_logger

_log = get_logger("cli")

LOOK_S = 10.0
"""Seconds that the systems of a new configuration get to be tried before it is said what came of it."""


class Reloader:
    """Reloads one at a time."""

    def __init__(
        self, directory: Path, service: Service, engine: Engine, freezer: Freezer, listen: str | None = None
    ) -> None:
        self._directory = directory
        self._listen = listen
        self._engine = engine
        self._service = service
        self._freezer = freezer
        self._one_at_a_time = asyncio.Lock()

    async def reload(self) -> Reloaded:
        """Read the folder anew. With problems what is served stays as it was; they are logged."""
        async with self._one_at_a_time:
            # Contracts may be large: requests are answered meanwhile.
            catalogue, problems = await asyncio.to_thread(self._made)
            if catalogue is None or problems:
                return _refused(list(map(str, problems)))
            # Before anything can be told: what a system says is told once.
            RouteWatch(catalogue)
            try:
                restart = await self._service.replace(catalogue)
            except CertificateError as error:
                return _refused([str(error)])
            warnings = tuple(map(str, catalogue.configuration.warnings))
            self._freezer.watch(catalogue)
            _log.info("configuration reloaded", systems=len(catalogue.systems), restart_needed_for=restart)
            done = Reloaded(warnings=warnings, restart=tuple(restart))
            return await self._looked(catalogue, done)

    async def _looked(self, catalogue: Catalogue, done: Reloaded) -> Reloaded:
        """What shows once the systems have been tried: some say only then what they offer."""
        systems = catalogue.systems.values()
        try:
            async with asyncio.timeout(LOOK_S):
                await asyncio.gather(*(system.wait_attempted() for system in systems))
        except TimeoutError:
            _log.info("some systems have not been tried yet", seconds=LOOK_S)
        status = self._engine.status()
        return replace(
            done,
            found=tuple(map(str, in_order([*catalogue.check(), *self._engine.check()]))),
            blocked={name: how.reason for name, how in status.items() if how.state is FlowState.BLOCKED},
            unreachable={each.name: each.reason for each in systems if each.state is not State.READY},
        )

    def _made(self) -> tuple[Catalogue | None, Sequence[Problem]]:
        """What the folder says now, and everything that is wrong with it."""
        examined = examine(self._directory, listen=self._listen)
        if examined.usable is None:
            return None, examined.problems
        catalogue = Catalogue(examined.usable, previous=self._service.catalogue)
        return catalogue, in_order([*examined.problems, *problems_of(catalogue)])


def _refused(problems: Sequence[str]) -> Reloaded:
    # One event: repeated ones are held back, and none of these may be.
    _log.error("the new configuration is not used", problems=list(problems))
    return Reloaded(problems=tuple(problems))
