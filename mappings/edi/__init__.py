"""What X12 and EDIFACT share: definitions of loops, segments and elements, and walking through them."""

from mappings.edi.body_writer import BodyWriter
from mappings.edi.check import problems
from mappings.edi.delimiters import CONTROLS, Delimiters
from mappings.edi.findings import BrokenRule, Finding, pointer
from mappings.edi.generic import read_generic, write_generic
from mappings.edi.json_schema import loop_schema, segment_schema
from mappings.edi.layout import Layout, Loop, Segment, Value, compile_layout
from mappings.edi.schema import Content, LoopUse, SegmentDefinition, Segments, SegmentUse
from mappings.edi.stream_writer import StreamBodyWriter
from mappings.edi.streaming import StreamWalker
from mappings.edi.walker import Plan, Walker
from mappings.edi.writing import Unwritable

__all__ = [
    "CONTROLS",
    "BodyWriter",
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
    "StreamBodyWriter",
    "StreamWalker",
    "Unwritable",
    "Value",
    "Walker",
    "compile_layout",
    "loop_schema",
    "pointer",
    "problems",
    "read_generic",
    "segment_schema",
    "write_generic",
]
