"""From a definition to a compiled transform."""

from __future__ import annotations

from collections.abc import Mapping

from mappings.configured import exact
from mappings.transform.conversions import Conversion, Dated, Lookup, Typed, Unchanged
from mappings.transform.dates import DatePatterns
from mappings.transform.definition import FieldMap, FieldValue, TransformDefinition
from mappings.transform.expressions import Expression, compile_expression
from mappings.transform.fields import Constant, Each, Mapped, Rule
from mappings.transform.joining import Join
from mappings.transform.origin import Origin
from mappings.transform.splitting import Split
from mappings.transform.streams import Around
from mappings.transform.targets import Path, collisions, parse_target
from mappings.transform.transform import Transform
from mappings.transform.units import Unit, parse_ratio, typed_unit


def build_transform(definition: TransformDefinition) -> Transform:
    """The transform that a definition describes.

    Raises: ValueError with every reason, one a line, when the definition contradicts itself.
    """
    return Transform(_rules(definition.transform, ""), stream=_stream_of(definition))


def _stream_of(definition: TransformDefinition) -> Around | None:
    """What happens around each record, None where one gives one."""
    if definition.is_one_to_one:
        return None
    if definition.each is not None:
        return Split(compile_expression(definition.each))
    return Join(
        tuple(compile_expression(each) for each in definition.group_by or ()),
        None if definition.group_start is None else compile_expression(definition.group_start),
        definition.group_size,
        definition.group_size or definition.max_group,
    )


def _rules(fields: Mapping[str, FieldValue], around: str) -> list[Rule]:
    paths = {name: parse_target(name) for name in fields}
    problems = [f"{around}{problem}" for problem in collisions(paths.values())]
    rules: list[Rule] = []
    for name, field in fields.items():
        try:
            rules.append(_rule(paths[name], field, f"{around}{name}"))
        except ValueError as error:
            problems += str(error).splitlines()
    if problems:
        raise ValueError("\n".join(problems))
    return rules


def _rule(target: Path, field: FieldValue, shown: str) -> Rule:
    if isinstance(field, str):
        return Mapped(target, Origin(compile_expression(field)), Unchanged())
    when = compile_expression(field.when) if field.when is not None else None
    if "constant" in field.model_fields_set:
        return Constant(target, exact(field.constant), when)
    source = field.source if field.source is not None else field.each
    if source is None:
        raise ValueError(f"{shown}: its source is null; allowed is an expression")
    origin = _origin(compile_expression(source), when, field)
    if field.transform is not None:
        return Each(target, origin, Transform(_rules(field.transform, f"{shown}[].")))
    try:
        return Mapped(target, origin, _conversion(field))
    except ValueError as error:
        raise ValueError(f"{shown}: {error}") from None


def _origin(expression: Expression, when: Expression | None, field: FieldMap) -> Origin:
    default = (exact(field.default),) if "default" in field.model_fields_set else ()
    return Origin(expression, when, default, field.optional)


def _conversion(field: FieldMap) -> Conversion:
    if field.date is not None:
        date = field.date
        return Dated(DatePatterns(date.read, date.write, date.offset, date.century_from))
    if field.unit is not None:
        unit = Unit(parse_ratio(field.unit.factor), parse_ratio(field.unit.add))
        return typed_unit(unit, field.source_type, field.type)
    if isinstance(field.lookup, dict):
        table = {key: exact(value) for key, value in field.lookup.items()}
        otherwise = (exact(field.otherwise),) if "otherwise" in field.model_fields_set else ()
        return Lookup(table, field.source_type or "string", otherwise)
    if field.type is not None or field.source_type is not None:
        return Typed(field.source_type, field.type)
    return Unchanged()
