"""The format that a definition of X12 describes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from mappings.contract import Context, Details, JsonSchema
from mappings.edi.details import details
from mappings.edi.interchange_reader import InterchangeReader
from mappings.edi.interchange_writer import InterchangeWriter
from mappings.edi.record_schema import record_schema
from mappings.x12 import check
from mappings.x12.compiled import compile_definition
from mappings.x12.envelope import Header, envelope_schema
from mappings.x12.losses import losses
from mappings.x12.reader import x12_reader
from mappings.x12.schema import X12Definition
from mappings.x12.tags import TAGS
from mappings.x12.writer import x12_writer


class X12Format:
    """Transaction sets as records, with what is around them under `envelope`; or, where the definition says
    so, the occurrences of one of their loops.

    Raises: ValueError with every contradiction in the definition, one a line.
    """

    are_plain: Literal[True] = True
    content_type = "application/edi-x12"

    def __init__(self, definition: X12Definition) -> None:
        problems = check.problems(definition)
        if problems:
            raise ValueError("\n".join(problems))
        self._compiled = compile_definition(definition)

    def schema(self) -> JsonSchema:
        """JSON Schema of one record. What the definition says of the envelope may be left out."""
        others = self._compiled.definition.others == "segments"
        return record_schema(self._compiled.plan, envelope_schema(), TAGS, others=others)

    def decoder(self, context: Context) -> InterchangeReader[Header]:
        """A decoder for one stream."""
        return x12_reader(self._compiled, context)

    def encoder(self, context: Context) -> InterchangeWriter:
        """An encoder for one stream."""
        return x12_writer(self._compiled, context)

    def details(self) -> Details:
        """What flows see of one stream."""
        plan = self._compiled.plan
        return details(None if plan is None else plan.layout)

    def losses(self) -> Sequence[str]:
        """What is written in one way though it may be read in several."""
        return losses(self._compiled)
