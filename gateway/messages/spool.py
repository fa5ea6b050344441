"""Large payloads: encrypted files, written and read in frames, so that none is ever held whole.

A file is a head (mark, salt) and frames of 64 KiB of plain bytes, each sealed with a key of the file's own. A
frame's nonce holds its number and whether it is the last, so that frames cannot be left out, put in another
order, or cut off. Source: the STREAM construction (Hoang, Reyhanitabar, Rogaway, Vizár 2015).
"""

from __future__ import annotations

import hashlib
import os
import re
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from gateway.messages import disk
from gateway.messages.errors import Damaged, StoreFull
from gateway.messages.message import SpooledPayload
from gateway.messages.room import Room
from gateway.messages.sealing import Sealer

FRAME_BYTES = 64 * 1024
_TAG_BYTES = 16
_MARK = b"LGSP\x01"
_SALT_BYTES = 16
_HEAD_BYTES = len(_MARK) + _SALT_BYTES
_CHECK_ROOM_EVERY = 1 << 20
_NAME = re.compile(r"[0-9a-f]{32}")
_PART = ".part"


def _nonce(number: int, last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes((last,))


class SpoolFile:
    """One payload on its way into the spool. For one thread at a time; a second one waits."""

    def __init__(self, folder: Path, sealer: Sealer, room: Room) -> None:
        """Raises: OSError."""
        self._folder = folder
        self._room = room
        self._id = uuid.uuid4().hex
        salt = os.urandom(_SALT_BYTES)
        self._cipher = AESGCM(sealer.derive(salt, b"spool"))
        self._hash = hashlib.sha256()
        self._size = 0
        self._frames = 0
        self._checked = -_CHECK_ROOM_EVERY
        self._rest = bytearray()
        self._lock = threading.Lock()
        self._path = folder / (self._id + _PART)
        self._descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        self._head = _MARK + salt

    def write(self, chunk: bytes) -> None:
        """Raises: StoreFull, OSError, ValueError (it is finished or given up)."""
        with self._lock:
            if self._descriptor < 0:
                raise ValueError("the spool file is closed")
            if self._size - self._checked >= _CHECK_ROOM_EVERY:
                self._room.check()
                self._checked = self._size
            self._hash.update(chunk)
            self._size += len(chunk)
            self._rest += chunk
            # One frame stays behind, since only the end shows which is the last.
            full = (len(self._rest) - 1) // FRAME_BYTES
            if full > 0:
                plain = memoryview(bytes(self._rest[: full * FRAME_BYTES]))
                self._put(
                    b"".join(
                        self._frame(bytes(plain[at : at + FRAME_BYTES]), last=False)
                        for at in range(0, len(plain), FRAME_BYTES)
                    )
                )
                del self._rest[: full * FRAME_BYTES]

    def finish(self) -> SpooledPayload:
        """Raises: StoreFull, OSError, ValueError (it is finished or given up)."""
        with self._lock:
            if self._descriptor < 0:
                raise ValueError("the spool file is closed")
            self._put(self._frame(bytes(self._rest), last=True))
            with _full_is_no_failure():
                disk.sync_file(self._descriptor)
            os.close(self._descriptor)
            self._descriptor = -1
            self._path.rename(self._folder / self._id)
            disk.sync_folder(self._folder)
            return SpooledPayload(self._id, self._size, self._hash.hexdigest())

    def give_up(self) -> None:
        """Remove what was written, unless it is finished. Idempotent. Raises: OSError."""
        with self._lock:
            if self._descriptor >= 0:
                os.close(self._descriptor)
                self._descriptor = -1
                self._path.unlink(missing_ok=True)

    def _frame(self, plain: bytes, *, last: bool) -> bytes:
        sealed = self._cipher.encrypt(_nonce(self._frames, last), plain, self._id.encode())
        self._frames += 1
        return sealed

    def _put(self, content: bytes) -> None:
        view = memoryview(self._head + content)
        self._head = b""
        with _full_is_no_failure():
            while view:
                view = view[os.write(self._descriptor, view) :]


@contextmanager
def _full_is_no_failure() -> Iterator[None]:
    """Where there is no room, only this file is lost, and it is given up."""
    try:
        yield
    except OSError as error:
        if error.errno in disk.FULL:
            raise StoreFull("the spool's volume is full") from error
        raise


class Spool:
    """The folder of all large payloads."""

    def __init__(self, folder: Path, sealer: Sealer, room: Room) -> None:
        self.folder = folder
        self._sealer = sealer
        self._room = room

    def create(self) -> SpoolFile:
        """Begin a payload. Raises: StoreFull, OSError."""
        self._room.check()
        return SpoolFile(self.folder, self._sealer, self._room)

    def read(self, spool_id: str, sha256: str) -> Iterator[bytes]:
        """The plain frames of a payload, the hash of all checked at the end.

        Raises: Damaged (changed, cut off, gone, or not readable).
        """
        digest = hashlib.sha256()
        try:
            for frame in self._frames(spool_id):
                digest.update(frame)
                yield frame
        except FileNotFoundError:
            raise Damaged("the payload's spool file is gone") from None
        except OSError as error:
            # One unreadable file says nothing of what was synced elsewhere: only its message is lost.
            raise Damaged(f"the payload's spool file cannot be read: {error.strerror}") from error
        except InvalidTag:
            raise Damaged("the payload's spool file was changed or cut off") from None
        if digest.hexdigest() != sha256:
            raise Damaged("the payload in the spool is not the message's")

    def remove(self, spool_id: str) -> None:
        """Raises: OSError, except when it is gone."""
        if _NAME.fullmatch(spool_id):
            (self.folder / spool_id).unlink(missing_ok=True)

    def remove_orphans(self, is_needed: Callable[[str], bool]) -> int:
        """Remove what no message is for; how many files. Raises: OSError."""
        removed = 0
        with os.scandir(self.folder) as entries:
            for entry in entries:
                name = entry.name.removesuffix(_PART)
                if _NAME.fullmatch(name) and (name != entry.name or not is_needed(name)):
                    Path(entry.path).unlink()
                    removed += 1
        return removed

    def _frames(self, spool_id: str) -> Iterator[bytes]:
        if not _NAME.fullmatch(spool_id):
            raise Damaged("the payload's spool file has no name that we give")
        with (self.folder / spool_id).open("rb") as file:
            head = file.read(_HEAD_BYTES)
            if len(head) < _HEAD_BYTES or not head.startswith(_MARK):
                raise Damaged("the payload's spool file is not one of ours, or cut off")
            cipher = AESGCM(self._sealer.derive(head[len(_MARK) :], b"spool"))
            number, sealed = 0, file.read(FRAME_BYTES + _TAG_BYTES)
            while True:
                following = file.read(FRAME_BYTES + _TAG_BYTES)
                last = not following
                yield cipher.decrypt(_nonce(number, last), sealed, spool_id.encode())
                if last:
                    return
                number, sealed = number + 1, following
