"""BeanIO's samples, every file: read, refused for the right reason, and written again."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import TypeAdapter

from mappings.contract import MappingError
from mappings.formats import FormatDefinition, build
from tests.corpus import CORPUS, needs
from tests.unit.mappings.fixed_width.beanio import CASES, EXCEPTIONS
from tests.unit.mappings.fixed_width.samples import read, write

FOLDER = CORPUS / "fixedwidth" / "beanio" / "parser"
pytestmark = needs(FOLDER)
_DEFINITIONS = TypeAdapter[Any](FormatDefinition)


def test_every_file_is_a_case_or_an_exception_with_a_reason() -> None:
    files = {str(path.relative_to(FOLDER).with_suffix("")) for path in FOLDER.rglob("*.txt")}
    assert files == CASES.keys() | EXCEPTIONS.keys()
    assert not CASES.keys() & EXCEPTIONS.keys()
    assert all(len(reason) > 10 for reason in EXCEPTIONS.values())


@pytest.mark.parametrize("name", CASES)
def test_files_are_read_and_written_again(name: str) -> None:
    case = CASES[name]
    codec = build(_DEFINITIONS.validate_python({"format": "fixed_width", **case.definition}))
    data = (FOLDER / f"{name}.txt").read_bytes()
    for size in (1, 1 << 20):
        results = read(codec, data, size)
        good = [one for one in results if not isinstance(one, MappingError)]
        bad = [one for one in results if isinstance(one, MappingError)]
        assert [one.rule for one in bad] == case.bad
        assert len(good) == case.good
    if not case.bad:
        written = write(codec, good)
        assert written.removesuffix(b"\n").removesuffix(b"\r") == data.removesuffix(b"\n").removesuffix(b"\r")


VALUES: list[Any] = [
    pytest.param(
        "fixedlength/f1_valid",
        [{"default": " value    ", "number": 12345, "padx": "value", "pos40": "value"}],
        id="padding",
    ),
    pytest.param(
        "fixedlength/f2_valid",
        [
            {"field1": "12345", "field2": "12345", "field3": "value", "more": "12345"},
            {"field1": "12345", "field2": "12345", "field3": "value", "more": ""},
            {"field1": "12345", "field2": "12345", "field3": None, "more": ""},
        ],
        id="optional field",
    ),
    pytest.param(
        "fixedlength/f3_valid",
        [
            {"record1": {"field2": "", "field3": "XXXXX"}},
            {"record2": {"field2": "Val2"}},
            {"record0": {}},
        ],
        id="types of record",
    ),
    pytest.param(
        "fixedlength/f7",
        [{"firstName": "kevin", "lastName": ""}, {"firstName": "", "lastName": "smith"}],
        id="empty text",
    ),
    pytest.param(
        "bean/w4_map",
        [
            {"id": "1", "name": "name1", "part1": {"id": "2", "name": "name2"}, "part2": None},
            {
                "id": "1",
                "name": "name1",
                "part1": {"id": "2", "name": "name2"},
                "part2": {"id": "3", "name": "name3"},
            },
        ],
        id="optional group",
    ),
    pytest.param(
        "bean/w10_nestedBeans",
        [
            {
                "b1": [
                    {"f0": "0", "b2": [{"f1": "1"}, {"f1": "1"}], "f2": "2"},
                    {"f0": "0", "b2": [{"f1": "1"}, {"f1": "1"}], "f2": "2"},
                ],
                "eof": "eof",
            },
            {
                "b1": [
                    {"f0": "a", "b2": [{"f1": "b"}, {"f1": "c"}], "f2": "d"},
                    {"f0": "e", "b2": [{"f1": "f"}, {"f1": "g"}], "f2": "h"},
                ],
                "eof": "eof",
            },
        ],
        id="tables in tables",
    ),
    pytest.param(
        "collection/fc1_valid",
        [
            {"array": [1, 100, 24], "set": ["A", "B", "B", "C", ""]},
            {"array": [0, 400, 500], "set": []},
        ],
        id="tables",
    ),
]


@pytest.mark.parametrize(("name", "expected"), VALUES)
def test_values_are_those_of_that_project(name: str, expected: list[Any]) -> None:
    codec = build(_DEFINITIONS.validate_python({"format": "fixed_width", **CASES[name].definition}))
    assert read(codec, (FOLDER / f"{name}.txt").read_bytes()) == expected
