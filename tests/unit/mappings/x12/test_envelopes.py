"""Interchanges, groups and transaction sets: their numbers and counts, delimiters, what is between."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from mappings.contract import Context, MappingError
from tests.unit.mappings.x12.samples import (
    golden,
    golden_records,
    interchange,
    read,
    read_all,
    rules,
    transaction,
    write,
    x12,
)

ANY = x12()
SET = transaction("BEG*1", identifier="850")
GOOD = interchange(*SET)


def changed(*pairs: tuple[str, str]) -> bytes:
    text = GOOD.decode()
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    return text.encode()


BROKEN = [
    pytest.param(changed(("SE*3*0001", "SE*4*0001")), ["segments-counted"], 0, "code 4", id="SE01"),
    pytest.param(changed(("SE*3*0001", "SE*3*0002")), ["control-number"], 0, "code 3", id="SE02"),
    pytest.param(changed(("SE*3*0001", "SE*x*0001")), ["transaction-trailer"], 0, "code 7", id="SE01 a word"),
    pytest.param(changed(("GE*1*1~", "GE*2*1~")), ["transactions-counted"], 1, "code 5", id="GE01"),
    pytest.param(changed(("GE*1*1~", "GE*1*2~")), ["group-control-number"], 1, "code 4", id="GE02"),
    pytest.param(
        changed(("IEA*1*000000001", "IEA*2*000000001")), ["groups-counted"], 1, "code 021", id="IEA01"
    ),
    pytest.param(
        changed(("IEA*1*000000001", "IEA*1*000000002")),
        ["interchange-control-number"],
        1,
        "code 001",
        id="IEA02",
    ),
    pytest.param(changed(("SE*3*0001~", "")), ["missing-trailer"], 0, "code 2", id="no SE"),
    pytest.param(changed(("GE*1*1~", "")), ["missing-group-trailer"], 1, "code 3", id="no GE"),
    pytest.param(
        changed(("IEA*1*000000001~", "")), ["missing-interchange-trailer"], 1, "code 023", id="no IEA"
    ),
    pytest.param(
        changed(("ST*850*0001~", "")),
        [*["control-structure"] * 2, "transactions-counted"],
        0,
        "022",
        id="no ST",
    ),
    pytest.param(changed(("*261123*", "*261323*")), ["interchange-date"], 1, "code 014", id="ISA09"),
    pytest.param(changed(("*1015*^", "*2515*^")), ["interchange-time"], 1, "code 015", id="ISA10"),
    pytest.param(changed(("*00501*", "*0050A*")), ["interchange-version"], 1, "code 017", id="ISA12"),
    pytest.param(
        changed(("*000000001*", "*00000000A*")),
        ["interchange-number", "interchange-control-number"],
        1,
        "code 018",
        id="ISA13",
    ),
    pytest.param(changed(("*0*P*:", "*2*P*:")), ["interchange-request"], 1, "code 019", id="ISA14"),
    pytest.param(changed(("*0*P*:", "*0*Q*:")), ["interchange-usage"], 1, "code 020", id="ISA15"),
    pytest.param(changed(("*20261123*", "*20261323*")), ["group-header"], 1, "code 024", id="GS04"),
    pytest.param(
        changed(("*1015*1*X", "*1015*A*X")), ["group-number", "group-control-number"], 1, "6", id="GS06"
    ),
    pytest.param(changed(("ST*850*", "ST*8500*")), ["transaction-header"], 0, "code 6", id="ST01"),
]


@pytest.mark.parametrize(("data", "broken", "good", "said"), BROKEN)
def test_what_is_wrong_with_an_envelope_is_told(data: bytes, broken: list[str], good: int, said: str) -> None:
    """What is wrong with the interchange or group does not take away transaction sets that are right."""
    for size in (1, 1000):
        results = read(ANY, data + GOOD.replace(b"000000001", b"000000007"), size)
        errors = [one for one in results if isinstance(one, MappingError)]
        assert [one.rule for one in errors] == broken
        assert len(results) - len(errors) == good + 1
        assert said in str(errors[0])


def test_several_interchanges_with_delimiters_of_their_own_and_bytes_between_them() -> None:
    other = (
        GOOD.replace(b"*", b"|").replace(b"~", b"\n").replace(b":", b"+").replace(b"000000001", b"000000002")
    )
    third = GOOD.replace(b"000000001", b"000000003").replace(b"~", b"~\r\n")
    data = b"\r\n" + GOOD + b"  \r\n\x00" + other + third + b"\x1a"
    for size in (1, 3, 1000):
        results = read(ANY, data, size)
        assert [one["segments"] for one in results] == [[{"id": "BEG", "elements": ["1"]}]] * 3


def test_what_is_no_interchange_is_told_once_and_passed_over() -> None:
    for size in (1, 7, 1000):
        results = read(ANY, b"Dear partner,\nhere is the file:\n" + GOOD, size)
        assert rules(results) == ["between-interchanges"]
        assert results[0].place.byte_offset == 0
        assert len(results) == 2


def test_an_isa_that_is_none_costs_its_interchange_only() -> None:
    short = GOOD.replace(b"ACME           ", b"ACME")
    for size in (1, 1000):
        results = read(ANY, short + GOOD, size)
        assert rules(results) == ["interchange-header"]
        assert len(results) == 2
    lenient = x12(lenient=["isa_lengths"])
    assert rules(read(lenient, short + GOOD.replace(b"000000001", b"000000002"))) == []


SEPARATING = [
    pytest.param("iso-8859-1", b"~", 0x85, id="a next line, as EBCDIC's becomes"),
    pytest.param("windows-1252", b"~", 0x85, id="a terminator that is another character"),
    pytest.param("us-ascii", b"~", 0xA7, id="a terminator that is no character"),
    pytest.param("utf-8", b"~", 0xFF, id="a terminator that begins no character"),
    pytest.param("windows-1252", b"*", 0xB3, id="an element separator"),
    pytest.param("iso-8859-1", b"*", 0xFE, id="an element separator that is a letter"),
    pytest.param("iso-8859-1", b":", 0x81, id="a component separator"),
]
NOT_SEPARATING = [
    pytest.param("utf-8", b"~", 0x85, "the segment terminator of ISA is byte 85", id="inside of characters"),
    pytest.param("windows-1252", b"*", 0x85, "element separator of ISA is byte 85", id="another character"),
    pytest.param("us-ascii", b":", 0xA7, "component separator of ISA is byte A7", id="no character"),
    pytest.param("utf-8", b"~", 0x39, "terminator of ISA is '9': a letter, a digit", id="a digit"),
    pytest.param("utf-8", b"~", 0x2A, "segment terminator of ISA is its element separator too", id="twice"),
]


@pytest.mark.parametrize(("encoding", "mark", "byte"), SEPARATING)
def test_delimiters_may_be_bytes_above_ascii(encoding: str, mark: bytes, byte: int) -> None:
    data = GOOD.replace(mark, bytes([byte]))
    codec = x12(encoding=encoding, acknowledge={"interchange": "always"})
    for size in (1, 1000):
        (record,), summary = read_all(codec, data, size)
        assert record["segments"] == [{"id": "BEG", "elements": ["1"]}]
        assert summary.acknowledgement[105] == data[105], "it is answered with the same"
        assert rules(read(x12(encoding=encoding), summary.acknowledgement)) == []


@pytest.mark.parametrize(("encoding", "mark", "byte", "said"), NOT_SEPARATING)
def test_what_cannot_separate_is_named(encoding: str, mark: bytes, byte: int, said: str) -> None:
    for size in (1, 1000):
        (error,) = read(x12(encoding=encoding), GOOD.replace(mark, bytes([byte])), size)
        assert error.rule == "interchange-header"
        assert said in str(error)


def test_the_same_interchange_twice_is_told() -> None:
    results, _ = read_all(ANY, GOOD + GOOD)
    assert rules(results) == ["duplicate-interchange"]
    assert len(results) == 2, "its transaction sets are not read once more"


def test_an_interchange_that_came_in_another_stream_is_refused() -> None:
    seen: list[str] = []
    other = GOOD.replace(b"000000001", b"000000002")
    codec = x12(acknowledge={"interchange": "errors", "group": "997"})
    assert rules(read(codec, GOOD + other, seen_before=lambda one: bool(seen.append(one)))) == []
    assert len(set(seen)) == 2
    again, summary = read_all(codec, GOOD + other, seen_before=lambda one: one == seen[0])
    assert rules(again) == ["duplicate-interchange"]
    assert len(again) == 2
    answers = summary.acknowledgement.decode().split("~")
    assert [each for each in answers if each.startswith("TA1")] == ["TA1*000000001*261123*1015*R*025"]
    assert sum(each.startswith("AK1") for each in answers) == 1, (
        "of the other: the groups are the first one's"
    )
    lenient = x12(lenient=["duplicates"])
    assert rules(read(lenient, GOOD + GOOD, seen_before=lambda one: True)) == []


def test_the_same_group_or_transaction_set_twice_is_told() -> None:
    twice = interchange(*SET, *SET)
    assert rules(read(ANY, twice)) == ["duplicate-transaction"]
    group = GOOD[GOOD.index(b"GS*") : GOOD.index(b"IEA")]
    data = GOOD.replace(b"IEA*1", group + b"IEA*2")
    assert rules(read(ANY, data)) == ["duplicate-group"]


def test_another_transaction_set_than_the_one_that_is_defined() -> None:
    data = interchange(*transaction("BIG*1", identifier="810"), *transaction("BEG*00*NE*1**20261123", "PO1"))
    refusing = x12(transaction="850", content=[{"segment": "BEG"}, {"segment": "PO1"}])
    results = read(refusing, data.replace(b"850*0001", b"850*0002").replace(b"4*0001~GE", b"4*0002~GE"))
    assert rules(results) == ["transaction-set"]
    assert "PO1" in results[1]
    keeping = x12(transaction="850", others="segments", content=[{"segment": "BEG"}, {"segment": "PO1"}])
    first, second = read(keeping, data.replace(b"850*0001", b"850*0002").replace(b"4*0001~GE", b"4*0002~GE"))
    assert first["segments"] == [{"id": "BIG", "elements": ["1"]}]
    assert write(keeping, [first, second], now=None) == write(
        keeping, read(keeping, write(keeping, [first, second]))
    )


def test_groups_of_another_kind_or_version_are_refused() -> None:
    codec = golden("purchase-order")
    body = transaction("BEG*00*NE*PO1**20261123", "PO1*1*1*EA")
    assert rules(read(codec, interchange(*body, group="IN*ACME*GLOBEX"))) == [
        "functional-group",
        "transaction-set",
    ]
    other = interchange(*body).replace(b"*X*004010", b"*X*004030")
    assert rules(read(codec, other)) == ["group-version", "transaction-set"]


def test_services_of_the_interchange_are_kept() -> None:
    data = GOOD.replace(b"GS*", b"TA1*000000009*261122*0800*A*000~GS*")
    (record,) = read(ANY, data)
    services = [{"id": "TA1", "elements": ["000000009", "261122", "0800", "A", "000"]}]
    assert record["envelope"]["interchange"]["services"] == services
    assert write(ANY, [record]) == data
    start, end = data.index(b"GS*"), data.index(b"IEA")
    alone = (data[:start] + data[end:]).replace(b"IEA*1", b"IEA*0")
    (record,) = read(ANY, alone)
    assert record["segments"] == []
    assert write(ANY, [record]) == alone
    assert rules(read(golden("purchase-order"), alone)) == ["transaction-set"]


def test_before_00402_nothing_repeats() -> None:
    old = interchange(*transaction("REF*a^b"), version="00401")
    (record,) = read(ANY, old)
    assert record["segments"][0]["elements"] == ["a^b"]
    assert record["envelope"]["interchange"]["standard"] == "U"
    (record,) = read(ANY, interchange(*transaction("REF*a^b:c*:x*")))
    assert record["segments"][0]["elements"] == [{"repeat": ["a", ["b", "c"]]}, ["", "x"], ""]


BINARY = [
    pytest.param(b"a~b*c\r\n\xff\x00ISA*", id="any bytes"),
    pytest.param(b"~" * 50, id="terminators"),
    pytest.param(b"plain", id="text"),
]


@pytest.mark.parametrize("payload", BINARY)
@pytest.mark.parametrize("tag", ["BIN*{}", "BDS*ASC*{}"])
def test_binary_data_is_taken_by_its_length(payload: bytes, tag: str) -> None:
    import base64

    text = tag.format(len(payload))
    data = interchange(*transaction(f"{text}*@@", "REF*1")).replace(b"@@", payload)
    for size in (1, 5, 1000):
        (record,) = read(ANY, data, size)
        assert record["segments"][0]["elements"][-1] == base64.b64encode(payload).decode()
        assert record["segments"][1] == {"id": "REF", "elements": ["1"]}
        assert write(ANY, [record]) == data
    broken = data.replace(f"*{len(payload)}*".encode(), f"*{len(payload) + 3}*".encode())
    assert "binary" in rules(read(ANY, broken))
    assert rules(read(ANY, data, max_record_bytes=len(payload) - 1))[:1] in (["record-length"], ["binary"])


NUMBERS = [
    pytest.param({}, ["000000001", "1", "0001"], id="counted"),
    pytest.param({"interchange": {"control_number": "000000412"}}, ["000000412", "1", "0001"], id="given"),
    pytest.param(
        {"group": {"control_number": "77"}, "transaction": {"control_number": "123456789"}},
        ["000000001", "77", "123456789"],
        id="of group and set",
    ),
]


@pytest.mark.parametrize(("envelope", "numbers"), NUMBERS)
def test_control_numbers_are_those_of_the_record_or_counted(
    envelope: dict[str, Any], numbers: list[str]
) -> None:
    codec, record = golden("purchase-order"), golden_records("purchase-order")[0]
    (back,) = read(codec, write(codec, [{**record, "envelope": envelope}]))
    parts = [back["envelope"][name]["control_number"] for name in ("interchange", "group", "transaction")]
    assert parts == numbers


def test_control_numbers_come_from_the_counters() -> None:
    asked: list[str] = []

    def next_number(counter: str) -> int:
        asked.append(counter)
        return 1_000_000_041 if "interchange" in counter else 6

    codec, (first, second) = golden("purchase-order"), golden_records("purchase-order")
    bare = [{**one, "envelope": {}} for one in (first, second)]
    results = read(codec, write(codec, bare, next_number=next_number))
    assert asked == ["x12/interchange/ZZ:ACME/ZZ:GLOBEX", "x12/group/ACME/GLOBEX"]
    assert [one["envelope"]["interchange"]["control_number"] for one in results] == ["000000042"] * 2
    assert [one["envelope"]["transaction"]["control_number"] for one in results] == ["0001", "0002"]
    assert [one["envelope"]["group"]["control_number"] for one in results] == ["6"] * 2


REFUSED = [
    pytest.param(
        {"interchange": {"sender": "A" * 16}}, "too-long", "/envelope/interchange/sender", id="long"
    ),
    pytest.param({"interchange": {"sender": "A*B"}}, "delimiter", "/envelope/interchange", id="delimiter"),
    pytest.param(
        {"interchange": {"sendr": "A"}}, "unknown-field", "/envelope/interchange/sendr", id="unknown"
    ),
    pytest.param({"interchange": {"date": "261399"}}, "interchange-date", "/envelope/interchange", id="date"),
    pytest.param({"interchange": {"usage": None}}, "required", "/envelope/interchange/usage", id="null"),
    pytest.param({"group": {"control_number": "x"}}, "number", "/envelope/group/control_number", id="GS06"),
    pytest.param({"group": {"version": ""}}, "too-short", "/envelope/group/version", id="GS08"),
    pytest.param({"transaction": {"control_number": "1"}}, "too-short", "/envelope/transaction", id="ST02"),
    pytest.param({"transfer": {}}, "unknown-field", "/envelope/transfer", id="unknown part"),
    pytest.param({"group": 1}, "type", "/envelope/group", id="no object"),
    pytest.param(1, "type", "/envelope", id="no envelope"),
    pytest.param(None, "type", "/envelope", id="null for the envelope"),
]


@pytest.mark.parametrize(("envelope", "rule", "path"), REFUSED)
def test_what_is_no_envelope_is_refused(envelope: Any, rule: str, path: str) -> None:
    codec, record = golden("purchase-order"), golden_records("purchase-order")[0]
    with pytest.raises(MappingError) as caught:
        write(codec, [{**record, "envelope": envelope}])
    assert caught.value.rule == rule
    assert (caught.value.place.path or "").startswith(path)


def test_a_record_that_is_changed_and_given_again_is_written_as_it_is_then() -> None:
    codec, record = golden("purchase-order"), golden_records("purchase-order")[0]
    envelope = {"interchange": {"control_number": "000000007"}, "transaction": {"control_number": "0001"}}
    changing: Any = {**record, "envelope": envelope}
    encoder = codec.encoder(Context(now=datetime(2026, 11, 23, tzinfo=UTC)))
    data = encoder.encode([changing])
    envelope["transaction"]["control_number"] = "0002"
    data += encoder.encode([changing])
    envelope["interchange"]["control_number"] = "000000008"
    data += encoder.encode([changing]) + encoder.finish()
    numbers = [
        (one["envelope"]["interchange"]["control_number"], one["envelope"]["transaction"]["control_number"])
        for one in read(codec, data)
    ]
    assert numbers == [("000000007", "0001"), ("000000007", "0002"), ("000000008", "0002")]


def test_without_a_clock_the_record_says_the_date() -> None:
    codec, record = golden("purchase-order"), golden_records("purchase-order")[0]
    with pytest.raises(MappingError, match="there is no clock here"):
        write(codec, [{**record, "envelope": {}}], now=None)
