"""Records to EDIFACT: complete interchanges, with every count and every reference that is not given."""

from __future__ import annotations

from mappings.contract import Context
from mappings.edi.interchange_writer import Content, InterchangeWriter
from mappings.edi.segment_list import ANY
from mappings.edifact.compiled import Compiled
from mappings.edifact.envelope import CONTROL_TAGS
from mappings.edifact.envelope_writer import EnvelopeWriter

_NUMBERS = ("interchange/control_reference", "group/control_reference", "message/control_reference")
_AGAIN = ("duplicate-interchange", "duplicate-group", "duplicate-message")


def edifact_writer(compiled: Compiled, context: Context) -> InterchangeWriter:
    """An encoder for one stream."""
    others = compiled.definition.others == "segments"
    content = Content("EDIFACT", compiled.plan, others, ANY, CONTROL_TAGS, _NUMBERS, _AGAIN)
    return InterchangeWriter(content, EnvelopeWriter(compiled, context), context.max_record_bytes)
