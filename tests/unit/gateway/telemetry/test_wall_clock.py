from __future__ import annotations

import pytest

from gateway.telemetry.wall_clock import BELIEVED_AFTER_S, WallClock

HOUR_S = 3600.0
DAY_S = 24 * HOUR_S


class Machine:
    """Its two clocks, and what watches them."""

    def __init__(self) -> None:
        self.wall = 1.8e9
        self.passed = 100.0
        self.watch = WallClock(lambda: self.wall, lambda: self.passed)

    def goes_on(self, seconds: float) -> bool:
        self.wall += seconds
        self.passed += seconds
        return self.watch.is_trusted()


def test_time_that_passes_is_trusted_however_long_nobody_looked() -> None:
    machine = Machine()
    assert all(machine.goes_on(seconds) for seconds in (0.0, HOUR_S, 30 * DAY_S))


def test_small_corrections_are_nothing() -> None:
    machine = Machine()
    for correction in (1800.0, 1800.0, 1800.0, -3000.0):
        machine.wall += correction
        assert machine.goes_on(HOUR_S)


@pytest.mark.parametrize("moved", [10 * 365 * DAY_S, 2 * DAY_S, -2 * DAY_S, -1.8e9], ids=str)
def test_a_clock_that_was_moved_is_believed_after_a_day(moved: float) -> None:
    machine = Machine()
    machine.wall += moved
    assert not machine.goes_on(HOUR_S)
    assert not machine.goes_on(BELIEVED_AFTER_S - 2 * HOUR_S)
    assert machine.goes_on(3 * HOUR_S)
    assert machine.goes_on(HOUR_S)


def test_one_that_is_put_right_is_trusted_at_once() -> None:
    machine = Machine()
    machine.wall += 10 * 365 * DAY_S
    assert not machine.goes_on(HOUR_S)
    machine.wall -= 10 * 365 * DAY_S
    assert machine.goes_on(HOUR_S)


def test_each_move_begins_a_day_of_its_own() -> None:
    machine = Machine()
    for _ in range(3):
        machine.wall += 2 * DAY_S
        assert not machine.goes_on(0.0)
        assert not machine.goes_on(BELIEVED_AFTER_S - HOUR_S)
    assert machine.goes_on(2 * HOUR_S)


def test_the_clocks_of_this_machine_agree() -> None:
    assert WallClock().is_trusted()
