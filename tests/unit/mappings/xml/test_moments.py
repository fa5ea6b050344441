"""Dates and times of XML without a schema, with fractions of the second and offsets from UTC."""

from __future__ import annotations

from typing import Any

import pytest

from mappings.contract import MappingError
from tests.unit.mappings.xml.path_samples import read, write, xml

BASIC = "%Y%m%d%H%M%S%z"
MOMENTS: dict[str, tuple[dict[str, Any], str, str, str]] = {
    "whole": ({}, "2026-11-23T10:15:00Z", "2026-11-23T10:15:00Z", "2026-11-23T10:15:00Z"),
    "milliseconds": (
        {},
        "2026-11-23T10:15:00.123Z",
        "2026-11-23T10:15:00.123000Z",
        "2026-11-23T10:15:00.123Z",
    ),
    "of-dotnet": (
        {},
        "2026-11-23T10:15:00.1234560+01:00",
        "2026-11-23T10:15:00.123456+01:00",
        "2026-11-23T10:15:00.123456+01:00",
    ),
    "always-three": (
        {"pattern": "%Y-%m-%dT%H:%M:%S.%3f%:z"},
        "2026-11-23T10:15:00.500-05:30",
        "2026-11-23T10:15:00.500000-05:30",
        "2026-11-23T10:15:00.500-05:30",
    ),
    "no-colon": (
        {"pattern": BASIC},
        "20261123101500+0530",
        "2026-11-23T10:15:00+05:30",
        "20261123101500+0530",
    ),
    "local": (
        {"pattern": "%Y-%m-%dT%H:%M:%S%.f", "offset": "local"},
        "2026-11-23T10:15:00.5",
        "2026-11-23T10:15:00.500000",
        "2026-11-23T10:15:00.5",
    ),
}


@pytest.mark.parametrize(("options", "text", "value", "written"), MOMENTS.values(), ids=MOMENTS)
def test_moments_both_ways(options: dict[str, Any], text: str, value: str, written: str) -> None:
    codec = xml(root="r", record="o", fields={"at": {"type": "datetime", **options}})
    (record,) = read(codec, f"<r><o><at>{text}</at></o></r>".encode())
    assert record == {"at": value}
    assert f"<at>{written}</at>".encode() in write(codec, [record])


def test_times_both_ways() -> None:
    fields = {"from": {"type": "time"}, "to": {"type": "time", "pattern": "%H:%M:%S%.f"}}
    codec = xml(root="r", record="o", fields=fields)
    data = b"<r><o><from>08:15:00</from><to>23:59:59.25</to></o></r>"
    (record,) = read(codec, data)
    assert record == {"from": "08:15:00", "to": "23:59:59.250000"}
    assert b"<from>08:15:00</from><to>23:59:59.25</to>" in b"".join(
        write(codec, [record]).split(b"\n")
    ).replace(b"  ", b"")


@pytest.mark.parametrize(
    "text",
    ["2026-11-23T10:15:00.1234567Z", "2026-11-23T10:15:00.Z", "2026-11-23T10:15:00", "2026-02-30T10:15:00Z"],
)
def test_what_is_no_moment(text: str) -> None:
    codec = xml(root="r", record="o", fields={"at": {"type": "datetime"}})
    good = "<o><at>2026-11-23T10:15:00Z</at></o>"
    error, record = read(codec, f"<r><o><at>{text}</at></o>{good}</r>".encode())
    assert isinstance(error, MappingError)
    assert error.rule == "date"
    assert record == {"at": "2026-11-23T10:15:00Z"}
