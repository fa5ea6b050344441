"""The format that a definition of EDIFACT describes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from mappings.contract import Context, Details, JsonSchema
from mappings.edi.details import details
from mappings.edi.interchange_reader import InterchangeReader
from mappings.edi.interchange_writer import InterchangeWriter
from mappings.edi.record_schema import record_schema
from mappings.edi.segment_list import ANY
from mappings.edifact import check
from mappings.edifact.compiled import compile_definition
from mappings.edifact.envelope import envelope_schema
from mappings.edifact.losses import losses
from mappings.edifact.reader import edifact_reader
from mappings.edifact.schema import EdifactDefinition
from mappings.edifact.service import Header
from mappings.edifact.writer import edifact_writer


class EdifactFormat:
    """Messages as records, with what is around them under `envelope`; or, where the definition says so, the
    occurrences of one of their segment groups.

    Raises: ValueError with every contradiction in the definition, one a line.
    """

    are_plain: Literal[True] = True
    content_type = "application/edifact"

    def __init__(self, definition: EdifactDefinition) -> None:
        problems = check.problems(definition)
        if problems:
            raise ValueError("\n".join(problems))
        self._compiled = compile_definition(definition)

    def schema(self) -> JsonSchema:
        """JSON Schema of one record. What the definition says of the envelope may be left out."""
        others = self._compiled.definition.others == "segments"
        return record_schema(self._compiled.plan, envelope_schema(), ANY, others=others)

    def decoder(self, context: Context) -> InterchangeReader[Header]:
        """A decoder for one stream."""
        return edifact_reader(self._compiled, context)

    def encoder(self, context: Context) -> InterchangeWriter:
        """An encoder for one stream."""
        return edifact_writer(self._compiled, context)

    def details(self) -> Details:
        """What flows see of one stream."""
        plan = self._compiled.plan
        return details(None if plan is None else plan.layout)

    def losses(self) -> Sequence[str]:
        """What is written in one way though it may be read in several."""
        return losses(self._compiled)
