"""How a configuration defines a transform: a map from targets to where their values come from."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import AfterValidator, Discriminator, Field, Tag, model_validator

from mappings.definition import Definition
from mappings.exemplified import ExemplifiedTransform
from mappings.transform.dates import DatePatterns
from mappings.transform.expressions import ExpressionError, compile_expression
from mappings.transform.targets import parse_target

Scalar: TypeAlias = (
    Annotated[str, Field(max_length=10_000)]
    | Annotated[int, Field(ge=-(10**40), le=10**40)]
    | Annotated[float, Field(ge=-1e40, le=1e40)]
    | bool
    | None
)
ValueType: TypeAlias = Literal["string", "integer", "decimal", "boolean"]


def _expression(text: str) -> str:
    try:
        compile_expression(text)
    except ExpressionError as error:
        raise ValueError(f"is no expression: {error}") from None
    return text


def _condition(text: str) -> str:
    try:
        kind = compile_expression(text).kind
    except ExpressionError as error:
        raise ValueError(f"is no expression: {error}") from None
    if kind not in ("boolean", None):
        raise ValueError("is never true or false; allowed is a condition such as amount > 0")
    return text


def _target(text: str) -> str:
    parse_target(text)
    return text


ExpressionText = Annotated[str, Field(min_length=1, max_length=10_000), AfterValidator(_expression)]
"""An expression, compiled once when the configuration is read; see docs/mappings/expressions.md."""
ConditionText = Annotated[str, Field(min_length=1, max_length=10_000), AfterValidator(_condition)]
"""An expression that is true or false."""
TargetName = Annotated[str, Field(min_length=1, max_length=500), AfterValidator(_target)]
"""A member of the result; dots lead into objects: `customer.name`."""
PatternText = Annotated[str, Field(min_length=2, max_length=100)]
LookupKey = Annotated[str, Field(max_length=1000)]


class DateChange(Definition):
    """A date, or a date and time, from one way of writing it to another."""

    read: Annotated[PatternText | None, Field(alias="from")] = None
    """How the source is written, such as %d.%m.%Y; without it as RFC 3339, such as 2026-11-23. Directives are
    %Y %m %d %H %M %S %f %z."""

    write: Annotated[PatternText | None, Field(alias="to")] = None
    """How the target is written; without it as RFC 3339."""

    offset: (
        Annotated[str, Field(pattern=r"^(Z|local|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$", max_length=6)] | None
    ) = None
    """The difference from UTC where a pattern with a time has no %z: Z, +hh:mm, -hh:mm, or `local` for times
    that belong to no stated zone and stay without one."""

    @model_validator(mode="after")
    def _sound(self) -> DateChange:
        DatePatterns(self.read, self.write, self.offset)
        return self


class FieldMap(Definition):
    """Where one member of the result comes from."""

    source: Annotated[ExpressionText | None, Field(alias="from")] = None
    """An expression over the record; a plain path such as line.amount keeps the transform reversible."""

    constant: Scalar = None
    """A value that is always the same. (An exact decimal is written as an expression: `from: "1.10"`.)"""

    each: ExpressionText | None = None
    """An expression that gives a list; `transform` is applied to each of its items."""

    transform: Annotated[dict[TargetName, FieldValue], Field(min_length=1, max_length=1000)] | None = None
    """With `each`: the map of one item. Names are the item's members, `this` is the item, `outer` has the
    names around it."""

    when: ConditionText | None = None
    """The member is only there where this is true."""

    default: Scalar = None
    """The value where the source is missing or null. Without it, a missing source is an error."""

    optional: bool = False
    """A missing source is no error: the member is left out."""

    type: ValueType | None = None
    """What the value is converted to, exactly: text to a number, a number to text, words to true or false."""

    source_type: ValueType | None = None
    """What the source is. Insisted on where it is given, and needed for a `type` to be reversible."""

    lookup: (
        Annotated[
            dict[LookupKey, Scalar],
            Field(min_length=1, max_length=10_000),
        ]
        | None
    ) = None
    """A table: the source's text to the value. A text that is not in it is an error."""

    otherwise: Scalar = None
    """With `lookup`: the value for what is not in the table, in place of the error."""

    date: DateChange | None = None
    """The source is a date to be written in another way."""

    @model_validator(mode="after")
    def _sound(self) -> FieldMap:
        if problem := _contradiction(self.model_fields_set):
            raise ValueError(problem)
        return self


def _contradiction(given: set[str]) -> str | None:
    """What keys say against each other, or lack."""
    origins = [key for key in ("source", "constant", "each") if key in given]
    shown = {"source": "from"}
    if len(origins) != 1:
        found = " and ".join(shown.get(key, key) for key in origins)
        return f"{f'has {found}; ' if found else ''}allowed is exactly one of: from, constant, each"
    if ("each" in given) != ("transform" in given):
        return "each and transform go together: the list, and the map of one item"
    if origins != ["source"]:
        extra = given & {"type", "source_type", "lookup", "otherwise", "date"}
        extra |= given & {"default", "optional"} if origins == ["constant"] else set()
        if extra:
            return f"{', '.join(sorted(extra))} cannot stand beside {origins[0]}"
    if "otherwise" in given and "lookup" not in given:
        return "otherwise belongs to a lookup"
    if "date" in given and given & {"type", "source_type", "lookup"}:
        return "a date is text and stays text; allowed beside date: from, when, default, optional"
    if "lookup" in given and "type" in given:
        return "a lookup's values have the type that the table gives them; leave type out"
    if "default" in given and "optional" in given:
        return "default and optional say different things of a missing source; allowed is one of them"
    return None


def _kind(value: Any) -> str:
    return "map" if isinstance(value, dict | FieldMap) else "expression"


FieldValue: TypeAlias = Annotated[
    Annotated[ExpressionText, Tag("expression")] | Annotated[FieldMap, Tag("map")], Discriminator(_kind)
]
"""Where a member comes from: an expression, or a mapping that says more."""

FieldMap.model_rebuild()


class TransformDefinition(ExemplifiedTransform):
    """A record to another record, field by field."""

    transform: Annotated[dict[TargetName, FieldValue], Field(min_length=1, max_length=1000)]
    """The members of the result: target names, dotted where they lie inside objects, to expressions or
    mappings."""

    description: Annotated[str, Field(max_length=2000)] = ""
    """What the transform is for."""
