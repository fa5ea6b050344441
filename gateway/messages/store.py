"""The embedded message store."""

from __future__ import annotations

from pathlib import Path

from gateway.messages.settings import StoreSettings


class SqliteStore:
    """A `MessageStore` in one SQLite database and a spool of files below `folder`."""

    def __init__(self, folder: Path, settings: StoreSettings | None = None) -> None:
        self._folder = folder
        self._settings = settings or StoreSettings()
