"""The demo's bank, used by paramiko's client and by OpenSSH's sftp."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import paramiko
import pytest
from paramiko.sftp import CMD_EXTENDED

from gateway.demo.bank import seed
from tests.peers.process import ServerProcess

OUTSIDE = "/etc/passwd"


@pytest.fixture
def transport(bank: ServerProcess, bank_folder: Path) -> Iterator[paramiko.Transport]:
    connection = paramiko.Transport(("127.0.0.1", bank.port))
    connection.connect(
        username="acme", pkey=paramiko.Ed25519Key.from_private_key_file(str(bank_folder / "client"))
    )
    yield connection
    connection.close()


@pytest.fixture
def sftp(transport: paramiko.Transport) -> Iterator[paramiko.SFTPClient]:
    client = paramiko.SFTPClient.from_transport(transport)
    assert client is not None
    client.get_channel().settimeout(10)
    yield client
    client.close()


def test_statements_and_balances_are_there(sftp: paramiko.SFTPClient) -> None:
    names = sorted(sftp.listdir("/out"))
    assert len(names) == 10
    with sftp.open(f"/out/{names[0]}") as file:
        assert json.load(file)[0]["currency"] == "EUR"
    with sftp.open(f"/out/{names[-1]}") as file:
        rows = list(csv.DictReader(io.StringIO(file.read().decode())))
    assert {row["invoice"] for row in rows} == {f"INV-{number}" for number in range(1145, 1151)}
    assert sftp.stat(f"/out/{names[-1]}").st_size == 556


def test_a_file_is_delivered_as_the_gateway_does(sftp: paramiko.SFTPClient) -> None:
    data = os.urandom(1_000_000)
    with sftp.open("/in/one.part", "wx") as file:
        file.set_pipelined(True)
        file.write(data)
        file.set_pipelined(False)
        kind, _ = sftp._request(CMD_EXTENDED, "fsync@openssh.com", file.handle)
        assert kind == 101
    for _ in range(2):  # posix-rename replaces what is there
        sftp.posix_rename("/in/one.part", "/in/one")
        with sftp.open("/in/one.part", "wx") as file:
            file.write(b"again")
    with sftp.open("/in/one") as file:
        assert file.read() == b"again"
    sftp.remove("/in/one")
    sftp.remove("/in/one.part")
    assert sftp.listdir("/in") == []


def test_folders_are_made_and_removed(sftp: paramiko.SFTPClient) -> None:
    sftp.mkdir("/in/taken")
    sftp.putfo(io.BytesIO(b"x"), "/in/taken/one")
    with pytest.raises(OSError, match="Failure"):
        sftp.mkdir("/in/taken")
    with pytest.raises(OSError, match="Failure"):
        sftp.rmdir("/in/taken")
    sftp.remove("/in/taken/one")
    sftp.rmdir("/in/taken")
    with pytest.raises(FileNotFoundError):
        sftp.mkdir("/none/taken")
    with pytest.raises(PermissionError):
        sftp.mkdir("/../../none\0")
    assert sftp.listdir("/in") == []


def test_large_files_come_back_whole(sftp: paramiko.SFTPClient) -> None:
    data = os.urandom(3_000_001)
    sftp.putfo(io.BytesIO(data), "/in/large")
    back = io.BytesIO()
    sftp.getfo("/in/large", back)
    sftp.remove("/in/large")
    assert back.getvalue() == data


@pytest.mark.parametrize(
    "path",
    [
        pytest.param("/../../../../etc/passwd", id="dots"),
        pytest.param("out/../../../../../../etc/passwd", id="relative-dots"),
        pytest.param("/out/../../etc/passwd", id="through-a-folder"),
        pytest.param("/link", id="symbolic-link"),
        pytest.param("/folder-link/passwd", id="through-a-linked-folder"),
        pytest.param("/nothing", id="missing"),
        pytest.param("/out/" + "n" * 300, id="name-too-long"),
    ],
)
def test_nothing_outside_the_folder_can_be_reached(
    sftp: paramiko.SFTPClient, bank_folder: Path, path: str
) -> None:
    root = bank_folder / "files"
    for link, target in (("link", OUTSIDE), ("folder-link", "/etc")):
        if not (root / link).is_symlink():
            (root / link).symlink_to(target)
    for attempt in (
        lambda: sftp.stat(path),
        lambda: sftp.open(path),
        lambda: sftp.posix_rename(path, "/in/stolen"),
        lambda: sftp.rename("/out/balances-2026-11-16.json", path + "/x"),
        lambda: sftp.listdir(path),
    ):
        try:
            attempt()
        except OSError:
            continue
        # Renaming a link itself is allowed: what it points to stays out of reach.
        (root / "in" / "stolen").rename(root / path.strip("/"))
    assert Path(OUTSIDE).is_file()
    assert len(list((root / "out").iterdir())) == 10


def test_rename_never_replaces(sftp: paramiko.SFTPClient) -> None:
    with pytest.raises(OSError, match="Failure"):
        sftp.rename("/out/balances-2026-11-16.json", "/out/balances-2026-11-17.json")


@pytest.mark.parametrize(
    ("username", "key"),
    [pytest.param("acme", "stranger", id="other-key"), pytest.param("root", "client", id="other-user")],
)
def test_strangers_stay_outside(bank: ServerProcess, bank_folder: Path, username: str, key: str) -> None:
    connection = paramiko.Transport(("127.0.0.1", bank.port))
    with pytest.raises(paramiko.AuthenticationException):
        connection.connect(
            username=username, pkey=paramiko.Ed25519Key.from_private_key_file(str(bank_folder / key))
        )
    connection.close()


def test_passwords_and_shells_are_refused(bank: ServerProcess, transport: paramiko.Transport) -> None:
    channel = transport.open_session()
    with pytest.raises(paramiko.SSHException):
        channel.exec_command("id")
    connection = paramiko.Transport(("127.0.0.1", bank.port))
    with pytest.raises(paramiko.BadAuthenticationType):
        connection.connect(username="acme", password="sesame")
    connection.close()


def test_openssh_agrees_on_key_and_protocol(bank: ServerProcess, bank_folder: Path, tmp_path: Path) -> None:
    if shutil.which("sftp") is None:
        pytest.skip("OpenSSH's client is not installed")
    host_key = " ".join((bank_folder / "host.pub").read_text().split()[:2])
    known = tmp_path / "known_hosts"
    known.write_text(f"[127.0.0.1]:{bank.port} {host_key}\n")
    command = ["sftp", "-q", "-b", "-", "-P", str(bank.port), "-i", str(bank_folder / "client")]
    command += ["-o", f"UserKnownHostsFile={known}", "-o", "StrictHostKeyChecking=yes", "acme@127.0.0.1"]
    script = f"put {known} /in/known\nrename /in/known /in/renamed\nls -1 /in\nrm /in/renamed\n"
    done = subprocess.run(command, input=script, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 0, done.stderr
    assert "/in/renamed" in done.stdout


def test_fingerprints_are_those_of_ssh_keygen(bank_folder: Path) -> None:
    if shutil.which("ssh-keygen") is None:
        pytest.skip("OpenSSH's ssh-keygen is not installed")
    shown = subprocess.run(
        ["ssh-keygen", "-l", "-f", str(bank_folder / "host.pub")], capture_output=True, text=True, check=True
    )
    assert seed.fingerprint(bank_folder / "host.pub") == shown.stdout.split()[1]
    assert (bank_folder / "host").stat().st_mode & 0o777 == 0o600
