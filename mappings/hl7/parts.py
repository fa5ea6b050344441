"""Messages as records of one of their groups, each with what encloses it, and such records as messages again.

What encloses it is what stands before it in the groups around it. What follows the last one, or a group
around it that has none, is a record without the group, so that nothing is lost.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from mappings.contract import JsonValue
from mappings.edi import Layout, Loop, Unwritable, pointer
from mappings.edi.body_writer import difference

Values = dict[str, JsonValue]

_MOST_TIMES = 16
"""How many times as long as a message may be the records may be that are held until it is complete."""


def parts_of_message(loop: Loop, values: Mapping[str, JsonValue]) -> Iterator[Values]:
    """The records of a message, or of a group in it; `loop` is it in a layout that says which are records."""
    own: Values = {}
    is_said = False
    for item in loop.items:
        if item.name not in values:
            continue
        found = values[item.name]
        if not (isinstance(item, Loop) and item.streams):
            own[item.name] = found
            is_said = False
            continue
        for one in found if isinstance(found, list) else [found]:
            assert isinstance(one, dict), "an occurrence of a group is an object"
            inside: Iterator[JsonValue] = iter([one]) if item.is_record else parts_of_message(item, one)
            for each in inside:
                yield {**own, item.name: each}
            is_said = True
    if not is_said:
        yield own


class Gathered:
    """The records of one message while they come; `values` is it as far as it has. `most` bytes may it be
    long."""

    def __init__(self, layout: Layout, most: int) -> None:
        self._body = layout.body
        self._most = _MOST_TIMES * most
        self._size = 0
        self._records: list[Values] = []
        self.values: Values = {}

    def takes(self, record: Values) -> bool:
        """Add a record; false where it begins another message. Raises: Unwritable."""
        if self._records and not _continues(self._body, self.values, record, self._records[-1]):
            return False
        self._size += len(repr(record))
        if self._records and self._size > self._most:
            raise Unwritable("record-length", "is one of a message that would be too long", "")
        _add(self._body, self.values, record, self._records[-1] if self._records else None)
        self._records.append(record)
        return True

    def check(self) -> None:
        """Whether the message would be read as the same records. Raises: Unwritable."""
        found = list(parts_of_message(self._body, self.values))
        if found != self._records:
            pairs = zip(found, self._records, strict=False)
            path = next((difference(one, other) for one, other in pairs if one != other), "")
            raise Unwritable("ambiguous", "would be read as other records", path)


def _continues(loop: Loop, values: Values, record: Values, before: JsonValue) -> bool:
    """True where a record is of the same message, or the same occurrence of a group, as the one `before`."""
    child = _child(loop, record)
    earlier = _child(loop, before) if isinstance(before, dict) else None
    if earlier is None:
        # What followed the last of the records in it has come, or it has none.
        return False
    own = {name: value for name, value in record.items() if child is None or name != child.name}
    there = {name: values[name] for name in _own_names(loop) if name in values}
    if any(name not in own or own[name] != value for name, value in there.items()):
        return False
    order = [item.name for item in loop.items]
    behind = order[order.index(earlier.name) :]
    if any(name not in there and name not in behind for name in own):
        return False
    if child is None:
        return len(own) > len(there)
    if child is not earlier:
        return child.name in behind and child.name not in values
    if len(own) > len(there):
        return False
    return child.most > 1 or (not child.is_record and _is_inside(child, values, record, before))


def _is_inside(child: Loop, values: Values, record: Values, before: JsonValue) -> bool:
    """True where what a record has of a group is of the group's occurrence that came last."""
    inner = record[child.name]
    last = before.get(child.name) if isinstance(before, dict) else None
    known = child.name in values and isinstance(inner, dict)
    return known and isinstance(inner, dict) and _continues(child, _last(values[child.name]), inner, last)


def _add(loop: Loop, values: Values, record: Values, before: JsonValue) -> None:
    child = _child(loop, record)
    for name, value in record.items():
        if child is None or name != child.name:
            values[name] = value
    if child is None:
        return
    inner = record[child.name]
    if not isinstance(inner, dict):
        raise Unwritable("type", "is not an object", pointer(child.name))
    if child.is_record:
        _append(child, values, inner)
        return
    if not _is_inside(child, values, record, before):
        _append(child, values, {})
        before = None
    inside = before.get(child.name) if isinstance(before, dict) else None
    _add(child, _last(values[child.name]), inner, inside)


def _last(found: JsonValue) -> Values:
    """The occurrence of a group that came last."""
    last = found[-1] if isinstance(found, list) else found
    assert isinstance(last, dict), "it is only ever made here"
    return last


def _append(loop: Loop, values: Values, one: JsonValue) -> None:
    if loop.most == 1:
        values[loop.name] = one
        return
    items = values.setdefault(loop.name, [])
    assert isinstance(items, list)
    items.append(one)


def _child(loop: Loop, record: Mapping[str, JsonValue]) -> Loop | None:
    """The group in a record of which it is a part. Raises: Unwritable where there are several."""
    inside = (item for item in loop.items if isinstance(item, Loop) and item.streams)
    found = [item for item in inside if item.name in record]
    if len(found) > 1:
        message = "stands beside another group of which one is a record"
        raise Unwritable("record-type", message, pointer(found[1].name))
    return found[0] if found else None


def _own_names(loop: Loop) -> Sequence[str]:
    return [item.name for item in loop.items if not (isinstance(item, Loop) and item.streams)]
