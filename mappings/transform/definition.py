"""How a configuration defines a transform: a map from targets to where their values come from."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, TypeAlias

from pydantic import AfterValidator, BeforeValidator, Discriminator, Field, Tag, model_validator

from mappings.definition import Definition
from mappings.delimited.field_schema import Window
from mappings.exemplified import ExemplifiedTransform
from mappings.transform.conversions import ValueType
from mappings.transform.dates import DatePatterns
from mappings.transform.expressions import Expression, ExpressionError, compile_expression
from mappings.transform.tables import loaded
from mappings.transform.targets import parse_target
from mappings.transform.units import parse_ratio

Scalar: TypeAlias = (
    Annotated[str, Field(max_length=10_000)]
    | Annotated[int, Field(ge=-(10**40), le=10**40)]
    | Annotated[float, Field(ge=-1e40, le=1e40)]
    | bool
    | None
)


def _compiled(text: str) -> Expression:
    try:
        return compile_expression(text)
    except ExpressionError as error:
        raise ValueError(f"is no expression: {error}") from None


def _expression(text: str) -> str:
    _compiled(text)
    return text


def _condition(text: str) -> str:
    if _compiled(text).kind not in ("boolean", None):
        raise ValueError("is never true or false; allowed is a condition such as amount > 0")
    return text


def _ratio(text: str) -> str:
    parse_ratio(text)
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
RatioText = Annotated[str, Field(min_length=1, max_length=100), AfterValidator(_ratio)]
"""A number or a ratio of two, in quotes: "1000", "0.3048", "5/9"."""
ColumnName = Annotated[str, Field(min_length=1, max_length=200)]


class UnitChange(Definition):
    """A number in another unit."""

    factor: RatioText = "1"
    """What the number is multiplied by, exactly: "1000", "0.3048", "5/9"."""

    add: RatioText = "0"
    """What is added then."""


class DateChange(Definition):
    """A date, or a date and time, from one way of writing it to another."""

    read: Annotated[PatternText | None, Field(alias="from")] = None
    """How the source is written, such as %d.%m.%Y; without it as RFC 3339, such as 2026-11-23. Directives are
    %Y %m %d %H %M %S %f %z, and those of delimited text: %-d %-m %b %B %I %p, %3f %.f %:z, %y with
    `century_from`."""

    write: Annotated[PatternText | None, Field(alias="to")] = None
    """How the target is written; without it as RFC 3339."""

    offset: (
        Annotated[str, Field(pattern=r"^(Z|local|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$", max_length=6)] | None
    ) = None
    """The difference from UTC where a pattern with a time has no %z: Z, +hh:mm, -hh:mm, or `local` for times
    that belong to no stated zone and stay without one."""

    century_from: Window | None = None
    """The first of the hundred years that %y can mean: with 1950, `49` is 2049 and `50` is 1950."""

    @model_validator(mode="after")
    def _sound(self) -> DateChange:
        DatePatterns(self.read, self.write, self.offset, self.century_from)
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

    columns: tuple[ColumnName, ColumnName] | None = None
    """With a `lookup` in a file: the columns of what is looked up and of the value, the first two without
    it."""

    lookup: Annotated[
        Path | Annotated[dict[LookupKey, Scalar], Field(min_length=1, max_length=10_000)] | None,
        BeforeValidator(loaded),
    ] = None
    """A table: the source's text to the value. A text that is not in it is an error. Or the name of a CSV
    file with a header row, beside the configuration."""

    otherwise: Scalar = None
    """With `lookup`: the value for what is not in the table, in place of the error."""

    date: DateChange | None = None
    """The source is a date to be written in another way."""

    unit: UnitChange | None = None
    """The source is a number in another unit."""

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
        extra = given & {"type", "source_type", "lookup", "otherwise", "date", "unit", "columns"}
        extra |= given & {"default", "optional"} if origins == ["constant"] else set()
        if extra:
            return f"{', '.join(sorted(extra))} cannot stand beside {origins[0]}"
    if "otherwise" in given and "lookup" not in given:
        return "otherwise belongs to a lookup"
    if "columns" in given and "lookup" not in given:
        return "columns belongs to a lookup in a file"
    if "unit" in given and given & {"date", "lookup"}:
        return (
            "a unit belongs to numbers; allowed beside unit: from, type, source_type, when, default, optional"
        )
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
    """A record to another record, field by field; or one to several, or several to one."""

    transform: Annotated[dict[TargetName, FieldValue], Field(min_length=1, max_length=1000)]
    """The members of the result: target names, dotted where they lie inside objects, to expressions or
    mappings."""

    each: ExpressionText | None = None
    """An expression that gives a list: one record becomes as many as it has items. Names are the item's
    members, `this` is the item, `outer` has the names of the record."""

    group_by: Annotated[tuple[ExpressionText, ...], Field(min_length=1, max_length=20)] | None = None
    """Records that follow each other and for which these expressions have the same values become one. In
    `transform`, `items` are the records, `first` is the first of them."""

    group_start: ConditionText | None = None
    """Each record for which this is true begins another group; in place of `group_by`."""

    group_size: Annotated[int, Field(ge=1, le=100_000)] | None = None
    """So many records become one; in place of `group_by`."""

    max_group: Annotated[int, Field(ge=1, le=100_000)] = 10_000
    """Records of a group that are held at most; more are an error."""

    description: Annotated[str, Field(max_length=2000)] = ""
    """What the transform is for."""

    @model_validator(mode="after")
    def _one_kind(self) -> TransformDefinition:
        kinds = [key for key in ("group_by", "group_start", "group_size") if key in self.model_fields_set]
        if len(kinds) > 1:
            raise ValueError(f"has {' and '.join(kinds)}; allowed is one of them")
        if kinds and self.each is not None:
            raise ValueError(f"has each and {kinds[0]}; allowed is one of them")
        if not kinds and "max_group" in self.model_fields_set:
            raise ValueError("max_group belongs to group_by, group_start or group_size")
        if self.group_size is not None and "max_group" in self.model_fields_set:
            raise ValueError("max_group and group_size say the same")
        return self

    @property
    def is_one_to_one(self) -> bool:
        """Whether each record gives one."""
        return (
            self.each is None
            and self.group_by is None
            and self.group_start is None
            and self.group_size is None
        )
