"""A small volume for the state of a gateway: a tmpfs in a namespace of users and mounts of its own."""

from __future__ import annotations

import contextlib
import errno
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

from tests.faults.gateway import Gateway

_MOUNT = (
    'cp -a "$1" "$1.before" && mount -t tmpfs -o size=$2,mode=0700 tmpfs "$1" && cp -a "$1.before/." "$1" '
    '&& shift 2 && exec "$@"'
)
_BLOCK = bytes(64 * 1024)


@cache
def why_not() -> str:
    """Why there can be no such volume here; empty when there can."""
    if shutil.which("unshare") is None:
        return "unshare is not installed"
    attempt = ["unshare", "-Urm", "sh", "-c", "mount -t tmpfs -o size=1m tmpfs /mnt"]
    done = subprocess.run(attempt, capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else f"namespaces are not permitted: {done.stderr.strip()}"


def on_small_volume(state: Path, size: str) -> tuple[str, ...]:
    """The program that runs the gateway with its state folder on a volume of `size`, such as 16m."""
    state.mkdir(parents=True, exist_ok=True)
    gateway = (sys.executable, "-m", "gateway")
    return ("unshare", "-Urm", "sh", "-c", _MOUNT, "sh", str(state), size, *gateway)


def fill(gateway: Gateway) -> None:
    """Leave no byte free on the volume, however often something is written to it meanwhile."""
    with _filler(gateway).open("ab", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            try:
                file.write(_BLOCK)
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise
                break


def empty(gateway: Gateway) -> None:
    """Give the room back."""
    _filler(gateway).unlink()


def _filler(gateway: Gateway) -> Path:
    return Path(f"/proc/{gateway.server.pid}/root{gateway.state}/filler")
