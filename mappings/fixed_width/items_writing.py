"""A tree of items, compiled to a function from the values of a record to its bytes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias, assert_never

from mappings.contract import JsonValue
from mappings.fixed_width.errors import FieldError
from mappings.fixed_width.fields import Write
from mappings.fixed_width.items import (
    Array,
    BytesAre,
    Choice,
    Field,
    Gap,
    Group,
    Item,
    ItemError,
    Mark,
    Span,
    Step,
    ValueIs,
    Views,
    name_of,
    walk,
)
from mappings.fixed_width.items_reading import State, item_reader, test, unsure_keys

WriteItem: TypeAlias = Callable[[JsonValue, bytearray, State], None]
"""Puts the bytes of a value behind those that are there."""
WriteRecord: TypeAlias = Callable[[JsonValue], bytes]
_Step: TypeAlias = Callable[[Mapping[str, JsonValue], bytearray, State], None]


@dataclass(frozen=True, slots=True)
class _Pending:
    """A counter that was not given: where it stands, until its table is written."""

    path: tuple[Step, ...]
    at: int
    field: Field


def record_writer(record: Group) -> WriteRecord:
    """A function from the values of a record to its bytes. It raises ItemError, with the path.

    The fields that count tables may be left out: they are computed.
    """
    counters = counter_keys(record)
    write_group = _group(record, counters, ())

    def write(value: JsonValue) -> bytes:
        out = bytearray()
        state: State = {}
        write_group(value, out, state)
        for left in state.values():
            if isinstance(left, _Pending):
                raise ItemError("required", "is missing, and no table says it", steps=left.path)
        return bytes(out)

    return write


def counter_keys(record: Group) -> frozenset[str]:
    """The keys of the fields that count tables."""
    return frozenset(
        item.counter for item in walk(record) if isinstance(item, Array) and item.counter is not None
    )


def counters_inside(area: Choice | Views, counters: frozenset[str]) -> frozenset[str]:
    """Those of the counters that are computed where they stand in an area: none where its bytes, which would
    not all be there yet, say how it is read."""
    by_value = isinstance(area, Choice) and not any(
        isinstance(one, BytesAre) for variant in area.variants for one in variant.when
    )
    return counters if by_value else frozenset()


def _item(item: Field | Group | Array, counters: frozenset[str], path: tuple[Step, ...]) -> WriteItem:
    """A function that writes one item; `path` leads to it."""
    if isinstance(item, Field):
        return _field(item)
    if isinstance(item, Array):
        return _array(item, counters, path)
    return _group(item, counters, path)


def _field(field: Field) -> WriteItem:
    codec, key = field.codec, field.key

    def write(value: JsonValue, out: bytearray, state: State) -> None:
        try:
            data = codec.write(value)
            if key is not None:
                state[key] = codec.read(data)  # as a reader sees it: 1 and 1.0 are the same number
        except FieldError as error:
            raise ItemError(error.rule, str(error)) from None
        out += data

    return write


def _group(group: Group, counters: frozenset[str], path: tuple[Step, ...]) -> WriteItem:
    steps = _steps(group.members, counters, path)
    required, allowed = _keys(group, counters)

    def write(value: JsonValue, out: bytearray, state: State) -> None:
        if not isinstance(value, dict):
            raise ItemError("type", "is not an object")
        if not required <= value.keys() <= allowed:
            raise _keys_differ(value.keys() - allowed, required - value.keys())
        for step in steps:
            step(value, out, state)

    return write


def _keys(group: Group, counters: frozenset[str]) -> tuple[frozenset[str], frozenset[str]]:
    """The keys that an object has to have, and those it may have."""
    required: set[str] = set()
    optional: set[str] = set()
    for member in group.members:
        if isinstance(member, Field):
            (optional if member.key in counters else required).add(member.name)
        elif isinstance(member, Group | Array):
            required.add(name_of(member))
        elif isinstance(member, Choice):
            optional.update(name_of(variant.item) for variant in member.variants)
        elif isinstance(member, Views):
            optional.update(map(name_of, member.items))
        elif isinstance(member, Span):
            optional.add(member.name)
    return frozenset(required), frozenset(required | optional)


def _keys_differ(extra: set[str], missing: frozenset[str]) -> ItemError:
    if missing:
        return ItemError("required", "is missing", steps=(sorted(missing)[0],))
    return ItemError("unknown-field", "is not a field of this format", steps=(sorted(extra)[0],))


def _steps(members: Sequence[Item], counters: frozenset[str], path: tuple[Step, ...]) -> list[_Step]:
    steps: list[_Step] = []
    run: list[tuple[str | None, Write | bytes]] = []
    for member in members:
        if isinstance(member, Gap):
            run.append((None, member.data))
        elif isinstance(member, Field) and member.key is None:
            run.append((member.name, member.codec.write))
        else:
            if run:
                steps.append(_run(run))
                run = []
            steps.append(_step(member, counters, path))
    if run:
        steps.append(_run(run))
    return steps


def _step(member: Item, counters: frozenset[str], path: tuple[Step, ...]) -> _Step:
    if isinstance(member, Field):
        return _remembered(member, counters, path)
    if isinstance(member, Group | Array):
        name = name_of(member)
        return _member(name, _item(member, counters, (*path, name)))
    if isinstance(member, Choice):
        return _choice(member, counters, path)
    if isinstance(member, Views):
        return _views(member)
    if isinstance(member, Mark):
        return _mark(member.key)
    if isinstance(member, Span):
        return _span(member)
    assert not isinstance(member, Gap), "gaps are part of a run"
    assert_never(member)


def _run(members: list[tuple[str | None, Write | bytes]]) -> _Step:
    def write(values: Mapping[str, JsonValue], out: bytearray, state: State) -> None:
        name: str | None = None
        try:
            for name, write_field in members:
                if name is None:
                    assert isinstance(write_field, bytes), "a gap"
                    out += write_field
                else:
                    assert not isinstance(write_field, bytes), "a field"
                    out += write_field(values[name])
        except FieldError as error:
            raise ItemError(error.rule, str(error), steps=(name or "",)) from None

    return write


def _remembered(field: Field, counters: frozenset[str], path: tuple[Step, ...]) -> _Step:
    name, key, write_field = field.name, field.key, _field(field)
    assert key is not None, "others are written in a run"
    full = (*path, name)

    def write(values: Mapping[str, JsonValue], out: bytearray, state: State) -> None:
        before = state.get(key)
        if isinstance(before, _Pending):
            raise ItemError("required", "is missing, and no table says it", steps=(name,))
        if name not in values:  # a counter: the keys were looked at
            state[key] = _Pending(full, len(out), field)
            out += bytes(field.length)
            return
        try:
            write_field(values[name], out, state)
        except ItemError as error:
            raise error.under(name) from None

    return write


def _member(name: str, write_item: WriteItem) -> _Step:
    def write(values: Mapping[str, JsonValue], out: bytearray, state: State) -> None:
        try:
            write_item(values[name], out, state)
        except ItemError as error:
            raise error.under(name) from None

    return write


def _array(array: Array, counters: frozenset[str], path: tuple[Step, ...]) -> WriteItem:
    write_element = _item(array.element, counters, path)
    counter, least, most = array.counter, array.least, array.most
    unused, unsure = array.unused, unsure_keys(array.element)

    def write(value: JsonValue, out: bytearray, state: State) -> None:
        if not isinstance(value, list):
            raise ItemError("type", "is not an array")
        count = len(value)
        if not (least if counter else most) <= count <= most:
            raise ItemError("occurs", f"occurs {least if counter else most} to {most} times, not {count}")
        if counter is not None:
            _count(state, counter, count, out)
        for index, each in enumerate(value):
            for key in unsure:
                if not isinstance(state.get(key), _Pending):
                    state.pop(key, None)
            try:
                write_element(each, out, state)
            except ItemError as error:
                raise error.under(index) from None
        if unused is not None:
            out += unused * (most - count)

    return write


def _count(state: State, counter: str, count: int, out: bytearray) -> None:
    """Compute a counter that was not given, or compare it."""
    known = state.get(counter)
    if isinstance(known, _Pending):
        field = known.field
        try:
            out[known.at : known.at + field.length] = field.codec.write(count)
        except FieldError as error:
            raise ItemError("occurs", f"cannot be counted by {field.name!r}: it {error}") from None
        state[counter] = count
    elif known != count:
        raise ItemError("occurs", f"occurs {count} times, {known} are counted")


def _choice(choice: Choice, counters: frozenset[str], path: tuple[Step, ...]) -> _Step:
    inside = counters_inside(choice, counters)
    variants = [
        (name_of(variant.item), test(variant.when), _item(variant.item, inside, path))
        for variant in choice.variants
    ]
    chosen_by = {one.key for variant in choice.variants for one in variant.when if isinstance(one, ValueIs)}
    writers = {name: write_item for name, _, write_item in variants}
    length, fill = choice.length, choice.fill

    def write(values: Mapping[str, JsonValue], out: bytearray, state: State) -> None:
        given = tuple(name for name in writers if name in values)
        if len(given) != 1:
            rule = "variant" if given else "required"
            raise ItemError(
                rule, f"exactly one is needed of {', '.join(writers)}", steps=(next(iter(writers)),)
            )
        (name,) = given
        for key in chosen_by:
            if isinstance(before := state.get(key), _Pending):
                raise ItemError(
                    "required", f"is chosen by {before.field.name!r}, which is missing", steps=given
                )
        start = len(out)
        try:
            writers[name](values[name], out, state)
        except ItemError as error:
            raise error.under(name) from None
        if length is not None:
            out += fill * (length - (len(out) - start))
        area = bytes(out[start:])
        read_as = next((each for each, holds, _ in variants if holds(state, area, 0)), None)
        if read_as != name:
            told = "none" if read_as is None else repr(read_as)
            raise ItemError("variant", f"would be read as {told}", steps=(name,))

    return write


def _views(views: Views) -> _Step:
    """The first of those given whose bytes say all the others too is written. Counters in them are not
    computed, as `counters_inside` says."""
    items = {name_of(item): (_item(item, frozenset(), ()), item_reader(item)) for item in views.items}
    length, fill = views.length, views.fill

    def area_of(name: str, value: JsonValue, state: State) -> bytes:
        area = bytearray()
        try:
            items[name][0](value, area, state)
        except ItemError as error:
            raise error.under(name) from None
        return bytes(area) + fill * (length - len(area))

    def says(area: bytes, name: str, value: JsonValue, state: State) -> bool:
        try:
            return items[name][1](area, 0, dict(state))[0] == value
        except ItemError:
            return False

    def write(values: Mapping[str, JsonValue], out: bytearray, state: State) -> None:
        given = [name for name in items if name in values]
        if not given:
            first = next(iter(items))
            raise ItemError("required", f"at least one is needed of {', '.join(items)}", steps=(first,))
        for name in given:
            area = area_of(name, values[name], state)
            if all(says(area, other, values[other], state) for other in given):
                out += area
                return
        raise ItemError("redundant", f"the bytes of {given[0]!r} do not say it", steps=(given[-1],))

    return write


def _mark(key: str) -> _Step:
    def write(values: Mapping[str, JsonValue], out: bytearray, state: State) -> None:
        state[key] = len(out)

    return write


def _span(span: Span) -> _Step:
    name, first, last, codec = span.name, span.first, span.last, span.codec

    def write(values: Mapping[str, JsonValue], out: bytearray, state: State) -> None:
        if name not in values:
            return
        start, end = state[first], state[last]
        assert isinstance(start, int), "marks are positions"
        assert isinstance(end, int), "marks are positions"
        try:
            written = codec.read(bytes(out[start:end]))
        except FieldError as error:
            raise ItemError(error.rule, str(error), steps=(name,)) from None
        if written != values[name]:
            raise ItemError("redundant", "is not what the fields that it spans give", steps=(name,))

    return write
