"""How the user calls this program."""

from __future__ import annotations

import sys
from pathlib import Path


def program() -> str:
    """How to call `gateway` from here: `make run` finds it in a folder that is not in the user's PATH."""
    called = Path(sys.argv[0])
    if called.name != "gateway":
        return "gateway"
    return str(called.relative_to(Path.cwd())) if called.is_relative_to(Path.cwd()) else str(called)
