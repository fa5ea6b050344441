"""Text from the path and the query string to typed values, as the operation's schemas ask."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from urllib.parse import parse_qsl

from adapters.contract import JsonValue
from adapters.errors import Violation
from gateway.catalogue import Checker, Input
from gateway.catalogue.members import types
from gateway.config.suggest import allowed, did_you_mean
from gateway.http.paths import BAD_ESCAPE
from gateway.http.problems import INVALID_PARAMETERS, HttpProblem, violations
from mappings import json
from mappings.contract import MappingError

MAX_QUERY_PARAMETERS = 1000
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]*)", re.ASCII)
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?", re.ASCII)

Convert = Callable[[str], JsonValue]


class _Reader:
    """One input, compiled: its text to a value, and what is wrong with it."""

    def __init__(self, source: Input) -> None:
        self.input = source
        self.convert = _converter(types(source.schema))
        plain = set(source.schema) <= {"type", "description", "title", "examples", "default", "$defs"}
        # Text that converts is valid when the schema says nothing more than a type.
        self._checker = None if plain else Checker(source.schema)

    def read(self, text: str, found: list[Violation]) -> JsonValue:
        try:
            value = self.convert(text)
        except ValueError as error:
            found.append(Violation(str(error), parameter=self.input.name))
            return None
        if self._checker is not None and not self._checker.is_valid(value):
            found += [
                Violation(wrong.message, parameter=self.input.name)
                for wrong in self._checker.violations(value)
            ]
        return value


class ParameterReader:
    """All inputs of one endpoint, compiled."""

    def __init__(self, path_names: Sequence[str], inputs: Sequence[Input]) -> None:
        readers = [_Reader(source) for source in inputs]
        self._path_names = path_names
        self._path = {reader.input.name: reader for reader in readers if reader.input.location == "path"}
        self._query = {reader.input.name: reader for reader in readers if reader.input.location == "query"}
        self._required = [name for name, reader in self._query.items() if reader.input.required]

    def read(
        self, path_values: Sequence[str], query: str
    ) -> tuple[dict[str, JsonValue], dict[str, JsonValue]]:
        """The operation's parameters, and the members of its body that come from path or query.

        Raises: HttpProblem with everything that is wrong.
        """
        parameters: dict[str, JsonValue] = {}
        filled: dict[str, JsonValue] = {}
        found: list[Violation] = []
        for name, text in zip(self._path_names, path_values, strict=True):
            reader = self._path.get(name)
            if reader is not None:
                into = filled if reader.input.member else parameters
                into[reader.input.target] = reader.read(text, found)
        if query or self._required:
            self._read_query(query, parameters, filled, found)
        if found:
            raise HttpProblem(
                INVALID_PARAMETERS,
                "The path or query parameters are invalid; nothing was sent.",
                errors=violations(found),
            )
        return parameters, filled

    def _read_query(
        self,
        query: str,
        parameters: dict[str, JsonValue],
        filled: dict[str, JsonValue],
        found: list[Violation],
    ) -> None:
        given = _pairs(query)
        for name in given:
            if name not in self._query:
                hint = did_you_mean(name, self._query) or f"; there are: {allowed(self._query)}"
                found.append(Violation(f"is not a known parameter{hint}", parameter=name[:100]))
        missing = (name for name in self._required if name not in given)
        found.extend(Violation("is missing", parameter=name) for name in missing)
        for name, reader in self._query.items():
            texts = given.get(name)
            if texts is None:
                continue
            into = filled if reader.input.member else parameters
            if reader.input.repeated:
                into[reader.input.target] = [reader.read(text, found) for text in texts]
            elif len(texts) > 1:
                found.append(Violation("may be given once only", parameter=name))
            else:
                into[reader.input.target] = reader.read(texts[0], found)


def _pairs(query: str) -> Mapping[str, list[str]]:
    """The parameters of a query string, in order. Raises: HttpProblem."""
    if BAD_ESCAPE.search(query):
        raise HttpProblem(
            INVALID_PARAMETERS, "The query string has a % that no two hexadecimal digits follow."
        )
    try:
        pairs = parse_qsl(query, keep_blank_values=True, errors="strict", max_num_fields=MAX_QUERY_PARAMETERS)
    except UnicodeDecodeError:
        raise HttpProblem(INVALID_PARAMETERS, "The query string is not UTF-8.") from None
    except ValueError:
        raise HttpProblem(
            INVALID_PARAMETERS, f"The query string has more than {MAX_QUERY_PARAMETERS} parameters."
        ) from None
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    return found


def _converter(allowed_types: frozenset[str]) -> Convert:
    """How text becomes a value of these types; a string only where nothing else fits."""
    converters: list[Convert] = []
    if "number" in allowed_types:
        converters.append(_number)
    elif "integer" in allowed_types:
        converters.append(_integer)
    if "boolean" in allowed_types:
        converters.append(_boolean)
    if not converters or "string" in allowed_types:
        converters.append(_text)
    if len(converters) == 1:
        return converters[0]

    def first_that_fits(text: str) -> JsonValue:
        for convert in converters[:-1]:
            try:
                return convert(text)
            except ValueError:
                continue
        return converters[-1](text)

    return first_that_fits


def _text(text: str) -> JsonValue:
    return text


def _integer(text: str) -> JsonValue:
    if not _INTEGER.fullmatch(text):
        raise ValueError("is not an integer")
    return _json_number(text)


def _number(text: str) -> JsonValue:
    if not _NUMBER.fullmatch(text):
        raise ValueError("is not a number")
    return _json_number(text)


def _json_number(text: str) -> JsonValue:
    try:
        return json.decode(text.encode("ascii"))
    except MappingError as error:
        raise ValueError(error.reason) from None


def _boolean(text: str) -> JsonValue:
    if text not in ("true", "false"):
        raise ValueError("is neither true nor false")
    return text == "true"
