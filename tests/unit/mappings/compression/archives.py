"""Compressed files as programs make them, and as nobody should: archives made byte by byte."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from dataclasses import dataclass, replace
from typing import Any

from pydantic import TypeAdapter

from mappings.compression import CompressedFormat
from mappings.contract import Context, Format, JsonValue, MappingError, Record, Summary
from mappings.formats import FormatDefinition, build

_DEFINITION: TypeAdapter[FormatDefinition] = TypeAdapter(FormatDefinition)
ORDERS = b"item,quantity\r\n" + b"".join(b"screw %d,%d\r\n" % (n % 7, n) for n in range(300))
RECORDS: list[Record] = [{"item": f"screw {n % 7}", "quantity": n} for n in range(300)]
FIELDS = {"item": {}, "quantity": {"type": "integer"}}


def defined(compression: Any, **keys: Any) -> Format:
    """A format, compressed so; delimited text where `keys` do not say another one."""
    definition = keys if "format" in keys else {"format": "delimited", "fields": FIELDS, **keys}
    if compression is not None:
        definition = {**definition, "compression": compression}
    return build(_DEFINITION.validate_python(definition))


def compressed(compression: Any, **keys: Any) -> CompressedFormat:
    """The same where it is surely compressed."""
    format_ = defined(compression, **keys)
    assert isinstance(format_, CompressedFormat)
    return format_


def read(format_: Format, data: bytes, step: int | None = None) -> tuple[list[Record], list[MappingError]]:
    """Records and errors, with what is raised at the last."""
    records, errors, _ = read_whole(format_, data, step)
    return records, errors


def read_whole(
    format_: Format, data: bytes, step: int | None = None
) -> tuple[list[Record], list[MappingError], Summary | None]:
    """The same with the summary, None where the data is lost."""
    decoder = format_.decoder(Context())
    results: list[Record | MappingError] = []
    summary = None
    try:
        for at in range(0, len(data), step or max(len(data), 1)):
            results += decoder.feed(data[at : at + (step or len(data))])
        last, summary = decoder.finish()
        results += last
    except MappingError as lost:
        results.append(lost)
    records = [each for each in results if not isinstance(each, MappingError)]
    return records, [each for each in results if isinstance(each, MappingError)], summary


def written(format_: Format, records: list[JsonValue], context: Context | None = None) -> bytes:
    """The bytes of records, given one by one."""
    encoder = format_.encoder(context or Context())
    return b"".join([encoder.encode([record]) for record in records]) + encoder.finish()


def zipped(entries: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """An archive as most programs make it."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as archive:
        for name, content in entries.items():
            archive.writestr(zipfile.ZipInfo(name), content, method)
    return target.getvalue()


class _Pipe(io.RawIOBase):
    """A file that cannot be sought in."""

    def __init__(self) -> None:
        self.data = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self.data += bytes(data)
        return len(data)


def zipped_as_stream(entries: dict[str, bytes], *, is_long: bool = False) -> bytes:
    """An archive whose sizes stand behind the data."""
    pipe = _Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            with archive.open(name, "w", force_zip64=is_long) as entry:
                entry.write(content)
    return bytes(pipe.data)


@dataclass(frozen=True, kw_only=True)
class Made:
    """One entry, and what its headers say of it where that is not the truth."""

    name: bytes = b"orders.csv"
    content: bytes = ORDERS
    data: bytes | None = None
    flags: int = 0
    method: int = 8
    crc: int | None = None
    size: int | None = None
    compressed: int | None = None
    listed_name: bytes | None = None
    listed_offset: int | None = None
    listed_crc: int | None = None
    is_listed: bool = True
    behind: bytes = b""

    @property
    def stored(self) -> bytes:
        """The data as it stands in the archive."""
        if self.data is not None:
            return self.data
        if self.method != 8:
            return self.content
        packer = zlib.compressobj(6, zlib.DEFLATED, -15)
        return packer.compress(self.content) + packer.flush()

    def fields(self) -> tuple[int, int, int]:
        """Check sum and sizes."""
        return (
            zlib.crc32(self.content) if self.crc is None else self.crc,
            len(self.stored) if self.compressed is None else self.compressed,
            len(self.content) if self.size is None else self.size,
        )


def made(*entries: Made, before: bytes = b"", after: bytes = b"", **end: int) -> bytes:
    """An archive of these entries. `end` says what is not true of its end: entries, size, offset, disk."""
    data = bytearray(before)
    listed = bytearray()
    for entry in entries:
        offset = len(data)
        flags, method, fields = entry.flags, entry.method, entry.fields()
        shown = (0, 0, 0) if flags & 8 else fields
        data += b"PK\x03\x04" + struct.pack("<5H3I2H", 20, flags, method, 0, 33, *shown, len(entry.name), 0)
        data += entry.name + entry.stored + entry.behind
        if not entry.is_listed:
            continue
        name = entry.name if entry.listed_name is None else entry.listed_name
        at = offset if entry.listed_offset is None else entry.listed_offset
        if entry.listed_crc is not None:
            fields = (entry.listed_crc, *fields[1:])
        listed += b"PK\x01\x02" + struct.pack("<6H3I", 20, 20, flags, method, 0, 33, *fields)
        listed += struct.pack("<5H2I", len(name), 0, 0, 0, 0, 0, at) + name
    count = end.get("entries", sum(entry.is_listed for entry in entries))
    ended = struct.pack(
        "<4H2IH", end.get("disk", 0), 0, count, count, end.get("size", len(listed)),
        end.get("offset", len(data)), 0,
    )  # fmt: skip
    return bytes(data + listed) + b"PK\x05\x06" + ended + after


def described(entry: Made, *, signature: bool = True, is_long: bool = False) -> Made:
    """The same with check sum and sizes behind its data."""
    form = "<I2Q" if is_long else "<3I"
    behind = (b"PK\x07\x08" if signature else b"") + struct.pack(form, *entry.fields())
    return replace(entry, flags=entry.flags | 8, behind=behind)
