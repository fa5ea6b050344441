"""Two pages followed to their ends, "My first flow" and the example file-drop: every command is run, and
prints what the page shows."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from gateway.demo.processes import is_reachable
from tests.demo.running import GATEWAY, SQLITE3, wait_until
from tests.peers.process import free_port

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "my-first-flow.md"
EXAMPLE = ROOT / "examples" / "first-flow"
FILE_DROP = ROOT / "examples" / "file-drop" / "README.md"
MADE = (
    *("tables.sql", "monday.txt", "tuesday.txt", "systems/stock.yaml", "mappings/receipts.yaml"),
    *("flows/receipts.yaml", "flows/orders.yaml"),
)
LISTEN = "127.0.0.1:8080"
PARTNER_PORT = "2222"
PARTNER = "python -m gateway.demo.bank"
PATIENCE_S = 60.0
SERVE = "gateway serve\n"
# What only looks may be looked at again, until it shows what is on the page.
LOOKS = (
    *("gateway messages list", "gateway messages show", 'sqlite3 stock.sqlite "SELECT'),
    *("ls ~/partner/", "cat ~/partner/in"),
)
ID = re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")
pytestmark = [pytest.mark.xdist_group("examples"), pytest.mark.timeout(300)]


@dataclass(frozen=True)
class Block:
    """What is typed, and what the page shows for it: empty where it shows nothing."""

    typed: str
    shown: str


def blocks(page: Path) -> list[Block]:
    """The page from its beginning to its end."""
    found: list[Block] = []
    for language, text in re.findall(r"^```(\w+)\n(.*?)^```$", page.read_text(), re.MULTILINE | re.DOTALL):
        if language == "sh":
            found.append(Block(text, ""))
        else:
            assert (language, found[-1].shown) == ("text", ""), text
            found[-1] = Block(found[-1].typed, text)
    return found


def fits(shown: str, printed: str) -> bool:
    """Whether this was printed. `…` and, beside it, line ends stand for anything; spaces are all alike."""
    if "…" not in shown:
        return shown.split() == printed.split()
    pieces = [r"\s+".join(map(re.escape, piece.split())) for piece in re.split(r"[…\n]", shown)]
    return re.search(".*?".join(pieces), printed, re.DOTALL) is not None


@dataclass
class Terminal:
    """A shell that keeps its folder and its variables."""

    memory: Path
    env: dict[str, str]
    folder: Path

    def run(self, typed: str) -> subprocess.CompletedProcess[str]:
        """Run a block; it ends at the first command that fails."""
        restored = f". {self.memory}\n" if self.memory.exists() else ""
        keep = f"export -p > {self.memory}; pwd > {self.memory}.folder"
        done = subprocess.run(
            ["/bin/bash", "-c", f"{restored}trap '{keep}' EXIT\nset -ea\n{typed}"],
            cwd=self.folder,
            env=self.env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
        self.folder = Path(self.memory.with_name(f"{self.memory.name}.folder").read_text().strip())
        return done

    def start(self, typed: str, log: Path) -> subprocess.Popen[bytes]:
        """Run a block whose last line does not end."""
        *lines, last = typed.splitlines(keepends=True)
        before = "".join(lines)
        if before:
            done = self.run(before)
            assert done.returncode == 0, done.stderr
        with log.open("ab") as output:
            return subprocess.Popen(
                ["/bin/bash", "-c", f". {self.memory}\nexec {last}"],
                cwd=self.folder,
                env=self.env,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )


@dataclass
class Reader:
    """Somebody with two terminals, who reads the page and does what it says."""

    root: Path
    env: dict[str, str]
    port: int = field(default_factory=free_port)
    partner_port: int = field(default_factory=free_port)
    message: str = "ID"
    gateway: subprocess.Popen[bytes] | None = None
    partner: subprocess.Popen[bytes] | None = None

    def __post_init__(self) -> None:
        self.first = Terminal(self.root / "first", self.env, self.root / "repository")
        self.second = Terminal(self.root / "second", self.env, self.root / "repository")
        self.third = Terminal(self.root / "third", self.env, self.root / "repository")

    def follow(self, block: Block) -> None:
        """Do what a block says, and insist on what it shows."""
        typed = block.typed.replace(LISTEN, f"127.0.0.1:{self.port}")
        typed = typed.replace(PARTNER_PORT, str(self.partner_port))
        typed = re.sub(r"\bID\b(?=\n| --)", self.message, typed) if "gateway messages" in typed else typed
        if typed.endswith(SERVE):
            self._serve(typed)
            return
        if PARTNER in typed:
            self.partner = self.third.start(typed, self.root / "partner.log")
            wait_until(lambda: is_reachable(self.partner_port), PATIENCE_S)
            return
        give_up = time.monotonic() + PATIENCE_S
        while True:
            done = self.first.run(typed)
            printed = done.stdout + done.stderr
            if fits(block.shown, printed) if block.shown else done.returncode == 0:
                break
            may_come = typed.startswith(LOOKS) and time.monotonic() < give_up
            assert may_come, f"{typed}\n{printed}\n{self.log}"
            time.sleep(0.2)
        fails = "served before" in block.shown or "no host_key is set" in block.shown
        assert (done.returncode != 0) is fails, printed
        if "--state dead" in typed:
            self.message = ID.findall(printed)[0]
        if "gateway init" in typed or "cp -r examples" in typed:
            self._use_free_ports()

    def _use_free_ports(self) -> None:
        for file in self.first.folder.rglob("*.yaml"):
            text = file.read_text().replace(LISTEN, f"127.0.0.1:{self.port}")
            file.write_text(text.replace(f"port: {PARTNER_PORT}", f"port: {self.partner_port}"))

    @property
    def folder(self) -> Path:
        return self.root / "home" / "first-flow"

    @property
    def log(self) -> str:
        log = self.root / "log"
        return log.read_text() if log.exists() else ""

    def _serve(self, typed: str) -> None:
        if self.gateway is not None:
            self.gateway.wait(30)
        self.gateway = self.second.start(typed, self.root / "log")
        wait_until(self._is_ready, PATIENCE_S)

    def _is_ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/health/ready", timeout=10):
                return True
        except OSError:
            return False

    def stop(self) -> None:
        for process in (self.gateway, self.partner):
            if process is not None and process.poll() is None:
                process.terminate()
                process.wait(30)


def program(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o755)


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[Reader]:
    programs = tmp_path / "repository" / ".venv" / "bin"
    programs.mkdir(parents=True)
    (tmp_path / "home").mkdir()
    program(programs / "gateway", f'#!/bin/sh\nexec {shlex.join(GATEWAY)} "$@"\n')
    program(programs / "python", f'#!/bin/sh\nexec {shlex.quote(sys.executable)} "$@"\n')
    (tmp_path / "repository" / "examples").symlink_to(ROOT / "examples")
    if shutil.which("sqlite3") is None:
        program(programs / "sqlite3", SQLITE3)
    (programs / "activate").write_text(f"PATH={shlex.quote(os.fspath(programs))}:$PATH\n")
    # Wide enough for a table to be on lines that are not folded.
    env = {**os.environ, "HOME": os.fspath(tmp_path / "home"), "COLUMNS": "300"}
    found = Reader(tmp_path, env)
    yield found
    found.stop()


def follow(reader: Reader, page: Path) -> None:
    for block in blocks(page):
        try:
            reader.follow(block)
        except subprocess.TimeoutExpired as error:
            raise AssertionError(f"{block.typed}\n{error.output!r}\n{reader.log}") from error


def test_a_partner_drops_a_file(reader: Reader) -> None:
    follow(reader, FILE_DROP)


def test_the_page_from_its_beginning_to_its_end(reader: Reader) -> None:
    follow(reader, PAGE)
    for name in MADE:
        assert (reader.folder / name).read_text() == (EXAMPLE / name).read_text(), name


def test_what_is_shown_is_compared() -> None:
    assert fits("a  b\n", "a b")
    assert fits("{…}\n", "{x}")
    assert not fits("a b\n", "a b c")
    assert not fits("a … c\n", "a b")
