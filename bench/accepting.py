"""POST /api/flows/intake: a message is stored and synced before the answer 202 leaves."""

from __future__ import annotations

import os
from contextlib import ExitStack
from pathlib import Path

from bench.contenders import Contender, start_gateway, start_plain


def start(folder: Path, stack: ExitStack) -> tuple[Contender, Contender]:
    """The gateway with a flow that does nothing; FastAPI with a table in SQLite, synced at each commit."""
    environ = {"BENCH_DATABASE": os.fspath(folder / "plain.sqlite")}
    flows = {"intake": {"from": {"post": {}}, "steps": []}}
    return start_gateway(folder, {}, {}, stack, flows=flows), start_plain(folder, "accept", environ, stack)
