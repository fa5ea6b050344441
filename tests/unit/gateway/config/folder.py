"""Configuration folders for tests."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from gateway.config import ConfigurationError, Problem, load

ENVIRON = {"PASSWORD": "canary-hunter2-password", "EMPTY": "", "TOPIC": "canary-topic/#/x"}
"""What references in tests stand for."""

PLANT = """\
plant:
  adapter: mqtt
  broker: mqtt://localhost:1883
  username: u
  channels:
    t: {topic: "plant/{line}"}
"""
"""A good system, the shortest there is."""


def write(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    """Write the files; an empty gateway.yaml when none is among them."""
    for name, content in {"gateway.yaml": "", **files}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


def problems(folder: Path, environ: Mapping[str, str] = ENVIRON) -> tuple[Problem, ...]:
    """What is wrong with a folder; at least one thing must be."""
    with pytest.raises(ConfigurationError) as caught:
        load(folder, environ)
    return caught.value.problems


def place(problem: Problem, folder: Path) -> str:
    """`file:line:column: key`, the file relative to the folder."""
    key = f": {problem.key}" if problem.key else ""
    return f"{problem.file.relative_to(folder)}:{problem.line}:{problem.column}{key}"
