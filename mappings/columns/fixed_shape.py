"""What a fixed-width record is made of, where all of it always stands at the same bytes: fields, objects of
them, and tables."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from mappings.fixed_width.fields import FieldCodec
from mappings.fixed_width.items import Array, Field, Gap, Group, extent, name_of
from mappings.fixed_width.layout import FixedArea, RecordLayout


@dataclass(frozen=True, eq=False, slots=True)
class Leaf:
    """One field; positions count from 0, from the beginning of the record or of the occurrence around it."""

    start: int
    end: int
    codec: FieldCodec


@dataclass(frozen=True, eq=False, slots=True)
class Object:
    """Members by name."""

    members: tuple[tuple[str, Node], ...]


@dataclass(frozen=True, eq=False, slots=True)
class Table:
    """An element that occurs `count` times, at least once, from `start` on."""

    start: int
    count: int
    element: Unit

    @property
    def end(self) -> int:
        """The byte behind the last occurrence."""
        return self.start + self.count * self.element.length


Node: TypeAlias = Leaf | Object | Table


@dataclass(frozen=True, eq=False, slots=True)
class Unit:
    """What is read at once: a record, or an occurrence in a table. `fixed` are bytes that all have."""

    length: int
    node: Node
    fixed: tuple[FixedArea, ...]


def parts(node: Node) -> Iterator[Leaf | Table]:
    """What a unit is made of beside objects, in the order of its text."""
    if isinstance(node, Object):
        for _, member in node.members:
            yield from parts(member)
    else:
        yield node


def unit_of(layout: RecordLayout) -> Unit | None:
    """A type of record; None where what it holds moves, or is read in one of several ways."""
    if layout.items is None:
        leaves = tuple((each.name, Leaf(each.start, each.end, each.codec)) for each in layout.fields)
        return Unit(layout.length, Object(leaves), layout.fixed)
    tree = layout.items.tree
    if tree is None or extent(tree)[0] != layout.length:
        return None
    return _unit(tree)


def _unit(item: Field | Group) -> Unit | None:
    length, most = extent(item)
    fixed: list[FixedArea] = []
    node = _node(item, 0, fixed)
    return Unit(length, node, tuple(fixed)) if node is not None and length == most > 0 else None


def _node(item: Field | Group | Array, at: int, fixed: list[FixedArea]) -> Node | None:
    """An item that begins at this byte; None where it is not of one shape."""
    if isinstance(item, Field):
        return Leaf(at, at + item.length, item.codec) if item.length else None
    if isinstance(item, Array):
        is_fixed = item.least == item.most > 0 and item.counter is None
        element = _unit(item.element) if is_fixed else None
        return None if element is None else Table(at, item.most, element)
    members: list[tuple[str, Node]] = []
    for member in item.members:
        size, _ = extent(member)
        if isinstance(member, Gap):
            if member.is_checked and size:
                fixed.append(FixedArea(at, at + size, member.data, member.rule))
        elif isinstance(member, Field | Group | Array):
            node = _node(member, at, fixed)
            if node is None:
                return None
            members.append((name_of(member), node))
        else:
            return None
        at += size
    return Object(tuple(members)) if members else None
