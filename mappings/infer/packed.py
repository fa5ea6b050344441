"""Samples that are compressed: what is inside of gzip is drafted, with the key that says so."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

from mappings.compression.magic import kind_of
from mappings.infer.draft import Draft, Key
from mappings.infer.sample import MAX_SAMPLE_BYTES, InferenceError, Sample

_WITH_HEADER = 16 + zlib.MAX_WBITS


def is_gzip(sample: Sample) -> bool:
    """Whether a sample is a gzip file. Raises: InferenceError for a zip archive."""
    kind = kind_of(sample.data)
    if kind == "zip":
        raise InferenceError(
            "is a zip archive: draft from a file that was unpacked, and add `compression: zip`"
        )
    return kind == "gzip"


def unpacked(samples: Sequence[Sample]) -> list[Sample]:
    """The samples without their compression, MAX_SAMPLE_BYTES of each at most. Raises: InferenceError."""
    if not all(map(is_gzip, samples)):
        raise InferenceError("some samples are gzip and others are not: a draft is of one format")
    return [_unpacked(sample) for sample in samples]


def _unpacked(sample: Sample) -> Sample:
    found, rest = bytearray(), sample.data
    try:
        while kind_of(rest) == "gzip" and len(found) <= MAX_SAMPLE_BYTES:
            reader = zlib.decompressobj(_WITH_HEADER)
            found += reader.decompress(rest, MAX_SAMPLE_BYTES + 1 - len(found))
            rest = reader.unused_data
    except zlib.error as error:
        raise InferenceError(f"is gzip that is damaged: {error}") from None
    is_whole = sample.is_whole and reader.eof and len(found) <= MAX_SAMPLE_BYTES
    data = bytes(found[:MAX_SAMPLE_BYTES])
    if kind_of(data) in ("gzip", "zip"):
        raise InferenceError("is compressed twice: unpack it once")
    return Sample(sample.name, data, is_whole=is_whole)


def with_gzip(draft: Draft) -> Draft:
    """The draft for data in gzip."""
    first, *others = draft.keys
    return draft.replaced((first, Key("compression", "gzip"), *others))
