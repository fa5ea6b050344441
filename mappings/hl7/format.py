"""The format that a definition of HL7 v2 describes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from mappings.contract import Context, Details, JsonSchema
from mappings.edi.details import details
from mappings.hl7 import check
from mappings.hl7.compiled import compile_definition
from mappings.hl7.json_schema import record_schema
from mappings.hl7.losses import losses
from mappings.hl7.reader import Hl7Reader
from mappings.hl7.schema import Hl7Definition
from mappings.hl7.writer import Hl7Writer


class Hl7Format:
    """Messages as records, with the headers of the file and the batch around them.

    Raises: ValueError with every contradiction in the definition, one a line.
    """

    are_plain: Literal[True] = True
    content_type = "x-application/hl7-v2+er7"

    def __init__(self, definition: Hl7Definition) -> None:
        problems = check.problems(definition)
        if problems:
            raise ValueError("\n".join(problems))
        self._compiled = compile_definition(definition)

    def schema(self) -> JsonSchema:
        """JSON Schema of one record."""
        return record_schema(self._compiled)

    def decoder(self, context: Context) -> Hl7Reader:
        """A decoder for one stream."""
        return Hl7Reader(self._compiled, context)

    def encoder(self, context: Context) -> Hl7Writer:
        """An encoder for one stream."""
        return Hl7Writer(self._compiled, context)

    def details(self) -> Details:
        """The records of a group where records are that; else each stands for itself."""
        return details(self._compiled.parts)

    def losses(self) -> Sequence[str]:
        """What is written in one way though it may be read in several."""
        return losses(self._compiled)
