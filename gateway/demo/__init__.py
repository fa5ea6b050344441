"""`gateway demo`: the gateway in front of four legacy systems that it starts itself.

An ERP (SOAP), a warehouse (SQLite through ODBC), a bank (SFTP) and a plant (MQTT), each a real server in a
process of its own, and the configuration in `config/`, which is the example to copy from.

The four servers import this package too and must start fast, so the supervisor is loaded when `main` is first
asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gateway.demo.supervisor import main

__all__ = ["main"]


def __getattr__(name: str) -> Any:
    if name == "main":
        return import_module("gateway.demo.supervisor").main
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
