"""Each occurrence of a group as one record, and such records as messages again."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import strategies as st

from mappings.contract import MappingError, Place
from mappings.json.schema import RecordSchema
from tests.laws import law
from tests.unit.mappings.hl7.samples import golden, golden_records, hl7, message, read, read_all, rules, write

ORDER = {
    "group": "orders",
    "max": "unbounded",
    "content": [{"segment": "OBR"}, {"segment": "OBX", "max": "unbounded"}],
}
PATIENT = {
    "group": "patients",
    "max": "unbounded",
    "content": [{"segment": "PID", "min": 1}, ORDER, {"segment": "ZPI"}],
}
CONTENT = [{"segment": "MSH", "min": 1}, {"segment": "SFT"}, PATIENT, {"segment": "DSC", "max": 2}]
ORDERS = hl7(content=CONTENT, record="orders")
PATIENTS = hl7(content=CONTENT, record="patients")
MESSAGES = hl7(content=CONTENT)
SEGMENTS = ["PID|1", "OBR|1", "OBX|1", "OBX|2", "OBR|2", "ZPI|1", "PID|2", "PID|3", "OBR|3", "DSC|x"]


def shape(record: Any) -> str:
    """What a record holds, MSH left out."""
    if isinstance(record, dict):
        inside = (f"{name}{shape(value)}" for name, value in record.items() if name not in ("MSH", "type"))
        return "(" + " ".join(inside) + ")"
    return str(record) if not isinstance(record, list) else str([shape(one) for one in record])


def test_each_occurrence_is_a_record_with_what_encloses_it() -> None:
    records = read(ORDERS, message(*SEGMENTS))
    assert [sorted(one) for one in records] == [["MSH", "patients"]] * 5 + [["DSC", "MSH"]]
    assert [shape(one.get("patients")) for one in records] == [
        "(PID(PID-11) orders(OBR(OBR-11) OBX['(OBX-11)', '(OBX-12)']))",
        "(PID(PID-11) orders(OBR(OBR-12)))",
        "(PID(PID-11) ZPI(ZPI-11))",
        "(PID(PID-12))",
        "(PID(PID-13) orders(OBR(OBR-13)))",
        "None",
    ]
    assert write(ORDERS, records) == message(*SEGMENTS)


def test_what_encloses_an_outer_group_is_the_message() -> None:
    records = read(PATIENTS, message(*SEGMENTS))
    assert [shape(one.get("patients"))[:14] for one in records] == [
        "(PID(PID-11) o",
        "(PID(PID-12))",
        "(PID(PID-13) o",
        "None",
    ]
    assert write(PATIENTS, records) == message(*SEGMENTS)


def test_messages_and_batches_are_kept_apart() -> None:
    one, other = message("PID|1", "OBR|1", "OBR|2"), message("PID|1", "OBR|3", number="8")
    data = b"BHS|^~\\&|A\r" + one + b"BTS|1\rBHS|^~\\&|B\r" + one + other + b"BTS|2\r"
    records = read(ORDERS, data)
    assert len(records) == 5
    assert write(ORDERS, records) == data


def test_records_are_counted() -> None:
    results, summary = read_all(ORDERS, message(*SEGMENTS) + message("PID|1", number="8"))
    assert (len(results), summary.records, summary.errors) == (7, 7, 0)


def test_a_message_with_a_mistake_gives_no_records() -> None:
    data = message("PID|1", "OBR|1", "QQQ|1", "OBR|2") + message("PID|1", "OBR|3", number="8")
    bad, good = read(ORDERS, data)
    assert rules([bad]) == ["unknown-segment"]
    assert (bad.place.record, good["patients"]["orders"]) == (1, {"OBR": {"OBR-1": "3"}})


def test_flows_see_the_records_of_the_group() -> None:
    details = ORDERS.details()
    seen = [details(one) for one in read(ORDERS, message(*SEGMENTS))]
    assert [one is not None for one in seen] == [True, True, False, False, True, False]


def test_the_golden_sample_by_order() -> None:
    codec = golden(record="orders", acknowledge=None)
    schema = RecordSchema(dict(codec.schema()))
    (whole,) = golden_records()
    records = read(codec, write(golden(acknowledge=None), [whole]))
    assert [one["orders"] for one in records] == whole["orders"]
    for one in records:
        assert schema.error(one, Place()) is None
    assert write(codec, records) == write(golden(acknowledge=None), [whole])


UNWRITABLE: list[tuple[str, list[Any], str]] = [
    ("not-an-object", [{"MSH": {"MSH-3": "a"}, "patients": [1]}], "type"),
    ("order-that-is-none", [{"MSH": {"MSH-3": "a"}, "patients": {"PID": {}, "orders": 1}}], "type"),
    ("without-its-header", [{"patients": {"PID": {}, "orders": {"OBR": {}}}}], "required-segment"),
    ("unknown", [{"MSH": {"MSH-3": "a"}, "else": {}}], "unknown-field"),
    ("list-of-orders", [{"MSH": {"MSH-3": "a"}, "patients": {"PID": {}, "orders": [{"OBR": {}}]}}], "type"),
    ("too-long", [{"MSH": {"MSH-3": "a"}, "patients": {"PID": {"PID-3": "x" * 3000}}}], "record-length"),
    (
        "too-long-together",
        [{"MSH": {"MSH-3": "a"}, "patients": {"PID": {}, "orders": {"OBR": {"OBR-2": "x" * 900}}}}] * 50,
        "record-length",
    ),
]


@pytest.mark.parametrize(
    ("records", "rule"), [one[1:] for one in UNWRITABLE], ids=[one[0] for one in UNWRITABLE]
)
def test_what_cannot_be_written(records: list[Any], rule: str) -> None:
    with pytest.raises(MappingError) as caught:
        write(ORDERS, records, max_record_bytes=2000)
    assert caught.value.rule == rule


def test_the_group_must_be_there() -> None:
    for record, content in (("nothing", CONTENT), ("orders", None)):
        with pytest.raises(ValueError, match="record: "):
            hl7(record=record, **({"content": content} if content else {}))


TAIL: st.SearchStrategy[list[str]] = st.lists(st.sampled_from(SEGMENTS[1:]), max_size=6)
BODY: st.SearchStrategy[list[str]] = st.one_of(st.just([]), TAIL.map(lambda tail: ["PID|1", *tail]))


@law(st.lists(st.tuples(st.sampled_from("78"), BODY), max_size=4), st.integers(1, 60), quick=60, long=1500)
def test_records_come_back_whatever_they_are_parts_of(given_: list[tuple[str, list[str]]], size: int) -> None:
    data = b"".join(message(*body, number=number) for number, body in given_)
    for codec in (ORDERS, PATIENTS):
        records = [one for one in read(codec, data, size) if not isinstance(one, MappingError)]
        assert read(codec, write(codec, records)) == records
