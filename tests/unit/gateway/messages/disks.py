"""Disks that fail, and disks that forget at a power loss: shims between SQLite and its files."""

from __future__ import annotations

import random
import threading
import uuid
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any

import apsw

WAYS = {
    "sync": apsw.SQLITE_IOERR_FSYNC,
    "write": apsw.SQLITE_IOERR_WRITE,
    "truncate": apsw.SQLITE_IOERR_TRUNCATE,
}


class ShimFile(apsw.VFSFile):
    """A file of the system's own, every change of which passes `disk` first."""

    def __init__(self, disk: ShimDisk, filename: Any, flags: list[int]) -> None:
        super().__init__("", filename, flags)
        self._disk = disk
        name = filename.filename() if isinstance(filename, apsw.URIFilename) else filename
        self._name = Path(name).name if name else ""

    def xWrite(self, data: Any, offset: int) -> None:  # noqa: N802
        self._disk.before("write", self._name, offset, bytes(data))
        super().xWrite(data, offset)

    def xTruncate(self, newsize: int) -> None:  # noqa: N802
        self._disk.before("truncate", self._name, newsize, b"")
        super().xTruncate(newsize)

    def xSync(self, flags: int) -> None:  # noqa: N802
        self._disk.before("sync", self._name, 0, b"")
        super().xSync(flags)


class ShimDisk(apsw.VFS):
    """A VFS by the name `name`, for as long as it is entered."""

    def __init__(self) -> None:
        self.name = f"shim-{uuid.uuid4().hex}"
        super().__init__(self.name, "")

    def xOpen(self, name: Any, flags: list[int]) -> apsw.VFSFile:  # noqa: N802
        return ShimFile(self, name, flags)

    def before(self, way: str, name: str, offset: int, data: bytes) -> None:
        raise NotImplementedError

    def __enter__(self) -> Any:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.unregister()


class FailingDisk(ShimDisk):
    """Fails the call of number `at` once, and lets all others pass. `calls` were made."""

    def __init__(self, at: int, code: int | None = None) -> None:
        super().__init__()
        self.at = at
        self.calls = 0
        self.failed: str | None = None
        self._code = code

    def before(self, way: str, name: str, offset: int, data: bytes) -> None:
        self.calls += 1
        if self.calls == self.at:
            self.failed = f"{way} {name}"
            error = apsw.exception_for(self._code or WAYS[way])
            raise error


class ForgetfulDisk(ShimDisk):
    """Remembers which writes were synced. `image` gives what a power loss may leave of each file: what was
    synced, and of the writes after it any, in whole sectors."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self.random = random.Random(seed)
        self.observe: Callable[[], None] = lambda: None
        self._synced: dict[str, bytearray] = {}
        self._pending: dict[str, list[tuple[int, bytes | None]]] = {}
        self._lock = threading.RLock()

    def before(self, way: str, name: str, offset: int, data: bytes) -> None:
        with self._lock:
            self.observe()
            pending = self._pending.setdefault(name, [])
            if way == "sync":
                content = self._synced.setdefault(name, bytearray())
                for change in pending:
                    _apply(content, *change)
                pending.clear()
                self.observe()
            else:
                pending.append((offset, data if way == "write" else None))

    def xDelete(self, filename: str, syncdir: bool) -> None:  # noqa: N802
        """The store syncs the folder before it says yes to anything, so that what is deleted stays so."""
        with self._lock:
            self._synced.pop(Path(filename).name, None)
            self._pending.pop(Path(filename).name, None)
        super().xDelete(filename, syncdir)

    def image(self) -> dict[str, bytes]:
        with self._lock:
            files = {}
            for name, pending in self._pending.items():
                content = bytearray(self._synced.get(name, b""))
                share = self.random.choice([0.0, 0.5, 0.9, 1.0])
                for offset, data in pending:
                    if data is None:
                        if self.random.random() < share:
                            _apply(content, offset, None)
                        continue
                    for at in range(0, len(data), 512):
                        if self.random.random() < share:
                            _apply(content, offset + at, data[at : at + 512])
                files[name] = bytes(content)
            return files


def _apply(content: bytearray, offset: int, data: bytes | None) -> None:
    if data is None:
        del content[offset:]
        return
    if len(content) < offset:
        content.extend(bytes(offset - len(content)))
    content[offset : offset + len(data)] = data
