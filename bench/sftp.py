"""POST /api/bank/payments: a hundred JSON records become a file, under a temporary name and then renamed."""

from __future__ import annotations

import os
from contextlib import ExitStack
from pathlib import Path

from bench.contenders import Contender, start_gateway, start_plain
from tests.peers.sshd import sshd

_SESSIONS = 2


def start(folder: Path, stack: ExitStack) -> tuple[Contender, Contender]:
    """The gateway and FastAPI + paramiko in front of the same sshd, with as many sessions each."""
    peer = sshd(folder / "sshd")
    peer.server.start()
    stack.callback(peer.server.stop)
    drop = os.fspath(peer.files)
    bank = {
        **peer.access(),
        "outboxes": {"payments": {"path": drop, "name": "{uuid}.json", "format": "json"}},
        "max_connections": _SESSIONS,
        "max_in_flight": 64,
    }
    environ = {
        "BENCH_SFTP_PORT": str(peer.port),
        "BENCH_SFTP_KEY": os.fspath(peer.client_key),
        "BENCH_SFTP_USER": peer.username,
        "BENCH_SFTP_FOLDER": drop,
        "BENCH_SESSIONS": str(_SESSIONS),
    }
    return start_gateway(folder, {"bank": bank}, {}, stack), start_plain(folder, "sftp", environ, stack)
