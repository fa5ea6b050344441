"""The items of a record as a tree: fields, groups, tables, and areas that are read in one of several ways.

Where items of variable length come first, what follows them moves; nothing but the length of a field is
fixed beforehand. `items_reading` and `items_writing` compile a tree to closures. Items refer to each other by
keys: a table to the field that counts it, a variant to the field that chooses it. A key stands for the last
item of that key before the place where it is used, so that what is inside an occurrence of a table refers to
that occurrence.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from mappings.contract import JsonValue
from mappings.fixed_width.errors import FieldError
from mappings.fixed_width.fields import FieldCodec

Step: TypeAlias = str | int
"""One step of a path into a record: the name of an item, or the number of an occurrence, from 0."""


@dataclass(frozen=True, slots=True)
class Field:
    """An elementary item of `length` bytes. Other items refer to it by its `key`, where it has one."""

    name: str
    length: int
    codec: FieldCodec
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Gap:
    """Bytes that are no part of the record. `data` is written there; if it is checked, others break `rule`:
    `gap`, or `constant`."""

    data: bytes
    is_checked: bool = False
    rule: str = "gap"


@dataclass(frozen=True, slots=True)
class Group:
    """Items that follow each other, in an object of their own."""

    name: str
    members: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Array:
    """An item that occurs from `least` to `most` times; its name is that of the element.

    `counter` is the key of the field before it that says how often; without it it occurs `most` times.
    `unused` are the bytes of an occurrence that is not there: where it is given, the table always takes the
    place of `most` occurrences; without it, what follows moves.
    """

    element: Field | Group
    least: int
    most: int
    counter: str | None = None
    unused: bytes | None = None


@dataclass(frozen=True, slots=True)
class ValueIs:
    """True when the last field of a key has one of these values."""

    key: str
    values: tuple[JsonValue, ...]


@dataclass(frozen=True, slots=True)
class BytesAre:
    """True when the bytes from `start` on, counted from 0 at the beginning of the area, are one of these,
    all of the same length."""

    start: int
    values: frozenset[bytes]

    @property
    def end(self) -> int:
        """The byte behind them."""
        return self.start + len(next(iter(self.values)))


Condition: TypeAlias = ValueIs | BytesAre


@dataclass(frozen=True, slots=True)
class Variant:
    """One way to read an area: the one whose conditions are the first that all hold. Without any it holds
    always."""

    item: Field | Group | Array
    when: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True)
class Choice:
    """An area of `length` bytes that is read in one of several ways; a shorter variant is followed by `fill`.
    Without a length the area ends with its variant."""

    variants: tuple[Variant, ...]
    length: int | None
    fill: bytes


@dataclass(frozen=True, slots=True)
class Views:
    """An area of `length` bytes that is read in all of several ways at once: in each that its bytes allow.
    All that are given are written, and must agree."""

    items: tuple[Field | Group | Array, ...]
    length: int
    fill: bytes


@dataclass(frozen=True, slots=True)
class Mark:
    """A position that a span refers to, by its key."""

    key: str


@dataclass(frozen=True, slots=True)
class Span:
    """The bytes between two marks before it, read once more as a text. It need not be given for writing."""

    name: str
    first: str
    last: str
    codec: FieldCodec


Item: TypeAlias = Field | Gap | Group | Array | Choice | Views | Mark | Span


class ItemError(FieldError):
    """A value or bytes that do not fit an item.

    `steps` is the path from the record to it; `offset` and `length` are its bytes in the record, from 0,
    where they were read. `is_text` says that the bytes may be shown as text.
    """

    def __init__(
        self,
        rule: str,
        message: str,
        *,
        steps: tuple[Step, ...] = (),
        offset: int = 0,
        length: int = 0,
        is_text: bool = True,
    ) -> None:
        super().__init__(rule, message)
        self.steps = steps
        self.offset = offset
        self.length = length
        self.is_text = is_text

    def under(self, *steps: Step) -> ItemError:
        """The same error, seen from the item around."""
        self.steps = (*steps, *self.steps)
        return self

    @property
    def pointer(self) -> str:
        """The path as a JSON pointer. Source: RFC 6901 §3."""
        return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in self.steps)


def name_of(item: Field | Group | Array) -> str:
    """The key of an item in the object around it."""
    return item.element.name if isinstance(item, Array) else item.name


def extent(item: Item) -> tuple[int, int]:
    """The least and the most bytes of an item."""
    if isinstance(item, Field):
        return item.length, item.length
    if isinstance(item, Gap):
        return len(item.data), len(item.data)
    if isinstance(item, Group):
        sizes = [extent(member) for member in item.members]
        return sum(least for least, _ in sizes), sum(most for _, most in sizes)
    if isinstance(item, Array):
        least, most = extent(item.element)
        always = item.counter is None or item.unused is not None
        return least * (item.most if always else item.least), most * item.most
    if isinstance(item, Views):
        return item.length, item.length
    if isinstance(item, Choice):
        if item.length is not None:
            return item.length, item.length
        sizes = [extent(variant.item) for variant in item.variants]
        return min(least for least, _ in sizes), max(most for _, most in sizes)
    return 0, 0


def walk(item: Item) -> Iterator[Item]:
    """An item and all inside it, in the order of their bytes."""
    yield item
    inside: tuple[Item, ...] = ()
    if isinstance(item, Group):
        inside = item.members
    elif isinstance(item, Array):
        inside = (item.element,)
    elif isinstance(item, Choice):
        inside = tuple(variant.item for variant in item.variants)
    elif isinstance(item, Views):
        inside = item.items
    for each in inside:
        yield from walk(each)
