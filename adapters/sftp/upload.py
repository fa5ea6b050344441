"""Putting one file: under a temporary name, complete and checked, then renamed."""

from __future__ import annotations

import contextlib
import hashlib
from collections import deque

from adapters.errors import Blame, PeerRejected, ProtocolViolation
from adapters.sftp.download import remote_sha256
from adapters.sftp.packets import OpenFlag, Status, StatusError, Type, status_name
from adapters.sftp.translate import Phase, Progress
from adapters.sftp.wire import FSYNC, POSIX_RENAME, Wire

BLOCK_BYTES = 256 * 1024
_AHEAD_BYTES = 3 * 512 * 1024
"""Written and not yet confirmed."""


class Upload:
    """One upload. Blocking, for a pool thread.

    `progress` moves on to COMMIT when the rename is about to be sent: before that the target name has not
    been touched. `repeatable`: a file of the same name and content that is there already is this one, put by
    an attempt before.
    """

    def __init__(
        self,
        folder: str,
        name: str,
        temporary: str,
        progress: Progress,
        *,
        overwrite: bool,
        repeatable: bool = False,
    ) -> None:
        prefix = "/" if folder == "/" else f"{folder}/"
        self._target = f"{prefix}{name}".encode()
        self._repeatable = repeatable
        self.temporary = f"{prefix}{temporary}".encode()
        self._progress = progress
        self._overwrite = overwrite
        self._handle: bytes | None = None
        self._waiting: deque[int] = deque()
        self._digest = hashlib.sha256()
        self.size = 0
        self.may_have_begun = False

    @property
    def sha256(self) -> str:
        """Of the bytes written so far, as hexadecimal digits."""
        return self._digest.hexdigest()

    def advance(self, wire: Wire, block: bytes, *, last: bool) -> None:
        """Write a block, and finish after the last."""
        self.write(wire, block)
        if last:
            self.finish(wire)

    def write(self, wire: Wire, block: bytes) -> None:
        """Send bytes; the first call opens the file."""
        if self._handle is None:
            self._open(wire)
        assert self._handle is not None
        self._digest.update(block)
        most = wire.write_bytes
        for start in range(0, len(block), most):
            part = block[start : start + most]
            self._waiting.append(wire.send_write(self._handle, self.size, part))
            self.size += len(part)
            while len(self._waiting) > _AHEAD_BYTES // most:
                wire.ok(self._waiting.popleft())

    def finish(self, wire: Wire) -> None:
        """Have every byte confirmed, on disk where the server can, and the size checked; then rename."""
        assert self._handle is not None, "written to, if only nothing"
        handle, self._handle = self._handle, None
        synced = wire.send_fsync(handle) if FSYNC in wire.extensions else None
        looked = wire.send_handle(Type.FSTAT, handle)
        closed = wire.send_handle(Type.CLOSE, handle)
        while self._waiting:
            wire.ok(self._waiting.popleft())
        if synced is not None:
            _ok_or_unsupported(wire, synced)
        found = wire.attributes(looked)
        wire.ok(closed)
        if found.size is not None and found.size != self.size:
            raise ProtocolViolation(f"the server has {found.size} bytes of the {self.size} that were written")
        self._commit(wire)

    def abandon(self, wire: Wire) -> None:
        """Take away what an upload that came to nothing has left, on the session it was made on."""
        while self._waiting:
            with contextlib.suppress(StatusError):
                wire.ok(self._waiting.popleft())
        if self._handle is not None:
            handle, self._handle = self._handle, None
            wire.ok(wire.send_handle(Type.CLOSE, handle))
        self.remove_temporary(wire)

    def remove_temporary(self, wire: Wire) -> None:
        """The same on another session. A file that is not there is fine."""
        _ok_or_absent(wire, wire.send_path(Type.REMOVE, self.temporary))

    def _open(self, wire: Wire) -> None:
        looked = None if self._overwrite or self._repeatable else wire.send_path(Type.LSTAT, self._target)
        self.may_have_begun = True
        opened = wire.send_open(self.temporary, OpenFlag.WRITE, OpenFlag.CREAT, OpenFlag.EXCL)
        exists = looked is not None and _exists(wire, looked)
        self._handle = wire.handle(opened)
        if exists:
            raise self._taken(Status.FILE_ALREADY_EXISTS)

    def _commit(self, wire: Wire) -> None:
        self._progress.phase = Phase.COMMIT
        atomic = POSIX_RENAME in wire.extensions
        removed = False
        if self._overwrite and not atomic:
            # Version 3 has no rename that replaces; for a moment there is no file of that name.
            removed = _ok_or_absent(wire, wire.send_path(Type.REMOVE, self._target))
        number = wire.send_rename(self.temporary, self._target, replace=self._overwrite and atomic)
        try:
            wire.ok(number)
        except StatusError as error:
            if removed:
                # The temporary file is all that is left of either; so this is no plain refusal, after which
                # it would be taken away.
                raise ProtocolViolation(
                    "the server removed the former file and then refused to rename the new one with "
                    f"{status_name(error.code)}; it is left as {self.temporary.decode()}"
                ) from error
            if self._overwrite or not _exists(wire, wire.send_path(Type.LSTAT, self._target)):
                raise
            if not self._repeatable or not self._is_there_already(wire):
                raise self._taken(error.code) from error
            self.remove_temporary(wire)

    def _is_there_already(self, wire: Wire) -> bool:
        found = wire.attributes(wire.send_path(Type.LSTAT, self._target))
        if found.size != self.size:
            return False
        return remote_sha256(wire, self._target.decode(), self.size) == self.sha256

    def _taken(self, code: int) -> PeerRejected:
        """A file has the name already. Servers say so with SSH_FX_FAILURE."""
        message = f"{self._progress.about}: a file of this name is already there"
        return PeerRejected(message, code=status_name(code), blame=Blame.CONFLICT)


def _exists(wire: Wire, number: int) -> bool:
    try:
        wire.attributes(number)
    except StatusError as error:
        if error.code in (Status.NO_SUCH_FILE, Status.NO_SUCH_PATH):
            return False
        raise
    return True


def _ok_or_absent(wire: Wire, number: int) -> bool:
    """False when there was no such file."""
    try:
        wire.ok(number)
    except StatusError as error:
        if error.code != Status.NO_SUCH_FILE:
            raise
        return False
    return True


def _ok_or_unsupported(wire: Wire, number: int) -> None:
    """Some servers list the extension and cannot do it on every file system."""
    try:
        wire.ok(number)
    except StatusError as error:
        if error.code != Status.OP_UNSUPPORTED:
            raise
