"""Files that definitions name and are read while the configuration is: schemas."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

MAX_FILE_BYTES = 32 << 20


def file_reader(base_dir: Path) -> Callable[[str], bytes]:
    """Reads a file whole. Relative paths lie below the configuration folder; files elsewhere are named by
    absolute paths, by whoever writes the configuration and nobody else. The result raises ValueError."""

    def read(name: str) -> bytes:
        if "://" in name:
            raise ValueError("URLs are not fetched; save a copy beside the configuration")
        path = Path(os.path.normpath(base_dir / name))
        if not Path(name).is_absolute() and not path.is_relative_to(os.path.normpath(base_dir)):
            raise ValueError(
                f"{name!r} lies outside the configuration folder; a file elsewhere has an absolute path"
            )
        if not path.is_file():
            reason = "is not a file" if path.exists() else "does not exist"
            raise ValueError(f"{name!r} {reason} (looked for {path})")
        try:
            with path.open("rb") as file:
                content = file.read(MAX_FILE_BYTES + 1)
        except OSError as error:
            raise ValueError(f"{name!r} cannot be read: {error.strerror}") from None
        if len(content) > MAX_FILE_BYTES:
            raise ValueError(f"{name!r} is larger than {MAX_FILE_BYTES} bytes")
        return content

    return read
