"""The `gateway` command as a process of its own."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from gateway.cli.main import app

START = "import sys; from gateway.cli.main import main; sys.exit(main())"
COMMAND = [sys.executable, "-W", "error", "-c", START]

CANARY = "canary-9f2e1c-secret"
"""What ${env:CANARY} stands for in these tests; it must never be printed."""


@dataclass(frozen=True)
class Result:
    """How a command ended, and what it printed."""

    code: int
    out: str
    err: str


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment of a command: no configuration folder, plain output."""
    inherited = {name: value for name, value in os.environ.items() if name != "GATEWAY_CONFIG"}
    return {**inherited, "CANARY": CANARY, "NO_COLOR": "1", "COLUMNS": "200", **(extra or {})}


def gateway(*arguments: str | Path, cwd: Path, env: Mapping[str, str] | None = None) -> Result:
    """Run a command to its end. No command may print a traceback or a secret."""
    done = subprocess.run(
        [*COMMAND, *map(str, arguments)],
        cwd=cwd,
        env={**environment(env), "PYTHONPATH": str(Path(__file__).parents[4])},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    result = Result(done.returncode, done.stdout, done.stderr)
    assert "Traceback" not in result.err, result.err
    assert CANARY not in result.out + result.err
    return result


@contextlib.contextmanager
def running(
    *arguments: str | Path, cwd: Path, env: Mapping[str, str] | None = None, **streams: Any
) -> Iterator[subprocess.Popen[bytes]]:
    """A command that runs beside the test, with the streams that `Popen` takes. It has ended after the block,
    also where that was left by an error."""
    with subprocess.Popen(
        [*COMMAND, *map(str, arguments)],
        cwd=cwd,
        env={**environment(env), "PYTHONPATH": str(Path(__file__).parents[4])},
        **streams,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def gateway_here(*arguments: str | Path, cwd: Path, env: Mapping[str, str] | None = None) -> Result:
    """Run a command inside this process: for those that neither connect nor configure logging."""
    with contextlib.chdir(cwd):
        done = CliRunner(env={"GATEWAY_CONFIG": None, **environment(env)}).invoke(app, [*map(str, arguments)])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert CANARY not in done.stdout + done.stderr
    return Result(done.exit_code, done.stdout, done.stderr)
