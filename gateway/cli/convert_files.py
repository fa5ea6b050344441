"""The files of `gateway convert`: read in chunks, and written so that a file is there whole or not at all."""

from __future__ import annotations

import os
import secrets
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, cast

from gateway.cli.failure import USAGE, Failure

STANDARD = Path("-")
"""Stands for standard input or output."""


def refuse_same(paths: dict[str, Path | None]) -> None:
    """Raises: Failure when two of the files, by what they are called for, are one."""
    printed = [what for what, path in paths.items() if path == STANDARD and what != "IN"]
    if len(printed) > 1:
        raise Failure(f"{' and '.join(printed)} both go to standard output; name a file", USAGE)
    named = [(what, path) for what, path in paths.items() if path is not None and path != STANDARD]
    for at, (what, path) in enumerate(named):
        for other, earlier in named[:at]:
            with suppress(OSError):
                if _is_same(path, earlier):
                    raise Failure(f"{path}: {other} and {what} are the same file", USAGE)


def _is_same(one: Path, other: Path) -> bool:
    if one.exists() and other.exists():
        # A device such as /dev/null can be both.
        return one.samefile(other) and stat.S_ISREG(one.stat().st_mode)
    return one.resolve() == other.resolve()


@contextmanager
def opened_to_read(path: Path) -> Iterator[tuple[BinaryIO, int | None]]:
    """The file and its size in bytes, None where that is not known. Raises: Failure."""
    if path == STANDARD:
        yield sys.stdin.buffer, None
        return
    try:
        file = path.open("rb")
    except OSError as error:
        raise Failure(f"{path}: {error.strerror}") from None
    with file:
        found = os.fstat(file.fileno())
        yield file, found.st_size if stat.S_ISREG(found.st_mode) else None


class Output:
    """Where bytes go; `put` is called any number of times. Nothing is buffered here, so that what cannot be
    written is known at once and not when files are closed."""

    def __init__(self, name: str, file: BinaryIO) -> None:
        self._name = name
        self._file = file

    def put(self, data: bytes) -> None:
        """Write all of it. Raises: Failure, BrokenPipeError."""
        rest = memoryview(data)
        try:
            while rest:
                rest = rest[self._file.write(rest) or 0 :]
        except BrokenPipeError:
            raise
        except OSError as error:
            raise Failure(f"{self._name}: cannot be written: {error.strerror}") from None


@contextmanager
def opened_to_write(path: Path) -> Iterator[Output]:
    """An output. A file appears under its name when the block ends without an exception, and not before.

    Raises: Failure.
    """
    if path == STANDARD:
        buffered = sys.stdout.buffer
        yield Output("standard output", getattr(buffered, "raw", buffered))
        return
    target = path.resolve()
    if target.is_dir():
        raise Failure(f"{path}: is a directory")
    if target.exists() and not target.is_file():  # a device or a pipe cannot be replaced
        with _open(target, path, os.O_WRONLY) as file:
            yield Output(str(path), file)
        return
    part = target.with_name(f".{target.name[:100]}.{secrets.token_hex(4)}.part")
    try:
        with _open(part, path, os.O_WRONLY | os.O_CREAT | os.O_EXCL) as file:
            yield Output(str(path), file)
            _settle(file, target, path)
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


def _open(target: Path, shown: Path, flags: int) -> BinaryIO:
    try:
        return cast("BinaryIO", os.fdopen(os.open(target, flags | os.O_CLOEXEC, 0o666), "wb", buffering=0))
    except OSError as error:
        raise Failure(f"{shown}: cannot be written: {error.strerror}") from None


def _settle(file: BinaryIO, target: Path, shown: Path) -> None:
    """On the disk, and with the permissions of the file that it replaces."""
    try:
        os.fsync(file.fileno())
        if target.exists():
            os.fchmod(file.fileno(), stat.S_IMODE(target.stat().st_mode))
    except OSError as error:
        raise Failure(f"{shown}: cannot be written: {error.strerror}") from None
