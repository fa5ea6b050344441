"""Values to a segment's text. Lengths, codes and what is required are not looked at here: what was written is
read again before it leaves, and so has to be right."""

from __future__ import annotations

import re
from collections.abc import Mapping

from mappings.contract import JsonValue
from mappings.edi import BrokenRule, Unwritable, pointer
from mappings.hl7.escapes import Texts
from mappings.hl7.generic import HEADERS, NULL, write_component, write_field, write_text
from mappings.hl7.layout import Fields, Kind, Member
from mappings.hl7.marks import Marks
from mappings.hl7.schema import MAX_FIELDS


class FieldsWriter:
    """Writes one segment at its place in messages with these delimiters."""

    def __init__(self, fields: Fields, marks: Marks, texts: Texts) -> None:
        self._fields = fields
        self._marks = marks
        self._texts = texts
        self._known = {member.name: member for member in fields.members.values()}
        self._other = re.compile(f"{fields.tag}-([1-9][0-9]{{0,2}})")

    def write(self, values: JsonValue) -> str:
        """The text of a segment, without its end. Raises: Unwritable."""
        if not isinstance(values, dict):
            raise Unwritable("type", "is not an object", "")
        marks, tag = self._marks, self._fields.tag
        is_header = tag in HEADERS
        known, written = self._known, {}
        for name, value in values.items():
            member = known.get(name)
            position = self._position(name) if member is None else member.position
            if not (is_header and position <= 2):
                written[position] = self._field(member, name, value, values)
        first, begin = (3, [tag, marks.encoding]) if is_header else (1, [tag])
        every = range(first, max(written, default=0) + 1)
        return marks.field.join([*begin, *[written.get(at, "") for at in every]])

    def _position(self, name: str) -> int:
        """That of a field which is not defined."""
        found = self._other.fullmatch(name)
        if found is None or int(found[1]) > MAX_FIELDS or int(found[1]) in self._fields.members:
            raise Unwritable("unknown-field", "is not defined here", pointer(name))
        return int(found[1])

    def _field(
        self, member: Member | None, name: str, value: JsonValue, values: Mapping[str, JsonValue]
    ) -> str:
        try:
            if member is None:
                return write_field(value, self._marks, self._texts)
            kind = member.kind
            if kind is None:
                word = values.get(member.type_from or "")
                kind = (member.kinds or {}).get(word) if isinstance(word, str) else None
            return self._list(kind, value) if member.is_list else self._untyped_or_one(kind, value)
        except Unwritable as error:
            raise error.inside(pointer(name)) from None
        except BrokenRule as error:
            raise Unwritable(error.rule, str(error), pointer(name)) from None

    def _list(self, kind: Kind | None, value: JsonValue) -> str:
        if not isinstance(value, list) or not value:
            raise BrokenRule("type", "is not a list of at least one")
        if len(value) > 1 and self._marks.repetition is None:
            raise BrokenRule("repetitions", "is repeated, and this message has no repetition separator")
        parts = []
        for at, one in enumerate(value):
            try:
                parts.append("" if one == "" else self._untyped_or_one(kind, one))
            except Unwritable as error:
                raise error.inside(f"/{at}") from None
            except BrokenRule as error:
                raise Unwritable(error.rule, str(error), f"/{at}") from None
        return (self._marks.repetition or "").join(parts)

    def _untyped_or_one(self, kind: Kind | None, value: JsonValue) -> str:
        return write_field(value, self._marks, self._texts) if kind is None else self._one(kind, value, 0)

    def _one(self, kind: Kind, value: JsonValue, depth: int) -> str:
        """The text of a value. Raises: BrokenRule, Unwritable with the path inside of it."""
        if value is None:
            return NULL
        if kind.scalar is not None:
            text = kind.scalar.write(value)
            return self._texts.quoted(text) if text == NULL else self._texts.write(text)
        if not isinstance(value, dict) or not value:
            raise BrokenRule("type", "is not an object with at least one component")
        separator = self._marks.separators[depth] if depth < 2 else None
        written: dict[int, str] = {}
        for name, one in value.items():
            try:
                position, text = self._component(kind, kind.by_name.get(name), name, one, depth)
            except Unwritable as error:
                raise error.inside(pointer(name)) from None
            except BrokenRule as error:
                raise Unwritable(error.rule, str(error), pointer(name)) from None
            written[position] = text
        last = max(written)
        if separator is None and last > 1:
            raise BrokenRule("components", "has components, and this message has no separator for them")
        return (separator or "").join(written.get(at, "") for at in range(1, last + 1))

    def _component(
        self, kind: Kind, member: Member | None, name: str, value: JsonValue, depth: int
    ) -> tuple[int, str]:
        if member is not None:
            assert member.kind is not None
            return member.position, self._one(member.kind, value, depth + 1)
        if not name.isascii() or not name.isdigit() or not len(kind.members) < int(name[:4]) <= MAX_FIELDS:
            raise BrokenRule("unknown-field", "is not defined here")
        if depth == 0:
            return int(name), write_component(value, self._marks, self._texts)
        return int(name), write_text(value, self._texts)
