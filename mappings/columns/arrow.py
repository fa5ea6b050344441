"""pyarrow, loaded when it is first used: it takes tens of megabytes, and what becomes NDJSON often needs none
of it."""

from __future__ import annotations

from importlib import import_module
from typing import Any


class _Module:
    """A module of which nothing is loaded before it is asked for."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        value = getattr(import_module(self._name), attribute)
        setattr(self, attribute, value)
        return value


pa: Any = _Module("pyarrow")
pc: Any = _Module("pyarrow.compute")
pq: Any = _Module("pyarrow.parquet")
