"""The headers of zip archives. All numbers are little-endian. Source: APPNOTE.TXT 6.3.10 §4.3 and §4.5."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from mappings.compression.inflow import broken

LOCAL, DIRECTORY = b"PK\x03\x04", b"PK\x01\x02"
END_64, LOCATOR_64, END = b"PK\x06\x06", b"PK\x06\x07", b"PK\x05\x06"
DESCRIPTOR = b"PK\x07\x08"
LOCAL_BYTES, DIRECTORY_BYTES, END_BYTES, END_64_BYTES, LOCATOR_BYTES = 30, 46, 22, 56, 20

STORED, DEFLATED = 0, 8
_METHODS = {9: "Deflate64", 12: "bzip2", 14: "LZMA", 93: "zstd", 95: "XZ", 98: "PPMd", 99: "AES encryption"}

_ENCRYPTED, _HAS_DESCRIPTOR, _PATCHED, _STRONG, _UTF_8, _MASKED = 1, 1 << 3, 1 << 5, 1 << 6, 1 << 11, 1 << 13
_IN_EXTRA_16, IN_EXTRA_32 = 0xFFFF, 0xFFFFFFFF
_ZIP_64 = 1


@dataclass(slots=True)
class Entry:
    """What a header says of an entry. `compressed` and `size` count bytes; `offset` is its local header's."""

    offset: int
    name: bytes
    flags: int
    method: int
    crc: int
    compressed: int
    size: int

    @property
    def is_encrypted(self) -> bool:
        """Whether its data, or all the archive's headers, are encrypted."""
        return bool(self.flags & (_ENCRYPTED | _STRONG | _MASKED))

    @property
    def is_patch(self) -> bool:
        """Whether its data is only the difference from another file."""
        return bool(self.flags & _PATCHED)

    @property
    def has_descriptor(self) -> bool:
        """Whether check sum and sizes stand behind the data."""
        return bool(self.flags & _HAS_DESCRIPTOR)

    @property
    def is_directory(self) -> bool:
        """Whether it is a folder, which holds nothing."""
        return self.name.endswith(b"/")

    @property
    def method_name(self) -> str:
        """What its data is compressed by."""
        return _METHODS.get(self.method, f"method {self.method}")

    def text(self) -> str:
        """Its name. Raises: MappingError for a name that no file of an archive has."""
        try:
            name = self.name.decode("utf-8" if self.flags & _UTF_8 else "cp437")
        except UnicodeDecodeError:
            raise broken(
                "zip-name", "an entry's name is not UTF-8, which it says it is", self.offset
            ) from None
        parts = name.replace("\\", "/").split("/")
        is_absolute = not parts[0] or parts[0].endswith(":")
        if not name or is_absolute or ".." in parts or not name.isprintable():
            message = f"an entry has a name that leads elsewhere or is none: {name[:100]!r}"
            raise broken("zip-name", message, self.offset)
        return name


def local_entry(header: bytes, rest: bytes, offset: int) -> Entry:
    """The entry of a local header; `rest` is its name and extra field. Raises: MappingError."""
    _, flags, method, _, _, crc, compressed, size, name, _ = struct.unpack("<5H3I2H", header[4:])
    size, compressed = _widened((size, compressed), rest[name:], offset)
    return Entry(offset, rest[:name], flags, method, crc, compressed, size)


def directory_entry(header: bytes, rest: bytes, offset: int) -> Entry:
    """The entry of one of the directory's headers; `rest` is what follows. Raises: MappingError."""
    fields = struct.unpack("<6H3I5H2I", header[4:])
    flags, method, crc, compressed, size, name, extra = fields[2], fields[3], *fields[6:11]
    numbers = (size, compressed, fields[15])
    size, compressed, at = _widened(numbers, rest[name : name + extra], offset)
    return Entry(at, rest[:name], flags, method, crc, compressed, size)


def length_of_rest(header: bytes) -> int:
    """Bytes that follow a local header or one of the directory: name, extra field, comment."""
    if header.startswith(LOCAL):
        return sum(struct.unpack("<2H", header[26:30]))
    return sum(struct.unpack("<3H", header[28:34]))


def _widened(numbers: tuple[int, ...], extra: bytes, offset: int) -> list[int]:
    """Numbers of a header, of which those that do not fit there are in the field for ZIP64, in this order."""
    values = list(_long_values(extra, offset))
    return [values.pop(0) if number == IN_EXTRA_32 and values else number for number in numbers]


def _long_values(extra: bytes, offset: int) -> tuple[int, ...]:
    """The values of the field for ZIP64. Source: §4.5.3."""
    at = 0
    while at + 4 <= len(extra):
        kind, length = struct.unpack_from("<2H", extra, at)
        at += 4
        if at + length > len(extra):
            raise broken("zip-structure", "an entry's extra field is longer than there is room", offset)
        if kind == _ZIP_64:
            count = min(length // 8, 3)
            return struct.unpack_from(f"<{count}Q", extra, at)
        at += length
    return ()


@dataclass(frozen=True, slots=True)
class DirectoryEnd:
    """What the end of an archive says of its directory; None where it says that ZIP64's record does."""

    entries: int | None
    size: int | None
    offset: int | None
    is_split: bool
    comment: int = 0


def directory_end(record: bytes) -> DirectoryEnd:
    """The end of an archive. Source: §4.3.16."""
    disk, first, here, entries, size, offset, comment = struct.unpack("<4H2IH", record[4:])
    return DirectoryEnd(
        None if entries == _IN_EXTRA_16 else entries,
        None if size == IN_EXTRA_32 else size,
        None if offset == IN_EXTRA_32 else offset,
        not (disk in (0, _IN_EXTRA_16) and first in (0, _IN_EXTRA_16) and here == entries),
        comment,
    )


def directory_end_64(record: bytes) -> tuple[DirectoryEnd, int]:
    """ZIP64's end of the directory, and how many bytes of it follow. Source: §4.3.14."""
    length, _, _, disk, first, here, entries, size, offset = struct.unpack("<Q2H2I4Q", record[4:])
    return DirectoryEnd(entries, size, offset, bool(disk or first) or here != entries), length - 44


def descriptors(crc: int, compressed: int, size: int) -> list[bytes]:
    """What may stand behind data of which this is known: with a signature or without, its sizes in 32 bits
    or 64. Source: §4.3.9."""
    found = [struct.pack("<I2Q", crc, compressed, size)]
    if max(compressed, size) < 1 << 32:
        found.insert(0, struct.pack("<3I", crc, compressed, size))
    return [signature + each for signature in (DESCRIPTOR, b"") for each in found]
