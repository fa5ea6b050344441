"""Groups whose first segments may be left out, as laboratories do."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mappings.contract import MappingError, Place
from mappings.json.schema import RecordSchema
from tests.unit.mappings.hl7.samples import hl7, message, read, rules, write

ORDER: dict[str, Any] = {
    "group": "orders",
    "max": "unbounded",
    "begin": ["ORC", "OBR"],
    "content": [
        {"segment": "ORC"},
        {"segment": "OBR", "min": 1},
        {"segment": "NTE", "name": "notes", "max": "unbounded"},
        {
            "group": "observations",
            "max": "unbounded",
            "content": [{"segment": "OBX"}, {"segment": "NTE", "name": "notes", "max": 9}],
        },
    ],
}
RESULT: dict[str, Any] = {
    "group": "results",
    "max": "unbounded",
    "begin": ["PID", "NK1", "ORC", "OBR"],
    "content": [{"segment": "PID"}, {"segment": "NK1", "name": "kin", "max": 5}, ORDER],
}
CONTENT = [{"segment": "MSH", "min": 1}, {"segment": "SFT", "max": 3}, RESULT, {"segment": "DSC"}]
CODEC = hl7(content=CONTENT)
ORDERS = hl7(content=CONTENT, record="orders")


def outline(record: Any) -> Any:
    """The segments of a record by their first field."""
    if isinstance(record, list):
        return [outline(one) for one in record]
    if all(isinstance(one, str) for one in record.values()):
        return next(iter(record.values()))
    return {name: outline(value) for name, value in record.items() if name != "MSH"}


CASES: list[tuple[str, list[str], list[Any]]] = [
    (
        "no-orc",
        ["PID|p", "OBR|1", "OBX|a", "OBR|2", "OBX|b", "NTE|n"],
        [
            {
                "PID": "p",
                "orders": [
                    {"OBR": "1", "observations": [{"OBX": "a"}]},
                    {"OBR": "2", "observations": [{"OBX": "b", "notes": ["n"]}]},
                ],
            }
        ],
    ),
    (
        "orc-of-the-first-alone",
        ["PID|p", "ORC|o", "OBR|1", "OBX|a", "OBR|2"],
        [{"PID": "p", "orders": [{"ORC": "o", "OBR": "1", "observations": [{"OBX": "a"}]}, {"OBR": "2"}]}],
    ),
    ("no-patient", ["OBR|1", "ORC|o", "OBR|2"], [{"orders": [{"OBR": "1"}, {"ORC": "o", "OBR": "2"}]}]),
    ("a-list-begins", ["NK1|a", "NK1|b", "OBR|1"], [{"kin": ["a", "b"], "orders": [{"OBR": "1"}]}]),
    (
        "patients-in-a-row",
        ["PID|p", "OBR|1", "PID|q", "ORC|o", "OBR|2"],
        [{"PID": "p", "orders": [{"OBR": "1"}]}, {"PID": "q", "orders": [{"ORC": "o", "OBR": "2"}]}],
    ),
]


@pytest.mark.parametrize(("segments", "expected"), [one[1:] for one in CASES], ids=[one[0] for one in CASES])
def test_groups_begin_where_their_first_segment_is_left_out(segments: list[str], expected: list[Any]) -> None:
    data = message(*segments)
    (record,) = read(CODEC, data)
    assert outline(record["results"]) == expected
    assert RecordSchema(dict(CODEC.schema())).error(record, Place()) is None
    assert write(CODEC, [record]) == data


BAD: list[tuple[str, list[str], str, str]] = [
    ("bad-first", ["OBR|1", "QQQ|1"], "unknown-segment", "/results/0/orders/0"),
    ("order-without-request", ["PID|p", "ORC|o", "OBX|1"], "required-segment", "/results/0/orders/0/OBR"),
    ("observation-alone", ["PID|p", "OBX|1"], "unexpected-segment", "/results/0"),
    ("note-alone", ["PID|p", "NTE|1"], "unexpected-segment", "/results/0"),
]


@pytest.mark.parametrize(("segments", "rule", "path"), [one[1:] for one in BAD], ids=[one[0] for one in BAD])
def test_what_may_not_begin_a_group(segments: list[str], rule: str, path: str) -> None:
    first, *_ = read(CODEC, message(*segments))
    assert isinstance(first, MappingError)
    assert (first.rule, first.place.path) == (rule, path)


def test_a_bad_segment_that_begins_groups_has_its_path() -> None:
    field = {"at": 1, "name": "number", "type": "SI"}
    order = {**ORDER, "content": [ORDER["content"][0], {"segment": "OBR", "min": 1, "fields": [field]}]}
    kin = {"segment": "NK1", "name": "kin", "max": 5, "fields": [field]}
    content = [CONTENT[0], {**RESULT, "content": [{"segment": "PID"}, kin, order]}]
    codec = hl7(content=content)
    for segment, path in (("OBR|x", "/results/0/orders/0/OBR/number"), ("NK1|x", "/results/0/kin/0/number")):
        (error, *_) = read(codec, message(segment, "OBR|1"))
        assert (error.rule, error.place.path) == ("number", path)


UNSOUND: list[tuple[str, dict[str, Any], str]] = [
    ("behind-what-must-be", {**ORDER, "begin": ["ORC", "OBR", "NTE"]}, "NTE cannot be the first of orders"),
    ("not-in-it", {**ORDER, "begin": ["ORC", "PV1"]}, "PV1 cannot be the first of orders"),
    ("without-the-first", {**ORDER, "begin": ["OBR"]}, "must have the first segment, too"),
    ("inner-does-not", {**RESULT, "begin": ["PID", "OBX"]}, "OBX cannot be the first of results"),
]


@pytest.mark.parametrize(("group", "text"), [one[1:] for one in UNSOUND], ids=[one[0] for one in UNSOUND])
def test_what_cannot_begin_a_group_is_told(group: dict[str, Any], text: str) -> None:
    with pytest.raises(ValueError, match=text):
        hl7(content=[CONTENT[0], group])


@settings(max_examples=150)
@given(st.lists(st.sampled_from(["PID|1", "NK1|2", "ORC|3", "OBR|4", "NTE|5", "OBX|6", "DSC|7"]), max_size=9))
def test_what_is_read_comes_back(segments: list[str]) -> None:
    data = message(*segments)
    results = read(CODEC, data)
    if not rules(results):
        assert write(CODEC, results) == data
        # Groups that are equal around their records become one.
        assert read(ORDERS, write(ORDERS, read(ORDERS, data))) == read(ORDERS, data)
