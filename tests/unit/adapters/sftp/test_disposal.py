"""Moving a file away while somebody replaces it, the connection breaks, or the server has ways of its own."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from adapters.contract import Deadline
from adapters.errors import AdapterError, OutcomeUnknown, PeerRejected
from adapters.sftp.disposal import Disposal, Disposed, dispose
from adapters.sftp.look import Marker, Version
from adapters.sftp.translate import Phase, Progress, translate_errors
from adapters.sftp.wire import Wire
from tests.peers.sshd import Sshd
from tests.unit.adapters.sftp.conftest import names_in, opened, settings_for

OLD, NEW = b"stored", b"not read yet"
THEN = 1_700_000_000


@pytest.fixture
def inbox(folder: Path) -> Path:
    """A folder with a file that was stored, and its marker."""
    offer(folder)
    return folder


def offer(folder: Path) -> None:
    for name, data in (("a.stm", OLD), ("a.stm.done", b"")):
        (folder / name).write_bytes(data)
        os.utime(folder / name, (THEN, THEN))


def task(folder: Path | None, **changes: Any) -> Disposal:
    values: dict[str, Any] = {
        "name": "a.stm",
        "version": Version(len(OLD), THEN),
        "sha256": hashlib.sha256(OLD).hexdigest(),
        "folder": None if folder is None else str(folder),
        "marker": Marker("a.stm.done", Version(0, THEN)),
        "marker_along": False,
    }
    return Disposal(**{**values, **changes})


async def disposed(server: Sshd, inbox: Path, task: Disposal) -> Disposed:
    progress = Progress(Phase.READ, "moving")
    deadline = Deadline.after(20)
    async with opened(settings_for(server, inbox)) as adapter, adapter._pool.lease(deadline) as session:
        with translate_errors(progress):
            return await adapter._pool.run(
                session, deadline, lambda wire: dispose(wire, str(inbox), task, progress)
            )


@contextmanager
def at_rename(
    monkeypatch: pytest.MonkeyPatch, before: Callable[[], object], after: Callable[[], object]
) -> Iterator[None]:
    """Do something at the server right before and after the first rename."""
    send, ok = Wire.send_rename, Wire.ok
    numbers: list[int] = []

    def sending(self: Wire, old: bytes, new: bytes, *, replace: bool) -> int:
        if not numbers:
            before()
        numbers.append(send(self, old, new, replace=replace))
        return numbers[-1]

    def answered(self: Wire, number: int) -> None:
        ok(self, number)
        if numbers and number == numbers[0]:
            after()

    with monkeypatch.context() as patch:
        patch.setattr(Wire, "send_rename", sending)
        patch.setattr(Wire, "ok", answered)
        yield


def nothing() -> None:
    """Nothing."""


async def test_a_folder_that_cannot_be_made_is_named(server: Sshd, inbox: Path) -> None:
    folder = inbox / "no" / "done"
    with pytest.raises(PeerRejected, match=f"^moving: making folder {folder}: .* SSH_FX_NO_SUCH_FILE$"):
        await disposed(server, inbox, task(folder))
    assert "a.stm" in names_in(inbox)


@pytest.mark.parametrize("to", ["archive", "nowhere"])
async def test_a_file_replaced_at_the_last_moment_is_put_back(
    server: Sshd, inbox: Path, monkeypatch: pytest.MonkeyPatch, to: str
) -> None:
    target = inbox / "done" if to == "archive" else None
    with at_rename(monkeypatch, lambda: (inbox / "a.stm").write_bytes(NEW), nothing):
        assert await disposed(server, inbox, task(target)) is Disposed.REPLACED
    assert (inbox / "a.stm").read_bytes() == NEW
    assert "a.stm.done" in names_in(inbox), "the marker is that of the new file"
    assert not any(name.endswith(".taken") for name in names_in(inbox))


async def test_of_two_replacements_in_a_row_the_first_is_kept_and_named(
    server: Sshd, inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def replace() -> None:
        (inbox / "a.stm").write_bytes(NEW)

    (inbox / "done").mkdir()
    with (
        at_rename(monkeypatch, replace, lambda: (inbox / "a.stm").write_bytes(b"newest")),
        pytest.raises(PeerRejected, match=r"is left as .*/done/a\.stm"),
    ):
        await disposed(server, inbox, task(inbox / "done"))
    assert (inbox / "done" / "a.stm").read_bytes() == NEW
    assert (inbox / "a.stm").read_bytes() == b"newest"


@pytest.mark.parametrize("change", ["content", "time"])
async def test_a_file_that_was_replaced_before_is_left(server: Sshd, inbox: Path, change: str) -> None:
    if change == "content":
        (inbox / "a.stm").write_bytes(NEW)
    os.utime(inbox / "a.stm", (THEN + 1, THEN + 1))
    assert await disposed(server, inbox, task(inbox / "done")) is Disposed.REPLACED
    assert names_in(inbox) == ["a.stm", "a.stm.done"]


async def test_a_file_that_is_gone_is_no_error_and_its_marker_goes(server: Sshd, inbox: Path) -> None:
    (inbox / "a.stm").unlink()
    assert await disposed(server, inbox, task(inbox / "done")) is Disposed.GONE
    assert names_in(inbox) == []


async def test_a_marker_that_was_written_anew_stays(
    server: Sshd, inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (inbox / "done").mkdir()
    with at_rename(monkeypatch, nothing, lambda: os.utime(inbox / "a.stm.done")):
        assert await disposed(server, inbox, task(inbox / "done")) is Disposed.MOVED
    assert names_in(inbox) == ["a.stm.done", "done"]


@pytest.mark.parametrize("same", [True, False], ids=["same content", "other content"])
async def test_a_server_that_gives_moved_files_another_time(
    server: Sshd, inbox: Path, monkeypatch: pytest.MonkeyPatch, same: bool
) -> None:
    """One in front of an object store copies to rename: only the content tells."""

    def copied() -> None:
        target = inbox / "done" / "a.stm"
        target.write_bytes(OLD if same else b"x" * len(OLD))
        os.utime(target, (THEN + 5, THEN + 5))

    (inbox / "done").mkdir()
    with at_rename(monkeypatch, nothing, copied):
        outcome = await disposed(server, inbox, task(inbox / "done"))
    assert outcome is (Disposed.MOVED if same else Disposed.REPLACED)
    assert ("a.stm" in names_in(inbox)) is not same


@pytest.mark.parametrize("to", ["archive", "nowhere", "aside"])
async def test_every_answer_of_the_server_is_lost_once(
    server: Sshd, inbox: Path, monkeypatch: pytest.MonkeyPatch, to: str
) -> None:
    """The n-th answer never comes; done again it ends well, and nothing is there twice or lost."""
    target = None if to == "nowhere" else inbox / "done"
    what = task(target, marker_along=to == "archive", reason="why" if to == "aside" else None)
    expect = Wire._expect
    lost_at = left = 0

    def losing(self: Wire, *arguments: Any) -> Any:
        nonlocal left
        answer = expect(self, *arguments)
        left -= 1
        if left == 0:
            raise EOFError
        return answer

    while True:
        lost_at += 1
        left = lost_at + 1  # the first answer is about the server's limits
        with monkeypatch.context() as patch:
            patch.setattr(Wire, "_expect", losing)
            try:
                await disposed(server, inbox, what)
            except AdapterError as error:
                failure: AdapterError | None = error
            else:
                failure = None
        if failure is None:
            break
        await disposed(server, inbox, what)
        assert "a.stm" not in names_in(inbox)
        if target is not None:
            assert [path.read_bytes() for path in target.glob("a*.stm")] == [OLD]
            shutil.rmtree(target)
        assert names_in(inbox) == []
        offer(inbox)
    assert lost_at > 6


async def test_an_unanswered_rename_is_an_unknown_outcome(
    server: Sshd, inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lose() -> None:
        raise EOFError

    (inbox / "done").mkdir()
    with at_rename(monkeypatch, nothing, lose), pytest.raises(OutcomeUnknown):
        await disposed(server, inbox, task(inbox / "done"))
