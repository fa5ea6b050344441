"""A drafted definition: keys with their values, and beside each what is doubtful about it; as YAML."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

Plain: TypeAlias = "None | bool | int | str | list[Plain] | dict[str, Plain]"

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_./]*(?:[ -]+[A-Za-z0-9_./]+)*")
_RESERVED = frozenset(["true", "false", "null", "yes", "no", "on", "off", "y", "n"])
_WIDTH = 100


@dataclass(frozen=True, slots=True)
class Key:
    """One key. Its value stands behind it, or, as further keys, below it."""

    name: str
    value: Plain | tuple[Key, ...]
    doubt: str = ""


@dataclass(frozen=True, slots=True)
class Draft:
    """A definition. `findings` are what is to be said of the whole, each a sentence."""

    keys: tuple[Key, ...]
    findings: tuple[str, ...] = ()

    @property
    def definition(self) -> dict[str, Plain]:
        """The definition without its doubts, as a configuration has it."""
        return _plain(self.keys)

    def replaced(self, keys: Sequence[Key], *findings: str) -> Draft:
        """The same with other keys and more findings."""
        return Draft(tuple(keys), (*self.findings, *findings))

    def text(self, name: str) -> str:
        """YAML that defines the mapping of this name, with the findings and doubts as comments."""
        lines = [f"# {line}" for finding in self.findings for line in _folded(_shown(finding))]
        return "\n".join([*lines, f"{_scalar(name)}:", *_lines(self.keys, "  ")]) + "\n"


def doubts(*found: str) -> str:
    """What is doubtful about one thing for several reasons; those that are empty are none."""
    return "; ".join(filter(None, found))


def _plain(keys: Sequence[Key]) -> dict[str, Plain]:
    return {key.name: _plain(key.value) if isinstance(key.value, tuple) else key.value for key in keys}


def _lines(keys: Sequence[Key], indent: str) -> Iterator[str]:
    for key in keys:
        doubt = f"  # {_shown(key.doubt)}" if key.doubt else ""
        name = _scalar(key.name)
        if not isinstance(key.value, tuple):
            yield f"{indent}{name}: {_flow(key.value)}{doubt}"
        elif key.value:
            yield f"{indent}{name}:{doubt}"
            yield from _lines(key.value, indent + "  ")
        else:
            yield f"{indent}{name}: {{}}{doubt}"


def _flow(value: Plain) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_scalar(name)}: {_flow(each)}" for name, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_flow, value)) + "]"
    if isinstance(value, str):
        return _scalar(value)
    return json.dumps(value)


def _scalar(text: str) -> str:
    """A text as YAML has it: as it stands where it can be nothing else."""
    if _PLAIN.fullmatch(text) and text.lower() not in _RESERVED:
        return text
    return json.dumps(text, ensure_ascii=not text.isprintable())


def _shown(text: str) -> str:
    """A text for a comment: what YAML does not allow there is escaped."""
    return "".join(each if each.isprintable() else ascii(each)[1:-1] for each in text)


def _folded(text: str) -> Iterator[str]:
    line = ""
    for word in text.split():
        if line and len(line) + len(word) >= _WIDTH:
            yield line
            line = "  " + word
        else:
            line = f"{line} {word}" if line else word
    yield line
