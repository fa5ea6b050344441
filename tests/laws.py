"""Laws that hold for all values: tried with some in the quick suite, and with many more in the long one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis.strategies import SearchStrategy


def law(*values: SearchStrategy[Any], quick: int, long: int) -> Callable[[Callable[..., None]], Any]:
    """Make a test of a function that raises where the law does not hold for the values it is given.

    `quick` and `long` are how many times each suite tries it.
    """

    def decorate(hold: Callable[..., None]) -> Any:
        @pytest.mark.parametrize(
            "times", [quick, pytest.param(long, marks=[pytest.mark.long, pytest.mark.timeout(1800)])]
        )
        def test(times: int) -> None:
            settings(max_examples=times, deadline=None)(given(*values)(hold))()

        test.__name__, test.__doc__ = hold.__name__, hold.__doc__
        return test

    return decorate
