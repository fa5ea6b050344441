"""Flows whose first step makes several records of each: what they see from there on are these."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from adapters.contract import Request
from adapters.errors import Blame, PeerRejected
from gateway.flows import Replay
from gateway.messages import NotAllowed, State
from tests.unit.gateway.flows.bench import Bench, until
from tests.unit.gateway.flows.killing import killed_at_each_call
from tests.unit.gateway.flows.test_lasting import Sink

LINES = {"each": "lines", "transform": {"id": "id", "text": "outer.number"}}
FLOW: dict[str, Any] = {"from": "s.lines", "steps": [{"map": "lines"}, {"call": "s.rows.insert"}]}
APART = {**FLOW, "on_record_error": "dead_letter_record"}


def orders(*sizes: int) -> str:
    """An order with so many lines, for each size; lines are numbered through."""
    found, number = [], 0
    for at, size in enumerate(sizes, 1):
        found.append({"number": f"A-{at}", "lines": [{"id": number + n} for n in range(1, size + 1)]})
        number += size
    return "\n".join(map(json.dumps, found))


async def start(bench: Bench, flow: Any = FLOW, lines: Any = LINES) -> None:
    await bench.start(flow, mappings={"lines": lines})


def sent(bench: Bench, operation: str = "rows.insert") -> list[Any]:
    return [
        each for body in bench.script.sent(operation) for each in (body if isinstance(body, list) else [body])
    ]


async def test_each_part_goes_its_way(bench: Bench) -> None:
    await start(bench)
    bench.arrive("lines", orders(2, 0, 1))
    (message,) = await bench.settled()
    assert sent(bench) == [{"id": 1, "text": "A-1"}, {"id": 2, "text": "A-1"}, {"id": 3, "text": "A-3"}]
    assert message.progress.counts == {"checked": 3, "read": 3, "sent": 3}
    assert message.progress.records == 3


async def test_parts_are_sent_in_batches_over_the_ends_of_records(bench: Bench) -> None:
    await start(bench, {**FLOW, "steps": [{"map": "lines"}, {"call": "s.rows.insert", "batch": 3}]})
    bench.arrive("lines", orders(2, 2, 1))
    await bench.settled()
    assert [len(each) for each in bench.script.sent("rows.insert") if isinstance(each, list)] == [3, 2]


async def test_a_message_of_one_value_is_split_too(bench: Bench) -> None:
    await start(bench, {**FLOW, "from": "s.rows"})
    bench.arrive("rows", orders(3))
    (message,) = await bench.settled()
    assert [each["id"] for each in sent(bench)] == [1, 2, 3]
    assert message.progress.records == 3


async def test_a_part_that_is_refused_is_a_dead_letter_that_is_not_split_again(bench: Bench) -> None:
    refuses = [2]

    def answer(operation: str, request: Request) -> Any:
        is_bad = isinstance(request.body, dict) and request.body["id"] in refuses
        return PeerRejected("no", code="1", blame=Blame.CALLER) if is_bad else {}

    bench.script.answer = answer
    await start(bench, APART)
    bench.arrive("lines", orders(3, 1))
    (message,) = await bench.settled()
    assert message.progress.counts["failed"] == 1
    (dead,) = await bench.dead_records(message)
    assert json.loads(await bench.payload(dead)) == {"id": 2, "text": "A-1"}
    refuses.clear()
    await bench.engine.replay(dead.id, Replay(by="ada"))
    await until(lambda: len(sent(bench)) == 5)
    assert [each["id"] for each in sent(bench)] == [1, 2, 3, 4, 2]


BAD = '{"number": "A-1", "lines": [{"id": 1}, {"no": 2}, {"id": 3}]}\n{"number": "A-2", "lines": 7}\n'


async def test_parts_that_cannot_be_made_are_set_aside_with_their_record(bench: Bench) -> None:
    await start(bench, APART)
    bench.arrive("lines", BAD)
    (message,) = await bench.settled()
    assert [each["id"] for each in sent(bench)] == [1, 3]
    first, second = await bench.dead_records(message)
    assert first.failure is not None
    assert (first.failure.record, first.failure.path) == (1, "/lines/1/id")
    assert json.loads(await bench.payload(first))["number"] == "A-1"
    assert second.failure is not None
    assert second.failure.record == 2
    with pytest.raises(NotAllowed, match="could not be read"):
        await bench.engine.replay(first.id, Replay(by="ada"))


async def test_with_reject_file_one_of_them_is_enough(bench: Bench) -> None:
    await start(bench)
    bench.arrive("lines", BAD)
    await bench.settled(State.DEAD)
    assert sent(bench) == []


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
async def test_killed_at_each_call_of_the_store_every_part_is_there_once(after: bool, tmp_path: Path) -> None:
    flow = {"from": "s.lines", "steps": [{"map": "lines"}, {"call": "s.once.insert", "batch": 3}]}

    def make(bench: Bench) -> Sink:
        bench.write(flow, mappings={"lines": LINES})
        return Sink(bench)

    data = orders(4, 0, 3, 2).encode()
    async for number, bench, sink in killed_at_each_call(tmp_path, make, "lines", data, after=after):
        await bench.start()
        await bench.settled()
        await bench.stop()
        assert sink.rows == {str(row): 1 for row in range(1, 10)}, number
    assert number > 5


@pytest.mark.parametrize(
    ("change", "is_refused"),
    [
        ({}, False),
        ({"transform": {"id": "id", "text": "string(id)"}}, True),
        ({"each": "this.lines"}, True),
    ],
    ids=["the same", "other parts", "another list"],
)
async def test_other_parts_mean_other_calls(change: dict[str, Any], is_refused: bool, bench: Bench) -> None:
    """What was sent is known by the numbers of the parts."""
    fails = [PeerRejected("no", code="1", blame=Blame.CALLER)]
    bench.script.answer = lambda operation, request: (
        fails.pop() if fails and isinstance(request.body, dict) and request.body["id"] == 2 else {}
    )
    call = {"call": "s.rows.insert", "id": "insert"}
    await start(bench, {**FLOW, "steps": [{"map": "lines"}, call]})
    bench.arrive("lines", orders(3))
    (dead,) = await bench.settled(State.DEAD)
    steps = [{"map": "lines"}, {"filter": "true"}, call]
    await bench.reload({**FLOW, "steps": steps}, mappings={"lines": {**LINES, **change}})
    asked = Replay(by="ada", current_flow=True)
    if is_refused:
        with pytest.raises(NotAllowed, match="reads other records"):
            await bench.engine.replay(dead.id, asked)
        return
    await bench.engine.replay(dead.id, asked)
    await bench.settled(State.DONE)
    assert [each["id"] for each in sent(bench)] == [1, 2, 2, 3]
