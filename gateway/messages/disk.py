"""What the store asks of the file system beside the database: synced files, a lock, and how much is free."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
from pathlib import Path

from gateway.messages.errors import StoreBusy

FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


def sync_file(descriptor: int) -> None:
    """Return when the file's bytes are on the disk. Raises: OSError."""
    os.fsync(descriptor)


def sync_folder(folder: Path) -> None:
    """Return when the folder's entries are on the disk. Raises: OSError."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        sync_file(descriptor)
    finally:
        os.close(descriptor)


def free_bytes(folder: Path) -> int:
    """Bytes that may still be written to the folder's volume. Raises: OSError."""
    volume = os.statvfs(folder)
    return volume.f_bavail * volume.f_frsize


def write_whole(path: Path, content: bytes, mode: int = 0o600) -> None:
    """Put a small file in its place: afterwards there is the old one or the new one, never a part.

    Raises: OSError.
    """
    beside = path.with_name(path.name + ".new")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    try:
        rest = memoryview(content)
        while rest:
            rest = rest[os.write(descriptor, rest) :]
        sync_file(descriptor)
    finally:
        os.close(descriptor)
    beside.rename(path)
    sync_folder(path.parent)


class FolderLock:
    """Holds a folder for one process, by a lock that ends with it."""

    def __init__(self, path: Path) -> None:
        """Raises: StoreBusy (its text names the process that holds it), OSError."""
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.ftruncate(self._descriptor, 0)
        except BlockingIOError:
            holder = os.pread(self._descriptor, 20, 0).decode("ascii", "replace").strip()
            os.close(self._descriptor)
            who = f"process {holder}" if holder.isdigit() else "another process"
            raise StoreBusy(
                f"{path.parent} is in use by {who}; two gateways cannot share a state folder"
            ) from None
        except OSError:
            os.close(self._descriptor)
            raise
        with contextlib.suppress(OSError):  # a full disk: the lock holds without a name in it
            os.pwrite(self._descriptor, f"{os.getpid()}\n".encode(), 0)

    def release(self) -> None:
        """Let others have the folder. Idempotent."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
