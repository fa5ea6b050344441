"""`gateway mapping test`: the examples inside mappings, run; `gateway check` runs the small ones."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import typer

from gateway.cli.convert_mapping import known_mappings
from gateway.cli.failure import INPUT, USAGE, Failure
from gateway.cli.reporting import counted, print_json
from gateway.config import Mappings, Problem
from gateway.config.suggest import allowed, suggestion
from mappings.contract import Context
from mappings.examples import run_format, run_transform, size_of
from mappings.transform import build_transform

SMALL_BYTES = 64 * 1024
"""Examples up to this size, all of a mapping together, are cheap enough to be run with every check."""


class Ran(NamedTuple):
    """One example. `differences` is empty where it holds."""

    mapping: str
    number: int
    name: str
    differences: Sequence[str]

    @property
    def shown(self) -> str:
        """What it is called."""
        return f"{self.mapping}: example {self.number}{f' ({self.name})' if self.name else ''}"


def run(directory: Path, names: Sequence[str], as_json: bool) -> int:
    """Run all examples of these mappings, or of all; 1 when one does not hold."""
    known = known_mappings(directory)
    mappings = [*known.definitions, *known.transforms]
    for name in names:
        if name not in mappings:
            message = (
                f"there is no mapping {name!r} in {directory / 'mappings'}; {suggestion(name, mappings)}"
            )
            raise Failure(f"{message}there are: {allowed(mappings)}", USAGE)
    ran = [each for name in names or mappings for each in examples_of(name, known)]
    failed = [each for each in ran if each.differences]
    if as_json:
        print_json([each._asdict() for each in ran])
        return INPUT if failed else 0
    for each in failed:
        typer.echo(f"{each.shown}:")
        for line in each.differences:
            typer.echo(f"  {line}")
    without = [name for name in names or mappings if not any(each.mapping == name for each in ran)]
    if without:
        typer.echo(f"without examples: {', '.join(without)}")
    typer.echo(f"{counted(len(ran), 'example')}, {len(failed)} failed")
    return INPUT if failed else 0


def examples_of(name: str, defined: Mappings, most: int | None = None) -> Iterator[Ran]:
    """Run the examples of a mapping; those with which it has more than `most` bytes are left out."""
    transform = defined.transforms.get(name)
    size = 0
    if transform is not None:
        built = build_transform(transform)
        for number, one in enumerate(transform.examples, 1):
            size += size_of(one)
            if most is None or size <= most:
                yield Ran(name, number, one.name, run_transform(built, one))
        return
    definition, format_ = defined.definitions[name], defined.formats[name]
    context = Context(now=datetime.now(UTC))
    for number, each in enumerate(definition.examples, 1):
        size += size_of(each)
        if most is None or size <= most:
            yield Ran(name, number, each.name, run_format(definition, format_, each, context))


def problems(defined: Mappings) -> list[Problem]:
    """The small examples that do not hold, at their places."""
    return [
        defined.origins[name].problem(
            ("examples", each.number - 1), f"does not hold: {'; '.join(each.differences)}"
        )
        for name in (*defined.definitions, *defined.transforms)
        for each in examples_of(name, defined, SMALL_BYTES)
        if each.differences
    ]
