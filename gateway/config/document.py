"""One YAML file as a tree of values with their positions.

A small and strict part of YAML 1.2: mappings with text keys, lists, and scalars of the core schema, where
`yes` and `012:30` are text. Anchors, aliases and merge keys work within bounds; tags, duplicate keys, several
documents and anything that is not UTF-8 are problems. No YAML library ever turns the file into objects.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, TypeAlias

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)
from ruamel.yaml.reader import ReaderError

from gateway.config.problems import Problem, printable

MAX_FILE_BYTES = 512 * 1024
MAX_NODES = 20_000
"""Values in one file, those behind aliases counted each time they are used."""
MAX_DEPTH = 40
_MAX_DIGITS = 40

_Tagged: TypeAlias = MappingStartEvent | SequenceStartEvent | ScalarEvent
Scalar: TypeAlias = None | bool | int | float | str

_NULL = re.compile(r"null|Null|NULL|~|")
_BOOLEAN = re.compile(r"(true|True|TRUE)|(false|False|FALSE)")
_INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")


@dataclass(frozen=True, slots=True)
class Node:
    """One value and where it begins. Units: `line` and `column` from 1. `size` counts it and all below."""

    line: int
    column: int
    value: Scalar | tuple[Node, ...] | Mapping[str, Entry]
    size: int = 1


class Entry(NamedTuple):
    """One key of a mapping, where the key stands, and its value."""

    line: int
    column: int
    node: Node


class _Refused(Exception):
    """The file breaks a rule in a way that makes reading on pointless."""

    def __init__(self, line: int, column: int, message: str) -> None:
        super().__init__(message)
        self.line, self.column = line, column


def read_document(file: Path) -> tuple[Node | None, list[Problem]]:
    """The tree of a file, None when it is empty or cannot be read, and what is wrong with its form."""
    try:
        with file.open("rb") as stream:
            data = stream.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        return None, [Problem(file, 1, 1, "", f"cannot be read: {error.strerror}")]
    if len(data) > MAX_FILE_BYTES:
        return None, [Problem(file, 1, 1, "", f"is larger than {MAX_FILE_BYTES} bytes, the most allowed")]
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8", "replace")
        line, column = _position(before, len(before))
        return None, [Problem(file, line, column, "", "is not UTF-8 text from here on; allowed: UTF-8")]
    builder = _Builder(file)
    try:
        node = builder.build(text)
    except _Refused as error:
        builder.refuse(error.line, error.column, str(error))
        return None, builder.problems
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (1, 1) if mark is None else (mark.line + 1, mark.column + 1)
        builder.refuse(line, column, _plain(error))
        return None, builder.problems
    except ReaderError as error:
        line, column = _position(text, error.position)
        builder.refuse(line, column, "a control character that YAML does not allow here")
        return None, builder.problems
    except (YAMLError, ValueError, OverflowError, RecursionError) as error:
        # Escapes such as "\UFFFFFFFF" surface as errors of chr() without a position.
        builder.refuse(*builder.reached, f"not valid YAML: {printable(str(error))[:200]}")
        return None, builder.problems
    return node, builder.problems


def _position(text: str, index: int) -> tuple[int, int]:
    before = text[:index]
    return before.count("\n") + 1, index - (before.rfind("\n") + 1) + 1


def _plain(error: MarkedYAMLError) -> str:
    """The library's finding with the frequent ones in plain words."""
    found = " ".join(str(error.problem or error.context or "not valid YAML").split())
    if r"\t" in found and "cannot start any token" in found:
        return "a tab is used for indentation; allowed: spaces"
    if found.startswith("mapping values are not allowed"):
        return 'a ":" is not allowed here; check the indentation, or put the text in quotes'
    context = " ".join(str(error.context or "").split())
    return printable(f"not valid YAML: {found}{f' {context}' if context and context != found else ''}")[:300]


def number_or_boolean(text: str) -> bool | int | float | None:
    """What a text would be as an unquoted YAML scalar: a boolean or a number, None for anything else."""
    if match := _BOOLEAN.fullmatch(text):
        return match[1] is not None
    if len(text) > _MAX_DIGITS:
        return None
    if _INTEGER.fullmatch(text):
        return int(text, {"0o": 8, "0x": 16}.get(text[:2], 10))
    return float(text) if _FLOAT.fullmatch(text) and math.isfinite(float(text)) else None


class _Builder:
    """Builds the tree from parser events, without recursion."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._anchors: dict[str, Node] = {}
        self._count = 0
        self.problems: list[Problem] = []
        self.reached = (1, 1)

    def refuse(self, line: int, column: int, message: str, key: str = "") -> None:
        self.problems.append(Problem(self._file, line, column, printable(key), message))

    def build(self, text: str) -> Node | None:
        """The root's node, None for an empty file."""
        root: Node | None = None
        stack: list[_Open] = []
        for event in self._events(text):
            if isinstance(event, MappingStartEvent | SequenceStartEvent):
                if len(stack) >= MAX_DEPTH:
                    raise _Refused(*self.reached, f"nested deeper than {MAX_DEPTH} levels, the most allowed")
                self._check_tag(event)
                stack.append(_Open(event, *self.reached))
                continue
            node = self._finished(event, stack)
            if node is None:
                continue
            self._count += node.size if isinstance(event, AliasEvent) else 1
            if self._count > MAX_NODES:
                raise _Refused(*self.reached, f"more than {MAX_NODES} values, aliases counted; too many")
            if stack:
                stack[-1].add(node, event, self)
            else:
                root = node
        return root

    def _events(self, text: str) -> Iterator[Event]:
        documents = 0
        for event in YAML(typ="safe", pure=True).parse(text):
            self.reached = (event.start_mark.line + 1, event.start_mark.column + 1)
            if isinstance(event, DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise _Refused(*self.reached, "a second document begins here; allowed: one per file")
            yield event

    def _finished(self, event: Event, stack: list[_Open]) -> Node | None:
        """The node that an event completes, if it completes one."""
        if isinstance(event, AliasEvent):
            node = self._anchors.get(event.anchor)
            if node is None:
                raise _Refused(
                    *self.reached, f"no complete anchor &{printable(event.anchor)} before this alias"
                )
            return node
        if isinstance(event, ScalarEvent):
            node = Node(*self.reached, self._scalar(event))
            anchor = event.anchor
        elif isinstance(event, MappingEndEvent | SequenceEndEvent):
            opened = stack.pop()
            node, anchor = opened.close(), opened.anchor
        else:
            return None
        if anchor:
            self._anchors[anchor] = node
        return node

    def _check_tag(self, event: _Tagged) -> None:
        if event.tag is not None and str(event.tag):
            line, column = self.reached
            self.refuse(line, column, f"the tag {printable(str(event.tag))} is not supported; remove it")

    def _scalar(self, event: ScalarEvent) -> Scalar:
        self._check_tag(event)
        text: str = event.value
        line, column = self.reached
        if not event.implicit[0]:
            if any("\ud800" <= char <= "\udfff" for char in text):
                self.refuse(line, column, "half of a surrogate pair is not a character")
                return ""
            return text
        if _NULL.fullmatch(text):
            return None
        value = number_or_boolean(text)
        if value is not None:
            return value
        if _NOT_FINITE.fullmatch(text) or _INTEGER.fullmatch(text) or _FLOAT.fullmatch(text):
            message = (
                f"not a finite number of at most {_MAX_DIGITS} characters; put it in quotes if it is text"
            )
            self.refuse(line, column, message)
            return 0
        return text


class _Open:
    """A mapping or list whose end has not been reached."""

    def __init__(self, event: MappingStartEvent | SequenceStartEvent, line: int, column: int) -> None:
        self.anchor: str | None = event.anchor
        self._line, self._column = line, column
        self._is_mapping = isinstance(event, MappingStartEvent)
        self._items: list[Node] = []
        self._entries: dict[str, Entry] = {}
        self._merged: dict[str, Entry] = {}
        self._key: tuple[str, int, int] | None = None
        self._expects_key = True

    def add(self, node: Node, event: Event, builder: _Builder) -> None:
        """Take the next item, key or value."""
        if not self._is_mapping:
            self._items.append(node)
        elif self._expects_key:
            self._expects_key = False
            self._key = self._as_key(node, event, builder)
        else:
            self._expects_key = True
            if self._key is not None:
                self._put(*self._key, node, builder)

    def close(self) -> Node:
        value = {**self._merged, **self._entries} if self._is_mapping else tuple(self._items)
        children = self._items or [entry.node for entry in (*self._merged.values(), *self._entries.values())]
        return Node(self._line, self._column, value, 1 + sum(child.size for child in children))

    def _as_key(self, node: Node, event: Event, builder: _Builder) -> tuple[str, int, int] | None:
        line, column = builder.reached
        if isinstance(event, ScalarEvent) and (event.value or not event.implicit[0]):
            # The text as written, whatever it might mean as a value: `404:`, `on:` and `null:` are names. In
            # quotes no text is one, too: whether it may stand there is the model's matter.
            return event.value, line, column
        builder.refuse(line, column, "this cannot be a key; allowed: text")
        return None

    def _put(self, key: str, line: int, column: int, node: Node, builder: _Builder) -> None:
        if key == "<<":
            self._merge(line, column, node, builder)
            return
        earlier = self._entries.get(key)
        if earlier is not None:
            message = f"this key is there already, on line {earlier.line}; allowed: each key once"
            builder.refuse(line, column, message, key)
            return
        self._entries[key] = Entry(line, column, node)

    def _merge(self, line: int, column: int, node: Node, builder: _Builder) -> None:
        sources = node.value if isinstance(node.value, tuple) else (node,)
        for source in sources:
            if not isinstance(source.value, Mapping):
                builder.refuse(line, column, "only mappings can be merged", "<<")
                return
            for key, entry in source.value.items():
                self._merged.setdefault(key, entry)
