"""How a configuration defines XML by declared paths: the fields of a record and where each stands."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import AfterValidator, Discriminator, Field, Tag

from mappings.definition import Definition

FieldName = Annotated[str, Field(min_length=1, max_length=200)]
Word = Annotated[str, Field(min_length=1, max_length=100)]
_PATH = r"^(([^/@{}\[\]()*\s]+/)*([^/@{}\[\]()*\s]+|@[^/@{}\[\]()*\s]+|text\(\))|\.)$"


def _is_path(value: str) -> str:
    if re.fullmatch(_PATH[1:-1], value) is None:
        what = "must be names of elements with / between them, at the end an element, @attribute or text()"
        raise ValueError(what)
    return value


XmlPath = Annotated[
    str, Field(max_length=1000, json_schema_extra={"pattern": _PATH}), AfterValidator(_is_path)
]
"""Elements below the record's element, such as `customer/name`; `@id` is an attribute, `text()` or `.` the
text. Names may have a prefix of `namespaces`."""


class _Placed(Definition):
    path: XmlPath | None = None
    """Where it stands below the element that is the record, or the group: elements and at the end an
    attribute (`@id`), the text (`text()`) or an element. Without it the element of the field's name."""

    required: bool = False
    """It must be there."""

    repeat: bool = False
    """The last element of the path may occur several times; in records it is a list."""

    nullable: bool = False
    """It may be null: the element has `xsi:nil="true"`."""

    description: Annotated[str, Field(max_length=2000)] = ""
    """What it means, shown in the API documentation."""


class ValueField(_Placed):
    """One value: the text of an element or an attribute. Its types are those of delimited text."""

    type: Literal["string", "integer", "decimal", "boolean", "date", "time", "datetime"] = "string"
    """What the text is. White space around values of other types than `string` means nothing."""

    min_length: Annotated[int, Field(ge=0, le=1_000_000)] | None = None
    """Of a string: characters that it has at least."""

    max_length: Annotated[int, Field(ge=0, le=1_000_000)] | None = None
    """Of a string: characters that it has at most."""

    minimum: Annotated[int, Field(ge=-(10**40), le=10**40)] | None = None
    """Of an integer: the least value allowed."""

    maximum: Annotated[int, Field(ge=-(10**40), le=10**40)] | None = None
    """Of an integer: the greatest value allowed."""

    scale: Annotated[int, Field(ge=0, le=100)] | None = None
    """Of a decimal: at most so many digits behind the point are read, exactly so many are written."""

    separator: Literal[".", ","] | None = None
    """Of a decimal: what stands before the fraction; a point without it."""

    pattern: Annotated[str, Field(min_length=2, max_length=100)] | None = None
    """Of a date, time or datetime: how it is written, such as %d.%m.%Y; RFC 3339 without it, of a datetime
    with or without a fraction of the second."""

    century_from: Annotated[int, Field(ge=1, le=9900)] | None = None
    """Of a date or datetime: the first of the hundred years that %y can mean."""

    offset: (
        Annotated[str, Field(pattern=r"^(Z|local|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$", max_length=6)] | None
    ) = None
    """Of a datetime whose pattern has neither %z nor %:z: the difference from UTC, or `local` for times of no
    zone."""

    true_words: Annotated[tuple[Word, ...], Field(min_length=1, max_length=20)] | None = None
    """Of a boolean: words read as true, the first is written; `true` and `1` without them."""

    false_words: Annotated[tuple[Word, ...], Field(min_length=1, max_length=20)] | None = None
    """Of a boolean: words read as false, the first is written; `false` and `0` without them."""


class GroupField(_Placed):
    """An element with fields of its own; in records an object."""

    fields: Annotated[dict[FieldName, FieldUse], Field(min_length=1, max_length=1000)]
    """Its fields; their paths begin at its element."""


def _kind(value: Any) -> str:
    if isinstance(value, str):
        return "path"
    is_group = "fields" in value if isinstance(value, dict) else isinstance(value, GroupField)
    return "group" if is_group else "value"


FieldUse: TypeAlias = Annotated[
    Annotated[XmlPath, Tag("path")]
    | Annotated[ValueField, Tag("value")]
    | Annotated[GroupField, Tag("group")],
    Discriminator(_kind),
]
"""A path alone is the text that stands there."""
GroupField.model_rebuild()

Fields = Annotated[dict[FieldName, FieldUse], Field(min_length=1, max_length=1000)]
Namespaces = Annotated[
    dict[
        Annotated[str, Field(max_length=100, pattern=r"^([A-Za-z_][\w.\-]*)?$")],
        Annotated[str, Field(min_length=1, max_length=1000)],
    ],
    Field(max_length=100),
]
