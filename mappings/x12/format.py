"""The format that a definition of X12 describes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mappings.contract import Context, Details, JsonSchema, JsonValue, MappingError, Record
from mappings.edi import Layout, Loop, loop_schema
from mappings.x12 import check, generic
from mappings.x12.compiled import compile_definition
from mappings.x12.envelope import envelope_schema
from mappings.x12.envelope_writer import ENVELOPE
from mappings.x12.losses import losses
from mappings.x12.reader import X12Reader
from mappings.x12.schema import X12Definition
from mappings.x12.writer import SEGMENTS, X12Writer

_LIST: JsonSchema = {
    "type": "object",
    "properties": {ENVELOPE: envelope_schema(), SEGMENTS: {"type": "array", "items": generic.SCHEMA}},
    "required": [SEGMENTS],
    "additionalProperties": False,
}


class X12Format:
    """Transaction sets as records, with what is around them under `envelope`; or, where the definition says
    so, the occurrences of one of their loops.

    Raises: ValueError with every contradiction in the definition, one a line.
    """

    content_type = "application/edi-x12"

    def __init__(self, definition: X12Definition) -> None:
        problems = check.problems(definition)
        if problems:
            raise ValueError("\n".join(problems))
        self._compiled = compile_definition(definition)

    def schema(self) -> JsonSchema:
        """JSON Schema of one record. What the definition says of the envelope may be left out."""
        plan = self._compiled.plan
        if plan is None:
            return _LIST
        schema = loop_schema(plan.layout.body)
        properties = schema["properties"]
        assert isinstance(properties, dict)
        own: JsonSchema = {**schema, "properties": {ENVELOPE: envelope_schema(), **properties}}
        return {"anyOf": [own, _LIST]} if self._compiled.definition.others == "segments" else own

    def decoder(self, context: Context) -> X12Reader:
        """A decoder for one stream."""
        return X12Reader(self._compiled, context)

    def encoder(self, context: Context) -> X12Writer:
        """An encoder for one stream."""
        return X12Writer(self._compiled, context)

    def details(self) -> Details:
        """What flows see of one stream: where records are occurrences of a loop, those without one are what
        was left around them, and are not seen."""
        plan = self._compiled.plan
        if plan is None or not plan.layout.streams:
            return _as_it_is
        layout = plan.layout
        return lambda result: None if isinstance(result, MappingError) else _with_loop(layout, result)

    def losses(self) -> Sequence[str]:
        """What is written in one way though it may be read in several."""
        return losses(self._compiled)


def _as_it_is(result: Record | MappingError) -> Record | None:
    return None if isinstance(result, MappingError) else result


def _with_loop(layout: Layout, record: Record) -> Record | None:
    """The record where it has an occurrence of the loop that records are made of."""
    loop, value = layout.body, record
    while isinstance(value, dict):
        found = _leading(loop, value)
        if found is None:
            return None
        if found.is_record:
            return record
        loop, value = found, value[found.name]
    return None


def _leading(loop: Loop, value: Mapping[str, JsonValue]) -> Loop | None:
    """The loop in these values that is the record, or leads to it."""
    return next(
        (item for item in loop.items if isinstance(item, Loop) and item.streams and item.name in value), None
    )
