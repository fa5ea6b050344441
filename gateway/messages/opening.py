"""Opening the store: is it whole, is it ours, is it the newest; and what was running when it was left."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import apsw

from gateway.messages import disk
from gateway.messages.core import Core
from gateway.messages.database import READY, connect, fetch
from gateway.messages.errors import Damaged, StoreFailed
from gateway.messages.keyfile import load_key
from gateway.messages.message import Failure
from gateway.messages.remedies import from_backup
from gateway.messages.room import Room
from gateway.messages.running import bury
from gateway.messages.sealing import Sealer
from gateway.messages.settings import StoreSettings
from gateway.messages.spool import Spool
from gateway.messages.tables import upgrade, version_of

_LOG = logging.getLogger(__name__)

_CHECK = b"legacy gateway store"
_CHECK_PLACE = "meta.check"


@dataclass(frozen=True, slots=True)
class Paths:
    """Where the store keeps what, all below the state folder."""

    folder: Path

    @property
    def database(self) -> Path:
        """The database; its log lies beside it."""
        return self.folder / "messages.db"

    @property
    def log(self) -> Path:
        """The database's write-ahead log."""
        return self.folder / "messages.db-wal"

    @property
    def spool(self) -> Path:
        """The folder of large payloads."""
        return self.folder / "spool"

    @property
    def lock(self) -> Path:
        """Held while the store is open."""
        return self.folder / "store.lock"

    @property
    def opening(self) -> Path:
        """Which opening was the last, and whether it ended with a close."""
        return self.folder / "store.opening"

    @property
    def failed(self) -> Path:
        """There after an input/output error: the next opening checks the whole database."""
        return self.folder / "store.failed"

    def of_wrong_kind(self) -> tuple[Path, str] | None:
        """The first that is there and not what it is to be, and what that is. Raises: OSError."""
        shared = self.folder / "messages.db-shm"
        files = (self.lock, self.opening, self.failed, self.database, self.log, shared)
        for path in files:
            if path.exists() and not path.is_file():
                return path, "file"
        return (self.spool, "folder") if self.spool.exists() and not self.spool.is_dir() else None


def open_core(paths: Paths, settings: StoreSettings, now: Callable[[], int], vfs: str | None) -> Core:
    """Make the store usable. The folder's lock is held already.

    Raises: StoreFailed, Damaged, apsw.Error, OSError.
    """
    paths.spool.mkdir(mode=0o700, parents=True, exist_ok=True)
    disk.sync_folder(paths.folder)
    last = _last_opening(paths)
    fresh = not paths.database.exists() or paths.database.stat().st_size == 0
    if fresh and last is not None:
        raise Damaged(
            f"{paths.database} is gone: put it back from a backup, or delete {paths.opening} and "
            f"{paths.folder / 'store.key'} to begin with an empty store"
        )
    if last is not None and not last.closed and not paths.log.exists():
        raise Damaged(
            f"{paths.log} is gone, and with it what was accepted last: put it back, or delete "
            f"{paths.opening} to go on without"
        )
    sealer = Sealer(load_key(paths.folder, settings, fresh=fresh))
    # The log and its index are made with the rights of the database.
    os.close(os.open(paths.database, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    room = Room(paths.folder, settings.min_free_bytes, settings.reserve_bytes)
    db = connect(paths.database, vfs=vfs)
    try:
        core = Core(db, sealer, settings, room, Spool(paths.spool, sealer, room), now, epoch=0, seq=0)
        _check_whole(core, paths)
        _enter(core, paths, last)
        disk.write_whole(paths.opening, _opening(core.epoch, closed=False))
        _tidy(core)
    except BaseException:
        db.close(True)
        raise
    return core


def close_core(core: Core, paths: Paths, *, clean: bool) -> None:
    """Release the database; after a clean run nothing is left in the log. Raises: apsw.Error, OSError."""
    try:
        if clean:
            core.db.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
            disk.write_whole(paths.opening, _opening(core.epoch, closed=True))
    finally:
        core.db.close(True)


def mark_failed(paths: Paths, reason: str) -> None:
    """Have the next opening check everything, if the disk still takes that note."""
    try:
        paths.failed.write_text(reason[:1000] + "\n", encoding="utf-8")
    except OSError as error:
        _LOG.error("%s cannot be written: %s", paths.failed, error.strerror)


@dataclass(frozen=True, slots=True)
class _Last:
    epoch: int
    closed: bool


def _last_opening(paths: Paths) -> _Last | None:
    try:
        last = json.loads(paths.opening.read_bytes())
        return _Last(int(last["epoch"]), bool(last["closed"]))
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError):
        raise Damaged(f"{paths.opening} is not as it was written; delete it to go on without") from None


def _opening(epoch: int, *, closed: bool) -> bytes:
    return json.dumps({"epoch": epoch, "closed": closed}).encode() + b"\n"


def _check_whole(core: Core, paths: Paths) -> None:
    """After an input/output error, look at every page once. Raises: Damaged, apsw.Error."""
    if not paths.failed.exists():
        return
    _LOG.warning("the store failed when it was open last: the database is checked")
    report = core.db.execute("PRAGMA integrity_check(1)").get
    if report != "ok":
        report = " ".join(str(report).split())
        raise Damaged(f"{paths.database} is damaged: {report}; {from_backup(paths.folder)}")
    # What a failed sync left may be in memory alone: it is written anew, from the log.
    core.db.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
    paths.failed.unlink()


def _enter(core: Core, paths: Paths, last: _Last | None) -> None:
    """Begin a new epoch, in the tables of this version. Raises: Damaged, StoreFailed, apsw.Error."""
    db = core.db
    if version_of(db) == 0:
        with db:
            upgrade(db)
            sealed = core.sealer.seal(_CHECK, _CHECK_PLACE)
            db.execute("INSERT INTO meta VALUES ('check', ?), ('epoch', 0), ('seq', 0)", (sealed,))
    facts = _facts(core, paths, last)
    upgrade(db)
    with db:
        core.epoch = facts["epoch"] + 1
        core.seq = max(facts["seq"], db.execute("SELECT coalesce(max(seq), 0) FROM messages").get)
        db.execute("UPDATE meta SET value = ? WHERE name = 'epoch'", (core.epoch,))
        _take_back(core)


def _facts(core: Core, paths: Paths, last: _Last | None) -> dict[str, Any]:
    """What the database says of itself, which is ours and the newest. Raises: Damaged, apsw.Error."""
    facts = dict(fetch(core.db, "SELECT name, value FROM meta"))
    try:
        known = core.sealer.unseal(facts["check"], _CHECK_PLACE) == _CHECK
    except (Damaged, KeyError):
        known = False
    if not known:
        raise Damaged(
            f"the key is not the one that {paths.database} was written with: put that back, as "
            f"messages.key or as {paths.folder / 'store.key'}"
        )
    if last is not None and facts["epoch"] < last.epoch:
        raise Damaged(
            f"{paths.database} is older than its last use: it was replaced by a backup, or its log was "
            f"removed. Delete {paths.opening} to go on with it"
        )
    return facts


def _take_back(core: Core) -> None:
    """What ran when the process before ended waits again, or has ended it too often. Raises: apsw.Error."""
    limit = core.settings.crash_limit
    rows = fetch(core.db, "SELECT seq, id, crashes + 1 FROM messages WHERE queue = 0")
    for seq, message_id, crashes in rows:
        core.db.execute(
            f"UPDATE messages SET state = 'pending', queue = {READY}, crashes = ?, updated = ? WHERE seq = ?",  # noqa: S608
            (crashes, core.now(), seq),
        )
        core.note(seq, message_id, "interrupted", "the gateway ended while it ran")
        if crashes >= limit:
            text = f"the gateway ended {crashes} times while this message ran and got no further"
            bury(core, seq, message_id, Failure("interrupted", text))


def _tidy(core: Core) -> None:
    """Raises: apsw.Error, OSError."""
    removed = core.spool.remove_orphans(
        lambda spool: bool(core.db.execute("SELECT 1 FROM payloads WHERE spool = ?", (spool,)).get)
    )
    if removed:
        _LOG.info("%d spooled payloads were removed that no message was stored for", removed)
    core.room.restore()
    if not is_private(core.spool.folder):
        raise StoreFailed(f"{core.spool.folder} can be read by others: chmod 700 {core.spool.folder}")


def is_private(path: Path) -> bool:
    """Whether nobody but the owner gets at it."""
    return not path.stat().st_mode & 0o077
