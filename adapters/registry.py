"""Which adapter types there are. Only those a configuration names are imported."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from adapters.contract import Adapter, AdapterContext, Capability
from adapters.settings import SystemSettings

ENTRY_POINT_GROUP = "legacy_gateway.adapters"

# One line per built-in protocol: its package holds the `ADAPTER` that describes it.
_BUILT_IN = {
    "soap": "adapters.soap",
    "odbc": "adapters.odbc",
    "sftp": "adapters.sftp",
    "mqtt": "adapters.mqtt",
}


@dataclass(frozen=True, slots=True)
class AdapterType:
    """One protocol: its settings model, how to make an instance for a configured system, what it can do.

    `create` is given an instance of `settings`; it does no I/O except reading files the settings name, and
    raises `ValueError` with a message for the sysadmin when those are unusable; a `SettingsError` says which
    key is at fault.
    """

    name: str
    title: str
    settings: type[SystemSettings]
    create: Callable[[Any, AdapterContext], Adapter]
    capabilities: frozenset[Capability]


class UnknownAdapter(LookupError):
    """No adapter has this name."""


class AdapterNotInstalled(LookupError):
    """The adapter is known, a library that it needs is not installed."""


def names() -> tuple[str, ...]:
    """The names a configuration may use, sorted."""
    return tuple(sorted({*_BUILT_IN, *_third_party()}))


def load(name: str) -> AdapterType:
    """Import and return one adapter type.

    Raises: UnknownAdapter, AdapterNotInstalled.
    """
    if name in _BUILT_IN:
        try:
            adapter = import_module(_BUILT_IN[name]).ADAPTER
        except ModuleNotFoundError as error:
            raise AdapterNotInstalled(
                f"the {name} adapter needs the Python package {error.name}; "
                f'install it with: pip install "legacy-gateway[{name}]"'
            ) from error
    else:
        entry_point = _third_party().get(name)
        if entry_point is None:
            raise UnknownAdapter(name)
        adapter = entry_point.load()
    if not isinstance(adapter, AdapterType):
        raise TypeError(f"adapter {name!r} is a {type(adapter).__name__}, not an AdapterType")
    return adapter


def _third_party() -> dict[str, EntryPoint]:
    return {point.name: point for point in entry_points(group=ENTRY_POINT_GROUP)}
