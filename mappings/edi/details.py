"""What flows see of the records of transaction sets and messages."""

from __future__ import annotations

from mappings.contract import Details, MappingError, Record, as_it_is
from mappings.edi.layout import Layout, Loop


def details(layout: Layout | None) -> Details:
    """Where records are occurrences of a loop, those without one are what was left around them, and are not
    seen; else records stand for themselves. `layout` is None where no definition describes them."""
    if layout is None or not layout.streams:
        return as_it_is
    body = layout.body
    return lambda result: result if not isinstance(result, MappingError) and _holds(body, result) else None


def _holds(loop: Loop, record: Record) -> bool:
    """True where a record has an occurrence of the loop that records are made of."""
    if loop.is_record:
        return True
    if not isinstance(record, dict):
        return False
    inner = (item for item in loop.items if isinstance(item, Loop) and item.streams)
    return any(item.name in record and _holds(item, record[item.name]) for item in inner)
