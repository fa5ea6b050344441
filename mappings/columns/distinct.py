"""The distinct texts of a column, without Arrow."""

from __future__ import annotations

import numpy as np

from mappings.columns.arrays import Bytes, Positions


def distinct(flat: Bytes, start: Positions, end: Positions) -> tuple[list[bytes], Positions]:
    """The texts from `start` to `end` in `flat`, each once in the order in which they came first, and for
    each record the index of its text."""
    data = flat.tobytes()
    texts = list(map(data.__getitem__, map(slice, start.tolist(), end.tolist())))
    numbers = {text: number for number, text in enumerate(dict.fromkeys(texts))}
    index = np.fromiter(map(numbers.__getitem__, texts), np.int32, len(texts))
    return list(numbers), index
