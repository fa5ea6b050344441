"""The configuration a command works with, or everything that is wrong with it."""

from __future__ import annotations

import os
from pathlib import Path

import typer

from gateway.catalogue import Catalogue
from gateway.cli.failure import INPUT
from gateway.cli.reporting import refuse
from gateway.config import (
    GATEWAY_FILE,
    Configuration,
    ConfigurationError,
    GatewaySettings,
    Problem,
    examine,
    load_mappings,
)
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


def has_only_mappings(directory: Path) -> bool:
    """Whether a folder is one for commands that convert: without gateway.yaml, and nothing that needs it."""
    others = ("systems", "routes", "flows", "gateway.yml", GATEWAY_FILE)
    return (directory / "mappings").is_dir() and not any(os.path.lexists(directory / one) for one in others)


def load_mappings_or_refuse(directory: Path, *, as_json: bool = False) -> Configuration:
    """A configuration of mappings alone; when they are not good, as `load_or_refuse`."""
    try:
        found = load_mappings(directory)
    except ConfigurationError as error:
        refuse(error.problems, as_json=as_json)
        raise typer.Exit(INPUT) from None
    base_dir = directory.absolute()
    return Configuration(
        base_dir,
        GatewaySettings(state_dir=base_dir),
        {},
        found.formats,
        (),
        (),
        found.definitions,
        found.transforms,
        {},
        found.origins,
    )


def problems_of(catalogue: Catalogue) -> list[Problem]:
    """What is wrong with systems, routes and flows as far as it can be told without the systems' help."""
    return [*catalogue.check(), *_engine(catalogue).check()]


def warnings_of(catalogue: Catalogue) -> list[Problem]:
    """What of the flows is allowed and hardly meant."""
    return _engine(catalogue).warnings()


def _engine(catalogue: Catalogue) -> Engine:
    """Nothing is opened: the flows are only asked about themselves."""
    configuration = catalogue.configuration
    store = SqliteStore(configuration.gateway.state_dir, configuration.gateway.messages)
    return Engine(configuration, catalogue, store)
