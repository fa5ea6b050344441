"""From a declared command to the module that carries it out, imported when it is needed."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any, NoReturn

import typer

from gateway.cli.failure import Failure


def when_needed(module: str, function: str) -> Callable[..., Any]:
    """A function of a module that is imported only now.

    This is the one place of the commands that imports by name: `gateway --help` and completion answer in a
    fraction of a second because they load no server, no database driver and no XML library; and
    `gateway.demo`, a layer above this one, can be a command of it.
    """
    found: Callable[..., Any] = getattr(import_module(module), function)
    return found


def perform(module: str, function: str = "run", **arguments: object) -> NoReturn:
    """Import `module`, call its `function`, which returns the exit code, and exit."""
    try:
        code = when_needed(module, function)(**arguments)
    except Failure as failure:
        typer.echo(f"gateway: {failure}", err=True)
        code = failure.code
    except KeyboardInterrupt:
        code = 128 + signal.SIGINT
    except BrokenPipeError:
        # The reader of our output has left, as `head` does. Python would complain once more on exit.
        sys.stderr.close()
        code = 1
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        typer.echo(f"gateway: {where}{error.strerror or error}", err=True)
        code = 1
    raise typer.Exit(code)
