"""A demo as its user has it: one process to start and stop, with lines to paste."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.peers.process import free_port

GATEWAY = [sys.executable, "-c", "from gateway.cli.main import main; main()"]
READY = "Ctrl-C stops everything"
# For machines without the program.
SQLITE3 = f"""#!{sys.executable}
import sqlite3, sys
with sqlite3.connect(sys.argv[1]) as database:
    for statement in (sys.argv[2] if sys.argv[2:] else sys.stdin.read()).split(";"):
        for row in database.execute(statement):
            print(*row, sep="|")
"""


@dataclass(frozen=True)
class Answer:
    status: int
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)


class Demo:
    """`gateway demo` on a folder; `output` is what it has printed so far."""

    def __init__(self, folder: Path, *, reset: bool = False, port: int | None = None) -> None:
        self.folder = folder
        self.port = port or free_port()
        self._printed = folder.with_name(f"{folder.name}.out")
        where = ["--state-dir", os.fspath(folder), "--listen", f"127.0.0.1:{self.port}"]
        with self._printed.open("wb") as output:
            self.process = subprocess.Popen(
                [*GATEWAY, "demo", *where, *(["--reset"] if reset else [])],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, "COLUMNS": "60"},
                start_new_session=True,
            )

    @property
    def output(self) -> str:
        return self._printed.read_text()

    def wait_until_ready(self) -> None:
        wait_until(lambda: READY in self.output or self.process.poll() is not None, 60)
        assert READY in self.output, self.output

    def curl_lines(self) -> list[str]:
        return [line for line in self.output.splitlines() if line.startswith("curl ")]

    @property
    def key(self) -> str:
        found = re.search(r"lgw_\w+", self.output)
        assert found is not None, self.output
        return found[0]

    def call(self, method: str, path: str, body: Any = None, timeout: float = 30) -> Answer:
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}",
            data=None if body is None else json.dumps(body).encode(),
            method=method,
            headers={"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=timeout) as response:
                return Answer(response.status, response.read().decode())
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, error.read().decode())

    def processes(self) -> dict[int, str]:
        """Everything that runs because of this demo: process id and command line."""
        found: dict[int, str] = {}
        pending = [self.process.pid]
        while pending:
            pid = pending.pop()
            try:
                found[pid] = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
                for task in Path(f"/proc/{pid}/task").iterdir():
                    pending += [int(child) for child in (task / "children").read_text().split()]
            except OSError:
                continue
        return found

    def kill(self, part: str) -> None:
        """SIGKILL the legacy system whose command line has this in it."""
        (pid,) = [pid for pid, command in self.processes().items() if part in command]
        os.kill(pid, signal.SIGKILL)

    def stop(self, how: signal.Signals = signal.SIGINT) -> int:
        """Stop it as Ctrl-C does, and insist that nothing of it is left."""
        before = self.processes()
        if self.process.poll() is None:
            os.kill(self.process.pid, how)
        code = self.process.wait(30)
        wait_until(lambda: not [pid for pid in before if alive(pid)], 30)
        return code


def alive(pid: int) -> bool:
    """True unless it is gone, or dead and only waiting to be collected by its parent."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def wait_until(condition: Any, timeout_s: float) -> None:
    give_up = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < give_up, "not in time"
        time.sleep(0.02)


def paste(line: str, env: dict[str, str] | None = None) -> Answer:
    """Run a printed line in a shell, or by hand where there is no curl."""
    if shutil.which("curl") is None:
        return _by_hand(line)
    done = subprocess.run(
        ["/bin/sh", "-c", f"{line} --max-time 30 -w '\\n%{{http_code}}'"],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        env={**os.environ, **(env or {})},
    )
    text, _, status = done.stdout.rpartition("\n")
    return Answer(int(status), text)


def _by_hand(line: str) -> Answer:
    words = shlex.split(line)[1:]
    headers: dict[str, str] = {}
    body: bytes | None = None
    method: str | None = None
    url = ""
    while words:
        word = words.pop(0)
        if word == "-H":
            name, _, value = words.pop(0).partition(": ")
            headers[name] = value
        elif word == "-d":
            body = words.pop(0).encode()
        elif word == "-X":
            method = words.pop(0)
        elif not word.startswith("-"):
            url = word
    request = urllib.request.Request(url, data=body, headers=headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=30) as response:
            return Answer(response.status, response.read().decode())
    except urllib.error.HTTPError as error:
        with error:
            return Answer(error.code, error.read().decode())
