"""Names that no record has are found before any record is there; what may be right is left alone."""

from __future__ import annotations

from typing import Any

import pytest

from tests.statements import once
from tests.unit.gateway.flows.bench import Bench

FORMATS: dict[str, Any] = {
    "orders": {
        "format": "delimited",
        "fields": {"id": {"type": "integer"}, "amount": {"type": "decimal"}, "note": {}},
    },
    "statement": {
        "format": "fixed_width",
        "encoding": "us-ascii",
        "record_length": 10,
        "records": {
            "header": once("H", account={"at": 2, "length": 9}),
            "line": {
                "match": {"at": 1, "value": "D"},
                "fields": {
                    "invoice": {"at": 2, "length": 4},
                    "amount": {"at": 6, "length": 5, "type": "integer"},
                },
            },
        },
    },
    "to-row": {"transform": {"id": "id", "amount": "amount"}},
    "slip": {"transform": {"id": "id", "amount": "amout"}},
    "provided": {"transform": {"id": "id", "text": {"from": "remark", "optional": True}}},
    "nested": {"transform": {"id": "line.invoise", "account": "header.account"}},
}
ROW = {"call": "s.rows.insert"}
ORDERS: Any = {"post": {"format": "orders"}}
STATEMENT: Any = {"post": {"format": "statement"}}
JSON: Any = {"post": {}}
WRONG: dict[str, tuple[Any, list[Any], str, str]] = {
    "filter": (
        ORDERS,
        [{"filter": "amuont > 0"}],
        "steps[0].filter",
        "no member 'amuont'; did you mean amount?",
    ),
    "when": (
        ORDERS,
        [{"choose": [{"when": "nots == 'a'", "steps": []}]}],
        "steps[0].choose[0].when",
        "did you mean note?",
    ),
    "in a branch": (
        ORDERS,
        [{"choose": [{"when": "id > 0", "steps": []}, {"otherwise": [{"filter": "idd > 0"}]}]}],
        "steps[0].choose[1].otherwise[0].filter",
        "did you mean id?",
    ),
    "with": (ORDERS, [{"call": "s.do", "with": {"x": "amountt"}}], "steps[0].with.x", "did you mean amount?"),
    "named transform": (
        ORDERS,
        [{"map": "slip"}],
        "steps[0].map",
        "slip, amount: the records have no member 'amout'",
    ),
    "own transform": (
        ORDERS,
        [{"map": {"transform": {"a": "amout + 1"}}}],
        "steps[0].map",
        "a: the records have no member 'amout'",
    ),
    "behind a transform": (
        ORDERS,
        [{"map": "to-row"}, {"filter": "note == 'x'"}],
        "steps[1].filter",
        "there are: amount, id, message",
    ),
    "the message, in a transform": (
        ORDERS,
        [{"map": {"transform": {"a": "message.id"}}}],
        "steps[0].map",
        "no member 'message'",
    ),
    "of the message": (ORDERS, [{"filter": "message.sise > 0"}], "steps[0].filter", "did you mean size?"),
    "one level down": (
        STATEMENT,
        [{"filter": "line.amuont > 0"}],
        "steps[0].filter",
        "line has no member 'amuont'",
    ),
    "down, in a transform": (STATEMENT, [{"map": "nested"}], "steps[0].map", "did you mean invoice?"),
    "of the whole": (ORDERS, [{"filter": "this.amuont > 0"}], "steps[0].filter", "did you mean amount?"),
    "the schedule": (
        {"schedule": "0 0 * * *"},
        [{"filter": "scheduled == ''"}],
        "steps[0].filter",
        "did you mean scheduled_at?",
    ),
    "needed": (ORDERS, [{"map": {"transform": {"amount": "amount"}}}, ROW], "steps[1].call", "needs 'id'"),
    "needed, by with": (ORDERS, [{**ROW, "with": {"amount": "amount"}}], "steps[0].with", "needs 'id'"),
    "not known to the operation": (
        ORDERS,
        [{"map": {"transform": {"id": "id", "amuont": "amount"}}}, ROW],
        "steps[1].call",
        "does not know 'amuont', which the records have; did you mean amount?",
    ),
}


@pytest.mark.parametrize(("source", "steps", "key", "says"), WRONG.values(), ids=WRONG)
async def test_what_can_never_be_right(
    source: Any, steps: list[Any], key: str, says: str, bench: Bench
) -> None:
    bench.write({"from": source, "steps": steps}, mappings=FORMATS)
    bench.prepare()
    (problem,) = bench.engine.check()
    assert problem.key == f"f.{key}"
    assert says in problem.message
    assert problem.file.name == "f.yaml"


async def test_the_value_to_order_by(bench: Bench) -> None:
    typed = {
        "format": "ndjson",
        "record": {"type": "object", "properties": {"a": {}}, "additionalProperties": False},
    }
    bench.write(
        {"from": {"post": {"format": "typed"}}, "order_by": "b", "steps": []}, mappings={"typed": typed}
    )
    bench.prepare()
    assert [problem.key for problem in bench.engine.check()] == ["f.order_by"]


RIGHT: dict[str, tuple[Any, list[Any]]] = {
    "JSON may have anything": (JSON, [{"filter": "amuont > 0"}, {"map": "slip"}]),
    "CSV whose columns nobody named": ({"post": {"format": "csv"}}, [{"filter": "whatever == '1'"}]),
    "a channel that says nothing of its rows": ("s.rows", [{"filter": "whatever > 0"}]),
    "an open object": ("s.typed", [{"filter": "whatever > 0"}]),
    "the message": (ORDERS, [{"filter": "message.headers['a.b'] == 'c' && message.size > 0"}]),
    "the whole": (ORDERS, [{"filter": "this.amount > 0"}, {"call": "s.do", "with": {"x": "this"}}]),
    "asked for by has": (ORDERS, [{"filter": "has(this.whatever)"}]),
    "a source that is provided for": (ORDERS, [{"map": "provided"}, ROW]),
    "an answer": (ORDERS, [{"call": "s.look", "as": "found"}, {"filter": "found.any.thing == id"}]),
    "behind branches that differ": (
        ORDERS,
        [{"choose": [{"when": "id > 0", "steps": [{"map": "to-row"}]}]}, {"filter": "note == 'x'"}],
    ),
    "either of two record types": (STATEMENT, [{"filter": "line.amount > 0 && header.account != ''"}]),
    "not required": (ORDERS, [{"map": {"transform": {"id": "id"}}}, ROW]),
    "by with": (ORDERS, [{**ROW, "with": {"id": "id"}}]),
    "text in an expression": (ORDERS, [{"filter": "note == 'amuont' || note.startsWith('nots.')"}]),
}


@pytest.mark.parametrize(("source", "steps"), RIGHT.values(), ids=RIGHT)
async def test_what_may_be_right(source: Any, steps: list[Any], bench: Bench) -> None:
    bench.write({"from": source, "steps": steps}, mappings=FORMATS)
    bench.prepare()
    assert bench.engine.check() == []
