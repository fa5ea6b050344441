"""X12 to records."""

from __future__ import annotations

from mappings.contract import Context
from mappings.edi.interchange_reader import InterchangeReader
from mappings.edi.reports import Reports
from mappings.edi.sets import SetReader, Words
from mappings.x12 import codes
from mappings.x12.acknowledgement import Acknowledger
from mappings.x12.compiled import Compiled
from mappings.x12.controls import Controls
from mappings.x12.envelope import Header
from mappings.x12.tokens import Tokens

_WORDS = Words(codes.ELEMENT, codes.SEGMENT, codes.TRANSACTION, codes.UNITS)


def x12_reader(compiled: Compiled, context: Context) -> InterchangeReader[Header]:
    """A decoder for one stream."""
    most, reports = context.max_record_bytes, Reports(compiled.lenient)
    tokens = Tokens(
        max_segment_bytes=most,
        fixed=compiled.is_fixed,
        is_broken=compiled.is_broken,
        encoding=compiled.definition.encoding,
    )
    sets = SetReader(compiled.plan, compiled.rules, reports, _WORDS, most)
    acknowledger = Acknowledger(compiled, context)
    controls = Controls(compiled, reports, sets, acknowledger, context.seen_before)
    return InterchangeReader(tokens, controls, sets, reports, most)
