"""What commands print: findings on standard error, results on standard output."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

import typer

from gateway.cli.failure import INPUT
from gateway.config import Configuration, ConfigurationError, Problem, load


def load_or_refuse(directory: Path, *, as_json: bool = False) -> Configuration:
    """The configuration; when it is not good, everything wrong is printed and the command ends with 1."""
    try:
        return load(directory)
    except ConfigurationError as error:
        refuse(error.problems, as_json=as_json)
        raise typer.Exit(INPUT) from None


def refuse(problems: Sequence[Problem], *, as_json: bool = False) -> None:
    """Print problems and their number."""
    if as_json:
        print_json({"ok": False, "problems": [as_member(problem) for problem in problems]})
    for problem in problems:
        typer.echo(str(problem), err=True)
    count = len(problems)
    typer.echo(f"gateway: {count} problem{'' if count == 1 else 's'} in the configuration", err=True)


def warn(warnings: Iterable[Problem]) -> None:
    """Print warnings."""
    for warning in warnings:
        typer.echo(f"warning: {warning}", err=True)


def as_member(problem: Problem) -> dict[str, object]:
    """A problem for programs."""
    return {
        "file": str(problem.file),
        "line": problem.line,
        "column": problem.column,
        "key": problem.key,
        "message": problem.message,
    }


def print_json(value: object) -> None:
    """Print a result for programs."""
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False))
