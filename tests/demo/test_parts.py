"""What the demo stands on: what is missing is said, state is kept, processes do not outlive their parent."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from gateway.config import load
from gateway.demo import requirements
from gateway.demo.processes import Child, StartFailed, choose_port, spawn, stop, wait_until
from gateway.demo.state import PACKAGED, InUse, Ports, State
from gateway.demo.summary import SECTIONS, WATCH, Example
from gateway.security.keys import KeyStore
from tests.demo.running import alive
from tests.demo.running import wait_until as wait
from tests.peers.process import free_port

PORTS = Ports(erp=1, bank=2, plant=3)


# --- requirements ---


def test_a_missing_broker_is_named_with_its_package(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(requirements, "_SEARCH", str(tmp_path))
    with pytest.raises(requirements.Missing, match=r"mosquitto is missing(.|\n)*apt-get install .*mosquitto"):
        requirements.mosquitto()


def test_everything_missing_is_said_at_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(requirements, "_SEARCH", str(tmp_path))
    monkeypatch.setenv("ODBCSYSINI", str(tmp_path))
    monkeypatch.setattr(requirements, "_LIBRARY_FOLDERS", (tmp_path,))
    monkeypatch.setattr(requirements, "_PYTHON_PACKAGES", ("lxml", "no_such_package"))
    with pytest.raises(requirements.Missing) as raised:
        requirements.check()
    message = str(raised.value)
    assert "mosquitto" in message
    assert "apt-get install --no-install-recommends unixodbc libsqliteodbc" in message
    assert "no_such_package" in message
    assert 'pip install "legacy-gateway[all]"' in message


@pytest.mark.parametrize(
    ("registered", "library", "expected"),
    [
        pytest.param("[SQLite3]\nDriver=x.so\n", None, "SQLite3", id="debian"),
        pytest.param("[PostgreSQL]\n\n[SQLITE3]\n", None, "SQLITE3", id="other-spelling"),
        pytest.param("[PostgreSQL]\n", "x86_64-linux-gnu/odbc/libsqlite3odbc.so", None, id="not-registered"),
        pytest.param(None, "libsqlite3odbc.so", None, id="no-list-at-all"),
    ],
)
def test_the_driver_is_found(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    registered: str | None,
    library: str | None,
    expected: str,
) -> None:
    monkeypatch.setenv("ODBCSYSINI", str(tmp_path))
    monkeypatch.setattr(requirements, "_LIBRARY_FOLDERS", (tmp_path / "lib",))
    if registered is not None:
        (tmp_path / "odbcinst.ini").write_text(registered)
    if library is not None:
        file = tmp_path / "lib" / library
        file.parent.mkdir(parents=True)
        file.touch()
        expected = str(file)
    assert requirements.sqlite_driver() == expected


# --- state ---


@pytest.fixture
def state(tmp_path: Path) -> State:
    made = State(tmp_path / "state")
    with made.locked():
        made.prepare()
    return made


def test_the_packaged_configuration_is_good(state: State) -> None:
    assert state.write_config() == []
    variables = state.environment("127.0.0.1:8080", PORTS, "SQLite3")
    configuration = load(state.config, variables)
    assert set(configuration.systems) == {"erp", "warehouse", "bank", "plant"}
    assert configuration.warnings == ()
    assert configuration.gateway.keys_file.resolve() == (state.folder / "gateway" / "keys.json").resolve()


def test_edited_files_are_left_alone_and_others_brought_up_to_date(state: State) -> None:
    state.write_config()
    edited, stale = state.config / "gateway.yaml", state.config / "systems" / "plant.yaml"
    edited.write_text("# mine\n")
    stale.unlink()
    assert state.write_config() == [edited]
    assert edited.read_text() == "# mine\n"
    assert stale.read_bytes() == (PACKAGED / "systems" / "plant.yaml").read_bytes()


def test_ports_and_paths_come_from_the_environment(state: State) -> None:
    state.write_config()
    variables = state.environment("127.0.0.1:8080", Ports(1, 9999, 3), "/usr/lib/driver.so")
    systems = load(state.config, variables).systems
    assert systems["bank"].settings.model_dump()["port"] == 9999
    connection = systems["warehouse"].settings.model_dump()["connection"].get_secret_value()
    assert connection.startswith(f"Driver=/usr/lib/driver.so;Database={state.database};")
    for file in state.config.rglob("*.yaml"):
        assert str(state.folder) not in file.read_text()


def test_secrets_are_kept_and_private(state: State) -> None:
    state.write_config()
    state.environment("127.0.0.1:8080", PORTS, "SQLite3")
    assert state.passwords() == state.passwords()
    key = state.api_key()
    assert state.api_key() == key
    principal = KeyStore(state.folder / "gateway" / "keys.json").authenticate(key)
    assert principal is not None
    assert principal.allows("erp", "write")
    (state.folder / "gateway" / "keys.json").unlink()
    assert state.api_key() != key
    for name in ("passwords.json", "environment", "api-key", "config/keys/acme_ed25519", "bank/host_ed25519"):
        assert (state.folder / name).stat().st_mode & 0o077 == 0, name


def test_the_environment_file_is_for_shells(state: State) -> None:
    variables = state.environment("127.0.0.1:8080", PORTS, "SQLite3")
    script = '. "$0" && printf "%s %s" "$PLANT_BROKER" "$BANK_HOST_KEY"'
    shown = subprocess.run(
        ["/bin/sh", "-c", script, str(state.folder / "environment")],
        capture_output=True,
        text=True,
        check=True,
    )
    assert shown.stdout == f"mqtt://127.0.0.1:3 {variables['BANK_HOST_KEY']}"


def test_one_demo_for_each_folder(state: State) -> None:
    with state.locked(), pytest.raises(InUse), State(state.folder).locked():
        pass


def test_clear_removes_all_but_the_lock(state: State) -> None:
    (state.folder / "link").symlink_to("/etc")
    state.clear()
    assert [entry.name for entry in state.folder.iterdir()] == [".lock"]
    assert Path("/etc/passwd").is_file()


def test_process_ids_of_a_demo_that_was_killed_are_forgotten(state: State) -> None:
    (state.pid / "erp").write_text("1\n")
    state.prepare()
    assert list(state.pid.iterdir()) == []


# --- processes ---


def sleeper(folder: Path, script: str = "sleep 600") -> Child:
    return spawn("sleeper", ["/bin/sh", "-c", script], folder / "log", {})


def test_an_early_end_is_told_with_the_log(tmp_path: Path) -> None:
    child = sleeper(tmp_path, "echo cannot do it >&2; exit 7")
    with pytest.raises(StartFailed, match=r"sleeper ended with 7(.|\n)*cannot do it"):
        wait_until("it", lambda: False, [child], 20)


def test_waiting_ends(tmp_path: Path) -> None:
    child = sleeper(tmp_path)
    with pytest.raises(StartFailed, match="it: not within 0 s"):
        wait_until("it", lambda: False, [child], 0)
    stop([child], 5)


@pytest.mark.parametrize(
    "script",
    [
        pytest.param("sleep 600", id="obedient"),
        pytest.param("trap '' TERM; while :; do sleep 1; done", id="deaf"),
    ],
)
def test_children_are_stopped(tmp_path: Path, script: str) -> None:
    child = sleeper(tmp_path, script)
    stop([child], 0.5)
    assert child.ended()


def test_a_frozen_child_is_stopped(tmp_path: Path) -> None:
    child = sleeper(tmp_path)
    child.process.send_signal(signal.SIGSTOP)
    stop([child], 5)
    assert child.process.returncode == -signal.SIGTERM


def test_children_end_when_their_parent_is_killed(tmp_path: Path) -> None:
    script = (
        "import sys, time; from pathlib import Path; from gateway.demo.processes import spawn\n"
        "child = spawn('s', ['/bin/sleep', '600'], Path(sys.argv[1]), {})\n"
        "print(child.process.pid, flush=True); time.sleep(600)"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", script, os.fspath(tmp_path / "log")], stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    assert alive(pid)
    parent.kill()
    parent.wait()
    parent.stdout.close()
    wait(lambda: not alive(pid), 10)


def test_a_port_in_use_is_not_chosen() -> None:
    port = free_port()
    assert choose_port(port) == port
    assert choose_port(70000) != 70000


# --- lines to paste ---


def test_comments_mean_nothing_to_a_shell() -> None:
    examples = [WATCH, *(example for section in SECTIONS for example in section.examples)]
    for comment in [*(example.comment for example in examples), *(f"# {part.title}" for part in SECTIONS)]:
        assert re.fullmatch(r"# [\w ,.:-]+", comment), comment
    for example in examples:
        assert example.comment.startswith("# reads: " if example.method == "GET" else "# writes: ")


def test_examples_have_no_quotes_that_a_shell_would_eat() -> None:
    for section in SECTIONS:
        for example in section.examples:
            assert example.curl("http://x", "k").count("'") % 2 == 0


@pytest.mark.parametrize(
    ("example", "line"),
    [
        pytest.param(
            Example("", "GET", "/a"), r"curl -s -H 'Authorization: Bearer k' 'http://x/a'", id="get"
        ),
        pytest.param(
            Example("", "PUT", "/a", {"b": 1}),
            r"curl -s -X PUT -H 'Authorization: Bearer k' -H 'Content-Type: application/json'"
            " -d '{\"b\": 1}' 'http://x/a'",
            id="put",
        ),
        pytest.param(
            Example("", "GET", "/a", headers=("Accept: text/csv",), endless=True),
            "curl -sN -H 'Authorization: Bearer k' -H 'Accept: text/csv' 'http://x/a'",
            id="headers",
        ),
    ],
)
def test_lines(example: Example, line: str) -> None:
    assert example.curl("http://x", "k") == line
