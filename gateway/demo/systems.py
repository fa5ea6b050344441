"""The processes of the demo's legacy systems: started, stopped and started again while the gateway runs.

A file in the folder `stopped` asks for its system to be stopped, its removal for it to be started again; so
`gateway demo stop` and `start` need no more than the folder, whoever runs them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from gateway.demo.processes import Child, spawn, stop
from gateway.demo.state import State

NAMES = ("erp", "bank", "plant", "machines")
"""What can be stopped and started. The warehouse is a file; the machines are clients of the plant."""
_STOP_S = 5.0
_ASK_S = 15.0
_POLL_S = 0.05
_DOWN = "down\n"


@dataclass(frozen=True, slots=True)
class Launch:
    """How one process is started."""

    name: str
    command: Sequence[str]
    environ: Mapping[str, str]


class Systems:
    """The processes, by name. `running` holds those that have not ended, as far as has been looked."""

    def __init__(self, state: State, launches: Sequence[Launch]) -> None:
        self._state = state
        self._launches = {launch.name: launch for launch in launches}
        self._children: dict[str, Child] = {}
        self._down: set[str] = set()

    @property
    def running(self) -> list[Child]:
        """Those that run."""
        return list(self._children.values())

    def start(self) -> None:
        """Start all of them."""
        for asked in self._state.stopped.iterdir():
            asked.unlink()
        for launch in self._launches.values():
            self._start(launch)

    def stop(self, timeout_s: float) -> None:
        """Stop all of them."""
        stop(self.running, timeout_s)
        for name in list(self._children):
            self._forget(name)

    def look(self) -> list[str]:
        """Do what is asked; what there is to tell about it, and about those that ended by themselves."""
        notes = []
        for name, child in list(self._children.items()):
            if child.ended():
                self._forget(name)
                notes.append(f"{name}: ended by itself; the gateway goes on without it. See {child.log}")
        for name, launch in self._launches.items():
            request = self._state.stopped / name
            if request.exists() and name not in self._down:
                if name in self._children:
                    stop([self._children[name]], _STOP_S)
                    self._forget(name)
                self._down.add(name)
                request.write_text(_DOWN)
                notes.append(f"{name}: stopped, as asked")
            elif name in self._down and not request.exists():
                self._down.remove(name)
                self._start(launch)
                notes.append(f"{name}: started again")
        return notes

    def _start(self, launch: Launch) -> None:
        child = spawn(launch.name, launch.command, self._state.log / f"{launch.name}.log", launch.environ)
        self._children[launch.name] = child
        (self._state.pid / launch.name).write_text(f"{child.process.pid}\n")

    def _forget(self, name: str) -> None:
        del self._children[name]
        (self._state.pid / name).unlink(missing_ok=True)  # the number may be another's soon


def states(state: State) -> dict[str, str]:
    """What each of them is at the moment: running, stopped, or ended. Of a demo that runs."""
    found = {}
    for name in NAMES:
        is_asked = (state.stopped / name).exists()
        is_running = (state.pid / name).exists()
        found[name] = "running" if is_running else "stopped" if is_asked else "ended"
    return found


class NotRunning(Exception):
    """No demo runs on the folder, or it does not do as asked."""


def ask_to_stop(state: State, name: str) -> None:
    """Have a running demo stop one of its systems; returns when it is down. Raises: NotRunning."""
    if not state.in_use():
        raise NotRunning(f"no demo is running on {state.folder}; start one: make run")
    request = state.stopped / name
    if not request.exists():
        request.touch()
    _wait(lambda: request.read_text() == _DOWN, state)


def ask_to_start(state: State, name: str) -> None:
    """Have a running demo start one of its systems, if it is down; returns when its process runs.

    Raises: NotRunning.
    """
    pid = state.pid / name
    if not pid.exists():
        ask_to_stop(state, name)  # one that ended by itself
        (state.stopped / name).unlink()
        _wait(pid.exists, state)


def _wait(condition: Callable[[], bool], state: State) -> None:
    give_up = time.monotonic() + _ASK_S
    while not condition():
        if time.monotonic() > give_up:
            raise NotRunning(f"the demo on {state.folder} does not do as asked")
        time.sleep(_POLL_S)
