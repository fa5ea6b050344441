"""HL7 version 2 in its ER7 encoding, by a definition of its messages or as lists of segments."""

from mappings.hl7.format import Hl7Format
from mappings.hl7.schema import Hl7Definition

__all__ = ["Hl7Definition", "Hl7Format"]
