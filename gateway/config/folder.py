"""The files of a configuration folder, as far as they can be read without knowing what they are about."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from gateway.config.document import Node, read_document
from gateway.config.origin import Origin
from gateway.config.problems import Problem
from gateway.config.suggest import listing, suggestion
from gateway.security.principal import SYSTEM_PATTERN

FOLDERS = ("systems", "mappings", "routes", "flows")
MAX_FILES = 1000
NO_FILE = "is no file but a pipe, a device, a socket or a link to nothing; allowed: a regular file"

_NAME = re.compile(SYSTEM_PATTERN)


class Folder:
    """Reads files, and collects in `problems` what is wrong with their form.

    `unreadable`: the folders below it of which not every file could be read, so that more may be there than
    was seen.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self.problems: list[Problem] = []
        self.unreadable: set[str] = set()
        self._malformed: set[tuple[Path, int, int]] = set()

    def is_malformed(self, problem: Problem) -> bool:
        """True when the value that a problem is about was said to be wrong already, for its form."""
        return _position(problem) in self._malformed

    def named(self, folder: str, reserved: tuple[str, ...]) -> Iterator[tuple[str, Origin]]:
        """The entries of a folder's files whose names are allowed and used once."""
        seen: dict[str, Origin] = {}
        for name, origin in self.entries(folder):
            if (refused := _name_problem(name, reserved)) is not None:
                self.problems.append(origin.problem((), refused, at_key=True))
            elif name in seen:
                earlier = seen[name]
                where = f"{earlier.file}:{earlier.line}:{earlier.column}"
                message = f"this name is taken, at {where}; allowed: each name once"
                self.problems.append(origin.problem((), message, at_key=True))
            else:
                seen[name] = origin
            yield name, origin

    def entries(self, folder: str) -> Iterator[tuple[str, Origin]]:
        """The top-level keys of all files below a folder."""
        for file in self._files(folder):
            root = self.root(file)
            if root is None:
                self.unreadable.add(folder)
            elif isinstance(root.node.value, Mapping):
                yield from ((key, root.below(key)) for key in root.node.value)

    def _files(self, folder: str) -> list[Path]:
        entries = sorted(
            path
            for path in (self._directory / folder).rglob("*")
            if path.suffix in (".yaml", ".yml") and not path.name.startswith(".") and not path.is_dir()
        )
        found = [path for path in entries if path.is_file()]
        for path in entries:
            if path not in found:
                self.refuse(path, NO_FILE)
                self.unreadable.add(folder)
        if len(found) > MAX_FILES:
            self.refuse(found[MAX_FILES], f"more than {MAX_FILES} files below {folder}/, the most allowed")
        return found[:MAX_FILES]

    def root(self, file: Path) -> Origin | None:
        """The root mapping of a file; an empty file has no keys."""
        node, problems = read_document(file)
        self.problems += problems
        if node is None and problems:
            return None
        # What is wrong with the form of a value is not said again by those who check its meaning.
        self._malformed |= {_position(problem) for problem in problems}
        if node is None or node.value is None:
            node = Node(1, 1, {})
        if not isinstance(node.value, Mapping):
            kind = "a list" if isinstance(node.value, tuple) else "a single value"
            message = f"the file holds {kind}; allowed: a mapping, `key: value` lines"
            self.problems.append(Problem(file, node.line, node.column, "", message))
            return None
        return Origin(file, node)

    def tell_unread(self) -> None:
        """Say which folders have names that are slips, and hold files that would count if they were not."""
        for entry in sorted(self._directory.iterdir()):
            near = suggestion(entry.name, FOLDERS)
            if entry.is_dir() and entry.name not in FOLDERS and near and self._files(entry.name):
                self.refuse(
                    entry, f"the files in this folder are not read; {near}allowed: {listing(FOLDERS)}"
                )

    def refuse(self, file: Path, message: str) -> None:
        """Say that a file, as a whole, cannot be used."""
        self.problems.append(Problem(file, 1, 1, "", message))


def _position(problem: Problem) -> tuple[Path, int, int]:
    return problem.file, problem.line, problem.column


def _name_problem(name: str, reserved: tuple[str, ...]) -> str | None:
    if name in reserved:
        return f"this name is reserved; reserved are: {listing(reserved)}"
    if not _NAME.fullmatch(name):
        return "not a name; allowed: 1 to 63 lower-case letters, digits, - and _, a letter first"
    return None
