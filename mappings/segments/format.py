"""The format that a definition of segments describes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from mappings.contract import Context, Details, JsonSchema
from mappings.edi import loop_schema
from mappings.edi.details import details
from mappings.edi.segment_list import ANY, segment_schema
from mappings.segments import check
from mappings.segments.compiled import compile_definition
from mappings.segments.losses import losses
from mappings.segments.reader import SegmentsReader
from mappings.segments.schema import SegmentsDefinition
from mappings.segments.writer import SegmentsWriter


class SegmentsFormat:
    """All of the data as one record, or the occurrences of one of its groups, or each segment.

    Raises: ValueError with every contradiction in the definition, one a line.
    """

    are_plain: Literal[True] = True
    content_type = "text/plain"

    def __init__(self, definition: SegmentsDefinition) -> None:
        problems = check.problems(definition)
        if problems:
            raise ValueError("\n".join(problems))
        self._compiled = compile_definition(definition)

    def schema(self) -> JsonSchema:
        """JSON Schema of one record."""
        plan = self._compiled.plan
        return segment_schema(ANY) if plan is None else loop_schema(plan.layout.body)

    def decoder(self, context: Context) -> SegmentsReader:
        """A decoder for one stream."""
        return SegmentsReader(self._compiled, context)

    def encoder(self, context: Context) -> SegmentsWriter:
        """An encoder for one stream."""
        return SegmentsWriter(self._compiled, context)

    def details(self) -> Details:
        """What flows see of one stream."""
        plan = self._compiled.plan
        return details(None if plan is None else plan.layout)

    def losses(self) -> Sequence[str]:
        """What is written in one way though it may be read in several."""
        return losses(self._compiled)
