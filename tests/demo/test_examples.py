"""The folders below examples/: each is started as its README says, and every call in the README is made."""

from __future__ import annotations

import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

import pytest

from gateway.config import load
from tests.demo.running import GATEWAY, Answer, paste, wait_until
from tests.peers.process import ServerProcess, free_port

EXAMPLES = Path(__file__).parents[2] / "examples"
NAMES = ("quickstart", "database", "first-flow")
LISTEN = "127.0.0.1:8080"

pytestmark = pytest.mark.xdist_group("examples")


def commands(folder: Path) -> list[str]:
    """The lines of all shell blocks of the README."""
    blocks = re.findall(r"^```sh\n(.*?)^```$", (folder / "README.md").read_text(), re.MULTILINE | re.DOTALL)
    return [line for block in blocks for line in block.splitlines()]


@dataclass
class Running:
    """A copy of an example on ports of its own."""

    folder: Path
    port: int
    env: dict[str, str] = field(default_factory=dict)

    def paste(self, line: str) -> Answer:
        line = line.replace(LISTEN, f"127.0.0.1:{self.port}").replace("@examples/", f"@{EXAMPLES}/")
        return paste(line, self.env)

    def start(self) -> ServerProcess:
        """Make a key, start the gateway, wait until it is ready."""
        settings = self.folder / "gateway.yaml"
        settings.write_text(settings.read_text().replace(LISTEN, f"127.0.0.1:{self.port}"))
        arguments = ["keys", "create", "me", "--scope", "*:read", "--scope", "*:write", "--json"]
        made = subprocess.run(
            [*GATEWAY, *arguments, "-C", str(self.folder)],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, **self.env},
        )
        self.env["KEY"] = json.loads(made.stdout)["key"]
        server = ServerProcess(
            [*GATEWAY, "serve", "-C", self.folder], self.port, self.folder / "log", self.env
        )
        server.start()
        ready = f"curl -s 'http://127.0.0.1:{self.port}/health/ready'"
        try:
            wait_until(lambda: paste(ready).status == 200, 20)
        except AssertionError:
            server.stop()
            raise
        return server


def copied(name: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp(name) / name
    shutil.copytree(EXAMPLES / name, folder, ignore=shutil.ignore_patterns("state", "*.sqlite"))
    return folder


@pytest.fixture(scope="module")
def quickstart(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = copied("quickstart", tmp_path_factory)
    service_port = free_port()
    wsdl = folder / "converter.wsdl"
    wsdl.write_text(wsdl.read_text().replace("127.0.0.1:8079", f"127.0.0.1:{service_port}"))
    command = [sys.executable, folder / "service.py", str(service_port)]
    service = ServerProcess(command, service_port, folder / "service.log")
    running = Running(folder, free_port())
    service.start()
    try:
        server = running.start()
        yield running
        server.stop()
    finally:
        service.stop()


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = copied("database", tmp_path_factory)
    file = folder / "library.sqlite"
    subprocess.run([sys.executable, folder / "create.py", file], check=True)
    running = Running(folder, free_port(), {"LIBRARY": str(file)})
    server = running.start()
    yield running
    server.stop()


@pytest.fixture(scope="module")
def first_flow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = copied("first-flow", tmp_path_factory)
    file = folder / "stock.sqlite"
    with closing(sqlite3.connect(file)) as stock:
        stock.executescript((folder / "tables.sql").read_text())
    running = Running(folder, free_port(), {"STOCK": str(file)})
    server = running.start()
    yield running
    server.stop()


def test_every_example_is_tested_here() -> None:
    names = {entry.name for entry in EXAMPLES.iterdir() if entry.is_dir()}
    assert names == {*NAMES, "file-drop"}, "file-drop is a page that is followed: test_first_flow.py"


@pytest.mark.parametrize("name", NAMES)
def test_a_readme_names_commands_that_exist(name: str) -> None:
    lines = commands(EXAMPLES / name)
    assert f"gateway serve -C examples/{name}" in lines
    assert f"gateway keys create me --scope '*:read' --scope '*:write' -C examples/{name}" in lines
    for path in re.findall(r"examples/[\w./-]+", (EXAMPLES / name / "README.md").read_text()):
        assert (EXAMPLES.parent / path).exists(), path


@pytest.mark.parametrize("name", NAMES)
def test_an_example_has_no_warnings(name: str) -> None:
    assert load(EXAMPLES / name, {"LIBRARY": "/tmp/l.sqlite", "STOCK": "/tmp/s.sqlite"}).warnings == ()


def answers(running: Running, name: str) -> list[Answer]:
    return [running.paste(line) for line in commands(EXAMPLES / name) if line.startswith("curl ")]


def test_quickstart(quickstart: Running) -> None:
    get, post, fault, invalid = answers(quickstart, "quickstart")
    assert (get.status, post.status, fault.status, invalid.status) == (200, 200, 422, 400)
    assert get.json == {"amount": 233.1, "rate": 0.932401, "asOf": "2026-11-20"}
    exact = Decimal("12345678901234567.89") * Decimal("1.313295")
    assert str(exact.quantize(Decimal("0.01"))) in post.text
    assert fault.json["peer"]["detail"] == {"currency": "XXX"}
    assert invalid.json["errors"]


def test_quickstart_looks_whether_the_service_is_there_without_a_line(quickstart: Running) -> None:
    log = (quickstart.folder / "service.log").read_text()
    assert "501" not in log
    assert "GET" not in log


def test_database(database: Running) -> None:
    cheap, book, shelf, authors, lent, loans, refused = answers(database, "database")
    assert cheap.json == [
        {"title": "Treatise on Light", "price": 31.95},
        {"title": "One Thousand and One Nights", "price": 19.90},
        {"title": "Notes on the Analytical Engine", "price": 12.50},
    ]
    assert book.json["title"] == "Treatise on Light"
    assert [entry["author"] for entry in shelf.json] == 2 * ["Christiaan Huygens"]
    assert [json.loads(line)["born"] for line in authors.text.splitlines()] == [
        "1815-12-10",
        "1629-04-14",
        None,
    ]
    assert lent.status == 201
    assert [loan["reader"] for loan in loans.json] == ["Babbage"]
    assert refused.status == 409


def test_first_flow(first_flow: Running) -> None:
    post, receipts, picking = (line for line in commands(EXAMPLES / "first-flow") if line.startswith("curl "))
    assert first_flow.paste(post).status == 202
    wait_until(lambda: len(first_flow.paste(receipts).json) == 2, 30)
    assert [row["article"] for row in first_flow.paste(receipts).json] == ["AX-12", "BOLT-M8"]
    (insert,) = (line for line in commands(EXAMPLES / "first-flow") if "INSERT" in line)
    with closing(sqlite3.connect(first_flow.env["STOCK"], timeout=30)) as shop, shop:
        shop.execute(insert.split('"')[1])
    wait_until(lambda: len(first_flow.paste(picking).json) == 1, 30)
    assert first_flow.paste(picking).json == [{"order_id": 1, "what": "250 x BOLT-M8", "urgent": True}]
