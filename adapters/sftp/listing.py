"""What lies in an inbox."""

from __future__ import annotations

import json
import stat
from collections.abc import AsyncGenerator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from adapters.contract import JsonValue
from adapters.errors import LimitExceeded
from adapters.sftp.names import decoded
from adapters.sftp.packets import Attributes, Entry, Type
from adapters.sftp.wire import Wire

_READ_AHEAD = 4
_ROWS_PER_BLOCK = 500


class Order(StrEnum):
    """How a listing is sorted. Equal times are sorted by name."""

    NAME = "name"
    NAME_DESC = "name.desc"
    MODIFIED = "modified"
    MODIFIED_DESC = "modified.desc"


@dataclass(frozen=True, slots=True)
class File:
    """One file. `modified` is in seconds since 1970, UTC; None where the server does not tell."""

    name: str
    size: int | None
    modified: int | None

    def row(self) -> dict[str, JsonValue]:
        """The row of a listing."""
        return {"name": self.name, "size": self.size, "modified": timestamp(self.modified)}


@dataclass(frozen=True, slots=True)
class Listing:
    """The files of a folder, and how many entries were passed over because of their names or kind."""

    files: list[File]
    skipped: int

    def page(self, order: Order, offset: int, limit: int) -> list[File]:
        """A part of the files, sorted by the bytes of their names or by time."""
        ordered = sorted(self.files, key=lambda file: file.name)
        if order in (Order.MODIFIED, Order.MODIFIED_DESC):
            ordered.sort(key=lambda file: file.modified or 0)
        if order in (Order.NAME_DESC, Order.MODIFIED_DESC):
            ordered.reverse()
        return ordered[offset : offset + limit]


def read_folder(wire: Wire, path: str, most: int) -> Listing:
    """The regular files of a folder whose names may be used. Blocking.

    Symbolic links, folders, pipes and devices are passed over, and so are names that `names` refuses.
    Raises: LimitExceeded for more than `most` entries, and what `Wire` raises.
    """
    files: list[File] = []
    seen = skipped = 0
    for entry in entries(wire, path):
        if entry.name in (b".", b".."):
            continue
        seen += 1
        if seen > most:
            raise LimitExceeded(f"the folder has more than {most} entries (max_files)")
        name = decoded(entry.name)
        if name is None or not is_regular_entry(entry):
            skipped += 1
            continue
        files.append(File(name, entry.attributes.size, entry.attributes.modified))
    return Listing(files, skipped)


def is_regular(attributes: Attributes) -> bool | None:
    """True for a plain file; None when the server does not tell."""
    return None if attributes.mode is None else stat.S_ISREG(attributes.mode)


def timestamp(seconds: int | None) -> str | None:
    """RFC 3339 in UTC."""
    if seconds is None:
        return None
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


async def rows(files: list[File]) -> AsyncGenerator[bytes, None]:
    """The files as blocks of NDJSON."""
    for start in range(0, len(files), _ROWS_PER_BLOCK):
        lines = (
            json.dumps(file.row(), ensure_ascii=False) for file in files[start : start + _ROWS_PER_BLOCK]
        )
        yield ("\n".join(lines) + "\n").encode()


def entries(wire: Wire, path: str) -> Iterator[Entry]:
    """Everything in a folder, in the server's order. Blocking. Where it is not taken to its end, the session
    is of no more use."""
    handle = wire.handle(wire.send_path(Type.OPENDIR, path.encode()))
    waiting = [wire.send_handle(Type.READDIR, handle) for _ in range(_READ_AHEAD)]
    ended = False
    while waiting:
        found = wire.entries(waiting.pop(0))
        if found is None:
            ended = True
            continue
        yield from found
        if not ended:
            waiting.append(wire.send_handle(Type.READDIR, handle))
    wire.ok(wire.send_handle(Type.CLOSE, handle))


def is_regular_entry(entry: Entry) -> bool:
    """By the mode, or by the first letter of the long name where a server sends no mode."""
    known = is_regular(entry.attributes)
    return entry.long_name.startswith(b"-") if known is None else known
