"""A process whose threads do not end."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

_SCRIPT = """
import asyncio, sys, threading, time
from gateway.cli import ending

async def main(where, code):
    if where == "thread":
        threading.Thread(target=time.sleep, args=(600,), name="stuck").start()
    elif where == "executor":
        asyncio.get_running_loop().run_in_executor(None, time.sleep, 600)
    ending.end_soon(code)
    print("stopped")

ending.LAST_S = 0.5
code = int(sys.argv[2])
asyncio.run(main(sys.argv[1], code))
sys.exit(code)
"""


@pytest.mark.parametrize("code", [0, 4])
@pytest.mark.parametrize("where", ["thread", "executor", "none"])
def test_the_process_ends_all_the_same(where: str, code: int) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _SCRIPT, where, str(code)],
        cwd=Path(__file__).parents[4],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout) == (code, "stopped\n")
    assert ("threads that do not end are broken off" in done.stderr) == (where != "none")
