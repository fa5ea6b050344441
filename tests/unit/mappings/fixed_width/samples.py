"""Definitions and ways to read and write that the tests of fixed width share."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from mappings.contract import Context, Format, MappingError, Summary
from mappings.fixed_width import FixedWidthDefinition, FixedWidthFormat

GOLDEN = Path(__file__).parents[3] / "golden" / "fixed_width"


def fixed(definition: dict[str, Any]) -> FixedWidthFormat:
    """The format of a definition, `format` left out."""
    return FixedWidthFormat(FixedWidthDefinition.model_validate({"format": "fixed_width", **definition}))


def golden(name: str) -> FixedWidthFormat:
    """The format of a golden sample."""
    return fixed(YAML(typ="safe").load((GOLDEN / f"{name}.yaml").read_text(encoding="utf-8")))


def golden_records(name: str) -> list[Any]:
    """The records of a golden sample."""
    lines = (GOLDEN / f"{name}.ndjson").read_text(encoding="utf-8").splitlines()
    return [json.loads(line, parse_float=Decimal) for line in lines]


def write(codec: Format, records: list[Any]) -> bytes:
    """All bytes of these records."""
    encoder = codec.encoder(Context())
    return encoder.encode(records) + encoder.finish()


def read(codec: Format, data: bytes, size: int = 1 << 20, **limits: Any) -> list[Any]:
    """All results for these bytes, in chunks of `size`."""
    return read_all(codec, data, size, **limits)[0]


def read_all(codec: Format, data: bytes, size: int = 1 << 20, **limits: Any) -> tuple[list[Any], Summary]:
    """All results and the summary."""
    decoder = codec.decoder(Context(**limits))
    results: list[Any] = []
    for start in range(0, len(data), size):
        results += decoder.feed(data[start : start + size])
    last, summary = decoder.finish()
    return [*results, *last], summary


def outcome(codec: Format, data: bytes, size: int) -> list[Any]:
    """All results for these bytes, in chunks of `size`; where the stream is lost, the last one says so."""
    decoder = codec.decoder(Context())
    results: list[Any] = []
    try:
        for start in range(0, len(data), size):
            results += decoder.feed(data[start : start + size])
        results += decoder.finish()[0]
    except MappingError as lost:
        results.append(lost)
    return results


def plain(results: list[Any]) -> list[Any]:
    """The same, with errors as values that can be compared."""
    return [
        (one.rule, one.place, one.reason, one.raw, one.excerpt) if isinstance(one, MappingError) else one
        for one in results
    ]


def one_field(field: dict[str, Any], encoding: str = "us-ascii") -> FixedWidthFormat:
    """A format whose records are one field `a`."""
    length = field.get("length", 1)
    return fixed(
        {"encoding": encoding, "record_length": length, "fields": {"a": {"at": 1, "length": length, **field}}}
    )
