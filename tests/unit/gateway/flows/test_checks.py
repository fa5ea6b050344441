"""What can only be said of a flow once its systems have said what they offer."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.gateway.flows.bench import Bench, until

POST: Any = {"post": {}}


@pytest.mark.parametrize(
    ("source", "step", "key", "says"),
    [
        (
            "s.message",
            {},
            "f.from",
            "has no channel 'message'; did you mean messages?; it has: changes,",
        ),
        (POST, {"call": "s.doo"}, "f.steps[0].call", "has no operation 'doo'; did you mean do?"),
        (POST, {"call": "s.broken"}, "f.steps[0].call", "cannot offer broken: its schema is not there"),
        (POST, {"call": "s.watch"}, "f.steps[0].call", "endless stream of events"),
        (POST, {"call": "s.do", "batch": 5}, "f.steps[0].batch", "takes one at a time"),
        (POST, {"call": "s.rows.update"}, "f.steps[0].with", "needs the parameter key"),
        (POST, {"call": "s.rows.insert", "with": {"idd": "a"}}, "f.steps[0].with.idd", 'did you mean "id"?'),
        (POST, {"call": "s.rows.read", "with": {"a": "b"}}, "f.steps[0].with.a", "allowed: none"),
        (POST, {"call": "s.raw.put"}, "f.steps[0].call", "bytes without a format"),
        ("s.raw", {"call": "s.do"}, "f.steps[0].call", "what arrives has no format"),
    ],
    ids=["channel", "slip", "missing", "events", "batch", "parameter", "member", "none", "raw", "no-format"],
)
async def test_what_a_system_does_not_offer(
    source: Any, step: Any, key: str, says: str, bench: Bench
) -> None:
    bench.write({"from": source, "steps": [step] if step else []})
    bench.prepare()
    (problem,) = bench.engine.check()
    assert problem.key == key
    assert says in problem.message
    assert problem.file.name == "f.yaml"
    status = bench.engine.status()["f"]
    assert (status.state, status.reason) == ("blocked", problem.message)


LOOK = {"call": "s.look", "with": {"id": "1"}, "as": "found"}
MAPPED = {"map": {"transform": {"found.id": "1", "other": "2"}}}
SCHEMA = {"type": "object", "properties": {"found": {}, "text": {"type": "string"}}}


@pytest.mark.parametrize(
    ("flow", "keys"),
    [
        ({"from": POST, "steps": [LOOK, LOOK]}, ["steps[1].as"]),
        ({"from": POST, "steps": [MAPPED, LOOK]}, ["steps[1].as"]),
        ({"from": POST, "steps": [LOOK, {"map": "known"}, LOOK]}, ["steps[2].as"]),
        ({"from": POST, "steps": [LOOK, {"map": "unknown"}, LOOK]}, []),
        ({"from": {"post": {"format": "typed"}}, "steps": [LOOK]}, ["steps[0].as"]),
        ({"from": {"schedule": "0 0 * * *"}, "steps": [{**LOOK, "as": "scheduled_at"}]}, ["steps[0].as"]),
        ({"from": "s.typed", "steps": [LOOK]}, ["steps[0].as"]),
        ({"from": "s.rows", "steps": [LOOK]}, []),
        (
            {
                "from": POST,
                "steps": [
                    {"choose": [{"when": "true", "steps": [LOOK]}, {"otherwise": [LOOK, LOOK]}]},
                    LOOK,
                ],
            },
            ["steps[0].choose[1].otherwise[1].as", "steps[1].as"],
        ),
    ],
    ids=["twice", "transform", "named", "mapped away", "format", "schedule", "row", "not known", "branches"],
)
async def test_an_answer_does_not_replace_what_the_record_is_known_to_have(
    flow: Any, keys: list[str], bench: Bench
) -> None:
    bench.write(
        flow,
        mappings={
            "known": {"transform": {"found": "1"}},
            "unknown": {"transform": {"other": "1"}},
            "typed": {"format": "ndjson", "record": SCHEMA},
        },
    )
    bench.prepare()
    assert [problem.key for problem in bench.engine.check()] == [f"f.{key}" for key in keys]


async def test_a_parameter_has_no_place_in_a_batch(bench: Bench) -> None:
    step = {"call": "s.rows.update", "with": {"key": "id"}, "batch": 2}
    bench.write({"from": POST, "steps": [step]})
    bench.prepare()
    assert [problem.key for problem in bench.engine.check()] == [
        "f.steps[0].batch",
        "f.steps[0].with.key",
    ]


async def test_what_is_not_known_yet_is_no_problem_and_the_flow_waits(bench: Bench) -> None:
    bench.script.up = False
    bench.write(
        {"from": "late.nothing", "steps": [{"call": "late.nothing"}]},
        systems={"late": {"adapter": "scripted_flows_late"}},
    )
    await bench.start()
    assert bench.engine.status()["f"].state == "waiting"
    bench.script.up = True
    await until(lambda: bench.engine.status()["f"].state == "blocked")
    assert [problem.key for problem in bench.engine.check()] == ["f.from", "f.steps[0].call"]
