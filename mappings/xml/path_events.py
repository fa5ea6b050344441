"""Records by declared paths read while the document is parsed, without a tree of their elements.

What the parser tells of a record's elements becomes its values at once, as long as all is as the definition
says. A record in which anything is unusual or wrong is given up: then its bytes are read by the codec
(`paths.py`), which reads all others as the same values.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from mappings.contract import JsonValue
from mappings.delimited.errors import ValueSyntaxError
from mappings.xml.model import XSI
from mappings.xml.nodes import SPACES
from mappings.xml.path_layout import Leaf, Node

Values: TypeAlias = dict[str, JsonValue]
Read: TypeAlias = Callable[[str], JsonValue]

_NIL = f"{XSI}}}nil"
_XSI = f"{XSI}}}"
_MAX_NAME = 200
"""Characters of an attribute's name that is passed over."""
_MAX_DEPTH = 200
_MAX_BYTES = 10_000_000
_MAX_BYTES_OF_ANYTHING = 50_000
"""Levels of a record, its bytes, and its bytes where elements of any name are passed over: the codec's parser
has limits of its own for depth, texts and names, and records that may reach them are left to it."""

Put: TypeAlias = Callable[[str, Values], bool]
"""Puts what a text stands for among the values; false where it is none of its type."""


@dataclass(slots=True)
class _Slot:
    """An element: `bit` stands for it among its siblings, and `once` too where it may not come again. It has
    a text, or elements; those in a `group` are its own values. `lists` are there where it is. It `is_plain`
    where nothing has to be done at its end."""

    bit: int = 0
    once: int = 0
    text: Put | None = None
    attributes: dict[str, Put] = field(default_factory=dict)
    children: dict[str, _Slot] = field(default_factory=dict)
    is_group: bool = False
    name: str = ""
    repeats: bool = False
    required: tuple[str, ...] = ()
    lists: tuple[str, ...] = ()
    is_plain: bool = True

    def settle(self, values: Values) -> bool:
        """Add the lists that are empty; false where something is missing."""
        for name in self.lists:
            values.setdefault(name, [])
        return all(name in values for name in self.required)

    def add(self, inner: Values, values: Values) -> None:
        """Put a group among the values around it."""
        if not self.repeats:
            values[self.name] = inner
        elif (items := values.get(self.name)) is None:
            values[self.name] = [inner]
        else:
            items.append(inner)  # type: ignore[union-attr]  # it is only ever made here


_SKIPPED = _Slot()


class RecordEvents(NamedTuple):
    """What reads the records of one stream, one at a time. `begin` takes the attributes of a record's
    element, and is false where the record is given up at once; `start`, `end` and `text` are for the parser
    to call; `stop` gives up the record that is open."""

    begin: Callable[[dict[str, str]], bool]
    start: Callable[[str, dict[str, str]], None]
    end: Callable[[str], None]
    text: Callable[[str], None]
    stop: Callable[[], None]


GaveUp: TypeAlias = Callable[[int, bool], None]
"""Is told that a record was given up: how many elements of it are open, and whether it has had any inside."""
Ended: TypeAlias = Callable[[Values, bool], None]
"""Is told that a record ended: its values, and whether it had elements inside."""


def _record_events(  # noqa: C901  # one closure, for speed
    record: _Slot, *, skips: bool, most: int, gave_up: GaveUp, ended: Ended
) -> RecordEvents:
    texts: list[str] = []
    opened: list[tuple[_Slot, int, Values]] = []
    push, pop = opened.append, opened.pop
    slot, seen = record, 0
    values: Values = {}

    def begin(attributes: dict[str, str]) -> bool:
        nonlocal slot, seen, values
        slot, seen, values = record, 0, {}
        return _take(record, attributes, values, skips=skips)

    def stop(more: int = 1) -> None:
        depth, has_children = len(opened) + more, bool(opened or seen)
        opened.clear()
        texts.clear()
        values.clear()
        gave_up(depth, has_children)

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal slot, seen, values
        child = slot.children.get(name)
        if child is None:
            # What a text has in it, the codec looks at.
            if not skips or slot.text is not None or len(opened) + 2 > most:
                return stop(2)
            child = _SKIPPED
        if seen & child.once or (texts and not _is_space(texts, skips=skips)):
            return stop(2)
        push((slot, seen | child.bit, values))
        slot, seen = child, 0
        if child.is_group:
            values = {}
        if attributes and child is not _SKIPPED and not _take(child, attributes, values, skips=skips):
            return stop()
        return None

    def end(_: str) -> None:
        nonlocal slot, seen, values
        leaf, done, inner = slot.text, slot, values
        if leaf is not None:
            text = texts[0] if len(texts) == 1 else "".join(texts)
            texts.clear()
            if not leaf(text, inner):
                return stop(0)
        elif texts and not _is_space(texts, skips=skips):
            return stop(0)
        if done.is_plain:
            slot, seen, values = pop()
            return None
        if not done.settle(inner):
            return stop(0)
        if not opened:
            return ended(inner, seen != 0)
        slot, seen, values = pop()
        if done.is_group:
            done.add(inner, values)
        return None

    return RecordEvents(begin, start, end, texts.append, stop)


def _is_space(texts: list[str], *, skips: bool) -> bool:
    """Pass over the text between elements; false where it may not be there."""
    if not skips:
        for text in texts:
            if text.strip(SPACES):
                return False
    texts.clear()
    return True


def _take(slot: _Slot, attributes: dict[str, str], values: Values, *, skips: bool) -> bool:
    """Attributes to values; false where anything is unusual or wrong."""
    known = slot.attributes
    for key, text in attributes.items():
        leaf = known.get(key)
        if leaf is not None:
            if not leaf(text, values):
                return False
        elif key == _NIL or len(key) > _MAX_NAME or not (skips or key.startswith(_XSI)):
            return False
    return True


class EventPlan:
    """The definition of a record, compiled for all its streams."""

    def __init__(self, node: Node, *, skips: bool, trims: bool, empty_is_absent: bool) -> None:
        self._trims = trims
        self._empty_is_absent = empty_is_absent
        self._skips = skips
        self._record = self._element(node, 0)
        self._record.is_group = True
        self._record.required = node.required
        self._record.lists = ()
        self._record.is_plain = False
        self._depth = _depth(self._record)

    @property
    def most_bytes(self) -> int:
        """Of a longer record the events do not count."""
        return _MAX_BYTES_OF_ANYTHING if self._skips else _MAX_BYTES

    def events(self, max_depth: int, gave_up: GaveUp, ended: Ended) -> RecordEvents | None:
        """What reads the records of a stream, which have at most so many levels; None where they may have
        more by their definition."""
        if self._depth > max_depth:
            return None
        most = min(max_depth, _MAX_DEPTH)
        return _record_events(self._record, skips=self._skips, most=most, gave_up=gave_up, ended=ended)

    def _element(self, node: Node, at: int) -> _Slot:
        slot = _Slot(bit=1 << at, once=1 << at)
        field_ = node.field
        if node.repeated is not None:
            slot.text = self._text(node.repeated, drops=False)
        elif node.text is not None:
            slot.text = self._text(node.text, drops=bool(node.attributes))
        else:
            slot.children = {
                child.name.removeprefix("{"): self._element(child, at)
                for at, child in enumerate(node.children.values())
            }
        if node.repeated is None:
            slot.attributes = {
                name.removeprefix("{"): self._text(leaf, drops=False)
                for name, leaf in node.attributes.items()
            }
        if node.group is not None:
            slot.is_group, slot.name, slot.repeats = True, node.group.name, node.group.repeat
            slot.required = node.required
        elif field_ is None:
            slot.lists = tuple(_repeated(node))
        if field_ is not None and field_.repeat:
            slot.once = 0
        slot.is_plain = not (slot.is_group or slot.lists)
        return slot

    def _text(self, leaf: Leaf, *, drops: bool) -> Put:
        read = None if leaf.codec.is_text else leaf.codec.read
        strips = self._trims or not leaf.is_text
        return _put(leaf.name, read, strips, drops or self._empty_is_absent, leaf.repeat)


def _put(name: str, read: Read | None, strips: bool, drops: bool, repeats: bool) -> Put:
    if read is None and not (strips or drops or repeats):

        def put_text(text: str, values: Values) -> bool:
            values[name] = text
            return True

        return put_text

    def put(text: str, values: Values) -> bool:
        if strips:
            text = text.strip(SPACES)
        if not text and drops:
            if repeats:
                values.setdefault(name, [])
            return True
        try:
            value = text if read is None else read(text)
        except ValueSyntaxError:
            return False
        if not repeats:
            values[name] = value
        else:
            items = values.setdefault(name, [])
            items.append(value)  # type: ignore[union-attr]  # it is only ever made here
        return True

    return put


def _depth(slot: _Slot) -> int:
    return 1 + max(map(_depth, slot.children.values()), default=0)


def _repeated(node: Node) -> Iterator[str]:
    """The lists that are there, empty, where the element around them is."""
    if node.text is None:
        for child in node.children.values():
            if child.field is not None and child.field.repeat:
                yield child.field.name
