"""A mosquitto broker as a test peer: one listener on loopback."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from tests.peers.process import ServerProcess, free_port

_PATH = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin"


def mosquitto(
    folder: Path,
    *,
    users: Mapping[str, str] | None = None,
    tls: tuple[Path, Path] | None = None,
    extra: tuple[str, ...] = (),
    port: int | None = None,
    persistent: bool = False,
) -> ServerProcess:
    """A broker, configured and not yet started. Its files lie in `folder`.

    `users` are names and passwords; without them anybody may connect. `tls` is a certificate and its key.
    `extra` are further lines of mosquitto.conf. `persistent`: sessions and messages outlive a stop.
    """
    folder.mkdir(parents=True, exist_ok=True)
    port = port or free_port()
    lines = [
        *(["persistence true", f"persistence_location {folder}/"] if persistent else ["persistence false"]),
        "log_dest stderr",  # unlike stdout it is not buffered, so that tests can follow it
        "log_type all",
        f"listener {port} 127.0.0.1",
        # Started as root it would become the user mosquitto, who may not read pytest's folders.
        *(["user root"] if os.geteuid() == 0 else []),
        f"allow_anonymous {'false' if users else 'true'}",
    ]
    if users:
        lines.append(f"password_file {_password_file(folder, users)}")
    if tls:
        lines += [f"certfile {tls[0]}", f"keyfile {tls[1]}"]
    configuration = folder / "mosquitto.conf"
    configuration.write_text("\n".join([*lines, *extra, ""]))
    return ServerProcess([_program("mosquitto"), "-c", configuration], port, folder / "mosquitto.log")


def _password_file(folder: Path, users: Mapping[str, str]) -> Path:
    file = folder / "passwords"
    file.touch(mode=0o600)
    for name, password in users.items():
        subprocess.run(
            [_program("mosquitto_passwd"), "-b", file, name, password], check=True, capture_output=True
        )
    return file


def _program(name: str) -> str:
    found = shutil.which(name, path=_PATH)
    if found is None:
        raise FileNotFoundError(f"{name} is not installed (Debian package mosquitto)")
    return found
