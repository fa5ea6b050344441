"""`gateway reload` and SIGHUP, with the gateway as a process."""

from __future__ import annotations

import json
import signal
import socket
import ssl
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

from certs import client_context
from gateway.admin import socket as socket_file
from tests.peers import sqlite
from tests.peers.odbc import driver
from tests.unit.gateway.cli.command import gateway, gateway_here
from tests.unit.gateway.cli.test_serving import serving

_END = "-----END CERTIFICATE-----"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    _write(tmp_path, "gateway.yaml", "listen: 127.0.0.1:0\ndocs: public\n")
    return tmp_path


def _write(folder: Path, name: str, text: str) -> None:
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_text(text)


def _shop(folder: Path) -> str:
    database = sqlite.database(folder / "shop.db")
    return (
        f'shop: {{adapter: odbc, connection: "Driver={driver("libsqlite3odbc.so")};Database={database}"}}\n'
    )


def _paths(url: str) -> set[str]:
    with urllib.request.urlopen(f"{url}/openapi.json", timeout=10) as answer:
        return set(json.load(answer)["paths"])


def _until(condition: Callable[[], bool]) -> None:
    give_up = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < give_up
        time.sleep(0.05)


def test_a_new_system_is_served(folder: Path) -> None:
    with serving(folder) as (_, url):
        assert not any(path.startswith("/api/shop") for path in _paths(url))
        _write(folder, "systems/shop.yaml", _shop(folder))
        result = gateway_here("reload", cwd=folder)
        assert (result.code, result.err) == (0, "")
        assert result.out == "The gateway serves the new configuration.\n"
        _until(lambda: any(path.startswith("/api/shop") for path in _paths(url)))
        (folder / "systems" / "shop.yaml").unlink()
        assert json.loads(gateway_here("reload", "--json", cwd=folder).out) == {
            "ok": True,
            "problems": [],
            "warnings": [],
            "restart": [],
            "found": [],
            "blocked": {},
            "unreachable": {},
        }
        assert not any(path.startswith("/api/shop") for path in _paths(url))


BAD = (
    ("gateway.yaml", "listen: [", "gateway.yaml"),
    ("gateway.yaml", "listn: 127.0.0.1:0\n", "listn"),
    ("gateway.yaml", "max_connections: 0\n", "max_connections"),
    ("systems/shop.yaml", "shop: {adapter: soup}\n", "there is no such adapter"),
    ("systems/shop.yaml", "shop: {adapter: mqtt, broker: '${env:NOT_SET_HERE}'}\n", "NOT_SET_HERE"),
    ("routes/r.yaml", "/items: {get: {call: shop.items}}\n", "shop"),
    ("flows/f.yaml", "f: {from: nowhere.inbox, steps: []}\n", "nowhere"),
    ("flows/f.yaml", "f: {from: {post: {}}, steps: [{filter: 'a >'}]}\n", "filter"),
)


def test_a_bad_configuration_changes_nothing(folder: Path) -> None:
    _write(folder, "flows/good.yaml", "good: {from: {post: {}}, steps: []}\n")
    good = (folder / "gateway.yaml").read_text()
    with serving(folder) as (process, url):
        before = _paths(url)
        assert "/api/flows/good" in before
        assert process.stderr is not None
        for name, text, says in BAD:
            _write(folder, name, text)
            result = gateway_here("reload", cwd=folder)
            assert (result.code, result.out) == (1, ""), name
            assert says in result.err
            # A gateway.yaml that cannot be read does not even say where the running gateway's socket is.
            assert ("the gateway serves what it served before" in result.err) is (name != "gateway.yaml")
            assert _paths(url) == before
            (folder / name).unlink()
            _write(folder, "gateway.yaml", good)
        _write(
            folder, "flows/f.yaml", "f: {from: elsewhere.a, steps: []}\ng: {from: elsewhere.b, steps: []}\n"
        )
        process.send_signal(signal.SIGHUP)
        for line in process.stderr:
            event = json.loads(line)
            if event["event"] == "the new configuration is not used" and "elsewhere" in str(event):
                assert len(event["problems"]) == 2
                break
        assert _paths(url) == before
        (folder / "flows/f.yaml").unlink()
        assert gateway_here("reload", cwd=folder).code == 0


def test_a_hangup_reloads(folder: Path) -> None:
    with serving(folder) as (process, url):
        _write(folder, "flows/f.yaml", "posted: {from: {post: {}}, steps: []}\n")
        process.send_signal(signal.SIGHUP)
        _until(lambda: "/api/flows/posted" in _paths(url))


def test_what_needs_a_restart_is_named(folder: Path) -> None:
    with serving(folder) as (_, url):
        _write(folder, "gateway.yaml", "listen: 127.0.0.1:1\ndocs: public\nmax_connections: 5\n")
        result = gateway_here("reload", cwd=folder)
        assert result.code == 0, result.err
        assert "Used only after a restart: listen, max_connections." in result.out
        assert _paths(url)


def test_a_renewed_certificate_is_used_by_the_next_connection(folder: Path) -> None:
    assert gateway_here("certs", "init", cwd=folder).code == 0
    assert gateway_here("certs", "issue", "127.0.0.1", cwd=folder).code == 0
    certificate = folder / "certs" / "127.0.0.1.crt"
    tls = "tls: {certificate: certs/127.0.0.1.crt, key: certs/127.0.0.1.key}\n"
    _write(folder, "gateway.yaml", f"listen: 127.0.0.1:0\n{tls}")
    trusting = client_context(folder / "certs" / "ca.crt")
    with serving(folder) as (_, url):
        first = _shown(certificate)
        with _connected(url, trusting) as old:
            assert old.getpeercert(binary_form=True) == first
            certificate.unlink()
            (folder / "certs" / "127.0.0.1.key").unlink()
            assert gateway_here("certs", "issue", "127.0.0.1", cwd=folder).code == 0
            second = _shown(certificate)
            assert second != first
            # Until it is told, the gateway goes on as it was.
            with _connected(url, trusting) as still:
                assert still.getpeercert(binary_form=True) == first
            assert gateway_here("reload", cwd=folder).code == 0
            with _connected(url, trusting) as new:
                assert new.getpeercert(binary_form=True) == second
            assert _live(old)
            # A certificate that does not fit its key changes nothing.
            (folder / "certs" / "127.0.0.1.key").write_bytes((folder / "certs" / "ca.key").read_bytes())
            result = gateway_here("reload", cwd=folder)
            assert result.code == 1
            assert "127.0.0.1.key" in result.err
            with _connected(url, trusting) as new:
                assert new.getpeercert(binary_form=True) == second
                assert _live(new)


def _shown(certificate: Path) -> bytes:
    """The first certificate of a file, as a peer shows it."""
    text = certificate.read_text()
    return ssl.PEM_cert_to_DER_cert(text[: text.index(_END) + len(_END)])


def test_a_flow_that_turns_out_not_to_run_is_told_of(folder: Path) -> None:
    """The database says what it has only once it is connected: the configuration is served all the same."""
    with serving(folder) as (_, url):
        _write(folder, "systems/shop.yaml", _shop(folder))
        _write(
            folder,
            "flows/f.yaml",
            "good: {from: {post: {}}, steps: [{call: shop.item.insert}]}\n"
            "bad: {from: shop.changed, steps: []}\n",
        )
        result = gateway_here("reload", cwd=folder)
        assert result.code == 1
        assert result.out == "The gateway serves the new configuration.\n"
        place, summary = result.err.splitlines()
        assert place.startswith("flows/f.yaml:2:")
        assert "bad.from" in place
        assert summary.startswith("gateway: the configuration is served, but 1 flow is blocked, and")
        assert "bad: shop has no channel" in summary
        assert "/api/flows/good" in _paths(url)
        # By now it is known what the database has.
        result = gateway_here("reload", cwd=folder)
        assert (result.code, result.out) == (1, "")
        assert "bad.from: shop has no channel" in result.err
        _write(folder, "flows/f.yaml", "good: {from: {post: {}}, steps: [{call: shop.item.insert}]}\n")
        assert gateway_here("reload", cwd=folder).code == 0


def test_a_system_that_is_away_is_told_of(folder: Path) -> None:
    with serving(folder):
        database = folder / "shop.db"
        _write(folder, "systems/shop.yaml", _shop(folder).replace(str(database), "/nowhere/at/all.db"))
        result = gateway_here("reload", cwd=folder)
        assert result.code == 0
        assert "warning: shop cannot be reached: " in result.err


def _connected(url: str, context: ssl.SSLContext) -> ssl.SSLSocket:
    host, _, port = url.removeprefix("https://").partition(":")
    connection = socket.create_connection((host, int(port)), timeout=10)
    return context.wrap_socket(connection, server_hostname=host)


def _live(connection: ssl.SSLSocket) -> bool:
    connection.sendall(b"GET /health/live HTTP/1.1\r\nHost: a\r\n\r\n")
    return connection.recv(1000).startswith(b"HTTP/1.1 200")


def test_many_at_once_end_well(folder: Path) -> None:
    with serving(folder) as (process, url):
        for number in range(5):
            _write(folder, "flows/f.yaml", f"posted{number}: {{from: {{post: {{}}}}, steps: []}}\n")
            process.send_signal(signal.SIGHUP)
        _until(lambda: "/api/flows/posted4" in _paths(url))
        process.terminate()
        assert process.wait(30) == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ("reload",),
        ("messages", "list"),
        ("messages", "show", "1"),
        ("messages", "show", "1", "--payload"),
        ("messages", "replay", "1"),
        ("messages", "replay", "--all"),
        ("messages", "discard", "1"),
    ],
    ids=" ".join,
)
@pytest.mark.parametrize("left", [False, True], ids=["never-ran", "killed"])
def test_without_a_running_gateway(arguments: tuple[str, ...], left: bool, folder: Path) -> None:
    if left:
        (folder / "state").mkdir()
        socket_file.listen(folder / "state").close()
    result = gateway_here(*arguments, cwd=folder)
    assert result.code == 3
    assert "the gateway is not running" in result.err
    assert result.out == ""


def test_two_gateways_on_one_state_folder(folder: Path) -> None:
    with serving(folder):
        result = gateway("serve", cwd=folder)
        assert result.code == 1
        assert "only one gateway can use a state_dir" in result.err
        assert gateway_here("messages", "list", cwd=folder).out == "No messages.\n"


def test_after_a_kill_it_starts_again(folder: Path) -> None:
    with serving(folder) as (process, _):
        process.send_signal(signal.SIGKILL)
        process.wait(30)
    with serving(folder):
        assert gateway_here("messages", "list", cwd=folder).code == 0
