"""What `gateway convert` is asked to convert by: a format, a transform, or both."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import typer

from gateway.cli.failure import INPUT, USAGE, Failure
from gateway.cli.reporting import refuse
from gateway.config import ConfigurationError, Mappings, load_mappings
from gateway.config.suggest import allowed, suggestion
from mappings.contract import Format
from mappings.formats import BUILT_IN_NAMES, built_in
from mappings.transform import Transform, build_transform


@dataclass(frozen=True, slots=True)
class Chosen:
    """At least one of them is there."""

    format: Format | None
    transform: Transform | None


def choose(name: str, directory: Path) -> Chosen:
    """The mapping of this name: FORMAT, TRANSFORM or FORMAT+TRANSFORM; built-in formats need no folder.

    Raises: Failure, typer.Exit after everything wrong with the mappings has been printed.
    """
    names = name.split("+")
    if len(names) > 2 or not all(names):
        raise Failure(f"{name!r} is no mapping; allowed: FORMAT, TRANSFORM or FORMAT+TRANSFORM", USAGE)
    needs_folder = not all(each in BUILT_IN_NAMES for each in names)
    known = _known(directory) if needs_folder else Mappings({}, {})
    found = [_find(each, known, directory) for each in names]
    if len(found) == 1:
        only = found[0]
        return Chosen(None, only) if isinstance(only, Transform) else Chosen(only, None)
    format_, transform = found
    if isinstance(format_, Transform) or not isinstance(transform, Transform):
        raise Failure(f"{name!r}: before the + stands a format, after it a transform", USAGE)
    return Chosen(format_, transform)


def _known(directory: Path) -> Mappings:
    try:
        return load_mappings(directory)
    except ConfigurationError as error:
        refuse(error.problems)
        raise typer.Exit(INPUT) from None


def _find(name: str, known: Mappings, directory: Path) -> Format | Transform:
    if name in known.transforms:
        return build_transform(known.transforms[name])
    found = known.formats.get(name) or built_in(name)
    if found is None:
        names = [*known.formats, *known.transforms, *BUILT_IN_NAMES]
        raise Failure(
            f"there is no mapping {name!r} in {directory / 'mappings'}; "
            f"{suggestion(name, names)}there are: {allowed(names)}",
            USAGE,
        )
    return found
