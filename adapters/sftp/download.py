"""Fetching one file, as a stream that notices when the file changes under it."""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from adapters.contract import Deadline
from adapters.errors import InvalidRequest, LimitExceeded, ProtocolViolation, ReadFailed, Violation
from adapters.sftp.listing import is_regular
from adapters.sftp.packets import Attributes, OpenFlag, Type
from adapters.sftp.pool import Pool
from adapters.sftp.session import Session
from adapters.sftp.translate import Progress, translate_errors
from adapters.sftp.wire import Wire

BLOCK_BYTES = 256 * 1024
_AHEAD_BYTES = 3 * 512 * 1024
"""Asked for and not yet taken: less than paramiko's window of 2 MiB, so that answers always find room."""


@dataclass(slots=True)
class _Read:
    number: int
    offset: int
    length: int


class RemoteFile:
    """One open file. Blocking, for a pool thread; a failure leaves the session unusable."""

    def __init__(self, path: str, most: int) -> None:
        self._path = path.encode()
        self._most = most
        self.handle = b""
        self._before = Attributes(None, None, None)
        self._end: int | None = None
        self._next = 0
        self._taken = 0
        self._waiting: deque[_Read] = deque()
        self.finished = False

    @property
    def size(self) -> int | None:
        """The size when it was opened; None where the server does not tell."""
        return self._before.size

    @property
    def modified(self) -> int | None:
        """The time of its last change when it was opened, in seconds since 1970."""
        return self._before.modified

    def open(self, wire: Wire) -> bytes:
        """Look, open, and read the first block.

        Raises: InvalidRequest for what is not a plain file, LimitExceeded, and what `read` raises.
        """
        # Opening a named pipe would hang the server, so it is looked at first, without following links.
        if is_regular(wire.attributes(wire.send_path(Type.LSTAT, self._path))) is False:
            reason = "is not a regular file"
            raise InvalidRequest(reason, [Violation(reason, parameter="file")])
        self.handle = wire.handle(wire.send_open(self._path, OpenFlag.READ))
        self._before = wire.attributes(wire.send_handle(Type.FSTAT, self.handle))
        self._end = self._before.size
        if self._end is not None and self._end > self._most:
            wire.ok(wire.send_handle(Type.CLOSE, self.handle))
            raise LimitExceeded(f"the file has {self._end} bytes, {self._most} are allowed (max_file_bytes)")
        self.check_opened(wire)
        return self.read(wire)

    def check_opened(self, wire: Wire) -> None:
        """What else must hold before the first byte is read: nothing here."""

    def check_read(self, wire: Wire) -> None:
        """What else must hold after the last byte was read: nothing here."""

    def read(self, wire: Wire) -> bytes:
        """The next bytes, at least one until the end; sets `finished` with the last.

        Raises: ReadFailed when the file changed, LimitExceeded, ProtocolViolation, and what `Wire` raises.
        """
        parts: list[bytes] = []
        size = 0
        while size < BLOCK_BYTES:
            self._ask(wire)
            if not self._waiting:
                break
            data = self._take(wire)
            parts.append(data)
            size += len(data)
        if not self._waiting and self._all_asked:
            self._verify(wire)
        return b"".join(parts)

    @property
    def _all_asked(self) -> bool:
        return self._end is not None and self._next >= self._end

    def _ask(self, wire: Wire) -> None:
        most = wire.read_bytes
        ahead = _AHEAD_BYTES // most
        if len(self._waiting) > ahead // 2:
            return  # several at once fit into one SSH packet
        while len(self._waiting) < ahead and not self._all_asked:
            length = most if self._end is None else min(most, self._end - self._next)
            number = wire.send_read(self.handle, self._next, length)
            self._waiting.append(_Read(number, self._next, length))
            self._next += length

    def _take(self, wire: Wire) -> bytes:
        """The answer to the oldest read; what is missing of a short one is asked for again."""
        read = self._waiting.popleft()
        data = wire.data(read.number)
        if data is None:
            if self._before.size is not None and read.offset < self._before.size:
                raise self._changed("became shorter")
            self._end = self._next = min(read.offset, self._end or read.offset)
            return b""
        if not 1 <= len(data) <= read.length:
            raise ProtocolViolation(f"the server answered a read of {read.length} bytes with {len(data)}")
        if len(data) < read.length:
            offset, length = read.offset + len(data), read.length - len(data)
            self._waiting.appendleft(_Read(wire.send_read(self.handle, offset, length), offset, length))
        self._taken += len(data)
        if self._taken > self._most:
            raise LimitExceeded(f"the file has more than {self._most} bytes (max_file_bytes)")
        return data

    def _verify(self, wire: Wire) -> None:
        """Is it still the file that was opened: a file being uploaded has grown meanwhile."""
        looked = wire.send_handle(Type.FSTAT, self.handle)
        closed = wire.send_handle(Type.CLOSE, self.handle)
        after = wire.attributes(looked)
        wire.ok(closed)
        if after.size != self._before.size:
            raise self._changed(f"changed its size from {self._before.size} to {after.size} bytes")
        if after.modified != self._before.modified:
            raise self._changed("was written to")
        if after.size is not None and self._taken != after.size:
            raise self._changed(f"gave {self._taken} of {after.size} bytes")
        self.check_read(wire)
        self.finished = True

    def _changed(self, how: str) -> ReadFailed:
        return ReadFailed(f"the file {how} while it was read; it may still be being uploaded")


def remote_sha256(wire: Wire, path: str, size: int) -> str:
    """The SHA-256 of a file of so many bytes, as hexadecimal digits. Blocking.

    Raises: as `RemoteFile.open`.
    """
    digest = hashlib.sha256()
    file = RemoteFile(path, max(size, 1))
    digest.update(file.open(wire))
    while not file.finished:
        digest.update(file.read(wire))
    return digest.hexdigest()


class Download(AsyncGenerator[bytes, None]):
    """The chunks of one file. Holds a session until it is finished or closed, started or not.

    `patience_s`: how long each next block may take.
    """

    def __init__(
        self,
        pool: Pool,
        session: Session,
        file: RemoteFile,
        first: bytes,
        progress: Progress,
        patience_s: float,
    ) -> None:
        self._pool = pool
        self._session: Session | None = session
        self._file = file
        self._first: bytes | None = first
        self._progress = progress
        self._patience_s = patience_s
        self._closed = False
        if file.finished:
            self._release(reusable=True)

    @property
    def is_complete(self) -> bool:
        """True once every byte was handed out, and the file was the same to its end."""
        return self._file.finished and self._first is None and not self._closed

    async def asend(self, value: None) -> bytes:
        """The next chunk."""
        first, self._first = self._first, None
        if first:
            return first
        session = self._session
        if session is None:
            raise StopAsyncIteration
        deadline = Deadline.after(self._patience_s)
        try:
            with translate_errors(self._progress):
                block = await self._pool.run(session, deadline, self._file.read)
        except BaseException:
            self._release(reusable=False)
            raise
        if self._file.finished:
            self._release(reusable=True)
        if not block:
            raise StopAsyncIteration
        return block

    async def athrow(
        self,
        kind: type[BaseException] | BaseException,
        value: BaseException | object = None,
        traceback: TracebackType | None = None,
    ) -> Any:
        """End the stream by an error."""
        self._release(reusable=False)
        raise kind

    async def aclose(self) -> None:
        """End the stream: a file that was not read to its end costs its connection."""
        self._closed = self._closed or not self.is_complete
        self._first = None
        self._release(reusable=False)

    def _release(self, *, reusable: bool) -> None:
        session, self._session = self._session, None
        if session is not None:
            self._pool.release(session, reusable=reusable)
