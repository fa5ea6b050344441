"""Definitions, data and ways to read and write that the tests of X12 share."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from mappings.contract import Context, Format, MappingError, Summary
from mappings.x12 import X12Definition, X12Format

GOLDEN = Path(__file__).parents[3] / "golden" / "x12"
NOW = datetime(2026, 11, 23, 10, 15, tzinfo=UTC)


def x12(**definition: Any) -> X12Format:
    """The format of a definition, `format` left out."""
    return X12Format(X12Definition.model_validate({"format": "x12", **definition}))


def definition(name: str) -> dict[str, Any]:
    """The definition of a golden sample."""
    (found,) = YAML(typ="safe").load((GOLDEN / f"{name}.yaml").read_text(encoding="utf-8")).values()
    assert isinstance(found, dict)
    return found


def golden(name: str, **changes: Any) -> X12Format:
    """The format of a golden sample."""
    return X12Format(X12Definition.model_validate({**definition(name), **changes}))


def golden_records(name: str) -> list[Any]:
    """The records of a golden sample."""
    lines = (GOLDEN / f"{name}.ndjson").read_text(encoding="utf-8").splitlines()
    return [json.loads(line, parse_float=Decimal) for line in lines]


def write(codec: Format, records: Sequence[Any], **context: Any) -> bytes:
    """All bytes of these records."""
    encoder = codec.encoder(Context(**{"now": NOW, **context}))
    return encoder.encode(records) + encoder.finish()


def read(codec: Format, data: bytes, size: int = 1 << 20, **context: Any) -> list[Any]:
    """All results for these bytes, in chunks of `size`."""
    return read_all(codec, data, size, **context)[0]


def read_all(codec: Format, data: bytes, size: int = 1 << 20, **context: Any) -> tuple[list[Any], Summary]:
    """All results and the summary."""
    decoder = codec.decoder(Context(**{"now": NOW, **context}))
    results: list[Any] = []
    for start in range(0, len(data), size):
        results += decoder.feed(data[start : start + size])
    last, summary = decoder.finish()
    return [*results, *last], summary


def rules(results: Sequence[Any]) -> list[str]:
    """The rules of the errors among these results."""
    return [one.rule for one in results if isinstance(one, MappingError)]


def interchange(*segments: str, version: str = "00501", group: str = "PO*ACME*GLOBEX") -> bytes:
    """An interchange of one group around these segments; ST and SE are theirs."""
    repetition = "^" if version >= "00402" else "U"
    isa = f"ISA*00*          *00*          *ZZ*ACME           *ZZ*GLOBEX         *261123*1015*{repetition}*"
    sets = sum(segment.startswith("ST*") for segment in segments)
    lines = [
        f"{isa}{version}*000000001*0*P*:",
        f"GS*{group}*20261123*1015*1*X*004010",
        *segments,
        f"GE*{sets}*1",
        "IEA*1*000000001",
    ]
    return "".join(f"{line}~" for line in lines).encode()


def transaction(*segments: str, identifier: str = "850", number: str = "0001") -> tuple[str, ...]:
    """A transaction set with ST and a right SE around these segments."""
    return (f"ST*{identifier}*{number}", *segments, f"SE*{len(segments) + 2}*{number}")
