"""The ODBC adapter: tables and views of a database as operations.

The worker processes import this package too and must start fast, so the adapter itself (settings models and
all) is loaded when `ADAPTER` is first asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from adapters.odbc.adapter import ADAPTER

__all__ = ["ADAPTER"]


def __getattr__(name: str) -> Any:
    if name == "ADAPTER":
        return import_module("adapters.odbc.adapter").ADAPTER
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
