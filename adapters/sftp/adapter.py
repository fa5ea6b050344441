"""The adapter of one SFTP system."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from typing import TypeAlias

import paramiko
from paramiko.pkey import UnknownKeyType

from adapters.contract import (
    AdapterContext,
    Channel,
    Deadline,
    Delivery,
    MissingOperation,
    Operation,
    Probe,
    Reply,
    Request,
)
from adapters.errors import AccessRefused, AdapterError, AuthenticationFailed, NotSent
from adapters.settings import SettingsError
from adapters.sftp import operations
from adapters.sftp.channels import InboxChannel, channels
from adapters.sftp.config import SftpSettings
from adapters.sftp.hostkeys import HostKeyCheck
from adapters.sftp.inbox import InboxReader
from adapters.sftp.outbox import OutboxWriter
from adapters.sftp.packets import Type
from adapters.sftp.pool import Pool
from adapters.sftp.session import Credentials
from adapters.sftp.translate import Phase, Progress, translate_errors

_Call: TypeAlias = Callable[[Request, Deadline], Awaitable[Reply]]


class SftpAdapter:
    """Inboxes and outboxes on one server.

    Raises: SettingsError when the key file or the known_hosts file is of no use.
    """

    def __init__(self, settings: SftpSettings, context: AdapterContext) -> None:
        self._settings = settings
        check = HostKeyCheck(settings.host_key_pins, settings.known_hosts, settings.host, settings.port)
        self._system = context.system
        self._pool = Pool(context.system, settings, _credentials(settings), check)
        self._operations = tuple(operations.operations(settings))
        self._channels = channels(settings)
        self._receivers: dict[str, InboxChannel] = {}
        self._calls: dict[str, _Call] = {}
        self._outboxes: list[OutboxWriter] = []
        for name, inbox in settings.inboxes.items():
            reader = InboxReader(context.system, name, inbox, self._pool)
            self._calls |= {f"{name}.list": reader.list, f"{name}.get": reader.get}
            self._receivers[name] = InboxChannel(context.system, name, inbox, self._pool, settings.timeout_s)
        for name, outbox in settings.outboxes.items():
            writer = OutboxWriter(context.system, name, outbox, self._pool)
            self._outboxes.append(writer)
            self._calls[f"{name}.put"] = writer.put

    async def connect(self, deadline: Deadline) -> None:
        """Log in once; the connection stays for the first call."""
        self._pool.reopen()
        async with self._pool.lease(deadline):
            pass

    async def aclose(self) -> None:
        """Close every connection; calls under way fail, later ones too until `connect`."""
        for outbox in self._outboxes:
            await outbox.aclose()
        await self._pool.aclose()

    async def probe(self, deadline: Deadline) -> Probe:
        """Log in anew and look at the first folder."""
        boxes = [*self._settings.inboxes.values(), *self._settings.outboxes.values()]
        path = boxes[0].path
        try:
            async with self._pool.lease(deadline, fresh=True) as session:
                with translate_errors(Progress(Phase.READ, f"{self._system}: {path}")):
                    await self._pool.run(
                        session,
                        deadline,
                        lambda wire: wire.attributes(wire.send_path(Type.STAT, path.encode())),
                    )
        except AuthenticationFailed as error:
            return Probe(True, False, error.message)
        except NotSent as error:
            return Probe(False, None, error.message)
        except AdapterError as error:
            refused = isinstance(error, AccessRefused)
            return Probe(True, True, error.message if not refused else f"logged in, but {error.message}")
        return Probe(True, True, f"logged in as {self._settings.username}; {path} is there")

    def operations(self) -> Sequence[Operation]:
        """Known from the settings."""
        return self._operations

    def channels(self) -> Sequence[Channel]:
        """The inboxes."""
        return self._channels

    def receive(self, channel: str, resume: str | None) -> AsyncGenerator[Delivery, None]:
        """The files that arrive in an inbox, one after the other."""
        return self._receivers[channel].deliveries(resume)

    def missing(self) -> Sequence[MissingOperation]:
        """Nothing: the settings name only what is offered."""
        return ()

    def notes(self) -> Sequence[str]:
        """Nothing: the settings say all."""
        return ()

    async def call(self, operation: str, request: Request, deadline: Deadline) -> Reply:
        """Carry out one operation."""
        return await self._calls[operation](request, deadline)


def _credentials(settings: SftpSettings) -> Credentials:
    secret = settings.password
    if settings.key is None:
        return Credentials(None, lambda: secret.get_secret_value() if secret else "")
    passphrase = settings.key_passphrase.get_secret_value().encode() if settings.key_passphrase else None
    try:
        # The stubs ask for text, the library for bytes.
        key = paramiko.PKey.from_path(settings.key, passphrase)  # type: ignore[arg-type]
    except (paramiko.SSHException, UnknownKeyType, ValueError, TypeError, OSError) as error:
        reason = "the passphrase is missing or wrong, or it is not a private key"
        raise SettingsError(f"{settings.key} cannot be loaded: {reason}", ("key",)) from error
    return Credentials(key, str)
