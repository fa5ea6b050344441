"""`gateway mapping schema`: the JSON Schema of a mapping's records."""

from __future__ import annotations

import json
from pathlib import Path

import typer

from gateway.cli.convert_mapping import Chosen, choose
from gateway.cli.describing import DIALECT
from gateway.cli.failure import USAGE, Failure
from mappings.contract import JsonSchema
from mappings.json import encode

SIDES = ("source", "target")


def run(directory: Path, mapping: str, side: str | None) -> int:
    """Print the schema of one side."""
    if side is not None and side not in SIDES:
        raise Failure(f"--of {side}: allowed: {', '.join(SIDES)}", USAGE)
    chosen = choose(mapping, directory)
    schema = _source(chosen) if side == "source" else chosen.schema()
    # By way of exact numbers: bounds of records may have any number of digits.
    typer.echo(json.dumps(json.loads(encode({"$schema": DIALECT, **schema})), indent=2, ensure_ascii=False))
    return 0


def _source(chosen: Chosen) -> JsonSchema:
    """Of what comes in: a format's records, or what a transform alone needs as far as it says."""
    if chosen.format is not None:
        return chosen.format.schema()
    assert chosen.transform is not None, "there is a format or a transform"
    back = chosen.transform.inverse()
    if back is None:
        reason = chosen.transform.why_one_way
        raise Failure(
            f"--of source: a transform that has no way back says nothing of its source: {reason}", USAGE
        )
    return back.schema()
