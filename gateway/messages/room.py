"""Room on the volume: new things are refused while there is still some, and a reserve is given up for what
runs."""

from __future__ import annotations

import errno
import logging
import os
import time
from pathlib import Path

from gateway.messages import disk
from gateway.messages.errors import StoreFull

_LOG = logging.getLogger(__name__)

_RESTORE_EVERY_S = 5.0
_ONE_COMMIT = 64 << 10
"""Bytes without which hardly anything can be stored, whatever is to be kept free."""


class Room:
    """How much is free for the store. `min_free_bytes` keeps new messages out; `reserve_bytes` lie in a file
    that is deleted when even what runs finds no room."""

    def __init__(self, folder: Path, min_free_bytes: int, reserve_bytes: int) -> None:
        self._folder = folder
        self._file = folder / "store.reserve"
        self._min_free = min_free_bytes
        self._reserve = reserve_bytes
        self._tried = 0.0
        self._held = not reserve_bytes

    def check(self) -> None:
        """Refuse what would leave too little. Raises: StoreFull, OSError."""
        free, needed = disk.free_bytes(self._folder), self._needed()
        if free < needed:
            raise StoreFull(
                f"{free >> 20} MiB are free on the volume of {self._folder}; "
                f"nothing new is accepted below {needed >> 20} MiB"
            )

    def is_full(self) -> bool:
        """Whether what is new is refused, or would fail. Raises: OSError."""
        return disk.free_bytes(self._folder) < max(self._needed(), _ONE_COMMIT)

    def _needed(self) -> int:
        # What the reserve gave up is not for what is new.
        return self._min_free + (0 if self._held else self._reserve)

    def give_up(self) -> bool:
        """Free the reserve; whether there was one. Raises: OSError."""
        self._held = not self._reserve
        try:
            self._file.unlink()
        except FileNotFoundError:
            return False
        self._tried = time.monotonic()
        _LOG.warning("the volume is full: the reserve is given up so that what runs can be finished")
        return True

    def restore(self) -> None:
        """Take the reserve again where it is missing and there is room. Cheap to call often."""
        now = time.monotonic()
        if not self._reserve or (self._tried and now - self._tried < _RESTORE_EVERY_S):
            return
        self._tried = now
        if self._size() >= self._reserve or (disk.free_bytes(self._folder) < self._min_free + self._reserve):
            return
        descriptor = os.open(self._file, os.O_WRONLY | os.O_CREAT, 0o600)
        try:
            os.posix_fallocate(descriptor, 0, self._reserve)
            self._held = True
        except OSError as error:
            if error.errno not in (*disk.FULL, errno.EOPNOTSUPP, errno.EINVAL):
                raise
            _LOG.warning("no reserve could be taken on the volume: %s", error.strerror)
        finally:
            os.close(descriptor)

    def _size(self) -> int:
        try:
            return self._file.stat().st_size
        except FileNotFoundError:
            return 0
