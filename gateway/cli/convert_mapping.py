"""What `gateway convert` is asked to convert by: formats, a transform, or both."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import typer

from gateway.cli.failure import INPUT, USAGE, Failure
from gateway.cli.reporting import refuse
from gateway.config import ConfigurationError, Mappings, load_mappings
from gateway.config.suggest import allowed, suggestion
from mappings.compression import CompressedFormat
from mappings.contract import Context, Format, JsonSchema
from mappings.kinds import BUILT_IN_NAMES, build_transform, built_in

if TYPE_CHECKING:
    from mappings.transform import Transform

SHAPES = "FORMAT, TRANSFORM, FORMAT+TRANSFORM, FORMAT+TRANSFORM+FORMAT or FORMAT+FORMAT"


_JSON_GROWS = 64
"""Times as long as its bytes in the data a record's JSON may be: names, which have up to 30 characters in
COBOL, stand beside values of one."""


@runtime_checkable
class Measured(Format, Protocol):
    """A format whose definition says how long records are."""

    @property
    def record_lengths(self) -> Mapping[str, tuple[int, int]]:
        """The least and the most bytes of each type of record."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """What reads, what maps and what writes; at least one of them is there. Where a format is not, records
    are read or written as JSON or CSV."""

    format: Format | None
    transform: Transform | None
    target: Format | None = None

    def reversed(self) -> Chosen:
        """The other way. Raises: Failure for a transform that has none."""
        back = None if self.transform is None else self.transform.inverse()
        if self.transform is not None and back is None:
            raise Failure(f"--encode: the transform has no way back: {self.transform.why_one_way}", USAGE)
        return Chosen(self.target, back, self.format)

    def schema(self) -> JsonSchema:
        """The JSON Schema of the records that come out."""
        if self.target is not None:
            return self.target.schema()
        source = None if self.format is None else self.format.schema()
        if self.transform is not None:
            return self.transform.schema(source)
        assert source is not None, "there is a format or a transform"
        return source

    def most_record_bytes(self) -> int:
        """How long a record may be, in the data and as JSON, so that those fit in that the definitions
        describe. Where they do not say it, that is what every record may be."""
        longest = max(_longest(self.format), _longest(self.target))
        return max(Context().max_record_bytes, longest * _JSON_GROWS)


def _longest(format_: Format | None) -> int:
    """Bytes of the longest record, 0 where the definition does not say it."""
    plain = format_.inner if isinstance(format_, CompressedFormat) else format_
    if not isinstance(plain, Measured):
        return 0
    return max(most for _, most in plain.record_lengths.values())


def choose(name: str, directory: Path) -> Chosen:
    """The mapping of this name, one of SHAPES; built-in formats need no folder.

    Raises: Failure, typer.Exit after everything wrong with the mappings has been printed.
    """
    names = name.split("+")
    if len(names) > 3 or not all(names):
        raise Failure(f"{name!r} is no mapping; allowed: {SHAPES}", USAGE)
    known = known_mappings(directory, names)
    for each in names:
        insist_on(each, known, directory)
    match names, [each in known.transforms for each in names]:
        case [only], [True]:
            return Chosen(None, build_transform(known.transforms[only]))
        case [only], [False]:
            return Chosen(format_of(only, known), None)
        case [first, last], [False, True]:
            return Chosen(format_of(first, known), build_transform(known.transforms[last]))
        case [first, last], [False, False]:
            return Chosen(format_of(first, known), None, format_of(last, known))
        case [first, middle, last], [False, True, False]:
            transform = build_transform(known.transforms[middle])
            return Chosen(format_of(first, known), transform, format_of(last, known))
    raise Failure(f"{name!r} does not go together so; allowed: {SHAPES}", USAGE)


def known_mappings(directory: Path, names: Collection[str] | None = None) -> Mappings:
    """The mappings of a folder, or those of these names. The folder is not looked at where all of them are of
    built-in formats.

    Raises: typer.Exit after everything wrong with them has been printed.
    """
    if names is not None and all(each in BUILT_IN_NAMES for each in names):
        return Mappings({}, {})
    try:
        return load_mappings(directory, names=names)
    except ConfigurationError as error:
        refuse(error.problems)
        raise typer.Exit(INPUT) from None


def insist_on(name: str, known: Mappings, directory: Path) -> None:
    """Raises: Failure where no mapping has this name."""
    if name in known.formats or name in known.transforms or name in BUILT_IN_NAMES:
        return
    names = [*known.origins, *BUILT_IN_NAMES]
    raise Failure(
        f"there is no mapping {name!r} in {directory / 'mappings'}; "
        f"{suggestion(name, names)}there are: {allowed(names)}",
        USAGE,
    )


def format_of(name: str, known: Mappings) -> Format:
    """The format of this name, which there is."""
    found = known.formats.get(name) or built_in(name)
    assert found is not None, "somebody has insisted on it"
    return found
