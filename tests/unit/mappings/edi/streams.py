"""Ways to read and write streams, and golden samples, that the tests of X12, EDIFACT and segments share."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from mappings.contract import Context, Format, MappingError, Summary

NOW = datetime(2026, 11, 23, 10, 15, tzinfo=UTC)
GOLDEN = Path(__file__).parents[3] / "golden"


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


def bare(results: Sequence[Any]) -> list[Any]:
    """Records without their envelope."""
    return [{key: value for key, value in one.items() if key != "envelope"} for one in results]


def golden_definition(folder: str, name: str) -> dict[str, Any]:
    """The definition of a golden sample."""
    text = (GOLDEN / folder / f"{name}.yaml").read_text(encoding="utf-8")
    (found,) = YAML(typ="safe").load(text).values()
    assert isinstance(found, dict)
    return found


def golden_bytes(folder: str, name: str) -> bytes:
    """The bytes of a golden sample."""
    return (GOLDEN / folder / f"{name}.edi").read_bytes()


def golden_values(folder: str, name: str) -> list[Any]:
    """The records of a golden sample."""
    lines = (GOLDEN / folder / f"{name}.ndjson").read_text(encoding="utf-8").splitlines()
    return [json.loads(line, parse_float=Decimal) for line in lines]


def broken_values(value: Any) -> Iterator[Any]:
    """The same value with one of those in it replaced by what is none of its type, or left out."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield {other: each for other, each in value.items() if other != name}
            yield from ({**value, name: other} for other in broken_values(inner))
    elif isinstance(value, list):
        for at, inner in enumerate(value):
            yield from ([*value[:at], other, *value[at + 1 :]] for other in broken_values(inner))
    else:
        yield from ("\x01", {})
