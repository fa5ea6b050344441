"""What reads a field, a component or a sub-component in a segment that has no escape sequences and no nulls:
closures made of its type."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeAlias

from mappings.contract import JsonValue
from mappings.edi import BrokenRule
from mappings.hl7.escapes import Texts
from mappings.hl7.generic import read_field
from mappings.hl7.layout import Kind, Member
from mappings.hl7.marks import Marks

Values: TypeAlias = dict[str, JsonValue]
ReadText: TypeAlias = Callable[[str], JsonValue]
"""Makes a value of a text that is not empty; None where there is an object, and nothing in it. Raises:
BrokenRule for all that is unusual or wrong."""


class Unusual(BrokenRule):
    """What is left to the careful way. Each one raised is a new one: an exception keeps the frames of every
    place where it was raised."""

    def __init__(self) -> None:
        super().__init__("unusual", "is left to the careful way")


class Ways(NamedTuple):
    """How a value is read: `single` where there is no separator in it (None: the text is the value; otherwise
    never without a value), `parted` where there are those between components alone, `any` whatever there
    is."""

    single: ReadText | None
    parted: ReadText
    any: ReadText


def field_ways(member: Member | None, marks: Marks) -> Ways:
    """How a field is read, None: one that is not defined. One whose type another one says stays a text."""
    if member is None:
        return _undefined(marks)
    if member.type_from is not None:
        return _LATER
    assert member.kind is not None, "there is one where no other field says it"
    return of_type(member, member.kind, marks)


def of_type(member: Member, kind: Kind, marks: Marks) -> Ways:
    """How a field is read that is of this type."""
    read, parted, any_ = _of_kind(member, kind, marks, 0)
    repetition, most = marks.repetition, member.most
    if not member.is_list:

        def once(text: str) -> JsonValue:
            if repetition is not None and repetition in text:
                raise Unusual
            return any_(text)

        return Ways(read, parted, once)

    def several(text: str) -> JsonValue:
        parts = [text] if repetition is None else text.split(repetition)
        if len(parts) > most:
            raise Unusual
        return [_in_list(any_(part)) if part else "" for part in parts]

    return Ways(
        lambda text: [text if read is None else read(text)],
        lambda text: [_in_list(parted(text))],
        several,
    )


_LATER = Ways(None, str, str)


def _undefined(marks: Marks) -> Ways:
    component, texts = marks.component, Texts(marks, "us-ascii")
    return Ways(None, lambda text: [*text.split(component)], lambda text: read_field(text, marks, texts))


def _in_list(value: JsonValue) -> JsonValue:
    """What stands in a list where there is nothing."""
    return "" if value is None else value


def _of_kind(member: Member, kind: Kind, marks: Marks, depth: int) -> Ways:
    """How a value is read at its depth: 0 in a field, 1 in a component, 2 in a sub-component."""
    return _scalar(member, kind, marks, depth) if kind.scalar is not None else _composite(kind, marks, depth)


def _scalar(member: Member, kind: Kind, marks: Marks, depth: int) -> Ways:
    assert kind.scalar is not None
    codes, most, read = member.codes, member.max_length, kind.scalar.read
    single: ReadText | None = read
    if codes is not None or most is not None:

        def single(text: str) -> JsonValue:
            if (codes is not None and text not in codes) or (most is not None and len(text) > most):
                raise Unusual
            return text if read is None else read(text)

    separators = tuple(one for one in marks.separators[depth:] if one is not None)

    def any_(text: str) -> JsonValue:
        for separator in separators:
            if separator in text:
                raise Unusual
        return text if single is None else single(text)

    return Ways(single, _refused, any_)


def _refused(text: str) -> JsonValue:
    raise Unusual


def _composite(kind: Kind, marks: Marks, depth: int) -> Ways:
    separator = marks.separators[depth]
    ways = [_of_kind(one, one.kind, marks, depth + 1) for one in kind.members if one.kind is not None]
    names = [one.name for one in kind.members]
    required = [one.name for one in kind.members if one.required]
    return Ways(
        _first(names[0], ways[0].single, others_required=required not in ([], names[:1])),
        _parts(names, [one.single for one in ways], required, separator),
        _nested(names, ways, required, separator, marks.separators[depth + 1 :]),
    )


def _first(name: str, read: ReadText | None, *, others_required: bool) -> ReadText:
    """A composite of one component."""
    if others_required:
        return _refused
    if read is None:
        return lambda text: {name: text}
    return lambda text: {name: read(text)}


def _parts(
    names: Sequence[str], reads: Sequence[ReadText | None], required: Sequence[str], separator: str | None
) -> ReadText:
    """A composite of components that have no parts."""
    if separator is None:
        return _refused
    slots = tuple(zip(names, reads, strict=True))

    def read_parts(text: str) -> JsonValue:
        parts = text.split(separator)
        if len(parts) > len(slots):
            raise Unusual
        values: Values = {}
        for (name, read), part in zip(slots, parts):  # noqa: B905  # fewer parts
            if part:
                values[name] = part if read is None else read(part)
        for name in required:
            if name not in values:
                raise Unusual
        return values or None

    return read_parts


def _nested(
    names: Sequence[str],
    ways: Sequence[Ways],
    required: Sequence[str],
    separator: str | None,
    inner: Sequence[str | None],
) -> ReadText:
    """A composite whatever it holds."""
    slots = tuple(zip(names, (one.single for one in ways), (one.any for one in ways), strict=True))
    mark = inner[0] if inner else None

    def read_nested(text: str) -> JsonValue:
        parts = [text] if separator is None else text.split(separator)
        if len(parts) > len(slots):
            raise Unusual
        values: Values = {}
        for (name, single, read), part in zip(slots, parts):  # noqa: B905  # fewer parts
            if not part:
                continue
            if mark is not None and mark in part:
                value = read(part)
                if value is None:
                    continue
                values[name] = value
            else:
                values[name] = part if single is None else single(part)
        for name in required:
            if name not in values:
                raise Unusual
        return values or None

    return read_nested
