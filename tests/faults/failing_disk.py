"""A gateway whose disk fails when it is told to: `python -m tests.faults.failing_disk ORDER ARGUMENT…`.

Once the file ORDER holds a word, `sync` or `write`, the next such call of SQLite fails, once, and ORDER is
removed. All calls after it succeed, as they may on a real disk.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import apsw

from gateway.cli.main import main

_SYSTEM = "unix"
_CODES = {"sync": apsw.SQLITE_IOERR_FSYNC, "write": apsw.SQLITE_IOERR_WRITE}


class _File(apsw.VFSFile):
    order: Path

    def __init__(self, filename: Any, flags: list[int]) -> None:
        super().__init__(_SYSTEM, filename, flags)

    def xWrite(self, data: Any, offset: int) -> None:  # noqa: N802
        self._obey("write")
        super().xWrite(data, offset)

    def xSync(self, flags: int) -> None:  # noqa: N802
        self._obey("sync")
        super().xSync(flags)

    def _obey(self, call: str) -> None:
        if self.order.exists() and self.order.read_text() == call:
            self.order.unlink()
            raise apsw.exception_for(_CODES[call])


class _Disk(apsw.VFS):
    def __init__(self) -> None:
        super().__init__("failing", _SYSTEM, makedefault=True)

    def xOpen(self, name: Any, flags: list[int]) -> apsw.VFSFile:  # noqa: N802
        return _File(name, flags)


if __name__ == "__main__":
    _File.order = Path(sys.argv[1])
    disk = _Disk()
    sys.argv[1:] = sys.argv[2:]
    main()
