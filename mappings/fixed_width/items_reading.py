"""A tree of items, compiled to a function from the bytes of a record to its values."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias, assert_never

from mappings.contract import JsonValue
from mappings.fixed_width.errors import FieldError
from mappings.fixed_width.fields import Read
from mappings.fixed_width.items import (
    Array,
    BytesAre,
    Choice,
    Condition,
    Field,
    Gap,
    Group,
    Item,
    ItemError,
    Mark,
    Span,
    ValueIs,
    Views,
    extent,
    name_of,
    walk,
)

Values: TypeAlias = dict[str, JsonValue]
State: TypeAlias = dict[str, object]
"""What is known of a record so far: the values and positions that other items refer to, by their keys."""
ReadItem: TypeAlias = Callable[[bytes, int, State], tuple[JsonValue, int]]
"""From the record and a position in it to the value of the item there and the position behind it."""
ReadRecord: TypeAlias = Callable[[bytes], Values]
ReadPart: TypeAlias = Callable[[bytes, int], Values]
Test: TypeAlias = Callable[[State, bytes, int], bool]

_Step: TypeAlias = Callable[[bytes, int, State, Values], int]
_Elementary: TypeAlias = Field | Gap
_MISSING = object()


def record_reader(record: Group) -> ReadRecord:
    """A function from the bytes of a whole record to its values. It raises ItemError, with the path."""
    read_part = part_reader(record)

    def read(data: bytes) -> Values:
        return read_part(data, len(data))

    return read


def part_reader(record: Group) -> ReadPart:
    """A function from bytes, and how many of them are the record's at least, to the record's values.

    What follows the items is not looked at, unless the record is longer than they are. It raises ItemError,
    with the path.
    """
    steps = _steps(record.members)

    def read(data: bytes, length: int) -> Values:
        values: Values = {}
        state: State = {}
        end = 0
        for step in steps:
            end = step(data, end, state, values)
        if end < length:
            message = f"has {length} bytes, {end} are expected"
            raise ItemError("long-record", message, offset=end, length=length - end)
        return values

    return read


def item_reader(item: Field | Group | Array) -> ReadItem:
    """A function that reads one item. It raises ItemError, with the path from the item on."""
    if isinstance(item, Field):
        return _field(item)
    if isinstance(item, Array):
        return _array(item)
    return _group(item)


def test(conditions: tuple[Condition, ...]) -> Test:
    """Do all of these hold, for an area at a position of the record."""
    tests = [_condition(each) for each in conditions]
    if len(tests) == 1:
        return tests[0]

    def holds(state: State, data: bytes, at: int) -> bool:
        return all(each(state, data, at) for each in tests)

    return holds


def _condition(condition: Condition) -> Test:
    if isinstance(condition, BytesAre):
        start, end, among = condition.start, condition.end, condition.values

        def bytes_are(state: State, data: bytes, at: int) -> bool:
            return data[at + start : at + end] in among

        return bytes_are
    assert isinstance(condition, ValueIs), "there is no other"
    key, values = condition.key, condition.values

    def value_is(state: State, data: bytes, at: int) -> bool:
        return state.get(key, _MISSING) in values

    return value_is


def _group(group: Group) -> ReadItem:
    steps = _steps(group.members)

    def read(data: bytes, at: int, state: State) -> tuple[JsonValue, int]:
        values: Values = {}
        for step in steps:
            at = step(data, at, state, values)
        return values, at

    return read


def _steps(members: Sequence[Item]) -> list[_Step]:
    """Members that follow each other; fields that nobody refers to are read in one go."""
    steps: list[_Step] = []
    run: list[_Elementary] = []
    for member in members:
        if isinstance(member, Gap) or (isinstance(member, Field) and member.key is None):
            run.append(member)
            continue
        if run:
            steps.append(_run(run))
            run = []
        steps.append(_step(member))
    if run:
        steps.append(_run(run))
    return steps


def _step(member: Item) -> _Step:
    if isinstance(member, Field | Group | Array):
        return _member(name_of(member), item_reader(member))
    if isinstance(member, Choice):
        return _choice(member)
    if isinstance(member, Views):
        return _views(member)
    if isinstance(member, Mark):
        return _mark(member.key)
    if isinstance(member, Span):
        return _span(member)
    assert not isinstance(member, Gap), "gaps are part of a run"
    assert_never(member)


def _run(members: Sequence[_Elementary]) -> _Step:
    fields: list[tuple[str, int, int, Read]] = []
    binary: set[str] = set()
    checked: list[tuple[int, int, bytes, str]] = []
    at = 0
    for member in members:
        size, _ = extent(member)
        if isinstance(member, Field):
            fields.append((member.name, at, at + size, member.codec.read))
            if not member.codec.is_text:
                binary.add(member.name)
        elif member.is_checked and size:
            checked.append((at, at + size, member.data, member.rule))
        at += size
    length = at

    def read(data: bytes, at: int, state: State, values: Values) -> int:
        if len(data) < at + length:
            raise _short(members, data, at)
        for start, end, expected, rule in checked:
            if data[at + start : at + end] != expected:
                raise wrong_area(data[at + start : at + end], expected, at + start, rule)
        try:
            for name, start, end, read_field in fields:
                values[name] = read_field(data[at + start : at + end])
        except FieldError as error:
            raise _located(error, at + start, end - start, is_text=name not in binary).under(name) from None
        return at + length

    return read


def wrong_area(data: bytes, expected: bytes, at: int, rule: str) -> ItemError:
    """Bytes, from `at` on in the record, that are not those that every record has; `rule` as a Gap has it."""
    first = next(index for index, (one, other) in enumerate(zip(data, expected, strict=True)) if one != other)
    message = "is not the constant" if rule == "constant" else "is not the fill character where no field is"
    return ItemError(rule, message, offset=at + first, length=len(data) - first)


def _short(members: Sequence[_Elementary], data: bytes, at: int) -> ItemError:
    """A record that ends before or in one of these."""
    for member in members:
        size, _ = extent(member)
        if at + size > len(data):
            message = f"the record ends after {len(data)} bytes, the field ends at {at + size}"
            error = ItemError("short-record", message, offset=at, length=len(data) - at)
            return error.under(member.name) if isinstance(member, Field) else error
        at += size
    raise AssertionError("the caller has found the record too short")


def _located(error: FieldError, offset: int, length: int, *, is_text: bool) -> ItemError:
    return ItemError(error.rule, str(error), offset=offset, length=length, is_text=is_text)


def _field(field: Field) -> ReadItem:
    length, codec, key = field.length, field.codec, field.key
    read_field = codec.read

    def read(data: bytes, at: int, state: State) -> tuple[JsonValue, int]:
        end = at + length
        if len(data) < end:
            message = f"the record ends after {len(data)} bytes, the field ends at {end}"
            raise ItemError("short-record", message, offset=at, length=max(0, len(data) - at))
        try:
            value = read_field(data[at:end])
        except FieldError as error:
            raise _located(error, at, length, is_text=codec.is_text) from None
        if key is not None:
            state[key] = value
        return value, end

    return read


def _member(name: str, read_item: ReadItem) -> _Step:
    def read(data: bytes, at: int, state: State, values: Values) -> int:
        try:
            values[name], at = read_item(data, at, state)
        except ItemError as error:
            raise error.under(name) from None
        return at

    return read


def _array(array: Array) -> ReadItem:
    read_element = item_reader(array.element)
    counter, most, least = array.counter, array.most, array.least
    room = extent(array.element)[1] * most if array.unused is not None else None
    unsure = unsure_keys(array.element)

    def read(data: bytes, at: int, state: State) -> tuple[JsonValue, int]:
        count = most if counter is None else state.get(counter)
        if not isinstance(count, int) or not least <= count <= most:
            raise ItemError("occurs", f"occurs {least} to {most} times, {count} are counted", offset=at)
        values: list[JsonValue] = []
        end = at
        try:
            for _ in range(count):
                for key in unsure:
                    state.pop(key, None)
                value, end = read_element(data, end, state)
                values.append(value)
        except ItemError as error:
            raise error.under(len(values)) from None
        if room is not None:
            end = at + room
            if end > len(data):
                message = f"the record ends after {len(data)} bytes, the table ends at {end}"
                raise ItemError("short-record", message, offset=len(data))
        return values, end

    return read


def unsure_keys(element: Field | Group) -> tuple[str, ...]:
    """The keys of fields that an occurrence may be without: those in one of several readings of an area. What
    an occurrence before it had there is not what this one refers to."""
    areas = (each for each in walk(element) if isinstance(each, Choice | Views))
    inside = (item for area in areas for item in walk(area) if isinstance(item, Field))
    return tuple(dict.fromkeys(field.key for field in inside if field.key is not None))


def _choice(choice: Choice) -> _Step:
    variants = [
        (name_of(variant.item), test(variant.when), item_reader(variant.item)) for variant in choice.variants
    ]
    length = choice.length

    def read(data: bytes, at: int, state: State, values: Values) -> int:
        chosen = next((each for each in variants if each[1](state, data, at)), None)
        if chosen is None:
            rest = data[at : None if length is None else at + length]
            raise ItemError("variant", "no variant's condition holds", offset=at, length=len(rest))
        name, _, read_variant = chosen
        try:
            values[name], end = read_variant(data, at, state)
        except ItemError as error:
            raise error.under(name) from None
        return end if length is None else _area_end(data, at, length)

    return read


def _area_end(data: bytes, at: int, length: int) -> int:
    if len(data) < at + length:
        message = f"the record ends after {len(data)} bytes, the area ends at {at + length}"
        raise ItemError("short-record", message, offset=len(data))
    return at + length


def _views(views: Views) -> _Step:
    readers = [(name_of(item), item_reader(item)) for item in views.items]
    length = views.length

    def read(data: bytes, at: int, state: State, values: Values) -> int:
        end = _area_end(data, at, length)
        first: ItemError | None = None
        found = False
        for name, read_view in readers:
            try:
                values[name], _ = read_view(data, at, state)
                found = True
            except ItemError as error:
                first = first or error.under(name)
        if first is not None and not found:
            raise first
        return end

    return read


def _mark(key: str) -> _Step:
    def read(data: bytes, at: int, state: State, values: Values) -> int:
        state[key] = at
        return at

    return read


def _span(span: Span) -> _Step:
    name, first, last, codec = span.name, span.first, span.last, span.codec

    def read(data: bytes, at: int, state: State, values: Values) -> int:
        start, end = state[first], state[last]
        assert isinstance(start, int), "marks are positions"
        assert isinstance(end, int), "marks are positions"
        try:
            values[name] = codec.read(data[start:end])
        except FieldError as error:
            raise _located(error, start, end - start, is_text=codec.is_text).under(name) from None
        return at

    return read
