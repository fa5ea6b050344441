"""The worker's side of one database connection: runs what `wire` describes and encodes what comes back."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Generator, Sequence
from typing import Any, Protocol, TypeAlias

import msgspec
import pyodbc

from adapters.odbc import describing, wire
from adapters.odbc.encoding import Unusable, rows_encoder, texts_to_lines
from adapters.odbc.writing import DoneBefore, RowFailed, Writing, sqlstate_of

MAX_PREPARED = 64
FIRST_BLOCK_ROWS = 100
STEP_ROWS = 16
"""Rows taken from the driver at a time: a block's size is looked at in between, since the next row may be a
thousand times as long as the last."""
MAX_GROWTH = 4
"""How many times as many rows are fetched from a server-side cursor as at the time before, at most."""

_LOST = ("08", "57P")
_TOO_MUCH = "what is read at once takes more memory than a driver's process may have"
_UNREADABLE = (Unusable, ValueError, ArithmeticError)
"""What reading a row raises beside the driver's errors: SQLite holds whatever bytes were stored as text, and
pyodbc makes Python dates and decimals of values that are none."""


Encode: TypeAlias = Callable[[Sequence[Any], int], bytes]
"""Rows, and the index of the first, as NDJSON."""


class Sink(Protocol):
    """Where answers go."""

    def receive(self) -> wire.ToWorker | None: ...
    def send(self, message: wire.ToGateway) -> None: ...
    def send_block(self, kind: int, block: bytes) -> None: ...


class _RowTooLarge(Exception):
    """A row that is longer than is carried."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"a row is larger than {limit} bytes")


class Session:
    """One connection. Called by one thread, but for `cancel`."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._connection: Any = None
        self._prepared: dict[str, tuple[Any, str]] = {}
        self._running: Any = None

    def answer(self, message: wire.ToWorker) -> None:
        """Carry out one request and send its answer."""
        match message:
            case wire.Query():
                self._guarded(lambda: self._query(message), "execute")
            case wire.Write():
                self._write(message)
            case wire.Ping():
                self._guarded(lambda: self._ping(message.sql), "execute")
            case wire.Connect():
                self._guarded(lambda: self._connect(message), "connect")
            case wire.Describe():
                self._guarded(lambda: self._describe(message), "execute")
            case wire.Next() | wire.Stop():
                self._sink.send_block(wire.LAST, b"")

    def cancel(self) -> None:
        """Ask the driver to stop what runs; from another thread. The session is not used afterwards."""
        running = self._running
        if running is not None:
            with contextlib.suppress(pyodbc.Error):
                running.cancel()

    def close(self) -> None:
        """Close the connection politely."""
        connection, self._connection = self._connection, None
        self._prepared.clear()
        if connection is not None:
            with contextlib.suppress(pyodbc.Error):
                connection.close()

    # --- one request each -------------------------------------------------------------------------------

    def _connect(self, message: wire.Connect) -> None:
        self.close()
        # The driver manager's own pooling would hand back connections that look open and are dead.
        pyodbc.pooling = False
        self._connection = pyodbc.connect(
            message.connection, autocommit=True, timeout=message.login_timeout_s, readonly=False
        )
        if message.query_timeout_s:
            # Not all drivers know it (psqlodbc does not); the gateway's own watch does not rely on it.
            with contextlib.suppress(pyodbc.Error):
                self._connection.timeout = message.query_timeout_s
        if message.utf8_results:
            for sql_type in (pyodbc.SQL_CHAR, pyodbc.SQL_WCHAR):
                self._connection.setdecoding(sql_type, encoding="utf-8", ctype=pyodbc.SQL_CHAR)
        for statement in message.setup:
            with contextlib.closing(self._connection.cursor()) as cursor:
                cursor.execute(statement)
        info = self._connection.getinfo
        self._sink.send(
            wire.Connected(
                driver=str(info(pyodbc.SQL_DRIVER_NAME)),
                database=str(info(pyodbc.SQL_DBMS_NAME)),
                version=str(info(pyodbc.SQL_DBMS_VER)),
                quote=str(info(pyodbc.SQL_IDENTIFIER_QUOTE_CHAR)).strip(),
            )
        )

    def _ping(self, sql: str) -> None:
        cursor = self._execute(sql, ())
        cursor.fetchall()
        cursor.nextset()
        self._sink.send_block(wire.LAST, b"")

    def _describe(self, message: wire.Describe) -> None:
        lines = [
            msgspec.json.encode(table)
            for table in describing.tables(self._connection, message.catalog, message.schema)
        ]
        self._sink.send_block(wire.LAST, self._hand_over(_cut(b"".join(line + b"\n" for line in lines))))

    def _query(self, message: wire.Query) -> None:
        if message.fetch:
            self._connection.autocommit = False
            try:
                block = self._stream(message)
            finally:
                self._connection.rollback()
                self._connection.autocommit = True
        else:
            block = self._stream(message)
        self._running = None
        # Only now: after `LAST` the gateway gives the connection to another call, and what failed here then
        # would be taken for that call's answer.
        self._sink.send_block(wire.LAST, block)

    def _stream(self, message: wire.Query) -> bytes:
        return self._hand_over(self._blocks(message))

    def _hand_over(self, blocks: Generator[bytes, None, None]) -> bytes:
        """Send blocks one ahead of what the gateway asked for; the last one is returned, to be marked so."""
        with contextlib.closing(blocks):
            block = next(blocks, b"")
            for following in blocks:
                self._sink.send_block(wire.MORE, block)
                if not isinstance(self._sink.receive(), wire.Next):
                    return b""
                block = following
        return block

    def _blocks(self, message: wire.Query) -> Generator[bytes, None, None]:
        cursor = self._execute(message.sql, message.params)
        encode = texts_to_lines if message.names is None else rows_encoder(message.names)
        if message.skip:
            cursor.skip(message.skip)
        left = message.take
        done = 0
        wanted = min(FIRST_BLOCK_ROWS if message.fetch else message.block_rows, message.block_rows)
        try:
            while left:
                count = wanted if left < 0 else min(wanted, left)
                parts, rows, ended = self._block(cursor, message, encode, done, count)
                done += rows
                left -= rows if left > 0 else 0
                block = b"".join(parts)
                wanted = _next_count(rows, len(block), message)
                if rows:
                    yield from _cut(block, message.max_row_bytes)
                if ended:
                    break
        finally:
            cursor.nextset()  # closes the result and keeps the statement prepared

    def _block(
        self, cursor: Any, message: wire.Query, encode: Encode, done: int, wanted: int
    ) -> tuple[list[bytes], int, bool]:
        """The parts of a block of `wanted` rows, fewer when they are long; how many rows they are; and
        whether the result has ended."""
        parts: list[bytes] = []
        rows = size = 0
        # A server-side cursor costs a round trip for each step; `wanted` goes by the size of the last block.
        step = wanted if message.fetch and done else min(STEP_ROWS, wanted)
        while rows < wanted and size < message.block_bytes:
            step = min(step, wanted - rows)
            found = self._fetch(cursor, message.fetch, step)
            part = encode(found, done + rows)
            parts.append(part)
            rows += len(found)
            size += len(part)
            if len(found) < step:
                return parts, rows, True
            fitting = max(1, (message.block_bytes - size) * step // max(1, len(part)))
            step = min(fitting, step * MAX_GROWTH if message.fetch else STEP_ROWS)
        return parts, rows, False

    def _fetch(self, cursor: Any, statement: str, count: int) -> list[Any]:
        if not statement:
            rows: list[Any] = cursor.fetchmany(count)
            return rows
        fetching = self._execute(statement.replace("{rows}", str(count)), ())
        rows = fetching.fetchall()
        fetching.nextset()
        return rows

    # --- writing ----------------------------------------------------------------------------------------

    def _write(self, message: wire.Write) -> None:
        try:
            self._connection.autocommit = False
            lines = self._in_transaction(message)
        except DoneBefore:
            self._sink.send_block(wire.REPEATED, b"")
        except RowFailed as failure:
            # Of one row alone there is nothing to tell apart, and its sender may count it otherwise.
            several = sum(len(statement.rows) for statement in message.statements) > 1
            self._fail(failure.cause, failure.phase, failure.row if several else None)
        except pyodbc.Error as error:
            self._fail(error, "execute")
        except _UNREADABLE as error:
            self._fail_value(error)
        else:
            try:
                self._sink.send_block(wire.LAST, self._hand_over(_cut(b"".join(lines))))
            except _RowTooLarge as error:
                self._sink.send(wire.Failed("", str(error), "size", usable=False))
            # The rows are stored whatever comes of this: a failure ends the process and is nobody's answer.
            self._connection.autocommit = True

    def _in_transaction(self, message: wire.Write) -> list[bytes]:
        writing = Writing(self._connection, self._execute, self._rolled_back)
        lines = writing.carry_out(message)
        try:
            self._connection.commit()
        except pyodbc.Error as error:
            raise RowFailed(None, error, "commit") from error
        self._running = None
        return lines

    # --- the driver -------------------------------------------------------------------------------------

    def _execute(self, sql: str, params: tuple[wire.Param, ...]) -> Any:
        """Run one statement on the cursor that has it prepared."""
        known = self._prepared.get(sql)
        if known is None:
            if len(self._prepared) >= MAX_PREPARED:
                self._prepared.pop(next(iter(self._prepared)))[0].close()
            cursor = self._connection.cursor()
            # No ODBC escapes: braces in names are names. Not all drivers know the attribute.
            with contextlib.suppress(pyodbc.Error):
                cursor.noscan = True
            known = self._prepared[sql] = (cursor, sql)
        # pyodbc prepares again unless it is given the very same object, not only an equal text.
        cursor, sql = known
        self._running = cursor
        try:
            return cursor.execute(sql, params) if params else cursor.execute(sql)
        except pyodbc.Error:
            self._prepared.pop(sql, None)
            raise

    def _guarded(self, act: Callable[[], None], phase: str) -> None:
        try:
            act()
        except pyodbc.Error as error:
            self._fail(error, phase)
        except _UNREADABLE as error:
            self._fail_value(error)
        except _RowTooLarge as error:
            self._sink.send(wire.Failed("", str(error), "size", self._rolled_back()))
        except MemoryError:
            # The driver may not have come through it whole.
            self._sink.send(wire.Failed("", _TOO_MUCH, "size", usable=False))
        finally:
            self._running = None

    def _fail(self, error: pyodbc.Error, phase: str, row: int | None = None) -> None:
        sqlstate = sqlstate_of(error)
        usable = not sqlstate.startswith(_LOST) and phase != "connect" and self._rolled_back()
        text = str(error.args[1]) if len(error.args) > 1 else str(error)
        self._sink.send(wire.Failed(sqlstate, text, phase, usable, row))

    def _fail_value(self, error: Exception) -> None:
        """Tell of a value that is there and cannot be carried. What Python says of it may quote it."""
        text, row = "a value is not what its column's type says, such as a text that is no UTF-8", None
        if isinstance(error, Unusable):
            text, row = str(error), error.row
        self._sink.send(wire.Failed("", text, "value", self._rolled_back(), row))

    def _rolled_back(self) -> bool:
        """Leave no transaction and no half-read result behind. False when that cannot be made sure."""
        try:
            self._prepared.clear()
            self._running = None
            self._connection.rollback()
            self._connection.autocommit = True
        except pyodbc.Error:
            return False
        return True


def _next_count(rows: int, size: int, message: wire.Query) -> int:
    """How many rows make a block of about the wanted size, judged by the last block."""
    return max(1, min(message.block_rows, message.block_bytes * rows // max(1, size)))


def _cut(block: bytes, max_row_bytes: int = wire.MAX_ROW_BYTES) -> Generator[bytes, None, None]:
    """A block of NDJSON cut between rows into blocks of `wire.BLOCK_BYTES`, or of one longer row.

    Raises: _RowTooLarge.
    """
    if len(block) <= min(wire.BLOCK_BYTES, max_row_bytes):
        yield block
        return
    start = 0
    while start < len(block):
        end = block.rfind(b"\n", start, start + wire.BLOCK_BYTES) + 1
        end = end or block.index(b"\n", start) + 1
        piece = block[start:end]
        if len(piece) > max_row_bytes and max(map(len, piece.splitlines())) > max_row_bytes:
            raise _RowTooLarge(max_row_bytes)
        yield piece
        start = end
