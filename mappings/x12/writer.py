"""Records to X12: complete interchanges, with every count and every control number that is not given."""

from __future__ import annotations

from mappings.contract import Context
from mappings.edi.interchange_writer import Content, InterchangeWriter
from mappings.x12.compiled import Compiled
from mappings.x12.envelope_writer import EnvelopeWriter
from mappings.x12.tags import CONTROL_TAGS, TAGS

_NUMBERS = ("interchange/control_number", "group/control_number", "transaction/control_number")
_AGAIN = ("duplicate-interchange", "duplicate-group", "duplicate-transaction")


def x12_writer(compiled: Compiled, context: Context) -> InterchangeWriter:
    """An encoder for one stream."""
    others = compiled.definition.others == "segments"
    content = Content("X12", compiled.plan, others, TAGS, CONTROL_TAGS, _NUMBERS, _AGAIN)
    return InterchangeWriter(content, EnvelopeWriter(compiled, context), context.max_record_bytes)
