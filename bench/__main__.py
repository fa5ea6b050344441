"""`make bench`: each call path through the gateway and through its plain equivalent, in turns, in one run.

    python -m bench [soap|odbc|sftp|mqtt|accept|convert|csv|ebcdic|parquet|write|receive|load …]
                    [--seconds 4] [--rounds 3]

Prints requests per second, CPU per request and 99th percentile for both, and the ratios (gateway against
plain; above 1 the gateway is better); of jobs (a file to convert, messages to take in) records per second.
Everything runs on loopback and ends by itself.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from bench import load
from bench.contenders import Contender
from bench.cpu import cpu_seconds
from bench.job import Spent
from bench.jobs import JOBS
from bench.paths import PATHS, CallPath


@dataclass
class Figures:
    """What one round saw, or the medians of several. CPU and latency in milliseconds (per request)."""

    per_second: float
    cpu_ms: float
    p99_ms: float


async def _measure(
    contender: Contender, make_request: Callable[[], bytes], seconds: float, connections: int
) -> Figures:
    before = cpu_seconds(contender.pid)
    seen = await load.run(contender.port, make_request, connections=connections, seconds=seconds)
    cpu = cpu_seconds(contender.pid) - before
    if seen.failures:
        raise SystemExit(f"{contender.name}: {seen.failures} failures; the first: {seen.first_failure}")
    return Figures(seen.per_second, cpu * 1000 / seen.requests, seen.quantile(0.99) * 1000)


def _median(rounds: list[Figures]) -> Figures:
    return Figures(
        statistics.median(one.per_second for one in rounds),
        statistics.median(one.cpu_ms for one in rounds),
        statistics.median(one.p99_ms for one in rounds),
    )


async def _compare(path: CallPath, rounds: int, seconds: float) -> None:
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, ExitStack() as stack:
        contenders = path.start(Path(folder), stack)
        for case in path.cases:
            for contender in contenders:  # warm caches, connections and workers
                await _measure(contender, case.request(contender.key), 1.0, path.connections)
            results: dict[str, list[Figures]] = {contender.name: [] for contender in contenders}
            for _ in range(rounds):
                for contender in contenders:
                    results[contender.name].append(
                        await _measure(contender, case.request(contender.key), seconds, path.connections)
                    )
            gateway, plain = (_median(results[contender.name]) for contender in contenders)
            _print(case.name, gateway, plain)


def _print(name: str, gateway: Figures, plain: Figures) -> None:
    rate = (
        f"{gateway.per_second:>9.0f} {plain.per_second:>9.0f} {gateway.per_second / plain.per_second:>7.2f}"
    )
    cpu = f"{gateway.cpu_ms:>10.3f} {plain.cpu_ms:>9.3f} {plain.cpu_ms / gateway.cpu_ms:>7.2f}"
    print(f"{name:<28}{rate}{cpu}{gateway.p99_ms:>9.1f} {plain.p99_ms:>8.1f}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__.split("\n")[0])
    parser.add_argument(
        "paths", nargs="*", metavar="PATH", help=f"any of {', '.join([*PATHS, *JOBS])}; all without"
    )
    parser.add_argument("--seconds", type=float, default=4.0, help="length of one measurement")
    parser.add_argument("--rounds", type=int, default=3, help="measurements of each; the median counts")
    options = parser.parse_args()
    known = [*PATHS, *JOBS]
    unknown = set(options.paths) - set(known)
    if unknown:
        parser.error(f"unknown path {', '.join(sorted(unknown))}; there are {', '.join(known)}")
    wanted = options.paths or known
    _compare_paths([name for name in wanted if name in PATHS], options.rounds, options.seconds)
    _compare_jobs([name for name in wanted if name in JOBS], options.rounds)


def _compare_paths(names: list[str], rounds: int, seconds: float) -> None:
    if not names:
        return
    connections = ", ".join(f"{name} {PATHS[name].connections}" for name in names)
    print(f"connections: {connections}; {rounds} rounds of {seconds:g} s each in turns, medians")
    print(f"{'':<28}{'— requests/s —':^27}{'— CPU ms/request —':^27}{'— p99 ms —':^17}")
    columns = f"{'gateway':>9} {'plain':>9} {'ratio':>7}"
    print(f"{'path':<28}{columns} {columns}{'gateway':>9} {'plain':>8}")
    for name in names:
        asyncio.run(_compare(PATHS[name], rounds, seconds))


def _compare_jobs(names: list[str], rounds: int) -> None:
    if not names:
        return
    print(f"\n{'':<34}{'— records/s —':^27}{'— CPU µs/record —':^27}")
    columns = f"{'gateway':>9} {'plain':>9} {'ratio':>7}"
    print(f"{'job':<34}{columns} {columns}")
    for name in names:
        with tempfile.TemporaryDirectory(prefix="bench-") as folder, ExitStack() as stack:
            job = JOBS[name](Path(folder), stack)
            done = {worker: [worker() for _ in range(rounds)] for worker in (job.gateway, job.plain)}
            gateway, plain = (_middle(done[worker]) for worker in (job.gateway, job.plain))
            rate = f"{job.records / gateway.seconds:>9.0f} {job.records / plain.seconds:>9.0f}"
            cpu = f"{gateway.cpu * 1e6 / job.records:>9.1f} {plain.cpu * 1e6 / job.records:>9.1f}"
            print(
                f"{job.name:<34}{rate} {plain.seconds / gateway.seconds:>7.2f} "
                f"{cpu} {plain.cpu / gateway.cpu:>7.2f}",
                flush=True,
            )


def _middle(results: list[Spent]) -> Spent:
    return sorted(results, key=lambda one: one.seconds)[len(results) // 2]


if __name__ == "__main__":
    main()
