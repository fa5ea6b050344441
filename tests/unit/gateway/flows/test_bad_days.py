"""What nobody planned for: disks that are full for a while, clocks that were wrong, values that cannot be
told, records without what stood before them."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import pytest

from adapters.errors import AdapterError, Blame, ConnectFailed, OutcomeUnknown, PeerRejected
from gateway.catalogue import UnreadableRequest
from gateway.flows import journal
from gateway.messages import SqliteStore, State, StoreFull
from mappings.contract import Record
from mappings.transform.expressions import Expression
from tests.unit.gateway.flows.bench import Bench, until
from tests.unit.gateway.flows.scripted import Arriving

FLOW = {"from": "s.messages", "steps": [{"call": "s.do"}]}
ORDERED = {**FLOW, "order_by": "account"}
REJECTED = PeerRejected("no", code="1", blame=Blame.CALLER)


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.flows.patience.FULL_WAIT_S", 0.01)


def full_twice(bench: Bench, name: str) -> list[int]:
    """Have a method of the store fail twice for want of room. What is left of it."""
    real: Callable[..., Awaitable[Any]] = getattr(bench.store, name)
    left = [1, 2]

    async def method(*given: Any, **more: Any) -> Any:
        if left:
            left.pop()
            raise StoreFull("the store's volume is full")
        return await real(*given, **more)

    setattr(bench.store, name, method)
    return left


@pytest.mark.parametrize("name", ["lease", "next_due_s"])
async def test_a_full_disk_does_not_end_dispatching(name: str, bench: Bench) -> None:
    await bench.start(FLOW)
    left = full_twice(bench, name)
    bench.arrive("messages", '{"id": 1}')
    await bench.settled(State.DONE)
    bench.arrive("messages", '{"id": 2}')
    await bench.settled(State.DONE, count=2)
    await until(lambda: not left)


@pytest.mark.parametrize(
    ("name", "error", "state", "calls"),
    [
        ("record", None, State.DONE, 1),
        ("complete", None, State.DONE, 1),
        ("dead_letter", REJECTED, State.DEAD, 1),
        ("hold", OutcomeUnknown("cut"), State.IN_DOUBT, 1),
        ("retry", ConnectFailed("away"), State.DONE, 2),
    ],
    ids=["begin", "done", "dead", "in-doubt", "retry"],
)
async def test_how_a_message_went_is_kept_until_there_is_room(
    name: str, error: AdapterError | None, state: State, calls: int, bench: Bench
) -> None:
    errors = [error] if error is not None else []
    bench.script.answer = lambda operation, request: errors.pop() if errors else {"ok": True}
    await bench.start(FLOW)
    left = full_twice(bench, name)
    bench.arrive("messages", '{"id": 1}')
    await bench.settled(state)
    assert not left
    assert len(bench.script.calls) == calls


async def test_what_was_answered_long_ago_is_stored(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "GATHER_S", 0.0)
    # The first record is sent; the next of them wait for a read that does not end.
    steps = [
        {"choose": [{"when": "id == '1'", "steps": [{"call": "s.do"}]}]},
        {"filter": "id == '101'"},
        {"call": "s.look"},
    ]
    await bench.start({"from": "s.files", "on_record_error": "dead_letter_record", "steps": steps})

    def answer(operation: str, request: Any) -> Any:
        bench.script.hold = asyncio.Event()  # for the next call
        return {"ok": True}

    bench.script.answer = answer
    bench.arrive("files", "id\n" + "\n".join(map(str, range(1, 102))) + "\n")
    await until(lambda: "look" in [operation for operation, _ in bench.script.calls])
    (message,) = await bench.messages()
    assert message.progress.records == 100


@pytest.mark.parametrize("body", ['{"id": 1}', "[]", "null"], ids=["no-member", "list", "null"])
async def test_a_message_without_a_value_to_order_by_is_a_dead_letter(body: str, bench: Bench) -> None:
    await bench.start(ORDERED)
    bench.arrive("messages", body, '{"account": 1}')
    (dead,) = await bench.settled(State.DEAD)
    assert (dead.failure.error, dead.failure.step) == ("MappingError", "order_by")  # type: ignore[union-attr]
    await bench.settled(State.DONE)
    assert bench.script.sent("do") == [{"account": 1}]


async def test_a_post_without_a_value_to_order_by_is_the_callers_error(bench: Bench) -> None:
    await bench.start({**ORDERED, "from": {"post": {}}})

    async def post(body: bytes) -> str:
        return await bench.engine.accept_post("f", body, "application/json", owner="ada", correlation_id="c")

    with pytest.raises(UnreadableRequest) as caught:
        await post(b'[{"id": 1}]')
    assert caught.value.errors[0].rule == "expression"
    await post(b"[]")
    await post(b'[{"account": 1}]')
    await bench.settled(State.DONE, count=2)


SAME: Mapping[str, tuple[str, str, str]] = {
    "numbers": ("1", "1.00", "1e0"),
    "fractions": ("12.5", "12.50", "125e-1"),
    "zeros": ("0", "-0.0", "0.00"),
    "objects": ('{"a": 1, "b": 2}', '{"b": 2, "a": 1}', '{"b": 2.0, "a": 1}'),
}


@pytest.mark.parametrize("values", SAME.values(), ids=SAME)
async def test_equal_values_are_one_lane(values: tuple[str, str, str], bench: Bench) -> None:
    await bench.start(ORDERED)
    bench.arrive("messages", *[f'{{"account": {value}}}' for value in values])
    found = await bench.settled(State.DONE, count=3)
    assert len({message.lane for message in found}) == 1


async def test_other_values_are_other_lanes(bench: Bench) -> None:
    values = ("1", '"1"', "true", "[1]", "1.5", "15", "150", "null", "0.1")
    await bench.start(ORDERED)
    bench.arrive("messages", *[f'{{"account": {value}}}' for value in values])
    found = await bench.settled(State.DONE, count=len(values))
    assert len({message.lane for message in found}) == len(values)


async def test_a_lane_may_be_told_from_the_message_itself(bench: Bench) -> None:
    await bench.start({**FLOW, "order_by": "message.source + message.flow"})
    bench.arrive("messages", '{"id": 1}')
    (message,) = await bench.settled(State.DONE)
    assert message.lane == '"s.messagesf"'


async def test_a_row_that_could_not_be_read_is_not_taken_for_a_header_when_replayed(bench: Bench) -> None:
    await bench.start({"from": "s.files", "on_record_error": "dead_letter_record", "steps": FLOW["steps"]})
    bench.arrive("files", "id,text\n1,a\n2\n3,c\n")
    (parent,) = await bench.settled(State.DONE)
    (record,) = await bench.dead_records(parent)
    assert await bench.payload(record) == b"2"
    await bench.store.replay(record.id, by="ada")

    async def ended() -> bool:
        return (await bench.store.get(record.id)).attempts == 1 and not await bench.store.find(
            states=[State.PENDING, State.RUNNING]
        )

    await until(ended)
    again = await bench.store.get(record.id)
    assert again.state is State.DEAD
    assert again.failure is not None
    assert again.failure.rule == "unread"
    assert await bench.payload(again) == b"2"


async def test_headers_of_a_source_do_not_say_what_was_done(bench: Bench) -> None:
    """Those of dead records tell which calls were made; a publisher may send the same names."""
    await bench.start(FLOW)
    spoofed = {"gateway.done": '{"1:s.do": null}', "gateway.record": "1"}
    bench.arrive("messages", Arriving(b'{"id": 1}', headers=spoofed))
    await bench.settled(State.DONE)
    assert bench.script.sent("do") == [{"id": 1}]


async def test_a_large_message_does_not_hold_up_the_others(bench: Bench) -> None:
    """All of it is mapped, filtered and made into a call outside of the event loop."""
    threads: set[str] = set()
    rows = {"each": "rows", "transform": {"n": "n + 1"}}
    steps = [
        {"map": {"transform": {"rows": rows}}},
        {"filter": "size(rows) > 0"},
        {"choose": [{"when": "has(rows)", "steps": []}]},
        {"call": "s.do", "with": {"rows": "rows"}},
    ]
    await bench.start({"from": "s.messages", "steps": steps})
    evaluate = Expression.evaluate

    def noted(self: Expression, names: Mapping[str, Record]) -> Record:
        threads.add(threading.current_thread().name)
        return evaluate(self, names)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Expression, "evaluate", noted)
        bench.arrive("messages", json.dumps({"rows": [{"n": 1}] * 2_000}))
        await bench.settled(State.DONE)
    assert threads
    assert threading.main_thread().name not in threads
    assert bench.script.sent("do") == [{"rows": [{"n": 2}] * 2_000}]


async def test_a_task_of_the_engine_that_fails_begins_again(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.flows.engine.AGAIN_S", 0.01)
    counts, left = SqliteStore.counts, [1, 2, 3, 4]

    async def failing(store: SqliteStore) -> Mapping[tuple[str, State], int]:
        if left:
            left.pop()
            raise RuntimeError("bug")
        return await counts(store)

    monkeypatch.setattr(SqliteStore, "counts", failing)
    await bench.start(FLOW)
    bench.arrive("messages", "{}")
    await bench.settled(State.DONE)
    assert left == []
