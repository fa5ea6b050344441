"""Ways to read and write that the tests of segments and of EDIFACT share."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from mappings.contract import Context, Format, MappingError, Summary
from mappings.segments import SegmentsDefinition, SegmentsFormat
from tests.corpus import CORPUS

SAMPLES = CORPUS / "edifact"
NOW = datetime(2026, 11, 23, 10, 15, tzinfo=UTC)


def segments(**definition: Any) -> SegmentsFormat:
    """The format of a definition, `format` left out."""
    return SegmentsFormat(SegmentsDefinition.model_validate({"format": "segments", **definition}))


def write(codec: Format, records: Sequence[Any], **context: Any) -> bytes:
    """All bytes of these records."""
    encoder = codec.encoder(Context(**{"now": NOW, **context}))
    return encoder.encode(records) + encoder.finish()


def read_all(codec: Format, data: bytes, size: int = 1 << 20, **context: Any) -> tuple[list[Any], Summary]:
    """All results for these bytes, in chunks of `size`, and the summary."""
    decoder = codec.decoder(Context(**{"now": NOW, **context}))
    results: list[Any] = []
    for start in range(0, len(data), size):
        results += decoder.feed(data[start : start + size])
    last, summary = decoder.finish()
    return [*results, *last], summary


def read(codec: Format, data: bytes, size: int = 1 << 20, **context: Any) -> list[Any]:
    """All results."""
    return read_all(codec, data, size, **context)[0]


def told(results: Sequence[Any]) -> list[Any]:
    """Errors as what can be compared; records as they are."""
    return [
        (one.rule, str(one), one.place, one.excerpt, one.raw, one.raw_is_cut)
        if isinstance(one, MappingError)
        else one
        for one in results
    ]


def rules(results: Sequence[Any]) -> list[str]:
    """The rules of the errors among results."""
    return [one.rule for one in results if isinstance(one, MappingError)]
