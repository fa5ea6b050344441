"""What is answered to the sender: to which messages, with which code, and where a mistake is said to be."""

from __future__ import annotations

import re
from typing import Any

import pytest

from mappings.hl7.acknowledgement import MAX_BYTES
from tests.unit.mappings.hl7.samples import golden, hl7, message, read, read_all

DEFINITION: dict[str, Any] = {
    "messages": ["ADT^A01"],
    "versions": ["2.3", "2.5"],
    "processing": ["P"],
    "content": [
        {"segment": "MSH", "min": 1},
        {
            "segment": "PID",
            "min": 1,
            "fields": [
                {"at": 3, "name": "ids", "type": "CX", "repeat": 3, "required": True},
                {"at": 7, "name": "born", "type": "DTM"},
                {"name": "sex", "codes": ["F"], "max_length": 1},
            ],
        },
        {"segment": "NTE", "max": "unbounded", "fields": [{"at": 1, "type": "SI"}]},
    ],
}
CODEC = hl7(**DEFINITION, acknowledge={})
GOOD = message("PID|1||4")


def answers(data: bytes, codec: Any = CODEC, **context: Any) -> list[list[str]]:
    """The segments of each answer, without its MSH."""
    answer = read_all(codec, data, **context)[1].acknowledgement.decode("latin-1")
    assert answer == "" or answer.endswith("\r")
    found: list[list[str]] = []
    for segment in answer.split("\r")[:-1]:
        if segment.startswith("MSH|"):
            found.append([])
        else:
            found[-1].append(segment)
    return found


CASES: list[tuple[str, bytes, list[str]]] = [
    ("accepted", GOOD, ["MSA|AA|7"]),
    (
        "field",
        message("PID|1||4||||x|M"),
        [
            "MSA|AE|7",
            "ERR||PID^1^7^1|102^Data type error^HL70357|E||||",
            "ERR||PID^1^8^1|103^Table value not found^HL70357|E||||",
        ],
    ),
    (
        "missing-field",
        message("PID|1"),
        ["MSA|AE|7", "ERR||PID^1^3^1|101^Required field missing^HL70357|E||||"],
    ),
    (
        "component",
        message("PID|1||4~5^^^^^^x"),
        [
            "MSA|AE|7",
            "ERR||PID^1^3^2^7|102^Data type error^HL70357|E||||",
        ],
    ),
    (
        "second-of-a-segment",
        message("PID|1||4", "NTE|1", "NTE|x"),
        ["MSA|AE|7", "ERR||NTE^2^1^1|102^Data type error^HL70357|E||||"],
    ),
    (
        "missing-segment",
        message(),
        [
            "MSA|AE|7",
            "ERR||PID^1|100^Segment sequence error^HL70357|E||||",
        ],
    ),
    (
        "version-2.3",
        message("PID|1||4||||x", version="2.3"),
        ["MSA|AE|7", "ERR|PID^1^7^102&Data type error&HL70357"],
    ),
    (
        "type",
        message("PID|1||4", kind="SIU^S12"),
        [
            "MSA|AR|7",
            "ERR||MSH^1|200^Unsupported message type^HL70357|E||||",
        ],
    ),
    (
        "event",
        message("PID|1||4", kind="ADT^A02"),
        [
            "MSA|AR|7",
            "ERR||MSH^1|201^Unsupported event code^HL70357|E||||",
        ],
    ),
    (
        "processing",
        GOOD.replace(b"|P|", b"|D|"),
        [
            "MSA|AR|7",
            "ERR||MSH^1|202^Unsupported processing id^HL70357|E||||",
        ],
    ),
    (
        "version",
        message("PID|1||4", version="2.8"),
        [
            "MSA|AR|7",
            "ERR||MSH^1|203^Unsupported version id^HL70357|E||||",
        ],
    ),
    (
        "not-text",
        GOOD + b"NTE|\xff\r",
        ["MSA|AE|7", "ERR||MSH^1|207^Application internal error^HL70357|E||||"],
    ),
    ("acknowledgements-are-not-answered", message("MSA|AA|1", kind="ACK"), []),
    ("nothing-to-answer", b"PID|1||4\r", []),
]


@pytest.mark.parametrize(("data", "expected"), [one[1:] for one in CASES], ids=[one[0] for one in CASES])
def test_answers(data: bytes, expected: list[str]) -> None:
    found = answers(data)
    words = [segment.split("|")[8] for one in found for segment in one if segment.startswith("ERR||")]
    assert all(words)
    assert [[re.sub(r"(\|E\|{4}).*", r"\1", segment) for segment in one] for one in found] == (
        [expected] if expected else []
    )
    assert answers(data + GOOD)[-1] == ["MSA|AA|7"]


def test_the_header_goes_back_with_the_message_s_delimiters_and_character_set() -> None:
    data = "MSH$%*!@$A%B$HÔP$C$D$2026$$ADT%A01$77$P$2.5$$$$$$8859/1\rPID$1$$4\r".encode("latin-1")
    answer = read_all(CODEC, data)[1].acknowledgement
    expected = "MSH$%*!@$C$D$A%B$HÔP$20261123101500+0000$$ACK%A01%ACK$1$P$2.5$$$$$$8859/1\rMSA$AA$77\r"
    assert answer == expected.encode("latin-1")
    (read_back,) = read(hl7(), answer)
    assert read_back["segments"][1]["fields"] == ["AA", "77"]


WANTED = [
    ("requested", "", "AA", "AE"),
    ("requested", "AL", "AA", "AE"),
    ("requested", "NE", "", ""),
    ("requested", "ER", "", "AE"),
    ("requested", "SU", "AA", ""),
    ("errors", "AL", "", "AE"),
    ("always", "NE", "AA", "AE"),
]


@pytest.mark.parametrize(("when", "asked", "good", "bad"), WANTED)
def test_who_is_answered(when: str, asked: str, good: str, bad: str) -> None:
    codec = hl7(**DEFINITION, acknowledge={"when": when})
    for segments, verdict in ((["PID|1||4"], good), ([], bad)):
        data = message(*segments).replace(b"|2.5\r", f"|2.5||||{asked}\r".encode())
        found = answers(data, codec)
        assert [one[0] for one in found] == ([f"MSA|{verdict}|7"] if verdict else [])


def test_without_the_wish_or_the_time_nothing_is_answered() -> None:
    assert answers(GOOD, hl7(**DEFINITION)) == []
    assert answers(GOOD, now=None) == []
    verdict = hl7(**DEFINITION, acknowledge={"wrong": "verdict"})
    assert answers(message(), verdict) == [["MSA|AE|7"]]


def test_control_numbers_are_counted_or_given() -> None:
    def number(data: bytes) -> list[str]:
        return [
            segment.split(b"|")[9].decode() for segment in data.split(b"\r") if segment.startswith(b"MSH")
        ]

    assert number(read_all(CODEC, GOOD * 2)[1].acknowledgement) == ["1", "2"]
    asked: list[str] = []

    def given(counter: str) -> int:
        asked.append(counter)
        return 40 + len(asked)

    assert number(read_all(CODEC, GOOD * 2, next_number=given)[1].acknowledgement) == ["41", "42"]
    assert asked == ["hl7", "hl7"]


def test_what_is_kept_is_bounded() -> None:
    wrong = message(*["NTE|x"] * 50)
    data = read_all(CODEC, wrong * 400)[1].acknowledgement
    assert len(data) < MAX_BYTES + 100_000
    assert data.count(b"MSA|AE|") == 400
    assert (
        len(read_all(golden(), message("PID|1||4", kind="ORU^R01", version="2.5.1") * 30)[1].acknowledgement)
        > 0
    )
