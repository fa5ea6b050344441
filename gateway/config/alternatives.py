"""Where a model allows alternatives, a validator complains about each; this finds the one that was meant."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from pydantic_core import ErrorDetails

from gateway.config.document import Node
from gateway.config.origin import child
from gateway.config.problems import KeyPath

NO_ALTERNATIVE = "no_alternative"
"""The type of the one error that stands for those of several alternatives, none of which fits."""

UNKNOWN_MODEL = "unknown_model"
"""The type of the error of a choice among models that says itself what is allowed."""

# Errors that say that a value is of another kind altogether.
_WRONG_KIND = ("literal_error", "enum")


@dataclass(frozen=True, slots=True)
class Located:
    """An error at its key path. `forks` says which alternative it is about: the place where alternatives are
    possible and the label of one, outermost first."""

    error: ErrorDetails
    path: KeyPath
    forks: tuple[tuple[KeyPath, str], ...]

    @property
    def kind(self) -> str:
        """Pydantic's name for what is wrong."""
        return self.error["type"]


def locate(errors: Iterable[ErrorDetails], node: Node) -> list[Located]:
    """The errors at their key paths, those about alternatives that were not meant left out."""
    found = _settled([_located(error, node) for error in errors])
    bad_inside = {one.path[:depth] for one in found for depth in range(len(one.path))}
    # A list is said to be too short, too, when some of its items are bad.
    return [one for one in found if one.kind != "too_short" or one.path not in bad_inside]


def _located(error: ErrorDetails, node: Node) -> Located:
    """Pydantic's locations name alternatives between keys; what the file does not have is such a label."""
    path: list[str | int] = []
    forks: list[tuple[KeyPath, str]] = []
    for index, part in enumerate(error["loc"]):
        found = child(node, part)
        if found is not None:
            path.append(part)
            node = found.node
        elif error["type"] == "missing" and index == len(error["loc"]) - 1:
            path.append(part)
        elif part != "[key]":
            forks.append((tuple(path), str(part)))
    return Located(error, tuple(path), tuple(forks))


def _settled(found: Sequence[Located]) -> list[Located]:
    settled = [one for one in found if not one.forks]
    forked = sorted((one for one in found if one.forks), key=lambda one: str(one.forks[0][0]))
    for place, group in groupby(forked, key=lambda one: one.forks[0][0]):
        settled += _at_fork(place, list(group))
    return settled


def _at_fork(place: KeyPath, found: Sequence[Located]) -> list[Located]:
    """What is wrong where alternatives are possible: with the one that was meant, or with all of them."""
    alternatives: dict[str, list[Located]] = {}
    for one in found:
        label = one.forks[0][1]
        alternatives.setdefault(label, []).append(replace(one, forks=one.forks[1:]))
    choices = list(alternatives.values())
    fitting = [errors for errors in choices if not any(_is_misfit(one, place) for one in errors)]
    right_kind = [errors for errors in choices if not any(_is_of_another_kind(one, place) for one in errors)]
    for narrowed in (choices, fitting, right_kind):
        if len(narrowed) == 1:
            return _settled(narrowed[0])
    summary: ErrorDetails = {"type": NO_ALTERNATIVE, "loc": place, "msg": "", "input": None}
    return [Located(summary, place, ())]


def _is_misfit(one: Located, place: KeyPath) -> bool:
    """True when the alternative as such does not fit: its own kind or its own keys."""
    beside = len(one.path) == len(place) + 1 and one.kind in ("missing", "extra_forbidden")
    return one.path == place or beside


def _is_of_another_kind(one: Located, place: KeyPath) -> bool:
    return one.path == place and (one.kind.endswith("_type") or one.kind in _WRONG_KIND)
