"""Copies that the writers keep: of their counts, to which a set or message that is refused goes back, and of
what a record said, which may be another value by the next one though it is the same object."""

from __future__ import annotations

from typing import TypeVar

from mappings.contract import JsonValue

T = TypeVar("T")


def copied(one: T) -> T:
    """Another object with the same attributes, for classes without slots. One is made for each set or
    message, and `copy.copy` takes three times as long."""
    found = object.__new__(type(one))
    vars(found).update(vars(one))
    return found


def copied_value(value: JsonValue) -> JsonValue:
    """The same value, with no object or list in common."""
    if type(value) is dict:
        # Most are texts: a call for each would take longer than all the rest.
        return {name: one if type(one) is str else copied_value(one) for name, one in value.items()}
    return list(map(copied_value, value)) if type(value) is list else value
