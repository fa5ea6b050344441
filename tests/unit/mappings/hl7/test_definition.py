"""Definitions that contradict themselves are refused, each contradiction with its place."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from mappings.formats import built_in
from mappings.hl7 import Hl7Definition, Hl7Format
from tests.unit.mappings.hl7.samples import golden, hl7, message, read

MSH = {"segment": "MSH", "min": 1}


def pid(*fields: dict[str, Any]) -> dict[str, Any]:
    return {"content": [MSH, {"segment": "PID", "fields": [*fields]}]}


PROBLEMS: list[tuple[str, dict[str, Any], list[str]]] = [
    ("no-header", {"content": [{"segment": "PID"}]}, ["content.0: must be MSH, once, and nothing else"]),
    ("header-twice", {"content": [{"segment": "MSH", "max": 2}]}, ["content.0: must be MSH, once"]),
    ("header-inside", {"content": [MSH, {"segment": "MSH", "name": "x"}]}, ["content.1.segment: MSH begins"]),
    ("trailer", {"content": [MSH, {"segment": "BTS"}]}, ["content.1.segment: BTS begins or ends"]),
    ("delimiters", {"delimiters": {"field": "^"}}, ["delimiters: has one delimiter twice"]),
    ("names", pid({"at": 3, "name": "a"}, {"name": "a"}), ["content.1: 'a' is the name of 2"]),
    (
        "name-of-another",
        pid({"at": 3, "name": "PID-4"}),
        ["'PID-4' is what a field without a name is called"],
    ),
    ("order", pid({"at": 3}, {"at": 3}), ["content.1.fields: must stand in the order of their positions"]),
    ("beyond", pid({"at": 300}, {}), ["content.1.fields: a segment has at most 300"]),
    ("type", pid({"type": "QQ"}), ["'QQ' is no data type of the standard and none of types"]),
    ("codes", pid({"type": "NM", "codes": ["1"]}), ["a value of type NM has none"]),
    ("no-codes", pid({"codes": []}), ["content.1.fields.0.codes: there are none"]),
    ("codes-of-a-composite", pid({"type": "CX", "codes": ["1"]}), ["a value of type CX has none"]),
    ("length", pid({"type": "CX", "max_length": 3}), ["CX has components; only single values have a length"]),
    ("type-from-itself", pid({"at": 2, "type_from": 2}), ["must be a field that is defined before"]),
    (
        "type-from-behind",
        pid({"at": 2, "type_from": 3}, {}),
        ["must be a field that is defined before"],
    ),
    ("type-from-number", pid({"type": "NM"}, {"type_from": 1}), ["type_from: must be a field with one text"]),
    (
        "type-and-type-from",
        pid({}, {"type_from": 1, "type": "NM"}),
        ["the other field says what this one is"],
    ),
    (
        "delimiter-fields",
        {"content": [{**MSH, "fields": [{"at": 2}]}]},
        ["MSH-1 and MSH-2 are the delimiters"],
    ),
    ("scalar", {"types": {"NM": [{}]}}, ["types.NM: is a type of single values"]),
    ("itself", {"types": {"ZZ": [{"type": "ZZ"}]}}, ["types.ZZ.0.type: is inside of itself"]),
    ("segments", {"segments": {"PID": {"fields": [{}]}}}, ["segments: are for content, and there is none"]),
    ("lenient", {"lenient": ["codes"]}, ["lenient: codes is about content, and there is none"]),
    (
        "ambiguous",
        {"content": [MSH, {"segment": "NTE", "max": 2}, {"segment": "NTE", "name": "b"}]},
        ["content.2.match: NTE may be 'NTE' too"],
    ),
    (
        "reserved",
        {"content": [MSH, {"segment": "PID", "name": "batch_header"}]},
        ["content.1.name: 'batch_header' has another meaning"],
    ),
]


@pytest.mark.parametrize(
    ("definition", "expected"), [one[1:] for one in PROBLEMS], ids=[one[0] for one in PROBLEMS]
)
def test_contradictions(definition: dict[str, Any], expected: list[str]) -> None:
    with pytest.raises(ValueError) as caught:
        hl7(**definition)
    lines = str(caught.value).splitlines()
    assert len(lines) == len(expected)
    for line, part in zip(lines, expected, strict=True):
        assert part in line


@pytest.mark.parametrize(
    "definition",
    [
        {"content": []},
        {"content": [{"segment": "msh"}]},
        {"content": [MSH, {"group": "g"}]},
        {"encoding": "utf-16"},
        {"delimiters": {"encoding": "^~\\&#$"}},
        {"delimiters": {"field": "a"}},
        {"lenient": ["everything"]},
        {"processing": ["X"]},
        {"unknown": 1},
    ],
)
def test_what_the_model_refuses(definition: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Hl7Definition.model_validate({"format": "hl7", **definition})


def test_neighbours_of_one_identifier_are_told_apart_by_what_they_match() -> None:
    use = {"segment": "PRT", "fields": [{"at": 4, "name": "role", "type": "CWE"}]}
    codec = hl7(
        content=[
            MSH,
            {**use, "name": "author", "match": {"at": 4, "component": 1, "value": "AU"}},
            {**use, "name": "others", "max": 5},
        ]
    )
    (record,) = read(codec, message("PRT||||X", "PRT||||AU^Author", "PRT||||Y"))
    assert record["author"] == {"role": {"code": "AU", "text": "Author"}}
    assert [one["role"]["code"] for one in record["others"]] == ["X", "Y"]


def test_own_types_stand_in_place_of_the_standard_s() -> None:
    codec = hl7(
        **pid({"at": 3, "name": "id", "type": "CX"}),
        types={"CX": [{"name": "number", "type": "NM"}, {"name": "where", "type": "HD"}]},
    )
    (record,) = read(codec, message("PID|||12^A&1.2^rest&more"))
    assert record["PID"] == {
        "id": {"number": 12, "where": {"namespace": "A", "universal_id": "1.2"}, "3": ["rest", "more"]}
    }


def test_the_built_in_format_reads_any_message() -> None:
    codec = built_in("hl7")
    assert isinstance(codec, Hl7Format)
    (record,) = read(codec, message("ZZZ|a~b^c&d"))
    assert record["segments"][1] == {"id": "ZZZ", "fields": [{"repeat": ["a", ["b", ["c", "d"]]]}]}


def test_losses_name_their_places() -> None:
    keys = {*Hl7Definition.model_fields}
    for codec in (hl7(), golden(), golden(lenient=["codes"])):
        assert codec.losses()
        assert all(one.split(":")[0] in keys for one in codec.losses())
    assert any("plus signs" in one for one in golden().losses())
    assert not any("plus signs" in one for one in hl7().losses())
