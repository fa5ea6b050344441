"""JSON Schema, compiled: says whether a value is valid, and everything that is wrong with it."""

from __future__ import annotations

import itertools

import jsonschema_rs

from adapters.contract import JsonSchema, JsonValue
from adapters.errors import Violation
from gateway.catalogue.explanations import explained

MAX_VIOLATIONS = 100
_MAX_MESSAGE = 300


class SchemaError(ValueError):
    """A schema that does not compile."""


class Checker:
    """One compiled schema. `Decimal` and integers of any size are compared exactly."""

    def __init__(self, schema: JsonSchema) -> None:
        """Raises: SchemaError."""
        self.schema = schema
        try:
            # The mask keeps values, which may be large or private, out of the messages.
            self._validator = jsonschema_rs.Draft202012Validator(
                schema, validate_formats=True, offline=True, mask="the value"
            )
        except ValueError as error:
            raise SchemaError(str(error).partition("\n")[0][:_MAX_MESSAGE]) from error
        self.is_valid = self._validator.is_valid

    def violations(self, value: JsonValue) -> list[Violation]:
        """All that is wrong with a value, at most `MAX_VIOLATIONS`, each with its JSON pointer."""
        found = (
            violation
            for error in self._validator.iter_errors(value)
            for violation in explained(error, self.schema)
        )
        return list(itertools.islice(found, MAX_VIOLATIONS))
