"""Fixed width in columns gives what it gives record by record."""

from __future__ import annotations

from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from mappings.columns import block_decoder
from mappings.contract import Context
from tests.unit.mappings.columns.both import anywhere, assert_same, whole
from tests.unit.mappings.columns.random_fixed import random_format

SEEDS = st.integers(0, 2**32)


@settings(max_examples=150, deadline=None)
@given(SEEDS)
def test_random_definitions_and_data(seed: int) -> None:
    rng = Random(seed)
    format_, make = random_format(rng)
    if block_decoder(format_, Context()) is None:
        return
    assert_same(format_, make(rng, rng.choice((20, 60, 300))), (whole, anywhere(rng)))
