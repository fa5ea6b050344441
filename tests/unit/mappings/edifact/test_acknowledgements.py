"""What is answered: a CONTRL, read again by a definition of it."""

from __future__ import annotations

from typing import Any

import pytest

from mappings.contract import MappingError
from tests.unit.mappings.edifact.samples import a_message, edifact, golden, interchange
from tests.unit.mappings.segments.samples import read, read_all, rules

BODY = ("BGM+220+1", "DTM+137:20261123:102", "NAD+BY+1::9", "LIN+1", "QTY+21:1", "UNS+S")
GOOD = a_message(*BODY, number="9")
KIND = {"type": "ORDERS", "version": "D", "release": "96A", "agency": "UN", "association": "EAN008"}
HEAD = "UNB+UNOC:3+ACME:14:D1+BANK:ZZ+261123:1015+R1"


def answer(data: bytes, **acknowledge: Any) -> bytes:
    codec = golden("orders", acknowledge={"when": "always", **acknowledge})
    return read_all(codec, data)[1].acknowledgement


def answered(data: bytes, **acknowledge: Any) -> Any:
    """The answer as a record, which has to be right by its own definition."""
    (record,) = read(golden("contrl"), answer(data, **acknowledge))
    assert not isinstance(record, MappingError), record
    return record


def changed(at: int, *text: str) -> tuple[str, ...]:
    """A message with a segment of its body replaced by others."""
    return a_message(*BODY[:at], *text, *BODY[at + 1 :])


def test_what_is_right_is_acknowledged() -> None:
    record = answered(interchange(*GOOD, head=HEAD))
    assert record["interchange"] == {
        "reference": "R1",
        "sender": {"identification": "ACME", "qualifier": "14", "internal": "D1"},
        "recipient": {"identification": "BANK", "qualifier": "ZZ"},
        "action": "7",
    }
    assert record["messages"] == [{"message": {"reference": "9", "message": KIND, "action": "7"}}]
    envelope = record["envelope"]["interchange"]
    assert envelope["sender"] == record["interchange"]["recipient"]
    assert envelope["recipient"] == record["interchange"]["sender"]
    assert envelope["prepared"] == {"date": "261123", "time": "1015"}


# A message, and what is said of its segments: the segment's position with UNH as the first, its code, and the
# codes and positions of elements, with the tag as the first.
WRONG = [
    pytest.param(changed(0, "BGM+999+1"), [(2, None, [("12", 2, 1)])], id="code"),
    pytest.param(changed(0, "BGM+220"), [(2, None, [("13", 3, None)])], id="an element lacks"),
    pytest.param(changed(0, f"BGM+220+{'1' * 36}"), [(2, None, [("39", 3, None)])], id="too long"),
    pytest.param(changed(4, "QTY+21:x"), [(6, None, [("37", 2, 2)])], id="number"),
    pytest.param(changed(4, "QTY+21:1:KGM:X"), [(6, None, [("16", 2, 4)])], id="components"),
    pytest.param(changed(4, "QTY+21:1+X"), [(6, None, [("16", 3, None)])], id="elements"),
    pytest.param(changed(4, "QTY+21:1+"), [(6, None, [("45", 3, None)])], id="a separator at the end"),
    pytest.param(changed(3, "LIN+1++:EN"), [(5, None, [("48", 4, 1)])], id="a condition"),
    pytest.param(changed(2, "NAD+BY+1::9+++++++DEU"), [(4, None, [("39", 10, None)])], id="too long a code"),
    pytest.param(changed(0, "BGM+999+1+8"), [(2, None, [("12", 2, 1), ("12", 4, None)])], id="two elements"),
    pytest.param(changed(0), [(1, "13", [])], id="a segment lacks: the one before it is named"),
    pytest.param(changed(5), [(6, "13", [])], id="the last lacks"),
    pytest.param(changed(0, BODY[0], "ZZZ+1"), [(3, "15", [])], id="unknown"),
    pytest.param(changed(0, BODY[0], BODY[0]), [(3, "35", [])], id="once too often"),
    pytest.param(changed(5, "UNS+S", "NAD+SU+1"), [(8, "15", [])], id="behind its place"),
    pytest.param(changed(2, "NAD+BY+1", "CTA+PD", "NAD+BY+2"), [(6, "36", [])], id="a group too often"),
    pytest.param(changed(2, "NAD+BY+\x01"), [(4, None, [("21", 3, 1)])], id="a character"),
]


@pytest.mark.parametrize(("message", "expected"), WRONG)
def test_what_is_wrong_is_named(message: tuple[str, ...], expected: list[Any]) -> None:
    bad, good = answered(interchange(*message, *GOOD))["messages"]
    assert bad["message"] == {"reference": "1", "message": KIND, "action": "4"}
    assert good == {"message": {"reference": "9", "message": KIND, "action": "7"}}
    said = [
        (
            int(one["segment"]["segment"]),
            one["segment"].get("error"),
            [
                (each["error"], int(each["place"]["element"]), _number(each["place"].get("component")))
                for each in one.get("elements", [])
            ],
        )
        for one in bad["segments"]
    ]
    assert said == expected


def _number(value: Any) -> int | None:
    return None if value is None else int(value)


MESSAGES = [
    pytest.param((*GOOD[:-1], "UNT+9+9"), "29", "UNT", id="count"),
    pytest.param((*GOOD[:-1], "UNT+8+8"), "28", "UNT", id="reference"),
    pytest.param(GOOD[:-1], "13", "UNT", id="no trailer"),
    pytest.param(a_message("BGM", kind="INVOIC:D:96A:UN"), "17", "UNH", id="another type"),
    pytest.param((*GOOD[:-1], "UNT+x+9"), "12", "UNT", id="no number"),
]


@pytest.mark.parametrize(("message", "code", "tag"), MESSAGES)
def test_what_is_wrong_with_a_message_as_such(message: tuple[str, ...], code: str, tag: str) -> None:
    (said,) = answered(interchange(*message))["messages"]
    said = said["message"]
    assert (said["action"], said["error"], said["tag"]) == ("4", code, tag)


def test_a_reference_that_comes_again() -> None:
    first, second = answered(interchange(*GOOD, *GOOD))["messages"]
    assert first["message"]["action"] == "7"
    assert (second["message"]["error"], second["message"]["tag"]) == ("26", "UNH")


INTERCHANGES = [
    pytest.param(("UNOC:3", "UNOC:9"), "4", "2", "UNB", (2, 2), id="a version that is not known"),
    pytest.param(("UNOC:3", "UNOX:3"), "4", "46", "UNB", (2, 1), id="a character set that is not known"),
    pytest.param(("261123", "261323"), "7", "12", "UNB", (5, 1), id="a date"),
    pytest.param(("UNZ+1+", "UNZ+2+"), "7", "29", "UNZ", (2, None), id="a count"),
    pytest.param(("UNZ+1+R1", "UNZ+1+R2"), "7", "28", "UNZ", (3, None), id="a reference"),
    pytest.param(("UNZ+1+R1'", ""), "7", "13", "UNZ", None, id="no trailer"),
    pytest.param(("UNH+", "XXX+1'UNH+"), "7", "33", "XXX", None, id="a stray segment"),
]


@pytest.mark.parametrize(("change", "action", "code", "tag", "place"), INTERCHANGES)
def test_what_is_wrong_with_an_interchange(
    change: tuple[str, str], action: str, code: str, tag: str, place: tuple[int, int | None] | None
) -> None:
    """What was read is not called rejected: its records were given on."""
    data = interchange(*GOOD, head=HEAD).decode().replace(*change).encode()
    record = answered(data)
    said = record["interchange"]
    assert (said["action"], said["error"], said["tag"]) == (action, code, tag)
    found = said.get("place")
    assert (found and (int(found["element"]), _number(found.get("component")))) == place
    assert ("messages" in record) == (action == "7")


def test_groups_are_acknowledged_with_their_messages() -> None:
    group = "UNG+ORDERS+A:1+B+261123:1015+{}+UN+D:96A"
    bad = changed(0, "BGM+999+1")
    data = interchange(group.format("G1"), *GOOD, *bad, "UNE+2+G1", group.format("G2"), *GOOD, "UNE+1+G3")
    record = answered(data)
    assert "messages" not in record
    first, second = record["groups"]
    assert first["group"]["action"] == "7"
    assert [one["message"]["action"] for one in first["messages"]] == ["7", "4"]
    assert second["group"]["reference"] == "G2"
    assert (second["group"]["error"], second["group"]["tag"]) == ("28", "UNE")
    assert int(second["group"]["place"]["element"]) == 3


WHEN = [
    pytest.param("always", "", True, id="always"),
    pytest.param("requested", "", False, id="requested, it is not"),
    pytest.param("requested", "1", True, id="requested, it is"),
    pytest.param("errors", "", False, id="with errors, there are none"),
    pytest.param("errors", "1", True, id="with errors, it is requested"),
]


@pytest.mark.parametrize(("when", "asked", "is_answered"), WHEN)
def test_when_is_answered(when: str, asked: str, is_answered: bool) -> None:
    head = f"{HEAD}++++{asked}".rstrip("+")
    assert bool(answer(interchange(*GOOD, head=head), when=when)) == is_answered


def test_errors_are_answered() -> None:
    assert answer(interchange(*changed(0, "BGM+999+1")), when="errors")
    assert answer(interchange(*GOOD).replace(b"UNZ+1", b"UNZ+2"), when="errors")


def test_answers_are_not_answered() -> None:
    first = answer(interchange(*GOOD))
    assert answer(first) == b""


def test_without_a_time_or_a_wish_nothing_is_answered() -> None:
    codec = golden("orders", acknowledge={"when": "always"})
    assert read_all(codec, interchange(*GOOD), now=None)[1].acknowledgement == b""
    assert read_all(golden("orders", acknowledge=None), interchange(*GOOD))[1].acknowledgement == b""


def test_good_messages_may_be_left_unnamed_and_details_too() -> None:
    data = interchange(*GOOD, *changed(0, "BGM+999+1"))
    record = answered(data, accepted="omit", wrong="verdict")
    assert record["messages"] == [{"message": {"reference": "1", "message": KIND, "action": "4"}}]


VERSIONS = [("1", "2:2"), ("2", "2:2"), ("3", "D:3"), ("4", "4:1")]


@pytest.mark.parametrize(("version", "directory"), VERSIONS)
def test_each_version_has_its_answer(version: str, directory: str) -> None:
    data = interchange(*GOOD, head=f"UNB+UNOC:{version}+A+B+261123:1015+R1")
    text = answer(data).decode()
    assert f"UNB+UNOC:{version}+B+A+{'20' if version == '4' else ''}261123:1015+1'" in text
    assert f"UNH+1+CONTRL:{directory}:UN'" in text
    assert rules(read(edifact(), text.encode())) == []


def test_it_is_written_with_what_it_came_with() -> None:
    data = b"UNA=*,! ~" + interchange(*GOOD, head="UNB+UNOC:3+A?+B+C+261123:1015+R1").translate(
        bytes.maketrans(b":+'?", b"=*~!")
    )
    text = answer(data)
    assert text.replace(b"\n", b"").startswith(b"UNA=*,! ~UNB*UNOC=3*C*A!*B*")
    (record,) = read(golden("contrl"), text)
    assert record["interchange"]["sender"] == {"identification": "A*B"}


def test_repetitions_are_named_from_version_4_on() -> None:
    content = [
        {
            "segment": "COM",
            "elements": [{"name": "to", "repeat": 3, "components": [{"type": "an..3"}, {"type": "an..3"}]}],
        }
    ]
    codec = edifact(message="TEST", content=content, acknowledge={"when": "always"})
    data = interchange(
        *a_message("COM+a:b*c:dddd", kind="TEST:D:1:UN"), head="UNB+UNOC:4+A+B+20261123:1015+R1"
    )
    assert b"UCS+2'" in read_all(codec, data)[1].acknowledgement
    assert b"UCD+39+2:2:2'" in read_all(codec, data)[1].acknowledgement


def test_what_is_kept_for_an_answer_is_bounded() -> None:
    count = 3000
    many = [segment for at in range(count) for segment in changed(0, "BGM+999+1")]
    codec = golden("orders", acknowledge={"when": "always"}, lenient=["duplicates"])
    _, summary = read_all(codec, interchange(*many))
    assert summary.errors == count
    assert summary.acknowledgement.count(b"UCM+") == count


def test_records_that_were_given_on_are_not_rejected() -> None:
    """Of a message that is read line by line, some lines may be good."""
    lines = ("BGM+380+R-1", "LIN+1", "LIN+x", "LIN+3", "UNS+S", "MOA+79:1")
    data = interchange(*a_message(*lines, kind="INVOIC:D:03B:UN"), head="UNB+UNOW:4+A+B+20261123:1015+R1")
    results, summary = read_all(golden("invoice-lines", acknowledge={"when": "always"}), data)
    assert rules(results) == ["number"]
    assert len(results) == 4
    assert b"UCM+1+INVOIC:D:03B:UN+7'" in summary.acknowledgement.replace(b"\n", b"")
    assert b"UCS+4'UCD+37+2'" in summary.acknowledgement.replace(b"\n", b"")


UNANSWERED = [
    pytest.param("UNB+UNOC:3+ACME+BANK+261123:1015+", id="no reference"),
    pytest.param(f"UNB+UNOC:3+ACME+BANK+261123:1015+{'1' * 15}", id="a reference that is too long"),
    pytest.param("UNB+UNOC:3++BANK+261123:1015+R1", id="no sender"),
    pytest.param("UNB+UNOC:3+AC\x7fME+BANK+261123:1015+R1", id="a control character"),
    pytest.param("UNB+UNOA:3+ACM\xc9+BANK+261123:1015+R1", id="a character that the set has not"),
]


@pytest.mark.parametrize("head", UNANSWERED)
def test_who_cannot_be_named_is_not_answered(head: str) -> None:
    """What must be named in UCI and is wrong itself would make the answer wrong."""
    data = interchange(*GOOD, head=head)
    assert rules(read(golden("orders"), data)) != []
    assert answer(data) == b""


NOT_NAMED = [
    pytest.param("ORDERS:D::UN", id="no release"),
    pytest.param("ORDERS:D:}6A}UN:96A:UN", id="a release that is too long"),
    pytest.param("ORD\x00ERS:D:96A:UN", id="a control character"),
]


@pytest.mark.parametrize("kind", NOT_NAMED)
def test_a_message_that_cannot_be_named_is_not_in_the_answer(kind: str) -> None:
    data = interchange(*a_message(*BODY, number="8", kind=kind), *GOOD)
    named = [one["message"]["reference"] for one in answered(data)["messages"]]
    assert named == ["9"]


def test_a_stray_segment_without_a_tag_of_the_standard_is_told_without_it() -> None:
    record = answered(interchange("500+1", *GOOD))
    assert record["interchange"]["error"] == "33"
    assert "tag" not in record["interchange"]


def test_service_characters_above_ascii_are_not_answered_with() -> None:
    data = b"UNA:\xa7.? '" + interchange(*GOOD).replace(b"+", b"\xa7")
    assert answer(data).startswith(b"UNB+UNOC:3+BANK+ACME+")
    assert answered(data)["interchange"]["action"] == "7"


def test_the_bytes_of_a_mistake_are_those_that_came() -> None:
    data = interchange("UNG+ORD\xc9RS1+A+B+261123:1015+1", *GOOD, "UNE+1+1")
    error = read(golden("orders"), data)[0]
    assert (error.rule, error.raw) == ("group-header", b"UNG+ORD\xc9RS1+A+B+261123:1015+1")
    inside = interchange(*a_message("BGM+220+1", "UNE+1+1", "ZZZ+1"))
    stray, *others = read(golden("orders"), inside)
    assert (stray.rule, stray.raw) == ("control-structure", b"UNE+1+1")
    assert others[0].raw in inside
    assert b"UNE+1+1" in others[0].raw
