"""How a configuration defines XML described by an XML Schema: `format: xml`.

Outside `mappings.xml`, which needs lxml and xmlschema: they are an extra, and are loaded only where a
configuration defines such a format.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias, cast

from pydantic import BeforeValidator, Field, ValidationInfo

from mappings.contract import Format
from mappings.definition import Definition

ReadFile: TypeAlias = Callable[[str], bytes]
"""Reads a file that a configuration names, relative to its folder. Raises: ValueError with what is wrong."""

READ_FILE = "read_file"
"""The key of the validation context that has a `ReadFile`. Without it, no schema can be named by its file."""


class SchemaText(Definition):
    """One schema document."""

    location: Annotated[str, Field(min_length=1, max_length=1000)]
    """Its name, against which the others' includes and imports are resolved; nothing is opened."""

    content: Annotated[str, Field(min_length=1, max_length=32 << 20)]
    """Its text."""


def _loaded(value: Any, info: ValidationInfo) -> Any:
    if not isinstance(value, str | Path):
        return tuple(map(SchemaText.model_validate, value)) if isinstance(value, list) else value
    read = (info.context or {}).get(READ_FILE)
    if read is None:
        raise ValueError("names a file, and there is none to be read here; give the documents themselves")
    _insist_on_libraries()
    gather = import_module("mappings.xml.format_documents").gather
    return tuple(SchemaText(location=name, content=text) for name, text in gather(str(value), read))


class XmlDefinition(Definition):
    """XML by schema: one record for each repeated element."""

    format: Literal["xml"]
    """XML described by an XML Schema."""

    documents: Annotated[
        Path | Annotated[tuple[SchemaText, ...], Field(min_length=1, max_length=500)],
        BeforeValidator(_loaded),
        Field(alias="schema"),
    ]
    """The schema's file; what it includes and imports is found beside it. Or the documents themselves, each
    with its location and content."""

    root: Annotated[str, Field(min_length=1, max_length=1000)] | None = None
    """The document's element: its name, with {namespace} before it where several have that name. It may be
    left out where the schema has one global element."""

    record: Annotated[str, Field(pattern=r"^[^/{}\s]+(/[^/{}\s]+)*$", max_length=1000)] | None = None
    """The element that is a record, by the names that lead to it below the root, such as batch/order. Without
    it the whole document is one record, which is held in memory."""

    around: Literal["refuse", "skip"] = "refuse"
    """What becomes of elements and attributes that stand around the records: they are errors, or are passed
    over unread. Neither is written."""


def build_xml(definition: XmlDefinition) -> Format:
    """The format that a definition describes. Raises: ValueError with what is wrong with it."""
    _insist_on_libraries()
    return cast("Format", import_module("mappings.xml.format").XmlFormat(definition))


def _insist_on_libraries() -> None:
    for name in ("lxml", "xmlschema"):
        if find_spec(name) is None:
            raise ValueError(f"needs {name}, which is not installed: pip install 'legacy-gateway[soap]'")
