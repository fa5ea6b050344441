"""What flows see of several types of record: each repeated one with the single ones around it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from mappings.contract import MappingError, Record
from mappings.fixed_width.layout import UNTAGGED
from mappings.fixed_width.structure import Block, Course, Frame, MisplacedError


class Placed(Protocol):
    """A type of record and its place in the structure."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def path(self) -> tuple[int, ...]:
        """The index to take in each block on the way to it."""


class Structure(Protocol):
    """Types of record in their order, whatever they are made of."""

    @property
    def root(self) -> Block:
        """The outermost block."""

    @property
    def any_order(self) -> bool:
        """Whether only how many there are is checked."""

    @property
    def records(self) -> Sequence[Placed]:
        """The types of record."""


class Details:
    """One stream. Called for each result of its decoder, in order, errors too: what could not be read is not
    what came before it, so that no line is taken for one of another group's header.

    A repeated record gives an object with itself and the single records of the groups it is in that came
    before it; those give None by themselves. In a group where no record repeats, its last required one stands
    for all. Where there is one type of record, each is given as it is.
    """

    def __init__(self, layout: Structure) -> None:
        self._paths = {record.name: record.path for record in layout.records}
        self._course = Course(layout.root, any_order=layout.any_order)
        self._details = frozenset(_details(layout.root, repeats=True))
        self._is_tagged = UNTAGGED not in self._paths

    def __call__(self, result: Record | MappingError) -> Record | None:
        """What a flow sees of this result, None where nothing."""
        if isinstance(result, MappingError):
            self._forget(result)
            return None
        if not self._is_tagged or not isinstance(result, dict):
            return result
        ((name, value),) = result.items()
        path = self._paths[name]
        self._enter(name)
        if name in self._details:
            merged: dict[str, Record] = {}
            for frame in self._course.frames:
                merged |= frame.singles
            merged[name] = value
            return merged
        self._course.frames[len(path) - 1].singles[name] = value
        return None

    def _enter(self, name: str) -> bool:
        try:
            self._course.enter(name, self._paths[name])
        except MisplacedError:
            return False
        return True

    def _forget(self, error: MappingError) -> None:
        """Take a bad record into account: its type is the first step of its path."""
        if error.rule == "missing-record" or not self._is_tagged:
            return
        name = _type_of(error)
        if name is None or name not in self._paths:  # perhaps the header of another group
            for frame in self._course.frames[1:]:
                frame.singles.clear()
        elif not self._enter(name):
            for frame in self._course.frames:
                frame.singles.pop(name, None)
        else:
            _frame_of(self._course, self._paths[name]).singles.pop(name, None)


def _type_of(error: MappingError) -> str | None:
    if not error.place.path:
        return None
    return error.place.path.split("/")[1].replace("~1", "/").replace("~0", "~")


def _frame_of(course: Course, path: tuple[int, ...]) -> Frame:
    return course.frames[len(path) - 1]


def _details(block: Block, *, repeats: bool) -> list[str]:
    """The types of record that flows see, in a block that itself `repeats` or is the outermost."""
    found: list[str] = []
    for member in block.members:
        if member.block is not None:
            found += _details(member.block, repeats=member.repeats)
        elif member.repeats:
            found.append(member.name)
    if found or not repeats:
        return found
    own = [member for member in block.members if member.block is None]
    required = [member for member in own if member.least > 0]
    return [(required or own)[-1].name] if own else []
