"""`gateway init`: a configuration folder to start from."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path

import typer

from gateway.cli.describing import DIALECT, KINDS, file_schema
from gateway.cli.failure import Failure
from gateway.cli.reporting import print_json

# What is written, and the template it comes from.
_FILES = {
    "gateway.yaml": "gateway.yaml",
    "systems/examples.yaml": "systems.yaml",
    "mappings/examples.yaml": "mappings.yaml",
    "routes/examples.yaml": "routes.yaml",
    "flows/examples.yaml": "flows.yaml",
    ".gitignore": "gitignore",
}
_SCHEMAS = ".schema"


def run(directory: Path, as_json: bool) -> int:
    """Write the files; an existing folder must be empty."""
    if directory.exists() and not directory.is_dir():
        raise Failure(f"{directory} is not a folder")
    if directory.is_dir() and any(directory.iterdir()):
        raise Failure(f"{directory} is not empty; choose an empty or a new folder")
    templates = files("gateway.cli") / "templates"
    for target, template in _FILES.items():
        path = directory / target
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text((templates / template).read_text(encoding="utf-8"), encoding="utf-8")
    schemas = _write_schemas(directory / _SCHEMAS)
    if as_json:
        print_json({"files": [*(str(directory / target) for target in _FILES), *map(str, schemas)]})
        return 0
    typer.echo(f"Wrote {', '.join(_FILES)} in {directory}, and {_SCHEMAS}/ for editors that complete YAML.")
    typer.echo(
        "Next:\n"
        f"  1. describe your systems in {directory / 'systems'}; examples.yaml shows one of each kind;\n"
        f"     formats of files go into {directory / 'mappings'},\n"
        f"     and what is done with what arrives into {directory / 'flows'}\n"
        f"  2. gateway -C {directory} check --connect\n"
        f"  3. gateway -C {directory} keys create me --scope '*:read' --scope '*:write'\n"
        f"  4. gateway -C {directory} serve"
    )
    return 0


def _write_schemas(folder: Path) -> list[Path]:
    """What the first line of each file names, so that an editor completes keys and marks mistakes."""
    folder.mkdir()
    written = []
    for kind in KINDS:
        path = folder / f"{kind}.json"
        path.write_text(
            json.dumps({"$schema": DIALECT, **file_schema(kind)}, indent=1) + "\n", encoding="utf-8"
        )
        written.append(path)
    return written
