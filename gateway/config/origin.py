"""Where a piece of configuration was written, so that later findings can point there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from gateway.config.document import Entry, Node
from gateway.config.problems import KeyPath, Problem, printable, render_key
from gateway.config.references import Secret, hide


@dataclass(frozen=True, slots=True)
class Origin:
    """One value of one file. `prefix` is its own key path inside the file: `("erp",)` for a system."""

    file: Path
    node: Node = field(repr=False)
    prefix: KeyPath = ()
    line: int = 1
    column: int = 1
    secrets: tuple[Secret, ...] = field(default=(), repr=False)

    def problem(self, key_path: KeyPath, message: str, *, at_key: bool = False) -> Problem:
        """A problem at `key_path` below this value.

        It points at the value there; at its key with `at_key`, or when the value begins on a later line; at
        the key of the nearest value around it when the file has none there. Secrets of this value that the
        message quotes are replaced by their references.
        """
        line, column = self._position(key_path, at_key)
        shown = printable(hide(message, self.secrets))
        return Problem(self.file, line, column, render_key((*self.prefix, *key_path)), shown)

    def below(self, key: str) -> Origin:
        """The origin of one key's value. Raises: KeyError."""
        entries = self.node.value
        if not isinstance(entries, Mapping):
            raise KeyError(key)
        entry = entries[key]
        return Origin(self.file, entry.node, (*self.prefix, key), entry.line, entry.column)

    def hiding(self, secrets: tuple[Secret, ...]) -> Origin:
        """The same origin, whose problems do not show these secrets."""
        return replace(self, secrets=secrets)

    def _position(self, key_path: KeyPath, at_key: bool) -> tuple[int, int]:
        node, key = self.node, (self.line, self.column)
        for part in key_path:
            entry = child(node, part)
            if entry is None:
                return key
            node, key = entry.node, (entry.line, entry.column)
        return key if at_key or node.line > key[0] else (node.line, node.column)


def child(node: Node, part: str | int) -> Entry | None:
    """The entry of a mapping or the item of a list, None when there is none."""
    value = node.value
    if isinstance(part, str):
        return value.get(part) if isinstance(value, Mapping) else None
    if isinstance(value, tuple) and 0 <= part < len(value):
        item = value[part]
        return Entry(item.line, item.column, item)
    return None
