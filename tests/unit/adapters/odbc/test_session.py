"""The worker's side at a connection that breaks at moments that no real server can be made to choose."""

from __future__ import annotations

from typing import Any

import pyodbc
import pytest

from adapters.odbc import wire
from adapters.odbc.session import Session


class Answers:
    """Keeps what is sent; asks for the next block whenever it is asked."""

    def __init__(self) -> None:
        self.sent: list[Any] = []

    def receive(self) -> wire.ToWorker:
        return wire.Next()

    def send(self, message: wire.ToGateway) -> None:
        self.sent.append(message)

    def send_block(self, kind: int, block: bytes) -> None:
        self.sent.append((kind, block))


class Breaking:
    """A connection with one row, whose `breaks_at` fails once."""

    def __init__(self, breaks_at: str) -> None:
        self._breaks_at = breaks_at
        self._autocommit = True
        self._rows = [[('{"id":1}',)], []]
        self.noscan = False

    def _step(self, name: str) -> None:
        if name == self._breaks_at:
            self._breaks_at = ""
            raise pyodbc.OperationalError("08S01", "gone")

    @property
    def autocommit(self) -> bool:
        return self._autocommit

    @autocommit.setter
    def autocommit(self, value: bool) -> None:
        if value:
            self._step("autocommit")
        self._autocommit = value

    def cursor(self) -> Breaking:
        return self

    def execute(self, _sql: str, *_params: object) -> Breaking:
        return self

    def fetchall(self) -> list[tuple[str]]:
        return self._rows.pop(0) if self._rows else []

    def nextset(self) -> None:
        self._step("nextset")

    def rollback(self) -> None:
        self._step("rollback")

    def commit(self) -> None:
        self._step("commit")


def session_at(breaks_at: str) -> tuple[Session, Answers]:
    answers = Answers()
    session = Session(answers)
    session._connection = Breaking(breaks_at)
    return session, answers


QUERY = wire.Query("DECLARE c CURSOR FOR x", fetch="FETCH {rows} FROM c")


@pytest.mark.parametrize("moment", ["nextset", "rollback", "autocommit"])
def test_a_read_has_one_ending_wherever_the_connection_breaks(moment: str) -> None:
    session, answers = session_at(moment)
    session.answer(QUERY)
    (answer,) = answers.sent
    assert isinstance(answer, wire.Failed)
    assert not answer.usable


def test_a_read_that_ends_well_has_one_ending() -> None:
    session, answers = session_at("")
    session.answer(QUERY)
    assert answers.sent == [(wire.LAST, b'{"id":1}\n')]


WRITE = wire.Write((wire.Statement("INSERT INTO t VALUES (?)", ((1,),)),))


def test_a_write_that_is_not_committed_has_failed() -> None:
    session, answers = session_at("commit")
    session.answer(WRITE)
    (answer,) = answers.sent
    assert isinstance(answer, wire.Failed)
    assert answer.phase == "commit"


def test_a_write_that_is_committed_is_done_whatever_breaks_then() -> None:
    session, answers = session_at("autocommit")
    with pytest.raises(pyodbc.OperationalError):  # ends the process
        session.answer(WRITE)
    assert answers.sent == [(wire.LAST, b"")]
