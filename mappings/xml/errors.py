"""The two ways a schema or a value can fail here, beside `mappings.contract.MappingError`.

UnsupportedSchemaError   at start: this element or type has no codec, and why
Refused                  inside a codec: the value breaks a rule; becomes a MappingError at the codec's edge
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from mappings.contract import MappingError, Place


class UnsupportedSchemaError(ValueError):
    """An element or type that has no codec: unknown, broken in its schema, or beyond what is carried."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


class Refused(Exception):
    """A value that breaks a rule. Raised by the innermost codec; each level outwards adds its step.

    `steps` are the JSON pointer's parts, innermost first; `line` is the line of the XML element, if any.
    """

    def __init__(self, message: str, rule: str, *, excerpt: str = "", line: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.rule = rule
        self.excerpt = excerpt
        self.line = line
        self.steps: list[str | int] = []

    def at(self, step: str | int, line: int | None = None) -> Refused:
        """This error, seen from one level further out."""
        self.steps.append(step)
        if self.line is None:
            self.line = line
        return self

    def within_raw(self) -> Refused:
        """This error, seen from the element whose XML is kept: what is inside of it is no place in JSON."""
        if self.steps:
            self.message = f"{self._pointer()}: {self.message}"
            self.steps.clear()
        return self

    def as_mapping_error(self) -> MappingError:
        """The error as callers see it."""
        place = Place(path=self._pointer(), line=self.line)
        return MappingError(self.message, rule=self.rule, place=place, excerpt=self.excerpt)

    def _pointer(self) -> str:
        parts = (str(step).replace("~", "~0").replace("/", "~1") for step in reversed(self.steps))
        return "".join(f"/{part}" for part in parts)


@contextmanager
def mapping_errors() -> Iterator[None]:
    """Turn what codecs raise inside into `MappingError`.

    Codecs call each other level by level, up to ten calls for a level of nested choices, so that Python's
    limit on calls can come before any limit on depth.
    """
    try:
        yield
    except Refused as error:
        raise error.as_mapping_error() from None
    except RecursionError:
        raise MappingError("nested deeper than can be carried", rule="depth") from None
