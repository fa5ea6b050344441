"""What survives: restarts, kills at every point, reloads, stops; and the order of messages."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from adapters.contract import JsonValue, Request
from adapters.errors import Blame, OutcomeUnknown, PeerRejected, PoolTimeout
from gateway.messages import State, StoreFailed
from tests.unit.gateway.flows.bench import Bench, until
from tests.unit.gateway.flows.killing import killed_at_each_call
from tests.unit.gateway.flows.scripted import Arriving

CSV = "id\n" + "".join(f"{number}\n" for number in range(1, 11))
IN_BATCHES = {
    "from": "s.files",
    "steps": [{"filter": "int(id) != 4"}, {"call": "s.once.insert", "batch": 3}, {"call": "s.do.again"}],
}
ONE_BY_ONE = {"from": "s.files", "steps": [{"call": "s.do"}]}


def sink_of(flow: Any) -> Callable[[Bench], Sink]:
    """Has the flow written, and what it sends kept."""

    def make(bench: Bench) -> Sink:
        bench.write(flow)
        return Sink(bench)

    return make


class Sink:
    """What systems keep: requests by their key, once where they deduplicate."""

    def __init__(self, bench: Bench) -> None:
        self._known: set[str] = set()
        self.rows: Counter[str] = Counter()
        self.again: Counter[str] = Counter()
        self.seen: dict[str, JsonValue] = {}
        bench.script.answer = self.answer

    def answer(self, operation: str, request: Request) -> JsonValue:
        body = request.body if isinstance(request.body, list) else [request.body]
        ids = [str(row["id"]) for row in body if isinstance(row, dict)]
        key = request.idempotency_key
        assert key is not None
        assert self.seen.setdefault(f"{operation} {key}", list(ids)) == list(ids), "one key, two requests"
        if operation == "once.insert":
            self.rows.update(() if key in self._known else ids)
            self._known.add(key)
        else:
            self.again.update(ids)
        return {}


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
async def test_killed_at_each_call_of_the_store_every_row_is_there_once(after: bool, tmp_path: Path) -> None:
    kills = killed_at_each_call(tmp_path, sink_of(IN_BATCHES), "files", CSV.encode(), after=after)
    async for number, bench, sink in kills:
        await bench.start()
        (message,) = await bench.settled(State.DONE, State.DEAD, State.IN_DOUBT)
        await bench.stop()
        expected = {str(row): 1 for row in range(1, 11) if row != 4}
        assert message.state is State.DONE, number
        assert sink.rows == expected, number
        assert set(sink.again) == set(expected), number
        assert message.progress.records == 10
    assert number > 8


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
async def test_killed_where_repeating_does_harm_nothing_is_sent_twice(after: bool, tmp_path: Path) -> None:
    states = set()
    kills = killed_at_each_call(tmp_path, sink_of(ONE_BY_ONE), "files", CSV.encode(), after=after)
    async for number, bench, sink in kills:
        await bench.start()
        (message,) = await bench.settled(State.DONE, State.DEAD, State.IN_DOUBT)
        states.add(message.state)
        missing = {str(row) for row in range(1, 11)} - set(sink.again)
        if message.state is State.IN_DOUBT:
            # The one without an answer may be there or not: a person looks, and says which.
            await bench.store.replay(message.id, by="ada", unknown_as="repeat" if after else "done")
            await bench.settled(State.DONE)
        await bench.stop()
        assert max(sink.again.values()) == 1, number
        assert message.state is not State.DONE or not missing
    assert State.IN_DOUBT in states
    assert State.DONE in states


@pytest.mark.parametrize(("call", "state", "calls"), [("do", "in_doubt", 1), ("do.again", "done", 2)])
async def test_one_that_ended_the_process_too_often_is_not_sent_again_because_it_is_replayed(
    call: str, state: str, calls: int, bench: Bench
) -> None:
    bench.script.hold = asyncio.Event()
    flow = {"from": "s.messages", "steps": [{"call": f"s.{call}"}]}
    await bench.start(flow, gateway={"messages": {"crash_limit": 1}})
    bench.arrive("messages", '{"id": 1}')
    await until(lambda: bench.script.running)
    await bench.kill()
    bench.script.hold = None
    await bench.start()
    (message,) = await bench.settled(State.DEAD)
    assert message.failure is not None
    assert message.failure.error == "interrupted"
    await bench.store.replay(message.id, by="ada")
    await bench.settled(State(state))
    assert len(bench.script.sent(call)) == calls


async def test_a_file_is_taken_up_where_it_was(bench: Bench) -> None:
    sink = Sink(bench)
    bench.write(IN_BATCHES)
    await bench.start()
    answer = bench.script.answer

    def hold_at_third(operation: str, request: Request) -> Any:
        if len(bench.script.calls) > 5 and bench.script.hold is None:
            bench.script.hold = asyncio.Event()
        return answer(operation, request)

    bench.script.answer = hold_at_third
    bench.arrive("files", Arriving(CSV.encode(), key="f"))
    await until(lambda: bench.script.hold is not None and bench.script.running)
    await bench.kill()
    calls = len(bench.script.calls)
    bench.script.hold, bench.script.answer = None, answer
    await bench.start()
    (message,) = await bench.settled(State.DONE)
    assert set(sink.rows.values()) == {1}
    assert message.attempts == 2
    # What was checkpointed is not sent again: of all calls, only the one under way is repeated.
    assert len(bench.script.calls) <= calls + 9
    assert message.progress.counts["sent"] == 18


async def test_a_record_that_was_set_aside_stays_so_when_the_rest_is_taken_up(bench: Bench) -> None:
    """Taken after all, it would count as one of those whose later steps were begun without it."""
    refuses, hold = ["2"], asyncio.Event()

    def answer(operation: str, request: Request) -> Any:
        number = request.body["id"] if isinstance(request.body, dict) else None
        if number == "3":
            bench.script.hold = hold
        return PeerRejected("no", code="1", blame=Blame.CALLER) if number in refuses else {}

    bench.script.answer = answer
    steps = [{"map": {"transform": {"id": "id"}}}, {"call": "s.do"}, {"call": "s.once.insert", "batch": 10}]
    await bench.start({"from": "s.files", "on_record_error": "dead_letter_record", "steps": steps})
    bench.arrive("files", "id\n1\n2\n3\n")
    await until(lambda: bench.script.sent("once.insert"))
    await bench.kill()
    refuses.clear()
    hold.set()
    await bench.start()
    (message,) = await bench.settled(State.DONE)
    assert bench.script.sent("once.insert") == [[{"id": "1"}, {"id": "3"}]] * 2
    keys = {request.idempotency_key for name, request in bench.script.calls if name == "once.insert"}
    assert len(keys) == 1
    (dead,) = await bench.dead_records(message)
    assert await bench.payload(dead) == b'{"id":"2"}'


async def test_a_version_runs_to_its_end_after_a_reload(bench: Bench) -> None:
    bench.script.answer = lambda operation, request: PoolTimeout("busy")
    bench.chance = lambda low, high: 0.05
    old = {
        "from": "s.messages",
        "steps": [{"map": "rename"}, {"call": "s.do"}],
        "retry": {"attempts": 10_000},
    }
    await bench.start(old, mappings={"rename": {"transform": {"old": "id"}}})
    bench.arrive("messages", '{"id": 1}')
    await until(lambda: bench.script.calls)
    new = {"from": "s.messages", "steps": [{"map": "rename"}, {"call": "s.do.again"}]}
    await bench.reload(new, mappings={"rename": {"transform": {"new": "id"}}})
    bench.script.answer = lambda operation, request: {}
    bench.arrive("messages", '{"id": 2}')
    first, second = await bench.settled(State.DONE, count=2)
    assert first.version != second.version
    assert bench.script.sent("do")[-1] == {"old": 1}
    assert bench.script.sent("do.again") == [{"new": 2}]


async def test_messages_of_a_flow_that_is_gone_run_to_their_end(bench: Bench) -> None:
    bench.script.answer = lambda operation, request: PoolTimeout("busy")
    bench.chance = lambda low, high: 0.05
    await bench.start({"from": "s.messages", "steps": [{"call": "s.do"}], "retry": {"attempts": 10_000}})
    bench.arrive("messages", '{"id": 1}')
    await until(lambda: bench.script.calls)
    await bench.reload(flows={})
    bench.script.answer = lambda operation, request: {}
    await bench.settled(State.DONE)


async def test_a_changed_mapping_is_another_version(bench: Bench) -> None:
    flow = {"from": "s.messages", "steps": [{"map": "rename"}]}
    versions = []
    for target in ("a", "b", "a"):
        bench.write(
            flow, mappings={"rename": {"transform": {target: "id"}}, "other": {"transform": {"x": "id"}}}
        )
        bench.prepare()
        definition = bench.engine._flows.prepared["f"].definition
        assert definition is not None
        versions.append(definition.version)
        del bench.engine
    assert versions[0] == versions[2] != versions[1]


async def test_a_stop_lets_calls_end_and_begins_no_more(bench: Bench) -> None:
    bench.script.hold = asyncio.Event()
    await bench.start({"from": "s.files", "steps": [{"call": "s.do"}]})
    bench.arrive("files", CSV)
    await bench.script.entered.wait()
    stopping = asyncio.create_task(bench.engine.drain(20))
    await asyncio.sleep(0)
    bench.script.hold.set()
    await stopping
    (message,) = await bench.messages()
    assert (message.state, message.attempts, message.failure) == (State.PENDING, 0, None)
    assert len(bench.script.calls) == 1
    await bench.stop()
    await bench.start()
    await bench.settled(State.DONE)
    assert [row["id"] for row in bench.script.sent("do")] == [str(number) for number in range(1, 11)]  # type: ignore[index, call-overload]


async def test_a_call_that_a_stop_breaks_off_is_in_doubt(bench: Bench) -> None:
    bench.script.hold = asyncio.Event()
    await bench.start({"from": "s.messages", "steps": [{"call": "s.do"}]})
    bench.arrive("messages", "{}")
    await bench.script.entered.wait()
    await bench.stop(grace_s=0.05)
    bench.script.hold = None
    await bench.start()
    (message,) = await bench.settled(State.IN_DOUBT)
    assert message.failure is not None
    assert message.failure.error == "OutcomeUnknown"
    assert len(bench.script.calls) == 1


@pytest.mark.parametrize(
    ("held", "is_call"),
    [("record", False), ("complete", False), ("complete", True)],
    ids=["next-call", "end-of-file", "end-of-call"],
)
async def test_what_was_answered_before_a_stop_is_not_in_doubt(
    held: str, is_call: bool, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    await bench.start(ONE_BY_ONE)
    entered, released = asyncio.Event(), asyncio.Event()
    call = getattr(bench.store, held)

    async def slow(*arguments: Any, **named: Any) -> None:
        if bench.script.calls:
            entered.set()
            await released.wait()
        await call(*arguments, **named)

    monkeypatch.setattr(bench.store, held, slow)
    if is_call:
        entry = bench.catalogue.systems["s"].entries["do"]
        await bench.engine.accept_call(entry, Request(body={}), owner="k", correlation_id="c")
    else:
        bench.arrive("files", "id\n1\n2\n")
    await entered.wait()
    stopping = asyncio.create_task(bench.engine.drain(0))
    await until(lambda: bench.engine._dispatcher.stopping)
    released.set()
    await stopping
    await bench.stop()
    await bench.start()
    (message,) = await bench.settled(State.DONE, State.IN_DOUBT)
    assert message.state is State.DONE
    assert len(bench.script.calls) == (1 if is_call else 2)


async def test_when_the_store_fails_nothing_runs_any_more_and_it_is_told(bench: Bench) -> None:
    await bench.start({"from": "s.messages", "steps": [{"call": "s.do"}]})
    told: list[bool] = []
    bench.engine.on_failed(lambda: told.append(True))

    async def failing(*_: Any, **__: Any) -> Any:
        raise StoreFailed("input/output error")

    bench.store.record = failing  # type: ignore[method-assign]
    bench.arrive("messages", "{}")
    await until(lambda: told)
    assert bench.script.calls == []
    assert bench.engine._dispatcher.stopping


# --- order -------------------------------------------------------------------------------------------------


async def test_messages_of_one_lane_keep_their_order_and_lanes_run_side_by_side(bench: Bench) -> None:
    failed: set[str] = set()

    def answer(operation: str, request: Request) -> Any:
        body = request.body
        assert isinstance(body, dict)
        if body["key"] == "a" and str(body["n"]) not in failed:
            failed.add(str(body["n"]))
            return PoolTimeout("busy")
        return {}

    bench.script.answer = answer
    await bench.start({"from": "s.messages", "order_by": "key", "steps": [{"call": "s.do"}]})
    bench.arrive("messages", *[f'{{"key": "{"ab"[number % 2]}", "n": {number}}}' for number in range(12)])
    await bench.settled(State.DONE, count=12)
    done: dict[str, list[int]] = {"a": [], "b": []}
    for body in bench.script.sent("do"):
        assert isinstance(body, dict)
        if body["n"] not in done[str(body["key"])]:
            done[str(body["key"])].append(body["n"])  # type: ignore[arg-type]
    assert done == {"a": [0, 2, 4, 6, 8, 10], "b": [1, 3, 5, 7, 9, 11]}


async def test_files_in_order_run_one_after_the_other(bench: Bench) -> None:
    await bench.start({"from": "s.files", "order_by": "id", "max_in_flight": 8, "steps": [{"call": "s.do"}]})
    bench.arrive("files", *[f"id\n{number}0\n{number}1\n" for number in range(1, 5)])
    await bench.settled(State.DONE, count=4)
    sent = [row["id"] for row in bench.script.sent("do")]  # type: ignore[index, call-overload]
    assert sent == ["10", "11", "20", "21", "30", "31", "40", "41"]
    assert bench.script.most_running == 1


async def test_a_message_whose_lane_cannot_be_told_becomes_a_dead_letter(bench: Bench) -> None:
    await bench.start({"from": "s.messages", "order_by": "key", "steps": [{"call": "s.do"}]})
    bench.arrive("messages", "not json", '{"key": 1}')
    await bench.settled(State.DONE)
    (dead,) = await bench.settled(State.DEAD)
    assert dead.lane is None


async def test_so_many_messages_of_a_flow_run_at_the_same_time(bench: Bench) -> None:
    bench.script.hold = asyncio.Event()
    await bench.start({"from": "s.messages", "max_in_flight": 3, "steps": [{"call": "s.do"}]})
    bench.arrive("messages", *["{}"] * 10)

    async def all_stored() -> bool:
        return len(await bench.messages()) == 10

    await until(all_stored)
    await until(lambda: bench.script.running == 3)
    bench.script.hold.set()
    await bench.settled(State.DONE, count=10)
    assert bench.script.most_running == 3


async def test_one_in_doubt_does_not_hold_up_its_lane(bench: Bench) -> None:
    left = [OutcomeUnknown("cut")]
    bench.script.answer = lambda operation, request: left.pop() if left else {}
    await bench.start({"from": "s.messages", "order_by": "'all'", "steps": [{"call": "s.do"}]})
    bench.arrive("messages", '{"n": 1}', '{"n": 2}')
    await bench.settled(State.IN_DOUBT)
    await bench.settled(State.DONE)


async def test_what_may_not_run_costs_nothing_while_it_waits(bench: Bench) -> None:
    bench.script.answer = lambda operation, request: PoolTimeout("busy")
    await bench.start({"from": "s.messages", "steps": [{"call": "s.do"}], "retry": {"attempts": 3}})
    bench.arrive("messages", "{}")
    (message,) = await bench.settled(State.DEAD)
    assert message.attempts == 3
    looks = 0
    next_due = bench.store.next_due_s

    async def counted() -> float | None:
        nonlocal looks
        looks += 1
        return await next_due()

    bench.store.next_due_s = counted  # type: ignore[method-assign]
    dispatcher = bench.engine._dispatcher
    dispatcher._paused["f"] = ("s", 0.0)
    dispatcher._names = {"f"}
    before = dispatcher._eligible()
    assert "f" in before
    assert dispatcher._paused == {}
    for _ in range(200):
        await asyncio.sleep(0.001)
    assert looks <= 2
