"""One SSH connection with an SFTP session on it."""

from __future__ import annotations

import contextlib
import logging
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import paramiko
from paramiko.ssh_exception import IncompatiblePeer

from adapters.contract import Deadline
from adapters.errors import ConnectFailed, PermissionDenied
from adapters.sftp.algorithms import explain, switched_off
from adapters.sftp.config import SftpSettings
from adapters.sftp.hostkeys import HostKeyCheck
from adapters.sftp.wire import Wire

_LOGGER = "adapters.sftp.ssh"
# Every failure is raised as an error of ours; paramiko would add a traceback with texts of the server.
logging.getLogger(_LOGGER).setLevel(logging.CRITICAL)


@dataclass(frozen=True, slots=True)
class Credentials:
    """How to log in: a key or a password. Never printed."""

    key: paramiko.PKey | None
    password: Callable[[], str]

    def __repr__(self) -> str:
        return "Credentials(***)"


class _Transport(paramiko.Transport):
    """Remembers what the server offered, so that a failed negotiation can name it."""

    offered: Mapping[str, Sequence[str]] = {}

    def _really_parse_kex_init(self, *arguments: object, **options: object) -> dict[str, list[str]]:
        parsed: dict[str, list[str]] = super()._really_parse_kex_init(*arguments, **options)  # type: ignore[misc]
        self.offered = {name: list(value) for name, value in parsed.items() if isinstance(value, list)}
        return parsed


class Session:
    """Made on the event loop around a connected socket; `open` and the work on `wire` belong to one pool
    thread at a time; `abort` may be called from anywhere and ends whatever that thread waits for."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        self._transport: _Transport | None = None
        self._wire: Wire | None = None
        self._aborted = False
        self.used_at = time.monotonic()

    @property
    def wire(self) -> Wire:
        """The SFTP session."""
        if self._wire is None:
            raise EOFError("the session is not open")
        return self._wire

    def open(
        self, settings: SftpSettings, credentials: Credentials, check: HostKeyCheck, deadline: Deadline
    ) -> None:
        """Negotiate, check the host key, log in, start SFTP. Blocking.

        Raises: ConnectFailed, paramiko's errors, TimeoutError, EOFError.
        """
        transport = self._transport = _Transport(
            self._socket, disabled_algorithms=switched_off(settings.legacy_algorithms)
        )
        transport.set_log_channel(_LOGGER)
        transport.daemon = True
        options = transport.get_security_options()
        options.key_types = check.preferred(options.key_types)
        self._negotiate(transport, deadline)
        check.verify(transport.get_remote_server_key())
        transport.auth_timeout = _left(deadline)
        if credentials.key is not None:
            missing = transport.auth_publickey(settings.username, credentials.key)
        else:
            missing = transport.auth_password(settings.username, credentials.password())
        if missing:
            raise paramiko.BadAuthenticationType("a second step is asked for", missing)
        if settings.keepalive_s:
            transport.set_keepalive(settings.keepalive_s)
        channel = transport.open_session(timeout=_left(deadline))
        channel.settimeout(_left(deadline))
        try:
            channel.invoke_subsystem("sftp")
        except paramiko.SSHException as error:
            if not transport.is_active():
                raise
            raise PermissionDenied("the server offers this account no SFTP") from error
        self._wire = Wire(channel, deadline)

    def _negotiate(self, transport: _Transport, deadline: Deadline) -> None:
        seconds = _left(deadline)
        transport.banner_timeout = transport.handshake_timeout = seconds
        try:
            transport.start_client(timeout=seconds)
        except IncompatiblePeer as error:
            ours = {
                "kex": transport.preferred_kex,
                "keys": transport.preferred_keys,
                "ciphers": transport.preferred_ciphers,
                "macs": transport.preferred_macs,
            }
            raise ConnectFailed(explain(transport.offered, ours)) from error
        # paramiko returns without a word when its time is up.
        if not transport.initial_kex_done:
            raise TimeoutError("the SSH negotiation did not end in time")

    def is_usable(self) -> bool:
        """False once the connection is known to be gone, or an answer is still to come on it."""
        if self._aborted or self._wire is None or self._transport is None:
            return False
        return self._wire.is_quiet and self._transport.is_active()

    @property
    def is_aborted(self) -> bool:
        """True after `abort`."""
        return self._aborted

    def abort(self) -> None:
        """End the connection at once. Never blocks: the thread that waits on it sees its end."""
        self._aborted = True
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Release everything. Blocking, for a pool thread."""
        if self._transport is not None:
            self._transport.close()
            if self._transport.ident is not None:
                self._transport.join(2.0)
        self._socket.close()


def _left(deadline: Deadline) -> float:
    seconds = deadline.remaining()
    if seconds <= 0.0:
        raise TimeoutError("the deadline has passed")
    return seconds
