"""`gateway serve` as a process: what it prints, how it stops, and why it refuses to start."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from certs import client_context
from tests.peers import sqlite
from tests.peers.odbc import driver
from tests.peers.process import free_port
from tests.unit.gateway.cli.command import CANARY, COMMAND, environment, gateway, gateway_here

ROOT = Path(__file__).parents[4]
_READY = re.compile(r"gateway: 0 systems at (\S+)/api")


@contextmanager
def serving(folder: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The running gateway and the URL that it prints."""
    process = subprocess.Popen(
        [*COMMAND, "serve"],
        cwd=folder,
        env={**environment(), "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        match = _READY.match(line)
        assert match, line + process.communicate(timeout=30)[1]
        yield process, match[1]
    finally:
        process.kill()
        process.communicate(timeout=30)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "gateway.yaml").write_text("listen: 127.0.0.1:0\n")
    return tmp_path


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_serves_and_stops(folder: Path, number: signal.Signals) -> None:
    with serving(folder) as (process, url):
        with urllib.request.urlopen(f"{url}/health/live", timeout=10) as answer:
            assert answer.status == 200
        process.send_signal(number)
        out, err = process.communicate(timeout=30)
        assert process.returncode == 0, err
        assert out == ""
        assert "Traceback" not in err
        assert "no API keys yet" in err
        for line in err.splitlines():
            assert json.loads(line)["level"]


def test_a_key_made_while_it_runs_opens_it(folder: Path) -> None:
    with serving(folder) as (_, url):
        created = gateway_here("keys", "create", "me", "--scope", "gateway:read", "--json", cwd=folder)
        request = urllib.request.Request(f"{url}/metrics")
        assert _status(request) == 401
        request.add_header("Authorization", f"Bearer {json.loads(created.out)['key']}")
        # The key file is looked at once a second at most; each refused attempt asks again.
        give_up = time.monotonic() + 20
        while (status := _status(request)) != 200 and time.monotonic() < give_up:
            assert status == 401
        assert status == 200


def _status(request: urllib.request.Request) -> int:
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        error.close()
        return error.code


def test_tls_with_a_certificate_of_the_local_authority(folder: Path) -> None:
    assert gateway_here("certs", "init", cwd=folder).code == 0
    assert gateway_here("certs", "issue", "127.0.0.1", cwd=folder).code == 0
    tls = "tls: {certificate: certs/127.0.0.1.crt, key: certs/127.0.0.1.key}\n"
    (folder / "gateway.yaml").write_text("listen: 127.0.0.1:0\n" + tls)
    with serving(folder) as (_, url):
        assert url.startswith("https://127.0.0.1:")
        trusting = client_context(folder / "certs" / "ca.crt")
        with urllib.request.urlopen(f"{url}/health/live", timeout=10, context=trusting) as answer:
            assert answer.status == 200
        with pytest.raises(urllib.error.URLError) as refused:
            urllib.request.urlopen(f"{url}/health/live", timeout=10, context=client_context())
        assert isinstance(refused.value.reason, ssl.SSLCertVerificationError)


def _folder_in_place(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _pipe_in_place(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def _file_in_place(path: Path) -> None:
    path.rmdir()
    path.touch()


@pytest.mark.parametrize(
    ("name", "spoil", "says"),
    [
        ("messages.db", lambda path: path.write_bytes(b"spoilt " * 2000), "back from a backup"),
        ("messages.db", lambda path: path.unlink(), "back from a backup"),
        ("store.key", lambda path: path.write_bytes(b"short"), "put it back from a backup"),
        ("store.key", lambda path: path.unlink(), "put it back from a backup"),
        ("store.key", lambda path: path.chmod(0o644), "chmod 600"),
        ("store.key", _folder_in_place, "Is a directory"),
        ("store.opening", lambda path: path.write_bytes(b"{"), "delete it"),
        ("messages.db", _folder_in_place, "is no file; put it back"),
        ("messages.db", _pipe_in_place, "is no file; put it back"),
        ("store.lock", _folder_in_place, "is no file; put it back"),
        ("store.lock", _pipe_in_place, "is no file; put it back"),
        ("store.opening", _folder_in_place, "is no file; put it back"),
        ("messages.db-wal", _folder_in_place, "is no file; put it back"),
        ("spool", _file_in_place, "is no folder; put it back"),
        ("spool", lambda path: path.chmod(0o777), "chmod 700"),
    ],
    ids=[
        "no-database",
        "lost-database",
        "no-key",
        "lost-key",
        "open-key",
        "folder-for-key",
        "opening",
        "folder-for-database",
        "pipe-for-database",
        "folder-for-lock",
        "pipe-for-lock",
        "folder-for-opening",
        "folder-for-log",
        "file-for-spool",
        "open-spool",
    ],
)
def test_a_store_that_cannot_be_opened_says_what_to_do(
    name: str, spoil: Callable[[Path], None], says: str, left: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "left"
    shutil.copytree(left, folder)
    spoil(folder / "state" / name)
    result = gateway("serve", cwd=folder)
    assert result.code == 1
    last = result.err.splitlines()[-1]
    assert last.startswith("gateway: the message store ")
    assert f"state/{name}" in last
    assert says in last
    assert "again" not in last
    assert "started anew" not in result.err


@pytest.fixture(scope="module")
def left(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the state of a gateway that ended well."""
    folder = tmp_path_factory.mktemp("left")
    (folder / "gateway.yaml").write_text("listen: 127.0.0.1:0\n")
    with serving(folder) as (process, _):
        process.terminate()
        assert process.wait(30) == 0
    return folder


def test_the_address_of_the_command_line_is_used(folder: Path) -> None:
    port = free_port()
    (folder / "gateway.yaml").write_text("listen: 127.0.0.1:1\n")
    process = subprocess.Popen(
        [*COMMAND, "serve", "--listen", f"127.0.0.1:{port}"],
        cwd=folder,
        env={**environment(), "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stdout is not None
        assert f"at http://127.0.0.1:{port}/api" in process.stdout.readline()
        reloaded = gateway("reload", "--json", cwd=folder)
        assert (reloaded.code, json.loads(reloaded.out)["restart"]) == (0, [])
        process.terminate()
        assert process.wait(30) == 0
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


@pytest.mark.parametrize("listen", ["8080", "127.0.0.1:70000", ""])
def test_an_address_that_is_none_is_a_mistake_of_usage(folder: Path, listen: str) -> None:
    result = gateway("serve", "--listen", listen, cwd=folder)
    assert (result.code, f"--listen {listen}" in result.err) == (2, True)


def test_a_taken_port_is_named(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        (folder / "gateway.yaml").write_text(f"listen: 127.0.0.1:{port}\n")
        result = gateway("serve", cwd=folder)
    assert result.code == 1
    assert f"gateway: 127.0.0.1:{port} is in use by another program; stop it, or choose" in result.err


@pytest.mark.parametrize(
    ("listen", "says"),
    [
        ("192.0.2.1:8080", "is not an address of this machine"),
        ("no.such.host.invalid:8080", "cannot be listened on"),
    ],
    ids=["address-of-another-machine", "unknown-host"],
)
def test_an_address_that_cannot_be_listened_on(listen: str, says: str, folder: Path) -> None:
    (folder / "gateway.yaml").write_text(f"listen: {listen}\n")
    result = gateway("serve", cwd=folder)
    assert result.code == 1
    assert says in result.err


@pytest.mark.skipif(os.geteuid() == 0, reason="root may listen on every port")
def test_a_port_for_the_superuser(folder: Path) -> None:
    (folder / "gateway.yaml").write_text("listen: 127.0.0.1:80\n")
    result = gateway("serve", cwd=folder)
    assert (result.code, "above 1023" in result.err) == (1, True)


def test_a_damaged_key_file_is_refused(folder: Path) -> None:
    (folder / "state").mkdir()
    (folder / "state" / "keys.json").write_text("{")
    (folder / "state" / "keys.json").chmod(0o600)
    result = gateway("serve", cwd=folder)
    assert result.code == 1
    assert "keys.json is damaged" in result.err


def test_secrets_stay_out_of_what_is_logged_at_debug(folder: Path) -> None:
    (folder / "gateway.yaml").write_text("listen: 127.0.0.1:0\nlog_level: debug\nlog_format: console\n")
    (folder / "systems").mkdir()
    (folder / "systems" / "plant.yaml").write_text(
        f"plant: {{adapter: mqtt, broker: 'mqtt://127.0.0.1:{free_port()}', username: u, "
        'password: "${env:CANARY}", channels: {t: {topic: t}}}\n'
    )
    process = subprocess.Popen(
        [*COMMAND, "serve"],
        cwd=folder,
        env={**environment(), "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    try:
        printed = []
        for line in process.stdout:
            printed.append(line)
            if "system is unavailable" in line:
                break
        process.terminate()
        printed.append(process.communicate(timeout=30)[0])
        assert process.returncode == 0
        assert CANARY not in "".join(printed)
    finally:
        process.kill()
        process.wait()


def test_what_a_described_system_shows_is_logged(folder: Path) -> None:
    for name in ("systems", "routes"):
        (folder / name).mkdir()
    database = sqlite.database(folder / "shop.db")
    (folder / "systems" / "shop.yaml").write_text(
        f'shop: {{adapter: odbc, connection: "Driver={driver("libsqlite3odbc.so")};Database={database}", '
        "tables: {allow: [item, lines]}}\n"
    )
    (folder / "routes" / "r.yaml").write_text("/items: {get: {call: shop.items.read}}\n")
    process = subprocess.Popen(
        [*COMMAND, "serve"],
        cwd=folder,
        env={**environment(), "PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    try:
        lines = []
        for line in process.stderr:
            lines.append(json.loads(line))
            if lines[-1]["event"] == "system is ready":
                break
        process.terminate()
        lines += map(json.loads, process.communicate(timeout=30)[1].splitlines())
    finally:
        process.kill()
        process.wait()
    found = {line["event"]: line for line in lines}
    note = found["note on the system's description"]
    assert (note["level"], note["system"]) == ("warning", "shop")
    assert note["note"] == 'tables.allow: no table "lines"; did you mean "line"?'
    assert "shop has no operation 'items.read'" in found["a route cannot be served"]["problem"]
