"""Whether a system of one configuration is the same in another, so that its connections can stay."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from adapters.registry import AdapterType
from adapters.settings import SystemSettings
from gateway.config import Configuration, SystemConfig
from mappings.formats import FormatDefinition

_CONTRACTS = frozenset({".wsdl", ".xsd", ".xml", ".asmx", ".svc", ""})
"""Suffixes of files that import others, or are imported."""
_MAX_SEEN = 10_000
"""Files and folders that are looked through for those; with more, no system with a contract is the same."""


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What a system is made of. Two that are equal make the same system.

    `files` are digests of the files that the settings name, and of those that these may import. `formats` are
    the definitions that the settings name; files that these name were read into them.
    """

    type: AdapterType
    settings: SystemSettings
    directory: Path
    files: Mapping[Path, bytes]
    formats: Mapping[str, FormatDefinition]


class Fingerprints:
    """Of the systems of one configuration, as its files are now. Each file is read once."""

    def __init__(self, configuration: Configuration) -> None:
        self._configuration = configuration
        self._directory = configuration.directory.resolve()
        self._state = configuration.gateway.state_dir.resolve()
        self._digests: dict[Path, bytes] = {}
        self._contracts: dict[Path, frozenset[Path]] = {}

    def of(self, config: SystemConfig) -> Fingerprint | None:
        """What a system is made of; None where that cannot be told, so that it is the same as nothing."""
        values = list(_leaves(config.settings.model_dump()))
        definitions = self._configuration.definitions
        try:
            files = self._with_imports({value.resolve() for value in values if isinstance(value, Path)})
            digests = {file: self._digest(file) for file in files}
        except OSError:
            return None
        return Fingerprint(
            config.type,
            config.settings,
            self._configuration.directory,
            digests,
            {
                value: definitions[value]
                for value in values
                if isinstance(value, str) and value in definitions
            },
        )

    def _with_imports(self, named: set[Path]) -> set[Path]:
        """These files, and what those of them that are contracts may import: files below the configuration
        folder, or below their own where they lie elsewhere. Raises: OSError."""
        found = set(named)
        for file in named:
            if file.suffix.lower() in _CONTRACTS - {""}:
                root = self._directory if file.is_relative_to(self._directory) else file.parent
                if root not in self._contracts:
                    self._contracts[root] = frozenset(self._contracts_below(root))
                found |= self._contracts[root]
        return found

    def _contracts_below(self, root: Path) -> Iterator[Path]:
        seen = 0
        for folder, folders, names in os.walk(root):
            inside = Path(folder)
            folders[:] = [name for name in folders if name != ".git" and inside / name != self._state]
            seen += len(names) + 1
            if seen > _MAX_SEEN:
                raise OSError(f"there are more than {_MAX_SEEN} files below {root}")
            files = (inside / name for name in names if Path(name).suffix.lower() in _CONTRACTS)
            # A pipe would be waited for.
            yield from (file for file in files if file.is_file())

    def _digest(self, file: Path) -> bytes:
        """Raises: OSError."""
        if file not in self._digests:
            with file.open("rb") as content:
                self._digests[file] = hashlib.file_digest(content, "sha256").digest()
        return self._digests[file]


def _leaves(value: object) -> Iterator[object]:
    if isinstance(value, Mapping):
        for inner in value.values():
            yield from _leaves(inner)
    elif isinstance(value, list | tuple | set | frozenset):
        for inner in value:
            yield from _leaves(inner)
    else:
        yield value
