"""The catalogue of an SFTP system: for each inbox a listing and a get, for each outbox a put."""

from __future__ import annotations

from collections.abc import Iterator

from adapters.contract import (
    Binding,
    BytesShape,
    JsonSchema,
    JsonShape,
    Operation,
    Parameter,
    Result,
    RowsShape,
)
from adapters.sftp.boxes import Inbox, Outbox
from adapters.sftp.config import SftpSettings
from adapters.sftp.listing import Order
from adapters.sftp.names import MAX_NAME_BYTES
from adapters.sftp.template import NameTemplate

DEFAULT_LIMIT = 1000
MAX_LIMIT = 10_000

_FILE_NAME: JsonSchema = {"type": "string", "minLength": 1, "maxLength": MAX_NAME_BYTES}
_FILE_ROW: JsonSchema = {
    "type": "object",
    "properties": {
        "name": _FILE_NAME,
        "size": {"type": ["integer", "null"], "description": "Bytes."},
        "modified": {"type": ["string", "null"], "format": "date-time", "description": "Last change, UTC."},
    },
    "required": ["name", "size", "modified"],
    "additionalProperties": False,
}
_PUT_REPLY: JsonSchema = {
    "type": "object",
    "properties": {
        "file": {"type": "string", "description": "The name the file was given."},
        "size": {"type": "integer", "description": "Bytes written."},
        "sha256": {"type": "string", "pattern": "^[0-9a-f]{64}$", "description": "Of the bytes written."},
    },
    "required": ["file", "size", "sha256"],
    "additionalProperties": False,
}
_LIST_PARAMETERS = (
    Parameter(
        name="limit",
        location="query",
        schema={"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT},
        description="Files to return at most.",
    ),
    Parameter(
        name="offset",
        location="query",
        schema={"type": "integer", "minimum": 0, "maximum": 1_000_000, "default": 0},
        description="Files to pass over first.",
    ),
    Parameter(
        name="order",
        location="query",
        schema={"type": "string", "enum": [str(order) for order in Order], "default": str(Order.NAME)},
        description="How the files are sorted.",
    ),
)


def operations(settings: SftpSettings) -> Iterator[Operation]:
    """Every operation, in the order of the settings."""
    for name, inbox in settings.inboxes.items():
        yield _list(name, inbox)
        yield _get(name, inbox)
    for name, outbox in settings.outboxes.items():
        yield _put(name, outbox)


def _list(name: str, inbox: Inbox) -> Operation:
    return Operation(
        name=f"{name}.list",
        summary=f"List the files of {name}",
        description=inbox.description,
        safe=True,
        idempotent=True,
        bindings=(Binding(method="GET", path=f"/{name}"),),
        request=None,
        reply=RowsShape(_FILE_ROW),
        parameters=_LIST_PARAMETERS,
    )


def _get(name: str, inbox: Inbox) -> Operation:
    file = Parameter(
        name="file", location="path", schema=_FILE_NAME, description="The file's name.", required=True
    )
    return Operation(
        name=f"{name}.get",
        summary=f"Fetch a file of {name}",
        description=inbox.description,
        safe=True,
        idempotent=True,
        bindings=(Binding(method="GET", path=f"/{name}/{{file}}"),),
        request=None,
        reply=BytesShape(format=inbox.format),
        parameters=(file,),
    )


def _put(name: str, outbox: Outbox) -> Operation:
    template = NameTemplate(outbox.name)
    named = template.needs_name
    parameter = Parameter(
        name="name",
        location="query",
        schema=_FILE_NAME,
        description=f"The part of the file's name that stands for {{name}} in {outbox.name}.",
        required=True,
    )
    return Operation(
        name=f"{name}.put",
        summary=f"Put a file into {name}",
        description=outbox.description,
        safe=False,
        # The same name replaces the same file; a name made anew each time does not.
        idempotent=outbox.overwrite and outbox.name == "{name}",
        bindings=(Binding(method="POST", path=f"/{name}"),),
        request=BytesShape(format=outbox.format),
        reply=JsonShape(_PUT_REPLY),
        parameters=(parameter,) if named else (),
        takes_batches=True,
        deduplicates=outbox.keeps_files and template.is_steady,
        result=Result.CREATED,
    )
