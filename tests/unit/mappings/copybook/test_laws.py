"""Laws: what is written is read again, however the data are cut; what ends too early is an error."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mappings.contract import MappingError
from tests.unit.mappings.copybook.samples import defined, problems, read, records, write


@dataclass(frozen=True)
class Made:
    """The lines of an item in a copybook, and the values that it may have by its name."""

    lines: tuple[str, ...]
    values: st.SearchStrategy[dict[str, Any]]


WORDS = st.text("ABCxyz019 .-", max_size=4).map(str.strip)


def whole(digits: int, *, signed: bool = True) -> st.SearchStrategy[Any]:
    most = 10**digits - 1
    return st.integers(-most if signed else 0, most)


def fraction(digits: int, scale: int) -> st.SearchStrategy[Any]:
    return whole(digits).map(lambda number: Decimal(number).scaleb(-scale))


FIELDS: list[tuple[str, st.SearchStrategy[Any]]] = [
    ("PIC X(4)", WORDS),
    ("PIC X(4) JUST", WORDS),
    ("PIC A(4)", st.text("ABC", max_size=4)),
    ("PIC 9(3)", whole(3, signed=False)),
    ("PIC S9(3)", whole(3)),
    ("PIC S9(3) LEADING SEPARATE", whole(3)),
    ("PIC S9(2)V99 TRAILING SEPARATE", fraction(4, 2)),
    ("PIC S9(5)V99 COMP-3", fraction(7, 2)),
    ("PIC 9(4) COMP-3", whole(4, signed=False)),
    ("PIC S9(4) COMP", whole(4)),
    ("PIC S9(9) COMP SYNC", whole(9)),
    ("PIC S9(18) COMP-5", st.integers(-(2**63), 2**63 - 1)),
    ("PIC S9(2)PP", whole(2).map(lambda number: number * 100)),
    ("PIC SPP9(2)", fraction(2, 4)),
    ("PIC Z,ZZ9.99-", fraction(6, 2)),
    ("PIC $$,$$9.99CR", fraction(6, 2)),
    ("PIC 9(4) BLANK WHEN ZERO", whole(4, signed=False)),
    ("PIC N(3)", st.text("Äé⾁a", max_size=3)),
    ("COMP-2", st.integers(-1000, 1000).map(Decimal)),
    ("INDEX", st.integers(-(2**31), 2**31 - 1)),
]


@st.composite
def items(draw: st.DrawFn, names: Any, depth: int, indent: str) -> Made:
    """A field, a group, a table or an area with two readings."""
    kind = draw(st.sampled_from(["field"] * 4 + (["group", "table", "counted", "area"] if depth else [])))
    name = f"N{next(names)}"
    level = f"{indent}{5 * (4 - depth):02d}"
    if kind == "field":
        clauses, values = draw(st.sampled_from(FIELDS))
        return Made((f"{level} {name} {clauses}.",), st.fixed_dictionaries({name: values}))
    if kind == "area":
        first, second = f"N{next(names)}", f"N{next(names)}"
        area = (
            f"{level} K{name} PIC 9.",
            f"{level} {first} PIC X(4).",
            f"{level} {second} REDEFINES {first} PIC S9(7) COMP-3.",
        )
        return Made(
            area,
            st.one_of(
                st.fixed_dictionaries({f"K{name}": st.just(1), first: WORDS}),
                st.fixed_dictionaries({f"K{name}": st.just(2), second: whole(7)}),
            ),
        )
    inside = draw(members(names, depth - 1, indent + " "))
    if kind == "group":
        return Made((f"{level} {name}.", *inside.lines), st.fixed_dictionaries({name: inside.values}))
    if kind == "table":
        return Made(
            (f"{level} {name} OCCURS 2 TIMES.", *inside.lines),
            st.fixed_dictionaries({name: st.lists(inside.values, min_size=2, max_size=2)}),
        )
    lines = (
        f"{level} C{name} PIC S9(3) COMP-3.",
        f"{level} {name} OCCURS 0 TO 3 DEPENDING ON C{name}.",
        *inside.lines,
    )
    rows = st.lists(inside.values, max_size=3)
    return Made(lines, rows.map(lambda found: {f"C{name}": len(found), name: found}))


@st.composite
def members(draw: st.DrawFn, names: Any, depth: int, indent: str) -> Made:
    made = [draw(items(names, depth, indent)) for _ in range(draw(st.integers(1, 3)))]
    merged = st.tuples(*(one.values for one in made)).map(
        lambda parts: {key: value for part in parts for key, value in part.items()}
    )
    return Made(tuple(line for one in made for line in one.lines), merged)


def variants(text: str) -> dict[str, Any]:
    """The rules for all areas: the counter before the area says which."""
    rules: dict[str, Any] = {}
    lines = text.splitlines()
    for before, first, second in zip(lines, lines[1:], lines[2:], strict=False):
        if " REDEFINES " in second:
            key = before.split()[1]
            rules[first.split()[1]] = {"field": key, "value": 1}
            rules[second.split()[1]] = {"field": key, "value": 2}
    return rules


@st.composite
def samples(draw: st.DrawFn) -> tuple[str, list[dict[str, Any]]]:
    """A copybook and some records of it."""
    made = draw(members(count(), 3, " "))
    return "\n".join(["01 R.", *made.lines, ""]), draw(st.lists(made.values, min_size=1, max_size=3))


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(samples(), st.sampled_from(["V", "VB", "F"]), st.integers(1, 50))
def test_what_is_written_is_read(
    sample: tuple[str, list[dict[str, Any]]], record_format: str, size: int
) -> None:
    text, values = sample
    options: dict[str, Any] = {"record_format": record_format, "variants": variants(text)}
    if record_format == "F":
        options["depending"] = "maximal"
    assert problems(text, "cp1047", **options) == []
    codec = defined(text, "cp1047", **options)
    data = write(codec, values)
    assert read(codec, data, size) == values
    assert write(codec, records(codec, data)) == data


SAMPLE = """01 R.
 05 KIND PIC X.
 05 N PIC 9.
 05 ROW OCCURS 0 TO 3 DEPENDING ON N.
  10 NAME PIC X(3).
  10 AMOUNT PIC S9(3) COMP-3.
 05 A PIC X(2).
 05 B REDEFINES A PIC S9(4) COMP.
"""
RULES = {"A": {"field": "KIND", "value": "A"}, "B": {"field": "KIND", "value": "B"}}
VALUES: list[Any] = [
    {"KIND": "A", "N": 2, "ROW": [{"NAME": "x", "AMOUNT": 1}, {"NAME": "yy", "AMOUNT": -2}], "A": "ok"},
    {"KIND": "B", "N": 0, "ROW": [], "B": -5},
    {"KIND": "B", "N": 1, "ROW": [{"NAME": "zzz", "AMOUNT": 3}], "B": 7},
]
FORMATS: dict[str, dict[str, Any]] = {
    "F": {"depending": "maximal"},
    "V": {"record_format": "V"},
    "VB": {"record_format": "VB"},
    "VBS": {"record_format": "VBS", "block_size": 32},
}


@pytest.mark.parametrize("options", FORMATS.values(), ids=FORMATS)
def test_cut_anywhere(options: dict[str, Any]) -> None:
    codec = defined(SAMPLE, variants=RULES, **options)
    data = write(codec, VALUES)
    for size in range(1, len(data) + 1):
        assert read(codec, data, size) == VALUES


@pytest.mark.parametrize("options", FORMATS.values(), ids=FORMATS)
def test_cut_short_at_every_byte(options: dict[str, Any]) -> None:
    """The records before are read; what is cut is an error at its place, or nothing where a record ends."""
    codec = defined(SAMPLE, variants=RULES, **options)
    data = write(codec, VALUES)
    for end in range(len(data)):
        *good, last = [None, *read(codec, data[:end])]
        if isinstance(last, MappingError):
            assert last.rule in ("truncated", "segment")
            assert 0 <= (last.place.byte_offset or 0) <= end
            assert good[1:] == VALUES[: len(good) - 1]
        else:
            assert [*good, last][1:] == VALUES[: len(good)]


@pytest.mark.parametrize("options", FORMATS.values(), ids=FORMATS)
@settings(deadline=None, max_examples=60)
@given(data=st.binary(max_size=120))
def test_any_bytes(options: dict[str, Any], data: bytes) -> None:
    """Records or errors with a place, the same however the data are cut."""
    codec = defined(SAMPLE, variants=RULES, **options)

    def results(size: int) -> list[Any]:
        try:
            found = read(codec, data, size)
        except MappingError as error:
            found = [error]
        return [str(each) if isinstance(each, MappingError) else each for each in found]

    whole_at_once, byte_by_byte = results(1 << 20), results(1)
    assert whole_at_once == byte_by_byte or whole_at_once[-1] == byte_by_byte[-1]


def test_long_data_take_the_time_of_their_length() -> None:
    """Byte by byte, with tables in tables: no work is done twice."""
    codec = defined(SAMPLE, variants=RULES, record_format="V")
    data = write(codec, VALUES * 400)
    assert read(codec, data, 1) == VALUES * 400
