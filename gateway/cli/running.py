"""Commands that speak with the running gateway over its admin socket."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import typer

from gateway.admin import AdminClient, AdminError, NotRunning
from gateway.cli.failure import INPUT, UNREACHABLE, Failure
from gateway.cli.reporting import counted, print_json, refuse
from gateway.config import ConfigurationError, load_gateway

T = TypeVar("T")


def ask(directory: Path, question: Callable[[AdminClient], Awaitable[T]], *, as_json: bool = False) -> T:
    """Have `question` put to the gateway that serves this configuration folder.

    Only gateway.yaml is read, so that a mistake elsewhere does not keep anybody from the running gateway.
    Raises: Failure (exit code 3: it is not running), typer.Exit.
    """
    try:
        folder = load_gateway(directory).state_dir
    except ConfigurationError as error:
        refuse(error.problems, as_json=as_json)
        raise typer.Exit(INPUT) from error
    try:
        return asyncio.run(_asked(folder, question))
    except NotRunning as error:
        raise Failure(str(error), UNREACHABLE) from error
    except AdminError as error:
        raise Failure(str(error)) from error


async def _asked(folder: Path, question: Callable[[AdminClient], Awaitable[T]]) -> T:
    async with AdminClient(folder) as client:
        return await question(client)


def reload(directory: Path, as_json: bool) -> int:
    """Have the configuration read anew, and say what came of it."""
    answer = ask(directory, lambda client: client.post("/reload"), as_json=as_json)
    problems, restart = answer["problems"], answer["restart"]
    if as_json:
        print_json(answer)
    for warning in answer["warnings"]:
        typer.echo(f"warning: {warning}", err=True)
    for problem in problems:
        typer.echo(problem, err=True)
    if problems:
        found = counted(len(problems), "problem")
        typer.echo(f"gateway: {found}; the gateway serves what it served before", err=True)
        return INPUT
    for name, reason in answer["unreachable"].items():
        typer.echo(f"warning: {name} cannot be reached: {reason}", err=True)
    if not as_json:
        typer.echo("The gateway serves the new configuration.")
        if restart:
            typer.echo(f"Used only after a restart: {', '.join(restart)}.")
    for found in answer["found"]:
        typer.echo(found, err=True)
    if not answer["found"]:
        return 0
    blocked = answer["blocked"]
    what = counted(len(answer["found"]), "problem")
    if blocked:
        verb = "is" if len(blocked) == 1 else "are"
        names = "; ".join(f"{name}: {reason}" for name, reason in blocked.items())
        what = f"{counted(len(blocked), 'flow')} {verb} blocked, and their messages wait: {names}"
    typer.echo(f"gateway: the configuration is served, but {what}", err=True)
    return INPUT
