"""A record of a copybook as a tree of items, with every byte in its place."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from mappings.copybook.check_entries import areas, target
from mappings.copybook.codecs import Settings, field_codec, fill_of
from mappings.copybook.entries import Entry
from mappings.copybook.errors import CopybookError
from mappings.copybook.naming import record_name
from mappings.copybook.storage import first_boundary, greatest_boundary, length_of
from mappings.copybook.texts import text_codec, text_rules
from mappings.copybook.variants import ALWAYS, NEVER, WHEN, Rule
from mappings.fixed_width.items import (
    Array,
    BytesAre,
    Choice,
    Field,
    Gap,
    Group,
    Item,
    Mark,
    Span,
    Variant,
    Views,
    extent,
)

_Named = Field | Group | Array


@dataclass(frozen=True, slots=True)
class Place:
    """Where an elementary item stands: its first byte, counted from 0. `is_fixed` is False behind a table
    whose length varies, and inside tables."""

    start: int
    length: int
    is_fixed: bool


@dataclass(slots=True)
class Tree:
    """One record."""

    record: Group
    places: dict[Entry, Place]
    errors: list[CopybookError] = field(default_factory=list)
    has_slack: bool = False
    has_gaps: bool = False


def build_tree(
    record: Entry, settings: Settings, rules: Mapping[Entry, Rule], keys: Mapping[Entry, str]
) -> Tree:
    """The items of a record that has been checked. `rules` say which readings of an area there are, `keys`
    by what name items refer to others."""
    builder = _Builder(record, settings, rules, keys)
    members = builder.members(record)
    if not record.is_group:
        members = [builder.field(record, record_name(record.shown, settings.definition.names))]
    for number, renames in enumerate(builder.renames):
        members.append(builder.span(number, record_name(renames.name, settings.definition.names)))
    tree = Tree(Group("", tuple(members)), builder.places, builder.errors)
    tree.has_slack, tree.has_gaps = builder.has_slack, builder.has_gaps
    return tree


class _Builder:
    def __init__(
        self, record: Entry, settings: Settings, rules: Mapping[Entry, Rule], keys: Mapping[Entry, str]
    ) -> None:
        self._record = record
        self._settings = settings
        self._rules = rules
        self._keys = keys
        self._keeps = settings.definition.filler == "keep"
        self._maximal = settings.definition.depending == "maximal"
        self._space = settings.page.encode(" ")
        self._at = 0
        self._is_fixed = True
        self.places: dict[Entry, Place] = {}
        self.errors: list[CopybookError] = []
        self.has_slack = self.has_gaps = False
        self._before: dict[Entry, list[str]] = {}
        self._after: dict[Entry, list[str]] = {}
        self._spans: list[tuple[str, str]] = []
        self.renames = record.renames if settings.definition.renames == "keep" else []
        for number, renames in enumerate(self.renames):
            first, last = f"66 {number} first", f"66 {number} last"
            ends = [target(each, record) for each in (renames.first, renames.last)]
            if not all(map(self._is_always_there, ends)):
                message = f"{renames.name} begins or ends in an area with REDEFINES, or in FILLER left out"
                self.errors.append(CopybookError(renames.at, "renames", message))
            self._before.setdefault(ends[0], []).append(first)
            self._after.setdefault(ends[1], []).append(last)
            self._spans.append((first, last))

    def _is_always_there(self, entry: Entry) -> bool:
        """True for an item whose place every record has: no other reading is taken for it, and no group
        around it is left out."""
        for each in (entry, *entry.around()):
            siblings = each.parent.children if each.parent else [each]
            area = next(area for area in areas(siblings) if each in area)
            is_left_out = each is not entry and not self._keeps and not _has_names(each)
            if len(area) > 1 or is_left_out:
                return False
        return True

    def members(self, group: Entry) -> list[Item]:
        """The items in a group, in the order of their bytes."""
        items: list[Item] = []
        names = _names(group.children, self._settings.definition.names, keeps_filler=self._keeps)
        for area in areas(group.children):
            first = area[0]
            self._align(first_boundary(first), items)
            items += [Mark(key) for key in self._before.get(first, ())]
            if len(area) == 1:
                items.append(self._item(first, names[first]))
            else:
                items += self._area(area, names)
            items += [Mark(key) for key in self._after.get(first, ())]
        self._refuse_twice(group, items)
        return items

    def field(self, entry: Entry, name: str) -> Field:
        """An elementary item."""
        length = length_of(entry)
        in_table = any(each.occurs for each in (entry, *entry.around()))
        self.places[entry] = Place(self._at, length, self._is_fixed and not in_table)
        self._at += length
        try:
            codec = field_codec(entry, self._settings)
        except CopybookError as error:
            self.errors.append(error)
            codec = text_codec(length, self._settings.page, text_rules("none", "keep", justified=False))
        return Field(name, length, codec, self._keys.get(entry))

    def span(self, number: int, name: str) -> Span:
        """An item of level 66: the bytes from one field to another, as text."""
        first, last = self._spans[number]
        definition = self._settings.definition
        rules = text_rules(definition.trim, definition.controls, justified=False)
        length = 0  # nothing is written by it
        codec = text_codec(length, self._settings.page, rules)
        return Span(name, first, last, codec._replace(schema={"type": "string"}))

    def _align(self, boundary: int, items: list[Item]) -> None:
        slack = -self._at % boundary
        if slack:
            items.append(Gap(bytes(slack)))
            self._at += slack
            self.has_slack = True

    def _item(self, entry: Entry, name: str | None) -> Item:
        """One item with its occurrences; one without a name is left out."""
        start = self._at
        if name is None:
            return self._gap(entry, start)
        element: Field | Group
        element = Group(name, tuple(self.members(entry))) if entry.is_group else self.field(entry, name)
        if entry.occurs is None:
            return element
        slack = self._slack_after(entry, start)
        if slack and isinstance(element, Group):
            element = Group(element.name, (*element.members, Gap(bytes(slack))))
        size = extent(element)[1]
        self._at = start + size * entry.occurs.most
        depending = entry.occurs.depending
        if depending is None:
            return Array(element, entry.occurs.most, entry.occurs.most)
        counter = self._keys[target(depending, list(entry.around())[-1])]
        if not self._maximal:
            self._is_fixed = False
        unused = self._space * size if self._maximal else None
        return Array(element, entry.occurs.least, entry.occurs.most, counter, unused)

    def _slack_after(self, entry: Entry, start: int) -> int:
        """Bytes behind each occurrence of a table, so that the next begins on the same boundary."""
        assert entry.occurs is not None, "the caller has looked"
        slack = -(self._at - start) % greatest_boundary(entry) if entry.occurs.most > 1 else 0
        self.has_slack = self.has_slack or slack > 0
        return slack

    def _gap(self, entry: Entry, start: int) -> Gap:
        """An item that is left out: all it holds is FILLER."""
        if entry.is_group:
            inside = self.members(entry)
            data = b"".join(each.data for each in inside if isinstance(each, Gap))
        else:
            data = fill_of(entry, self._settings)
            self._at += len(data)
        if entry.occurs is not None:
            if entry.occurs.depending is not None and not self._maximal:
                message = "a table of FILLER that has no fixed length cannot be left out"
                self.errors.append(CopybookError(entry.at, "depending", message))
            data = (data + bytes(self._slack_after(entry, start))) * entry.occurs.most
            self._at = start + len(data)
        self.has_gaps = True
        return Gap(data)

    def _area(self, area: Sequence[Entry], names: Mapping[Entry, str | None]) -> list[Item]:
        """Items over the same bytes."""
        start, was_fixed = self._at, self._is_fixed
        built: list[tuple[Entry, _Named]] = []
        gaps = []
        end = start
        for entry in area:
            self._at = start
            item = self._item(entry, names[entry])
            end = max(end, self._at)
            if was_fixed and not self._is_fixed:
                message = (
                    f"{entry.shown} reads an area and has no fixed length itself; where it is a record of its"
                    " own, give it a level 01, and say in `records` which is which"
                )
                self.errors.append(CopybookError(entry.at, "redefines", message))
                self._is_fixed = True
            if isinstance(item, Gap):
                gaps.append(item)
            else:
                assert isinstance(item, Field | Group | Array), "an area has nothing else"
                built.append((entry, item))
        self._at = end
        ends_record = (
            self._settings.definition.record_end == "variant"
            and area[0].parent is self._record
            and area[-1] is self._record.children[-1]
        )
        return self._readings(built, gaps, end - start, ends_record=ends_record)

    def _readings(
        self, built: list[tuple[Entry, _Named]], gaps: list[Gap], length: int, *, ends_record: bool
    ) -> list[Item]:
        """The area as the rules say that it is read."""
        rules = {entry: self._rules.get(entry) or self._default(built[0][0], entry) for entry, _ in built}
        read = [(rules[entry], item) for entry, item in built if rules[entry].word != NEVER]
        if not read:
            self.has_gaps = True
            return [Gap((gaps[0].data if gaps else b"").ljust(length, self._space))]
        if len(read) == 1 and read[0][0].word != WHEN:
            item = read[0][1]
            rest = length - extent(item)[1]
            self.has_gaps = self.has_gaps or rest > 0
            return [item, Gap(self._space * rest)] if rest else [item]
        if all(rule.word == ALWAYS for rule, _ in read):
            return [Views(tuple(item for _, item in read), length, self._space)]
        for entry, _ in built:
            if any(isinstance(one, BytesAre) and one.end > length for one in rules[entry].when):
                message = f"{entry.shown} is known by bytes behind the area, which has {length}"
                self.errors.append(CopybookError(entry.at, "redefines", message))
        variants = [Variant(item, rule.when) for rule, item in read]
        variants.sort(key=lambda variant: not variant.when)
        return [Choice(tuple(variants), None if ends_record else length, self._space)]

    def _default(self, first: Entry, entry: Entry) -> Rule:
        """The rule where `variants` says nothing."""
        return Rule(ALWAYS if self._settings.definition.redefines == "all" or entry is first else NEVER)

    def _refuse_twice(self, group: Entry, items: Sequence[Item]) -> None:
        named: list[str] = []
        for item in items:
            if isinstance(item, Choice):
                named += [_name(variant.item) for variant in item.variants]
            elif isinstance(item, Views):
                named += map(_name, item.items)
            elif isinstance(item, Field | Group | Array):
                named.append(_name(item))
        for name, count in Counter(named).items():
            if count > 1:
                self.errors.append(
                    CopybookError(group.at, "name", f"{group.shown} has {name!r} {count} times")
                )


def _name(item: _Named) -> str:
    return item.element.name if isinstance(item, Array) else item.name


def _has_names(entry: Entry) -> bool:
    """True where a field in an item has a name."""
    return any(each.name for each in entry.walk() if not each.is_group)


def _names(children: Sequence[Entry], style: str, *, keeps_filler: bool) -> dict[Entry, str | None]:
    """What records call the items of a group, None for those that are left out. FILLER and groups of nothing
    else are; a FILLER around named items is called FILLER. The second item of a name, which nothing in the
    copybook can refer to, has -2 behind it."""
    names: dict[Entry, str | None] = {}
    taken: set[str] = set()
    for child in children:
        if not keeps_filler and not _has_names(child):
            names[child] = None
            continue
        name = record_name(child.shown, style)
        number = 1
        while name in taken:
            number += 1
            name = record_name(f"{child.shown}-{number}", style)
        taken.add(name)
        names[child] = name
    return names
