"""Types of record with groups, tables and parts that vary in length, as items compiled both ways.

A record is a head of items whose lengths they say themselves, a tail that only the record's end limits
(optional fields, or else one text or table that takes what is left), and behind such a text or table a foot
of fixed length.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from mappings.contract import JsonValue
from mappings.fixed_width.code_pages import CodePage
from mappings.fixed_width.counters import Path, Scope, counter_of, counters_of
from mappings.fixed_width.errors import FieldError
from mappings.fixed_width.field_schema import ConstantField, FieldDefinition, GroupField, TextField
from mappings.fixed_width.fields import compile_field, padded
from mappings.fixed_width.items import Array, Field, Gap, Group, Item, ItemError
from mappings.fixed_width.items_reading import ReadItem, Values, item_reader
from mappings.fixed_width.items_record import RecordItems
from mappings.fixed_width.items_writing import WriteRecord, record_writer
from mappings.fixed_width.matching import Condition
from mappings.fixed_width.placing import Placed, element_size, extent_of, occurrences, occurs_of, placed

_ReadTail: TypeAlias = Callable[[bytes, int, int, Values], int]
"""From the record, the position of the tail, where the record ends and its values so far, to its end."""
_WriteTail: TypeAlias = Callable[[Mapping[str, JsonValue]], bytes]


@dataclass(frozen=True, slots=True)
class Options:
    """What a definition says of all its records. `record_length` where all have one."""

    page: CodePage
    fill: bytes
    checks_gaps: bool
    fills_short: bool
    record_length: int | None


def compile_record(
    fields: Mapping[str, FieldDefinition],
    conditions: Iterable[Condition],
    length: int | None,
    options: Options,
) -> RecordItems:
    """Compile the fields of a record that `check` has found sound. `length` is that of the whole record,
    where it is declared."""
    tree = _Tree(fields, options)
    every = placed(fields)
    cut = next((at for at, one in enumerate(every) if one.is_open or one.is_optional), len(every))
    head, tail = every[:cut], every[cut:]
    least, most = extent_of(fields)
    room = tail[0].start if tail else length if least == most else None
    begin = Group("", tuple(tree.members(head, 0, (), (Scope((), fields),), room, conditions)))
    read_tail, write_tail = _tail(tail, tree)
    names = frozenset(one.name for one in tail if not isinstance(one.field, ConstantField))
    record_length = options.record_length
    return RecordItems(
        _reader(item_reader(begin), read_tail, most, options),
        _writer(record_writer(begin), write_tail, names, options),
        record_length or max(least, length or 0 if room else 0),
        record_length or max(most, length or 0 if room else 0),
        {one.name: one.start for one in every if one.start is not None},
        None if tail else begin,
    )


def _tail(tail: Sequence[Placed], tree: _Tree) -> tuple[_ReadTail, _WriteTail]:
    if not tail:
        return _nothing, _no_bytes
    first, after = tail[0], tail[1:]
    if first.is_optional:
        return _optional_and_rest(tail, tree)
    foot = Group("", tuple(tree.members(after, None, (), (), None)))
    _, length = extent_of({one.name: one.field for one in after})
    return _open(first, tree.plain(first), foot, length)


def _optional_and_rest(tail: Sequence[Placed], tree: _Tree) -> tuple[_ReadTail, _WriteTail]:
    """Optional fields, and behind them perhaps a text or table of what the record has left."""
    optional = [one for one in tail if one.is_optional]
    read_optional, write_optional = _optional([tree.plain(one) for one in optional])
    if len(optional) == len(tail):
        return read_optional, lambda values: write_optional(values, 0)
    last = tail[-1]
    read_rest, write_rest = _open(last, tree.plain(last), Group("", ()), 0)

    def read(data: bytes, at: int, end: int, values: Values) -> int:
        return read_rest(data, read_optional(data, at, end, values), end, values)

    def write(values: Mapping[str, JsonValue]) -> bytes:
        rest = write_rest(values)
        return write_optional(values, len(optional) if rest else 0) + rest

    return read, write


class _Tree:
    """Fields to items. What tables are counted by has its path as a key."""

    def __init__(self, fields: Mapping[str, FieldDefinition], options: Options) -> None:
        self._options = options
        self._counters = counters_of(fields)

    def members(
        self,
        several: Sequence[Placed],
        at: int | None,
        path: Path,
        scopes: tuple[Scope, ...],
        length: int | None,
        conditions: Iterable[Condition] = (),
    ) -> list[Item]:
        """The items of fields that follow each other from `at` on, None where that varies, with the gaps
        between them, up to `length`."""
        options, items = self._options, list[Item]()
        for start, end, one in _in_order(several, conditions):
            if at is not None and start is not None and start > at:
                items.append(Gap(options.fill * (start - at), options.checks_gaps))
            items.append(Gap(one) if isinstance(one, bytes) else self._item(one, path, scopes))
            at = end
        if length is not None and at is not None and at < length:
            items.append(Gap(options.fill * (length - at), options.checks_gaps))
        return items

    def plain(self, one: Placed) -> Item:
        """A field of the tail, one occurrence where it has several."""
        return self._element(one.name, one.field, (), ())

    def _item(self, one: Placed, path: Path, scopes: tuple[Scope, ...]) -> Item:
        field = one.field
        element = self._element(one.name, field, path, scopes)
        occurs = occurs_of(field)
        if occurs is None:
            return element
        assert isinstance(element, Field | Group), "constants do not occur"
        least, most = occurrences(occurs)
        if occurs.depends_on is None:
            return Array(element, least, most)
        counter = counter_of(occurs.depends_on, scopes)
        assert counter is not None, "checked with the definition"
        unused = self._options.fill * element_size(field)[1] if occurs.room == "all" else None
        return Array(element, least, most, _key(counter), unused)

    def _element(
        self, name: str, field: FieldDefinition, path: Path, scopes: tuple[Scope, ...]
    ) -> Field | Group | Gap:
        if isinstance(field, ConstantField):
            return Gap(padded(field.value, field.length, self._options.page), True, "constant")
        own = (*path, name)
        if isinstance(field, GroupField):
            inner = (Scope(own, field.fields), *scopes)
            return Group(name, tuple(self.members(placed(field.fields), 0, own, inner, field.length)))
        key = _key(own) if own in self._counters else None
        return Field(name, field.length, compile_field(field, self._options.page), key)


def _key(path: Path) -> str:
    return "/".join(step.replace("~", "~0").replace("/", "~1") for step in path)


def _in_order(
    several: Sequence[Placed], conditions: Iterable[Condition]
) -> list[tuple[int | None, int | None, Placed | bytes]]:
    """Fields, and between them the bytes of matches that are no field, with where they begin and end."""
    found: list[tuple[int | None, int | None, Placed | bytes]] = [
        (one.start, one.end, one) for one in several
    ]
    for each in conditions:
        covered = any(
            one.start is not None and one.start <= each.start and (one.end is None or each.end <= one.end)
            for one in several
        )
        if not covered:
            found.append((each.start, each.end, min(each.values)))
    return sorted(found, key=lambda one: (one[0] is None, one[0] or 0))


def _reader(
    read_head: ReadItem, read_tail: _ReadTail, most: int, options: Options
) -> Callable[[bytes], Values]:
    fill, space = options.fill, options.page.encode(" ")
    pads = options.fills_short
    fixed, checks = options.record_length is not None, options.checks_gaps

    def read(data: bytes) -> Values:
        given = len(data)
        values, end = read_head(data.ljust(most, space) if pads else data, 0, {})
        assert isinstance(values, dict), "the head is a group"
        end = read_tail(data, end, max(given, end) if pads else given, values)
        if end >= given:
            return values
        if not fixed:
            raise ItemError(
                "long-record", f"has {given} bytes, {end} are expected", offset=end, length=given - end
            )
        if checks and data[end:] != fill * (given - end):
            first = next(at for at in range(end, given) if data[at : at + 1] != fill)
            message = "is not the fill character where no field is"
            raise ItemError("gap", message, offset=first, length=given - first)
        return values

    return read


def _writer(
    write_head: WriteRecord, write_tail: _WriteTail, names: frozenset[str], options: Options
) -> WriteRecord:
    fill, length = options.fill, options.record_length

    def write(value: JsonValue) -> bytes:
        assert isinstance(value, dict), "the writer has looked"
        missing = sorted(names - value.keys())
        if missing:
            raise ItemError("required", "is missing", steps=(missing[0],))
        head = {name: each for name, each in value.items() if name not in names} if names else value
        data = write_head(head) + write_tail(value)
        return data if length is None else data.ljust(length, fill)

    return write


def _nothing(data: bytes, at: int, end: int, values: Values) -> int:
    return at


def _no_bytes(values: Mapping[str, JsonValue]) -> bytes:
    return b""


def _optional(
    parts: Sequence[Item],
) -> tuple[_ReadTail, Callable[[Mapping[str, JsonValue], int], bytes]]:
    """Fields before each of which the record may end. At least so many are written."""
    items = [item for item in parts if isinstance(item, Field | Group)]
    readers = [(item.name, item_reader(item)) for item in items]
    writers = [(item.name, record_writer(Group("", (item,)))) for item in items]

    def read(data: bytes, at: int, end: int, values: Values) -> int:
        for name, read_item in readers:
            values[name] = None
            if at < end:
                try:
                    values[name], at = read_item(data, at, {})
                except ItemError as error:
                    raise error.under(name) from None
        return at

    def write(values: Mapping[str, JsonValue], least: int) -> bytes:
        given = [at for at, (name, _) in enumerate(writers, 1) if values[name] is not None]
        return b"".join(
            write_item({name: values[name]}) for name, write_item in writers[: max([least, *given])]
        )

    return read, write


def _open(one: Placed, item: Item, foot: Group, foot_length: int) -> tuple[_ReadTail, _WriteTail]:
    """A text or a table of what the record has left before its foot."""
    name, (least, most), field = one.name, one.size, one.field
    read_foot, write_foot = item_reader(foot), record_writer(foot)
    if isinstance(field, TextField) and field.variable:
        assert isinstance(item, Field), "a text is one"
        read_part, write_part = _rest(item)
    else:
        assert isinstance(item, Field | Group), "what occurs is one"
        read_part, write_part = _table(item, element_size(field)[1])

    def read(data: bytes, at: int, end: int, values: Values) -> int:
        size = end - foot_length - at
        if size < least:
            message = f"the record ends after {len(data)} bytes, {at + least + foot_length} are expected"
            raise ItemError("short-record", message, steps=(name,), offset=at, length=max(0, end - at))
        if size > most:
            message = f"has {len(data)} bytes, at most {at + most + foot_length} are expected"
            raise ItemError("long-record", message, steps=(name,), offset=at + most, length=size - most)
        try:
            values[name] = read_part(data, at, at + size)
        except ItemError as error:
            raise error.under(name) from None
        last, at = read_foot(data, at + size, {})
        assert isinstance(last, dict), "the foot is a group"
        values.update(last)
        return at

    def write(values: Mapping[str, JsonValue]) -> bytes:
        try:
            data = write_part(values[name])
        except ItemError as error:
            raise error.under(name) from None
        if not least <= len(data) <= most:
            rule = "overflow" if len(data) > most else "min-length"
            raise ItemError(rule, f"has {len(data)} bytes, {least} to {most} are allowed", steps=(name,))
        return data + write_foot({each: values[each] for each in foot_names})

    foot_names = [member.name for member in foot.members if isinstance(member, Field | Group)]
    return read, write


_ReadPart: TypeAlias = Callable[[bytes, int, int], JsonValue]
_WritePart: TypeAlias = Callable[[JsonValue], bytes]


def _rest(field: Field) -> tuple[_ReadPart, _WritePart]:
    codec = field.codec

    def read(data: bytes, at: int, end: int) -> JsonValue:
        try:
            return codec.read(data[at:end])
        except FieldError as error:
            raise ItemError(error.rule, str(error), offset=at, length=end - at) from None

    def write(value: JsonValue) -> bytes:
        try:
            return codec.write(value)
        except FieldError as error:
            raise ItemError(error.rule, str(error)) from None

    return read, write


def _table(element: Field | Group, size: int) -> tuple[_ReadPart, _WritePart]:
    read_element = item_reader(element)
    write_element = record_writer(Group("", (element,)))
    name = element.name

    def read(data: bytes, at: int, end: int) -> JsonValue:
        values: list[JsonValue] = []
        if (end - at) % size:
            message = f"{end - at} bytes are no whole number of occurrences of {size}"
            raise ItemError("occurs", message, offset=at, length=end - at)
        for start in range(at, end, size):
            try:
                values.append(read_element(data, start, {})[0])
            except ItemError as error:
                raise error.under(len(values)) from None
        return values

    def write(value: JsonValue) -> bytes:
        if not isinstance(value, list):
            raise ItemError("type", "is not an array")
        parts = []
        for index, each in enumerate(value):
            try:
                parts.append(write_element({name: each}))
            except ItemError as error:
                error.steps = (index, *error.steps[1:])
                raise
        return b"".join(parts)

    return read, write
