"""The order of records: which type may follow which, how often, and in which group.

A tree of blocks: the outermost one, and one for each group. Its members are types of record and groups, in
their order, each at least and at most so many times. One `Course` follows one stream through it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Protocol

from mappings.contract import Record


class Occurrence(Protocol):
    """How often a type of record may occur, as a definition says it."""

    @property
    def min(self) -> int:
        """At least."""

    @property
    def max(self) -> int | None:
        """At most, None where there is no limit."""


class RecordGroup(Occurrence, Protocol):
    """Types of record that repeat as a whole, as a definition says it."""

    @property
    def records(self) -> tuple[str, ...]:
        """The names of its types of record and of groups inside it."""

    @property
    def order(self) -> str:
        """`sequence` or `any`."""


class Structured(Protocol):
    """What a definition says of the order of records."""

    @property
    def records(self) -> Mapping[str, Occurrence] | None:
        """The types of record, None where there is one without a name."""

    @property
    def groups(self) -> Mapping[str, RecordGroup]:
        """The groups by name."""

    @property
    def order(self) -> str:
        """`sequence` or `any`."""


@dataclass(frozen=True, slots=True)
class Member:
    """A type of record, or a group when it has a block."""

    name: str
    least: int
    most: int | None
    block: Block | None = None

    @property
    def repeats(self) -> bool:
        """True when it may occur more than once in its block."""
        return self.most != 1


@dataclass(frozen=True, slots=True)
class Block:
    """Members in their order, or in any."""

    members: tuple[Member, ...]
    any_order: bool = False

    def paths(self) -> Iterator[tuple[str, tuple[int, ...]]]:
        """Each type of record with the index to take in each block on the way to it."""
        for index, member in enumerate(self.members):
            if member.block is None:
                yield member.name, (index,)
            else:
                for name, path in member.block.paths():
                    yield name, (index, *path)


@dataclass(slots=True)
class Frame:
    """One block that is open: how far it has come, how often each member occurred, and what is known of the
    records in it: totals, those that occur once, and whether one of them could not be read."""

    block: Block
    counts: list[int]
    at: int = 0
    totals: dict[int, int | Decimal] = field(default_factory=dict)
    singles: dict[str, Record] = field(default_factory=dict)
    lacks_values: bool = False
    lacks_counts: bool = False
    lacks_records: bool = False


@dataclass(frozen=True, slots=True)
class Missing:
    """A member that has not occurred often enough."""

    name: str
    least: int
    found: int

    def __str__(self) -> str:
        return f"at least {self.least} of {self.name!r} must come before, {self.found} came"


class MisplacedError(Exception):
    """A record that may not stand where it stands; the course stays where it was."""

    def __init__(self, rule: str, message: str) -> None:
        super().__init__(message)
        self.rule = rule


class Course:
    """One stream on its way through the structure. `frames` are the open blocks, the outermost first."""

    def __init__(self, root: Block, *, any_order: bool) -> None:
        self._any_order = any_order
        self.frames = [_opened(root)]

    def enter(self, name: str, path: tuple[int, ...]) -> list[Missing]:
        """Take a record of this type; what is missing before it.

        The innermost open group that can take it does; a group is closed when it cannot and repeats where
        it may. Where a group has enough of it already, a group around it repeats for its sake only when
        nothing would be missing at its beginning. Raises: MisplacedError.
        """
        frames = self.frames
        depth = 0
        while depth + 1 < len(frames) and depth + 1 < len(path) and frames[depth].at == path[depth]:
            depth += 1
        is_full = False
        for level in range(depth, -1, -1):
            frame, index = frames[level], path[level]
            member = frame.block.members[index]
            if not (self._any_order or frame.block.any_order or index >= frame.at):
                continue
            if member.most is not None and frame.counts[index] >= member.most:
                is_full = True
            elif not (is_full and _lacks_beginning(member, path[level + 1 :])):
                missing = self._close(level + 1)
                if not self._any_order:
                    missing += [] if frame.block.any_order else _missing(frame, index)
                    frame.at = index
                frame.counts[index] += 1
                for inner in range(level + 1, len(path)):
                    missing += self._open(path, inner)
                return missing
        raise self._misplaced(name, path, depth)

    def repeat(self, path: tuple[int, ...], count: int) -> int:
        """Take so many more records of the type that was just entered, or as many as may follow it."""
        frame, index = self.frames[-1], path[-1]
        most = frame.block.members[index].most
        taken = count if most is None else min(count, most - frame.counts[index])
        frame.counts[index] += taken
        return taken

    def end(self) -> list[Missing]:
        """What is missing when no record follows."""
        return self._close(0)

    def _open(self, path: tuple[int, ...], level: int) -> list[Missing]:
        """Begin the group that stands at `level` of a path, with the member that the path takes in it."""
        block = self.frames[level - 1].block.members[path[level - 1]].block
        assert block is not None, "only the last index of a path is a record"
        frame, index = _opened(block), path[level]
        missing = [] if block.any_order else _missing(frame, index)
        frame.at = index
        frame.counts[index] = 1
        self.frames.append(frame)
        return missing

    def _close(self, level: int) -> list[Missing]:
        """End the blocks from `level` on."""
        missing: list[Missing] = []
        for frame in reversed(self.frames[level:]):
            missing += _missing(frame, len(frame.counts))
        del self.frames[level:]
        return missing

    def _misplaced(self, name: str, path: tuple[int, ...], depth: int) -> MisplacedError:
        """Why no open block takes a record: one has enough of it, or all are past it."""
        for level in range(depth, -1, -1):
            frame, index = self.frames[level], path[level]
            member = frame.block.members[index]
            may_stand = self._any_order or frame.block.any_order or index >= frame.at
            if may_stand and member.most is not None and frame.counts[index] >= member.most:
                return MisplacedError("extra-record", f"more than {member.most} of {member.name!r}")
        frame = self.frames[depth]
        after = frame.block.members[frame.at].name
        return MisplacedError("record-order", f"a record {name!r} may not follow {after!r}")


def _lacks_beginning(member: Member, path: tuple[int, ...]) -> bool:
    """Would something be missing where a group begins with what a path leads to."""
    for index in path:
        block = member.block
        assert block is not None, "the path leads through it"
        if not block.any_order and any(one.least for one in block.members[:index]):
            return True
        member = block.members[index]
    return False


def _opened(block: Block) -> Frame:
    return Frame(block, [0] * len(block.members))


def _missing(frame: Frame, end: int) -> list[Missing]:
    """The members from the current one up to `end` that have not occurred often enough."""
    begin = 0 if frame.block.any_order else frame.at
    return [
        Missing(member.name, member.least, found)
        for member, found in zip(frame.block.members[begin:end], frame.counts[begin:end], strict=True)
        if found < member.least
    ]
