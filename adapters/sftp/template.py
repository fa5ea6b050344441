"""The template of an outbox's file names."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from adapters.sftp.names import unsafe_reason

_PART = re.compile(
    r"\{(?:(?P<uuid>uuid)|(?P<name>name)|now:(?P<now>[^{}]+)|(?P<sequence>sequence)(?::0(?P<width>[1-9][0-9]?))?)\}"
)
_NUMBER = "[0-9]{1,18}"
_NOW_DIRECTIVES = re.compile(r"(?:[^%]|%[YmdHMSfjy%])*")


@dataclass(frozen=True, slots=True)
class Values:
    """What goes into one name. `now` is in UTC."""

    now: datetime
    uuid: str
    name: str = ""
    sequence: int = 0


class NameTemplate:
    """A template, taken apart.

    Raises: ValueError naming what is wrong and what is allowed.
    """

    def __init__(self, text: str) -> None:
        literals = _PART.sub("", text)
        if "{" in literals or "}" in literals:
            raise ValueError(
                "knows {uuid}, {name}, {now:%Y%m%d} and {sequence:06}; something else is in braces"
            )
        parts = list(_PART.finditer(text))
        for part in parts:
            if part["now"] and _NOW_DIRECTIVES.fullmatch(part["now"]) is None:
                raise ValueError("{now:...} knows %Y %m %d %H %M %S %f %j %y")
        if not any(part["uuid"] or part["name"] or part["sequence"] for part in parts):
            raise ValueError("needs {uuid}, {sequence} or {name}: otherwise every file has the same name")
        self._text = text
        self.needs_name = any(part["name"] for part in parts)
        self.needs_sequence = any(part["sequence"] for part in parts)
        self.is_steady = any(part["uuid"] for part in parts) and all(
            part["uuid"] or part["name"] for part in parts
        )
        """Whether the same uuid and name always make the same file name, and another uuid another."""
        example = self.render(Values(datetime(2026, 12, 31, tzinfo=UTC), "0" * 32, "name", 1))
        reason = unsafe_reason(example)
        if reason:
            raise ValueError(f"makes names such as {example!r}, which {reason}")

    def render(self, values: Values) -> str:
        """The name for these values."""

        def replaced(part: re.Match[str]) -> str:
            if part["uuid"]:
                return values.uuid
            if part["name"]:
                return values.name
            if part["now"]:
                return values.now.strftime(part["now"])
            return f"{values.sequence:0{part['width'] or 1}}"

        return _PART.sub(replaced, self._text)

    def sequence_pattern(self, values: Values) -> re.Pattern[str]:
        """Matches names that differ from this one by their sequence number only; group 1 is the number."""
        pieces: list[str] = []
        at = 0
        for part in _PART.finditer(self._text):
            pieces.append(re.escape(self._text[at : part.start()]))
            if part["sequence"]:
                pieces.append(_NUMBER if f"({_NUMBER})" in pieces else f"({_NUMBER})")
            elif part["uuid"]:
                pieces.append("[0-9a-f]{32}")
            elif part["name"]:
                pieces.append(re.escape(values.name))
            else:
                pieces.append(re.escape(values.now.strftime(part["now"])))
            at = part.end()
        pieces.append(re.escape(self._text[at:]))
        return re.compile("".join(pieces))
