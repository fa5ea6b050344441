"""Zip archives of one entry, written as a stream. Source: APPNOTE.TXT 6.3.10 §4.3.

What is small goes out whole, with its sizes before it. Of what is large they stand behind it, in 64 bits
where they need it; readers that begin at the archive's directory have both from there.
"""

from __future__ import annotations

import struct
import zlib
from datetime import UTC, datetime

from mappings.compression.inflow import DEFLATE_ALONE
from mappings.compression.zip_headers import (
    DEFLATED,
    DESCRIPTOR,
    DIRECTORY,
    END,
    END_64,
    IN_EXTRA_32,
    LOCAL,
    LOCATOR_64,
)

HELD_BYTES = 1 << 20
"""Bytes of a compressed entry up to which it is held, so that its sizes stand before it."""
_UTF_8, _HAS_DESCRIPTOR = 1 << 11, 1 << 3
_VERSION, _VERSION_64 = 20, 45
_ON_UNIX, _FILE_MODE = 3 << 8, 0o100644 << 16
_FIRST_YEAR, _LAST_YEAR = 1980, 2107


class ZipPacker:
    """An archive of one entry."""

    def __init__(self, name: str, level: int, now: datetime | None) -> None:
        """`now` is the time that the entry gets, in UTC; without it, it is the first that there is, 1980."""
        self._name = name.encode()
        self._time = _dos_time(now)
        self._zlib = zlib.compressobj(level, zlib.DEFLATED, DEFLATE_ALONE)
        self._held: bytearray | None = bytearray()
        self._crc = self._size = self._compressed = 0

    def pack(self, data: bytes) -> bytes:
        """The bytes of the archive that are settled with this data."""
        self._crc = zlib.crc32(data, self._crc)
        self._size += len(data)
        return self._put(self._zlib.compress(data))

    def finish(self) -> bytes:
        """The rest of the entry, and the archive's directory."""
        rest = self._put(self._zlib.flush())
        if self._held is not None:
            begin = self._header(0, self._crc, self._compressed, self._size) + self._held
            return rest + begin + self._directory(0, len(begin))
        form = "<I2Q" if self._is_long else "<3I"
        behind = DESCRIPTOR + struct.pack(form, self._crc, self._compressed, self._size)
        end = 30 + len(self._name) + self._compressed + len(behind)
        return rest + behind + self._directory(_HAS_DESCRIPTOR, end)

    @property
    def _is_long(self) -> bool:
        return max(self._size, self._compressed) >= IN_EXTRA_32

    def _put(self, compressed: bytes) -> bytes:
        self._compressed += len(compressed)
        if self._held is None:
            return compressed
        self._held += compressed
        if len(self._held) <= HELD_BYTES:
            return b""
        begin = self._header(_HAS_DESCRIPTOR, 0, 0, 0) + self._held
        self._held = None
        return begin

    def _header(self, flags: int, crc: int, compressed: int, size: int) -> bytes:
        return self._fields(LOCAL, _VERSION, flags, crc, compressed, size) + self._name

    def _fields(self, mark: bytes, version: int, flags: int, crc: int, compressed: int, size: int) -> bytes:
        """What a local header and one of the directory have in common, but for the extra field's length."""
        return mark + struct.pack(
            "<3H2H3I2H",
            version, flags | _UTF_8, DEFLATED, *self._time, crc, compressed, size, len(self._name), 0,
        )  # fmt: skip

    def _directory(self, flags: int, offset: int) -> bytes:
        extra, compressed, size, version = b"", self._compressed, self._size, _VERSION
        if self._is_long:
            extra = struct.pack("<2H2Q", 1, 16, size, compressed)
            compressed, size, version = IN_EXTRA_32, IN_EXTRA_32, _VERSION_64
        common = self._fields(DIRECTORY, version, flags, self._crc, compressed, size)
        header = common[:4] + struct.pack("<H", _ON_UNIX | version) + common[4:-2]
        header += struct.pack("<4H2I", len(extra), 0, 0, 0, _FILE_MODE, 0)
        whole = header + self._name + extra
        if offset < IN_EXTRA_32:
            return whole + END + struct.pack("<4H2IH", 0, 0, 1, 1, len(whole), offset, 0)
        record = END_64 + struct.pack(
            "<Q2H2I4Q", 44, _ON_UNIX | _VERSION_64, _VERSION_64, 0, 0, 1, 1, len(whole), offset
        )
        locator = LOCATOR_64 + struct.pack("<IQI", 0, offset + len(whole), 1)
        return whole + record + locator + END + struct.pack("<4H2IH", 0, 0, 1, 1, len(whole), IN_EXTRA_32, 0)


def _dos_time(now: datetime | None) -> tuple[int, int]:
    """Time and date. Source: §4.4.6."""
    when = datetime(_FIRST_YEAR, 1, 1, tzinfo=UTC) if now is None else now.astimezone(UTC)
    year = min(max(when.year, _FIRST_YEAR), _LAST_YEAR) - _FIRST_YEAR
    time = when.hour << 11 | when.minute << 5 | when.second // 2
    return time, year << 9 | when.month << 5 | when.day
