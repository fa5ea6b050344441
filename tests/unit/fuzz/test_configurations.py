"""Damaged configuration files: problems with their places, or a configuration, and nothing else."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from gateway.config import ConfigurationError, Problem, load
from tests.unit.fuzz.damage import SEED, damaged

SYSTEMS = b"""erp:
  adapter: mqtt
  broker: mqtt://127.0.0.1:1883
  channels:
    temperature: {topic: "plant/{line}/t", qos: 1, format: json}
  timeout_s: 20
"""
FLOWS = b"""hot-to-alarm:
  from: erp.temperature
  order_by: line
  on_record_error: dead_letter_record
  steps:
    - map: {transform: {celsius: c, at: {from: t, type: string}, note: "'n' + string(c)"}}
    - filter: celsius > 20 && celsius < 1.5 * limit
    - choose:
        - when: celsius > 90
          steps: [{call: erp.temperature.publish, with: {line: "'1'"}, as: reply}]
        - otherwise: [{call: erp.temperature.publish, id: low, idempotent: true}]
  retry: {attempts: 3, first_s: 1, max_s: 300}
nightly:
  from: {schedule: "*/5 0 * * 1-5", timezone: Europe/Berlin, missed: skip}
  steps: [{call: erp.temperature.publish, batch: 5}]
posted: {from: {post: {format: csv}}, max_in_flight: 2, steps: [{filter: has(a)}]}
"""
MAPPINGS = b"""stock:
  format: fixed_width
  encoding: us-ascii
  separator: lf
  fields:
    item: {at: 1, length: 8}
    quantity: {at: 9, length: 6, type: integer, pad: " ", sign: floating}
    counted: {at: 15, length: 6, type: date, pattern: "%y%m%d", century_from: 1970}
rows: {format: delimited, delimiter: ";", fields: {a: {type: decimal, scale: 2}}}
renamed:
  transform: {a.b: x, c: {from: y, default: 1, lookup: {k: v}}, d: {constant: z}}
"""
FILES = {"systems": SYSTEMS, "mappings": MAPPINGS, "flows": FLOWS}


@pytest.mark.parametrize("kind", FILES)
@pytest.mark.parametrize(
    "count", [60, pytest.param(6_000, marks=[pytest.mark.long, pytest.mark.timeout(1800)])]
)
def test_damaged_configurations(kind: str, count: int, tmp_path: Path) -> None:
    chance = random.Random(SEED)
    (tmp_path / "gateway.yaml").write_text("listen: 127.0.0.1:8080\n")
    for folder, good in FILES.items():
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "all.yaml").write_bytes(good)
    assert load(tmp_path, {}).flows
    for _ in range(count):
        data = damaged(FILES[kind], chance)
        (tmp_path / kind / "all.yaml").write_bytes(data)
        problems: tuple[Problem, ...] = ()
        try:
            load(tmp_path, {})
        except ConfigurationError as error:
            problems = error.problems
        except Exception as error:
            raise AssertionError(f"seed {SEED}: {data!r} raised {error!r}") from error
        assert all(problem.line >= 1 and problem.column >= 1 for problem in problems), data
