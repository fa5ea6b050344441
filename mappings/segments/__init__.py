"""Files of segments as in EDI, without the envelopes of a standard around them."""

from mappings.segments.format import SegmentsFormat
from mappings.segments.schema import SegmentsDefinition

__all__ = ["SegmentsDefinition", "SegmentsFormat"]
