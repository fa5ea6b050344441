"""Which elements of a segment, or components of a composite, depend on each other.

Source: X12.6, §3.8.3 (syntax notes P, R, E, C, L); ISO 9735-1, §11 (dependency notes D1 to D7).
"""

from __future__ import annotations

import re
from collections.abc import Container
from dataclasses import dataclass

_WORDS = {"D2": "P", "D3": "R", "D4": "E", "D5": "C", "D6": "L"}


@dataclass(frozen=True, slots=True)
class Relation:
    """`kind`: P all or none, R at least one, E at most one, C with the first all others, L with the first at
    least one other, D1 exactly one, D7 with the first no other. `positions` count from 1."""

    kind: str
    positions: tuple[int, ...]
    text: str

    def broken(self, present: Container[int]) -> tuple[str, int] | None:
        """The rule that is broken and the position to name; None where all is well. `present` are the
        positions that have a value."""
        here = [position for position in self.positions if position in present]
        lacking = [position for position in self.positions if position not in present]
        first, kind = self.positions[0], self.kind
        if kind in ("E", "D1") and len(here) > 1:
            return "exclusion", here[1]
        if kind == "D7" and first in present and len(here) > 1:
            return "exclusion", here[1]
        if (kind in ("R", "D1") and not here) or (kind == "P" and here and lacking):
            return "condition", lacking[0]
        if first in present and ((kind == "C" and lacking) or (kind == "L" and len(here) == 1)):
            return "condition", lacking[0]
        return None

    def trigger(self, present: Container[int], position: int) -> int | None:
        """The position because of which another may not stand or has to; None where there is none."""
        return next((one for one in self.positions if one != position and one in present), None)

    @property
    def meaning(self) -> str:
        """What it asks for, as a clause."""
        names = ", ".join(f"{position:02}" for position in self.positions[1:])
        first = f"{self.positions[0]:02}"
        return {
            "P": f"{first}, {names} stand together or not at all",
            "R": f"one of {first}, {names} is needed",
            "E": f"at most one of {first}, {names} may stand",
            "C": f"with {first}, {names} are needed",
            "L": f"with {first}, one of {names} is needed",
            "D1": f"exactly one of {first}, {names} is needed",
            "D7": f"with {first}, none of {names} may stand",
        }[self.kind]


def relation(text: str) -> Relation:
    """A condition as the standards write it, such as P0304 or D5(2, 3)."""
    if text.startswith("D"):
        kind, _, inside = text.partition("(")
        positions = tuple(int(one) for one in inside.rstrip(")").split(","))
        return Relation(_WORDS.get(kind, kind), positions, text)
    return Relation(text[0], tuple(int(one) for one in re.findall("[0-9]{2}", text[1:])), text)
