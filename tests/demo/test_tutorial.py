"""The tutorial, read as a user does: every block of commands is run in a shell, in its order."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.demo.running import GATEWAY, SQLITE3, Demo, alive, wait_until

TUTORIAL = Path(__file__).parents[2] / "docs" / "tutorial.md"

pytestmark = [pytest.mark.xdist_group("demo"), pytest.mark.timeout(180)]

# Nobody is there to press Ctrl-C.
CURL = """\
curl() {
    case "$*" in
        *text/event-stream*) command curl --max-time 2 "$@" || [ $? = 28 ] ;;
        *) command curl --fail-with-body "$@" ;;
    esac
}
"""


def blocks(language: str) -> list[str]:
    """The code blocks in this language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", TUTORIAL.read_text(), re.MULTILINE | re.DOTALL)


@dataclass
class Reader:
    """Somebody with a terminal in the folder of the repository."""

    folder: Path
    demo: Demo

    def run(self, block: str) -> subprocess.CompletedProcess[str]:
        """Run a block after the one that sets the variables."""
        script = CURL + "set -e\n" + "".join([variables(), block])
        script = script.replace("127.0.0.1:8080", f"127.0.0.1:{self.demo.port}")
        return subprocess.run(
            ["/bin/sh"],
            input=script,
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=90,
            check=False,
        )

    def does(self, block: str) -> str:
        """Run a block that must succeed; what it prints."""
        done = self.run(block)
        assert done.returncode == 0, f"{block}\n{done.stdout}{done.stderr}"
        return done.stdout


def variables() -> str:
    return next(block for block in blocks("sh") if block.startswith("KEY="))


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    folder = tmp_path_factory.mktemp("tutorial")
    environment = folder / ".venv" / "bin"
    environment.mkdir(parents=True)
    program = environment / "gateway"
    program.write_text(f'#!/bin/sh\nexec {shlex.join(GATEWAY)} "$@"\n')
    program.chmod(0o755)
    if shutil.which("sqlite3") is None:
        (environment / "sqlite3").write_text(SQLITE3)
        (environment / "sqlite3").chmod(0o755)
    (environment / "activate").write_text(f"PATH={shlex.quote(os.fspath(environment))}:$PATH\n")
    (folder / "state").mkdir()
    demo = Demo(folder / "state" / "demo")
    demo.wait_until_ready()
    yield Reader(folder, demo)
    assert demo.stop() == 0


def is_call(block: str) -> bool:
    return block.startswith(("curl ", "for attempt")) and "/health" not in block


def what_arrives() -> list[str]:
    """From the story to the replay of a dead letter."""
    found = blocks("sh")
    first = found.index("gateway demo play\n")
    last = next(index for index, block in enumerate(found) if "messages replay ID" in block)
    return found[first : last + 1]


def test_every_block_is_run_here() -> None:
    known = (
        "make run\n",
        "KEY=",
        "gateway check",
        "gateway reload",
        "gateway demo stop",
        "gateway demo start",
    )
    arrivals = what_arrives()
    for block in blocks("sh"):
        assert is_call(block) or "/health/ready" in block or block in arrivals or block.startswith(known), (
            block
        )
    assert len(blocks("yaml")) == 1
    assert set(re.findall(r"^```(\w+)$", TUTORIAL.read_text(), re.MULTILINE)) == {"sh", "yaml", "text"}


@pytest.mark.parametrize("block", [block for block in blocks("sh") if is_call(block)])
def test_calls(reader: Reader, block: str) -> None:
    printed = reader.does(block)
    assert "/problems/" not in printed
    if block.startswith("for attempt"):
        assert len(set(re.findall(r'"orderId":"(SO-\d+)"', printed))) == 1, printed
    assert "Müller;10,50" in printed or "iconv" not in block
    if "text/event-stream" in block:
        assert "celsius" in printed


def test_a_mistake_in_the_configuration_is_found(reader: Reader) -> None:
    check = next(block for block in blocks("sh") if "gateway check" in block)
    reader.does(check)
    (mistake,) = blocks("yaml")
    routes = reader.folder / "state" / "demo" / "config" / "routes" / "everything-else.yaml"
    good = routes.read_text()
    routes.write_text(good + mistake)
    found = reader.run(check)
    assert found.returncode != 0
    said = found.stdout + found.stderr
    assert re.search(rf"everything-else\.yaml:{good.count(chr(10)) + 2}:\d+", said), said
    assert "Ping" in said
    routes.write_text(good + mistake.replace("Pnig", "Ping"))
    reader.does(check)
    assert reader.demo.call("GET", "/api/ping").status == 404
    reader.does("gateway reload\n")
    assert reader.demo.call("GET", "/api/ping").status == 200
    routes.write_text(good)


def test_what_arrives(reader: Reader) -> None:
    play, drop, dead, show, payload, replay = what_arrives()
    assert "That was the story" in reader.does(play)
    before = dead_letters(reader.demo)
    reader.does(drop)
    wait_until(lambda: len(dead_letters(reader.demo)) > len(before), 30)
    message = dead_letters(reader.demo)[0]
    assert "bookings-to-ledger" in reader.does(dead)
    assert "a row with this key exists already" in reader.does(show.replace("ID", message))
    assert "INV-3001" in reader.does(payload.replace("ID", message))
    reader.does(replay.replace("ID", message))
    wait_until(lambda: reader.demo.call("GET", f"/api/messages/{message}").json["state"] == "done", 30)


def dead_letters(demo: Demo) -> list[str]:
    answer = demo.call("GET", "/api/messages?state=dead&flow=bookings-to-ledger").json
    return [message["id"] for message in answer["messages"]]


def test_stopping_a_system(reader: Reader) -> None:
    stop, call = next(block for block in blocks("sh") if block.startswith("gateway demo stop")).splitlines()
    pid_file = reader.folder / "state" / "demo" / "pid" / "erp"
    pid = int(pid_file.read_text())
    assert "gateway.demo.erp" in reader.demo.processes()[pid]
    reader.does(stop)
    wait_until(lambda: not alive(pid), 10)
    refused = reader.run(call).stdout
    assert " 503 " in refused.splitlines()[0]
    assert "retry-after:" in refused.lower()
    assert '"outcome":"not_sent"' in refused
    ready = next(block for block in blocks("sh") if "/health/ready" in block)
    wait_until(lambda: '"erp":{"state":"unavailable"' in reader.run(ready).stdout, 20)
    assert '"plant":{"state":"ready"' in reader.run(ready).stdout
    wait_until(lambda: not pid_file.exists(), 10)
    assert sorted(entry.name for entry in pid_file.parent.iterdir()) == ["bank", "machines", "plant"]
    assert reader.does("gateway demo start erp\n") == "erp: started\n"
    wait_until(lambda: reader.demo.call("GET", "/api/erp/Ping").status == 200, 30)
