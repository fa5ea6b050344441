"""The reference pages are what the code declares, and every field and command has its heading."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import typer

from adapters import registry
from gateway.cli.main import app
from gateway.config import load
from scripts import docs
from scripts.reference.configuration import METHOD, title
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


def _titles(name: str) -> list[str]:
    """The headings that the fields of a model must have."""
    found = list(entries(MODELS[name]))
    titles = [title(entry, found) for entry in found]
    if name == "route":
        return [METHOD + each.partition(".")[2] if "." in each else each for each in titles]
    return titles


@pytest.mark.parametrize("name", MODELS)
def test_every_field_has_a_heading(name: str) -> None:
    headings = set(CONFIGURATION.splitlines())
    assert [each for each in _titles(name) if f"#### `{each}`" not in headings] == []


def test_no_section_says_a_key_twice() -> None:
    for section in re.split(r"(?m)^##[#]? ", CONFIGURATION):
        headings = re.findall(r"(?m)^#### .*$", section)
        assert len(headings) == len(set(headings))


@pytest.mark.parametrize("name", registry.names())
def test_an_example_opens_the_section_of_an_adapter_and_is_good(name: str, tmp_path: Path) -> None:
    section = CONFIGURATION.partition(f"### adapter: {name}\n")[2].partition("\n####")[0]
    example = re.search(r"```yaml\n(.*?)```", section, re.DOTALL)
    assert example
    wsdl = tmp_path / "erp" / "OrderService.wsdl"
    for path, text in {
        wsdl: "",
        tmp_path / "gateway.yaml": "",
        tmp_path / "systems/s.yaml": example[1],
    }.items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    secrets = {f"{each}_PASSWORD": "x" for each in ("ERP", "WH", "BANK", "PLANT")}
    (system,) = load(tmp_path, secrets).systems.values()
    assert system.type.name == name


def test_no_heading_describes_something_gone() -> None:
    known = {each for name in MODELS for each in _titles(name)}
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
