"""What is wrong with a segment or with its place; what each rule is called in a standard is said there."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Finding:
    """One mistake. `rule` is a stable word; `element`, `component` and `repetition` count from 1, None where
    it does not apply; `path` is a JSON pointer; `number` is the element's in the standard's dictionary, and
    `value` what stands there, bounded; `trigger` is the element by which the rule holds, where it is one."""

    rule: str
    message: str
    tag: str = ""
    path: str = ""
    loop: str = ""
    element: int | None = None
    component: int | None = None
    repetition: int | None = None
    number: int | None = None
    value: str = ""
    trigger: int | None = None

    def at(self, *, tag: str, path: str, loop: str) -> Finding:
        """The same in a segment at this place; `path` is the segment's, in front of the finding's own."""
        return replace(self, tag=tag, path=f"{path}{self.path}", loop=loop)


class BrokenRule(ValueError):
    """A value that breaks its element's rules. `rule` is a stable word; the message holds no data."""

    def __init__(self, rule: str, message: str) -> None:
        super().__init__(message)
        self.rule = rule


def pointer(name: str) -> str:
    """One step of a JSON pointer."""
    return "/" + name.replace("~", "~0").replace("/", "~1")
