"""pyarrow, loaded when it is first used: it takes tens of megabytes, and what becomes NDJSON often needs none
of it.

Source: Apache Arrow C++, Environment variables: ARROW_DEFAULT_MEMORY_POOL.
"""

from __future__ import annotations

import os
from importlib import import_module
from typing import Any


class _Module:
    """A module of which nothing is loaded before it is asked for."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        # The pool that it takes by itself keeps more of what was freed, and is no faster here.
        os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
        value = getattr(import_module(self._name), attribute)
        setattr(self, attribute, value)
        return value


pa: Any = _Module("pyarrow")
pc: Any = _Module("pyarrow.compute")
pq: Any = _Module("pyarrow.parquet")
