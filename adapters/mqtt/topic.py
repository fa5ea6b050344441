"""Topics: a template with named levels, its filter, and topic names built from and split into parameters.

Source: MQTT 3.1.1 §1.5.3 (UTF-8 strings), §4.7 (topic names and filters).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

MAX_TOPIC_BYTES = 65_535
MAX_LEVELS = 200
"""mosquitto closes the connection on a topic with more (2.0: TOPIC_HIERARCHY_LIMIT)."""

_PARAMETER = re.compile(r"\{([A-Za-z][A-Za-z0-9_]{0,63})\}")

# Characters that §1.5.3 forbids (NUL, surrogates) or lets the receiver close the connection for (control
# characters, non-characters). mosquitto 2.0 does close it, and with it everybody's calls.
_UNSENDABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")

PARAMETER_PATTERN = r"^[^/+#\u0000-\u001f\u007f-\u009f]+$"
"""The same for one level, as far as a JSON Schema pattern says it portably."""


def flaw_of_text(text: str) -> str | None:
    """Why this text may not stand in a topic, or None."""
    found = _UNSENDABLE.search(text)
    if found is not None:
        return f"holds the character U+{ord(found.group()):04X}, which MQTT does not carry"
    if any(ord(character) & 0xFFFE == 0xFFFE for character in text):
        return "holds a Unicode non-character, which MQTT does not carry"
    return None


def flaw_of_level(value: str, *, first: bool) -> str | None:
    """Why this value may not be one level of a topic name, or None. `first`: it is the first level."""
    if not value:
        return "is empty"
    for character in "/+#":
        if character in value:
            return f"holds {json.dumps(character)}, which separates or matches topic levels"
    if first and value.startswith("$"):
        return 'begins with "$": those topics belong to the broker'
    return flaw_of_text(value)


class BadTopic(ValueError):
    """The parameters do not make a topic name. `parameter` is the one at fault; None means all together."""

    def __init__(self, message: str, parameter: str | None) -> None:
        super().__init__(message)
        self.parameter = parameter


@dataclass(frozen=True, slots=True)
class Template:
    """A topic whose levels are texts, or names in braces that stand for any one level.

    `levels` holds the text of each fixed level and None for a named one; `names` the names in order.
    """

    text: str
    levels: tuple[str | None, ...]
    names: tuple[str, ...]

    @classmethod
    def parse(cls, text: str) -> Template:
        """Read a template. Raises: ValueError with what is wrong and what is allowed."""
        if (flaw := flaw_of_text(text)) is not None:
            raise ValueError(flaw)
        if len(text.encode()) > MAX_TOPIC_BYTES:
            raise ValueError(f"is longer than {MAX_TOPIC_BYTES} bytes")
        if text.startswith("$"):
            raise ValueError('begins with "$": those topics belong to the broker')
        parts = text.split("/")
        if len(parts) > MAX_LEVELS:
            raise ValueError(f"has more than {MAX_LEVELS} levels")
        levels = tuple(_level(part) for part in parts)
        names = tuple(part[1:-1] for part, level in zip(parts, levels, strict=True) if level is None)
        if len(set(names)) != len(names):
            twice = next(name for name in names if names.count(name) > 1)
            raise ValueError(f"names {{{twice}}} twice")
        return cls(text, levels, names)

    @property
    def filter(self) -> str:
        """The topic filter to subscribe to."""
        return "/".join("+" if level is None else level for level in self.levels)

    def topic(self, values: Mapping[str, str]) -> str:
        """The topic name for these parameter values. Raises: BadTopic."""
        built: list[str] = []
        names = iter(self.names)
        for level in self.levels:
            if level is not None:
                built.append(level)
                continue
            name = next(names)
            if (flaw := flaw_of_level(values[name], first=not built)) is not None:
                raise BadTopic(f"{name} {flaw}", name)
            built.append(values[name])
        topic = "/".join(built)
        if len(topic.encode()) > MAX_TOPIC_BYTES:
            longest = max(self.names, key=lambda name: len(values[name]))
            raise BadTopic(f"the topic would be longer than {MAX_TOPIC_BYTES} bytes", longest)
        return topic

    def match(self, levels: list[str]) -> bool:
        """True when a received topic, split at "/", fits."""
        if len(levels) != len(self.levels):
            return False
        return all(wanted is None or wanted == got for wanted, got in zip(self.levels, levels, strict=True))

    def values(self, levels: list[str]) -> dict[str, str]:
        """The parameters of a matching topic, by name."""
        named = (got for wanted, got in zip(self.levels, levels, strict=True) if wanted is None)
        return dict(zip(self.names, named, strict=True))


def _level(part: str) -> str | None:
    if not part:
        raise ValueError("has an empty level; write text or {name} between the slashes")
    if "+" in part or "#" in part:
        raise ValueError('has a wildcard; write {name} instead of "+", "#" is not offered')
    if _PARAMETER.fullmatch(part):
        return None
    if "{" in part or "}" in part:
        raise ValueError(
            f"has the level {json.dumps(part)}; a name in braces fills a whole level, "
            "begins with a letter and has letters, digits and _"
        )
    return part
