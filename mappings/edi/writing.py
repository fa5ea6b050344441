"""Values to the text of segments. Lengths, codes and conditions are not looked at here: what was written is
read again before it leaves, and so has to be right."""

from __future__ import annotations

import re
from collections.abc import Callable
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
    """Writes one segment with one set of delimiters."""

    def __init__(self, segment: Segment, delimiters: Delimiters) -> None:
        self._segment = segment
        self._delimiters = delimiters
        self._writers = tuple(
            (member.name, _member_writer(member, delimiters)) for member in segment.elements or ()
        )

    def write(self, values: JsonValue) -> str:
        """The text of a segment, without its terminator. Raises: Unwritable."""
        if not isinstance(values, dict):
            raise Unwritable("type", "is not an object", "")
        if self._segment.elements is None:
            return self._free(values)
        parts = _parts(self._writers, values, keeps=self._delimiters.keeps)
        return self._tagged(parts)

    def _tagged(self, parts: list[str]) -> str:
        if not parts:
            return self._segment.tag
        marks = self._delimiters
        return f"{self._segment.tag}{marks.tag_separator}{marks.element.join(parts)}"

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
        return self._tagged(parts)


def _parts(
    writers: tuple[tuple[str, WriteText], ...], values: dict[str, JsonValue], *, keeps: bool
) -> list[str]:
    """Members in their order, nothing behind the last that has a value unless all are kept."""
    parts: list[str] = []
    last, left = 0, len(values)
    for name, write in writers:
        if name not in values:
            parts.append("")
            continue
        try:
            parts.append(write(values[name]))
        except Unwritable as error:
            raise error.inside(pointer(name)) from None
        except BrokenRule as error:
            raise Unwritable(error.rule, str(error), pointer(name)) from None
        last = len(parts)
        left -= 1
        if not left and not keeps:
            break
    if left:
        unknown = next(name for name in values if name not in dict(writers))
        raise Unwritable("unknown-field", "is not defined here", pointer(unknown))
    return parts if keeps else parts[:last]


def _member_writer(member: Value, delimiters: Delimiters) -> WriteText:
    one = _one_writer(member, delimiters, delimiters.component)
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
    writers = tuple((one.name, _one_writer(one, delimiters, inner)) for one in member.components)

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
        if not value:
            raise BrokenRule("too-short", "is empty; leave it out")
        return written(value, delimiters) if special(value) is not None else value

    return write
