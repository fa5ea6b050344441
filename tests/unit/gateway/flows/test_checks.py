"""What can only be said of a flow once its systems have said what they offer."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.gateway.flows.bench import Bench, until

POST: Any = {"post": {}}


@pytest.mark.parametrize(
    ("source", "step", "key", "says"),
    [
        ("s.message", {}, "f.from", "has no channel 'message'; did you mean messages?; it has: files"),
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
