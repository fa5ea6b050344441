"""What partners are answered, and interchanges that come again."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, cast

import pytest

from adapters.contract import Request
from adapters.errors import Blame, ConnectFailed, OutcomeUnknown, PeerRejected
from gateway.catalogue import Catalogue
from gateway.config import ConfigurationError, examine, load
from gateway.flows import Engine, Replay
from gateway.messages import Message, SqliteStore, State
from tests.unit.gateway.flows.bench import Bench, until
from tests.unit.gateway.flows.interchanges import EDIFACT, X12, edifact, x12
from tests.unit.gateway.flows.killing import killed_at_each_call

FLOW: dict[str, Any] = {
    "from": "s.partner",
    "on_record_error": "dead_letter_record",
    "acknowledge": {"call": "s.raw.put"},
    "steps": [{"call": "s.do"}],
    "retry": {"first_s": 0.01},
}
WITHOUT = {key: value for key, value in FLOW.items() if key != "acknowledge"}


async def start(bench: Bench, flow: Any = FLOW, mapping: Any = X12) -> None:
    bench.script.speaks("orders")
    await bench.start(flow, mappings={"orders": mapping})


def orders(bench: Bench, operation: str = "do") -> list[str]:
    """The orders that went on."""
    return [cast("Any", each)["order"]["number"] for each in bench.script.sent(operation)]


def segments(answer: bytes, tag: str) -> list[str]:
    return [each for each in answer.decode().replace("'", "~").split("~") if each.startswith(tag)]


async def answers(bench: Bench) -> list[Message]:
    """The messages that send acknowledgements."""
    return list(await bench.store.find(flow="call:s.raw.put"))


async def sent(bench: Bench, count: int = 1) -> list[bytes]:
    """Acknowledgements that have arrived, once there are so many and nothing is under way."""

    async def all_done() -> bool:
        found = await answers(bench)
        return len(found) == count and all(each.state is State.DONE for each in found)

    await until(all_done)
    return bench.script.bodies


async def test_good_ones_go_on_and_the_partner_hears_of_the_bad_one(bench: Bench) -> None:
    await start(bench)
    bench.arrive("partner", x12(17, "PO-1", "bad", "PO-3"))
    (message,) = await bench.settled()
    (answer,) = await sent(bench)
    assert orders(bench) == ["PO-1", "PO-3"]
    assert segments(answer, "AK2") == ["AK2*850*0001", "AK2*850*0002", "AK2*850*0003"]
    assert segments(answer, "AK5") == ["AK5*A", "AK5*R*5", "AK5*A"]
    assert segments(answer, "AK9") == ["AK9*P*3*3*2"]
    (dead,) = [each for each in await bench.dead_records(message) if each.state is State.DEAD]
    assert b"*XX*" in await bench.payload(dead)
    (follows,) = await answers(bench)
    assert (follows.parent, follows.correlation_id) == (message.id, message.correlation_id)
    assert message.progress.counts["answered"] == 1


async def test_edifact_is_answered_by_contrl(bench: Bench) -> None:
    await start(bench, mapping=EDIFACT)
    bench.arrive("partner", edifact("R1", "1", "bad"))
    await bench.settled()
    (answer,) = await sent(bench)
    assert orders(bench) == ["1"]
    assert segments(answer, "UCI") == ["UCI+R1+GLOBEX+ACME+7"]
    assert segments(answer, "UCM") == ["UCM+1+ORDERS:D:96A:UN+7", "UCM+2+ORDERS:D:96A:UN+4"]


async def test_hl7_is_answered_by_ack(bench: Bench) -> None:
    await start(bench, mapping={"format": "hl7", "acknowledge": {"when": "always"}})
    msh = "MSH|^~\\&|LAB|GLOBEX|GATEWAY|ACME|20261123101500||ORU^R01|{}|P|2.5.1"
    bench.arrive("partner", "\r".join([msh.format(41), "PID|1", msh.format(42), "PID|1"]))
    await bench.settled()
    (answer,) = await sent(bench)
    assert [each for each in answer.decode().split("\r") if each.startswith("MSA")] == [
        "MSA|AA|41",
        "MSA|AA|42",
    ]


async def test_answers_are_numbered_with_all_that_goes_to_the_partner(bench: Bench) -> None:
    await start(bench, {**FLOW, "steps": [{"call": "s.edi.put"}]})
    for control in (1, 2):
        bench.arrive("partner", x12(control, "PO-1"))
        await bench.settled(count=control)
    await until(lambda: len(bench.script.bodies) == 4)
    own = [each for each in bench.script.bodies if segments(each, "ST*997")]
    assert sorted(segments(each, "ISA")[0].split("*")[13] for each in own) == ["000000001", "000000002"]


async def test_an_answer_that_cannot_be_sent_holds_up_nothing(bench: Bench) -> None:
    """It is tried again by itself, and is the same then."""
    fails: list[Exception] = [ConnectFailed("nobody is there"), ConnectFailed("nobody is there")]

    def answer(operation: str, request: Request) -> Any:
        return fails.pop() if operation == "raw.put" and fails else {}

    bench.script.answer = answer
    await start(bench)
    bench.arrive("partner", x12(1, "PO-1"))
    await bench.settled()
    assert orders(bench) == ["PO-1"]
    assert await sent(bench) == [bench.script.bodies[0]] * 3


async def test_an_answer_of_unknown_outcome_is_held_unless_it_may_be_sent_twice(bench: Bench) -> None:
    fails: list[Exception] = []

    def answer(operation: str, request: Request) -> Any:
        return fails.pop() if operation == "raw.put" and fails else {}

    bench.script.answer = answer
    await start(bench)
    fails.append(OutcomeUnknown("no answer came"))
    bench.arrive("partner", x12(1, "PO-1"))
    (held,) = await until(lambda: _in(bench, State.IN_DOUBT))
    await bench.engine.replay(held.id, Replay(by="ada", unknown_as="done"))
    await sent(bench)
    await bench.reload(
        {**FLOW, "acknowledge": {**FLOW["acknowledge"], "idempotent": True}}, mappings={"orders": X12}
    )
    fails.append(OutcomeUnknown("no answer came"))
    bench.arrive("partner", x12(2, "PO-1"))
    assert len(await sent(bench, 2)) == 3


async def _in(bench: Bench, state: State) -> list[Message]:
    return [each for each in await answers(bench) if each.state is state]


async def test_an_answer_that_is_refused_is_a_dead_letter_that_can_be_replayed(bench: Bench) -> None:
    fails: list[Exception] = [PeerRejected("no such folder", code="2", blame=Blame.CALLER)]
    bench.script.answer = lambda operation, request: fails.pop() if operation == "raw.put" and fails else {}
    await start(bench)
    bench.arrive("partner", x12(1, "PO-1"))
    await bench.settled()
    (dead,) = await until(lambda: _in(bench, State.DEAD))
    await bench.engine.replay(dead.id, Replay(by="ada"))
    assert await sent(bench) == [bench.script.bodies[0]] * 2


async def test_steps_that_fail_change_nothing_about_the_answer(bench: Bench) -> None:
    """It says what could be read; what becomes of that is no concern of its standard."""
    refused = PeerRejected("no", code="1", blame=Blame.CALLER)
    bench.script.answer = lambda operation, request: refused if operation == "do" else {}
    await start(bench)
    bench.arrive("partner", x12(1, "PO-1"))
    (message,) = await bench.settled()
    (answer,) = await sent(bench)
    assert segments(answer, "AK9") == ["AK9*A*1*1*1"]
    assert message.progress.counts["failed"] == 1


async def test_where_the_definition_asks_for_none_there_is_none(bench: Bench) -> None:
    await start(bench, mapping={**X12, "acknowledge": {"group": "none"}})
    bench.arrive("partner", x12(1, "PO-1"))
    (message,) = await bench.settled()
    assert await answers(bench) == []
    assert message.progress.counts["answered"] == 0


async def test_a_file_that_is_none_is_a_dead_letter_without_an_answer(bench: Bench) -> None:
    await start(bench)
    bench.arrive("partner", b"this is no interchange")
    await bench.settled(State.DONE, State.DEAD)
    assert await answers(bench) == []


async def test_a_wrong_isa_is_answered_by_ta1(bench: Bench) -> None:
    await start(bench)
    bench.arrive("partner", x12(1, "PO-1").replace(b"*261123*1015*U", b"*269923*1015*U"))
    await bench.settled()
    (answer,) = await sent(bench)
    assert segments(answer, "TA1") == ["TA1*000000001*269923*1015*R*014"]


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
async def test_killed_at_each_call_of_the_store_there_is_one_answer(after: bool, tmp_path: Path) -> None:
    flow = {
        **FLOW,
        "steps": [{"call": "s.do.again"}],
        "acknowledge": {"call": "s.raw.put", "idempotent": True},
    }

    def make(bench: Bench) -> None:
        bench.script.speaks("orders")
        bench.write(flow, mappings={"orders": X12})

    data = x12(1, "PO-1", "bad", "PO-3")
    kills = killed_at_each_call(tmp_path, make, "partner", data, after=after, messages=3)
    async for number, bench, _ in kills:
        await bench.start()
        (message,) = await bench.settled()
        assert len(set(await sent(bench))) == 1, number
        assert message.progress.counts["failed"] == 1
        assert set(orders(bench, "do.again")) == {"PO-1", "PO-3"}
        await bench.stop()
    assert number > 6


# --- interchanges that come again --------------------------------------------------------------------------


async def test_an_interchange_that_comes_again_is_not_carried_out_again(bench: Bench) -> None:
    await start(bench)
    bench.arrive("partner", x12(1, "PO-1"))
    await bench.settled()
    await bench.stop()
    await bench.start()
    bench.arrive("partner", x12(1, "PO-1") + x12(2, "PO-2"))
    _, again = await bench.settled(count=2)
    assert orders(bench) == ["PO-1", "PO-2"]
    (dead,) = [each for each in await bench.dead_records(again) if each.state is State.DEAD]
    assert dead.failure is not None
    assert dead.failure.rule == "duplicate-interchange"
    last = max(await sent(bench, 2), key=lambda each: each.count(b"TA1"))
    assert segments(last, "TA1") == ["TA1*000000001*261123*1015*R*025"]
    assert segments(last, "AK1") == ["AK1*PO*2"]


async def test_an_edifact_interchange_that_comes_again_is_rejected(bench: Bench) -> None:
    await start(bench, mapping=EDIFACT)
    for count in (1, 2):
        bench.arrive("partner", edifact("R1", "1"))
        await bench.settled(count=count)
    assert orders(bench) == ["1"]
    assert [segments(each, "UCI") for each in await sent(bench, 2)] == [
        ["UCI+R1+GLOBEX+ACME+7"],
        ["UCI+R1+GLOBEX+ACME+4+26+UNB+6"],
    ]


async def test_where_one_bad_record_is_enough_a_file_that_comes_again_is_a_dead_letter(bench: Bench) -> None:
    await start(bench, {**WITHOUT, "on_record_error": "reject_file"})
    bench.arrive("partner", x12(1, "PO-1"))
    await bench.settled()
    bench.arrive("partner", x12(1, "PO-1"))
    (dead,) = await bench.settled(State.DEAD)
    assert dead.failure is not None
    assert dead.failure.rule == "duplicate-interchange"
    assert orders(bench) == ["PO-1"]


async def test_the_same_message_is_none_that_comes_again(bench: Bench) -> None:
    """Tried again, after a restart too, it has brought what it brings itself."""
    fails: list[Exception] = [ConnectFailed("away"), PeerRejected("no", code="1", blame=Blame.CALLER)]
    bench.script.answer = lambda operation, request: fails.pop(0) if fails else {}
    await start(bench, {**WITHOUT, "on_record_error": "reject_file"})
    bench.arrive("partner", x12(1, "PO-1", "PO-2"))
    (dead,) = await bench.settled(State.DEAD)
    await bench.stop()
    await bench.start()
    await bench.engine.replay(dead.id, Replay(by="ada"))
    await bench.settled(State.DONE)
    assert orders(bench)[-2:] == ["PO-1", "PO-2"]


async def test_what_was_refused_as_a_whole_may_come_again(bench: Bench) -> None:
    """Nothing was made of it: the partner corrects it, and sends it under its number."""
    await start(bench, {**WITHOUT, "on_record_error": "reject_file"})
    bench.arrive("partner", x12(1, "PO-1", "bad"))
    await bench.settled(State.DEAD)
    bench.arrive("partner", x12(1, "PO-1", "PO-2"))
    await bench.settled(State.DONE)
    assert orders(bench) == ["PO-1", "PO-2"]


async def test_two_at_the_same_time_are_one(bench: Bench) -> None:
    bench.script.hold = asyncio.Event()
    await start(bench, WITHOUT)
    bench.arrive("partner", *(x12(1, "PO-1") for _ in range(4)))
    await until(lambda: bench.script.running)
    await bench.settled(State.DONE, count=3)
    bench.script.hold.set()
    await bench.settled(State.DONE, count=4)
    assert orders(bench) == ["PO-1"]


async def test_each_flow_and_each_partner_has_interchanges_of_its_own(bench: Bench) -> None:
    bench.script.speaks("orders")
    await bench.start(flows={"f": WITHOUT, "g": WITHOUT}, mappings={"orders": X12})
    bench.arrive("partner", x12(1, "PO-1"))
    await bench.settled(count=2)
    bench.arrive("partner", x12(1, "PO-2", sender="INITECH"))
    await bench.settled(count=4)
    assert sorted(orders(bench)) == ["PO-1", "PO-1", "PO-2", "PO-2"]


async def test_where_the_definition_lets_it_pass_it_is_read_again(bench: Bench) -> None:
    await start(bench, WITHOUT, {**X12, "lenient": ["duplicates"]})
    for count in (1, 2):
        bench.arrive("partner", x12(1, "PO-1"))
        await bench.settled(count=count)
    assert orders(bench) == ["PO-1", "PO-1"]


# --- what cannot be meant -----------------------------------------------------------------------------------

WRONG = [
    pytest.param(
        {"acknowledge": {"call": "s.raw.put"}, "on_record_error": "reject_file"},
        "needs `on_record_error: dead_letter_record`",
        id="files as a whole",
    ),
    pytest.param(
        {"acknowledge": {"call": "t.raw.put"}}, 'there is no system "t"', id="a system that is not there"
    ),
]
UNFIT = [
    pytest.param(
        {"acknowledge": {"call": "s.raw.putt"}},
        "s has no operation 'raw.putt'",
        id="an operation that is not there",
    ),
    pytest.param(
        {"acknowledge": {"call": "s.edi.put"}}, "s.edi.put does not take bytes as they are", id="a format"
    ),
    pytest.param({"acknowledge": {"call": "s.do"}}, "s.do does not take bytes as they are", id="JSON"),
    pytest.param(
        {"acknowledge": {"call": "s.raw.put", "with": {"nam": "1"}}},
        "no parameter or member 'nam'",
        id="a parameter that is not there",
    ),
    pytest.param(
        {"acknowledge": {"call": "s.raw.put", "with": {"name": "order.number"}}},
        "no member 'order'",
        id="a record's member",
    ),
    pytest.param({"from": "s.files"}, "csv makes no acknowledgements", id="a format without"),
    pytest.param(
        {"from": "s.raw", "steps": []}, "which has no format, makes no acknowledgements", id="bytes"
    ),
]


@pytest.mark.parametrize(("changes", "said"), WRONG)
def test_what_the_configuration_refuses(changes: dict[str, Any], said: str, bench: Bench) -> None:
    bench.script.speaks("orders")
    bench.write({**FLOW, **changes}, mappings={"orders": X12})
    with pytest.raises(ConfigurationError) as caught:
        load(bench.folder, {})
    assert said in str(caught.value)


@pytest.mark.parametrize(("changes", "said"), UNFIT)
def test_what_the_check_says(changes: dict[str, Any], said: str, bench: Bench) -> None:
    bench.script.speaks("orders")
    bench.write({**FLOW, **changes}, mappings={"orders": X12})
    assert said in "\n".join(map(str, _engine(bench).check()))


@pytest.mark.parametrize(
    ("changes", "found"),
    [({"transaction": 850}, 0), ({"transaction": 850, "acknowledge": None}, 0), ({"acknowledge": None}, 1)],
    ids=["a mistake", "a mistake, and none", "none"],
)
def test_nothing_is_said_of_what_a_bad_definition_makes(
    changes: dict[str, Any], found: int, bench: Bench
) -> None:
    bench.script.speaks("orders")
    bench.write(FLOW, mappings={"orders": {**X12, **changes}})
    examined = examine(bench.folder, {})
    assert len(examined.problems) == ("transaction" in changes)
    assert examined.usable is not None
    store = SqliteStore(bench.folder / "state", examined.usable.gateway.messages)
    said = Engine(examined.usable, Catalogue(examined.usable), store).check()
    assert ["makes no acknowledgements" in str(each) for each in said] == [True] * found


def test_what_is_acknowledged_and_not_sent_is_warned_of(bench: Bench) -> None:
    bench.script.speaks("orders")
    bench.write(FLOW, mappings={"orders": X12})
    assert _engine(bench).warnings() == []
    bench.write({key: FLOW[key] for key in FLOW if key != "acknowledge"}, mappings={"orders": X12})
    (warning,) = _engine(bench).warnings()
    assert "acknowledge: is not there, though orders says what is acknowledged" in str(warning)
    bench.write({**FLOW, "acknowledge": None}, mappings={"orders": {**X12, "acknowledge": None}})
    assert _engine(bench).warnings() == []


def _engine(bench: Bench) -> Engine:
    configuration = load(bench.folder, {})
    store = SqliteStore(configuration.gateway.state_dir, configuration.gateway.messages)
    return Engine(configuration, Catalogue(configuration), store)
