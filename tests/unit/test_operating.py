"""The page about operating: systemd takes its unit, and its exit codes are those of the program."""

from __future__ import annotations

import getpass
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from gateway.cli import failure
from gateway.cli.main import app

DOCS = Path(__file__).parents[2] / "docs"
UNIT = DOCS / "legacy-gateway.service"
PROGRAM = "/opt/legacy-gateway/.venv/bin/gateway"
RUNS = re.findall(rf"^Exec\w+={re.escape(PROGRAM)} (.*)$", UNIT.read_text(), re.MULTILINE)


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd-analyze here")
def test_systemd_takes_the_unit(tmp_path: Path) -> None:
    text = UNIT.read_text().replace(PROGRAM, sys.executable)
    text = re.sub(r"^(User|Group)=gateway$", rf"\1={getpass.getuser()}", text, flags=re.MULTILINE)
    unit = tmp_path / UNIT.name
    unit.write_text(text)
    command = ["systemd-analyze", "verify", "--man=no", str(unit)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    # Other units of this machine may have faults of their own.
    found = [line for line in (done.stdout + done.stderr).splitlines() if UNIT.name in line]
    assert found == []
    assert str(unit) not in done.stderr


def test_a_mistake_in_the_unit_would_be_found(tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("there is no systemd-analyze here")
    unit = tmp_path / UNIT.name
    unit.write_text(UNIT.read_text().replace(PROGRAM, sys.executable).replace("UMask=", "UMusk="))
    command = ["systemd-analyze", "verify", "--man=no", str(unit)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert "UMusk" in done.stderr


def test_the_units_commands_are_there() -> None:
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    words = [shlex.split(run) for run in RUNS]
    assert [line[0] for line in words] == ["serve", "reload"]
    for name, option, _ in words:
        assert any(option in parameter.opts for parameter in commands[name].params)


def test_the_exit_codes_are_those_of_the_program() -> None:
    section = (DOCS / "operating.md").read_text().partition("## Exit codes")[2].partition("## ")[0]
    shown = set(map(int, re.findall(r"^\| (\d) \|", section, re.MULTILINE)))
    assert shown == {0, failure.INPUT, failure.USAGE, failure.UNREACHABLE, failure.STORE}
    assert f"RestartPreventExitStatus={failure.INPUT} {failure.USAGE}\n" in UNIT.read_text()


def test_the_metrics_to_watch_are_there() -> None:
    watched = set(re.findall(r"gateway_[a-z_]+", (DOCS / "operating.md").read_text()))
    code = (DOCS.parent / "gateway" / "telemetry" / "metrics.py").read_text()
    assert watched
    assert {name for name in watched if f'"{name}"' not in code} == set()
