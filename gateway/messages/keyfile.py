"""The store's key: given in the configuration, or made at the first start and kept beside the database."""

from __future__ import annotations

import base64
import os
import stat
from pathlib import Path

from gateway.messages import disk
from gateway.messages.errors import Damaged, StoreFailed
from gateway.messages.settings import KEY_BYTES, StoreSettings, decode_key

_MAX_FILE_BYTES = 1000


def load_key(folder: Path, settings: StoreSettings, *, fresh: bool) -> bytes:
    """The key of the store in `folder`. It is made only for a store without a database yet (`fresh`).

    Raises: Damaged (the key is missing or no key), StoreFailed (others may read it), OSError.
    """
    if settings.key is not None:
        return decode_key(settings.key.get_secret_value())
    path = folder / "store.key"
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            content = file.read(_MAX_FILE_BYTES)
    except FileNotFoundError:
        if not fresh:
            raise Damaged(
                f"{path} is missing, and without it nothing in the store can be read: put it back from "
                "a backup, or set messages.key"
            ) from None
        return _make(path)
    if stat.S_IMODE(mode) & 0o077:
        raise StoreFailed(f"{path} can be read by others: chmod 600 {path}")
    try:
        return decode_key(content.decode("ascii"))
    except ValueError:
        raise Damaged(
            f"{path} does not hold a key of {KEY_BYTES} bytes in base64: put it back from a backup, or set "
            "messages.key"
        ) from None


def _make(path: Path) -> bytes:
    key = os.urandom(KEY_BYTES)
    disk.write_whole(path, base64.b64encode(key) + b"\n")
    return key
