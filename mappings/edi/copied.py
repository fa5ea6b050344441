"""Copies of the writers' counts, to which a set or message that is refused goes back."""

from __future__ import annotations

from typing import TypeVar

T = TypeVar("T")


def copied(one: T) -> T:
    """Another object with the same attributes, for classes without slots. One is made for each set or
    message, and `copy.copy` takes three times as long."""
    found = object.__new__(type(one))
    vars(found).update(vars(one))
    return found
