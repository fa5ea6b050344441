"""Values as a configuration file has them."""

from __future__ import annotations

from decimal import Decimal

from mappings.contract import JsonValue


def exact(value: JsonValue) -> JsonValue:
    """A value with its fractions as the decimals that they were written as: YAML and JSON give doubles."""
    if isinstance(value, float):
        return Decimal(repr(value))
    if isinstance(value, dict):
        return {key: exact(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [exact(each) for each in value]
    return value
