"""Numbers of JSON, as digits in columns of their own."""

from __future__ import annotations

import numpy as np

from mappings.columns.arrays import Bytes, Flags, Numbers, Positions
from mappings.columns.ndjson_shape import Values

_MINUS, _ZERO = ord("-"), np.uint8(ord("0"))


class JsonNumbers:
    """The numbers of one member, each with `whole` digits before the point and `scale` behind it, in rows of
    ASCII. `good` says which are numbers of JSON without an exponent that have no more digits than that;
    `negative` which are below zero."""

    def __init__(self, values: Values, column: int, whole: int, scale: int) -> None:
        flat = values.flat
        start, end = values.start[:, column], values.end[:, column]
        negative = values.first[:, column] == _MINUS
        begin = start + negative
        point = np.minimum(values.points.first(begin), end) if scale else end
        last = np.int32(len(flat) - 1)
        self.good: Flags = (begin < point) & (end - point != 1)
        self.good &= (flat[np.minimum(begin, last)] != _ZERO) | (point - begin == 1)
        is_below_one = flat[np.minimum(begin, last)] == _ZERO
        self.good &= (point - begin <= whole) | is_below_one
        self.good &= end - point - 1 <= scale
        self.digits: Bytes = np.empty((len(start), whole + scale), np.uint8)
        if whole:
            self.digits[:, :whole] = _before(flat, begin, point, whole)
        if scale:
            self.digits[:, whole:] = _behind(flat, np.minimum(point + 1, end), end, scale)
        # All bytes but the sign and the point are in the digits where there are not too many of them.
        self.good &= ((self.digits - _ZERO) <= 9).all(axis=1)
        self.is_zero: Flags = (self.digits == _ZERO).all(axis=1)
        self.negative: Flags = negative & ~self.is_zero

    @property
    def numbers(self) -> Numbers:
        """The numbers without their scale, where they have at most 18 digits."""
        found = np.zeros(len(self.digits), np.int64)
        for column in range(self.digits.shape[1]):
            found *= 10
            found += self.digits[:, column]
            found -= int(_ZERO)
        return np.where(self.negative, -found, found)


def _before(flat: Bytes, begin: Positions, end: Positions, width: int) -> Bytes:
    """The last bytes before `end`, zeros for those that would stand before `begin`."""
    places = end[:, None] - np.arange(width, 0, -1, dtype=np.int32)
    found = flat[np.maximum(places, 0)]
    found[places < begin[:, None]] = _ZERO
    return found


def _behind(flat: Bytes, begin: Positions, end: Positions, width: int) -> Bytes:
    """The first bytes from `begin` on, zeros for those that would stand behind `end`."""
    places = begin[:, None] + np.arange(width, dtype=np.int32)
    found = flat[np.minimum(places, len(flat) - 1)]
    found[places >= end[:, None]] = _ZERO
    return found
