"""The files of `mappings/`: formats and transforms, by name.

Needs nothing of the gateway itself, so that commands that only convert start at once. Only the packages of
what is asked for are imported.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from pydantic import TypeAdapter

from gateway.config.contradictions import contradictions
from gateway.config.folder import Folder
from gateway.config.origin import Origin
from gateway.config.problems import ConfigurationError, Problem, in_order
from gateway.config.references import References
from gateway.config.suggest import listing, near_miss, suggestion
from gateway.config.validation import validate
from mappings.contract import Format
from mappings.json import JsonFormat
from mappings.kinds import (
    BUILT_IN_NAMES,
    KINDS,
    build,
    build_transform,
    definition_of,
    transform_definition,
)

if TYPE_CHECKING:
    from mappings.formats import FormatDefinition
    from mappings.transform import TransformDefinition

T = TypeVar("T")

_STAND_IN = JsonFormat()


class Mappings(NamedTuple):
    """What the files below `mappings/` define, by name; `origins` are the places in the files, also of those
    that were not asked for."""

    formats: Mapping[str, Format]
    transforms: Mapping[str, TransformDefinition]
    definitions: Mapping[str, FormatDefinition] = MappingProxyType({})
    origins: Mapping[str, Origin] = MappingProxyType({})


def load_mappings(
    directory: Path, environ: Mapping[str, str] = os.environ, names: Collection[str] | None = None
) -> Mappings:
    """Read `mappings/` alone, for commands that need no systems and no gateway.yaml; with `names` only what
    these mean. What is wrong with others does not count then, unless one of these is not found.

    Raises: ConfigurationError.
    """
    folder = Folder(directory)
    base_dir = directory.absolute()
    files = MappingFiles(folder, References(base_dir, environ), base_dir)
    if base_dir.is_dir():
        files.read(names)
    else:
        folder.refuse(directory, "is not a folder; allowed: the folder that holds mappings/")
    problems = folder.problems
    if names is not None and all(name in files.origins or name in BUILT_IN_NAMES for name in names):
        asked = {files.origins[name].file for name in names if name in files.origins}
        problems = [problem for problem in problems if problem.file in asked]
    if problems:
        raise ConfigurationError(in_order(problems))
    return files.good()


class MappingFiles:
    """Reads what a folder says of mappings; what is wrong with it goes to the folder's problems.

    A transform that is not good is None, and a format that is not good is some other one, so that what uses
    it is not said to be wrong.
    """

    def __init__(self, folder: Folder, references: References, base_dir: Path) -> None:
        self._folder = folder
        self._references = references
        self._base_dir = base_dir
        self.formats: dict[str, Format] = {}
        self.definitions: dict[str, FormatDefinition] = {}
        self.transforms: dict[str, TransformDefinition | None] = {}
        self.origins: dict[str, Origin] = {}

    def read(self, names: Collection[str] | None = None) -> None:
        """Read all files; only what these names mean is looked at closely, or everything without them."""
        for name, origin in self._folder.named("mappings", BUILT_IN_NAMES):
            self.origins[name] = origin
            if names is not None and name not in names:
                continue
            entries = origin.node.value
            if isinstance(entries, Mapping) and "transform" in entries and "format" not in entries:
                self._transform(name, origin)
            else:
                self._format(name, origin)

    def good(self) -> Mappings:
        """What was read, without the transforms that are not good."""
        transforms = {name: found for name, found in self.transforms.items() if found is not None}
        return Mappings(self.formats, transforms, self.definitions, self.origins)

    def _transform(self, name: str, origin: Origin) -> None:
        definition = self._validate(transform_definition(), origin)
        self.transforms[name] = definition
        try:
            if definition is not None:
                build_transform(definition)
        except ValueError as error:
            lines = str(error).splitlines()
            self._folder.problems += [origin.problem(("transform",), line) for line in lines]

    def _format(self, name: str, origin: Origin) -> None:
        self.formats[name] = _STAND_IN
        kind = self._kind(origin)
        if kind is None:
            return
        definition = self._validate(definition_of(kind), origin)
        if definition is None:
            return
        try:
            self.formats[name] = build(definition)
            self.definitions[name] = definition
        except ValueError as error:
            self._folder.problems += contradictions(origin, str(error))

    def _kind(self, origin: Origin) -> str | None:
        """The kind of format that is defined; None after it has been told that there is none."""
        entries = origin.node.value
        if not isinstance(entries, Mapping):
            message = "must be a mapping with the key `format`, or `transform`"
            self._folder.problems.append(origin.problem((), message))
            return None
        if "format" not in entries:
            self._folder.problems.append(_without_kind(origin, entries))
            return None
        kind = entries["format"].node.value
        if isinstance(kind, str) and kind in KINDS:
            return kind
        near = suggestion(kind, KINDS) if isinstance(kind, str) else ""
        message = f"{near}must be one of: {listing(KINDS)}"
        self._folder.problems.append(origin.problem(("format",), message))
        return None

    def _validate(self, model: type[T], origin: Origin) -> T | None:
        found = validate(TypeAdapter(model), model, origin, self._references, self._base_dir)
        self._folder.problems += [
            problem for problem in found.problems if not self._folder.is_malformed(problem)
        ]
        return found.value


def _without_kind(origin: Origin, keys: Collection[str]) -> Problem:
    for key in ("format", "transform"):
        slip = near_miss(key, keys)
        if slip is not None:
            return origin.problem((slip,), f'unknown key; did you mean "{key}"?', at_key=True)
    return origin.problem(("format",), f"is required: one of: {listing(KINDS)}")
