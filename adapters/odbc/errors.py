"""SQLSTATE to the adapter errors. Driver texts stay here: they hold values, names and hosts."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping

from adapters.contract import JsonValue
from adapters.errors import (
    AdapterError,
    AuthenticationFailed,
    Blame,
    ConnectFailed,
    ConnectionLost,
    ConnectTimeout,
    OutcomeUnknown,
    PeerRejected,
    PermissionDenied,
    ProtocolViolation,
    ReadTimeout,
    Throttled,
)
from adapters.odbc import wire

RETRY_AFTER_S = 1.0

_TRANSIENT = ("53", "25006")
"""No resources; a standby that is about to take over. Nothing was done, and later it may be."""

_CONSTRAINT = re.compile(r'(?:constraint|index) "([^"]{1,128})"')
_SQLITE_COLUMNS = re.compile(r"constraint failed: ([\w.]{1,128}(?:, [\w.]{1,128}){0,15})")
_COLUMN = re.compile(r'column "([^"]{1,128})"')
_BAD_LOGIN = re.compile(
    r"password authentication failed|no password supplied|no pg_hba\.conf entry"
    r"|role \"[^\"]*\" does not exist|Access denied for user|Login failed"
    r"|not permitted to log in|authentication failed",
    re.IGNORECASE,
)

# What the rejection means, for the caller; longest prefix first. The database's own words are not passed on.
_REJECTIONS: tuple[tuple[str, Blame, str], ...] = (
    ("23502", Blame.CALLER, "a column that must not be null has no value"),
    ("23503", Blame.CONFLICT, "a foreign key refers to a row that does not exist"),
    ("23505", Blame.CONFLICT, "a row with this key exists already"),
    ("23514", Blame.CALLER, "a check constraint refuses the row"),
    ("23P01", Blame.CONFLICT, "an exclusion constraint refuses the row"),
    ("23", Blame.CONFLICT, "an integrity constraint refuses the row"),
    ("22001", Blame.CALLER, "a text is too long for its column"),
    ("22003", Blame.CALLER, "a number is out of its column's range"),
    ("22007", Blame.CALLER, "a date or time is not spelled as one"),
    ("22008", Blame.CALLER, "a date or time is out of range"),
    ("22018", Blame.CALLER, "a value is not of its column's type"),
    ("22P02", Blame.CALLER, "a value is not of its column's type"),
    ("22", Blame.CALLER, "a value does not fit its column"),
    ("25006", Blame.PEER, "the database is read-only"),
    ("42S02", Blame.PEER, "the table is no longer there"),
    ("42P01", Blame.PEER, "the table is no longer there"),
    ("42S22", Blame.PEER, "a column is no longer there"),
    ("42703", Blame.PEER, "a column is no longer there"),
    ("XX001", Blame.PEER, "the database's file is damaged or holds no database"),
    ("44000", Blame.CALLER, "the row would not be visible through the view"),
    ("53", Blame.PEER, "the database is out of resources"),
    ("57014", Blame.PEER, "the database ended the statement at its own time limit"),
    ("P0001", Blame.CALLER, "a trigger refuses the row"),
)


def translate(
    failed: wire.Failed, sqlstate: str, *, system: str, write: bool, rolls_back: bool = False
) -> AdapterError:
    """What a failure that the driver reported means. `sqlstate` is the dialect's reading of it; `rolls_back`:
    a connection that ends before COMMIT is sent leaves nothing behind."""
    if failed.phase == "value":
        return ProtocolViolation(f"{system}: {failed.message}")
    if write and rolls_back and failed.phase == "execute" and sqlstate.startswith(("08", "57P")):
        message = f"{system}: the connection ended before COMMIT was sent, so nothing was done ({sqlstate})"
        if sqlstate.startswith("57P"):  # the server's own word
            return PeerRejected(message, code=sqlstate, blame=Blame.PEER, transient=True)
        return ConnectFailed(message)
    for prefix, make in _BY_STATE:
        if sqlstate.startswith(prefix):
            return make(f"{system}: the database", sqlstate, write)
    return _rejected(failed, sqlstate, system)


def connecting(
    failed: wire.Failed, sqlstate: str, *, system: str, keywords: Mapping[str, str], cause: str
) -> AdapterError:
    """Why there is no connection. `keywords`: of the connection string; `cause`: what the dialect sees of the
    reason, or ""."""
    if sqlstate.startswith("28") or _BAD_LOGIN.search(failed.message):
        return AuthenticationFailed(f"{system}: the database refuses the credentials")
    if sqlstate in ("HYT00", "HYT01"):
        return ConnectTimeout(f"{system}: the database did not accept the connection in time")
    if sqlstate == "42501":
        return PermissionDenied(f"{system}: the database does not allow the connection")
    reason = cause or _NO_DRIVER.get(sqlstate, "the database does not accept connections").format(
        driver=json.dumps(keywords.get("driver", ""), ensure_ascii=False),
        dsn=json.dumps(keywords.get("dsn", ""), ensure_ascii=False),
    )
    return ConnectFailed(f"{system}: {reason} ({failed.sqlstate})")


_NO_DRIVER = {
    "IM002": "the data source {dsn} is not configured; `odbcinst -q -s` lists those that are",
    "IM003": "the driver {driver} cannot be loaded; `odbcinst -q -d` lists those that are installed",
    "01000": "the driver {driver} cannot be loaded; `odbcinst -q -d` lists those that are installed",
}


def _lost(subject: str, state: str, write: bool) -> AdapterError:
    message = f"{subject} closed the connection ({state})"
    return OutcomeUnknown(message) if write else ConnectionLost(message)


def _late(subject: str, state: str, write: bool) -> AdapterError:
    message = f"{subject} did not answer in time ({state})"
    return OutcomeUnknown(message) if write else ReadTimeout(message)


def _cancelled(subject: str, state: str, write: bool) -> AdapterError:
    message = f"{subject} ended the statement at its own time limit ({state})"
    if write:  # the transaction was rolled back, so nothing happened
        return PeerRejected(message, code=state, blame=Blame.PEER, transient=True)
    return ReadTimeout(message)


def _busy(subject: str, state: str, write: bool) -> AdapterError:
    return Throttled(f"{subject} is busy and did nothing; try again ({state})", RETRY_AFTER_S)


def _refused(subject: str, state: str, write: bool) -> AdapterError:
    return PermissionDenied(f"{subject} does not allow this to the gateway's user ({state})")


_BY_STATE: tuple[tuple[str, Callable[[str, str, bool], AdapterError]], ...] = (
    ("08", _lost),
    ("57P", _lost),
    ("HYT", _late),
    ("57014", _cancelled),
    ("40003", _lost),
    ("40", _busy),
    ("55P03", _busy),
    ("53300", _busy),
    ("42501", _refused),
    ("28", _refused),
)


def _rejected(failed: wire.Failed, sqlstate: str, system: str) -> PeerRejected:
    blame, meaning = next(
        ((blame, text) for prefix, blame, text in _REJECTIONS if sqlstate.startswith(prefix)),
        (Blame.PEER, "the database refused the statement"),
    )
    named = (
        _CONSTRAINT.search(failed.message)
        or _SQLITE_COLUMNS.search(failed.message)
        or _COLUMN.search(failed.message)
    )
    detail = f": {named[1]}" if named and sqlstate.startswith("23") else ""
    place = "" if failed.row is None else f"row {failed.row + 1}: "
    extra: dict[str, JsonValue] = {} if failed.row is None else {"row": failed.row}
    if failed.sqlstate != sqlstate:
        extra["reported_code"] = failed.sqlstate
    return PeerRejected(
        f"{system}: {place}{meaning}{detail} ({sqlstate})",
        code=sqlstate,
        blame=blame,
        extra=extra,
        transient=sqlstate.startswith(_TRANSIENT),
    )
