"""Lines of NDJSON to fixed-width records, many at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product
from typing import NamedTuple, TypeAlias

import numpy as np

from mappings.columns.arrays import Bytes, Flags
from mappings.columns.characters import Characters
from mappings.columns.fixed_shape import Leaf, Node, Object, Unit, unit_of
from mappings.columns.fixed_writing import Writer
from mappings.columns.fixed_writing_compile import compile_writer
from mappings.columns.ndjson_shape import Path, Shape
from mappings.columns.ndjson_values import Values
from mappings.columns.template import Lines
from mappings.contract import Context
from mappings.copybook import CopybookFormat
from mappings.fixed_width import FixedWidthFormat
from mappings.fixed_width.descriptor_writing import DescriptorWriter
from mappings.fixed_width.field_schema import MAX_RECORD_LENGTH
from mappings.fixed_width.items import Array, Field, Gap, Group, Item
from mappings.fixed_width.layout import UNTAGGED, Layout, RecordLayout
from mappings.fixed_width.record_formats import BLOCKED, SPANNED, VARIABLE
from mappings.fixed_width.writer import RecordWriter, ending

_MOST_FIELDS = 4096


class Target(NamedTuple):
    """A field that occurs at these first bytes, each of which has its own path."""

    writer: Writer
    length: int
    places: Mapping[Path, int]


Targets: TypeAlias = list[Target]


class FixedBlockWriter:
    """Writes records of the only type of a definition."""

    def __init__(
        self,
        format_: FixedWidthFormat | CopybookFormat,
        context: Context,
        template: bytes,
        targets: Targets,
    ) -> None:
        self.encoder: RecordWriter = format_.encoder(context)
        layout = format_.layout
        (record,) = layout.records
        self._targets = targets
        self.paths = frozenset(path for target in targets for path in target.places)
        self._ending = ending(layout)
        word = _word_before(template, layout)
        self._start = len(word)
        self._template = np.frombuffer(word + template + self._ending, np.uint8)
        self._length = record.length
        self._separator = None if layout.cuts_by_length else self._ending[-1:]
        self._return = layout.page.encode("\r")[0]

    def write(self, values: Values, shape: Shape) -> Lines:
        """The records of the lines that stay good."""
        count = len(values.good)
        records: Bytes = np.empty((count, len(self._template)), np.uint8)
        records[:] = self._template
        columns = {path: column for column, path in enumerate(shape.paths)}
        for writer, length, places in self._targets:
            data, good = writer.write(values.of([columns[path] for path in places]), 0)
            each = data.reshape(count, len(places), length)
            for at, place in enumerate(places.values()):
                start = self._start + place
                records[:, start : start + length] = each[:, at]
            values.good &= good.reshape(count, -1).all(axis=1)
        self._refuse_separators(records, values.good)
        kept = records if values.good.all() else records[values.good]
        ends = np.arange(1, len(kept) + 1, dtype=np.int32) * np.int32(len(self._template))
        return Lines(memoryview(kept.tobytes()), ends)

    def passed(self, count: int) -> None:
        """Tell the record path of records that were written here."""
        self.encoder.pass_over(count)

    def _refuse_separators(self, records: Bytes, good: Flags) -> None:
        """What separates records may not stand in one."""
        if self._separator:
            inside = records[:, : self._length]
            found = inside == self._separator[0]
            if found.any():
                good &= ~found.any(axis=1)
            good &= inside[:, -1] != self._return


def fixed_block_writer(
    format_: FixedWidthFormat | CopybookFormat, context: Context
) -> FixedBlockWriter | None:
    """A writer for one stream; None where records go one by one."""
    layout = format_.layout
    if layout.formats.record_format in (*BLOCKED, *SPANNED) or len(layout.records) != 1:
        return None
    (record,) = layout.records
    unit = unit_of(record)
    if record.name != UNTAGGED or record.totals or record.tests or unit is None:
        return None
    if record.length > min(context.max_record_bytes, _longest(layout)):
        return None
    if _count(unit.node) > _MOST_FIELDS:
        return None
    characters = Characters(layout.page)
    targets: Targets = []
    for leaf, places in _leaves(unit.node, [((), 0)]):
        length = leaf.end - leaf.start
        targets.append(Target(compile_writer(leaf.codec, length, layout.page, characters), length, places))
    return FixedBlockWriter(format_, context, _template(record, unit), targets) if targets else None


def _longest(layout: Layout) -> int:
    """The bytes of the longest record whose length its descriptor word can say; any where there is none."""
    formats = layout.formats
    return formats.rdw.most - formats.rdw.itself if formats.record_format in VARIABLE else MAX_RECORD_LENGTH


def _word_before(record: bytes, layout: Layout) -> bytes:
    """What comes before a record of this length."""
    if layout.formats.record_format not in VARIABLE:
        return b""
    return DescriptorWriter(layout.formats).record(record)[: -len(record)]


def _count(node: Node) -> int:
    """How many values a record has."""
    if isinstance(node, Object):
        return sum(_count(member) for _, member in node.members)
    return 1 if isinstance(node, Leaf) else node.count * _count(node.element.node)


def _leaves(node: Node, around: list[tuple[Path, int]]) -> Iterator[tuple[Leaf, dict[Path, int]]]:
    """Each field with its places; `around` has those of what is around it."""
    if isinstance(node, Leaf):
        yield node, {path: start + node.start for path, start in around}
    elif isinstance(node, Object):
        for name, member in node.members:
            yield from _leaves(member, [((*path, name), start) for path, start in around])
    else:
        inside = [
            ((*path, number), start + node.start + number * node.element.length)
            for (path, start), number in product(around, range(node.count))
        ]
        yield from _leaves(node.element.node, inside)


def _template(record: RecordLayout, unit: Unit) -> bytes:
    """A record without its fields."""
    if record.items is None:
        return record.template
    assert record.items.tree is not None, "there is a unit"
    return _gaps(record.items.tree)


def _gaps(item: Item) -> bytes:
    """The bytes between fields, which are zeros."""
    if isinstance(item, Gap):
        return item.data
    if isinstance(item, Field):
        return bytes(item.length)
    if isinstance(item, Array):
        return _gaps(item.element) * item.most
    assert isinstance(item, Group), "nothing else is in what has a unit"
    return b"".join(map(_gaps, item.members))
