"""Control segments that are written: each is read again before it leaves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mappings.contract import JsonValue
from mappings.edi.careful import CarefulReader
from mappings.edi.delimiters import Delimiters
from mappings.edi.findings import pointer
from mappings.edi.record_schema import ENVELOPE
from mappings.edi.walker import Plan
from mappings.edi.writing import SegmentWriter, Unwritable


class ControlWriter:
    """Writes control segments with one set of delimiters. `plan` has them, each by its tag."""

    def __init__(self, plan: Plan, delimiters: Delimiters) -> None:
        self._segments = {segment.tag: segment for segment in plan.layout.segments}
        self._careful = CarefulReader(delimiters, frozenset())
        self._writers = {tag: SegmentWriter(one, delimiters) for tag, one in self._segments.items()}
        self._quick = dict(zip(self._segments, plan.writers.of(delimiters), strict=True))

    def text(self, tag: str, values: dict[str, JsonValue], path: str) -> str:
        """A segment without its terminator; `path` is where its values are in the record. Raises:
        Unwritable."""
        quick = self._quick[tag].write(values)
        if quick is not None:
            return quick
        try:
            text = self._writers[tag].write(values)
        except Unwritable as error:
            raise error.inside(path) from None
        read, findings = self._careful.read_all(self._segments[tag], text)
        for each in findings:
            raise Unwritable(each.rule, f"{tag}: {each.message}", f"{path}{each.path}")
        if read != values:
            raise Unwritable("ambiguous", "would be read as other values", path)
        return text


def envelope_parts(given: JsonValue, names: Sequence[str]) -> list[dict[str, JsonValue] | None]:
    """What a record says under `envelope`, by these names; None of what it does not say.

    Raises: Unwritable.
    """
    if not isinstance(given, dict):
        raise Unwritable("type", "is not an object", pointer(ENVELOPE))
    parts = [dict(part) if isinstance(part := given.get(name), dict) else None for name in names]
    if parts.count(None) == len(names) - len(given):
        return parts
    for name, part in given.items():
        if name not in names:
            raise Unwritable("unknown-field", "is not defined here", f"/{ENVELOPE}{pointer(name)}")
        if not isinstance(part, dict):
            raise Unwritable("type", "is not an object", f"/{ENVELOPE}{pointer(name)}")
    raise AssertionError("one of them is unknown or no object")


def object_in(values: Mapping[str, JsonValue], name: str, path: str) -> dict[str, JsonValue]:
    """An object in an object, empty where it is not there. Raises: Unwritable for what is none."""
    value = values.get(name, {})
    if not isinstance(value, dict):
        raise Unwritable("type", "is not an object", f"{path}{pointer(name)}")
    return dict(value)


def text_of(value: JsonValue) -> str:
    """A text; empty for what is none, which is refused when it is written."""
    return value if isinstance(value, str) else ""
