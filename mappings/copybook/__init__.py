"""COBOL copybooks: records as the data division of a program describes them, read and written."""

from mappings.copybook.format import CopybookFormat
from mappings.copybook.schema import CopybookDefinition

__all__ = ["CopybookDefinition", "CopybookFormat"]
