"""Which version of the gateway this is."""

from __future__ import annotations

import tomllib
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

_DISTRIBUTION = "legacy-gateway"


def gateway_version() -> str:
    """The installed version; that of the sources when the gateway runs from a checkout."""
    try:
        return version(_DISTRIBUTION)
    except PackageNotFoundError:
        project = Path(__file__).parents[2] / "pyproject.toml"
        if not project.is_file():
            return "unknown"
        return str(tomllib.loads(project.read_text(encoding="utf-8"))["project"]["version"])
