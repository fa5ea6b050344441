"""What a driver's error means to a write, where the driver does not say it plainly."""

from __future__ import annotations

from collections import deque
from typing import Any

import pyodbc
import pytest

from adapters.odbc import wire
from adapters.odbc.writing import DoneBefore, Writing, sqlstate_of

_TAKEN = pyodbc.IntegrityError("23505", "duplicate key value")
_ENDED = pyodbc.OperationalError("08S01", "server closed the connection unexpectedly")
_PREPARING = "\n;\nError while preparing parameters (1) (SQLExecDirectW)"


@pytest.mark.parametrize(
    ("state", "text", "expected"),
    [
        ("HY000", "The connection has been lost;" + _PREPARING, "08S01"),
        ("HY000", "server closed the connection unexpectedly" + _PREPARING, "08S01"),
        ("HY000", "FATAL:  terminating connection due to administrator command" + _PREPARING, "08S01"),
        ("HY000", "internal SAVEPOINT failed (8) (SQLExecDirectW)", "08S01"),
        ("HY000", "something else", "HY000"),
        ("23505", "a value: server closed the connection", "23505"),
    ],
)
def test_a_connection_that_ended_is_known_by_its_words(state: str, text: str, expected: str) -> None:
    assert sqlstate_of(pyodbc.Error(state, f"[{state}] {text}")) == expected


def test_an_error_without_a_state() -> None:
    assert sqlstate_of(pyodbc.Error()) == ""


class _Cursor:
    def __init__(self, rows: list[tuple[int]]) -> None:
        self._rows = rows

    def fetchall(self) -> list[tuple[int]]:
        return self._rows

    def nextset(self) -> bool:
        return False


@pytest.mark.parametrize(
    ("answers", "rolled_back", "expected"),
    [
        pytest.param([_TAKEN, _Cursor([(1,)])], True, DoneBefore, id="the-mark-is-there"),
        pytest.param([_TAKEN, _Cursor([])], True, "23505", id="it-is-not"),
        pytest.param([_TAKEN, _ENDED], True, "08S01", id="the-connection-ends-before-the-answer"),
        pytest.param([_TAKEN], False, "08S01", id="the-connection-ends-before-the-question"),
    ],
)
def test_a_mark_that_is_taken(answers: list[Any], rolled_back: bool, expected: Any) -> None:
    """Without an answer nobody knows whether the write was done: that is no refusal."""
    left = deque(answers)

    def execute(sql: str, params: wire.Params) -> Any:
        answer = left.popleft()
        if isinstance(answer, Exception):
            raise answer
        return answer

    writing = Writing(None, execute, lambda: rolled_back)
    message = wire.Write((), mark=wire.Mark("INSERT", (), "SELECT", ()))
    if expected is DoneBefore:
        with pytest.raises(DoneBefore):
            writing.carry_out(message)
        return
    with pytest.raises(pyodbc.Error) as caught:
        writing.carry_out(message)
    assert sqlstate_of(caught.value) == expected
    assert not left
