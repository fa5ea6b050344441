"""From a definition to a compiled transform."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from mappings.contract import JsonValue
from mappings.transform.conversions import Conversion, Dated, Lookup, Typed, Unchanged
from mappings.transform.dates import DatePatterns
from mappings.transform.definition import FieldMap, FieldValue, Scalar, TransformDefinition
from mappings.transform.expressions import Expression, compile_expression
from mappings.transform.fields import Constant, Each, Mapped, Origin, Rule
from mappings.transform.targets import Path, collisions, parse_target
from mappings.transform.transform import Transform


def build_transform(definition: TransformDefinition) -> Transform:
    """The transform that a definition describes.

    Raises: ValueError with every reason, one a line, when the definition contradicts itself.
    """
    return _transform(definition.transform, "")


def _transform(fields: Mapping[str, FieldValue], around: str) -> Transform:
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
    return Transform(rules)


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
        return Each(target, origin, _transform(field.transform, f"{shown}[]."))
    try:
        return Mapped(target, origin, _conversion(field))
    except ValueError as error:
        raise ValueError(f"{shown}: {error}") from None


def _origin(expression: Expression, when: Expression | None, field: FieldMap) -> Origin:
    default = (exact(field.default),) if "default" in field.model_fields_set else ()
    return Origin(expression, when, default, field.optional)


def _conversion(field: FieldMap) -> Conversion:
    if field.date is not None:
        return Dated(DatePatterns(field.date.read, field.date.write, field.date.offset))
    if field.lookup is not None:
        table = {key: exact(value) for key, value in field.lookup.items()}
        otherwise = (exact(field.otherwise),) if "otherwise" in field.model_fields_set else ()
        return Lookup(table, field.source_type or "string", otherwise)
    if field.type is not None or field.source_type is not None:
        return Typed(field.source_type, field.type)
    return Unchanged()


def exact(value: Scalar) -> JsonValue:
    """A value from a configuration file; a fraction becomes the decimal that it was written as."""
    return Decimal(repr(value)) if isinstance(value, float) else value
