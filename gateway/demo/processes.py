"""Child processes of the demo: started with a log file, waited for, stopped, never left behind."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_TAIL_BYTES = 2000
_POLL_S = 0.02
# Loaded before any fork: the child between fork and exec may only call what is already there.
_libc = ctypes.CDLL(None, use_errno=True)


class StartFailed(Exception):
    """A process ended, or did not become reachable. The message says which and quotes its log."""


@dataclass(slots=True)
class Child:
    """One running process and where its output goes."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path

    def ended(self) -> bool:
        """True when the process is gone."""
        return self.process.poll() is not None

    def last_words(self) -> str:
        """The end of its log."""
        return self.log.read_bytes()[-_TAIL_BYTES:].decode(errors="replace").strip()


def spawn(name: str, command: Sequence[str], log: Path, environ: Mapping[str, str]) -> Child:
    """Start a process that is told to end (SIGTERM) when this one is gone, however that happens.

    It gets a session of its own, so that Ctrl-C reaches only the supervisor, which ends things in order.
    """
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, **environ},
            start_new_session=True,
            preexec_fn=_end_with(os.getpid()),
        )
    return Child(name, process, log)


def _end_with(parent: int) -> Callable[[], None]:
    """What the child does before exec. Source: prctl(2), PR_SET_PDEATHSIG survives execve."""

    def arrange() -> None:
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            os._exit(0)  # it was gone before the kernel could be asked

    return arrange


def is_reachable(port: int) -> bool:
    """True when something accepts connections on 127.0.0.1:`port`."""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def wait_until(what: str, condition: Callable[[], bool], children: Sequence[Child], timeout_s: float) -> None:
    """Return when the condition holds. Raises: StartFailed when a child ends first or time is up."""
    give_up = time.monotonic() + timeout_s
    while not condition():
        for child in children:
            if child.ended():
                code = child.process.returncode
                raise StartFailed(f"{child.name} ended with {code}; {child.log} says:\n{child.last_words()}")
        if time.monotonic() > give_up:
            raise StartFailed(f"{what}: not within {timeout_s:.0f} s; see {children[-1].log.parent}")
        time.sleep(_POLL_S)


def stop(children: Sequence[Child], timeout_s: float) -> None:
    """SIGTERM to all, SIGKILL to those that are still there at the end of the time."""
    for child in children:
        with contextlib.suppress(ProcessLookupError):
            child.process.send_signal(signal.SIGTERM)
            child.process.send_signal(signal.SIGCONT)  # a stopped process would not hear it
    give_up = time.monotonic() + timeout_s
    for child in children:
        try:
            child.process.wait(max(0.1, give_up - time.monotonic()))
        except subprocess.TimeoutExpired:
            child.process.kill()
            child.process.wait()


def choose_port(wanted: int) -> int:
    """`wanted` when nothing uses it, else any free port of 127.0.0.1."""
    for port in (wanted, 0):
        with socket.socket() as probe, contextlib.suppress(OSError, OverflowError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            return int(probe.getsockname()[1])
    raise StartFailed("no free port on 127.0.0.1")
