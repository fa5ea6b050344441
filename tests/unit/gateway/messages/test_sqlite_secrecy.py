"""What somebody finds who reads the store's files, and what the store finds when they were changed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import apsw
import pytest

from gateway.messages import (
    Arrival,
    Began,
    Damaged,
    DeadRecord,
    Failure,
    Finished,
    Progress,
    SqliteStore,
    State,
    StoreSettings,
)
from gateway.messages.sealing import Sealer
from gateway.messages.spool import FRAME_BYTES
from tests.unit.gateway.messages.making import FLOW, VERSION, lease_one, message, put, whole

ROOMY = StoreSettings(min_free_bytes=0, reserve_bytes=0)
CANARY = "CANARY-7316"


@pytest.fixture
async def opened(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    store = SqliteStore(tmp_path, ROOMY)
    await store.open()
    await store.define(FLOW, VERSION, b"{}")
    yield store
    await store.aclose()


def files_below(folder: Path) -> list[Path]:
    return [each for each in folder.rglob("*") if each.is_file()]


async def test_nothing_can_be_read_in_the_files(tmp_path: Path, opened: SqliteStore) -> None:
    secret = CANARY.encode()
    await opened.define(FLOW, "v2", secret)
    given = message(
        secret * 10, headers={"authorization": CANARY, CANARY: "x"}, lane=f"account {CANARY}", version="v2"
    )
    await opened.append(Arrival(channel="c", messages=(given,), claim=f"/in/{CANARY}.txt", cursor=CANARY))
    await put(opened, secret * 50_000)
    lease, other = await opened.lease(2)
    await opened.record(lease, Began("0/a"), Finished("0/a", secret), DeadRecord(given, Failure("x", CANARY)))
    await opened.retry(lease, Failure("ReadFailed", CANARY, path=CANARY), 0)
    await opened.complete(other, Progress(), secret)
    await opened.hold(await lease_one(opened), Failure("OutcomeUnknown", CANARY))
    await opened.discard(lease.message.id, by="x", reason=CANARY)
    await opened.reserve(CANARY, CANARY, CANARY)
    await opened.settle(CANARY, CANARY, secret)
    names = ["messages.db-wal", "spool"]
    for _ in range(2):  # in the log, and, once it is closed, in the database
        files = files_below(tmp_path)
        assert sum(each.stat().st_size for each in files) > 600_000
        assert all((tmp_path / name).exists() for name in names)
        for file in files:
            assert secret not in file.read_bytes(), file
            assert CANARY not in file.name
        await opened.aclose()


def change_rows(folder: Path, statement: str) -> None:
    database = apsw.Connection(str(folder / "messages.db"))
    database.set_busy_timeout(5000)
    database.execute(statement)
    assert database.changes() > 0
    database.close()


FLIP = "substr({0}, 1, length({0}) - 1) || CASE substr({0}, -1) WHEN x'00' THEN x'01' ELSE x'00' END"
TAMPERED = {
    "a byte of a payload": f"UPDATE payloads SET body = {FLIP.format('body')} WHERE id = 1",
    "a payload cut off": "UPDATE payloads SET body = substr(body, 1, 30) WHERE id = 1",
    "an empty payload": "UPDATE payloads SET body = x'' WHERE id = 1",
    "no payload": "DELETE FROM payloads WHERE id = 1",
    "another message's payload": (
        "UPDATE payloads SET body = (SELECT body FROM payloads WHERE id = 2) WHERE id = 1"
    ),
    "another payload named": "UPDATE messages SET payload = 2 WHERE seq = 1",
    "a byte of the envelope": f"UPDATE messages SET envelope = {FLIP.format('envelope')} WHERE seq = 1",
    "another owner": "UPDATE messages SET owner = 'somebody else' WHERE seq = 1",
    "another source": "UPDATE messages SET source = 'erp' WHERE seq = 1",
    "another content type": "UPDATE messages SET content_type = 'text/html' WHERE seq = 1",
    "no text": "UPDATE messages SET content_type = CAST(x'ff80' AS TEXT) WHERE seq = 1",
    "another time": "UPDATE messages SET received = 1e300 WHERE seq = 1",
    "another kind of number": "UPDATE messages SET size = 'many' WHERE seq = 1",
    "progress that is none": "UPDATE messages SET progress = '[' WHERE seq = 1",
    "another message's envelope": (
        "UPDATE messages SET envelope = (SELECT envelope FROM messages WHERE seq = 2) WHERE seq = 1"
    ),
    "both of another message": (
        "UPDATE messages SET payload = 2, envelope = (SELECT envelope FROM messages WHERE seq = 2) "
        "WHERE seq = 1"
    ),
}


@pytest.mark.parametrize("statement", TAMPERED.values(), ids=TAMPERED)
async def test_a_changed_message_is_damaged_and_others_go_on(
    tmp_path: Path, opened: SqliteStore, statement: str
) -> None:
    first, second = await put(opened, b"one" * 9), await put(opened, b"two" * 9)
    change_rows(tmp_path, statement)
    with pytest.raises(Damaged):
        await whole(opened, first)
    assert [each.id for each in await opened.find()] == [second, first]
    assert (await opened.get(first)).id == first
    assert await whole(opened, second) == b"two" * 9
    leases = await opened.lease(10)
    assert leases[-1].message.id == second
    if "payload" not in statement:
        assert len(leases) == 1
        kept = await opened.get(first)
        assert (kept.state, kept.failure.error if kept.failure else "") == (State.DEAD, "damaged")
    assert not opened.failed


async def test_a_changed_mark_makes_a_dead_letter(tmp_path: Path, opened: SqliteStore) -> None:
    first, second = await put(opened), await put(opened)
    lease = await lease_one(opened)
    await opened.record(lease, Finished("0/a", b"1"), Finished("0/b", b"2"))
    await opened.retry(lease, Failure("x", "y"), 0)
    change_rows(tmp_path, "UPDATE marks SET result = (SELECT result FROM marks WHERE position = '0/b')")
    (other,) = await opened.lease(10)
    assert other.message.id == second
    assert (await opened.get(first)).state is State.DEAD


async def test_a_changed_result(tmp_path: Path, opened: SqliteStore) -> None:
    ids = [await put(opened) for _ in range(2)]
    for lease in await opened.lease(2):
        await opened.complete(lease, Progress(), lease.message.id.encode())
    change_rows(tmp_path, "UPDATE results SET body = (SELECT body FROM results WHERE seq = 2)")
    with pytest.raises(Damaged):
        await opened.result(ids[0])
    assert await opened.result(ids[1]) == ids[1].encode()
    change_rows(tmp_path, "DELETE FROM results")
    with pytest.raises(Damaged):
        await opened.result(ids[1])


async def test_changed_history_and_failure(tmp_path: Path, opened: SqliteStore) -> None:
    message_id = await put(opened)
    await opened.dead_letter(await lease_one(opened), Failure("x", "y"))
    change_rows(tmp_path, "UPDATE history SET text = x'00' WHERE text IS NOT NULL")
    change_rows(tmp_path, "UPDATE messages SET failure = x'00'")
    assert (await opened.history(message_id))[-1].text == "(cannot be read: it was changed)"
    failure = (await opened.get(message_id)).failure
    assert failure is not None
    assert failure.error == "damaged"
    await opened.replay(message_id, by="x")


async def test_a_changed_cursor_definition_and_answer(tmp_path: Path, opened: SqliteStore) -> None:
    await opened.append(Arrival(channel="a", messages=(), cursor="1"))
    await opened.append(Arrival(channel="b", messages=(), cursor="2"))
    change_rows(tmp_path, "UPDATE cursors SET value = (SELECT value FROM cursors WHERE channel = 'b')")
    with pytest.raises(Damaged):
        await opened.cursor("a")
    change_rows(tmp_path, "UPDATE definitions SET body = x'00'")
    with pytest.raises(Damaged):
        await opened.definition(VERSION)
    await opened.reserve("me", "k", "h")
    await opened.settle("me", "k", b"a")
    change_rows(tmp_path, "UPDATE keys SET answer = x'00'")
    with pytest.raises(Damaged):
        await opened.reserve("me", "k", "h")
    await put(opened)


def flip(at: int) -> Callable[[bytes], bytes]:
    def change(content: bytes) -> bytes:
        changed = bytearray(content)
        changed[at] ^= 1
        return bytes(changed)

    return change


def swap_frames(content: bytes) -> bytes:
    head, frame = 21, FRAME_BYTES + 16
    frames = [content[at : at + frame] for at in range(head, len(content), frame)]
    frames[0], frames[1] = frames[1], frames[0]
    return content[:head] + b"".join(frames)


SPOOL_CHANGES: dict[str, Callable[[bytes], bytes]] = {
    "the mark": flip(0),
    "the salt": flip(10),
    "the first byte": flip(21),
    "the last byte": flip(-1),
    "empty": lambda content: b"",
    "only a head": lambda content: content[:21],
    "half a head": lambda content: content[:9],
    "a byte short": lambda content: content[:-1],
    "a byte more": lambda content: content + b"\0",
    "a frame short": lambda content: content[: 21 + 2 * (FRAME_BYTES + 16)],
    "frames in another order": swap_frames,
    "a frame twice": lambda content: content + content[21 : 21 + FRAME_BYTES + 16],
}


@pytest.mark.parametrize("change", SPOOL_CHANGES.values(), ids=SPOOL_CHANGES)
async def test_a_changed_spool_file(tmp_path: Path, opened: SqliteStore, change: Any) -> None:
    first, second = await put(opened, b"1" * 400_000), await put(opened, b"2" * 400_000)
    spool = (
        apsw.Connection(str(tmp_path / "messages.db")).execute("SELECT spool FROM payloads WHERE id = 1").get
    )
    file = tmp_path / "spool" / spool
    file.write_bytes(change(file.read_bytes()))
    with pytest.raises(Damaged):
        await whole(opened, first)
    assert await whole(opened, second) == b"2" * 400_000


async def test_spool_files_that_changed_places_or_are_gone(tmp_path: Path, opened: SqliteStore) -> None:
    ids = [await put(opened, bytes([n]) * 400_000) for n in range(3)]
    database = apsw.Connection(str(tmp_path / "messages.db"))
    names = [name for (name,) in database.execute("SELECT spool FROM payloads ORDER BY id")]
    database.close()
    files = [tmp_path / "spool" / name for name in names]
    files[0].write_bytes(files[1].read_bytes())
    files[2].unlink()
    for damaged in (ids[0], ids[2]):
        with pytest.raises(Damaged):
            await whole(opened, damaged)
    change_rows(tmp_path, "UPDATE payloads SET spool = '../store.key' WHERE id = 1")
    with pytest.raises(Damaged):
        await whole(opened, ids[0])
    assert await whole(opened, ids[1]) == b"\1" * 400_000


async def test_each_byte_of_a_row_matters(tmp_path: Path, opened: SqliteStore) -> None:
    """Whatever byte of the ciphertext is changed, the payload is never given altered."""
    message_id = await put(opened, b"payload")
    length = apsw.Connection(str(tmp_path / "messages.db")).execute("SELECT length(body) FROM payloads").get
    for at in range(1, length + 1):
        flipped = f"""UPDATE payloads SET body = substr(body, 1, {at - 1})
            || CASE substr(body, {at}, 1) WHEN x'55' THEN x'aa' ELSE x'55' END || substr(body, {at + 1})"""
        database = apsw.Connection(str(tmp_path / "messages.db"))
        body = database.execute("SELECT body FROM payloads").get
        database.close()
        change_rows(tmp_path, flipped)
        with pytest.raises(Damaged):
            await whole(opened, message_id)
        database = apsw.Connection(str(tmp_path / "messages.db"))
        database.execute("UPDATE payloads SET body = ?", (body,))
        database.close()
    assert await whole(opened, message_id) == b"payload"


def test_no_value_is_sealed_the_same_twice() -> None:
    sealer = Sealer(bytes(32))
    assert len({sealer.seal(b"x", "place") for _ in range(100)}) == 100
    assert Sealer(bytes(32)).unseal(sealer.seal(b"x", "place"), "place") == b"x"


@pytest.mark.parametrize("place", ["other", "", "place "])
def test_a_value_is_bound_to_its_place(place: str) -> None:
    sealer = Sealer(bytes(32))
    with pytest.raises(Damaged):
        sealer.unseal(sealer.seal(b"x", "place"), place)


def test_digests_do_not_run_together() -> None:
    sealer = Sealer(bytes(32))
    assert (
        len({sealer.digest("ab", "c"), sealer.digest("a", "bc"), sealer.digest("abc"), sealer.digest()}) == 4
    )
    assert Sealer(bytes(range(32))).digest("a") != sealer.digest("a")
