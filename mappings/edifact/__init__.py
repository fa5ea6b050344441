"""UN/EDIFACT: interchanges, functional groups, messages; the acknowledgement CONTRL."""

from mappings.edifact.format import EdifactFormat
from mappings.edifact.schema import EdifactDefinition

__all__ = ["EdifactDefinition", "EdifactFormat"]
