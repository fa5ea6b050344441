"""The configuration a command works with, or everything that is wrong with it."""

from __future__ import annotations

from pathlib import Path

import typer

from gateway.catalogue import Catalogue
from gateway.cli.failure import INPUT
from gateway.cli.reporting import refuse
from gateway.config import Configuration, examine
from gateway.config.problems import in_order
from gateway.telemetry import configure


def load_or_refuse(directory: Path, *, as_json: bool = False) -> Configuration:
    """The configuration; when it is not good, everything wrong is printed and the command ends with 1."""
    examined = examine(directory)
    if examined.usable is not None and not examined.problems:
        return examined.usable
    problems = [*examined.problems]
    if examined.usable is not None:
        # What the systems say of their contracts is for when the configuration is good.
        configure("error", "console")
        problems += Catalogue(examined.usable).check()
    refuse(in_order(problems), as_json=as_json)
    raise typer.Exit(INPUT)
