"""A type of record whose fields are a tree of items, compiled: what the reader and the writer take of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from mappings.contract import JsonValue
from mappings.fixed_width.items import Gap, Group, extent
from mappings.fixed_width.items_reading import ReadRecord, Values, part_reader, record_reader
from mappings.fixed_width.items_writing import WriteRecord, record_writer


@dataclass(frozen=True, slots=True)
class RecordItems:
    """One type of record both ways; `least` and `most` count its bytes. Both functions raise ItemError.
    `starts` are the first bytes, from 0, of fields that always stand at the same place; `tree` are the items,
    where a record of `most` bytes is nothing else."""

    read: ReadRecord
    write: WriteRecord
    least: int
    most: int
    starts: Mapping[str, int] = field(default_factory=dict)
    tree: Group | None = None


def compile_items(
    tree: Group, *, fill: bytes, fills_short: bool = False, record_length: int | None = None
) -> RecordItems:
    """Compile a tree whose references are sound.

    `fill` is one byte. `fills_short` reads a record that ends too early as though `fill` followed. Where
    there is a `record_length`, what is left of it behind the items is passed over, and written as `fill`.
    """
    least, most = extent(tree)
    write_items, read_part = record_writer(tree), part_reader(tree)
    if record_length is not None:

        def read_beginning(data: bytes) -> Values:
            return read_part(data, 0)

        def write_all(value: JsonValue) -> bytes:
            return write_items(value).ljust(record_length, fill)

        rest = Gap(fill * (record_length - most))
        whole = Group(tree.name, (*tree.members, rest)) if least == most else None
        return RecordItems(read_beginning, write_all, record_length, record_length, tree=whole)
    if fills_short:

        def read_filled(data: bytes) -> Values:
            return read_part(data.ljust(most, fill), len(data))

        return RecordItems(read_filled, write_items, least, most, tree=tree)
    return RecordItems(record_reader(tree), write_items, least, most, tree=tree)
