"""The types of arrays."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Bytes: TypeAlias = NDArray[np.uint8]
"""A block's bytes, or a matrix of them: a row for each record."""

Flags: TypeAlias = NDArray[np.bool_]
Positions: TypeAlias = NDArray[np.int32]
"""Byte positions from 0, or indices."""

Numbers: TypeAlias = NDArray[np.int64]
ArrowArray: TypeAlias = Any
"""A pyarrow.Array; pyarrow has no types."""

ArrowType: TypeAlias = Any
