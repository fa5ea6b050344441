"""The Arrow types of records whose JSON Schema says what they are made of.

What a schema leaves open is text: JSON where it may be anything, the digits where it is a number of any
length. `schema_hints` fills in what a definition knows beyond JSON Schema.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal

from mappings.columns.arrow import pa
from mappings.columns.arrow_types import (
    BOOLEAN,
    DATE,
    INTEGER,
    LOCAL_MOMENT,
    MOMENT,
    NUMBER_TEXT,
    TEXT,
    TIME,
    ColumnType,
    FieldType,
    ListType,
    StructType,
    decimal_type,
    number_type,
)
from mappings.contract import JsonSchema, JsonValue

HINT = "x-column"
"""The key of a schema that names the type of its column."""
MAX_COLUMNS = 20_000
"""Fields in one record, those inside of others too."""
JSON_TEXT = FieldType(lambda: pa.string())
"""Anything, as JSON."""
FLOAT = FieldType(lambda: pa.float64())

_NAMED = {
    "string": TEXT,
    "number as text": NUMBER_TEXT,
    "int64": INTEGER,
    "bool": BOOLEAN,
    "double": FLOAT,
    "date32[day]": DATE,
    "time64[us]": TIME,
    "timestamp[us]": LOCAL_MOMENT,
    "timestamp[us, tz=UTC]": MOMENT,
}
_DECIMAL = re.compile(r"decimal(128|256)\(([0-9]+), ([0-9]+)\)")
_FORMATS = {"date": DATE, "date-time": MOMENT}
_TYPES = {bool: "boolean", int: "integer", str: "string", Decimal: "number"}


class OpenStructType(StructType):
    """An object that may have members beside the declared ones: `rest` is the name of the one that has all
    those as JSON."""

    def __init__(self, members: Mapping[str, ColumnType], rest: str) -> None:
        super().__init__({**members, rest: JSON_TEXT})
        self.rest = rest


def name_of_type(type_: FieldType) -> str:
    """What stands for a type in a schema."""
    return "number as text" if type_ is NUMBER_TEXT else str(type_.arrow)


def record_type(schema: JsonSchema, *, is_typed: bool = False) -> StructType:
    """The type of records, whose members are the columns. `is_typed` insists that each says its type.

    Raises: ValueError where they are no objects with declared members, or have too many.
    """
    reading = _Reading(schema)
    found = reading.type(schema)
    if is_typed and reading.untyped:
        names = ", ".join(reading.untyped[:10])
        raise ValueError(f"the type of {names} is not known; `type` in the transform's field says it")
    if not isinstance(found, StructType):
        raise ValueError(
            "nothing declares what its records are made of; a definition or a transform that names the"
            " members does"
        )
    return found


class _Reading:
    """One schema with what it refers to."""

    def __init__(self, root: JsonSchema) -> None:
        defs = root.get("$defs")
        self._defs = defs if isinstance(defs, dict) else {}
        self._open: list[str] = []
        self._path: list[str] = []
        self._count = 0
        self.untyped: list[str] = []
        """The paths of members of which nothing is known."""

    def type(self, schema: JsonValue) -> ColumnType:
        """The type of what a schema describes. Raises: ValueError for too many."""
        self._count += 1
        if self._count > MAX_COLUMNS:
            raise ValueError(
                f"its records have more than {MAX_COLUMNS} fields; a transform takes some of them"
            )
        if not schema or not isinstance(schema, dict):
            self.untyped.append(".".join(self._path))
            return JSON_TEXT
        if "$ref" in schema:
            return self._referred(str(schema["$ref"]))
        hint = schema.get(HINT)
        if isinstance(hint, str):
            return _named(hint)
        kind = _kind(schema)
        if kind == "object" or "properties" in schema:
            return self._object(schema)
        if kind == "array":
            return self._list(schema)
        branches = schema.get("oneOf") or schema.get("anyOf")
        if kind is None and isinstance(branches, list):
            return self._one_of([each for each in branches if not _is_null(each)])
        return _scalar(kind, schema)

    def _referred(self, reference: str) -> ColumnType:
        """What is shared; what is inside of itself is JSON."""
        name = reference.removeprefix("#/$defs/")
        if name in self._open or name not in self._defs:
            return JSON_TEXT
        self._open.append(name)
        found = self.type(self._defs[name])
        self._open.pop()
        return found

    def _object(self, schema: JsonSchema) -> ColumnType:
        properties = schema.get("properties")
        if not isinstance(properties, dict) or not properties:
            branches = schema.get("oneOf") or schema.get("anyOf")
            return self._one_of(branches) if isinstance(branches, list) else JSON_TEXT
        members: dict[str, ColumnType] = {}
        for name, each in properties.items():
            self._path.append(name)
            members[name] = self.type(each)
            self._path.pop()
        if schema.get("additionalProperties") is False and not schema.get("patternProperties"):
            return StructType(members)
        rest = "_others"
        while rest in members:
            rest = f"_{rest}"
        return OpenStructType(members, rest)

    def _list(self, schema: JsonSchema) -> ColumnType:
        items = schema.get("items")
        is_uniform = isinstance(items, dict) and "prefixItems" not in schema
        return ListType(self.type(items)) if is_uniform else JSON_TEXT

    def _one_of(self, branches: Sequence[JsonValue]) -> ColumnType:
        """Objects have the members of all; of others only those that are alike have a type of their own."""
        types = [self.type(each) for each in branches]
        if len(types) == 1:
            return types[0]
        if types and all(type(each) is StructType for each in types):
            return _union([each for each in types if isinstance(each, StructType)])
        return types[0] if types and all(_is_same(each, types[0]) for each in types) else JSON_TEXT


def _union(types: Sequence[StructType]) -> StructType:
    members: dict[str, ColumnType] = {}
    for each in types:
        for name, type_ in each.members.items():
            known = members.setdefault(name, type_)
            if not _is_same(known, type_):
                members[name] = JSON_TEXT
    return StructType(members)


def _is_same(one: ColumnType, other: ColumnType) -> bool:
    """Whether values become the same in both; texts of different kinds do not."""
    if isinstance(one, StructType) and isinstance(other, StructType):
        return list(one.members) == list(other.members) and all(
            _is_same(type_, other.members[name]) for name, type_ in one.members.items()
        )
    if isinstance(one, ListType) and isinstance(other, ListType):
        return _is_same(one.element, other.element)
    is_leaf = isinstance(one, FieldType) and isinstance(other, FieldType)
    return one is other or (is_leaf and one.arrow == other.arrow and not pa.types.is_string(one.arrow))


def _named(hint: str) -> FieldType:
    decimal = _DECIMAL.fullmatch(hint)
    if decimal is None:
        return _NAMED[hint]
    digits, scale = int(decimal[2]), int(decimal[3])
    make = pa.decimal128 if decimal[1] == "128" else pa.decimal256
    return FieldType(lambda: make(digits, scale))


def _is_null(schema: JsonValue) -> bool:
    return isinstance(schema, dict) and (schema.get("type") == "null" or schema.get("const", ...) is None)


def _kind(schema: JsonSchema) -> str | None:
    """The only type that is not null; None where there is none, or several."""
    given = schema.get("type")
    if given is None:
        values = schema.get("enum", [schema["const"]] if "const" in schema else [])
        among = values if isinstance(values, list) else []
        kinds = {_TYPES.get(type(each)) for each in among if each is not None}
        return kinds.pop() if len(kinds) == 1 else "number" if kinds == {"integer", "number"} else None
    names = [str(each) for each in given if each != "null"] if isinstance(given, list) else [str(given)]
    return names[0] if len(names) == 1 else None


def _scalar(kind: str | None, schema: JsonSchema) -> FieldType:
    match kind:
        case "string":
            return _FORMATS.get(str(schema.get("format")), TEXT)
        case "boolean":
            return BOOLEAN
        case "integer":
            least, most = _bound(schema, "inimum"), _bound(schema, "aximum")
            if least is None or most is None:
                return INTEGER
            return number_type(int(least), int(most), 0, is_whole=True)
        case "number":
            return _number(schema)
    return JSON_TEXT


def _number(schema: JsonSchema) -> FieldType:
    step = schema.get("multipleOf")
    scale = None if isinstance(step, bool) or not isinstance(step, int | Decimal) else _places(Decimal(step))
    if scale is None:
        return NUMBER_TEXT
    least, most = _bound(schema, "inimum"), _bound(schema, "aximum")
    if least is None or most is None:
        return decimal_type(scale)
    return number_type(int(least.scaleb(scale)), int(most.scaleb(scale)), scale, is_whole=False)


def _places(step: Decimal) -> int | None:
    """Digits behind the point of what are multiples of a power of ten."""
    sign, digits, exponent = step.normalize().as_tuple()
    is_power = not sign and digits == (1,) and isinstance(exponent, int)
    return max(0, -int(exponent)) if is_power else None


def _bound(schema: JsonSchema, name: str) -> Decimal | None:
    """`inimum` or `aximum`, with it or not."""
    for key in (f"m{name}", f"exclusiveM{name}"):
        value = schema.get(key)
        if isinstance(value, int | Decimal) and not isinstance(value, bool):
            return Decimal(value)
    return None
