"""The fields of a record that a copybook describes, with their pictures."""

from __future__ import annotations

import re
from dataclasses import replace

from mappings.copybook import CopybookFormat
from mappings.copybook.entries import Entry
from mappings.copybook.layout import compile_definition
from mappings.explain.field_reading import read_by
from mappings.explain.seen import Seen
from mappings.fixed_width.items import Array, Choice, Field, Gap, Group, Item, Mark, Span, Views, extent
from mappings.fixed_width.items_reading import State, test

_NOT_NAME = re.compile(r"[^A-Z0-9]")


def copybook_fields(format_: CopybookFormat, record: str, data: bytes, offset: int) -> list[Seen]:
    """The fields of one record, as far as its bytes reach."""
    walk = _Walk(data, offset, _pictures(format_, record))
    walk.item(format_.records[record], 0, "")
    return walk.seen


def _pictures(format_: CopybookFormat, record: str) -> dict[str, str]:
    """What the copybook says of its fields, by their names without anything but letters and digits."""
    places = compile_definition(format_.definition).trees[record].places
    return {_bare(entry.shown): _described(entry) for entry in places}


def _bare(name: str) -> str:
    return _NOT_NAME.sub("", name.upper())


def _described(entry: Entry) -> str:
    picture = f"PIC {entry.picture.text}" if entry.picture is not None else ""
    usage = str(entry.usage) if entry.usage is not None else ""
    sign = "SIGN LEADING" if entry.sign_leading else ""
    separate = "SEPARATE" if entry.sign_separate else ""
    redefines = f"REDEFINES {entry.redefines}" if entry.redefines else ""
    return " ".join(filter(None, [f"{entry.level:02}", redefines, picture, usage, sign, separate]))


class _Walk:
    """Goes through a record item by item, on behind fields that cannot be read."""

    def __init__(self, data: bytes, offset: int, pictures: dict[str, str]) -> None:
        self._data = data
        self._offset = offset
        self._pictures = pictures
        self._state: State = {}
        self.seen: list[Seen] = []

    def item(self, item: Item, at: int, path: str) -> int:
        """Look at an item; the byte behind it."""
        if isinstance(item, Field):
            return self._field(item, at, path)
        if isinstance(item, Gap):
            self._put(f"{path}/FILLER", at, at + len(item.data), "FILLER")
            return at + len(item.data)
        if isinstance(item, Group):
            inner = f"{path}/{item.name}" if item.name else path
            for member in item.members:
                at = self.item(member, at, inner)
            return at
        if isinstance(item, Array):
            return self._array(item, at, path)
        if isinstance(item, Choice):
            return self._choice(item, at, path)
        if isinstance(item, Views):
            for each in item.items:
                self.item(each, at, path)
            return at + item.length
        if isinstance(item, Mark):
            self._state[item.key] = at
        assert isinstance(item, Mark | Span), "there is no other"
        return at

    def _put(self, path: str, at: int, end: int, definition: str) -> None:
        data = self._data[at:end]
        if data:
            self.seen.append(Seen(path, self._offset + at, self._offset + at + len(data), data, definition))

    def _field(self, field: Field, at: int, path: str) -> int:
        end = at + field.length
        data = self._data[at:end]
        start = self._offset + at
        definition = self._pictures.get(_bare(field.name), "")
        seen = Seen(f"{path}/{field.name}", start, start + len(data), data, definition)
        self.seen.append(read_by(field.codec.read, seen, field.length))
        if field.key is not None and self.seen[-1].has_value:
            self._state[field.key] = self.seen[-1].value
        return end

    def _array(self, array: Array, at: int, path: str) -> int:
        counted = array.most if array.counter is None else self._state.get(array.counter)
        count = counted if isinstance(counted, int) and array.least <= counted <= array.most else 0
        end = at
        for number in range(count):
            element = array.element
            before = len(self.seen)
            end = self.item(element, end, path)
            for index in range(before, len(self.seen)):
                self.seen[index] = _numbered(self.seen[index], f"{path}/{element.name}", number)
        if array.unused is not None:
            return at + extent(array.element)[1] * array.most
        return end

    def _choice(self, choice: Choice, at: int, path: str) -> int:
        for variant in choice.variants:
            if test(variant.when)(self._state, self._data, at):
                end = self.item(variant.item, at, path)
                return end if choice.length is None else at + choice.length
        end = len(self._data) if choice.length is None else at + choice.length
        data = self._data[at:end]
        start = self._offset + at
        self.seen.append(
            Seen(path or "/", start, start + len(data), data, error="variant: no condition holds")
        )
        return end


def _numbered(seen: Seen, path: str, number: int) -> Seen:
    """A field inside of a table at a path, with the number of its occurrence."""
    return replace(seen, path=f"{path}/{number}{seen.path.removeprefix(path)}")
