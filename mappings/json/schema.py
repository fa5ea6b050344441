"""How a configuration defines a JSON format: by a JSON Schema of its record; and that schema applied."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

import jsonschema_rs
from pydantic import AfterValidator, Field

from mappings.contract import Details, JsonSchema, JsonValue, MappingError, Place, as_it_is
from mappings.exemplified import ExemplifiedFormat

ANY_RECORD: dict[str, Any] = {}


class RecordSchema:
    """The JSON Schema of one record, compiled. `Decimal` and integers of any size are compared exactly."""

    def __init__(self, schema: dict[str, Any]) -> None:
        """Raises: ValueError when the schema does not compile."""
        self.schema = schema
        # The mask keeps values, which may be large or private, out of the messages.
        self._validator = jsonschema_rs.Draft202012Validator(
            schema, validate_formats=True, offline=True, mask="the value"
        )

    def allows(self, records: Sequence[JsonValue]) -> bool:
        """True when nothing is wrong with any of these records."""
        return not self.schema or all(map(self._validator.is_valid, records))

    def error(self, record: JsonValue, place: Place, *, raw: bytes = b"") -> MappingError | None:
        """What is wrong with a record that begins at `place` and came as `raw`; the first finding, if there
        are more."""
        if self._validator.is_valid(record):
            return None
        found = next(iter(self._validator.iter_errors(record)))
        steps = (str(step).replace("~", "~0").replace("/", "~1") for step in found.instance_path)
        path = "".join(f"/{step}" for step in steps)
        where = Place(record=place.record, byte_offset=place.byte_offset, line=place.line, path=path)
        return MappingError(found.message[:_MAX_MESSAGE], rule="schema", place=where, raw=raw)


_MAX_MESSAGE = 300
_LOSSES = ("format: white space, escapes and exponents are written in one canonical form",)


class RecordsInJson:
    """What both formats have in common: the schema of a record, and what is not written as it was."""

    def __init__(self, record: dict[str, Any] | None = None) -> None:
        """Raises: ValueError when the record's schema does not compile."""
        self._schema = RecordSchema(dict(record or ANY_RECORD))

    def schema(self) -> JsonSchema:
        """JSON Schema of one record."""
        return self._schema.schema

    def details(self) -> Details:
        """What flows see of one stream: each record."""
        return as_it_is

    def losses(self) -> Sequence[str]:
        """How the text was written."""
        return _LOSSES


def _sound(schema: dict[str, Any]) -> dict[str, Any]:
    try:
        jsonschema_rs.meta.validate(schema)
        RecordSchema(schema)
    except ValueError as error:
        reason = error.message if isinstance(error, jsonschema_rs.ValidationError) else str(error)
        raise ValueError(f"is not a JSON Schema: {reason.partition(chr(10))[0][:_MAX_MESSAGE]}") from None
    return schema


class JsonDefinition(ExemplifiedFormat):
    """Records as JSON: one value that is an array of records or one record, or one record a line."""

    format: Literal["json", "ndjson"]
    """`json` for one JSON value, `ndjson` for one record a line."""

    record: Annotated[dict[str, Any], Field(max_length=1000), AfterValidator(_sound)] = ANY_RECORD
    """JSON Schema (2020-12) of one record; without it any JSON value is a record."""
