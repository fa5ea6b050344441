"""What follows from each kind of failure: another attempt, a dead letter, or a person who decides."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncGenerator, Callable
from typing import Any

import pytest

from adapters.contract import JsonValue, Request, RowsShape
from adapters.errors import (
    AdapterError,
    AuthenticationFailed,
    BadReply,
    Blame,
    ConnectFailed,
    InvalidRequest,
    LimitExceeded,
    OutcomeUnknown,
    PeerRejected,
    PoolTimeout,
    ReadTimeout,
    Throttled,
    Violation,
)
from gateway.config import RetrySettings
from gateway.flows.failures import wait_s
from gateway.messages import Failure, State
from mappings.contract import MAX_CUT_BYTES
from tests.unit.gateway.flows import scripted
from tests.unit.gateway.flows.bench import Bench, until

REJECTED = PeerRejected("no", code="23505", blame=Blame.CONFLICT)
CSV = "id\n1\n2\n3\n4\n"


def failing(*errors: AdapterError) -> Callable[[str, Request], JsonValue | BaseException]:
    """Fail with these, one after the other, and then answer."""
    left = list(errors)
    return lambda operation, request: left.pop(0) if left else {"ok": True}


def refusing(
    *bad: str, error: AdapterError = REJECTED
) -> Callable[[str, Request], JsonValue | BaseException]:
    """Refuse what holds a record with one of these ids."""

    def answer(operation: str, request: Request) -> JsonValue | BaseException:
        rows = request.body if isinstance(request.body, list) else [request.body]
        return error if any(isinstance(row, dict) and row.get("id") in bad for row in rows) else {"ok": True}

    return answer


async def one(bench: Bench, *errors: AdapterError, call: str = "s.do", **more: Any) -> Any:
    """One message to an operation that fails so; the message when it is settled."""
    bench.script.answer = failing(*errors)
    await bench.start({"from": "s.messages", "steps": [{"call": call, **more}]})
    bench.arrive("messages", '{"id": 1}')
    return (await bench.settled(State.DONE, State.DEAD, State.IN_DOUBT))[0]


@pytest.mark.parametrize(
    "error",
    [
        ConnectFailed("refused"),
        PoolTimeout("busy"),
        Throttled("slow down", 0.0),
        ReadTimeout("late"),
        AuthenticationFailed("who"),
        PeerRejected("deadlock", code="40P01", blame=Blame.PEER, transient=True),
    ],
    ids=lambda error: type(error).__name__,
)
async def test_what_may_pass_is_tried_again(error: AdapterError, bench: Bench) -> None:
    message = await one(bench, error, error)
    assert message.state is State.DONE
    assert message.attempts == 3
    assert len(bench.script.calls) == 3
    keys = {request.idempotency_key for _, request in bench.script.calls}
    assert len(keys) == 1
    assert all("gateway.redelivered" not in request.headers for _, request in bench.script.calls)


@pytest.mark.parametrize(
    ("error", "rule", "path"),
    [
        (REJECTED, "23505", None),
        (InvalidRequest("bad", [Violation("is too long", pointer="/name")]), None, "/name"),
        (BadReply("nonsense"), None, None),
    ],
    ids=["rejected", "invalid", "bad-reply"],
)
async def test_what_will_not_pass_is_a_dead_letter_at_once(
    error: AdapterError, rule: str | None, path: str | None, bench: Bench
) -> None:
    message = await one(bench, error)
    assert message.state is State.DEAD
    assert len(bench.script.calls) == 1
    failure = message.failure
    assert (failure.error, failure.rule, failure.path) == (type(error).__name__, rule, path)
    assert (failure.step, failure.record) == ("1:s.do", 1)


@pytest.mark.parametrize(
    "error", [OutcomeUnknown("cut"), BadReply("nonsense", sent_write=True)], ids=["unknown", "bad-reply"]
)
async def test_an_unknown_outcome_is_held(error: AdapterError, bench: Bench) -> None:
    message = await one(bench, error)
    assert message.state is State.IN_DOUBT
    assert len(bench.script.calls) == 1


@pytest.mark.parametrize("error", [ReadTimeout("late"), LimitExceeded("too large")], ids=["late", "large"])
async def test_a_write_whose_answer_breaks_off_is_held(
    error: AdapterError, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(_: object) -> AsyncGenerator[bytes, None]:
        yield b'{"id":1}\n'
        raise error

    monkeypatch.setattr(scripted, "_blocks", broken)
    swap = dataclasses.replace(scripted.OPERATIONS[0], name="swap", reply=RowsShape(scripted.ROW))
    bench.script.operations = (*scripted.OPERATIONS, swap)
    await bench.start({"from": "s.messages", "steps": [{"call": "s.swap", "as": "reply"}]})
    bench.arrive("messages", "{}")
    (message,) = await bench.settled(State.IN_DOUBT, State.DONE, State.DEAD)
    assert message.state is State.IN_DOUBT
    assert len(bench.script.calls) == 1


@pytest.mark.parametrize(
    ("call", "more"),
    [("s.do.again", {}), ("s.once.insert", {}), ("s.do", {"idempotent": True}), ("s.look", {})],
    ids=["idempotent", "deduplicates", "vouched", "safe"],
)
async def test_an_unknown_outcome_is_repeated_where_that_is_harmless(
    call: str, more: Any, bench: Bench
) -> None:
    error = OutcomeUnknown("cut") if call != "s.look" else ReadTimeout("late")
    message = await one(bench, error, call=call, **more)
    assert message.state is State.DONE
    first, second = (request for _, request in bench.script.calls)
    assert first.idempotency_key == second.idempotency_key
    if call != "s.look":
        assert second.headers["gateway.redelivered"] == "true"
    assert "gateway.redelivered" not in first.headers


@pytest.mark.parametrize(("unknown_as", "calls"), [("repeat", 2), ("done", 1)])
async def test_a_person_decides_what_became_of_it(unknown_as: Any, calls: int, bench: Bench) -> None:
    bench.script.answer = failing(OutcomeUnknown("cut"))
    await bench.start({"from": "s.messages", "steps": [{"call": "s.do"}, {"call": "s.do.again"}]})
    bench.arrive("messages", '{"id": 1}')
    (message,) = await bench.settled(State.IN_DOUBT)
    await bench.store.replay(message.id, by="ada", unknown_as=unknown_as)
    await bench.settled(State.DONE)
    assert len(bench.script.sent("do")) == calls
    assert len(bench.script.sent("do.again")) == 1


async def test_after_so_many_attempts_it_is_a_dead_letter(bench: Bench) -> None:
    bench.script.answer = failing(*[PoolTimeout("busy")] * 9)
    await bench.start(
        {
            "from": "s.messages",
            "steps": [{"call": "s.do"}],
            "retry": {"attempts": 3, "first_s": 1, "max_s": 2},
        }
    )
    bench.arrive("messages", "{}")
    (message,) = await bench.settled(State.DEAD)
    assert (message.attempts, message.failure and message.failure.error) == (3, "PoolTimeout")
    await bench.store.replay(message.id, by="ada")
    (message,) = await bench.settled(State.DEAD)
    assert message.attempts == 6
    await bench.store.replay(message.id, by="ada")
    (message,) = await bench.settled(State.DEAD)
    await bench.store.replay(message.id, by="ada")
    (message,) = await bench.settled(State.DONE)
    assert message.attempts == 10


async def test_waits_double_with_full_jitter_and_honour_the_peer() -> None:
    asked: list[tuple[float, float]] = []

    def chance(low: float, high: float) -> float:
        asked.append((low, high))
        return high / 2

    settings = RetrySettings(attempts=10, first_s=1, max_s=10)
    waits = [wait_s(attempt, settings, 0.0, chance) for attempt in (1, 2, 3, 4, 5, 2000)]
    assert asked == [(0, 1), (0, 2), (0, 4), (0, 8), (0, 10), (0, 10)]
    assert waits == [0.5, 1, 2, 4, 5, 5]
    assert wait_s(1, settings, 30.0, chance) == 30.0


async def test_a_message_waits_for_its_next_attempt(bench: Bench) -> None:
    bench.chance = lambda low, high: 600.0
    bench.script.answer = failing(PoolTimeout("busy"))
    await bench.start({"from": "s.messages", "steps": [{"call": "s.do"}]})
    bench.arrive("messages", "{}")

    async def waits() -> bool:
        return any(message.due_at is not None for message in await bench.messages())

    await until(waits)
    assert len(bench.script.calls) == 1
    bench.ahead_s = 700.0
    bench.engine._dispatcher.wake()
    await bench.settled(State.DONE)
    assert len(bench.script.calls) == 2


# --- batches -----------------------------------------------------------------------------------------------


async def test_a_rejected_batch_is_sent_record_by_record_to_find_the_bad_one(bench: Bench) -> None:
    bench.script.answer = refusing("3")
    await bench.start(
        {
            "from": "s.files",
            "on_record_error": "dead_letter_record",
            "steps": [{"call": "s.rows.insert", "batch": 4}, {"call": "s.do"}],
        }
    )
    bench.arrive("files", CSV + "5\n")
    (message,) = await bench.settled(State.DONE)
    sent = bench.script.sent("rows.insert")
    assert len(sent[0]) == 4  # type: ignore[arg-type]
    assert sent[1:] == [{"id": "1"}, {"id": "2"}, {"id": "3"}, {"id": "4"}, {"id": "5"}]
    assert [row["id"] for row in bench.script.sent("do")] == ["1", "2", "4", "5"]  # type: ignore[index, call-overload]
    (dead,) = await bench.dead_records(message)
    assert dead.state is State.DEAD
    assert dead.failure is not None
    assert (dead.failure.error, dead.failure.record, dead.failure.rule) == ("PeerRejected", 3, "23505")
    assert await bench.payload(dead) == b'{"id":"3"}'
    assert message.progress.counts["failed"] == 1
    assert message.progress.records == 5


async def test_records_that_do_not_fit_are_left_out_of_a_batch(bench: Bench) -> None:
    await bench.start(
        {
            "from": "s.files",
            "on_record_error": "dead_letter_record",
            "steps": [
                {"map": {"transform": {"id": "id", "amount": "a == 'x' ? 'x' : int(a)"}}},
                {"call": "s.rows.insert", "batch": 4},
            ],
        }
    )
    bench.arrive("files", "id,a\n1,1\n2,x\n3,3\n")
    (message,) = await bench.settled(State.DONE)
    assert bench.script.sent("rows.insert") == [[{"id": "1", "amount": 1}, {"id": "3", "amount": 3}]]
    (dead,) = await bench.dead_records(message)
    assert dead.failure is not None
    assert (dead.failure.rule, dead.failure.path) == ("schema", "/amount")


async def test_a_transient_rejection_of_a_batch_is_tried_again_as_a_batch(bench: Bench) -> None:
    bench.script.answer = failing(PeerRejected("deadlock", code="40001", blame=Blame.PEER, transient=True))
    await bench.start({"from": "s.files", "steps": [{"call": "s.rows.insert", "batch": 4}]})
    bench.arrive("files", CSV)
    await bench.settled(State.DONE)
    assert [len(body) for body in bench.script.sent("rows.insert")] == [4, 4]  # type: ignore[arg-type]


async def test_what_was_sent_one_by_one_is_not_sent_again_with_its_batch(bench: Bench) -> None:
    bench.script.answer = refusing("3")
    await bench.start({"from": "s.files", "steps": [{"call": "s.rows.insert", "batch": 4}]})
    bench.arrive("files", CSV)
    (message,) = await bench.settled(State.DEAD)
    assert message.failure is not None
    assert message.failure.record == 3
    bench.script.answer = refusing()
    bench.script.calls.clear()
    await bench.store.replay(message.id, by="ada")
    await bench.settled(State.DONE)
    assert bench.script.sent("rows.insert") == [{"id": "3"}, {"id": "4"}]


# --- files -------------------------------------------------------------------------------------------------

BAD_CSV = "id,amount\n1,5\n2\n3,x\n4,7\n"
TO_ROW = {"map": {"transform": {"id": "id", "amount": "int(amount)"}}}


async def test_a_file_with_a_bad_record_is_rejected_before_anything_is_sent(bench: Bench) -> None:
    await bench.start({"from": "s.files", "steps": [{"call": "s.do"}, TO_ROW]})
    bench.arrive("files", "id,amount\n1,5\n2,6\n3,x\n4,7\n")
    (message,) = await bench.settled(State.DEAD)
    assert bench.script.calls == []
    assert message.failure is not None
    assert (message.failure.record, message.failure.step) == (3, "2:map")
    assert message.progress.records == 0


async def test_bad_records_are_set_aside_and_the_others_go_on(bench: Bench) -> None:
    await bench.start(
        {
            "from": "s.files",
            "on_record_error": "dead_letter_record",
            "steps": [TO_ROW, {"call": "s.rows.insert", "batch": 2}],
        }
    )
    bench.arrive("files", BAD_CSV)
    (message,) = await bench.settled(State.DONE)
    sent = [
        row
        for body in bench.script.sent("rows.insert")
        for row in (body if isinstance(body, list) else [body])
    ]
    assert sent == [{"id": "1", "amount": 5}, {"id": "4", "amount": 7}]
    unread, unmapped = await bench.dead_records(message)
    assert unread.failure is not None
    assert unmapped.failure is not None
    assert unread.failure.record == 2
    assert await bench.payload(unread) == b"2"
    assert await bench.payload(unmapped) == b'{"id":"3","amount":"x"}'
    assert unmapped.failure.record == 3
    assert message.progress.counts == {"read": 4, "failed": 2, "sent": 2}


async def test_a_record_too_long_to_be_kept_says_where_the_whole_of_it_is(bench: Bench) -> None:
    await bench.start(
        {"from": "s.lines", "on_record_error": "dead_letter_record", "steps": [{"call": "s.do"}]},
    )
    long = b'"' + b"x" * (1 << 20) + b'"'
    data = b'{"n": 1}\n' + long + b'\n{"n": 3}\n'
    bench.arrive("lines", data)
    (message,) = await bench.settled(State.DONE)
    (dead,) = await bench.dead_records(message)
    kept = await bench.payload(dead)
    assert kept == long[:MAX_CUT_BYTES]
    assert dead.headers["gateway.cut"] == f"the whole record is in message {message.id}, from byte 9 on"
    assert dead.failure is not None
    assert dead.failure.text.endswith(f"; 65536 bytes are here, {dead.headers['gateway.cut']}")
    assert dead.failure.byte_offset == 9
    assert (await bench.payload(message))[9:].startswith(long)
    assert message.progress.counts == {"read": 3, "failed": 1, "cut": 1, "sent": 2}
    bench.ahead_s = 8 * 24 * 3600
    assert await bench.store.prune() == 0


async def test_a_dead_record_is_replayed_from_the_step_that_failed(bench: Bench) -> None:
    bench.script.answer = lambda operation, request: (
        REJECTED if operation == "rows.insert" else {"from": operation}
    )
    await bench.start(
        {
            "from": "s.files",
            "on_record_error": "dead_letter_record",
            "steps": [
                {"call": "s.do", "as": "reply"},
                {"call": "s.rows.insert", "with": {"id": "id", "text": "reply.from"}},
            ],
        }
    )
    bench.arrive("files", "id\n1\n2\n")
    (message,) = await bench.settled(State.DONE)
    first, second = await bench.dead_records(message)
    bench.script.answer = lambda operation, request: {}
    bench.script.calls.clear()
    await bench.store.replay(second.id, by="ada")
    await until(lambda: bench.script.calls)
    assert [(name, request.body) for name, request in bench.script.calls] == [
        ("rows.insert", {"id": "2", "text": "do"})
    ]
    assert (await bench.store.get(first.id)).state is State.DEAD


async def test_an_error_of_the_gateway_is_a_dead_letter_and_not_tried_for_ever(bench: Bench) -> None:
    message = await one(bench, RuntimeError("secret"))  # type: ignore[arg-type]
    assert message.state is State.IN_DOUBT
    assert message.failure == Failure("Internal", "the gateway failed while running it; see the log")


# --- systems that are away ---------------------------------------------------------------------------------


async def test_while_a_system_is_away_its_messages_wait_without_attempts(bench: Bench) -> None:
    bench.script.up = False
    await bench.start({"from": "s.messages", "steps": [{"call": "s.do"}], "retry": {"attempts": 2}})
    for _ in range(5):
        await bench.engine.accept_call(
            bench.catalogue.systems["s"].entries["do"], Request(body={}), owner="k", correlation_id="c"
        )
    await until(lambda: bench.engine._dispatcher.paused_for("call:s.do"))
    bench.script.up = True
    messages = await bench.settled(State.DONE, count=5)
    assert max(message.attempts for message in messages) <= 2


async def test_a_flow_whose_operation_is_not_there_holds_its_messages_and_says_so(bench: Bench) -> None:
    bench.write(
        {"from": "t.messages", "steps": [{"call": "s.do.it"}]},
        systems={"s": {"adapter": "scripted_flows_late"}, "t": {"adapter": "scripted_flows"}},
    )
    await bench.start()
    bench.arrive("messages", "{}")
    await until(lambda: bench.engine.status()["f"].state == "blocked")
    assert "has no operation 'do.it'; did you mean do" in bench.engine.status()["f"].reason
    (problem,) = bench.engine.check()
    assert problem.key == "f.steps[0].call"
    await until(lambda: bench.messages())
    (message,) = await bench.messages()
    assert (message.state, message.attempts) == (State.PENDING, 0)


async def test_a_format_that_can_read_nothing_makes_dead_letters_with_the_reason(bench: Bench) -> None:
    bench.script.speaks("long")
    copybook = "       01 R.\n          05 G OCCURS 30000.\n             10 A PIC X(100).\n"
    long = {"format": "copybook", "encoding": "us-ascii", "copybook": copybook}
    flow = {"from": "s.partner", "on_record_error": "dead_letter_record", "steps": [{"call": "s.do"}]}
    await bench.start(flow, mappings={"long": long})
    bench.arrive("partner", b"x")
    (message,) = await bench.settled(State.DEAD)
    assert message.failure is not None
    assert message.failure.error == "MappingError"
    assert "3000000" in message.failure.text
