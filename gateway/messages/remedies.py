"""Why the store cannot be opened, for the person who is to do something about it."""

from __future__ import annotations

import errno
from pathlib import Path

import apsw

from gateway.messages import disk
from gateway.messages.database import describe, is_full

_RIGHTS = frozenset({errno.EACCES, errno.EPERM})
_DAMAGED = apsw.NotADBError | apsw.CorruptError
_CLOSED = apsw.CantOpenError | apsw.ReadOnlyError | apsw.PermissionsError | apsw.AuthError


def of_file(error: OSError, folder: Path) -> str:
    """What is wrong with a file of the store, which file, and what to do. `folder`: the store's."""
    path = error.filename if isinstance(error.filename, str | Path) else folder
    what = f"{path}: {error.strerror or error}"
    if error.errno in _RIGHTS:
        return (
            f"{what}; let the gateway's account read and write it: see its owner and mode, and its folder's"
        )
    if error.errno in disk.FULL:
        return f"{what}; free some room on its volume"
    if error.errno == errno.EROFS:
        return f"{what}; mount its volume for writing, or have state_dir elsewhere"
    if error.errno == errno.EIO:
        return (
            f"{what}; its disk fails: see the system's log, and put the folder back from a backup if need be"
        )
    return f"{what}; it is not as the gateway made it: put it in order, or back from a backup"


def of_kind(path: Path, kind: str) -> str:
    """What to do about something that is no file, or no folder, where the store has one."""
    return f"{path}: is no {kind}; put it back from a backup, with the whole of its folder, or move it away"


def of_database(error: apsw.Error, database: Path) -> str:
    """What is wrong with the database, and what to do."""
    what = f"{database}: {describe(error)}"
    if isinstance(error, _DAMAGED):
        return f"{what}; {from_backup(database.parent)}"
    if isinstance(error, _CLOSED):
        files = f"{database.name}, {database.name}-wal and {database.name}-shm"
        return f"{what}; let the gateway's account read and write {files}, and their folder"
    if is_full(error):
        return f"{what}; free some room on its volume"
    if isinstance(error, apsw.BusyError):
        return f"{what}; end the other program that has it open"
    if isinstance(error, apsw.IOError):
        return (
            f"{what}; its disk fails: see the system's log, and put the folder back from a backup if need be"
        )
    return what


def is_damage(error: OSError | apsw.Error) -> bool:
    """Whether an error says that the database is not what was written."""
    return isinstance(error, _DAMAGED)


def from_backup(folder: Path) -> str:
    """What to do about a damaged store."""
    return (
        f"put {folder} back from a backup, as a whole; without one, move it away to begin with an empty store"
    )
