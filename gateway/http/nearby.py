"""What there is near a path at which there is nothing: for callers who mistyped, or look around."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from gateway.config.suggest import listing, near_miss

_MOST_COMPARED = 500
_LONGEST_COMPARED = 100
_MOST_LISTED = 20


def nothing_at(segments: Sequence[str], templates: Iterable[str]) -> str:
    """Say that there is nothing at the path of these decoded segments, and what there is instead.

    `templates`: the paths that the caller may know of, with `{name}` for parameters.
    """
    known = [template[1:].split("/") for template in templates]
    depth = 0
    while depth < len(segments):
        fitting = [steps for steps in known if len(steps) > depth and _fits(steps[depth], segments[depth])]
        if not fitting:
            break
        known, depth = fitting, depth + 1
    below = sorted({steps[depth] for steps in known if len(steps) > depth})
    if not below:
        return "There is nothing at this path."
    # In the words of the templates: what was asked for is not repeated.
    place = "/" + "/".join(known[0][:depth])
    meant = _meant(segments[depth], below) if depth < len(segments) else None
    question = f"; did you mean {place}/{meant}?" if meant else "."
    return f"There is nothing at this path{question} Below {place} there are: {listing(below, _MOST_LISTED)}."


def _fits(step: str, segment: str) -> bool:
    return step == segment or step.startswith("{")


def _meant(segment: str, below: Sequence[str]) -> str | None:
    if len(segment) > _LONGEST_COMPARED:
        return None
    return near_miss(segment, [step for step in below if not step.startswith("{")][:_MOST_COMPARED])
