"""Laws that hold for all definitions: what is lost is said, and how data is cut makes no difference."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mappings.contract import MappingError, Place
from mappings.json.schema import RecordSchema
from tests.unit.mappings.fixed_width.random_definitions import Sample, samples
from tests.unit.mappings.fixed_width.samples import fixed, outcome, plain, write


@pytest.mark.parametrize(
    "examples",
    [400, pytest.param(5_000, marks=[pytest.mark.long, pytest.mark.timeout(1800)])],
)
def test_what_is_not_written_again_is_said(examples: int) -> None:
    seen: Counter[str] = Counter()

    @given(samples(), st.integers(1, 20))
    @settings(max_examples=examples, deadline=None)
    def hold(sample: Sample, size: int) -> None:
        seen[_hold(sample, size)] += 1

    hold()
    assert min(seen["exact"], seen["lossy"], seen["bad"]) >= examples // 25, seen


def _hold(sample: Sample, size: int) -> str:
    try:
        codec = fixed(sample.definition)
    except ValueError:
        return "refused"
    results = outcome(codec, sample.data, 1 << 20)
    assert plain(outcome(codec, sample.data, size)) == plain(results)
    good = [one for one in results if not isinstance(one, MappingError)]
    written = write(codec, good)
    assert outcome(codec, written, size) == good, "what is written reads as it was"
    schema = RecordSchema(codec.schema())
    assert [schema.error(one, Place()) for one in good] == [None] * len(good)
    if len(good) < len(results):
        return "bad"
    if written == sample.data:
        return "exact"
    assert codec.losses(), "bytes are lost that nothing tells of"
    return "lossy"


@given(samples())
@settings(max_examples=60, deadline=None)
def test_data_that_ends_at_any_byte_gives_errors_or_records(sample: Sample) -> None:
    try:
        codec = fixed(sample.definition)
    except ValueError:
        return
    for end in range(len(sample.data)):
        for result in outcome(codec, sample.data[:end], 1 << 20):
            if isinstance(result, MappingError):
                assert result.place.record is not None
                assert result.place.byte_offset is not None
                assert result.place.byte_offset <= end
