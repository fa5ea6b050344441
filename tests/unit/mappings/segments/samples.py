"""Ways to read and write that the tests of segments and of EDIFACT share."""

from __future__ import annotations

from typing import Any

from mappings.segments import SegmentsDefinition, SegmentsFormat
from tests.corpus import CORPUS
from tests.unit.mappings.edi.streams import NOW, read, read_all, rules, told, write

__all__ = ["NOW", "SAMPLES", "read", "read_all", "rules", "segments", "told", "write"]

SAMPLES = CORPUS / "edifact"


def segments(**definition: Any) -> SegmentsFormat:
    """The format of a definition, `format` left out."""
    return SegmentsFormat(SegmentsDefinition.model_validate({"format": "segments", **definition}))
