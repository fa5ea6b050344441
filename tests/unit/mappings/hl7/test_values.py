"""Escape sequences, dates and times, null and empty, delimiters and character sets: one value at a time."""

from __future__ import annotations

from typing import Any

import pytest

from mappings.contract import MappingError
from mappings.hl7.escapes import Texts
from mappings.hl7.marks import Marks
from tests.unit.mappings.hl7.samples import hl7, message, read, rules, write

STANDARD = Texts(Marks("|", "^~\\&"), "utf-8")
TRUNCATING = Texts(Marks("|", "^~\\&#"), "utf-8")
STARRED = Texts(Marks("|", "^~*&"), "iso8859-1")

# The text in a message, the value, and how the value is written where that is another text.
ESCAPES: list[tuple[str, Texts, str, str, str | None]] = [
    ("plain", STANDARD, "a b", "a b", None),
    ("delimiters", STANDARD, r"\F\\S\\T\\R\\E\x", "|^&~\\x", None),
    ("line-break", STANDARD, r"a\.br\b", r"a\.br\b", None),
    ("indent", STANDARD, r"a\.in+4\b\.sp\c\.ti-2\d", r"a\.in+4\b\.sp\c\.ti-2\d", None),
    ("highlight", STANDARD, r"\H\a\N\b", r"\H\a\N\b", None),
    ("character-sets", STANDARD, r"\C2842\a\M244059\b", r"\C2842\a\M244059\b", None),
    ("of-a-site", STANDARD, r"\Zab1\c", r"\Zab1\c", None),
    ("hex", STANDARD, r"a\X0D0A\b", "a\r\nb", None),
    ("hex-of-a-letter", STANDARD, r"\X41\b", "Ab", "Ab"),
    ("hex-of-a-delimiter", STANDARD, r"\X7c\b", "|b", r"\F\b"),
    ("hex-utf-8", STANDARD, r"\Xc3A9\b", "éb", "éb"),
    ("hex-that-is-no-text", STANDARD, r"\XFF\b", r"\XFF\b", None),
    ("hex-latin", STARRED, "*XE9*b", "éb", "éb"),
    ("a-backslash-that-would-mean-more", STANDARD, r"\E\.br\E\x", r"\E\.br\E\x", None),
    ("an-escaped-escape", STANDARD, r"\E\E\E\x", r"\E\E\E\x", None),
    ("a-path", STANDARD, r"C:\E\dir\E\file", r"C:\dir\file", None),
    ("alone", STANDARD, r"C:\dir", r"C:\dir", r"C:\E\dir"),
    ("nothing-known", STANDARD, r"a\Q\b", r"a\Q\b", r"a\E\Q\E\b"),
    ("at-the-end", STANDARD, "a\\", "a\\", r"a\E" + "\\"),
    ("another-escape-character", STARRED, r"*F**E*\*.br*", r"|*\\.br" + "\\", None),
    ("truncated", TRUNCATING, "abc#", "abc#", None),
    ("truncation-character-at-the-end", TRUNCATING, r"abc\P" + "\\", r"abc\P" + "\\", None),
    ("truncation-character-inside", TRUNCATING, r"a\P\c", "a#c", "a#c"),
    ("no-truncation-here", STANDARD, r"a\P\c", r"a\P\c", r"a\E\P\E\c"),
]


@pytest.mark.parametrize(
    ("texts", "text", "value", "again"), [one[1:] for one in ESCAPES], ids=[one[0] for one in ESCAPES]
)
def test_escapes(texts: Texts, text: str, value: str, again: str | None) -> None:
    assert texts.read(text) == value
    assert texts.write(value) == (text if again is None else again)
    assert texts.read(texts.write(value)) == value


TYPED = hl7(
    content=[
        {"segment": "MSH", "min": 1},
        {
            "segment": "ZZZ",
            "fields": [
                {"at": 1, "name": "moment", "type": "DTM"},
                {"name": "date", "type": "DT"},
                {"name": "time", "type": "TM"},
                {"name": "number", "type": "NM"},
                {"name": "text", "type": "ST", "repeat": 3},
            ],
        },
    ]
)
VALUES: list[tuple[str, str, Any]] = [
    ("moment", "2026", "2026"),
    ("moment", "202612", "2026-12"),
    ("moment", "20261231", "2026-12-31"),
    ("moment", "2026123108", "2026-12-31T08"),
    ("moment", "202612310815", "2026-12-31T08:15"),
    ("moment", "20261231081530", "2026-12-31T08:15:30"),
    ("moment", "20261231081530.2500", "2026-12-31T08:15:30.2500"),
    ("moment", "20261231081530.1-0530", "2026-12-31T08:15:30.1-05:30"),
    ("moment", "20261231+0000", "2026-12-31+00:00"),
    ("date", "2026", "2026"),
    ("date", "20240229", "2024-02-29"),
    ("time", "08", "08"),
    ("time", "0815", "08:15"),
    ("time", "081530.12+0100", "08:15:30.12+01:00"),
    ("number", "-12", -12),
    ("number", "123456789012345678901234567890", 123456789012345678901234567890),
    ("text", "a~~b", ["a", "", "b"]),
    ("text", 'a~""', ["a", None]),
    ("text", "~", ["", ""]),
    ("moment", '""', None),
]


@pytest.mark.parametrize(("name", "text", "value"), VALUES, ids=[f"{one[0]}-{one[1]}" for one in VALUES])
def test_values(name: str, text: str, value: Any) -> None:
    at = ["moment", "date", "time", "number", "text"].index(name) + 1
    data = message("ZZZ" + "|" * at + text)
    (record,) = read(TYPED, data)
    assert record["ZZZ"] == {name: value}
    assert write(TYPED, [record]) == data


@pytest.mark.parametrize(
    ("text", "value", "again"),
    [("+5", 5, "5"), ("007", 7, "7"), ("5.", 5, "5"), (".5", 0.5, "0.5"), ("1.50", 1.5, "1.50")],
)
def test_numbers_are_written_in_one_way(text: str, value: float, again: str) -> None:
    (record,) = read(TYPED, message(f"ZZZ||||{text}"))
    assert record["ZZZ"] == {"number": value}
    assert write(TYPED, [record]) == message(f"ZZZ||||{again}")


UNWRITABLE: list[tuple[str, dict[str, Any], str, str]] = [
    ("date", {"date": "2026-02-30"}, "date", "/ZZZ/date"),
    ("text-for-number", {"number": "5"}, "type", "/ZZZ/number"),
    ("boolean", {"number": True}, "type", "/ZZZ/number"),
    ("empty", {"date": ""}, "empty", "/ZZZ/date"),
    ("unknown", {"other": "x"}, "unknown-field", "/ZZZ/other"),
    ("position-of-another", {"ZZZ-2": "x"}, "unknown-field", "/ZZZ/ZZZ-2"),
    ("no-list", {"text": "a"}, "type", "/ZZZ/text"),
    ("item", {"text": ["a", 5]}, "type", "/ZZZ/text/1"),
    ("too-many", {"text": ["a"] * 4}, "repetitions", "/ZZZ/text"),
    ("list-of-one", {"ZZZ-9": ["a"]}, "type", "/ZZZ/ZZZ-9"),
    ("not-an-object", [], "type", "/ZZZ"),  # type: ignore[list-item]  # on purpose
]


@pytest.mark.parametrize(
    ("values", "rule", "path"), [one[1:] for one in UNWRITABLE], ids=[one[0] for one in UNWRITABLE]
)
def test_what_cannot_be_written_is_refused(values: Any, rule: str, path: str) -> None:
    (record,) = read(TYPED, message("ZZZ"))
    with pytest.raises(MappingError) as caught:
        write(TYPED, [{**record, "ZZZ": values}])
    assert (caught.value.rule, caught.value.place.record) == (rule, 1)
    assert (caught.value.place.path or "").startswith(path)


def test_null_and_empty_are_not_the_same() -> None:
    data = message('PID|1||""||""^a^""&x|', "PV1")
    (record,) = read(hl7(), data)
    assert record["segments"][1]["fields"] == ["1", "", None, "", [None, "a", [None, "x"]], ""]
    assert write(hl7(), [record]) == data
    quotes = {"id": "PID", "fields": ['""', "a"]}
    record["segments"][1] = quotes
    assert read(hl7(), write(hl7(), [record])) == [record]


def test_delimiters_are_those_of_the_message() -> None:
    data = b"MSH$%*!@$A%B$$$$$$ADT%A01$1$P$2.5\rPID$1$$4%5@6*7$!F!!S!|^\r"
    (record,) = read(hl7(), data)
    assert record["segments"][1]["fields"] == ["1", "", {"repeat": [["4", ["5", "6"]], "7"]}, "$%|^"]
    assert write(hl7(), [record]) == data
    typed = hl7(content=[{"segment": "MSH", "min": 1}, {"segment": "PID"}])
    (record,) = read(typed, data)
    assert (record["MSH"]["MSH-1"], record["MSH"]["MSH-2"]) == ("$", "%*!@")
    assert write(typed, [record]) == data
    ours = hl7(
        content=[{"segment": "MSH", "min": 1}, {"segment": "PID"}],
        delimiters={"field": "$", "encoding": "%*!@"},
    )
    (record,) = read(ours, data)
    assert "MSH-1" not in record["MSH"]
    assert write(ours, [record]) == data


@pytest.mark.parametrize("encoding", ["^", "^~", "^~\\"])
def test_a_message_may_have_fewer_delimiters(encoding: str) -> None:
    data = f"MSH|{encoding}|A^B&C\rPID|1|a~b|\\T\\".encode() + b"\r"
    (record,) = read(hl7(), data)
    assert record["segments"][0]["fields"][2] == ["A", "B&C"]
    record["segments"][1]["fields"][2] = "a|b"
    if len(encoding) < 3:
        with pytest.raises(MappingError, match="would be read as other values"):
            write(hl7(), [record])
    else:
        assert read(hl7(), write(hl7(), [record])) == [record]


CHARACTER_SETS = [
    ("", "é€", "utf-8"),
    ("UNICODE UTF-8", "é€", "utf-8"),
    ("8859/1", "é", "iso8859-1"),
    ("8859/15", "é€", "iso8859-15"),
    ("ISO IR87", "患者", "iso2022_jp"),
    ("GB 18030-2000", "患者", "gb18030"),
    ("KS X 1001", "환자", "euc_kr"),
    ("BIG-5", "功能許蓋", "big5"),
    ("8859/1~ISO IR87", "é", "iso8859-1"),
    ("UNICODE", "é€", "utf-8"),
    ("iso-8859-1", "é", "iso8859-1"),
    ("WINDOWS-1252", "é€", "windows-1252"),
    ("~ISO IR87", "山", "iso2022_jp"),
    ("ASCII~ISO IR87~ISO IR159", "山丂", "iso2022_jp_1"),
    ("ISO IR6~ISO IR87", "a山", "iso2022_jp"),
]


@pytest.mark.parametrize(("name", "text", "encoding"), CHARACTER_SETS)
def test_character_sets(name: str, text: str, encoding: str) -> None:
    first = f"MSH|^~\\&|A||||||ADT^A01|1|P|2.5||||||{name}" if name else "MSH|^~\\&|A||||||ADT^A01|1|P|2.5"
    data = f"{first}\rPID|1||{text}^{text}\r".encode(encoding)
    for size in (1, 1000):
        (record,) = read(hl7(), data, size)
        assert record["segments"][1]["fields"][2] == [text, text]
    assert write(hl7(), [record]) == data
    if encoding == "iso8859-1":
        record["segments"][1]["fields"][2] = "€"
        with pytest.raises(MappingError) as caught:
            write(hl7(), [record])
        assert caught.value.rule == "encoding"


@pytest.mark.parametrize(
    ("segments", "rule"),
    [
        ([{"id": "PID", "fields": ["1"]}], "delimiters"),
        ([{"id": "MSH", "fields": ["|"]}], "delimiters"),
        ([{"id": "MSH", "fields": ["|", "^^"]}], "delimiters"),
        (
            [{"id": "MSH", "fields": ["|", "^~\\&"]}, {"id": "MSH", "fields": ["|", "^~\\&"]}],
            "control-structure",
        ),
        ([{"id": "MSH", "fields": ["|", "^~\\&"]}, {"id": "BTS", "fields": []}], "control-structure"),
        ([{"id": "MSH", "fields": ["|", "^~\\&"]}, {"id": "pid", "fields": []}], "type"),
        ([{"id": "MSH", "fields": ["|", "^~\\&"]}, {"id": "PID", "fields": [5]}], "type"),
        ([{"id": "MSH", "fields": ["|", "^"]}, {"id": "PID", "fields": ["a\rb"]}], "character"),
        ([], "delimiters"),
    ],
)
def test_lists_of_segments_that_cannot_be_written(segments: list[Any], rule: str) -> None:
    with pytest.raises(MappingError) as caught:
        write(hl7(), [{"segments": segments}])
    assert caught.value.rule == rule


def test_a_stray_line_end_in_a_value_is_escaped() -> None:
    (record,) = read(hl7(), message("NTE|1||a"))
    record["segments"][1]["fields"][2] = "a\r\nb\x0b"
    data = write(hl7(), [record])
    assert data.count(b"\r") == 2
    assert read(hl7(), data) == [record]
    assert rules(read(hl7(), data)) == []


@pytest.mark.parametrize("name", ["8859/1~ISO IR87", "8859/1", "UNICODE UTF-8", ""])
def test_a_switch_that_is_not_read_is_an_error(name: str) -> None:
    header = f"MSH|^~\\&|A||||||ADT^A01|1|P|2.5||||||{name}\r".encode()
    results = read(hl7(), header + b"PID|1||" + "山".encode("iso2022_jp") + b"\r" + message())
    assert rules(results) == ["character-set"]
    assert results[0].place.byte_offset == len(header) + 7


def test_a_definition_says_what_other_names_mean() -> None:
    data = "MSH|^~\\&|A||||||ADT^A01|1|P|2.5||||||Latin\rPID|1||é\r".encode("latin-1")
    assert rules(read(hl7(), data)) == ["character-set"]
    codec = hl7(character_sets={"LATIN": "iso-8859-1"})
    (record,) = read(codec, data)
    assert record["segments"][1]["fields"][2] == "é"
    assert write(codec, [record]) == data
    assert rules(read(hl7(), data.replace(b"Latin", b"CNS 11643-1992"))) == ["character-set"]
