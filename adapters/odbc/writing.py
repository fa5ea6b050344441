"""A write inside its transaction, on the worker's side: its mark, its rows, and which row is at fault."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

import msgspec
import pyodbc

from adapters.odbc import wire
from adapters.odbc.encoding import rows_encoder, texts_to_lines

ROWS_AT_ONCE = 50
_LOST = "08S01"
_LOST_WORDS = (
    "connection has been lost",
    "server closed the connection",
    "terminating connection",
    "internal SAVEPOINT failed",
)
MAX_PARAMETERS = 900
"""Of one statement; SQLite before 3.32 took 999. More rows at once are not faster."""


class DoneBefore(Exception):
    """The mark of a write is there already."""


class RowFailed(Exception):
    """A driver error of a write, with the index of the row that caused it, where that is known."""

    def __init__(self, row: int | None, cause: pyodbc.Error, phase: str = "execute") -> None:
        super().__init__(str(cause))
        self.row = row
        self.cause = cause
        self.phase = phase


class Writing:
    """One write on one connection. `execute` runs a statement that stays prepared; `rolled_back` gives the
    transaction up and says whether that is sure."""

    def __init__(
        self, connection: Any, execute: Callable[[str, wire.Params], Any], rolled_back: Callable[[], bool]
    ) -> None:
        self._connection = connection
        self._execute = execute
        self._rolled_back = rolled_back

    def carry_out(self, message: wire.Write) -> list[bytes]:
        """All but the COMMIT; the lines of the stored rows. Raises: DoneBefore, RowFailed, pyodbc.Error."""
        lines: list[bytes] = []
        done = 0
        if message.mark is not None:
            self._mark(message.mark)
        for statement in message.statements:
            if statement.joined:
                lines += self._joined(statement, done)
            elif statement.further:
                self._several(statement, done)
            else:
                lines += self._one_by_one(statement, done)
            done += len(statement.rows)
        return lines

    def _mark(self, mark: wire.Mark) -> None:
        """Store the mark, waiting for whoever is storing the same. Raises: DoneBefore."""
        try:
            self._execute(mark.insert, mark.insert_params)
        except pyodbc.Error as error:
            # Looked for whatever the error is: SQLite's driver has one SQLSTATE for all.
            if not self._rolled_back():
                raise pyodbc.OperationalError(
                    _LOST, "the connection ended before the mark was found"
                ) from error
            if self._is_there(mark):
                raise DoneBefore from None
            raise error

    def _is_there(self, mark: wire.Mark) -> bool:
        """Whether a write was done before. Raises: pyodbc.Error: without an answer nobody knows."""
        cursor = self._execute(mark.find, mark.find_params)
        found = cursor.fetchall()
        cursor.nextset()
        return bool(found)

    def _several(self, statement: wire.Statement, first: int) -> None:
        """Insert rows a few at a time."""
        size = max(1, min(ROWS_AT_ONCE, MAX_PARAMETERS // max(1, len(statement.rows[0]))))
        for at in range(0, len(statement.rows), size):
            rows = statement.rows[at : at + size]
            sql = statement.sql + statement.further * (len(rows) - 1)
            try:
                self._execute(sql, tuple(value for row in rows for value in row))
            except pyodbc.Error as error:
                found = self._refused(statement, at + size) if len(rows) > 1 else at
                raise RowFailed(None if found is None else first + found, error) from error

    def _refused(self, statement: wire.Statement, end: int) -> int | None:
        """Which of the rows before `end` is at fault: the transaction is given up, and they are tried one by
        one in another that is rolled back."""
        with contextlib.suppress(pyodbc.Error):
            self._connection.rollback()
            for index, params in enumerate(statement.rows[:end]):
                try:
                    self._execute(statement.sql, params)
                except pyodbc.Error:
                    return index
        return None

    def _one_by_one(self, statement: wire.Statement, first: int) -> list[bytes]:
        encode = texts_to_lines if statement.names is None else rows_encoder(statement.names)
        lines = []
        for index, params in enumerate(statement.rows):
            try:
                cursor = self._execute(statement.sql, params)
                if statement.then:
                    cursor = self._execute(statement.then, statement.then_params[index])
                if statement.then or statement.returning:
                    lines.append(encode(cursor.fetchall(), first + index))
                    cursor.nextset()
            except pyodbc.Error as error:
                raise RowFailed(first + index, error) from error
        return lines

    def _joined(self, statement: wire.Statement, first: int) -> list[bytes]:
        try:
            cursor = self._execute(statement.sql, (_array(statement.rows),))
            lines = [texts_to_lines(cursor.fetchall(), first)] if statement.returning else []
            cursor.nextset()
        except pyodbc.Error as error:
            raise RowFailed(self._culprit(statement, error, first), error) from error
        return lines

    def _culprit(self, statement: wire.Statement, error: pyodbc.Error, first: int) -> int | None:
        """Which row of a refused batch is at fault: found by inserting them one by one and rolling back."""
        if len(statement.rows) == 1:
            return first
        if not sqlstate_of(error).startswith(("22", "23")):
            return None
        arrays = tuple((_array((row,)),) for row in statement.rows)
        found = self._refused(msgspec.structs.replace(statement, rows=arrays), len(arrays))
        return None if found is None else first + found


def sqlstate_of(error: pyodbc.Error) -> str:
    """The SQLSTATE of a driver's error; "" where it has none."""
    state = str(error.args[0]) if error.args else ""
    # psqlodbc 13.02 has these words where it notices while it sends parameters; a rollback then seems done.
    return _LOST if state == "HY000" and any(words in str(error) for words in _LOST_WORDS) else state


def _array(rows: tuple[tuple[wire.Param, ...], ...]) -> str:
    return "[" + ",".join([str(row[0]) for row in rows]) + "]"
