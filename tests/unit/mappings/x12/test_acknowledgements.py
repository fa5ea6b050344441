"""What is answered: TA1, 997 and 999, read again by definitions of them."""

from __future__ import annotations

from typing import Any

import pytest

from mappings.contract import MappingError
from tests.unit.mappings.x12.samples import GOLDEN, golden, interchange, read, read_all, transaction, x12

BEG, LINE = "BEG*00*NE*PO1**20261123", "PO1*1*1*EA"
GOOD = transaction(BEG, LINE, number="0009")


def answer(data: bytes, group: str, **acknowledge: Any) -> bytes:
    codec = golden("purchase-order", acknowledge={"interchange": "never", "group": group, **acknowledge})
    return read_all(codec, data)[1].acknowledgement


def answered(data: bytes, group: str, **acknowledge: Any) -> Any:
    """The answer as a record, which has to be right by its own definition."""
    name = {"997": "functional-acknowledgment", "999": "implementation-acknowledgment"}[group]
    (record,) = read(golden(name), answer(data, group, **acknowledge))
    assert not isinstance(record, MappingError), record
    return record


@pytest.mark.parametrize("group", ["997", "999"])
def test_what_is_right_is_accepted(group: str) -> None:
    record = answered(interchange(*GOOD), group)
    assert record["group"]["functional_identifier"] == "PO"
    assert record["transactions"] == [
        {"transaction": {"identifier": "850", "control_number": "0009"}, "verdict": {"code": "A"}}
    ]
    assert record["verdict"] == {"code": "A", "included": 1, "received": 1, "accepted": 1}
    envelope = record["envelope"]["interchange"]
    assert (envelope["sender"], envelope["receiver"]) == ("GLOBEX", "ACME")


ELEMENTS = [
    pytest.param("PO1*1*1*QQ", "7", {"element": 3}, 355, "QQ", id="code"),
    pytest.param("PO1*1*x*EA", "6", {"element": 2}, 330, "x", id="number"),
    pytest.param("PO1*1*1*EA*1**VP", "2", {"element": 7}, 234, None, id="condition"),
    pytest.param(f"PO1*{'1' * 21}*1*EA", "5", {"element": 1}, 350, "1" * 21, id="too long"),
    pytest.param("PO1*1*1*EA*9*X", "4", {"element": 5}, 639, "X", id="too short"),
    pytest.param("PO1*1:2*1*EA", "13", {"element": 1}, 350, None, id="components, which cannot be shown"),
]


@pytest.mark.parametrize(("line", "code", "position", "number", "value"), ELEMENTS)
@pytest.mark.parametrize("group", ["997", "999"])
def test_each_wrong_element_is_named(
    group: str, line: str, code: str, position: dict[str, int], number: int, value: str | None
) -> None:
    data = interchange(*transaction(BEG, line), *GOOD).replace(b"*X*004010", b"*X*005010")
    codec = golden("purchase-order", group={}, acknowledge={"interchange": "never", "group": group})
    name = {"997": "functional-acknowledgment", "999": "implementation-acknowledgment"}[group]
    (record,) = read(golden(name), read_all(codec, data)[1].acknowledgement)
    bad, good = record["transactions"]
    (segment,) = bad["segments"]
    assert segment["segment"] == {"id": "PO1", "position": 3, "loop": "PO1", "code": "8"}
    element = segment["elements"][0]
    element = element.get("element", element)
    expected = {"position": position, "number": number, "code": code}
    assert element == (expected if value is None else {**expected, "value": value})
    assert bad["verdict"] == {"code": "R", "error1": "5"}
    assert good["verdict"] == {"code": "A"}
    assert record["verdict"] == {"code": "P", "included": 2, "received": 2, "accepted": 1}


SEGMENTS = [
    pytest.param((LINE,), "BEG", 2, "3", id="required"),
    pytest.param((BEG, "ZZZ*1", LINE), "ZZZ", 3, "1", id="unknown"),
    pytest.param((BEG, BEG, LINE), "BEG", 3, "5", id="too often"),
    pytest.param((BEG, LINE, "CTT*1", "REF*DP*1"), "REF", 5, "7", id="order"),
    pytest.param((BEG, LINE, "CTT*1", "CTT*1"), "CTT", 5, "4", id="loop"),
]


@pytest.mark.parametrize(("body", "tag", "position", "code"), SEGMENTS)
def test_each_wrong_segment_is_named(body: tuple[str, ...], tag: str, position: int, code: str) -> None:
    for group in ("997", "999"):
        record = answered(interchange(*transaction(*body)), group)
        (segment,) = record["transactions"][0]["segments"]
        found = segment["segment"]
        assert (found["id"], found["position"], found["code"]) == (tag, position, code)
        assert record["verdict"]["code"] == "R"


def test_older_partners_hear_the_codes_they_know() -> None:
    record = answered(interchange(*transaction(BEG, "PO1*1:2*1*EA")), "997")
    assert record["transactions"][0]["segments"][0]["elements"][0]["code"] == "3"


SETS = [
    pytest.param(("SE*4*", "SE*5*"), "4", id="count"),
    pytest.param(("SE*4*0001", "SE*4*0002"), "3", id="control number"),
    pytest.param(("SE*4*0001~", ""), "2", id="trailer"),
    pytest.param(("ST*850", "ST*860"), "1", id="another set"),
]


@pytest.mark.parametrize(("change", "code"), SETS)
def test_a_wrong_transaction_set_is_rejected(change: tuple[str, str], code: str) -> None:
    data = interchange(*transaction(BEG, LINE)).decode().replace(*change).encode()
    record = answered(data, "999")
    assert record["transactions"][0]["verdict"] == {"code": "R", "error1": code}


GROUPS = [
    pytest.param(("GE*1*1~", "GE*3*1~"), "5", 3, id="count"),
    pytest.param(("GE*1*1~", "GE*1*2~"), "4", 1, id="control number"),
    pytest.param(("GE*1*1~", ""), "3", 1, id="trailer"),
    pytest.param(("GS*PO", "GS*IN"), "1", 1, id="another kind"),
    pytest.param(("*X*004010", "*X*004030"), "2", 1, id="another version"),
]


@pytest.mark.parametrize(("change", "code", "included"), GROUPS)
def test_a_wrong_group_is_rejected(change: tuple[str, str], code: str, included: int) -> None:
    data = interchange(*transaction(BEG, LINE)).decode().replace(*change).encode()
    verdict = answered(data, "997")["verdict"]
    assert verdict == {"code": "R", "included": included, "received": 1, "accepted": 0, "error1": code}


TA1 = [
    pytest.param({}, "always", "A*000", id="always"),
    pytest.param({}, "requested", None, id="not requested"),
    pytest.param({"*0*P*:": "*1*P*:"}, "requested", "A*000", id="requested"),
    pytest.param({}, "errors", None, id="no errors"),
    pytest.param({"IEA*1*000000001": "IEA*1*000000002"}, "errors", "R*001", id="control number"),
    pytest.param({"IEA*1*": "IEA*2*"}, "errors", "R*021", id="count"),
    pytest.param({"*261123*": "*261323*"}, "errors", "R*014", id="date"),
    pytest.param({"*20261123*": "*20261323*"}, "errors", "R*024", id="group header"),
    pytest.param({"IEA*1*000000001~": ""}, "errors", "R*023", id="end of file"),
    pytest.param({"*0*P*:": "*1*P*:"}, "never", None, id="never"),
]


@pytest.mark.parametrize(("changes", "when", "said"), TA1)
def test_an_interchange_is_answered_by_ta1(changes: dict[str, str], when: str, said: str | None) -> None:
    text = interchange(*GOOD).decode()
    for old, new in changes.items():
        text = text.replace(old, new)
    codec = x12(acknowledge={"interchange": when, "group": "none"})
    found = read_all(codec, text.encode())[1].acknowledgement
    if said is None:
        assert found == b""
        return
    date = "261323" if "*261323*" in text else "261123"
    assert f"TA1*000000001*{date}*1015*{said}~".encode() in found
    (record,) = read(x12(), found)
    assert record["envelope"]["interchange"]["services"][0]["id"] == "TA1"


def test_acknowledgements_are_not_acknowledged() -> None:
    codec = x12(acknowledge={"interchange": "requested", "group": "999"})
    first = read_all(codec, interchange(*GOOD))[1].acknowledgement
    assert b"ST*999" in first
    assert read_all(codec, first)[1].acknowledgement == b""


def test_without_a_time_there_is_no_answer() -> None:
    codec = x12(acknowledge={"interchange": "always", "group": "999"})
    assert read_all(codec, interchange(*GOOD), now=None)[1].acknowledgement == b""


def test_accepted_sets_may_be_left_out() -> None:
    data = interchange(*GOOD, *transaction(BEG, "PO1*1*x*EA"))
    record = answered(data, "999", accepted="omit")
    assert [one["transaction"]["control_number"] for one in record["transactions"]] == ["0001"]
    assert record["verdict"]["accepted"] == 1


def test_an_answer_stays_small_when_everything_is_wrong() -> None:
    from mappings.x12.acknowledgement import MAX_BYTES

    sets = [one for at in range(150) for one in transaction(BEG, *["PO1*1*x*EA"] * 200, number=f"{at:04}")]
    found = answer(interchange(*sets), "999")
    assert len(found) < MAX_BYTES + 150 * 100
    assert found.count(b"IK5*R*5~") == 150


def test_claims_that_were_given_are_not_rejected() -> None:
    from tests.unit.mappings.x12.samples import GOLDEN

    data = (GOLDEN / "claims.edi").read_bytes().replace(b"CLM*C-2*80", b"CLM*C-2*8O")
    found = read_all(golden("claims"), data)[1].acknowledgement
    (record,) = read(golden("implementation-acknowledgment"), found)
    assert record["transactions"][0]["verdict"] == {"code": "E", "error1": "5"}
    assert record["verdict"]["code"] == "A"


def contexts(data: bytes) -> list[tuple[str, int, list[Any], list[Any]]]:
    """The tag and position of each wrong segment, its CTX, and those of its elements."""
    codec = golden("claims", acknowledge={"interchange": "never", "group": "999"})
    (record,) = read(golden("implementation-acknowledgment"), read_all(codec, data)[1].acknowledgement)
    return [
        (
            one["segment"]["id"],
            one["segment"]["position"],
            one.get("contexts", []),
            [each for element in one.get("elements", []) for each in element.get("contexts", [])],
        )
        for one in record["transactions"][0]["segments"]
    ]


def claim_context(claim: str) -> list[Any]:
    return [{"situation": [{"name": "CLM01", "reference": claim}]}]


CONTEXTS = [
    pytest.param(("120.50*UN*1", "120.50**1"), "SV1", 20, claim_context("C-1"), [], id="element of a claim"),
    pytest.param(("CLM*C-2*80", "CLM*C-2*x"), "CLM", 25, claim_context("C-2"), [], id="the claim itself"),
    pytest.param(
        ("DTP*472*D8*20261101~CLM*C-2", "CLM*C-2"), "DTP", 24, claim_context("C-1"), [], id="missing"
    ),
    pytest.param(("N4*SPRING", "N4*S*SPRING"), "N4", 9, [], [], id="outside of claims"),
    pytest.param(
        ("MI*M0003", "*M0003"),
        "NM1",
        33,
        [],
        [
            {
                "situation": [{"name": "SITUATIONAL TRIGGER"}],
                "segment": "NM1",
                "position": 33,
                "loop": "2010",
                "element": {"element": 9},
            }
        ],
        id="element because of another",
    ),
]


@pytest.mark.parametrize(("change", "tag", "position", "of_segment", "of_elements"), CONTEXTS)
def test_a_mistake_is_told_with_its_context(
    change: tuple[str, str], tag: str, position: int, of_segment: list[Any], of_elements: list[Any]
) -> None:
    """Source: 005010X231A1, CTX: the business unit behind IK3, the element that is the reason behind IK4."""
    sample = (GOLDEN / "claims.edi").read_text("utf-8")
    assert change[0] in sample
    found = contexts(sample.replace(*change, 1).encode())[0]
    assert found == (tag, position, of_segment, of_elements)
