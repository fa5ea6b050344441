"""Examples kept inside a definition: what data means, and what is wrong with bad data."""

from __future__ import annotations

import base64
from typing import Annotated, Any, TypeAlias

from pydantic import BeforeValidator, Field, ValidationInfo, model_validator

from mappings.compression.schema import Compressible
from mappings.definition import READ_FILE, Definition

_MOST_TEXT = 1 << 20
_MOST_RECORDS = 10_000

Name = Annotated[str, Field(max_length=200)]
Rule = Annotated[str, Field(min_length=1, max_length=100)]


class ExpectedError(Definition):
    """An error that the data must give. What is left out is not compared."""

    rule: Rule
    """The rule that is broken, as `gateway convert` prints it."""

    record: Annotated[int, Field(ge=1, le=10**12)] | None = None
    """The record's number, from 1."""

    byte: Annotated[int, Field(ge=0, le=10**15)] | None = None
    """The byte's number, from 0."""

    field: Annotated[str, Field(max_length=1000)] | None = None
    """The JSON pointer to the field."""


def _expected(value: Any) -> Any:
    return {"rule": value} if isinstance(value, str) else value


Expected: TypeAlias = Annotated[ExpectedError, BeforeValidator(_expected)]


class ExampleFile(Definition):
    """A file's content."""

    name: Annotated[str, Field(min_length=1, max_length=1000)]
    """Its name."""

    content: Annotated[str, Field(max_length=2 * _MOST_TEXT)]
    """Its bytes in base64."""


def _loaded(value: Any, info: ValidationInfo) -> Any:
    if not isinstance(value, str):
        return value
    read = (info.context or {}).get(READ_FILE)
    if read is None:
        raise ValueError("names a file, and there is none to be read here; give its content")
    data: bytes = read(value)
    if len(data) > _MOST_TEXT:
        raise ValueError(f"{value!r} is larger than {_MOST_TEXT} bytes; an example is small")
    return {"name": value, "content": base64.b64encode(data).decode("ascii")}


class FormatExample(Definition):
    """Data and the records that it holds, checked in both directions."""

    name: Name = ""
    """What the example shows."""

    data: Annotated[str, Field(max_length=_MOST_TEXT)] | None = None
    """The data as text, in the format's encoding; where the format is compressed, what is inside."""

    hex: Annotated[str, Field(max_length=2 * _MOST_TEXT, pattern=r"^([0-9A-Fa-f]{2}|\s)*$")] | None = None
    """The data in hexadecimal; spaces may stand between bytes."""

    base64: Annotated[str, Field(max_length=2 * _MOST_TEXT, pattern=r"^[A-Za-z0-9+/=\s]*$")] | None = None
    """The data in base64."""

    file: Annotated[ExampleFile, BeforeValidator(_loaded)] | None = None
    """A file with the data, relative to the configuration folder."""

    records: Annotated[tuple[Any, ...], Field(max_length=_MOST_RECORDS)] | None = None
    """All records that the data gives. Without data they are written and read again. A decimal with more
    digits than fit in a number of YAML is written as text."""

    errors: Annotated[tuple[Expected, ...], Field(max_length=1000)] = ()
    """All errors that the data gives, in their order: each a rule, or a rule with its place."""

    one_way: bool = False
    """The records are not written again; without it they must give the same data, where it has no errors."""

    @model_validator(mode="after")
    def _one_of_them(self) -> FormatExample:
        given = [self.data, self.hex, self.base64, self.file]
        found = sum(each is not None for each in given)
        if found > 1:
            raise ValueError("give one of data, hex, base64 and file")
        if not found and (self.records is None or self.errors or self.one_way):
            raise ValueError("give data, hex, base64 or file; records alone are only written and read again")
        if self.records is None and not self.errors:
            raise ValueError("give the records, or the errors, that the data holds")
        return self


class TransformExample(Definition):
    """A record and its result, checked in both directions where there are two."""

    name: Name = ""
    """What the example shows."""

    source: Annotated[Any, Field(alias="from")]
    """The record."""

    result: Annotated[Any, Field(alias="to")] = None
    """Its result."""

    errors: Annotated[tuple[Expected, ...], Field(max_length=1)] = ()
    """The error that it gives in place of a result."""

    one_way: bool = False
    """The result does not go back to this record."""


class ExemplifiedFormat(Compressible):
    """The keys of every format."""

    examples: Annotated[tuple[FormatExample, ...], Field(max_length=100, exclude=True)] = ()
    """Examples that `gateway mapping test` and `gateway check` run; they change nothing else."""


class ExemplifiedTransform(Definition):
    """The keys of every transform."""

    examples: Annotated[tuple[TransformExample, ...], Field(max_length=100, exclude=True)] = ()
    """Examples that `gateway mapping test` and `gateway check` run; they change nothing else."""
