"""The characters that an interchange is written with."""

from __future__ import annotations

from dataclasses import dataclass, field

CONTROLS = "".join(map(chr, (*range(32), 127)))
"""Characters that no value holds, whatever the delimiters are."""


@dataclass(frozen=True, slots=True)
class Delimiters:
    """One character each. `repetition`, `release` and `subcomponent` are None where the interchange has none;
    `mark` is the decimal mark that is written, read are both point and comma where the standard allows both.
    `tag` stands behind a segment's tag, where that is not what stands between elements. With `keeps` the
    separators of values that are not there are there all the same, behind the last value too."""

    element: str
    component: str
    repetition: str | None
    terminator: str
    release: str | None = None
    mark: str = "."
    subcomponent: str | None = None
    tag: str | None = None
    keeps: bool = False

    all: str = field(init=False, repr=False, compare=False)
    """Every character that means something to this interchange, the decimal mark aside."""
    released_ones: str = field(init=False, repr=False, compare=False)
    """The characters that are released by a release before them."""

    def __post_init__(self) -> None:
        marks = (
            self.element,
            self.component,
            self.repetition,
            self.terminator,
            self.release,
            self.subcomponent,
            self.tag if self.tag != self.element else None,
        )
        known = "".join(mark for mark in marks if mark is not None)
        object.__setattr__(self, "all", known)
        object.__setattr__(self, "released_ones", f"{known}{self.mark}")

    @property
    def tag_separator(self) -> str:
        """What stands behind a segment's tag."""
        return self.tag or self.element

    def elements(self, tag: str, text: str) -> list[str]:
        """The elements of a segment with this tag."""
        return self.split(text[len(tag) + 1 :], self.element) if len(text) > len(tag) else []

    def split(self, text: str, separator: str) -> list[str]:
        """The parts of a text between separators that are not released; releases stay in the parts."""
        parts = text.split(separator)
        if self.release is None or self.release not in text:
            return parts
        whole: list[str] = []
        held: list[str] = []
        for part in parts:
            held.append(part)
            if not _ends_released(part, self.release):
                whole.append(separator.join(held))
                held = []
        return [*whole, separator.join(held)] if held else whole

    def released(self, text: str) -> str:
        """A value as it is meant: what is released stands for itself. A release before what means nothing
        stands for itself too, and so does one at the very end."""
        release = self.release
        if release is None or release not in text:
            return text
        parts, at = [], 0
        while (found := text.find(release, at)) >= 0 and found + 1 < len(text):
            is_released = text[found + 1] in self.released_ones
            parts += [text[at : found + (not is_released)], text[found + 1]]
            at = found + 2
        return "".join([*parts, text[at:]])

    def escaped(self, text: str) -> str:
        """A value as it is written: a release before each character that means something."""
        if self.release is None:
            return text
        return "".join(f"{self.release}{one}" if one in self.all else one for one in text)


def _ends_released(part: str, release: str) -> bool:
    """True when the separator behind this part is released: an odd number of releases stands before it."""
    return (len(part) - len(part.rstrip(release))) % 2 == 1
