"""OpenSSH's sshd as a test peer: one listener on loopback, SFTP for the current user by one key.

Works as root and as a normal user. Logging in by password needs PAM and the system's accounts, so that is
tested against paramiko's server side (tests/unit/adapters/sftp/rogue.py).
"""

from __future__ import annotations

import contextlib
import getpass
import os
import shutil
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.peers.process import ServerProcess, descendants, free_port

_PATH = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin:/sbin"
_PRIVILEGE_SEPARATION = Path("/run/sshd")


@dataclass(frozen=True)
class Sshd:
    """A configured server, not yet started. `client_key` logs `username` in; `files` is an empty folder."""

    server: SshdProcess
    folder: Path
    files: Path
    username: str
    client_key: Path
    fingerprint: str

    @property
    def port(self) -> int:
        """The port on 127.0.0.1."""
        return self.server.port

    def access(self) -> dict[str, Any]:
        """The settings of a system that is this server: how it is reached and logged in to, no boxes."""
        return {
            "adapter": "sftp",
            "host": "127.0.0.1",
            "port": self.port,
            "username": self.username,
            "key": str(self.client_key),
            "host_key": self.fingerprint,
        }


def sshd(
    folder: Path, *, extra: tuple[str, ...] = (), key_type: str = "ed25519", port: int | None = None
) -> Sshd:
    """A server whose files lie in `folder`. `extra` are further lines of sshd_config; `key_type` is that of
    the host key and of the client's."""
    folder.mkdir(parents=True, exist_ok=True)
    files = folder / "files"
    files.mkdir(exist_ok=True)
    port = port or free_port()
    host_key = make_key(folder / "host_key", key_type)
    client_key = make_key(folder / "client_key", key_type)
    shutil.copy(client_key.with_suffix(".pub"), folder / "authorized_keys")
    if os.geteuid() == 0:
        _PRIVILEGE_SEPARATION.mkdir(mode=0o755, exist_ok=True)
    lines = [
        f"Port {port}",
        "ListenAddress 127.0.0.1",
        f"HostKey {host_key}",
        f"AuthorizedKeysFile {folder / 'authorized_keys'}",
        f"PidFile {folder / 'sshd.pid'}",
        "Subsystem sftp internal-sftp",
        "UsePAM no",
        "StrictModes no",
        "PermitRootLogin yes",
        "PasswordAuthentication no",
        "KbdInteractiveAuthentication no",
        "UseDNS no",
        "MaxStartups 200",
        "LogLevel VERBOSE",
    ]
    configuration = folder / "sshd_config"
    # The first value of a keyword counts.
    configuration.write_text("\n".join([*extra, *lines, ""]))
    # sshd starts itself anew for each connection and needs its full path for that.
    command: list[str | Path] = [_program("sshd"), "-D", "-e", "-f", configuration]
    server = SshdProcess(command, port, folder / "sshd.log")
    return Sshd(server, folder, files, getpass.getuser(), client_key, fingerprint(host_key))


def make_key(file: Path, key_type: str = "ed25519", passphrase: str = "") -> Path:
    """A new key pair, unless it is there: `file` and `file.pub`."""
    if not file.exists():
        subprocess.run(
            [_program("ssh-keygen"), "-q", "-t", key_type, "-N", passphrase, "-C", "", "-f", file],
            check=True,
            stdin=subprocess.DEVNULL,
        )
    return file


def fingerprint(key: Path) -> str:
    """SHA256:... of a key, as ssh-keygen prints it."""
    public = key.with_suffix(".pub")
    result = subprocess.run(
        [_program("ssh-keygen"), "-lf", public], check=True, capture_output=True, text=True
    )
    return result.stdout.split()[1]


class SshdProcess(ServerProcess):
    """Freezes and kills the processes of open connections too: sshd gives each a session of its own."""

    def freeze(self) -> None:
        """SIGSTOP everything."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """SIGCONT everything."""
        self._signal(signal.SIGCONT)

    def kill(self) -> None:
        """SIGKILL everything and wait for the listener."""
        self._signal(signal.SIGKILL)
        super().kill()

    def stop(self) -> None:
        """End everything. Idempotent."""
        if self._process is not None:
            self.kill()

    def sessions(self) -> list[int]:
        """The processes that serve connections, the listener not among them."""
        return descendants(self.pid)

    def _signal(self, number: signal.Signals) -> None:
        for pid in [self.pid, *self.sessions()]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)


def _program(name: str) -> str:
    found = shutil.which(name, path=_PATH)
    if found is None:
        raise FileNotFoundError(f"{name} is not installed (Debian package openssh-server)")
    return found
