"""Samples damaged by chance; the seed is printed with a failure, and GATEWAY_FUZZ_SEED gives it again."""

from __future__ import annotations

import os
import random
from collections.abc import Sequence

SEED = int(os.environ.get("GATEWAY_FUZZ_SEED", random.randrange(2**32)))
PIECES = [
    *(bytes([byte]) for byte in b"\x00\t\n\r \"'(),.-+*%&;:<>=[]{}\\/#!|~0179aeENX"),
    *(b"null", b"NaN", b"-0", b"1e999", b"\xff", b"\xc3\xa9", b"\xed\xa0\x80", b"\\ud800", b"${env:X}"),
    *(b"<!--", b"<![CDATA[", b"]]>", b"&#x0;", b"&amp;", b"<!DOCTYPE", b"not.", b"and=(", b"in.(", b"*"),
]


def damaged(sample: bytes, chance: random.Random, pieces: Sequence[bytes] = PIECES) -> bytes:
    """A sample with pieces put in, cut out, repeated or replaced at several places."""
    data = bytearray(sample)
    for _ in range(chance.randint(1, 6)):
        at = chance.randrange(len(data) + 1)
        kind = chance.randrange(4)
        if kind == 0:
            data[at:at] = chance.choice(pieces)
        elif kind == 1:
            del data[at : at + chance.randint(1, 8)]
        elif kind == 2:
            data[at:at] = data[at : at + chance.randint(1, 40)] * chance.randint(1, 5)
        elif data:
            data[at % len(data)] = chance.randrange(256)
    return bytes(data)
