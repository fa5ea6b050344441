"""Numbers of JSON, as digits in columns of their own."""

from __future__ import annotations

import numpy as np

from mappings.columns.arrays import Bytes, Flags, Numbers, Positions
from mappings.columns.ndjson_values import Block, Values

_MINUS, _POINT, _NINE, _ZERO = ord("-"), ord("."), ord("9"), np.uint8(ord("0"))


class JsonNumbers:
    """The numbers of one member, each with `whole` digits before the point and `scale` behind it, in rows of
    ASCII. `good` says which are numbers of JSON without an exponent that have no more digits than that;
    `negative` which are below zero."""

    def __init__(self, values: Values, column: int, whole: int, scale: int) -> None:
        start, end = values.start[:, column], values.end[:, column]
        first = values.first[:, column]
        negative = first == _MINUS
        begin = start + negative
        point = _points(values.block, begin, end, first, scale) if scale else end
        before = values.block.window(point - np.int32(max(1, whole)), max(1, whole))
        length = point - begin
        np.copyto(before, _ZERO, where=_columns(max(1, whole)) < (before.shape[1] - length)[:, None])
        leads = values.flat[np.minimum(begin, np.int32(len(values.flat) - 1))]
        self.good: Flags = (length > 0) & (end - point != 1)
        # A zero leads only where it is all there is before the point.
        self.good &= ((leads != _ZERO) & (length <= whole)) | ((leads == _ZERO) & (length == 1))
        self.good &= end - point - 1 <= scale
        self.digits: Bytes = before
        if not whole:
            self.good &= before[:, 0] == _ZERO
            self.digits = before[:, :0]
        if scale:
            behind = values.block.window(point + np.int32(1), scale)
            np.copyto(behind, _ZERO, where=_columns(scale) >= (end - point - 1)[:, None])
            self.digits = np.concatenate((self.digits, behind), axis=1)
        # All bytes but the sign and the point are in the digits where there are not too many of them.
        self.good &= ((self.digits - _ZERO) <= 9).all(axis=1)
        self.negative: Flags = negative
        if bool(negative.any()):
            self.negative = negative & (self.digits != _ZERO).any(axis=1)

    @property
    def numbers(self) -> Numbers:
        """The numbers without their scale, where they have at most 18 digits."""
        found = np.zeros(len(self.digits), np.int64)
        for column in range(self.digits.shape[1]):
            found *= 10
            found += self.digits[:, column]
            found -= int(_ZERO)
        return np.where(self.negative, -found, found)


def _points(block: Block, begin: Positions, end: Positions, first: Bytes, scale: int) -> Positions:
    """Where the point of each number stands, or its end. Where all have the same digits behind it, it is not
    searched for."""
    guess = end - np.int32(scale + 1)
    if bool(((block.flat[np.maximum(guess, 0)] == _POINT) | (first > _NINE)).all()):
        return guess
    return np.minimum(block.points.first(begin), end)


def _columns(width: int) -> Positions:
    return np.arange(width, dtype=np.int32)
