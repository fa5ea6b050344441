"""What the gateway and its driver processes say to each other.

Both ends import this module, so it needs nothing beyond msgspec. A frame is one byte for its kind, four bytes
big-endian for the length of the payload, and the payload.

The dialogue: the gateway sends one message; the worker answers with one frame. Only `MORE` is followed by
further frames: the gateway then sends `Next` or `Stop` for each, so that the worker never runs ahead of the
reader by more than the block asked for. `Stop` is answered by an empty `LAST`.
"""

from __future__ import annotations

import struct
from typing import Any, TypeAlias

import msgspec

MESSAGE = 1
"""Payload: one msgpack message."""
MORE = 2
"""Payload: a block of NDJSON; the worker waits for `Next` or `Stop`."""
LAST = 3
"""Payload: the last block of NDJSON, which may be empty; the worker is ready for the next request."""
REPEATED = 4
"""No payload: the mark of the write was there already, so nothing was done; ready for the next request."""

HEADER = struct.Struct(">BI")

BLOCK_BYTES = 2**20
"""Where blocks are cut: a block holds rows of this many bytes together, or a single row."""

MAX_ROW_BYTES = 64 * 2**20
"""The largest row, as JSON, that is carried."""

MAX_PAYLOAD_BYTES = MAX_ROW_BYTES + BLOCK_BYTES
"""No worker sends a larger payload; the gateway takes none."""

Param: TypeAlias = None | bool | int | float | str | bytes
"""A bound parameter, in the Python type that its driver is to be given."""

Params: TypeAlias = tuple[Any, ...]
"""Bound parameters, each a `Param`; msgspec cannot decode a union that has both texts and bytes."""


class Connect(msgspec.Struct, tag="connect", frozen=True):
    """Open the connection, replacing the one there is. Answered by `Connected` or `Failed`.

    `setup`: statements that put the session into the state the dialect counts on. `utf8_results`: fetch texts
    as UTF-8 instead of UTF-16. Units: seconds; 0 is none.
    """

    connection: str
    login_timeout_s: int = 0
    query_timeout_s: int = 0
    setup: tuple[str, ...] = ()
    utf8_results: bool = False


class Query(msgspec.Struct, tag="query", frozen=True):
    """Read rows. Answered by blocks or `Failed`.

    `names`: None when the only column of each row is the row's JSON text already; else the member names of
    the row's columns, which the worker encodes. `fetch`: the statement that fetches the next block from a
    server-side cursor that `sql` declares; "" reads the result of `sql` itself; `{rows}` in it stands for the
    number of rows. A row of more than `max_row_bytes` is a failure. `skip` and `take` cut the result where
    the dialect has no LIMIT (`take` < 0: all rows).
    """

    sql: str
    params: Params = ()
    names: tuple[str, ...] | None = None
    fetch: str = ""
    block_rows: int = 500
    block_bytes: int = 262_144
    skip: int = 0
    take: int = -1
    max_row_bytes: int = MAX_ROW_BYTES


class Statement(msgspec.Struct, frozen=True):
    """One statement that changes rows, and the parameters of each time that it is carried out.

    `joined`: each row is one JSON text, and all are handed over at once as one JSON array. `then`: a query
    for the row as stored, run after each row with that row's `then_params`. `returning`: the statement itself
    answers with the rows stored. `names` as in `Query`. `further`: what is appended to `sql` for each further
    row where the database takes several at once.
    """

    sql: str
    rows: tuple[Params, ...]
    joined: bool = False
    returning: bool = False
    then: str = ""
    then_params: tuple[Params, ...] = ()
    names: tuple[str, ...] | None = None
    further: str = ""


class Mark(msgspec.Struct, frozen=True):
    """A row that says that a write was done, stored in the write's own transaction. `insert` fails where it
    is there already; `find` then finds it."""

    insert: str
    insert_params: Params
    find: str
    find_params: Params


class Write(msgspec.Struct, tag="write", frozen=True):
    """Change rows, all or none, in one transaction. Answered by `LAST` with the rows stored, `REPEATED`, or
    `Failed`."""

    statements: tuple[Statement, ...]
    mark: Mark | None = None


class Describe(msgspec.Struct, tag="describe", frozen=True):
    """List tables and columns by the ODBC catalogue functions. Answered by blocks, one line per table."""

    catalog: str | None = None
    schema: str | None = None


class Ping(msgspec.Struct, tag="ping", frozen=True):
    """Run a trivial query. Answered by an empty `LAST` or `Failed`."""

    sql: str


class Next(msgspec.Struct, tag="next", frozen=True):
    """Send the next block."""


class Stop(msgspec.Struct, tag="stop", frozen=True):
    """Give up the rest of the rows."""


ToWorker: TypeAlias = Connect | Query | Write | Describe | Ping | Next | Stop


class Connected(msgspec.Struct, tag="connected", frozen=True):
    """What the driver says about itself and its database."""

    driver: str
    database: str
    version: str
    quote: str


class Failed(msgspec.Struct, tag="failed", frozen=True):
    """The request failed. `phase`: connect, execute, value, size, commit. `row`: 0-based, of a write's or a
    read's rows where known. `usable`: the connection is in a known, clean state."""

    sqlstate: str
    message: str
    phase: str
    usable: bool
    row: int | None = None


ToGateway: TypeAlias = Connected | Failed

_ENCODER = msgspec.msgpack.Encoder()
to_worker = msgspec.msgpack.Decoder(ToWorker)
to_gateway = msgspec.msgpack.Decoder(ToGateway)


def frame(message: ToWorker | ToGateway) -> bytes:
    """One message as a frame."""
    payload = _ENCODER.encode(message)
    return HEADER.pack(MESSAGE, len(payload)) + payload
