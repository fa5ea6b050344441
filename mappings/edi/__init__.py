"""What X12 and EDIFACT share: definitions of loops, segments and elements, and walking through them."""

from mappings.edi.delimiters import CONTROLS, Delimiters
from mappings.edi.findings import BrokenRule, Finding, pointer
from mappings.edi.layout import Layout, Loop, Segment, Value, compile_layout
from mappings.edi.schema import Content, LoopUse, SegmentDefinition, Segments, SegmentUse
from mappings.edi.walker import Plan, Walker

__all__ = [
    "CONTROLS",
    "BrokenRule",
    "Content",
    "Delimiters",
    "Finding",
    "Layout",
    "Loop",
    "LoopUse",
    "Plan",
    "Segment",
    "SegmentDefinition",
    "SegmentUse",
    "Segments",
    "Value",
    "Walker",
    "compile_layout",
    "pointer",
]
