"""What commands print: findings on standard error, results on standard output."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

import typer

from gateway.config import Problem


def refuse(problems: Sequence[Problem], *, as_json: bool = False) -> None:
    """Print problems and their number."""
    if as_json:
        print_json({"ok": False, "problems": [as_member(problem) for problem in problems]})
    for problem in problems:
        typer.echo(str(problem), err=True)
    typer.echo(f"gateway: {counted(len(problems), 'problem')} in the configuration", err=True)


def warn(warnings: Iterable[Problem]) -> None:
    """Print warnings."""
    for warning in warnings:
        typer.echo(f"warning: {warning}", err=True)


def counted(count: int, noun: str) -> str:
    """`1 route`, `2 routes`."""
    return f"{count} {noun}{'' if count == 1 else 's'}"


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
