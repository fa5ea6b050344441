"""SFTP version 3 on the wire: numbers, structures, taking packets apart.

Source: draft-ietf-secsh-filexfer-02; OpenSSH's PROTOCOL file for the extensions.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import IntEnum

from adapters.errors import ProtocolViolation


class Type(IntEnum):
    """Packet types (§3)."""

    INIT = 1
    VERSION = 2
    OPEN = 3
    CLOSE = 4
    READ = 5
    WRITE = 6
    LSTAT = 7
    FSTAT = 8
    OPENDIR = 11
    READDIR = 12
    REMOVE = 13
    MKDIR = 14
    STAT = 17
    RENAME = 18
    STATUS = 101
    HANDLE = 102
    DATA = 103
    NAME = 104
    ATTRS = 105
    EXTENDED = 200
    EXTENDED_REPLY = 201


class OpenFlag(IntEnum):
    """How a file is opened (§6.3)."""

    READ = 0x01
    WRITE = 0x02
    CREAT = 0x08
    EXCL = 0x20


class Status(IntEnum):
    """Status codes (§7); those above 8 are of later drafts, and servers send them in version 3 too."""

    OK = 0
    EOF = 1
    NO_SUCH_FILE = 2
    PERMISSION_DENIED = 3
    FAILURE = 4
    BAD_MESSAGE = 5
    NO_CONNECTION = 6
    CONNECTION_LOST = 7
    OP_UNSUPPORTED = 8
    INVALID_HANDLE = 9
    NO_SUCH_PATH = 10
    FILE_ALREADY_EXISTS = 11
    WRITE_PROTECT = 12
    NO_MEDIA = 13
    NO_SPACE_ON_FILESYSTEM = 14
    QUOTA_EXCEEDED = 15
    UNKNOWN_PRINCIPAL = 16
    LOCK_CONFLICT = 17
    DIR_NOT_EMPTY = 18
    NOT_A_DIRECTORY = 19
    INVALID_FILENAME = 20
    LINK_LOOP = 21
    CANNOT_DELETE = 22
    INVALID_PARAMETER = 23
    FILE_IS_A_DIRECTORY = 24


def status_name(code: int) -> str:
    """The name of the drafts, such as SSH_FX_NO_SUCH_FILE; an unknown code keeps its number."""
    try:
        return f"SSH_FX_{Status(code).name}"
    except ValueError:
        return f"SSH_FX_{code}"


class StatusError(Exception):
    """The server answered a request with a status that is not OK. Its text is kept off messages: it may hold
    anything."""

    def __init__(self, code: int) -> None:
        super().__init__(status_name(code))
        self.code = code


@dataclass(frozen=True, slots=True)
class Attributes:
    """What a server tells of a file; None where it does not. Units: bytes; seconds since 1970, UTC."""

    size: int | None
    mode: int | None
    modified: int | None


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a folder. The names are bytes as they came."""

    name: bytes
    long_name: bytes
    attributes: Attributes


NO_ATTRIBUTES = struct.pack(">I", 0)

_SIZE = 0x01
_UIDGID = 0x02
_PERMISSIONS = 0x04
_ACMODTIME = 0x08
_EXTENDED = 0x80000000


def text(value: bytes) -> bytes:
    """A string field: length and bytes."""
    return struct.pack(">I", len(value)) + value


class Fields:
    """The fields of one packet, taken from the front.

    Every method raises ProtocolViolation when the packet is too short.
    """

    __slots__ = ("_at", "_data")

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def number(self) -> int:
        """uint32."""
        return int.from_bytes(self._take(4), "big")

    def long_number(self) -> int:
        """uint64."""
        return int.from_bytes(self._take(8), "big")

    def string(self) -> bytes:
        """A length and so many bytes."""
        return self._take(self.number())

    def attributes(self) -> Attributes:
        """ATTRS (§5)."""
        flags = self.number()
        size = self.long_number() if flags & _SIZE else None
        if flags & _UIDGID:
            self._take(8)
        mode = self.number() if flags & _PERMISSIONS else None
        modified = None
        if flags & _ACMODTIME:
            self._take(4)
            modified = self.number()
        if flags & _EXTENDED:
            for _ in range(self.number()):
                self.string()
                self.string()
        return Attributes(size, mode, modified)

    def entries(self) -> list[Entry]:
        """The entries of a NAME packet."""
        found = []
        for _ in range(self.number()):
            name, long_name = self.string(), self.string()
            found.append(Entry(name, long_name, self.attributes()))
        return found

    def extensions(self) -> dict[bytes, bytes]:
        """The extension pairs of a VERSION packet, to its end."""
        found: dict[bytes, bytes] = {}
        while self._at < len(self._data):
            name = self.string()
            found[name] = self.string()
        return found

    def _take(self, count: int) -> bytes:
        start = self._at
        self._at = end = start + count
        if end > len(self._data):
            raise ProtocolViolation("an SFTP packet of the server is shorter than its fields say")
        return self._data[start:end]
