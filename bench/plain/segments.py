"""Segments split at their delimiters, a line of NDJSON for each: no envelopes, loops, types or checks. It is
the least that any reader of X12, EDIFACT or HL7 has to do."""

from __future__ import annotations

import sys
from pathlib import Path

import msgspec

_BLOCK = 1 << 20


def read(terminator: bytes, separator: bytes, source: str, target: str) -> None:
    """Segments to NDJSON."""
    encode = msgspec.json.Encoder().encode
    with Path(source).open("rb") as data, Path(target).open("wb") as out:
        rest = b""
        while block := data.read(_BLOCK):
            *segments, rest = (rest + block).split(terminator)
            lines = [encode(segment.decode("latin-1").split(separator.decode())) for segment in segments]
            out.write(b"\n".join(lines) + b"\n")


if __name__ == "__main__":
    read(sys.argv[1].replace("CR", "\r").encode(), sys.argv[2].encode(), *sys.argv[3:])
