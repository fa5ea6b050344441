"""What `gateway convert` is asked to convert by: formats, a transform, or a copybook without any mapping."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import typer
from pydantic import ValidationError

from gateway.cli.failure import INPUT, USAGE, Failure
from gateway.cli.reporting import refuse
from gateway.config import ConfigurationError, Mappings, load_mappings
from gateway.config.files import file_reader
from gateway.config.suggest import allowed, suggestion
from mappings.contract import Format, JsonSchema
from mappings.definition import READ_FILE
from mappings.fixed_width.code_pages import Encoding
from mappings.fixed_width.record_formats import RecordFormat
from mappings.kinds import BUILT_IN_NAMES, build, built_in, definition_of
from mappings.transform import Transform, build_transform

SHAPES = "FORMAT, TRANSFORM, FORMAT+TRANSFORM, FORMAT+TRANSFORM+FORMAT or FORMAT+FORMAT"


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


def choose(name: str, directory: Path) -> Chosen:
    """The mapping of this name, one of SHAPES; built-in formats need no folder.

    Raises: Failure, typer.Exit after everything wrong with the mappings has been printed.
    """
    names = name.split("+")
    if len(names) > 3 or not all(names):
        raise Failure(f"{name!r} is no mapping; allowed: {SHAPES}", USAGE)
    known = known_mappings(directory, names)
    match [find(each, known, directory) for each in names]:
        case [Transform() as transform]:
            return Chosen(None, transform)
        case [first, Transform() as transform] if not isinstance(first, Transform):
            return Chosen(first, transform)
        case [first, Transform() as transform, last] if not isinstance(first, Transform):
            if not isinstance(last, Transform):
                return Chosen(first, transform, last)
        case [first] if not isinstance(first, Transform):
            return Chosen(first, None)
        case [first, last] if not (isinstance(first, Transform) or isinstance(last, Transform)):
            return Chosen(first, None, last)
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


def find(name: str, known: Mappings, directory: Path) -> Format | Transform:
    """The mapping of this name. Raises: Failure."""
    if name in known.transforms:
        return build_transform(known.transforms[name])
    found = known.formats.get(name) or built_in(name)
    if found is None:
        names = [*known.origins, *BUILT_IN_NAMES]
        raise Failure(
            f"there is no mapping {name!r} in {directory / 'mappings'}; "
            f"{suggestion(name, names)}there are: {allowed(names)}",
            USAGE,
        )
    return found


def copybook_format(copybook: Path, codepage: str | None, record_format: str | None) -> Format:
    """The format that a copybook alone describes. Raises: Failure."""
    pages = [page.value for page in Encoding]
    if codepage not in pages:
        wrong = (
            f"--codepage {codepage}: {suggestion(codepage, pages)}" if codepage else "--codepage: is needed; "
        )
        raise Failure(f"{wrong}allowed: {', '.join(pages)}", USAGE)
    formats = [each.value for each in RecordFormat]
    if record_format is not None and record_format not in formats:
        raise Failure(f"--record-format {record_format}: allowed: {', '.join(formats)}", USAGE)
    keys = {"format": "copybook", "copybook": copybook.name, "encoding": codepage}
    if record_format is not None:
        keys["record_format"] = record_format
    context = {READ_FILE: file_reader(copybook.parent.absolute())}
    try:
        return build(definition_of("copybook").model_validate(keys, context=context))
    except ValidationError as error:
        reasons = [
            str(each["msg"]).removeprefix("Value error, ") for each in error.errors(include_input=False)
        ]
    except ValueError as error:
        reasons = str(error).splitlines()
    lines = "".join(f"\n  {reason}" for reason in reasons)
    hint = "`gateway mapping infer --copybook` drafts a definition in which it can be said"
    raise Failure(f"{copybook}: does not say everything:{lines}\n{hint}")
