"""From a declared command to the module that carries it out."""

from __future__ import annotations

import signal
import sys
from importlib import import_module
from typing import NoReturn

import typer

from gateway.cli.failure import Failure


def perform(module: str, function: str = "run", **arguments: object) -> NoReturn:
    """Import `module`, call its `function`, which returns the exit code, and exit.

    This is the one place that imports by name, at the moment of need: `gateway --help` and completion answer
    in a fraction of a second because they load no server, no database driver and no XML library; and
    `gateway.demo`, a layer above this one, can be a command of it.
    """
    try:
        code = getattr(import_module(module), function)(**arguments)
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
