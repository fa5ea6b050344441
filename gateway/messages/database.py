"""The database: its tables, how it is opened, and which of its errors mean what."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import apsw

from gateway.messages.errors import StoreFailed

SCHEMA_VERSION = 1

# Where a message waits (column `queue`); NULL once it neither waits nor runs.
RUNNING, READY, WAITS, BEHIND = 0, 1, 2, 3

# Fixed in 3.51.3, and in 3.50.7 and 3.44.6: two connections could damage the database when one of them wrote
# while the other took over a checkpointed log. Source: sqlite.org/wal.html#walresetbug
_FIRST_SOUND = 3_051_003
_SOUND_BEFORE = (range(3_050_007, 3_051_000), range(3_044_006, 3_045_000))

_SCHEMA = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value) WITHOUT ROWID;

CREATE TABLE definitions (
    n INTEGER PRIMARY KEY, version TEXT NOT NULL UNIQUE, flow TEXT NOT NULL, body BLOB
);

-- `place`: the order in which messages run; that of arrival, until one is replayed.
-- `lane` is a digest; the lane itself lies in `envelope`, with the headers and the payload's hash.
CREATE TABLE messages (
    seq INTEGER PRIMARY KEY, id TEXT NOT NULL, flow TEXT NOT NULL, definition INTEGER NOT NULL,
    source TEXT NOT NULL, state TEXT NOT NULL, queue INTEGER, lane BLOB, place INTEGER NOT NULL, due INTEGER,
    received INTEGER NOT NULL, updated INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0, crashes INTEGER NOT NULL DEFAULT 0, token INTEGER NOT NULL DEFAULT 0,
    content_type TEXT NOT NULL, size INTEGER NOT NULL, payload INTEGER NOT NULL,
    correlation_id TEXT NOT NULL, owner TEXT, parent TEXT, redelivered INTEGER NOT NULL,
    envelope BLOB NOT NULL, progress TEXT, failure BLOB, has_result INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX ready ON messages (place) WHERE queue = 1;
CREATE INDEX ready_of_flow ON messages (flow, place) WHERE queue = 1;
CREATE INDEX waiting ON messages (due) WHERE queue = 2;
CREATE INDEX running ON messages (seq) WHERE queue = 0;
CREATE INDEX lanes ON messages (flow, lane, place) WHERE lane IS NOT NULL AND queue IS NOT NULL;
CREATE INDEX by_state ON messages (state, flow, seq);
CREATE INDEX by_source ON messages (source, seq);
CREATE INDEX by_parent ON messages (parent, seq) WHERE parent IS NOT NULL;
CREATE INDEX ended ON messages (state, updated) WHERE queue IS NULL;

-- One payload for all `fanout` messages of an arrival, whose numbers follow each other from `id` on.
CREATE TABLE payloads (id INTEGER PRIMARY KEY, fanout INTEGER NOT NULL, spool TEXT, body BLOB);
CREATE UNIQUE INDEX spooled ON payloads (spool) WHERE spool IS NOT NULL;
CREATE TABLE unspooled (spool TEXT PRIMARY KEY) WITHOUT ROWID;

CREATE TABLE results (seq INTEGER PRIMARY KEY, body BLOB NOT NULL);
CREATE TABLE marks (
    seq INTEGER NOT NULL, position TEXT NOT NULL, done INTEGER NOT NULL, attempts INTEGER NOT NULL,
    result BLOB, PRIMARY KEY (seq, position)
) WITHOUT ROWID;
CREATE TABLE history (
    seq INTEGER NOT NULL, n INTEGER NOT NULL, at INTEGER NOT NULL, kind TEXT NOT NULL, text BLOB,
    PRIMARY KEY (seq, n)
) WITHOUT ROWID;

CREATE TABLE claims (
    channel TEXT NOT NULL, digest BLOB NOT NULL, at INTEGER NOT NULL, ids TEXT NOT NULL,
    PRIMARY KEY (channel, digest)
) WITHOUT ROWID;
CREATE INDEX claims_at ON claims (at);
CREATE TABLE cursors (channel TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE keys (
    digest BLOB PRIMARY KEY, fingerprint BLOB NOT NULL, at INTEGER NOT NULL, epoch INTEGER NOT NULL,
    answer BLOB
) WITHOUT ROWID;
CREATE INDEX keys_at ON keys (at);

-- How many messages there are: kept by triggers, so that nothing ever counts a million rows.
CREATE TABLE tallies (
    flow TEXT NOT NULL, definition INTEGER NOT NULL, state TEXT NOT NULL, count INTEGER NOT NULL,
    PRIMARY KEY (flow, definition, state)
) WITHOUT ROWID;
CREATE TRIGGER counted_in AFTER INSERT ON messages BEGIN
    INSERT INTO tallies VALUES (NEW.flow, NEW.definition, NEW.state, 1)
        ON CONFLICT DO UPDATE SET count = count + 1;
END;
CREATE TRIGGER counted_on AFTER UPDATE OF state ON messages WHEN OLD.state <> NEW.state BEGIN
    UPDATE tallies SET count = count - 1
        WHERE flow = OLD.flow AND definition = OLD.definition AND state = OLD.state;
    INSERT INTO tallies VALUES (NEW.flow, NEW.definition, NEW.state, 1)
        ON CONFLICT DO UPDATE SET count = count + 1;
END;
CREATE TRIGGER marks_end AFTER UPDATE OF state ON messages WHEN NEW.state IN ('done', 'discarded') BEGIN
    DELETE FROM marks WHERE seq = NEW.seq;
END;
CREATE TRIGGER lane_goes_on AFTER UPDATE OF queue ON messages
WHEN NEW.lane IS NOT NULL AND NEW.queue IS NULL AND OLD.queue IS NOT NULL BEGIN
    UPDATE messages SET queue = 1 WHERE queue = 3 AND seq = (
        SELECT seq FROM messages WHERE flow = NEW.flow AND lane = NEW.lane AND queue IS NOT NULL
        ORDER BY place LIMIT 1
    );
END;
CREATE TRIGGER message_goes AFTER DELETE ON messages BEGIN
    UPDATE tallies SET count = count - 1
        WHERE flow = OLD.flow AND definition = OLD.definition AND state = OLD.state;
    DELETE FROM results WHERE seq = OLD.seq;
    DELETE FROM marks WHERE seq = OLD.seq;
    DELETE FROM history WHERE seq = OLD.seq;
    DELETE FROM payloads WHERE id = OLD.payload AND NOT EXISTS (
        SELECT 1 FROM messages AS other WHERE other.seq >= payloads.id
        AND other.seq < payloads.id + payloads.fanout AND other.payload = payloads.id
    );
END;
CREATE TRIGGER payload_goes AFTER DELETE ON payloads WHEN OLD.spool IS NOT NULL BEGIN
    INSERT OR IGNORE INTO unspooled VALUES (OLD.spool);
END;
"""


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


def create(connection: apsw.Connection) -> None:
    """Make the tables, inside the caller's transaction."""
    connection.execute(_SCHEMA)
    connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")


def check_schema(connection: apsw.Connection) -> bool:
    """Whether the tables are there. Raises: StoreFailed when they are another version's."""
    version = connection.pragma("user_version")
    if version not in (0, SCHEMA_VERSION):
        raise StoreFailed(
            f"the store was written by another version of the gateway (tables {version}, here "
            f"{SCHEMA_VERSION}): run that version, or have another state_dir"
        )
    return bool(version == SCHEMA_VERSION)


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
