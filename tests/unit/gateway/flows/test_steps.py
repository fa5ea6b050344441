"""What each kind of step does, and what is counted."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from adapters.contract import ByteBody
from gateway.messages import State
from tests.unit.gateway.flows.bench import Bench

TO_ROW = {"transform": {"id": "number", "amount": "price"}}


async def run(bench: Bench, channel: str, data: str, *steps: Any, **settings: Any) -> Any:
    """One message through these steps; the message when it is done."""
    await bench.start({"from": f"s.{channel}", "steps": list(steps), **settings})
    bench.arrive(channel, data)
    return (await bench.settled(State.DONE, State.DEAD, State.IN_DOUBT))[0]


async def test_a_record_is_mapped_and_sent(bench: Bench) -> None:
    message = await run(
        bench, "messages", '{"number": 7, "price": 12.50}', {"map": TO_ROW}, {"call": "s.rows.insert"}
    )
    assert message.state is State.DONE
    assert bench.script.sent("rows.insert") == [{"id": 7, "amount": Decimal("12.50")}]
    assert message.progress.counts == {"read": 1, "sent": 1}


async def test_a_named_transform_is_that_of_the_mappings(bench: Bench) -> None:
    bench.write(
        {"from": "s.messages", "steps": [{"map": "to-row"}, {"call": "s.rows.insert"}]},
        mappings={"to-row": TO_ROW},
    )
    await bench.start()
    bench.arrive("messages", '{"number": 7, "price": 1}')
    await bench.settled()
    assert bench.script.sent("rows.insert") == [{"id": 7, "amount": 1}]


async def test_records_that_a_filter_keeps_back_are_counted(bench: Bench) -> None:
    message = await run(
        bench, "files", "id\n1\n2\n3\n", {"filter": "int(id) != 2"}, {"call": "s.rows.insert"}
    )
    assert [row["id"] for row in bench.script.sent("rows.insert")] == ["1", "3"]  # type: ignore[index, call-overload]
    assert message.progress.counts == {"checked": 3, "read": 3, "filtered": 1, "sent": 2}


async def test_branches_take_what_is_theirs_and_all_go_on_together(bench: Bench) -> None:
    await run(
        bench,
        "files",
        "id\n1\n2\n3\n4\n",
        {
            "choose": [
                {"when": "int(id) > 3", "steps": [{"map": {"transform": {"id": "'big'"}}}]},
                {"when": "int(id) > 2", "steps": [{"filter": "false"}]},
                {"otherwise": [{"call": "s.do", "as": "reply"}]},
            ]
        },
        {"call": "s.do.again"},
    )
    assert bench.script.sent("do") == [{"id": "1"}, {"id": "2"}]
    assert bench.script.sent("do.again") == [
        {"id": "1", "reply": {"ok": True}},
        {"id": "2", "reply": {"ok": True}},
        {"id": "big"},
    ]


async def test_a_record_that_no_branch_takes_goes_on(bench: Bench) -> None:
    await run(bench, "messages", '{"id": 1}', {"choose": [{"when": "id > 1", "steps": []}]}, {"call": "s.do"})
    assert bench.script.sent("do") == [{"id": 1}]


async def test_with_names_parameters_and_members(bench: Bench) -> None:
    await run(
        bench,
        "messages",
        '{"id": 5, "name": "x"}',
        {
            "call": "s.rows.update",
            "with": {"key": "id", "tag": "name", "text": "name", "from": "message.source"},
        },
    )
    ((_, request),) = bench.script.calls
    assert request.parameters == {"key": 5, "tag": ["x"]}
    assert request.body == {"text": "x", "from": "s.messages"}


async def test_the_record_is_the_body_beside_parameters(bench: Bench) -> None:
    await run(bench, "messages", '{"id": 5}', {"call": "s.rows.update", "with": {"key": "id"}})
    ((_, request),) = bench.script.calls
    assert (request.parameters, request.body) == ({"key": 5}, {"id": 5})


async def test_an_answer_goes_into_the_record(bench: Bench) -> None:
    bench.script.answer = lambda operation, request: {"name": "Ada"}
    await run(
        bench,
        "messages",
        '{"id": 5}',
        {"call": "s.look", "as": "person"},
        {"call": "s.do", "with": {"greeting": "'Hello ' + person.name"}},
    )
    assert bench.script.sent("do") == [{"greeting": "Hello Ada"}]


async def test_rows_are_a_list(bench: Bench) -> None:
    await run(bench, "messages", "{}", {"call": "s.rows.read", "as": "rows"}, {"call": "s.do"})
    assert bench.script.sent("do") == [{"rows": [{"id": 1}, {"id": 2}]}]


async def test_batches_hold_so_many(bench: Bench) -> None:
    message = await run(
        bench,
        "files",
        "id\n" + "".join(f"{number}\n" for number in range(7)),
        {"call": "s.rows.insert", "batch": 3},
    )
    sizes = [len(body) if isinstance(body, list) else 1 for body in bench.script.sent("rows.insert")]
    assert sizes == [3, 3, 1]
    assert message.progress.counts["sent"] == 7


async def test_records_become_the_bytes_of_a_format(bench: Bench) -> None:
    await run(bench, "files", "id,name\n1,x\n2,y\n", {"call": "s.files.put", "batch": 10})
    assert bench.script.bodies == [b"id,name\r\n1,x\r\n2,y\r\n"]


async def test_bytes_without_a_format_pass_as_they_are(bench: Bench) -> None:
    data = bytes(range(256)) * 2000
    await bench.start({"from": "s.raw", "steps": [{"call": "s.raw.put"}]})
    bench.arrive("raw", data)
    await bench.settled()
    assert bench.script.bodies == [data]
    body = bench.script.calls[0][1].body
    assert isinstance(body, ByteBody)
    assert body.size == len(data)


async def test_a_json_message_is_one_record_also_when_it_is_a_list(bench: Bench) -> None:
    await run(bench, "messages", "[1, 2]", {"call": "s.do"})
    assert bench.script.sent("do") == [[1, 2]]


async def test_numbers_keep_every_digit(bench: Bench) -> None:
    await run(bench, "messages", '{"id": 12345678901234567890.123456789012345678}', {"call": "s.do"})
    assert bench.script.sent("do") == [{"id": Decimal("12345678901234567890.123456789012345678")}]


@pytest.mark.parametrize(
    ("data", "steps", "error", "rule", "step"),
    [
        ("{", [{"call": "s.do"}], "MappingError", "syntax", ""),
        ('{"a": "x"}', [{"filter": "a > 0"}], "MappingError", "expression", "1:filter"),
        ('{"a": 1}', [{"filter": "a"}], "MappingError", "condition", "1:filter"),
        ('{"a": 1}', [{"map": {"transform": {"b": "c"}}}], "MappingError", None, "1:map"),
        ('{"a": 1}', [{"call": "s.rows.insert"}], "MappingError", "schema", "1:s.rows.insert"),
        (
            '{"a": 1}',
            [{"call": "s.rows.update", "id": "up", "with": {"key": "'x'"}}],
            "MappingError",
            "schema",
            "up",
        ),
        ("[1]", [{"call": "s.look", "as": "x"}], "MappingError", "schema", "1:s.look"),
        ('"x"', [{"call": "s.do", "as": "x"}], "MappingError", "as", "1:s.do"),
    ],
    ids=["json", "filter", "neither", "map", "schema", "parameter", "body", "as"],
)
async def test_bad_data_is_a_dead_letter_that_says_where(
    data: str, steps: Any, error: str, rule: str | None, step: str, bench: Bench
) -> None:
    message = await run(bench, "messages", data, *steps)
    assert message.state is State.DEAD
    assert message.failure is not None
    assert (message.failure.error, message.failure.step) == (error, step)
    assert rule is None or message.failure.rule == rule
    assert await bench.payload(message) == data.encode()
