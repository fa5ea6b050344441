"""The settings of an SFTP system."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, SecretStr, model_validator

from adapters.settings import ExistingFile, SystemSettings
from adapters.sftp.algorithms import LegacyAlgorithm
from adapters.sftp.boxes import Inbox, Outbox
from adapters.sftp.hostkeys import HostKeyPin

BoxName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]*$", max_length=63)]


class SftpSettings(SystemSettings):
    """An SFTP server and the folders on it."""

    adapter: Literal["sftp"]
    """The protocol: sftp."""

    host: Annotated[str, Field(min_length=1, max_length=255)]
    """The server's name or address."""

    port: Annotated[int, Field(ge=1, le=65535)] = 22
    """The server's port."""

    username: Annotated[str, Field(min_length=1, max_length=255)]
    """The account to log in to."""

    password: Annotated[SecretStr, Field(max_length=1000)] | None = None
    """The password; give either this or `key`."""

    key: ExistingFile | None = None
    """The file with the private key (OpenSSH or PEM; Ed25519, ECDSA or RSA)."""

    key_passphrase: Annotated[SecretStr, Field(max_length=1000)] | None = None
    """The passphrase of the key file, where it has one."""

    host_key: HostKeyPin | Annotated[tuple[HostKeyPin, ...], Field(min_length=1, max_length=20)] | None = None
    """The server's key: its fingerprint (SHA256:...) or the public key (ssh-ed25519 AAAA...); a list while it
    is being changed. There is no way to switch the check off: without it, and without known_hosts, no
    connection is made, and `gateway check --connect` shows the key that the server has."""

    known_hosts: ExistingFile | None = None
    """A file in OpenSSH's known_hosts format that holds the server's key; instead of `host_key`."""

    legacy_algorithms: Annotated[tuple[LegacyAlgorithm, ...], Field(max_length=20)] = ()
    """Old, weak algorithms that this server needs. None is used unless it is named here."""

    inboxes: Annotated[dict[BoxName, Inbox], Field(max_length=1000, default_factory=dict)]
    """Folders to list, fetch and take files from, by name."""

    outboxes: Annotated[dict[BoxName, Outbox], Field(max_length=1000, default_factory=dict)]
    """Folders to put into, by name."""

    max_connections: Annotated[int, Field(ge=1, le=64)] = 2
    """Connections to the server at the same time; each carries one transfer or listing."""

    keepalive_s: Annotated[int, Field(ge=0, le=3600)] = 15
    """Seconds between keep-alive messages on a quiet connection; 0 sends none."""

    idle_timeout_s: Annotated[float, Field(ge=1, le=3600)] = 60.0
    """Seconds after which an unused connection is closed."""

    @property
    def host_key_pins(self) -> tuple[str, ...]:
        """The accepted keys; empty when a known_hosts file is given."""
        if self.host_key is None:
            return ()
        return (self.host_key,) if isinstance(self.host_key, str) else self.host_key

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if (self.password is None) == (self.key is None):
            raise ValueError("give either password or key")
        if self.key_passphrase is not None and self.key is None:
            raise ValueError("key_passphrase needs key")
        if self.host_key is not None and self.known_hosts is not None:
            raise ValueError("give either host_key or known_hosts, not both")
        if not self.inboxes and not self.outboxes:
            raise ValueError("needs at least one of inboxes, outboxes")
        both = sorted(self.inboxes.keys() & self.outboxes.keys())
        if both:
            raise ValueError(f"{both[0]!r} is an inbox and an outbox; their names share one path")
        return self
