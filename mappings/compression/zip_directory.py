"""The directory at the end of a zip archive, compared with the entries that came before it.

Source: APPNOTE.TXT 6.3.10 §4.3.12 to §4.3.16.
"""

from __future__ import annotations

from collections.abc import Generator

from mappings.compression.inflow import Inflow, Waits, broken
from mappings.compression.zip_headers import (
    DIRECTORY,
    DIRECTORY_BYTES,
    END,
    END_64,
    END_64_BYTES,
    END_BYTES,
    LOCATOR_64,
    LOCATOR_BYTES,
    DirectoryEnd,
    Entry,
    directory_end,
    directory_end_64,
    directory_entry,
    length_of_rest,
)


def check_directory(inflow: Inflow, entries: dict[int, Entry]) -> Waits:
    """Read it to the end of the file. `entries` are those of the file by where their headers are; they are
    used up. Raises: MappingError."""
    begin, count = inflow.offset, len(entries)
    yield from inflow.need(len(DIRECTORY))
    while inflow.held.startswith(DIRECTORY):
        at = inflow.offset
        header = yield from inflow.read(DIRECTORY_BYTES)
        rest = yield from inflow.read(length_of_rest(header))
        listed = directory_entry(header, rest, at)
        entry = entries.pop(listed.offset, None)
        if entry is None:
            raise broken("zip-directory", "the directory has an entry that is not there", at)
        _compare(entry, listed, at)
        yield from inflow.need(len(DIRECTORY))
    size = inflow.offset - begin
    if entries:
        offset = next(iter(entries))
        raise broken("zip-directory", "an entry is not in the directory, as one that was deleted", offset)
    ends, at = [], inflow.offset
    if inflow.held.startswith(END_64):
        ends.append((yield from _end_64(inflow)))
    ends.append((yield from _end(inflow)))
    for end in ends:
        _check_end(end, begin, size, count, at)
    yield from _nothing_more(inflow)


def _compare(entry: Entry, listed: Entry, at: int) -> None:
    one = (entry.name, entry.method, entry.is_encrypted, entry.crc, entry.compressed, entry.size)
    other = (listed.name, listed.method, listed.is_encrypted, listed.crc, listed.compressed, listed.size)
    if one != other:
        raise broken("zip-directory", "the directory says something else of an entry than that itself", at)


def _end_64(inflow: Inflow) -> Generator[None, None, DirectoryEnd]:
    at = inflow.offset
    record = yield from inflow.read(END_64_BYTES)
    end, more = directory_end_64(record)
    if more < 0:
        raise broken("zip-structure", "the end of the directory (ZIP64) is too short", at)
    yield from inflow.skip(more)
    locator = yield from inflow.read(LOCATOR_BYTES)
    if not locator.startswith(LOCATOR_64) or int.from_bytes(locator[8:16], "little") != at:
        raise broken("zip-structure", "nothing says where the end of the directory (ZIP64) is", inflow.offset)
    return end


def _end(inflow: Inflow) -> Generator[None, None, DirectoryEnd]:
    at = inflow.offset
    record = yield from inflow.read(END_BYTES)
    if not record.startswith(END):
        raise broken("zip-structure", "the archive's end does not follow its directory", at)
    end = directory_end(record)
    yield from inflow.skip(end.comment)
    return end


def _check_end(end: DirectoryEnd, begin: int, size: int, count: int, at: int) -> None:
    if end.is_split:
        raise broken("zip-structure", "is one part of an archive in several files", at)
    for said, found in ((end.entries, count), (end.size, size), (end.offset, begin)):
        if said is not None and said != found:
            message = "the archive's end does not say what there is: entries may be missing"
            raise broken("zip-directory", message, at)


def _nothing_more(inflow: Inflow) -> Waits:
    while not inflow.has_ended:
        if inflow.held:
            break
        yield None
    if inflow.held:
        raise broken("zip-trailing", "something follows the end of the archive", inflow.offset)
