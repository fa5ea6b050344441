"""`gateway mapping infer`: a definition drafted from samples."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import typer

from gateway.cli.convert_files import STANDARD, opened_to_read
from gateway.cli.failure import USAGE, Failure
from gateway.config.files import file_reader
from gateway.config.suggest import suggestion
from mappings.fixed_width.code_pages import Encoding
from mappings.infer import MAX_SAMPLE_BYTES, Draft, InferenceError, Sample, infer, infer_copybook

_NOT_A_NAME = re.compile(r"[^a-z0-9]+")


def run(
    directory: Path, samples: Sequence[Path], copybook: Path | None, codepage: str | None, name: str | None
) -> int:
    """Print the draft."""
    pages = [page.value for page in Encoding]
    if codepage is not None and codepage not in pages:
        message = f"--codepage {codepage}: {suggestion(codepage, pages)}allowed: {', '.join(pages)}"
        raise Failure(message, USAGE)
    found = [_sample(path) for path in samples]
    try:
        draft = infer(found, codepage) if copybook is None else _with(copybook, directory, found, codepage)
    except InferenceError as error:
        raise Failure(f"{samples[0]}: {error}") from None
    typer.echo(draft.text(name or _name(samples[0])), nl=False)
    return 0


def _sample(path: Path) -> Sample:
    with opened_to_read(path) as (file, _):
        data = bytearray()
        while len(data) <= MAX_SAMPLE_BYTES and (part := file.read(MAX_SAMPLE_BYTES + 1 - len(data))):
            data += part
    is_whole = len(data) <= MAX_SAMPLE_BYTES
    return Sample(str(path), bytes(data[:MAX_SAMPLE_BYTES]), is_whole=is_whole)


def _with(copybook: Path, directory: Path, samples: Sequence[Sample], codepage: str | None) -> Draft:
    """The draft with a copybook, named as from the configuration folder where it lies below that."""
    if not copybook.is_file():
        raise Failure(f"{copybook}: {'is not a file' if copybook.exists() else 'does not exist'}")
    base, path = directory.resolve(), copybook.resolve()
    if path.is_relative_to(base):
        return infer_copybook(samples, path.relative_to(base).as_posix(), file_reader(base), codepage)
    return infer_copybook(samples, str(path), file_reader(path.parent), codepage)


def _name(path: Path) -> str:
    if path == STANDARD:
        return "sample"
    return _NOT_A_NAME.sub("-", path.name.partition(".")[0].lower()).strip("-") or "sample"
