"""Is the server the one it should be: its host key against what the settings say."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import paramiko
from paramiko.pkey import UnknownKeyType
from pydantic import AfterValidator, Field

from adapters.errors import ConnectFailed
from adapters.settings import SettingsError

_FINGERPRINT = re.compile(r"SHA256:[A-Za-z0-9+/]{43}=?")


def _pin(value: str) -> str:
    if _FINGERPRINT.fullmatch(value):
        return value.rstrip("=")
    kind, _, rest = value.partition(" ")
    try:
        blob = base64.b64decode(rest.split(" ")[0], validate=True)
        paramiko.PKey.from_type_string(kind, blob)
    except (paramiko.SSHException, UnknownKeyType, ValueError, IndexError, binascii.Error):
        raise ValueError(
            "is neither a fingerprint (SHA256: and 43 characters, as ssh-keygen -lf prints) nor a public key"
        ) from None
    return value


HostKeyPin = Annotated[str, Field(min_length=1, max_length=4096), AfterValidator(_pin)]
"""A fingerprint, or a public key as in the server's .pub file."""


class HostKeyCheck:
    """What is known of one server's keys. Where that is nothing, no key is accepted, and the refusal names
    the one that the server showed, so that somebody can compare it.

    Raises: SettingsError when the known_hosts file cannot be read.
    """

    def __init__(self, pins: Sequence[str], known_hosts: Path | None, host: str, port: int) -> None:
        self._fingerprints = {pin for pin in pins if _FINGERPRINT.fullmatch(pin)}
        self._types: set[str] = set()
        self._missing = "no host_key is set"
        for pin in pins:
            if pin not in self._fingerprints:
                kind, blob = pin.split(" ")[:2]
                self._add(paramiko.PKey.from_type_string(kind, base64.b64decode(blob)))
        if known_hosts is not None:
            self._read(known_hosts, host, port)

    def preferred(self, key_types: Sequence[str]) -> list[str]:
        """The host key algorithms to offer: those of the keys we know first, so that a server with several
        keys shows the one that is known."""
        return sorted(key_types, key=lambda kind: _family(kind) not in self._types)

    def verify(self, key: paramiko.PKey) -> None:
        """Raises: ConnectFailed naming both fingerprints when the server showed another key."""
        shown = fingerprint(key)
        if not self._fingerprints:
            raise ConnectFailed(
                f"{self._missing}; the server showed {key.get_name()} {shown}. When the server's owner "
                f'confirms that this is its key, set host_key: "{shown}"'
            )
        if shown not in self._fingerprints:
            expected = " or ".join(sorted(self._fingerprints))
            raise ConnectFailed(
                f"the server's host key is not the expected one: it showed {key.get_name()} {shown}, "
                f"expected {expected}; change the setting only when the server's owner confirms the new key"
            )

    def _add(self, key: paramiko.PKey) -> None:
        self._fingerprints.add(fingerprint(key))
        self._types.add(_family(key.get_name()))

    def _read(self, known_hosts: Path, host: str, port: int) -> None:
        try:
            found = paramiko.HostKeys(str(known_hosts)).lookup(host if port == 22 else f"[{host}]:{port}")
        except (OSError, paramiko.SSHException, ValueError) as error:
            raise SettingsError(f"cannot be read: {error}", ("known_hosts",)) from error
        for key in (found or {}).values():
            self._add(key)
        self._missing = f"{known_hosts} has no key of {host} port {port}"


def fingerprint(key: paramiko.PKey) -> str:
    """SHA256:... as OpenSSH prints it."""
    return str(key.fingerprint).rstrip("=")


def _family(algorithm: str) -> str:
    """The key type an algorithm is for: an RSA key signs by three of them."""
    return "ssh-rsa" if algorithm.startswith("rsa-sha2-") else algorithm
