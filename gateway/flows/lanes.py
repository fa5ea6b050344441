"""The order of messages: those of one lane run one after the other."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from decimal import Decimal

from gateway.flows.items import Facts
from gateway.flows.program import Program
from mappings import json
from mappings.compression import decoder_for, last_portions
from mappings.contract import Context, JsonValue, MappingError, Record

EVERYTHING = ""
"""The lane of files, and of everything that has no value to order by."""
_MAX_LENGTH = 200
_MAX_BYTES = 256 * 1024


def lane_of(program: Program, payload: bytes | None, facts: Facts) -> str | None:
    """The lane of a message; None where order does not matter. `payload` is None for a file, whatever is in
    it. Raises: MappingError where it cannot be told: the payload is bad, or has no value to order by."""
    if program.order_by is None:
        return None
    if payload is None or program.reading.format is None or len(payload) > _MAX_BYTES:
        return EVERYTHING
    first = _first(program, payload)
    if not first:
        return EVERYTHING
    value = program.order_by.evaluate(facts.names(first[0]))
    text = json.encode(_canonical(value)).decode()
    # A long value is told from others by its hash.
    return text if len(text) <= _MAX_LENGTH else hashlib.sha256(text.encode()).hexdigest()


def facts_on_arrival(
    flow: str,
    source: str,
    headers: Mapping[str, str],
    *,
    correlation_id: str,
    content_type: str,
    redelivered: bool,
) -> Facts:
    """What `order_by` is told of a message, which has no id yet."""
    found: dict[str, JsonValue] = dict(headers)
    return Facts(
        {
            "flow": flow,
            "source": source,
            "headers": found,
            "correlation_id": correlation_id,
            "content_type": content_type,
            "redelivered": redelivered,
        }
    )


def _first(program: Program, payload: bytes) -> tuple[Record, ...]:
    """The only record of a message, or the first of several; nothing where there is none. Raises:
    MappingError."""
    if program.reading.format is None or program.reading.single:
        return (json.decode(payload),)
    # It is only looked at: without a time nothing is answered, and nothing counts as having come.
    decoder = decoder_for(program.reading.format, Context())
    for results in last_portions(decoder, payload):
        for found in results:
            if isinstance(found, MappingError):
                raise found
            return (found,)
    return ()


def _canonical(value: JsonValue) -> JsonValue:
    """The same for values that expressions find equal: 1 and 1.00, objects whose members come in another
    order."""
    if isinstance(value, Decimal) and value.is_finite():
        whole = value.to_integral_value()
        if value == whole:
            return int(whole)
        # Not `normalize`, which rounds.
        return Decimal(f"{value:f}".rstrip("0"))
    if isinstance(value, list):
        return [_canonical(item) for item in value]
    if isinstance(value, dict):
        return {key: _canonical(value[key]) for key in sorted(value)}
    return value
