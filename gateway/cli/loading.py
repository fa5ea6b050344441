"""The configuration a command works with, or everything that is wrong with it."""

from __future__ import annotations

from pathlib import Path

import typer

from gateway.catalogue import Catalogue
from gateway.cli.failure import INPUT
from gateway.cli.reporting import refuse
from gateway.config import Configuration, Problem, examine
from gateway.config.problems import in_order
from gateway.flows import Engine
from gateway.messages import SqliteStore
from gateway.telemetry import configure


def load_or_refuse(directory: Path, *, as_json: bool = False, listen: str | None = None) -> Configuration:
    """The configuration; when it is not good, everything wrong is printed and the command ends with 1.

    `listen` stands for that key of gateway.yaml.
    """
    examined = examine(directory, listen=listen)
    if examined.usable is not None and not examined.problems:
        return examined.usable
    problems = [*examined.problems]
    if examined.usable is not None:
        # What the systems say of their contracts is for when the configuration is good.
        configure("error", "console")
        problems += problems_of(Catalogue(examined.usable))
    refuse(in_order(problems), as_json=as_json)
    raise typer.Exit(INPUT)


def problems_of(catalogue: Catalogue) -> list[Problem]:
    """What is wrong with systems, routes and flows as far as it can be told without the systems' help."""
    configuration = catalogue.configuration
    # Nothing is opened: the flows are only asked whether they could run.
    store = SqliteStore(configuration.gateway.state_dir, configuration.gateway.messages)
    return [*catalogue.check(), *Engine(configuration, catalogue, store).check()]
