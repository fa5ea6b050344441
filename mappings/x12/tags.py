"""The segments of X12: how they are called, which have binary data, which stand around transaction sets.

Source: X12.6 §3.6 (segment identifiers), transaction set 841 (BDS) and 102 (BIN).
"""

from __future__ import annotations

from mappings.edi.segment_list import Tags

TAGS = Tags("[A-Z0-9]{2,3}", "of two or three letters and digits", {"BIN": 2, "BDS": 3})
"""The binary element of BIN and BDS has its length in the element before it."""

CONTROL_TAGS = frozenset({"ISA", "IEA", "GS", "GE", "ST", "SE"})
"""Segments that are written and read by themselves, around what a definition describes."""
