"""API keys: made, listed, revoked and checked. Only hashes are stored.

A key's text is `lgw_{id}_{secret}`. The secret has 256 bits of chance, so that its plain SHA-256
cannot be guessed back and a slow password hash would only cost time on every request.
"""

from __future__ import annotations

import fcntl
import hashlib
import hmac
import json
import logging
import os
import re
import secrets
import stat
import string
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args

from gateway.security.principal import Numbers, Principal, Scope, parse_scopes

_LOG = logging.getLogger(__name__)

_ID_LENGTH = 10
_SECRET_LENGTH = 43  # of 62 letters and digits: 256 bits
_KEY = re.compile(rf"lgw_([a-z0-9]{{{_ID_LENGTH}}})_([A-Za-z0-9]{{{_SECRET_LENGTH}}})")
_NAME = re.compile(r"[^\x00-\x1f\x7f]{1,100}")
_MAX_FILE_BYTES = 4 << 20
_MAX_KEYS = 10_000
_RECHECK_S = 1.0
# Compared with when the id is unknown, so that known and unknown ids take the same time.
_NO_HASH = hashlib.sha256(b"no such key").hexdigest()
# Stands in the place of a file's signature while the file cannot be read.
_UNREADABLE = (-1,)


class KeyStoreError(Exception):
    """The key file cannot be read or written. The message names the file and the reason."""


class UnknownKey(LookupError):
    """No key has this id."""


@dataclass(frozen=True, slots=True)
class Key:
    """One stored key. `created` is UTC, RFC 3339."""

    id: str
    name: str
    scopes: tuple[Scope, ...]
    numbers: Numbers
    created: str
    sha256: str = field(repr=False)

    def principal(self) -> Principal:
        """Who a caller with this key is."""
        return Principal(self.id, self.name, self.scopes, self.numbers)


class KeyStore:
    """The keys in one file, mode 0600. Written whole and swapped in, so that readers never see half of it.

    Several processes may use one file: `gateway keys` changes it while the gateway runs, and the gateway
    notices within a second (it looks at the file's inode, size and time at most once a second).
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._keys: Mapping[str, Key] = {}
        self._signature: tuple[int, ...] | None = None
        self._checked_at = float("-inf")

    def prepare(self) -> None:
        """Make the folder and see that files can be written there, and not by everybody, who could put other
        keys in their place. Raises: KeyStoreError."""
        folder = self.path.parent
        attempt = folder / f".{os.getpid()}.tmp"
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            attempt.unlink(missing_ok=True)
            with attempt.open("xb") as file:
                file.write(b"x")
            attempt.unlink()
        except OSError as error:
            raise KeyStoreError(f"state_dir {folder} cannot be written: {error.strerror}") from error
        if folder.stat().st_mode & stat.S_IWOTH:
            raise KeyStoreError(f"state_dir {folder} can be written by everybody: chmod o-w {folder}")

    def create(
        self, name: str, scopes: Iterable[str | Scope], *, numbers: Numbers = "json"
    ) -> tuple[Key, str]:
        """Make and store a key; its text is returned this once and never stored.

        Raises: ValueError for a bad name, scope or `numbers`; KeyStoreError.
        """
        if not _NAME.fullmatch(name) or name != name.strip():
            raise ValueError("a key's name is 1 to 100 characters without control characters or outer spaces")
        if numbers not in get_args(Numbers):
            raise ValueError(f"numbers must be one of: {', '.join(get_args(Numbers))}")
        parsed = parse_scopes(str(scope) for scope in scopes)
        secret = _chance(string.ascii_letters + string.digits, _SECRET_LENGTH)
        with self._exclusive() as keys:
            if len(keys) >= _MAX_KEYS:
                raise KeyStoreError(f"{self.path} holds {_MAX_KEYS} keys already; revoke some")
            identifier = _chance(string.ascii_lowercase + string.digits, _ID_LENGTH)
            while identifier in keys:
                identifier = _chance(string.ascii_lowercase + string.digits, _ID_LENGTH)
            created = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
            key = Key(identifier, name, parsed, numbers, created, _hash(secret))
            self._write({**keys, identifier: key})
        return key, f"lgw_{identifier}_{secret}"

    def list(self) -> tuple[Key, ...]:
        """All keys, oldest first. Raises: KeyStoreError."""
        return tuple(sorted(_read(self.path).values(), key=lambda key: (key.created, key.id)))

    def revoke(self, key_id: str) -> Key:
        """Remove a key; a running gateway refuses it within a second.

        Raises: UnknownKey, KeyStoreError.
        """
        with self._exclusive() as keys:
            if key_id not in keys:
                raise UnknownKey(key_id)
            self._write({identifier: key for identifier, key in keys.items() if identifier != key_id})
            return keys[key_id]

    def authenticate(self, plaintext: str) -> Principal | None:
        """The principal of a key's text, or None. Constant time in the secret, and for unknown ids.

        A key file that has become unreadable lets nobody in; the reason is logged. Raises nothing.
        """
        self._refresh()
        match = _KEY.fullmatch(plaintext)
        if match is None:
            return None
        key = self._keys.get(match[1])
        expected = _NO_HASH if key is None else key.sha256
        if not hmac.compare_digest(_hash(match[2]), expected) or key is None:
            return None
        return key.principal()

    def _refresh(self) -> None:
        now = time.monotonic()
        if now - self._checked_at < _RECHECK_S:
            return
        self._checked_at = now
        try:
            signature = _signature(self.path)
            if signature == self._signature:
                return
            self._keys, self._signature = _read(self.path), signature
        except (OSError, KeyStoreError) as error:
            if self._signature != _UNREADABLE:
                _LOG.error("no API key is accepted: %s", error)
            self._keys, self._signature = {}, _UNREADABLE

    @contextmanager
    def _exclusive(self) -> Iterator[dict[str, Key]]:
        """The current keys, with other writers kept out until the block ends."""
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = os.open(self.path.with_name(f"{self.path.name}.lock"), os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise KeyStoreError(f"{self.path}: {error.strerror}") from error
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield _read(self.path)
        finally:
            os.close(lock)

    def _write(self, keys: Mapping[str, Key]) -> None:
        data = json.dumps({"version": 1, "keys": [_as_json(key) for key in keys.values()]}, indent=1)
        temporary = self.path.with_name(f"{self.path.name}.{os.getpid()}.tmp")
        try:
            temporary.unlink(missing_ok=True)
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(data + "\n")
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(self.path)
            folder = os.open(self.path.parent, os.O_RDONLY | os.O_DIRECTORY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
        except OSError as error:
            raise KeyStoreError(f"{self.path} cannot be written: {error.strerror}") from error


def folder_problem(folder: Path) -> str | None:
    """Why files cannot be kept in this folder, as far as looking tells; None when nothing is wrong."""
    existing = next(path for path in (folder, *folder.absolute().parents) if os.path.lexists(path))
    if not existing.is_dir():
        return f"{existing} is not a folder"
    if not os.access(existing, os.W_OK | os.X_OK):
        return f"{existing} may not be written by this user"
    return None


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _chance(alphabet: str, length: int) -> str:
    return "".join(secrets.choice(alphabet) for _ in range(length))


def _signature(path: Path) -> tuple[int, ...] | None:
    """What changes when the file is replaced; None when there is none."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns


def _as_json(key: Key) -> dict[str, object]:
    return {
        "id": key.id,
        "name": key.name,
        "scopes": [str(scope) for scope in key.scopes],
        "numbers": key.numbers,
        "created": key.created,
        "sha256": key.sha256,
    }


def _read(path: Path) -> dict[str, Key]:
    """The keys of a file; none when it does not exist. Raises: KeyStoreError."""
    try:
        # Without waiting: whoever opens a pipe for reading waits for somebody who writes.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
        with os.fdopen(descriptor, "rb") as file:
            mode = os.fstat(descriptor).st_mode
            if not stat.S_ISREG(mode):
                raise KeyStoreError(f"{path} is not a regular file")
            if stat.S_IMODE(mode) & 0o022:
                raise KeyStoreError(f"{path} may be written by other users; run: chmod 600 {path}")
            data = file.read(_MAX_FILE_BYTES + 1)
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise KeyStoreError(f"{path} cannot be read: {error.strerror}") from error
    if len(data) > _MAX_FILE_BYTES:
        raise KeyStoreError(f"{path} is larger than {_MAX_FILE_BYTES} bytes")
    try:
        content = json.loads(data)
        if content["version"] != 1:
            raise KeyStoreError(f"{path} is of version {content['version']!r}; this gateway reads version 1")
        keys = [_from_json(item) for item in content["keys"]]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise KeyStoreError(f"{path} is damaged: {type(error).__name__}: {error}") from error
    return {key.id: key for key in keys}


def _from_json(item: Mapping[str, Any]) -> Key:
    numbers = item["numbers"]
    if numbers not in get_args(Numbers):
        raise ValueError("numbers")
    if not re.fullmatch(r"[0-9a-f]{64}", item["sha256"]):
        raise ValueError("sha256")
    return Key(
        str(item["id"]),
        str(item["name"]),
        parse_scopes(item["scopes"]),
        numbers,
        str(item["created"]),
        item["sha256"],
    )
