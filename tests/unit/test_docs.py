"""The reference pages are what the code declares, and every field and command has its heading."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import typer

from gateway.cli.main import app
from scripts import docs
from scripts.reference.models import entries
from tests.unit.test_settings_models import MODELS

CONFIGURATION = (docs.FOLDER / "configuration.md").read_text(encoding="utf-8")
COMMAND_LINE = (docs.FOLDER / "command-line.md").read_text(encoding="utf-8")


def test_pages_are_up_to_date(capsys: pytest.CaptureFixture[str]) -> None:
    assert docs.main(["--check"]) == 0, capsys.readouterr().err


def test_check_names_what_is_stale_and_writes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert docs.main([], tmp_path) == 0
    (tmp_path / "command-line.md").write_text("old")
    capsys.readouterr()
    assert docs.main(["--check"], tmp_path) == 1
    said = capsys.readouterr().err
    assert "command-line.md is out of date" in said
    assert "configuration.md" not in said
    assert (tmp_path / "command-line.md").read_text() == "old"


@pytest.mark.parametrize("name", MODELS)
def test_every_field_has_a_heading(name: str) -> None:
    headings = set(CONFIGURATION.splitlines())
    missing = [entry.path for entry in entries(MODELS[name]) if f"#### `{entry.path}`" not in headings]
    assert missing == []


def test_no_heading_describes_something_gone() -> None:
    known = {entry.path for model in MODELS.values() for entry in entries(model)}
    headed = {line[6:-1] for line in CONFIGURATION.splitlines() if line.startswith("#### `")}
    assert headed <= known


def _commands(group: Any, path: str) -> list[str]:
    names = []
    for name, command in group.commands.items():
        inside = hasattr(command, "commands")
        names += _commands(command, f"{path} {name}") if inside else [f"{path} {name}"]
    return names


def test_every_command_has_a_heading_and_no_other_has() -> None:
    headed = {line[4:].partition(" [")[0] for line in COMMAND_LINE.splitlines() if line.startswith("## `")}
    assert headed == set(_commands(typer.main.get_command(app), "gateway"))
