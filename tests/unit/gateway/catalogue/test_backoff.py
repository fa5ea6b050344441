from __future__ import annotations

from gateway.catalogue.backoff import Backoff


def test_waits_grow_to_a_bound_and_start_over() -> None:
    backoff = Backoff(first_s=1, max_s=8)
    ceilings = [1, 2, 4, 8, 8]
    for ceiling in ceilings:
        assert ceiling / 4 <= backoff.next() <= ceiling
    backoff.reset()
    assert backoff.next() <= 1
