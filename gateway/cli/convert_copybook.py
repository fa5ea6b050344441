"""`gateway convert --copybook`: a format from a copybook alone, without any mapping."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from gateway.cli.failure import USAGE, Failure
from gateway.config.files import file_reader
from gateway.config.suggest import suggestion
from mappings.contract import Format
from mappings.copybook import CopybookDefinition, CopybookFormat
from mappings.definition import READ_FILE
from mappings.fixed_width.code_pages import Encoding
from mappings.fixed_width.record_formats import RecordFormat


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
        return CopybookFormat(CopybookDefinition.model_validate(keys, context=context))
    except ValidationError as error:
        reasons = [
            str(each["msg"]).removeprefix("Value error, ") for each in error.errors(include_input=False)
        ]
    except ValueError as error:
        reasons = str(error).splitlines()
    lines = "".join(f"\n  {reason}" for reason in reasons)
    hint = "`gateway mapping infer --copybook` drafts a definition in which it can be said"
    raise Failure(f"{copybook}: does not say everything:{lines}\n{hint}")
