"""Values to the text of segments. Lengths, codes and conditions are not looked at here: what was written is
read again before it leaves, and so has to be right."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from mappings.contract import JsonValue
from mappings.edi.delimiters import CONTROLS, Delimiters
from mappings.edi.findings import BrokenRule, pointer
from mappings.edi.generic import write_generic, written
from mappings.edi.layout import Segment, Value

WriteText: TypeAlias = Callable[[JsonValue], str]


class Unwritable(BrokenRule):  # an event: named for what it is
    """What cannot be written, with the JSON pointer to it."""

    def __init__(self, rule: str, message: str, path: str) -> None:
        super().__init__(rule, message)
        self.path = path

    def inside(self, step: str) -> Unwritable:
        """The same, seen from one level further out."""
        return Unwritable(self.rule, str(self), f"{step}{self.path}")


class SegmentWriter:
    """Writes one segment with one set of delimiters, the careful way."""

    def __init__(self, segment: Segment, delimiters: Delimiters) -> None:
        self._segment = segment
        self._delimiters = delimiters
        self._prefix = f"{segment.tag}{delimiters.tag_separator}"
        self._writers = _member_writers(segment.elements or (), delimiters, delimiters.component)

    def write(self, values: JsonValue) -> str:
        """The text of a segment, without its terminator. Raises: Unwritable."""
        if not isinstance(values, dict):
            raise Unwritable("type", "is not an object", "")
        if self._segment.elements is None:
            return self._free(values)
        parts = _parts(self._writers, values, keeps=self._delimiters.keeps)
        return f"{self._prefix}{self._delimiters.element.join(parts)}" if parts else self._segment.tag

    def _free(self, values: dict[str, JsonValue]) -> str:
        """Whatever elements there are, by the positions in their names."""
        tag = self._segment.tag
        known = re.compile(f"{tag}(0[1-9]|[1-9][0-9]{{1,2}})")
        parts: list[str] = []
        for name, value in sorted(values.items(), key=lambda item: (len(item[0]), item[0])):
            found = known.fullmatch(name)
            if found is None:
                raise Unwritable("unknown-field", f"is no element of {tag}", pointer(name))
            parts += [""] * (int(found[1]) - 1 - len(parts))
            try:
                parts.append(write_generic(value, self._delimiters))
            except BrokenRule as error:
                raise Unwritable(error.rule, str(error), pointer(name)) from None
        return f"{self._prefix}{self._delimiters.element.join(parts)}" if parts else tag


def _parts(
    writers: Mapping[str, tuple[int, WriteText]], values: dict[str, JsonValue], *, keeps: bool
) -> list[str]:
    """Members in their order, nothing behind the last that has a value unless all are kept."""
    parts = [""] * len(writers)
    last, name = -1, ""
    try:
        for name, value in values.items():
            at, write = writers[name]
            parts[at] = write(value)
            if at > last:
                last = at
    except KeyError:
        raise Unwritable("unknown-field", "is not defined here", pointer(name)) from None
    except Unwritable as error:
        raise error.inside(pointer(name)) from None
    except BrokenRule as error:
        raise Unwritable(error.rule, str(error), pointer(name)) from None
    return parts if keeps else parts[: last + 1]


def _member_writers(
    members: Sequence[Value], delimiters: Delimiters, separator: str | None
) -> dict[str, tuple[int, WriteText]]:
    """The place of each member and what writes it; `separator` stands between components."""
    return {one.name: (at, _member_writer(one, delimiters, separator)) for at, one in enumerate(members)}


def _member_writer(member: Value, delimiters: Delimiters, separator: str | None) -> WriteText:
    one = _one_writer(member, delimiters, separator)
    if not member.is_list:
        return one

    def several(value: JsonValue) -> str:
        if not isinstance(value, list) or not value:
            raise BrokenRule("type", "is not a list of at least one")
        if len(value) > 1 and delimiters.repetition is None:
            raise BrokenRule("repetitions", "is repeated, and the interchange has no repetition separator")
        parts = []
        for at, item in enumerate(value):
            try:
                parts.append(one(item))
            except Unwritable as error:
                raise error.inside(f"/{at}") from None
            except BrokenRule as error:
                raise Unwritable(error.rule, str(error), f"/{at}") from None
        return (delimiters.repetition or "").join(parts)

    return several


def _one_writer(member: Value, delimiters: Delimiters, separator: str | None) -> WriteText:
    """What writes a value; `separator` stands between its components."""
    if not member.components:
        return _scalar_writer(member, delimiters)
    assert separator is not None, "checked before it is compiled"
    between: str = separator
    inner = delimiters.subcomponent if separator == delimiters.component else None
    writers = _member_writers(member.components, delimiters, inner)

    def write(value: JsonValue) -> str:
        if not isinstance(value, dict) or not value:
            raise BrokenRule("type", "is not an object with at least one component")
        return between.join(_parts(writers, value, keeps=delimiters.keeps))

    return write


def _scalar_writer(member: Value, delimiters: Delimiters) -> WriteText:
    scalar = member.scalar
    assert scalar is not None
    special = re.compile(f"[{re.escape(delimiters.all + CONTROLS)}]").search
    if scalar.read is not None:
        mark = delimiters.mark
        if not scalar.is_number or mark == ".":
            return scalar.write
        write_number = scalar.write
        return lambda value: write_number(value).replace(".", mark)

    def write(value: JsonValue) -> str:
        if type(value) is not str:
            raise BrokenRule("type", "is null; leave it out" if value is None else "is not a text")
        if value.isalnum():
            return value
        if not value:
            raise BrokenRule("too-short", "is empty; leave it out")
        return written(value, delimiters) if special(value) is not None else value

    return write
