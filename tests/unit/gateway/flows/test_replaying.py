"""A message that came under a version with a mistake, run by the corrected one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from adapters.contract import JsonValue, Request
from adapters.errors import Blame, OutcomeUnknown, PeerRejected
from gateway.flows import Replay
from gateway.messages import Message, NotAllowed, State
from tests.unit.gateway.flows.bench import Bench, until

CURRENT = Replay("me", current_flow=True)
REPEATED = Replay("me", current_flow=True, repeat_calls=True)
REJECTED = PeerRejected("no", code="23505", blame=Blame.CONFLICT)
Steps = Sequence[Mapping[str, Any]]


def flow(steps: Steps, source: str = "s.messages", **more: Any) -> dict[str, Any]:
    return {"from": source, "steps": list(steps), **more}


async def dead(bench: Bench, settings: Mapping[str, Any], payload: str, channel: str = "messages") -> Message:
    await bench.start(settings)
    bench.arrive(channel, payload)
    (message,) = await bench.settled(State.DEAD)
    return message


async def ended(bench: Bench, message: Message, *states: State) -> Message:
    async def there() -> Message | None:
        found = await bench.store.get(message.id)
        return found if found.state in (states or (State.DONE,)) else None

    found: Message = await until(there)
    return found


async def test_a_filter_with_a_mistake_is_corrected(bench: Bench) -> None:
    """The bytes, headers and id are those that came."""
    message = await dead(bench, flow([{"filter": "quantty > 0"}, {"call": "s.do"}]), '{"quantity": 2}')
    await bench.reload(flow([{"filter": "quantity > 0"}, {"call": "s.do"}]))
    await bench.engine.replay(message.id, Replay("me"))
    await ended(bench, message, State.DEAD)
    assert bench.script.calls == []
    await bench.engine.replay(message.id, CURRENT)
    done = await ended(bench, message)
    assert bench.script.sent("do") == [{"quantity": 2}]
    assert done.version != message.version
    history = await bench.store.history(message.id)
    kinds = [(each.kind, each.text) for each in history if each.kind == "replayed"]
    assert kinds[-1] == ("replayed", f"by me, to run by version {done.version[:12]} of its flow")
    assert {state: count for (_, state), count in (await bench.store.counts()).items()} == {State.DONE: 1}


async def test_what_waits_under_a_version_that_cannot_run_is_moved(bench: Bench) -> None:
    bench.write(flow([{"call": "s.dp"}], order_by="key"))
    bench.prepare()
    await bench.store.open()
    await bench.catalogue.start()
    await bench.engine.start()
    bench.arrive("messages", '{"key": 1, "n": 1}', '{"key": 1, "n": 2}')
    first, second = await bench.settled(State.PENDING, count=2)
    with pytest.raises(NotAllowed, match=r"cannot run now: s has no operation 'dp'"):
        await bench.engine.replay(first.id, CURRENT)
    await bench.reload(flow([{"call": "s.do"}], order_by="key"))

    async def tried() -> bool:
        return (await bench.store.get(first.id)).failure is not None

    await until(tried)
    await bench.engine.replay(second.id, CURRENT)
    await bench.engine.replay(first.id, CURRENT)
    await ended(bench, second)
    # It kept its place: the one that was moved first did not overtake it.
    assert bench.script.sent("do") == [{"key": 1, "n": 1}, {"key": 1, "n": 2}]
    assert {state: count for (_, state), count in (await bench.store.counts()).items()} == {State.DONE: 2}
    with pytest.raises(NotAllowed, match="is done"):
        await bench.engine.replay(first.id, CURRENT)


OLD: Steps = [{"call": "s.do", "id": "a"}, {"filter": "nothing > 0"}, {"call": "s.do.again", "id": "b"}]
BEHIND: dict[str, tuple[Steps, bool]] = {
    "the rest is corrected": ([OLD[0], OLD[2]], True),
    "the step has moved": ([{"filter": "id > 0"}, *(OLD[0], OLD[2])], True),
    "what it is called with has changed": ([{**OLD[0], "with": {"x": "id"}}, OLD[2]], True),
    "the step has another id": ([{**OLD[0], "id": "c"}, OLD[2]], False),
    "the step is gone": ([OLD[2]], False),
}


@pytest.mark.parametrize(("steps", "keeps"), BEHIND.values(), ids=BEHIND)
async def test_a_call_that_was_answered_is_not_repeated_silently(
    steps: Steps, keeps: bool, bench: Bench
) -> None:
    message = await dead(bench, flow(OLD), '{"id": 1}')
    await bench.reload(flow(steps))
    if not keeps:
        with pytest.raises(NotAllowed, match=r"the step a had been called.*--repeat-calls"):
            await bench.engine.replay(message.id, CURRENT)
        assert (await bench.store.get(message.id)).state is State.DEAD
        return
    await bench.engine.replay(message.id, CURRENT)
    await ended(bench, message)
    assert [name for name, _ in bench.script.calls] == ["do", "do.again"]


async def test_a_person_has_the_calls_repeated(bench: Bench) -> None:
    """Under other keys: the target knows those of before."""
    message = await dead(bench, flow(OLD), '{"id": 1}')
    await bench.reload(flow([{**OLD[0], "id": "c"}, OLD[2]]))
    await bench.engine.replay(message.id, REPEATED)
    await ended(bench, message)
    assert [name for name, _ in bench.script.calls] == ["do", "do", "do.again"]
    keys = [request.idempotency_key for _, request in bench.script.calls]
    assert keys == [f"{message.id}:1/a/1", f"{message.id}:again-1/1/c/1", f"{message.id}:again-1/1/b/1"]


async def test_the_same_version_may_repeat_its_calls(bench: Bench) -> None:
    message = await dead(bench, flow(OLD), '{"id": 1}')
    await bench.engine.replay(message.id, CURRENT)
    await ended(bench, message, State.DEAD)
    assert len(bench.script.calls) == 1
    for times in (1, 2):
        await bench.engine.replay(message.id, REPEATED)
        await ended(bench, message, State.DEAD)
        assert bench.script.calls[-1][1].idempotency_key == f"{message.id}:again-{times}/1/a/1"


async def test_what_a_read_answered_is_asked_for_again(bench: Bench) -> None:
    steps = [{"call": "s.look", "as": "found"}, {"filter": "found.nothing > 0"}]
    message = await dead(bench, flow(steps), '{"id": 1}')
    await bench.reload(flow([{"call": "s.look", "id": "other", "as": "found"}]))
    await bench.engine.replay(message.id, CURRENT)
    await ended(bench, message)
    assert len(bench.script.calls) == 2


def refusing(*bad: str) -> Any:
    def answer(operation: str, request: Request) -> JsonValue | BaseException:
        rows = request.body if isinstance(request.body, list) else [request.body]
        return REJECTED if any(isinstance(row, dict) and row.get("id") in bad for row in rows) else {}

    return answer


CSV = "id\n1\n2\n3\n4\n5\n6\n"
INSERT: dict[str, Any] = {"call": "s.rows.insert", "id": "i", "batch": 2}
FILES: dict[str, tuple[Steps, str | None]] = {
    "the steps in front are the same": ([INSERT, {"call": "s.do.again"}], None),
    "the batch is another": ([{**INSERT, "batch": 3}], "the step i"),
    "a step is in front": ([{"filter": "id != '9'"}, INSERT], "the step i"),
}


@pytest.mark.parametrize(("steps", "refused"), FILES.values(), ids=FILES)
async def test_batches_are_the_same_or_the_replay_is_refused(
    steps: Steps, refused: str | None, bench: Bench
) -> None:
    """Two batches of a chunk are in the database when the step behind them fails."""
    before = [INSERT, {"call": "s.do", "id": "d"}]
    bench.script.answer = lambda operation, request: REJECTED if operation == "do" else {}
    message = await dead(bench, flow(before, "s.files"), CSV, "files")
    inserted = list(bench.script.sent("rows.insert"))
    assert inserted == [[{"id": "1"}, {"id": "2"}]]
    await bench.reload(flow(steps, "s.files"))
    if refused is not None:
        with pytest.raises(NotAllowed, match=refused):
            await bench.engine.replay(message.id, CURRENT)
        return
    await bench.engine.replay(message.id, CURRENT)
    await ended(bench, message)
    batches = bench.script.sent("rows.insert")
    assert batches == [[{"id": n}, {"id": str(int(n) + 1)}] for n in ("1", "3", "5")]


async def test_a_file_goes_on_behind_what_is_done(bench: Bench) -> None:
    bench.script.answer = refusing("4")
    message = await dead(bench, flow([{"call": "s.do"}], "s.files"), CSV, "files")
    sent = len(bench.script.calls)
    assert sent == 4
    bench.script.answer = lambda operation, request: {}
    await bench.reload(flow([{"call": "s.do"}, {"call": "s.do.again"}], "s.files"))
    await bench.engine.replay(message.id, CURRENT)
    await ended(bench, message)
    assert bench.script.sent("do") == [{"id": n} for n in "1234456"]
    assert len(bench.script.sent("do.again")) == 6


async def test_other_records_of_the_same_bytes_are_refused(bench: Bench) -> None:
    bench.script.answer = refusing("4")
    typed = {"csv-2": {"format": "delimited", "fields": {"id": {"type": "integer"}}}}
    settings = flow([{"call": "s.do"}], {"post": {"format": "csv"}})  # type: ignore[arg-type]
    await bench.start(settings)
    identifier = await bench.engine.accept_post("f", CSV.encode(), "text/csv", owner="o", correlation_id="c")
    await bench.settled(State.DEAD)
    other = flow([{"call": "s.do"}], {"post": {"format": "csv-2"}})  # type: ignore[arg-type]
    await bench.reload(other, mappings=typed)
    with pytest.raises(NotAllowed, match="reads other records"):
        await bench.engine.replay(identifier, CURRENT)
    bench.script.answer = lambda operation, request: {}
    await bench.engine.replay(identifier, REPEATED)
    await bench.settled(State.DONE)


async def test_a_dead_record_keeps_what_was_made_for_it(bench: Bench) -> None:
    before = [{"call": "s.do", "id": "a"}, {"filter": "id != '2' || nothing > 0"}]
    await bench.start(flow(before, "s.files", on_record_error="dead_letter_record"))
    bench.arrive("files", "id\n1\n2\n3\n")
    (parent,) = await bench.settled()
    (record,) = await bench.dead_records(parent)
    assert len(bench.script.calls) == 3
    await bench.reload(flow([{"call": "s.do", "id": "z"}], "s.files"))
    with pytest.raises(NotAllowed, match=r"the step a had been called"):
        await bench.engine.replay(record.id, CURRENT)
    await bench.reload(flow([{"call": "s.do", "id": "a"}, {"call": "s.do.again"}], "s.files"))
    await bench.engine.replay(record.id, CURRENT)
    await ended(bench, record)
    assert len(bench.script.sent("do")) == 3
    assert bench.script.sent("do.again") == [{"id": "2"}]


async def test_a_dead_record_whose_calls_are_repeated(bench: Bench) -> None:
    before = [{"call": "s.do", "id": "a"}, {"filter": "nothing > 0"}]
    await bench.start(flow(before, "s.files", on_record_error="dead_letter_record"))
    bench.arrive("files", "id\n1\n")
    (parent,) = await bench.settled()
    (record,) = await bench.dead_records(parent)
    await bench.reload(flow([{"call": "s.do", "id": "z"}], "s.files"))
    await bench.engine.replay(record.id, REPEATED)
    await ended(bench, record)
    assert bench.script.sent("do") == [{"id": "1"}, {"id": "1"}]


@pytest.mark.parametrize("replay", [Replay("me"), CURRENT, REPEATED], ids=["own", "current", "repeated"])
async def test_a_record_that_could_not_be_read_is_not_replayed(replay: Replay, bench: Bench) -> None:
    await bench.start(flow([{"call": "s.do"}], "s.lines", on_record_error="dead_letter_record"))
    bench.arrive("lines", '{"id": 1}\nnonsense\n')
    (parent,) = await bench.settled()
    (record,) = await bench.dead_records(parent)
    with pytest.raises(NotAllowed, match=r"could not be read.* discard this one"):
        await bench.engine.replay(record.id, replay)
    assert (await bench.store.get(record.id)).state is State.DEAD


UNKNOWN: dict[str, tuple[str, Replay, str | None, list[str]]] = {
    "taken as done": ("a", Replay("me", "done", current_flow=True), None, ["do", "do.again"]),
    "sent again": ("a", Replay("me", "repeat", current_flow=True), None, ["do", "do", "do.again"]),
    "sent again by another step": (
        "z",
        Replay("me", "repeat", current_flow=True),
        None,
        ["do", "do", "do.again"],
    ),
    "done, and its step is gone": ("z", Replay("me", "done", current_flow=True), "the step a", ["do"]),
    "nobody said, and its step is gone": ("z", CURRENT, "the step a", ["do"]),
    "done and repeated": ("a", Replay("me", "done", True, True), "none is taken as done", ["do"]),
}


@pytest.mark.parametrize(("step", "replay", "refused", "calls"), UNKNOWN.values(), ids=UNKNOWN)
async def test_what_has_no_answer(
    step: str, replay: Replay, refused: str | None, calls: list[str], bench: Bench
) -> None:
    answers: list[JsonValue | BaseException] = [OutcomeUnknown("cut")]
    bench.script.answer = lambda operation, request: answers.pop() if answers else {}
    await bench.start(flow([{"call": "s.do", "id": "a"}]))
    bench.arrive("messages", '{"id": 1}')
    (message,) = await bench.settled(State.IN_DOUBT)
    await bench.reload(flow([{"call": "s.do", "id": step}, {"call": "s.do.again"}]))
    if refused is None:
        await bench.engine.replay(message.id, replay)
        await ended(bench, message)
    else:
        with pytest.raises(NotAllowed, match=refused):
            await bench.engine.replay(message.id, replay)
    assert [name for name, _ in bench.script.calls] == calls


async def test_a_flow_that_is_gone(bench: Bench) -> None:
    message = await dead(bench, flow([{"filter": "nothing > 0"}]), '{"id": 1}')
    await bench.reload(flows={"other": flow([])})
    with pytest.raises(NotAllowed, match="has no flow f"):
        await bench.engine.replay(message.id, CURRENT)
