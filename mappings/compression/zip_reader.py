"""Zip archives to what is inside, as a stream: entries in their order in the file, checked one by one, and
against the archive's directory at its end.

Nothing but entries may stand before the directory, and each has to be in it just once. So none can hide,
overlap another one, or be a different one for readers that begin at the end.
Source: APPNOTE.TXT 6.3.10 §4.3.
"""

from __future__ import annotations

import zlib
from collections.abc import Generator

from mappings.compression.inflow import (
    DEFLATE_ALONE,
    PIECE_BYTES,
    Begun,
    Ended,
    Inflater,
    Inflow,
    Piece,
    Steady,
    Steps,
    broken,
)
from mappings.compression.magic import kind_of
from mappings.compression.names import chooser
from mappings.compression.schema import ZipDefinition
from mappings.compression.zip_directory import check_directory
from mappings.compression.zip_headers import (
    DEFLATED,
    DESCRIPTOR,
    DIRECTORY,
    END,
    END_64,
    LOCAL,
    LOCAL_BYTES,
    STORED,
    Entry,
    descriptors,
    length_of_rest,
    local_entry,
)
from mappings.contract import MappingError

_ANY_MARK = b"PK"
_SHORTEST = 12
_WRONG_SUM = "its check sum (CRC-32) is not that of what comes out"
_WRONG_SIZE = "its sizes are not those of what is there"


def zip_reader(settings: ZipDefinition) -> Steady:
    """An unpacker of one archive: each entry that is chosen begins, has content, and ends."""
    inflow = Inflow(settings, "zip")
    return Steady(inflow, _Reader(settings, inflow).steps())


class _Reader:
    def __init__(self, settings: ZipDefinition, inflow: Inflow) -> None:
        self._settings = settings
        self._inflow = inflow
        self._is_chosen = chooser(settings.entry)
        self._entries: dict[int, Entry] = {}
        self._chosen = 0

    def steps(self) -> Steps:
        """The whole archive."""
        inflow = self._inflow
        while len(inflow.held) < len(LOCAL) and not inflow.has_ended:
            yield None
        if inflow.held[:4] not in (LOCAL, END, END_64, DIRECTORY):
            raise _no_zip(inflow)
        while True:
            yield from inflow.need(len(LOCAL))
            mark = bytes(inflow.held[: len(LOCAL)])
            if mark in (DIRECTORY, END_64, END):
                break
            if mark != LOCAL:
                message = "neither an entry nor the directory follows"
                raise broken("zip-structure", message, inflow.offset)
            yield from self._entry()
        yield from check_directory(inflow, self._entries)
        if not self._chosen:
            message = f"has no entry {self._settings.entry!r} (compression.entry)"
            raise broken("zip-entry", message, inflow.offset)

    def _entry(self) -> Steps:
        entry = yield from self._header()
        name = entry.text()
        if entry.is_directory:
            yield from self._folder(entry)
        elif not self._is_chosen(name):
            yield from self._passed_over(entry, name)
        else:
            self._chosen += 1
            if self._chosen > 1 and self._settings.entries == "one":
                message = f"has another entry {self._settings.entry!r}: {name[:100]!r} (compression.entries)"
                raise broken("zip-entries", message, entry.offset)
            _refuse(entry, name)
            yield Begun(name)
            yield from self._content(entry)
            yield Ended()

    def _header(self) -> Generator[None, None, Entry]:
        inflow, offset, most = self._inflow, self._inflow.offset, self._settings.max_entries
        if len(self._entries) == most:
            raise broken("zip-max-entries", f"has more than {most} entries (compression.max_entries)", offset)
        header = yield from inflow.read(LOCAL_BYTES)
        rest = yield from inflow.read(length_of_rest(header))
        entry = self._entries[offset] = local_entry(header, rest, offset)
        return entry

    def _unseen(self, entry: Entry) -> Steps:
        """The content of an entry that nobody wants, read to its end."""
        for piece in self._content(entry):
            if piece is None:
                yield None

    def _folder(self, entry: Entry) -> Steps:
        """A folder has no content; some programs compress that, too."""
        if entry.has_descriptor or entry.compressed:
            yield from self._unseen(entry)
        if entry.size:
            raise broken("zip-structure", "a folder has content", entry.offset)

    def _passed_over(self, entry: Entry, name: str) -> Steps:
        """Such an entry need not be readable, only have an end."""
        if entry.has_descriptor:
            _refuse(entry, name)
            yield from self._unseen(entry)
        else:
            yield from self._inflow.skip(entry.compressed)

    def _content(self, entry: Entry) -> Steps:
        """The content of an entry, whose header gets what stands behind it."""
        given = None if entry.has_descriptor and entry.method == DEFLATED else entry.compressed
        read = self._stored if entry.method == STORED else self._deflated
        crc, size, used = yield from read(entry, given)
        if entry.has_descriptor:
            entry.crc, entry.compressed, entry.size = crc, used, size
            fits = yield from self._descriptor(entry)
            if not fits:
                raise self._unfit(entry)
        elif entry.size != size:
            raise broken("zip-size", _WRONG_SIZE, self._inflow.offset)
        elif entry.crc != crc:
            raise broken("zip-crc", _WRONG_SUM, self._inflow.offset)

    def _deflated(
        self, entry: Entry, given: int | None
    ) -> Generator[Piece | None, None, tuple[int, int, int]]:
        inflater, crc = Inflater(self._inflow, DEFLATE_ALONE, given), 0
        try:
            for piece in inflater.pieces():
                if piece is None:
                    yield None
                    continue
                over = 0 if entry.has_descriptor else max(inflater.size - entry.size, 0)
                if over < len(piece):
                    yield piece[: len(piece) - over]
                if over:
                    raise broken("zip-size", "more comes out than its size says", entry.offset)
                crc = zlib.crc32(piece, crc)
        except zlib.error:
            message = "is damaged: it cannot be decompressed"
            raise broken("zip-data", message, self._inflow.offset) from None
        if given is not None and inflater.used != given:
            raise broken("zip-size", "its data ends before its size says", self._inflow.offset)
        return crc, inflater.size, inflater.used

    def _stored(self, entry: Entry, given: int | None) -> Generator[Piece | None, None, tuple[int, int, int]]:
        inflow, left, crc = self._inflow, entry.compressed, 0
        inflow.begin = inflow.offset
        while left:
            yield from inflow.need(1)
            piece = bytes(inflow.held[: min(left, PIECE_BYTES)])
            inflow.drop(len(piece))
            left -= len(piece)
            crc = zlib.crc32(piece, crc)
            yield from inflow.given(piece)
        return crc, entry.compressed, entry.compressed

    def _descriptor(self, entry: Entry) -> Generator[None, None, bool]:
        """Pass over check sum and sizes behind the data; False where they are not these. Which of their forms
        it is shows in what follows them."""
        inflow = self._inflow
        for form in descriptors(entry.crc, entry.compressed, entry.size):
            yield from inflow.need(min(len(form), _SHORTEST))
            if inflow.held.startswith(form[:_SHORTEST]):
                yield from inflow.need(len(form) + len(_ANY_MARK))
                if inflow.held.startswith(form + _ANY_MARK):
                    inflow.drop(len(form))
                    return True
        return False

    def _unfit(self, entry: Entry) -> MappingError:
        held, offset = self._inflow.held, self._inflow.offset
        if entry.method == STORED:
            message = (
                "is stored as it is, and its size stands behind it, so that a stream cannot tell its end"
            )
            return broken("zip-stored", message, entry.offset)
        start = len(DESCRIPTOR) if held.startswith(DESCRIPTOR) else 0
        if int.from_bytes(held[start : start + 4], "little") != entry.crc:
            return broken("zip-crc", _WRONG_SUM, offset)
        return broken("zip-size", _WRONG_SIZE, offset)


def _refuse(entry: Entry, name: str) -> None:
    """Raises: MappingError for an entry that cannot be read."""
    if entry.is_encrypted:
        raise broken("zip-encrypted", f"the entry {name[:100]!r} is encrypted", entry.offset)
    if entry.method not in (STORED, DEFLATED) or entry.is_patch:
        message = (
            f"the entry {name[:100]!r} is compressed by {entry.method_name}; stored and deflated are read"
        )
        raise broken("zip-method", message, entry.offset)


def _no_zip(inflow: Inflow) -> MappingError:
    held = bytes(inflow.held[: len(LOCAL)])
    if not held:
        return broken("zip-truncated", "is empty, and no zip archive", 0)
    if len(held) < len(LOCAL) and LOCAL.startswith(held):
        return broken("zip-truncated", "the file ends before its content does", len(held))
    kind = kind_of(inflow.held)
    what = f"begins as {kind} does" if kind and kind != "zip" else "does not begin as a zip archive does"
    return broken("zip-header", f"{what}, and `compression` says zip", 0)
