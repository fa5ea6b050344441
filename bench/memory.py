"""Peak memory of `gateway convert` over the size of the file.

    python -m bench.memory [--long] [ROW ...]

Each direction of each kind of file with no record, 1 MB, 10 MB and 100 MB, and 2 GB where it is long. ROW is
a word of a title, and chooses the rows that have it. 2 GB need some 25 GB where temporary files go.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from bench import converting
from bench.samples import SAMPLES

_SIZES = (0, 1_000_000, 10_000_000, 100_000_000)
_LONG = 2_000_000_000
_CASES: tuple[tuple[str, str, list[str]], ...] = (
    ("fixed width to NDJSON", "ledger", []),
    ("CSV to NDJSON", "payments", []),
    ("EBCDIC to NDJSON", "accounts", []),
    ("EBCDIC to Arrow", "accounts", ["--to", "arrow"]),
    ("EBCDIC to Parquet", "accounts", ["--to", "parquet"]),
    ("copybook to NDJSON", "copybook", []),
    ("X12 850 to NDJSON", "x12-850", []),
    ("X12 837 to NDJSON", "x12-837", []),
    ("EDIFACT to NDJSON", "edifact-orders", []),
    ("HL7 to NDJSON", "hl7-results", []),
    ("XML to NDJSON", "xml", []),
    ("NDJSON to fixed width", "ledger", ["--encode"]),
    ("NDJSON to CSV", "payments", ["--encode"]),
    ("NDJSON to copybook", "copybook", ["--encode"]),
    ("NDJSON to X12 850", "x12-850", ["--encode"]),
    ("NDJSON to X12 837", "x12-837", ["--encode"]),
    ("NDJSON to EDIFACT", "edifact-orders", ["--encode"]),
    ("NDJSON to HL7", "hl7-results", ["--encode"]),
    ("NDJSON to XML", "xml", ["--encode"]),
)


# A process of its own, since a command begins with the peak of the process that starts it.
_METER = """
import os, subprocess, sys, time
started = time.perf_counter()
process = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)
_, status, usage = os.wait4(process.pid, 0)
print(usage.ru_maxrss / 1024, time.perf_counter() - started)
sys.exit(os.waitstatus_to_exitcode(status))
"""


def peak(arguments: list[str]) -> tuple[float, float]:
    """MiB that a command had resident at most, and the seconds it took."""
    metered = subprocess.run(
        [sys.executable, "-S", "-c", _METER, *arguments], stdout=subprocess.PIPE, check=True, text=True
    )
    mib, seconds = metered.stdout.split()
    return float(mib), float(seconds)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.memory", description=__doc__.split("\n")[0])
    parser.add_argument("--long", action="store_true", help="also a file of 2 GB")
    parser.add_argument("rows", nargs="*", metavar="ROW", help="a word of the titles of those to measure")
    asked = parser.parse_args()
    sizes = (*_SIZES, _LONG) if asked.long else _SIZES
    cases = [case for case in _CASES if not asked.rows or any(row in case[0] for row in asked.rows)]
    print(f"{'MiB at most':<26}" + "".join(f"{size // 10**6:>9} MB" for size in sizes) + f"{'MB/s':>8}")
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        converting.configure(folder)
        start = [sys.executable, "-m", "gateway", "-C", name, "convert"]
        for title, mapping, options in cases:
            seen = []
            for size in sizes:
                source = folder / "in"
                sample = SAMPLES[mapping]
                sample.write(source, size // len(sample.record(12_345)))
                if "--encode" in options:
                    subprocess.run([*start, mapping, "in", "in.ndjson"], check=True, cwd=folder)
                    source = folder / "in.ndjson"
                seen.append(
                    (*peak([*start, mapping, str(source), os.devnull, *options]), source.stat().st_size)
                )
            (_, first, small), (_, last, large) = seen[1], seen[-1]
            rate = (large - small) / 1e6 / (last - first)
            print(
                f"{title:<26}" + "".join(f"{mib:>12.0f}" for mib, _, _ in seen) + f"{rate:>8.0f}", flush=True
            )


if __name__ == "__main__":
    main()
