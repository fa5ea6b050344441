"""Bad flows: each is refused at the exact place, with the rule or with what is allowed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from gateway.config import examine
from tests.unit.gateway.config.folder import ENVIRON, PLANT, place, problems, write

F = "flows/f.yaml"
FILES = {"systems/s.yaml": PLANT, "mappings/m.yaml": "fmt: {format: json}\nto-row: {transform: {a: b}}\n"}


@dataclass(frozen=True)
class Bad:
    """One bad flow: where the problem must point, and what its message must contain."""

    id: str
    content: str
    where: str
    says: str


def flow(*lines: str) -> str:
    """A flow that takes posts, with more lines."""
    return "\n".join(["f:", "  from: {post: {}}", *(f"  {line}" for line in lines), ""])


def steps(step: str) -> str:
    """A flow with one step."""
    return flow(f"steps: [{step}]")


SOURCES = [
    Bad("missing", "f: {steps: []}\n", "1:1: f.from", "is required"),
    Bad("number", "f: {from: 5, steps: []}\n", "1:11: f.from", "must be SYSTEM.CHANNEL"),
    Bad("one-word", "f: {from: inbox, steps: []}\n", "1:11: f.from", "must be SYSTEM.CHANNEL"),
    Bad("system", "f: {from: plan.t, steps: []}\n", "1:11: f.from", 'did you mean "plant"? there are: plant'),
    Bad("slip", "f: {from: {shedule: a}, steps: []}\n", "1:12: f.from.shedule", 'did you mean "schedule"?'),
    Bad("format", "f: {from: {post: {format: cvs}}, steps: []}\n", "1:27: f.from.post.format", '"csv"?'),
    Bad(
        "fields",
        'f: {from: {schedule: "* * *"}, steps: []}\n',
        "1:22: f.from.schedule",
        "minute hour day month weekday",
    ),
    Bad(
        "minute", 'f: {from: {schedule: "61 * * * *"}, steps: []}\n', "1:22: f.from.schedule", "field minute"
    ),
    Bad("step-0", 'f: {from: {schedule: "*/0 * * * *"}, steps: []}\n', "1:22: f.from.schedule", "steps */n"),
    Bad("never", 'f: {from: {schedule: "0 0 30 2 *"}, steps: []}\n', "1:22: f.from.schedule", "day-of-month"),
    Bad(
        "zone",
        'f: {from: {schedule: "* * * * *", timezone: Europe/Berln}, steps: []}\n',
        "1:45: f.from.timezone",
        'did you mean "Europe/Berlin"?',
    ),
    Bad(
        "missed",
        'f: {from: {schedule: "* * * * *", missed: run}, steps: []}\n',
        "1:43: f.from.missed",
        "must be one of: run_once_late, skip",
    ),
]

FLOWS = [
    Bad("no-steps", "f: {from: {post: {}}}\n", "1:1: f.steps", "is required"),
    Bad("key", flow("steps: []", "stepz: []"), "4:3: f.stepz", 'did you mean "steps"?'),
    Bad("list", "f: []\n", "1:4: f", "must be a mapping"),
    Bad("name", "F!: {from: {post: {}}, steps: []}\n", "1:1: F!", "allowed: 1 to 63"),
    Bad("twice", flow("steps: []") + flow("steps: []"), "4:1: f", "on line 1"),
    Bad("policy", flow("on_record_error: skip", "steps: []"), "3:20: f.on_record_error", "reject_file"),
    Bad("lane", flow("order_by: a +", "steps: []"), "3:13: f.order_by", "column 4"),
    Bad("retries", flow("retry: {attempts: 0}", "steps: []"), "3:21: f.retry.attempts", "from 1 to 10000"),
    Bad("waits", flow("retry: {first_s: 9, max_s: 3}", "steps: []"), "3:10: f.retry", "first_s is larger"),
]

STEPS = [
    Bad("kind", steps("{filtr: a}"), "3:12: f.steps[0].filtr", 'did you mean "filter"?'),
    Bad("unknown", steps("{send: a}"), "3:11: f.steps[0]", "one of the keys: map, filter, choose, call"),
    Bad("two", steps("{map: to-row, filter: a}"), "3:11: f.steps[0]", "exactly one of the keys"),
    Bad("text", steps("hello"), "3:11: f.steps[0]", "exactly one of the keys"),
    Bad(
        "foreign-key",
        steps("{filter: a, batch: 3}"),
        "3:23: f.steps[0].batch",
        "unknown key; it goes with `call`; allowed: filter",
    ),
    Bad("expression", steps('{filter: "amount >> 0"}'), "3:20: f.steps[0].filter", "column 9"),
    Bad("never-true", steps('{filter: "1 + 1"}'), "3:20: f.steps[0].filter", "never true or false"),
    Bad("transform", steps("{map: to-rov}"), "3:17: f.steps[0].map", 'did you mean "to-row"?'),
    Bad("format", steps("{map: fmt}"), "3:17: f.steps[0].map", "is a format; allowed: a transform"),
    Bad(
        "several-later",
        steps("{filter: a}, {map: {each: a, transform: {b: c}}}"),
        "3:30: f.steps[1].map",
        "makes several records of one; allowed in a flow: as its first step",
    ),
    Bad(
        "several-to-one",
        steps("{map: {group_by: [a], transform: {b: first.a}}}"),
        "3:17: f.steps[0].map",
        "makes one record of several; allowed in a flow: a transform of one to one, or to several",
    ),
    Bad("inline", steps('{map: {transform: {a: "b +"}}}'), "3:33: f.steps[0].map.transform.a", "column 4"),
    Bad("targets", steps("{map: {transform: {a: b, a.c: d}}}"), "3:29: f.steps[0].map.transform", "inside"),
    Bad("operation", steps("{call: plant}"), "3:18: f.steps[0].call", "must be SYSTEM.OPERATION"),
    Bad("system", steps("{call: plan.t}"), "3:18: f.steps[0].call", 'did you mean "plant"?'),
    Bad("batch-of-1", steps("{call: plant.t, batch: 1}"), "3:34: f.steps[0].batch", "from 2 to 10000"),
    Bad("batch-as", steps("{call: plant.t, batch: 5, as: x}"), "3:41: f.steps[0].as", "one answer for all"),
    Bad("as", steps('{call: plant.t, as: "a b"}'), "3:31: f.steps[0].as", "must be text"),
    Bad("id", steps("{call: plant.t, id: a/b}"), "3:31: f.steps[0].id", "must be text"),
    Bad(
        "same-ids",
        steps("{call: plant.t, id: x}, {call: plant.t, id: x}"),
        "3:55: f.steps[1].id",
        "each once",
    ),
    Bad(
        "with-list",
        steps("{call: plant.t, with: {a: [1]}}"),
        "3:37: f.steps[0].with.a",
        "must be an expression, as text: a member such as customer.id",
    ),
    Bad(
        "with-fraction", steps("{call: plant.t, with: {a: 1.5}}"), "3:37: f.steps[0].with.a", 'such as "1.10"'
    ),
    Bad("with-nothing", steps("{call: plant.t, with: {a: }}"), "3:36: f.steps[0].with.a", 'null as "null"'),
    Bad("with", steps('{call: plant.t, with: {a: "b("}}'), "3:37: f.steps[0].with.a", "column 3"),
    Bad("branch", steps("{choose: [{wen: a, steps: []}]}"), "3:22: f.steps[0].choose[0].wen", '"when"?'),
    Bad("no-branch", steps("{choose: []}"), "3:20: f.steps[0].choose", "1 to 100 items"),
    Bad("no-when", steps("{choose: [{otherwise: []}]}"), "3:20: f.steps[0].choose", "no branch with `when`"),
    Bad(
        "otherwise-first",
        steps("{choose: [{otherwise: []}, {when: a, steps: []}]}"),
        "3:20: f.steps[0].choose",
        "as the last branch",
    ),
    Bad(
        "inside",
        steps("{choose: [{when: a, steps: [{call: x.y}]}]}"),
        "3:46: f.steps[0].choose[0].steps[0].call",
        'there is no system "x"',
    ),
]


@pytest.mark.parametrize("bad", [*SOURCES, *FLOWS, *STEPS], ids=lambda bad: bad.id)
def test_is_refused_at_its_place(bad: Bad, tmp_path: Path) -> None:
    found = problems(write(tmp_path, {**FILES, F: bad.content}))
    places = {place(problem, tmp_path): problem.message for problem in found}
    assert f"{F}:{bad.where}" in places
    assert bad.says in places[f"{F}:{bad.where}"]


def test_what_uses_a_mapping_that_is_not_good_is_not_said_to_be_wrong(tmp_path: Path) -> None:
    files = {"mappings/m.yaml": "a: {transform: {b: 'c +'}}\n", F: steps("{map: a}")}
    examined = examine(write(tmp_path, files), ENVIRON)
    (problem,) = examined.problems
    assert place(problem, tmp_path) == "mappings/m.yaml:1:20: a.transform.b"
    assert examined.usable is not None
    assert examined.usable.flows == {}


def test_a_flow_of_a_system_that_is_not_good_is_left_out(tmp_path: Path) -> None:
    files = {"systems/s.yaml": "plant: {adapter: mqtt}\n", F: steps("{call: plant.t}")}
    examined = examine(write(tmp_path, files), ENVIRON)
    assert {place(problem, tmp_path) for problem in examined.problems} == {
        "systems/s.yaml:1:1: plant.broker",
        "systems/s.yaml:1:1: plant.channels",
    }
    assert examined.usable is not None
    assert examined.usable.flows == {}


def test_a_good_flow_is_read(tmp_path: Path) -> None:
    write(tmp_path, {**FILES, F: steps("{map: to-row}, {call: plant.t}")})
    examined = examine(tmp_path, ENVIRON)
    assert examined.problems == ()
    assert examined.usable is not None
    assert list(examined.usable.flows) == ["f"]
    assert list(examined.usable.transforms) == ["to-row"]
    assert list(examined.usable.formats) == list(examined.usable.definitions) == ["fmt"]
