"""The format that a copybook describes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from mappings.contract import Context, JsonSchema
from mappings.copybook.framing import is_binary, lengths_of
from mappings.copybook.layout import compile_definition
from mappings.copybook.losses import losses
from mappings.copybook.schema import CopybookDefinition
from mappings.fixed_width.details import Details
from mappings.fixed_width.format import reader_of
from mappings.fixed_width.items import Group, extent
from mappings.fixed_width.items_schema import record_schema, tagged_schema
from mappings.fixed_width.layout import Layout
from mappings.fixed_width.reader import RecordReader
from mappings.fixed_width.writer import RecordWriter


class CopybookFormat:
    """Records as a copybook describes them. Where the definition has several types, each is tagged with its
    name: `{"header": {...}}`.

    Raises: ValueError with everything that is wrong in the definition and in the copybook, one a line.
    """

    is_flat: Literal[True] = True

    def __init__(self, definition: CopybookDefinition) -> None:
        compiled = compile_definition(definition)
        if compiled.problems or compiled.layout is None:
            raise ValueError("\n".join(compiled.problems))
        self._definition = definition
        self._layout = compiled.layout
        self._trees = compiled.trees
        binary = any(is_binary(tree.record) for tree in compiled.trees.values())
        is_binary_data = binary or compiled.layout.page.is_ebcdic
        self.content_type = "application/octet-stream" if is_binary_data else "text/plain"

    @property
    def definition(self) -> CopybookDefinition:
        """What was defined."""
        return self._definition

    @property
    def layout(self) -> Layout:
        """The definition, compiled."""
        return self._layout

    @property
    def records(self) -> Mapping[str, Group]:
        """The items of each type of record by its name; the name is empty where there is one type."""
        return {name: tree.record for name, tree in self._trees.items()}

    @property
    def record_lengths(self) -> Mapping[str, tuple[int, int]]:
        """The least and the most bytes of each type of record, as the copybook says."""
        return {name: extent(record) for name, record in self.records.items()}

    def schema(self) -> JsonSchema:
        """JSON Schema of one record."""
        return tagged_schema({name: record_schema(record) for name, record in self.records.items()})

    def decoder(self, context: Context) -> RecordReader:
        """A decoder for one stream. Raises: MappingError when records are longer than the context allows."""
        layout = self._layout
        longest = max(record.length for record in layout.records)
        return reader_of(layout, longest if layout.cuts_by_length else 0, context)

    def encoder(self, context: Context) -> RecordWriter:
        """An encoder for one stream."""
        return RecordWriter(self._layout, max_record_bytes=context.max_record_bytes)

    def details(self) -> Details:
        """What flows see of one stream."""
        return Details(self._layout)

    def losses(self) -> Sequence[str]:
        """What is not written again as it was."""
        lengths = lengths_of(self._definition, self.records)
        found = losses(self._definition, self._layout.page, self._trees, lengths)
        return tuple(dict.fromkeys(found))
