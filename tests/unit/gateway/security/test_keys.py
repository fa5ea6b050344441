"""API keys: made, stored hashed, checked, noticed when they change."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from gateway.security import KeyStore, KeyStoreError, UnknownKey, folder_problem
from gateway.security import keys as keys_module


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "keys.json"


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The monotonic clock, which stands still until a test moves it."""
    now = [1000.0]
    monkeypatch.setattr(keys_module.time, "monotonic", lambda: now[0])
    return now


def test_a_new_key_opens_what_its_scopes_say(path: Path) -> None:
    store = KeyStore(path)
    key, text = store.create("orders app", ["erp:read", "erp:write"], numbers="string")
    principal = store.authenticate(text)
    assert principal is not None
    assert (principal.key_id, principal.name, principal.numbers) == (key.id, "orders app", "string")
    assert principal.allows("erp", "write")
    assert not principal.allows("warehouse", "read")
    assert text.startswith(f"lgw_{key.id}_")


def test_only_a_hash_is_stored_and_nothing_shows_the_secret(path: Path) -> None:
    key, text = KeyStore(path).create("app", ["*:read"])
    secret = text.rpartition("_")[2]
    stored = path.read_text()
    assert secret not in stored
    assert hashlib.sha256(secret.encode()).hexdigest() in stored
    assert secret not in repr(key)
    assert key.sha256 not in repr(key)


def test_file_and_folder_are_private(path: Path) -> None:
    KeyStore(path).create("app", ["*:read"])
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert sorted(file.name for file in path.parent.iterdir()) == ["keys.json", "keys.json.lock"]


def test_texts_that_are_no_key(path: Path) -> None:
    store = KeyStore(path)
    key, text = store.create("app", ["*:read"])
    _, other = store.create("other", ["*:read"])
    wrong = [
        "",
        "lgw",
        text[:-1],
        text + "x",
        text + "\n",
        text.upper(),
        f"lgw_{key.id}_{other.rpartition('_')[2]}",
        f"lgw_{'a' * 10}_{text.rpartition('_')[2]}",
        f"lgw_{key.id}_{key.sha256[:43]}",
        "é" * 58,
        text + "\0",
        "x" * 1_000_000,
    ]
    assert [store.authenticate(candidate) for candidate in wrong] == [None] * len(wrong)
    assert store.authenticate(text) is not None


def test_list_and_revoke(path: Path) -> None:
    store = KeyStore(path)
    first, _ = store.create("first", ["erp:read"])
    second, _ = store.create("second", ["erp:read"])
    assert {key.id for key in store.list()} == {first.id, second.id}
    assert store.revoke(first.id) == first
    assert store.list() == (second,)
    with pytest.raises(UnknownKey):
        store.revoke(first.id)


def test_no_file_means_no_keys(path: Path) -> None:
    assert KeyStore(path).list() == ()
    assert KeyStore(path).authenticate("lgw_" + "a" * 10 + "_" + "b" * 43) is None
    assert not path.parent.exists()


def test_a_running_gateway_notices_changes_within_a_second(path: Path, clock: list[float]) -> None:
    running, other = KeyStore(path), KeyStore(path)
    assert running.authenticate("x") is None
    key, text = other.create("app", ["*:read"])
    assert running.authenticate(text) is None, "the file is looked at once a second at most"
    clock[0] += 1.0
    assert running.authenticate(text) is not None
    other.revoke(key.id)
    assert running.authenticate(text) is not None
    clock[0] += 1.0
    assert running.authenticate(text) is None


def test_a_removed_file_lets_nobody_in(path: Path, clock: list[float]) -> None:
    store = KeyStore(path)
    _, text = store.create("app", ["*:read"])
    assert store.authenticate(text) is not None
    path.unlink()
    clock[0] += 1.0
    assert store.authenticate(text) is None


def test_a_damaged_file_lets_nobody_in_says_so_once_and_recovers(
    path: Path, clock: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    store = KeyStore(path)
    _, text = store.create("app", ["*:read"])
    good = path.read_bytes()
    path.write_bytes(good[:40])
    with caplog.at_level(logging.ERROR):
        assert store.authenticate(text) is None
        clock[0] += 1.0
        assert store.authenticate(text) is None
    assert len(caplog.records) == 1
    assert str(path) in caplog.text
    path.write_bytes(good)
    clock[0] += 1.0
    assert store.authenticate(text) is not None


DAMAGE = {
    "empty": b"",
    "cut": b'{"version": 1, "keys": [',
    "not-json": b"\xff\xfe",
    "list": b"[]",
    "future": b'{"version": 2, "keys": []}',
    "no-keys": b'{"version": 1}',
    "keys-not-list": b'{"version": 1, "keys": 5}',
    "key-not-object": b'{"version": 1, "keys": [5]}',
    "no-hash": b'{"version": 1, "keys": [{"id": "a", "scopes": ["*:read"], "numbers": "json"}]}',
    "bad-scope": json.dumps(
        {
            "version": 1,
            "keys": [
                {
                    "id": "a",
                    "name": "b",
                    "scopes": ["*"],
                    "numbers": "json",
                    "created": "",
                    "sha256": "0" * 64,
                }
            ],
        }
    ).encode(),
    "deep": b"[" * 100_000,
    "large": b" " * (5 << 20),
}


@pytest.mark.parametrize("content", DAMAGE.values(), ids=DAMAGE)
def test_damage_is_named_and_nothing_is_overwritten(content: bytes, path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(content)
    path.chmod(0o600)
    store = KeyStore(path)
    assert store.authenticate("lgw_" + "a" * 10 + "_" + "b" * 43) is None
    for attempt in (store.list, lambda: store.create("app", ["*:read"]), lambda: store.revoke("a")):
        with pytest.raises(KeyStoreError, match=r"keys\.json"):
            attempt()
    assert path.read_bytes() == content


def test_a_file_that_others_may_write_is_refused(path: Path) -> None:
    store = KeyStore(path)
    _, text = store.create("app", ["*:read"])
    path.chmod(0o620)
    assert KeyStore(path).authenticate(text) is None
    with pytest.raises(KeyStoreError, match="chmod 600"):
        store.list()


@pytest.mark.parametrize("mode", [0o777, 0o1777, 0o702])
def test_a_folder_that_everybody_may_write_is_refused(mode: int, path: Path) -> None:
    path.parent.mkdir()
    path.parent.chmod(mode)
    with pytest.raises(KeyStoreError, match="chmod o-w"):
        KeyStore(path).prepare()
    path.parent.chmod(0o770)
    KeyStore(path).prepare()


BAD_KEYS = {
    "no-scope": ("app", [], "at least one scope"),
    "empty-name": ("", ["*:read"], "1 to 100 characters"),
    "long-name": ("x" * 101, ["*:read"], "1 to 100 characters"),
    "control-character": ("a\x1b[31m", ["*:read"], "control characters"),
    "outer-space": (" app", ["*:read"], "outer spaces"),
    "access": ("app", ["erp:admin"], "SYSTEM:read"),
    "no-access": ("app", ["erp"], "SYSTEM:read"),
    "capitals": ("app", ["ERP:read"], "lower-case"),
    "two-systems": ("app", ["erp:read,bank:read"], "is not a scope"),
    "newline": ("app", ["erp:read\n"], "is not a scope"),
}


@pytest.mark.parametrize(("name", "scopes", "says"), BAD_KEYS.values(), ids=BAD_KEYS)
def test_bad_names_and_scopes(name: str, scopes: list[str], says: str, path: Path) -> None:
    with pytest.raises(ValueError, match=says):
        KeyStore(path).create(name, scopes)
    assert not path.exists()


def test_processes_that_create_at_the_same_time_lose_nothing(path: Path) -> None:
    program = (
        "import sys, pathlib; from gateway.security import KeyStore\n"
        "store = KeyStore(pathlib.Path(sys.argv[1]))\n"
        "for _ in range(5): store.create('app', ['*:read'])\n"
    )
    command = [sys.executable, "-c", program, os.fspath(path)]
    running = [subprocess.Popen(command) for _ in range(3)]
    assert [process.wait(30) for process in running] == [0, 0, 0]
    assert len(KeyStore(path).list()) == 15


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file where the folder should be")
    with pytest.raises(KeyStoreError, match=r"keys\.json"):
        KeyStore(tmp_path / "state" / "keys.json").create("app", ["*:read"])


@pytest.mark.parametrize("kind", ["pipe", "device", "folder"])
def test_a_key_file_that_is_no_file_lets_nobody_in_and_keeps_nobody_waiting(path: Path, kind: str) -> None:
    path.parent.mkdir()
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "device":
        path.symlink_to("/dev/zero")
    else:
        path.mkdir()
    script = (
        "import sys; from pathlib import Path; from gateway.security import *\n"
        "store = KeyStore(Path(sys.argv[1])); print(store.authenticate('lgw_' + 'a' * 10 + '_' + 'b' * 43))\n"
        "try: store.list()\n"
        "except KeyStoreError as error: print(error)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(path)], capture_output=True, text=True, timeout=20, check=True
    )
    assert done.stdout.splitlines()[0] == "None"
    assert "keys.json" in done.stdout.splitlines()[1]


def test_preparing_makes_the_folder_and_leaves_nothing_in_it(path: Path) -> None:
    KeyStore(path).prepare()
    KeyStore(path).prepare()
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert list(path.parent.iterdir()) == []
    assert folder_problem(path.parent) is None


@pytest.mark.parametrize("below", ["", "state", "a/b/c"])
def test_a_folder_that_cannot_be_one_is_refused(tmp_path: Path, below: str) -> None:
    (tmp_path / "file").write_text("")
    folder = tmp_path / "file" / below
    with pytest.raises(KeyStoreError, match="cannot be written"):
        KeyStore(folder / "keys.json").prepare()
    assert folder_problem(folder) == f"{tmp_path / 'file'} is not a folder"
    assert folder_problem(tmp_path / "new" / below) is None
    assert not (tmp_path / "new").exists()
