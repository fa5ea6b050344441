"""EDIFACT to records."""

from __future__ import annotations

from mappings.contract import Context
from mappings.edi.interchange_reader import InterchangeReader
from mappings.edi.reports import Reports
from mappings.edi.sets import SetReader
from mappings.edifact.acknowledgement import Acknowledger
from mappings.edifact.compiled import WORDS, Compiled
from mappings.edifact.controls import Controls
from mappings.edifact.service import Header
from mappings.edifact.tokens import Tokens


def edifact_reader(compiled: Compiled, context: Context) -> InterchangeReader[Header]:
    """A decoder for one stream."""
    most, reports = context.max_record_bytes, Reports(compiled.lenient)
    tokens = Tokens(max_segment_bytes=most, is_broken=compiled.is_broken)
    sets = SetReader(compiled.plan, compiled.rules, reports, WORDS, most)
    acknowledger = Acknowledger(compiled, context)
    controls = Controls(compiled, reports, sets, acknowledger, context.seen_before)
    return InterchangeReader(tokens, controls, sets, reports, most)
