"""Requests and answers of SFTP version 3 over one SSH channel.

paramiko gives the SSH connection; its SFTP client is not used, because it waits without a deadline between
packets, keeps no extension list, decodes names as it can, and reads ahead with a thread that spins. Requests
here are pipelined by whoever needs it: `send` several, then take each answer by its number. Requests are
held until an answer is waited for, or `_HOLD_BYTES` have come together: so many small ones travel in one SSH
packet, which costs far less than one each.

Blocking: for a pool thread. Every wait ends at `deadline`, which the caller sets before each piece of work.
"""

from __future__ import annotations

import struct

import paramiko

from adapters.contract import Deadline
from adapters.errors import ProtocolViolation
from adapters.sftp.packets import (
    NO_ATTRIBUTES,
    Attributes,
    Entry,
    Fields,
    OpenFlag,
    Status,
    StatusError,
    Type,
    text,
)

VERSION = 3
MAX_PACKET_BYTES = 1 << 20
"""A server's answers are at most 256 KiB (OpenSSH) or, for folders, little more; beyond this it is rogue."""

_RECEIVE_BYTES = 1 << 17
_HOLD_BYTES = 1 << 15

TRANSFER_BYTES = 32 * 1024
"""What every server must take and give in one packet (draft §3: packets of 34,000 bytes)."""
_MOST_TRANSFER_BYTES = 128 * 1024

POSIX_RENAME = b"posix-rename@openssh.com"
FSYNC = b"fsync@openssh.com"
_LIMITS = b"limits@openssh.com"


class Wire:
    """One SFTP session. Not for two threads at once."""

    def __init__(self, channel: paramiko.Channel, deadline: Deadline) -> None:
        """Agree on the version. Raises as every method does."""
        self._channel = channel
        self.deadline = deadline
        self._buffer = bytearray()
        self._held: list[bytes] = []
        self._held_bytes = 0
        self._number = 0
        self._waiting: set[int] = set()
        self._arrived: dict[int, tuple[int, bytes]] = {}
        self._hold(struct.pack(">IBI", 5, Type.INIT, VERSION))
        kind, payload = self._packet()
        if kind != Type.VERSION:
            raise ProtocolViolation(f"the server answered SFTP INIT with packet type {kind}")
        fields = Fields(payload)
        if fields.number() < VERSION:
            raise ProtocolViolation("the server speaks an SFTP version before 3")
        self.extensions = fields.extensions()
        self.read_bytes = self.write_bytes = TRANSFER_BYTES
        if _LIMITS in self.extensions:
            self._ask_limits()

    @property
    def is_quiet(self) -> bool:
        """True when every request has been answered and every answer taken."""
        return not self._waiting and not self._arrived and not self._buffer

    # --- requests ---

    def send(self, kind: Type, payload: bytes) -> int:
        """Send a request; its number."""
        self._number = number = (self._number + 1) & 0xFFFFFFFF
        self._waiting.add(number)
        self._hold(struct.pack(">IBI", len(payload) + 5, kind, number), payload)
        return number

    def send_read(self, handle: bytes, offset: int, length: int) -> int:
        """READ (§6.4)."""
        return self.send(Type.READ, text(handle) + struct.pack(">QI", offset, length))

    def send_write(self, handle: bytes, offset: int, data: bytes) -> int:
        """WRITE (§6.4)."""
        return self.send(Type.WRITE, b"".join((text(handle), struct.pack(">QI", offset, len(data)), data)))

    def send_open(self, path: bytes, *flags: OpenFlag) -> int:
        """OPEN (§6.3)."""
        return self.send(Type.OPEN, text(path) + struct.pack(">I", sum(flags)) + NO_ATTRIBUTES)

    def send_handle(self, kind: Type, handle: bytes) -> int:
        """CLOSE, FSTAT, READDIR: requests about a handle alone."""
        return self.send(kind, text(handle))

    def send_path(self, kind: Type, path: bytes) -> int:
        """LSTAT, STAT, OPENDIR, REMOVE: requests about a path alone."""
        return self.send(kind, text(path))

    def send_mkdir(self, path: bytes) -> int:
        """MKDIR (§6.6), with the rights the server chooses."""
        return self.send(Type.MKDIR, text(path) + NO_ATTRIBUTES)

    def send_rename(self, old: bytes, new: bytes, *, replace: bool) -> int:
        """RENAME (§6.5), which must not replace; or OpenSSH's extension, which does."""
        if replace:
            return self.send(Type.EXTENDED, text(POSIX_RENAME) + text(old) + text(new))
        return self.send(Type.RENAME, text(old) + text(new))

    def send_fsync(self, handle: bytes) -> int:
        """OpenSSH's extension: on disk before it is answered."""
        return self.send(Type.EXTENDED, text(FSYNC) + text(handle))

    # --- answers: each raises StatusError for a status that is not OK ---

    def ok(self, number: int) -> None:
        """The answer is a status, and OK."""
        self._expect(number, None)

    def handle(self, number: int) -> bytes:
        """The answer is a handle."""
        handle = self._expect(number, Type.HANDLE).string()
        if len(handle) > 256:
            raise ProtocolViolation("a handle of the server is longer than 256 bytes")
        return handle

    def attributes(self, number: int) -> Attributes:
        """The answer is a file's attributes."""
        return self._expect(number, Type.ATTRS).attributes()

    def data(self, number: int) -> bytes | None:
        """The answer is data; None at the end of the file."""
        try:
            return self._expect(number, Type.DATA).string()
        except StatusError as error:
            if error.code == Status.EOF:
                return None
            raise

    def entries(self, number: int) -> list[Entry] | None:
        """The answer is entries of a folder; None after the last."""
        try:
            return self._expect(number, Type.NAME).entries()
        except StatusError as error:
            if error.code == Status.EOF:
                return None
            raise

    def _ask_limits(self) -> None:
        """How much the server takes in one packet: four times fewer packets are twice as fast."""
        fields = self._expect(self.send(Type.EXTENDED, text(_LIMITS)), Type.EXTENDED_REPLY)
        fields.long_number()
        for_read, for_write = fields.long_number(), fields.long_number()
        self.read_bytes = min(max(for_read, TRANSFER_BYTES), _MOST_TRANSFER_BYTES)
        self.write_bytes = min(max(for_write, TRANSFER_BYTES), _MOST_TRANSFER_BYTES)

    def _expect(self, number: int, wanted: Type | None) -> Fields:
        kind, payload = self._answer(number)
        fields = Fields(payload)
        fields.number()
        if kind == Type.STATUS:
            code = fields.number()
            if code != Status.OK:
                raise StatusError(code)
            if wanted is None:
                return fields
        if kind != wanted:
            raise ProtocolViolation(
                f"the server answered with SFTP packet type {kind}, not what was asked for"
            )
        return fields

    def _answer(self, number: int) -> tuple[int, bytes]:
        while number not in self._arrived:
            kind, payload = self._packet()
            found = int.from_bytes(payload[:4], "big")
            if len(payload) < 4 or found not in self._waiting:
                raise ProtocolViolation("the server answered an SFTP request that was not made")
            self._waiting.discard(found)
            self._arrived[found] = (kind, payload)
        return self._arrived.pop(number)

    # --- bytes ---

    def _packet(self) -> tuple[int, bytes]:
        """The next packet: its type and what follows. Raises EOFError when the channel has ended."""
        buffer = self._buffer
        while len(buffer) < 4:
            self._fill()
        length = int.from_bytes(buffer[:4], "big")
        if not 1 <= length <= MAX_PACKET_BYTES:
            raise ProtocolViolation(f"the server sent an SFTP packet of {length} bytes")
        while len(buffer) < 4 + length:
            self._fill()
        kind, payload = buffer[4], bytes(memoryview(buffer)[5 : 4 + length])
        del buffer[: 4 + length]
        return kind, payload

    def _fill(self) -> None:
        if self._held:
            self._flush()
        self._channel.settimeout(self._patience())
        data = self._channel.recv(_RECEIVE_BYTES)
        if not data:
            raise EOFError("the server closed the SFTP channel")
        self._buffer += data

    def _hold(self, *parts: bytes) -> None:
        self._held += parts
        self._held_bytes += sum(map(len, parts))
        if self._held_bytes >= _HOLD_BYTES:
            self._flush()

    def _flush(self) -> None:
        data = b"".join(self._held)
        self._held.clear()
        self._held_bytes = 0
        self._channel.settimeout(self._patience())
        self._channel.sendall(data)

    def _patience(self) -> float:
        seconds = self.deadline.remaining()
        if seconds <= 0.0:
            raise TimeoutError("the deadline has passed")
        return seconds
