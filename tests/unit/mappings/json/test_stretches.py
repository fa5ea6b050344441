"""Records that are read many at once are those that come out one by one, and so are the errors."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import strategies as st

from mappings import json
from mappings.contract import Context, MappingError, Place, Summary
from mappings.formats import build, built_in
from mappings.json import JsonDefinition, array, lines, stretch
from mappings.json.record import read_record
from mappings.json.text import decode_lines
from tests.laws import law

NAMES = ("json", "ndjson")
GOOD = (
    "{}",
    "[]",
    "1",
    '"a,b"',
    '"\\\\"',
    '"\\""',
    '{"a":[{"b":"]}"},2.50]}',
    "null",
    ' {"é" : "\\u00e9"} ',
    "-0",
    "1.50",
    "1E+5",
    "-" + "1" * 399,
    '{"a":1,"b":[true,null,"é"]}',
)
BAD = (
    "",
    "x",
    "{",
    "]",
    '"',
    "{]",
    '{"a":1,"a":2}',
    "NaN",
    '"\\ud800"',
    "1e999",
    "1,2",
    "[1",
    "2]",
    "\ufeff1",
    "\\",
)
BAD_IN_ITSELF = ("x", '{"a":1,"a":2}', "NaN", '"\\ud800"', "1e999", "[1 2]", "tru", '{"a"}')
BAD_AS_WRITTEN = ('{"a":{"b":1,"b":2}}', "1E+500", "1E-500", "1" * 401, "-" + "1" * 400, "1." + "1" * 400)


def told(result: Any) -> Any:
    if isinstance(result, MappingError):
        return str(result), result.rule, result.place, result.excerpt, result.raw, result.raw_is_cut
    return result, type(result)


def outcome(name: str, data: bytes, size: int, context: Context, record: dict[str, Any]) -> list[Any]:
    decoder = build(JsonDefinition.model_validate({"format": name, "record": record})).decoder(context)
    found: list[Any] = []
    try:
        for start in range(0, len(data), size):
            found += map(told, decoder.feed(data[start : start + size]))
        last, summary = decoder.finish()
        return [*found, *map(told, last), summary]
    except MappingError as lost:
        # What a call found before it raises depends on where the data was cut.
        return [told(lost)]


def one_by_one(*arguments: Any) -> list[Any]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stretch, "LEAST_BYTES", 1 << 62)
        return outcome(*arguments)


def text(name: str, parts: list[str], gap: str) -> bytes:
    if name == "ndjson":
        return "\n".join(parts).encode()
    return f"[{gap}{f'{gap},'.join(parts)}{gap}]".encode()


parts_of = st.lists(
    st.sampled_from(GOOD) | st.sampled_from(GOOD) | st.sampled_from(BAD_IN_ITSELF + BAD_AS_WRITTEN),
    min_size=1,
    max_size=40,
)
any_parts = st.lists(st.sampled_from(GOOD) | st.sampled_from(BAD), min_size=1, max_size=12)


@law(
    st.sampled_from(NAMES),
    st.lists(st.sampled_from(GOOD), min_size=1, max_size=30),
    parts_of | any_parts,
    st.integers(1, 40),
    st.sampled_from(["", " ", "\n", "\r\n"]),
    st.sampled_from([37, 300, 5000, 1 << 20]),
    st.sampled_from(
        [Context(), Context(max_record_bytes=300), Context(max_depth=2), Context(max_record_bytes=9)]
    ),
    st.sampled_from([{}, {"type": ["object", "number"]}]),
    quick=150,
    long=5000,
)
def test_however_records_are_read_they_are_the_same(
    name: str,
    before: list[str],
    among: list[str],
    times: int,
    gap: str,
    size: int,
    context: Context,
    record: dict[str, Any],
) -> None:
    data = text(name, before * times + among + before * times, gap)
    assert outcome(name, data, size, context, record) == one_by_one(name, data, size, context, record)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("unit", ["{}", "[]", "1", '{"a":[]}', '"x,]"', '{"a":"\\"","b":"\\\\"}'])
def test_small_records_are_not_read_one_by_one(name: str, unit: str, monkeypatch: pytest.MonkeyPatch) -> None:
    alone = 0

    def counted(*arguments: Any) -> Any:
        nonlocal alone
        alone += 1
        return read_record(*arguments)

    monkeypatch.setattr(array, "read_record", counted)
    monkeypatch.setattr(lines, "read_record", counted)
    decoder = (built_in(name) or pytest.fail(name)).decoder(Context())
    blocks, number = 4, 0
    data = text(name, [unit] * (blocks * stretch.MOST_BYTES // (len(unit) + 1)), "")
    for start in range(0, len(data), stretch.MOST_BYTES):
        number += len(decoder.feed(data[start : start + stretch.MOST_BYTES]))
    last, summary = decoder.finish()
    assert summary == Summary(records=number + len(last), errors=0)
    assert summary.records == blocks * stretch.MOST_BYTES // (len(unit) + 1)
    # Those at the end of a block, which go on in the next.
    assert alone < blocks * 2 * stretch.LEAST_BYTES


@pytest.mark.parametrize("name", NAMES)
def test_an_error_has_those_around_it_read_one_by_one_and_no_others(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone: list[int] = []
    module: Any = array if name == "json" else lines

    def counted(raw: bytes, place: Place, *arguments: Any) -> Any:
        assert place.record is not None
        alone.append(place.record)
        return read_record(raw, place, *arguments)

    monkeypatch.setattr(module, "read_record", counted)
    data = text(name, [*["{}"] * 15_000, "{x}", *["{}"] * 15_000], "")
    found = outcome(name, data, len(data), Context(), {})
    assert found[-1] == Summary(records=30_001, errors=1)
    assert found[15_000][2].record == 15_001
    assert 15_001 in alone
    assert len(alone) < 3 * stretch.LEAST_BYTES


@pytest.mark.parametrize("wrong", BAD_AS_WRITTEN)
def test_lines_as_the_encoder_writes_them_obey_the_same_rules(wrong: str) -> None:
    good = '{"a":[1.50,"x"]}'
    assert decode_lines(f"{good}\n{good}".encode(), max_depth=3) == [json.decode(good.encode())] * 2
    assert decode_lines(f"{good}\n{wrong}".encode(), max_depth=3) is None
    assert decode_lines(good.encode(), max_depth=1) is None
