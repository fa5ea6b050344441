"""Records out of a transaction set or message while it is read: each occurrence of a loop, with what encloses
it.

What encloses it is what came before it in the loops that are open. Whatever is in no such record (what
follows the loop, or a loop around it that has none) is given in a record without the loop, so that nothing is
lost.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeAlias

from mappings.edi.delimiters import Delimiters
from mappings.edi.findings import Finding
from mappings.edi.layout import Item, Loop
from mappings.edi.states import Candidate
from mappings.edi.walker import Frame, Plan, Walker

Deliver: TypeAlias = Callable[[Frame, Sequence[Finding], bool], None]
"""Takes a record, what was found missing at its end, and whether what encloses it is spoiled by a mistake."""


class Memory(NamedTuple):
    """What a walker knows of the records that it has given, apart from what is open."""

    counts: tuple[dict[str, int], ...]
    record_depth: int
    is_unsaid: bool
    spoiled: int | None


class StreamWalker(Walker):
    """Gives records to `deliver` as they are complete; `values` has only what is open."""

    def __init__(self, plan: Plan, delimiters: Delimiters, lenient: frozenset[str], deliver: Deliver) -> None:
        self._deliver_to = deliver
        self._chains: dict[Loop, tuple[tuple[Loop, frozenset[str]], ...]] = {}
        super().__init__(plan, delimiters, lenient)

    def start(self) -> None:
        """Begin a new one."""
        super().start()
        self._counts: list[dict[str, int]] = [{}]
        self._record_depth = 0
        self._is_unsaid = True
        self._spoiled: int | None = None

    def end(self) -> Sequence[Finding]:
        """There is no more of this one: the last record, and what is missing around it."""
        missing = super().end()
        if self._record_depth or self._is_unsaid:
            self._deliver(missing)
            return ()
        return missing

    def memory(self) -> Memory:
        """What is known now."""
        counts = tuple(map(dict, self._counts))
        return Memory(counts, self._record_depth, self._is_unsaid, self._spoiled)

    def remember(self, memory: Memory) -> None:
        """Go on with what was known when the same loops were open."""
        counts, self._record_depth, self._is_unsaid, self._spoiled = memory
        self._counts = [dict(one) for one in counts]

    def _is_quiet(self) -> bool:
        return self._is_unsaid and not self._record_depth

    def _has_room(self, one: Candidate) -> bool:
        return one.counted and self._counts[one.depth].get(one.name, 0) < one.most

    def _count(self, depth: int, item: Item) -> int:
        if isinstance(item, Loop) and item.streams:
            return self._counts[depth].get(item.name, 0)
        return super()._count(depth, item)

    def _enter(self, one: Candidate, text: str) -> Sequence[Finding]:
        if not one.turns:
            return super()._enter(one, text)
        missing = self._turn(one, self._missing(one.required) if one.required else ())
        found = self._read_into(one, text)
        if not (missing or found):
            return found
        if self._is_wrong(missing) or (one.outside and self._is_wrong(found)):
            self._spoil()
        return [*missing, *found] if missing else found

    def _turn(self, one: Candidate, missing: Sequence[Finding]) -> Sequence[Finding]:
        if self._record_depth or (self._is_unsaid and one.depth < _enclosing(self._state.loop)):
            self._deliver(missing)
            missing = ()
        del self._counts[one.depth + 1 :]
        if self._spoiled is not None and self._spoiled > one.depth:
            self._spoiled = None
        if one.opens is not None:
            self._open(one, one.opens)
        if one.outside:
            self._is_unsaid = True
        return missing

    def _is_wrong(self, findings: Sequence[Finding]) -> bool:
        return any(each.rule not in self._lenient for each in findings)

    def _spoil(self) -> None:
        """What encloses records from here on is not whole, as long as the loop around them lasts."""
        depth = sum(loop.streams and not loop.is_record for loop in self._loops())
        self._spoiled = depth if self._spoiled is None else min(self._spoiled, depth)

    def _open(self, one: Candidate, loop: Loop) -> None:
        counts = self._counts[one.depth]
        counts[one.name] = counts.get(one.name, 0) + 1
        self._counts.append({})
        if loop.is_record:
            self._record_depth = one.depth + 1

    def _deliver(self, missing: Sequence[Finding]) -> None:
        """Give what is open as a record, apart from what others have given."""
        loop = self._state.loop
        chain = self._chains.get(loop)
        if chain is None:
            chain = self._chains[loop] = _chain_to(loop)
        made: Frame = {}
        inner = made
        for (open_loop, closed), frame in zip(chain, self._frames, strict=False):
            if open_loop.is_record:
                # Nothing comes into it any more, and nothing in it is a record of its own.
                inner[open_loop.name] = frame
                break
            if open_loop.depth:
                outer, inner = inner, {}
                outer[open_loop.name] = inner
            for name, value in frame.items():
                if name not in closed:
                    # A list of its own: more may come into the one that is open.
                    inner[name] = list(value) if type(value) is list else value
        self._is_unsaid = False
        self._record_depth = 0
        self._deliver_to(made, missing, self._spoiled is not None)


def _enclosing(loop: Loop) -> int:
    """The depth of the innermost loop around a place of which records are a part."""
    while not loop.streams and loop.parent is not None:
        loop = loop.parent
    return loop.depth


def _chain_to(loop: Loop) -> tuple[tuple[Loop, frozenset[str]], ...]:
    """From the body to a loop, those of which records are a part or that are records; with each the names of
    such loops in it."""
    chain: list[tuple[Loop, frozenset[str]]] = []
    inside: Loop | None = loop
    while inside is not None:
        if inside.streams or inside.parent is None:
            names = (item.name for item in inside.items if isinstance(item, Loop) and item.streams)
            chain.append((inside, frozenset(names)))
        inside = inside.parent
    return tuple(reversed(chain))
