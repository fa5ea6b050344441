"""gzip files to what is inside: one member after the other, checked. Source: RFC 1952 §2."""

from __future__ import annotations

import zlib

from mappings.compression.inflow import (
    WITH_GZIP,
    Begun,
    Ended,
    Inflater,
    Inflow,
    Steady,
    Steps,
    Waits,
    broken,
)
from mappings.compression.magic import kind_of
from mappings.compression.schema import GzipDefinition

_MAGIC = b"\x1f\x8b"
_RULES = {
    "incorrect data check": ("gzip-crc", "its check sum (CRC-32) is not that of what comes out"),
    "incorrect length check": ("gzip-size", "its size is not that of what comes out"),
    "incorrect header check": ("gzip-header", "its header is none of gzip"),
    "unknown compression method": ("gzip-header", "is not compressed by deflate"),
    "unknown header flags set": ("gzip-header", "its header has flags that gzip does not know"),
    "header crc mismatch": ("gzip-header", "the check sum of its header is wrong"),
}


def gzip_reader(settings: GzipDefinition) -> Steady:
    """An unpacker of one file. The members' contents follow each other; zeros may follow the last member."""
    inflow = Inflow(settings, "gzip")
    return Steady(inflow, _steps(inflow))


def _steps(inflow: Inflow) -> Steps:
    yield Begun()
    yield from _first(inflow)
    yield from _member(inflow)
    while True:
        if not inflow.held and not inflow.has_ended:
            yield None
        elif not inflow.held:
            break
        elif inflow.held[0] == 0:
            yield from _padding(inflow)
            break
        else:
            yield from _next(inflow)
            yield from _member(inflow)
    yield Ended()


def _first(inflow: Inflow) -> Waits:
    """Look whether it is gzip at all."""
    while len(inflow.held) < 4 and not inflow.has_ended:
        yield None
    if not inflow.held:
        raise broken("gzip-truncated", "is empty, and no gzip file", 0)
    if not inflow.held.startswith(_MAGIC[: len(inflow.held)]):
        kind = kind_of(inflow.held)
        what = f"begins as {kind} does" if kind else "does not begin as gzip does"
        raise broken("gzip-header", f"{what}, and `compression` says gzip", 0)


def _next(inflow: Inflow) -> Waits:
    """Look whether another member follows."""
    while len(inflow.held) < len(_MAGIC) and not inflow.has_ended:
        yield None
    if not inflow.held.startswith(_MAGIC):
        raise broken("gzip-trailing", "something follows that is no gzip", inflow.offset)


def _padding(inflow: Inflow) -> Waits:
    """Zeros fill the last block of tapes and of files that were on one."""
    while True:
        rest = inflow.held.lstrip(b"\0")
        if rest:
            at = inflow.offset + len(inflow.held) - len(rest)
            raise broken("gzip-trailing", "something follows that is no gzip", at)
        inflow.drop(len(inflow.held))
        if inflow.has_ended:
            return
        yield None


def _member(inflow: Inflow) -> Steps:
    try:
        yield from Inflater(inflow, WITH_GZIP).pieces()
    except zlib.error as error:
        reason = str(error).rpartition(": ")[2]
        rule, message = _RULES.get(reason, ("gzip-data", "is damaged: it cannot be decompressed"))
        raise broken(rule, message, inflow.offset) from None
