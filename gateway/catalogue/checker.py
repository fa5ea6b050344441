"""JSON Schema, compiled: says whether a value is valid, and everything that is wrong with it."""

from __future__ import annotations

import itertools
from dataclasses import replace

import jsonschema_rs

from adapters.contract import JsonSchema, JsonValue
from adapters.errors import Violation
from gateway.catalogue.excerpt import Excerpt, TooManyMembers, excerpts
from gateway.catalogue.explanations import explained, pointer

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
        """What is wrong with a value, at most `MAX_VIOLATIONS`, each with its JSON pointer.

        Of a large value the first part that is wrong is explained, in bounded time.
        """
        if self.is_valid(value):
            return []
        try:
            for excerpt in excerpts(value):
                if not self.is_valid(excerpt.value):
                    return self._explained(excerpt)
        except TooManyMembers as error:
            message = f"is not valid; it has {error.count} members, too many to say which are wrong"
            return [Violation(message, pointer=pointer(error.path))]
        return [Violation("is not valid; it is too large to say where", pointer="")]

    def _explained(self, excerpt: Excerpt) -> list[Violation]:
        found = (
            replace(violation, pointer=excerpt.place(violation.pointer or ""))
            for error in self._validator.iter_errors(excerpt.value)
            for violation in explained(error, self.schema)
        )
        return list(itertools.islice(found, MAX_VIOLATIONS))
