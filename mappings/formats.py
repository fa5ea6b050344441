"""Which formats there are: those built in, and those a configuration defines."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from pydantic import Field

from mappings.copybook import CopybookDefinition
from mappings.delimited import DelimitedDefinition
from mappings.edifact import EdifactDefinition
from mappings.fixed_width import FixedWidthDefinition
from mappings.hl7 import Hl7Definition
from mappings.json import JsonDefinition
from mappings.kinds import BUILT_IN_NAMES, build, built_in
from mappings.segments import SegmentsDefinition
from mappings.x12 import X12Definition
from mappings.xml_definition import XmlDefinition

__all__ = ["BUILT_IN_NAMES", "FormatDefinition", "build", "built_in"]

FormatDefinition: TypeAlias = Annotated[
    DelimitedDefinition
    | FixedWidthDefinition
    | CopybookDefinition
    | JsonDefinition
    | X12Definition
    | EdifactDefinition
    | Hl7Definition
    | SegmentsDefinition
    | XmlDefinition,
    Field(discriminator="format"),
]
"""One format as a configuration defines it; the key `format` says which kind."""
