"""What an adapter could leave behind: tasks, threads, sockets and pipes, child processes."""

from __future__ import annotations

import asyncio
import contextlib
import os
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from tests.peers.process import descendants


def _tasks() -> frozenset[str]:
    return frozenset(
        f"task {task.get_name()} {task.get_coro()!r}" for task in asyncio.all_tasks() if not task.done()
    )


def _threads() -> frozenset[str]:
    # The event loop's own executor (name look-ups) lives as long as the loop.
    return frozenset(
        f"thread {thread.name}" for thread in threading.enumerate() if not thread.name.startswith("asyncio_")
    )


def _descriptors() -> frozenset[str]:
    found = set()
    for entry in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(OSError):
            target = os.readlink(entry)  # noqa: PTH115 (Path.readlink makes a Path of "socket:[1]")
            if target.startswith(("socket:", "pipe:")):
                found.add(f"descriptor {entry.name} {target}")
    return frozenset(found)


def _children() -> frozenset[str]:
    found = set()
    for pid in descendants(os.getpid()):
        with contextlib.suppress(OSError):
            # Not its command line: servers such as sshd write their state there.
            found.add(f"process {pid} {Path(f'/proc/{pid}/comm').read_text().strip()}")
    return frozenset(found)


@dataclass(frozen=True)
class Leftovers:
    """What existed at one moment."""

    things: frozenset[str]

    @classmethod
    async def now(cls) -> Leftovers:
        """Everything that exists now."""
        return cls(_tasks() | _threads() | _descriptors() | _children())

    async def wait_until_gone(self, within_s: float = 3.0) -> None:
        """Assert that soon nothing exists that did not exist at that moment."""
        give_up = time.monotonic() + within_s
        while new := (await Leftovers.now()).things - self.things:
            assert time.monotonic() < give_up, "left behind: " + "; ".join(sorted(new))
            await asyncio.sleep(0.02)
