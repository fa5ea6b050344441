"""An example for a schema that has none: what a caller could send, or be answered."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from decimal import Decimal

from adapters.contract import JsonSchema, JsonValue
from gateway.catalogue import Checker
from gateway.catalogue.explanations import FORMATS, form_of
from gateway.catalogue.members import resolved
from gateway.http.negotiate import NDJSON
from gateway.http.samples import sample_of
from mappings import json
from mappings.contract import Context, Format, MappingError

_MAX_DEPTH = 30
_MAX_MEMBERS = 40
_MAX_VALUES = 300
"""Values in an example beyond which optional members are left out; ten times as many, and there is none."""

_NAMED = {
    "iban": "DE89370400440532013000",
    "bic": "COBADEFFXXX",
    "currency": "EUR",
    "country": "DE",
    "email": "someone@example.com",
}
"""Texts for members of these names, where they fit."""
_NOW = datetime(2026, 11, 23, 10, 15, tzinfo=UTC)
"""When examples are written, so that they are the same each time."""
_ANYTHING: JsonValue = {"value": Decimal("21.5")}


class _TooLarge(Exception):
    """An example that does not come to an end."""


def example(schema: JsonSchema, check: Checker | None = None, *, whole: bool = False) -> JsonValue | None:
    """A valid value for a self-contained schema, or None when none was found by simple means.

    Optional members are left out, unless there are no others. `whole`: they are in, as in an answer.
    """
    try:
        value = _Maker(schema, whole).value(schema, "", 0)
    except _TooLarge:
        return None
    valid = (check or Checker(schema)).is_valid(value)
    return value if valid else None


def as_text(sample: JsonValue, media_type: str, format_: Format | None) -> str | None:
    """An example as one line of NDJSON, or as its format writes it; None where there is no text of it."""
    if sample is None or (format_ is None and media_type != NDJSON):
        return None
    try:
        if format_ is None or media_type == NDJSON:
            return json.encode_line(sample).decode()
        encoder = format_.encoder(Context(now=_NOW))
        return (encoder.encode([sample]) + encoder.finish()).decode()
    except (MappingError, UnicodeDecodeError):
        return None


class _Members:
    """The members of an object: their schemas, those it needs, and those only its other alternatives have."""

    def __init__(self) -> None:
        self.schemas: dict[str, JsonSchema] = {}
        self.needed: set[str] = set()
        self.excluded: set[str] = set()

    def add(self, own: JsonSchema) -> None:
        properties = own.get("properties")
        for name, inner in properties.items() if isinstance(properties, dict) else ():
            if isinstance(inner, dict):
                self.schemas.setdefault(name, inner)
            elif inner is False:
                self.excluded.add(name)
        self.needed.update(_required(own))


def _required(own: JsonSchema) -> list[str]:
    required = own.get("required")
    return [str(name) for name in required] if isinstance(required, list) else []


class _Maker:
    """Makes one value, of bounded size."""

    def __init__(self, root: JsonSchema, whole: bool) -> None:
        self._root = root
        self._whole = whole
        self._made = 0

    def value(self, schema: JsonSchema, name: str, depth: int) -> JsonValue:
        """A value that the schema means. `name` is that of the member it is for."""
        self._made += 1
        if depth > _MAX_DEPTH or self._made > 10 * _MAX_VALUES:
            raise _TooLarge
        own = resolved(schema, self._root)
        given = _given(own)
        if given:
            return given[0]
        for keyword in ("oneOf", "anyOf", "allOf"):
            branch = next(self._branches(own, keyword), None)
            if branch is not None and "type" not in own and "properties" not in own:
                rest = {key: value for key, value in own.items() if key != keyword}
                return self.value({**rest, **branch}, name, depth + 1)
        kind = own.get("type")
        if isinstance(kind, list):
            kind = next((one for one in kind if one != "null"), "null")
        if kind == "object" or "properties" in own:
            return self._object(own, depth)
        if kind == "array":
            return self._array(own, name, depth)
        if kind in ("integer", "number"):
            return _number(own, whole=kind == "integer")
        if kind == "string":
            return _string(own, name)
        return True if kind == "boolean" else None if kind == "null" else _ANYTHING

    def _array(self, own: JsonSchema, name: str, depth: int) -> JsonValue:
        items, least = own.get("items"), own.get("minItems")
        count = least if isinstance(least, int) else 1
        if not isinstance(items, dict) or self._made > _MAX_VALUES:
            return []
        return [self.value(items, name, depth + 1) for _ in range(max(1, min(count, _MAX_MEMBERS)))]

    def _object(self, own: JsonSchema, depth: int) -> JsonValue:
        members = _Members()
        self._collect(own, members, 0)
        optional = (self._whole or not members.needed) and depth < _MAX_DEPTH // 3
        found: dict[str, JsonValue] = {}
        for name, inner in members.schemas.items():
            has_room = len(found) < _MAX_MEMBERS and self._made < _MAX_VALUES
            wanted = name in members.needed or (optional and has_room and name not in members.excluded)
            if wanted:
                found[name] = self.value(inner, name, depth + 1)
        others, least = own.get("additionalProperties"), own.get("minProperties")
        if not found and isinstance(others, dict) and isinstance(least, int):
            found = {
                f"name{number}": self.value(others, "", depth + 1)
                for number in range(1, min(least, _MAX_MEMBERS) + 1)
            }
        return found

    def _collect(self, own: JsonSchema, members: _Members, depth: int) -> None:
        """Add the members of an object, of all that it combines, and of the first of its alternatives."""
        if depth > _MAX_DEPTH:
            raise _TooLarge
        members.add(own)
        for branch in self._branches(own, "allOf"):
            self._collect(branch, members, depth + 1)
        for keyword in ("oneOf", "anyOf"):
            for number, branch in enumerate(self._branches(own, keyword)):
                if number == 0:
                    self._collect(branch, members, depth + 1)
                else:
                    members.excluded.update(set(_required(branch)) - members.needed)

    def _branches(self, own: JsonSchema, keyword: str) -> Iterator[JsonSchema]:
        branches = own.get(keyword)
        for branch in branches if isinstance(branches, list) else ():
            if isinstance(branch, dict):
                yield resolved(branch, self._root)


def _given(own: JsonSchema) -> list[JsonValue]:
    """The values that the schema itself names, the best first."""
    if "const" in own:
        return [own["const"]]
    examples, values = own.get("examples"), own.get("enum")
    found = (
        examples if isinstance(examples, list) and examples else [own["default"]] if "default" in own else []
    )
    if not found and isinstance(values, list):
        found = [value for value in values if value is not None] or values
    return found


def _number(own: JsonSchema, *, whole: bool) -> JsonValue:
    step = _decimal(own.get("multipleOf")) or (Decimal(1) if whole else None)
    usual = Decimal(1) if whole else Decimal("12.50")
    bounds = [
        _decimal(own.get(name)) for name in ("minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum")
    ]
    near = [bound for bound in bounds if bound is not None]
    candidates = [usual, *near, *(bound + side * (step or 1) for bound in near for side in (1, -1))]
    fitting = next((one for one in candidates if _fits(one, bounds, step)), usual)
    if whole:
        return int(fitting)
    return fitting.quantize(step) if step is not None and step < 1 and abs(fitting) < 10**15 else fitting


def _fits(value: Decimal, bounds: list[Decimal | None], step: Decimal | None) -> bool:
    least, above, most, below = bounds
    return (
        (least is None or value >= least)
        and (above is None or value > above)
        and (most is None or value <= most)
        and (below is None or value < below)
        and (step is None or abs(value) > 10**15 or value % step == 0)
    )


def _decimal(value: JsonValue) -> Decimal | None:
    return Decimal(str(value)) if isinstance(value, int | float | Decimal) else None


def _string(own: JsonSchema, name: str) -> str:
    shortest, longest = own.get("minLength"), own.get("maxLength")
    least = shortest if isinstance(shortest, int) else 0
    most = longest if isinstance(longest, int) else least + 1000
    plain = "text"[:most]
    candidates = (*_texts(own, name), plain + "x" * (min(least, 1000) - len(plain)))
    pattern = own.get("pattern")
    for text in candidates:
        if least <= len(text) <= most and (not isinstance(pattern, str) or _matches(pattern, text)):
            return text
    return plain


def _texts(own: JsonSchema, name: str) -> Iterable[str]:
    """Texts that look like what is meant, the best first."""
    if name.lower() in _NAMED:
        yield _NAMED[name.lower()]
    form = FORMATS.get(str(own.get("format")))
    if form is not None:
        yield form[1]
    pattern = own.get("pattern")
    if isinstance(pattern, str):
        form = form_of(pattern)
        yield from [form[1]] if form is not None else []
        text = sample_of(pattern)
        yield from [text] if text is not None else []


def _matches(pattern: str, text: str) -> bool:
    try:
        return re.search(pattern, text) is not None
    except re.error:
        return False
