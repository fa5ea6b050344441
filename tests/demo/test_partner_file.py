""" "My first partner file" followed to its end: every command is run, and prints what the page shows; and the
examples on the page of examples hold."""

from __future__ import annotations

import os
import re
import shlex
from pathlib import Path

import pytest

from tests.demo.running import GATEWAY
from tests.demo.test_first_flow import Terminal, blocks, fits, program

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "my-first-partner-file.md"
EXAMPLES = ROOT / "docs" / "mappings" / "examples.md"
FAILING = ("wrong.txt some.ndjson", "explain partner-orders wrong.txt")
"""Commands that find something wrong, as the page says."""

pytestmark = [pytest.mark.xdist_group("examples"), pytest.mark.timeout(300)]


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    programs = tmp_path / "repository" / ".venv" / "bin"
    programs.mkdir(parents=True)
    (tmp_path / "home").mkdir()
    program(programs / "gateway", f'#!/bin/sh\nexec {shlex.join(GATEWAY)} "$@"\n')
    (programs / "activate").write_text(f"PATH={shlex.quote(os.fspath(programs))}:$PATH\n")
    env = {**os.environ, "HOME": os.fspath(tmp_path / "home"), "COLUMNS": "300"}
    return Terminal(tmp_path / "memory", env, tmp_path / "repository")


def test_the_page_from_its_beginning_to_its_end(terminal: Terminal) -> None:
    for block in blocks(PAGE):
        done = terminal.run(block.typed)
        printed = done.stdout + done.stderr
        assert (done.returncode != 0) is any(each in block.typed for each in FAILING), printed
        assert not block.shown or fits(block.shown, printed), f"{block.typed}\n{printed}"


def test_the_examples_on_their_page_hold(terminal: Terminal) -> None:
    (definition, *_) = re.findall(r"```yaml\n(.*?)```", EXAMPLES.read_text(), re.DOTALL)
    terminal.run("source .venv/bin/activate\ngateway init ~/examples\ncd ~/examples")
    (terminal.folder / "mappings" / "examples.yaml").write_text(definition)
    assert terminal.run("gateway mapping test").stdout == "3 examples, 0 failed\n"
    verbose = terminal.run("gateway check --verbose").stdout
    (lost,) = re.findall(r"```text\n(.*?)```", EXAMPLES.read_text(), re.DOTALL)
    assert verbose.startswith(lost)
