"""What compressed files begin with."""

from __future__ import annotations

_MARKS = (
    (b"\x1f\x8b\x08", "gzip"),
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"\xfd7zXZ\x00", "xz"),
    (b"BZh", "bzip2"),
    (b"\x1f\x9d", "compress (.Z)"),
    (b"7z\xbc\xaf\x27\x1c", "7z"),
)
LONGEST = max(len(mark) for mark, _ in _MARKS)


def kind_of(data: bytes | bytearray) -> str | None:
    """The name of what data that begins so may be, None where it is nothing known."""
    return next((name for mark, name in _MARKS if data.startswith(mark)), None)
