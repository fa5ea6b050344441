"""The order of messages: those of one lane run one after the other."""

from __future__ import annotations

import hashlib

from gateway.flows.items import Facts
from gateway.flows.program import Program
from mappings import json
from mappings.contract import Context, MappingError, Record

EVERYTHING = ""
"""The lane of files, and of everything that has no value to order by."""
_MAX_LENGTH = 200
_MAX_BYTES = 256 * 1024


def lane_of(program: Program, payload: bytes | None, facts: Facts) -> str | None:
    """The lane of a message; None where order does not matter, or cannot be told since the payload is bad:
    such a message becomes a dead letter. `payload` is None for a file, whatever is in it."""
    if program.order_by is None:
        return None
    if payload is None or program.reading.format is None or len(payload) > _MAX_BYTES:
        return EVERYTHING
    try:
        value = program.order_by.evaluate(facts.names(_first(program, payload)))
        text = json.encode(value).decode()
    except MappingError:
        return None
    # A long value is told from others by its hash.
    return text if len(text) <= _MAX_LENGTH else hashlib.sha256(text.encode()).hexdigest()


def _first(program: Program, payload: bytes) -> Record:
    """The only record of a message, or the first of several. Raises: MappingError."""
    if program.reading.single or program.reading.format is None:
        return json.decode(payload)
    decoder = program.reading.format.decoder(Context())
    for found in (*decoder.feed(payload), *decoder.finish()[0]):
        if isinstance(found, MappingError):
            raise found
        return found
    raise MappingError("there is no record", rule="empty")
