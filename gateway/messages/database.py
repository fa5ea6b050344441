"""The database: its tables, how it is opened, and which of its errors mean what."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import apsw

from gateway.messages.errors import StoreFailed

# Where a message waits (column `queue`); NULL once it neither waits nor runs.
RUNNING, READY, WAITS, BEHIND = 0, 1, 2, 3

# Fixed in 3.51.3, and in 3.50.7 and 3.44.6: two connections could damage the database when one of them wrote
# while the other took over a checkpointed log. Source: sqlite.org/wal.html#walresetbug
_FIRST_SOUND = 3_051_003
_SOUND_BEFORE = (range(3_050_007, 3_051_000), range(3_044_006, 3_045_000))


def is_sound(version: int) -> bool:
    """Whether an SQLite of this version number may be used with a log and two connections."""
    return version >= _FIRST_SOUND or any(version in versions for versions in _SOUND_BEFORE)


def connect(path: Path, *, vfs: str | None, read_only: bool = False) -> apsw.Connection:
    """Open the database and make sure of the modes that its promises rest on.

    Raises: StoreFailed (a mode cannot be had), apsw.Error.
    """
    if not is_sound(apsw.SQLITE_VERSION_NUMBER):
        raise StoreFailed(
            f"SQLite {apsw.sqlite_lib_version()} can damage a database that is written and read at once; "
            "3.51.3 or newer is needed"
        )
    flags = apsw.SQLITE_OPEN_READONLY if read_only else apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE
    connection = apsw.Connection(str(path), flags=flags, vfs=vfs)
    try:
        connection.set_busy_timeout(5000)
        connection.execute("PRAGMA temp_store = MEMORY")
        connection.execute("PRAGMA cell_size_check = ON")
        if not read_only:
            _demand_durability(connection)
    except BaseException:
        connection.close(True)
        raise
    return connection


def fetch(connection: apsw.Connection, statement: str, values: apsw.Bindings = ()) -> list[tuple[Any, ...]]:
    """All rows of a statement at once, so that no read stays open. Raises: apsw.Error."""
    return connection.execute(statement, values).fetchall()


def is_full(error: apsw.Error) -> bool:
    """Whether an error says that there is no room. The shared memory of the log is such a file too."""
    return (
        isinstance(error, apsw.FullError) or getattr(error, "extendedresult", 0) == apsw.SQLITE_IOERR_SHMSIZE
    )


def is_fatal(error: apsw.Error) -> bool:
    """Whether what was written before may be lost with this error, so that nothing may go on."""
    return not is_full(error) and not isinstance(
        error, apsw.BusyError | apsw.ConstraintError | apsw.SQLError | apsw.InterruptError | apsw.TooBigError
    )


def describe(error: apsw.Error) -> str:
    """An error's text, or its code's name where it has none."""
    code = getattr(error, "extendedresult", 0)
    name = apsw.mapping_extended_result_codes.get(code) or apsw.mapping_result_codes.get(code)
    return f"{type(error).__name__}: {str(error) or name}"


def _demand_durability(connection: apsw.Connection) -> None:
    mode = connection.pragma("journal_mode", "wal")
    if mode != "wal":
        raise StoreFailed(f"the store needs a write-ahead log, and its volume allows only {mode}")
    connection.pragma("synchronous", "full")
    if connection.pragma("synchronous") != 2:
        raise StoreFailed("the store's database does not sync its commits")
    connection.execute("PRAGMA wal_autocheckpoint = 0")
    # After an error nothing may be written any more, and closing would.
    connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
    connection.execute("PRAGMA journal_size_limit = 16777216")
    connection.execute("PRAGMA cache_size = -32768")
    connection.execute("PRAGMA recursive_triggers = OFF")
