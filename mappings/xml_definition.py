"""How a configuration defines XML: `format: xml`, by an XML Schema, by declared paths or by a convention.

Outside `mappings.xml`, which needs lxml and xmlschema: they are an extra, and are loaded only where a
configuration defines such a format.
"""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any, Literal, cast

from pydantic import BeforeValidator, Field, ValidationInfo

from mappings.contract import Format
from mappings.definition import READ_FILE as READ_FILE
from mappings.definition import Definition
from mappings.definition import ReadFile as ReadFile
from mappings.exemplified import ExemplifiedFormat
from mappings.xml_fields import Fields, Namespaces


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


class XmlDefinition(ExemplifiedFormat):
    """XML: one record for each repeated element. One of `schema`, `fields`, `convention` says what it is."""

    format: Literal["xml"]
    """XML by an XML Schema, by declared paths, or by a convention for any document."""

    documents: Annotated[
        Path | Annotated[tuple[SchemaText, ...], Field(min_length=1, max_length=500)] | None,
        BeforeValidator(_loaded),
        Field(alias="schema"),
    ] = None
    """The schema's file; what it includes and imports is found beside it. Or the documents themselves, each
    with its location and content."""

    fields: Fields | None = None
    """The fields of a record by declared paths, in the order in which they are written."""

    convention: Literal["badgerfish", "parker"] | None = None
    """Any document, as JSON by a convention: `badgerfish` keeps attributes and namespaces, `parker` has only
    elements and texts."""

    root: Annotated[str, Field(min_length=1, max_length=1000)] | None = None
    """The document's element: its name, by a schema with {namespace} before it where several have that name,
    else with a prefix of `namespaces`. It may be left out where the schema has one global element, and where
    a convention reads whole documents."""

    record: Annotated[str, Field(pattern=r"^[^/{}\s]+(/[^/{}\s]+)*$", max_length=1000)] | None = None
    """The element that is a record, by the names that lead to it below the root, such as batch/order. Without
    it the whole document is one record, which is held in memory."""

    around: Literal["refuse", "skip"] = "refuse"
    """What becomes of elements and attributes that stand around the records: they are errors, or are passed
    over unread. Neither is written."""

    namespaces: Namespaces = Field(default_factory=dict)
    """Namespaces by the prefix that paths and names use for them; the empty prefix is that of elements
    without one. They are written with these prefixes, and read with whatever prefix they have."""

    others: Literal["refuse", "skip"] = "refuse"
    """With `fields`: elements and attributes in a record that no field is for are errors, or are passed
    over."""

    spaces: Literal["keep", "trim"] = "keep"
    """With `fields`: white space around texts stays, or is taken off."""

    empty: Literal["value", "absent"] = "value"
    """With `fields`: an element or attribute without text is an empty text, and an error where that is none
    of its type's values; or it is as if it were not there."""


def build_xml(definition: XmlDefinition) -> Format:
    """The format that a definition describes. Raises: ValueError with what is wrong with it."""
    _insist_on_libraries()
    return cast("Format", import_module("mappings.xml.format").XmlFormat(definition))


def _insist_on_libraries() -> None:
    for name in ("lxml", "xmlschema"):
        if find_spec(name) is None:
            raise ValueError(f"needs {name}, which is not installed: pip install 'legacy-gateway[soap]'")
