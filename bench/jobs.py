"""The jobs that are measured."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from bench import converting, loading, taking_in
from bench.job import Job

JOBS: dict[str, Callable[[Path, ExitStack], Job]] = {
    **converting.JOBS,
    "receive": taking_in.start,
    "load": loading.start,
}
