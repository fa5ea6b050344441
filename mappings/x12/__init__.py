"""ANSI ASC X12: interchanges, functional groups, transaction sets; acknowledgements TA1, 997 and 999."""

from mappings.x12.format import X12Format
from mappings.x12.schema import X12Definition

__all__ = ["X12Definition", "X12Format"]
