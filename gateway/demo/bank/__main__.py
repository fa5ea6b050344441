"""`python -m gateway.demo.bank`: serve a folder over SFTP to one user with one key."""

from __future__ import annotations

import argparse
import asyncio
import base64
import logging
import socket
import threading
from pathlib import Path

import paramiko
from paramiko.common import (
    AUTH_FAILED,
    AUTH_SUCCESSFUL,
    OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED,
    OPEN_SUCCEEDED,
)

from gateway.demo.bank import seed
from gateway.demo.bank.files import Files, Subsystem
from gateway.demo.signals import until_stopped

_log = logging.getLogger("bank")
_HANDSHAKE_S = 15


class _Access(paramiko.ServerInterface):
    """Lets one user in with one public key, for SFTP only."""

    def __init__(self, username: str, key: paramiko.PKey) -> None:
        self._username = username
        self._key = key

    def get_allowed_auths(self, username: str) -> str:
        return "publickey"

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        good = username == self._username and key == self._key
        return AUTH_SUCCESSFUL if good else AUTH_FAILED

    def check_channel_request(self, kind: str, chanid: int) -> int:
        good = kind == "session"
        return OPEN_SUCCEEDED if good else OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED


class Bank:
    """The listening socket and a thread for each connection (paramiko adds its own)."""

    def __init__(self, port: int, root: Path, host_key: Path, username: str, client_key: Path) -> None:
        self._root = root
        self._host_key = paramiko.Ed25519Key.from_private_key_file(str(host_key))
        self._access = _Access(username, _public_key(client_key))
        self._socket = socket.create_server(("127.0.0.1", port), backlog=64)

    def serve(self) -> None:
        """Accept until `close`."""
        while True:
            try:
                client, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._welcome, args=[client], daemon=True).start()

    def close(self) -> None:
        """Stop listening; `serve` returns."""
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def _welcome(self, client: socket.socket) -> None:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        transport = paramiko.Transport(client)
        transport.auth_timeout = _HANDSHAKE_S
        transport.add_server_key(self._host_key)
        transport.set_subsystem_handler("sftp", Subsystem, Files, self._root)
        try:
            transport.start_server(server=self._access)
        except (paramiko.SSHException, EOFError, OSError) as error:
            _log.info("connection refused: %s", error)
            transport.close()
            return
        _log.info("connection from port %d", client.getpeername()[1])


def _public_key(file: Path) -> paramiko.PKey:
    kind, encoded = file.read_text().split()[:2]
    return paramiko.PKey.from_type_string(kind, base64.b64decode(encoded))


async def _serve(arguments: argparse.Namespace) -> None:
    if arguments.client_key.suffix != ".pub":
        raise SystemExit("--client-key is the public key, whose name ends in .pub")
    for private in (arguments.host_key, arguments.client_key.with_suffix("")):
        private.parent.mkdir(parents=True, exist_ok=True)
        seed.make_key(private)
    bank = Bank(arguments.port, arguments.root, arguments.host_key, arguments.username, arguments.client_key)
    _log.info("SFTP on 127.0.0.1:%d for %s", arguments.port, arguments.username)
    accepting = asyncio.create_task(asyncio.to_thread(bank.serve))
    await until_stopped()
    bank.close()
    await accepting


def main() -> None:
    """Parse the arguments and serve until SIGTERM."""
    parser = argparse.ArgumentParser(prog="python -m gateway.demo.bank", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--root", type=Path, required=True, help="the folder that clients see as /")
    keys = "of a pair that is made if it is missing"
    parser.add_argument("--host-key", type=Path, required=True, help=f"the server's private key, {keys}")
    parser.add_argument("--client-key", type=Path, required=True, help=f"the user's public key, {keys}")
    parser.add_argument("--username", default="acme")
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    logging.getLogger("paramiko").setLevel(logging.WARNING)
    asyncio.run(_serve(parser.parse_args()))


if __name__ == "__main__":
    main()
