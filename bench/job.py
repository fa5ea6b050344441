"""Work of a known size, done by the gateway and by a plain script: how long it takes, and how much CPU."""

from __future__ import annotations

import resource
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Spent:
    """Seconds by the clock and of CPU."""

    seconds: float
    cpu: float


@dataclass(frozen=True)
class Job:
    """The same work twice. `records`: how many one run handles."""

    name: str
    records: int
    gateway: Callable[[], Spent]
    plain: Callable[[], Spent]


def command(arguments: Sequence[str], environ: Mapping[str, str] | None = None) -> Spent:
    """Run a command that ends by itself, start of the interpreter included."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(arguments, check=True, env=environ, stdout=subprocess.DEVNULL)
    seconds, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    return Spent(seconds, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
