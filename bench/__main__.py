"""`make bench`: each call path through the gateway and through its plain equivalent, in turns, in one run.

    python -m bench [soap|odbc|sftp|mqtt …] [--seconds 4] [--rounds 3]

Prints requests per second, CPU per request and 99th percentile for both, and the ratios (gateway against
plain; above 1 the gateway is better). Everything runs on loopback and ends by itself.
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
from bench.paths import PATHS, CallPath

CONNECTIONS = 16


@dataclass
class Figures:
    """What one round saw, or the medians of several. CPU and latency in milliseconds (per request)."""

    per_second: float
    cpu_ms: float
    p99_ms: float


async def _measure(contender: Contender, make_request: Callable[[], bytes], seconds: float) -> Figures:
    before = cpu_seconds(contender.pid)
    seen = await load.run(contender.port, make_request, connections=CONNECTIONS, seconds=seconds)
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
                await _measure(contender, case.request(contender.key), 1.0)
            results: dict[str, list[Figures]] = {contender.name: [] for contender in contenders}
            for _ in range(rounds):
                for contender in contenders:
                    results[contender.name].append(
                        await _measure(contender, case.request(contender.key), seconds)
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
    parser.add_argument("paths", nargs="*", metavar="PATH", help=f"any of {', '.join(PATHS)}; all without")
    parser.add_argument("--seconds", type=float, default=4.0, help="length of one measurement")
    parser.add_argument("--rounds", type=int, default=3, help="measurements of each; the median counts")
    options = parser.parse_args()
    unknown = set(options.paths) - set(PATHS)
    if unknown:
        parser.error(f"unknown path {', '.join(sorted(unknown))}; there are {', '.join(PATHS)}")
    print(
        f"{CONNECTIONS} connections, {options.rounds} rounds of {options.seconds:g} s each in turns, medians"
    )
    print(f"{'':<28}{'— requests/s —':^27}{'— CPU ms/request —':^27}{'— p99 ms —':^17}")
    columns = f"{'gateway':>9} {'plain':>9} {'ratio':>7}"
    print(f"{'path':<28}{columns} {columns}{'gateway':>9} {'plain':>8}")
    for name in options.paths or PATHS:
        asyncio.run(_compare(PATHS[name], options.rounds, options.seconds))


if __name__ == "__main__":
    main()
