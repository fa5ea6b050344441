"""An SFTP server that does what real ones should not: an SSH server by paramiko, SFTP packets by hand.

It serves a small folder from memory until a test replaces the answer to one kind of request.
"""

from __future__ import annotations

import contextlib
import socket
import stat
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import paramiko
from paramiko.common import AUTH_FAILED, AUTH_SUCCESSFUL, OPEN_SUCCEEDED

from adapters.sftp.packets import Fields, Status, Type, text

PASSWORD = "correct-horse-7431"
Answer = Callable[[int, Fields], bytes]
"""Request number and fields to packets, ready to send; empty for silence."""


def packet(kind: int, number: int, payload: bytes) -> bytes:
    """One SFTP packet."""
    return struct.pack(">IBI", len(payload) + 5, kind, number) + payload


def status(number: int, code: int) -> bytes:
    """A STATUS answer."""
    return packet(
        Type.STATUS, number, struct.pack(">I", code) + text(b"<script>password</script>") + text(b"")
    )


def attributes(
    size: int | None, mode: int | None = stat.S_IFREG | 0o644, modified: int | None = 1_700_000_000
) -> bytes:
    """ATTRS."""
    flags = (size is not None) | (4 if mode is not None else 0) | (8 if modified is not None else 0)
    packed = struct.pack(">I", flags)
    if size is not None:
        packed += struct.pack(">Q", size)
    if mode is not None:
        packed += struct.pack(">I", mode)
    if modified is not None:
        packed += struct.pack(">II", modified, modified)
    return packed


def entry(name: bytes, mode: int | None = stat.S_IFREG | 0o644, size: int | None = 1) -> bytes:
    """One entry of a NAME answer."""
    long_name = (b"l" if mode and stat.S_ISLNK(mode) else b"-") + b"rw-r--r-- 1 x x " + name
    return text(name) + text(long_name) + attributes(size, mode)


def names(number: int, entries: list[bytes]) -> bytes:
    """A NAME answer."""
    return packet(Type.NAME, number, struct.pack(">I", len(entries)) + b"".join(entries))


class Rogue:
    """Shared by all connections. `content` is what every file holds; `entries` what every folder does."""

    def __init__(self) -> None:
        self.content = b"0123456789" * 1000
        self.entries = [entry(b"one.txt")]
        self.extensions: dict[bytes, bytes] = {}
        self.instead: dict[int, Answer] = {}
        self.requests: list[int] = []
        self.port = 0

    def answer(self, kind: int, number: int, fields: Fields) -> bytes:
        """What the server says to one request."""
        if kind in self.instead:
            return self.instead[kind](number, fields)
        if kind in (Type.OPEN, Type.OPENDIR):
            return packet(Type.HANDLE, number, text(b"h%d" % number))
        if kind in (Type.LSTAT, Type.STAT, Type.FSTAT):
            return packet(Type.ATTRS, number, attributes(len(self.content)))
        if kind == Type.READ:
            fields.string()
            offset, length = fields.long_number(), fields.number()
            data = self.content[offset : offset + length]
            return packet(Type.DATA, number, text(data)) if data else status(number, Status.EOF)
        if kind == Type.READDIR:
            first = self.requests.count(Type.READDIR) == 1
            return names(number, self.entries) if first else status(number, Status.EOF)
        return status(number, Status.OK)


class _Subsystem(paramiko.SubsystemHandler):
    def __init__(
        self, channel: paramiko.Channel, name: str, server: paramiko.ServerInterface, rogue: Rogue
    ) -> None:
        super().__init__(channel, name, server)
        self._rogue = rogue

    def start_subsystem(self, name: str, transport: paramiko.Transport, channel: paramiko.Channel) -> None:
        with contextlib.suppress(EOFError, OSError):
            while True:
                length = int.from_bytes(self._exactly(channel, 4), "big")
                data = self._exactly(channel, length)
                if data[0] == Type.INIT:
                    pairs = b"".join(text(key) + text(value) for key, value in self._rogue.extensions.items())
                    channel.sendall(struct.pack(">IBI", 5 + len(pairs), Type.VERSION, 3) + pairs)
                    continue
                fields = Fields(data[1:])
                self._rogue.requests.append(data[0])
                channel.sendall(self._rogue.answer(data[0], fields.number(), fields))

    @staticmethod
    def _exactly(channel: paramiko.Channel, count: int) -> bytes:
        data = b""
        while len(data) < count:
            more = channel.recv(count - len(data))
            if not more:
                raise EOFError
            data += more
        return data


class _Access(paramiko.ServerInterface):
    def __init__(self, *, interactive: bool) -> None:
        self._interactive = interactive

    def get_allowed_auths(self, username: str) -> str:
        return "keyboard-interactive" if self._interactive else "password"

    def check_auth_password(self, username: str, password: str) -> int:
        return AUTH_SUCCESSFUL if password == PASSWORD and not self._interactive else AUTH_FAILED

    def check_auth_interactive(
        self, username: str, submethods: str
    ) -> int | paramiko.server.InteractiveQuery:
        return (
            paramiko.server.InteractiveQuery("", "", ("Password: ", False))
            if self._interactive
            else AUTH_FAILED
        )

    def check_auth_interactive_response(self, responses: list[str]) -> int:
        return AUTH_SUCCESSFUL if responses == [PASSWORD] else AUTH_FAILED

    def check_channel_request(self, kind: str, chanid: int) -> int:
        return OPEN_SUCCEEDED


@contextmanager
def rogue_server(host_key: paramiko.PKey, *, interactive: bool = False) -> Iterator[Rogue]:
    """A rogue server on a free port, in threads."""
    rogue = Rogue()
    listener = socket.create_server(("127.0.0.1", 0))
    rogue.port = listener.getsockname()[1]
    transports: list[paramiko.Transport] = []

    def accept() -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            transport = paramiko.Transport(client)
            transport.set_log_channel("tests.rogue")
            transport.add_server_key(host_key)
            transport.set_subsystem_handler("sftp", _Subsystem, rogue)
            transports.append(transport)
            with contextlib.suppress(paramiko.SSHException, EOFError):
                transport.start_server(server=_Access(interactive=interactive))

    thread = threading.Thread(target=accept)
    thread.start()
    try:
        yield rogue
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()
        for transport in transports:
            transport.close()
            if transport.ident is not None:
                transport.join(5)
