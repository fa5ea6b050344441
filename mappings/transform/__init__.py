"""Transforms: a record to another by a map of its fields, with expressions where a map does not do."""

from mappings.transform.build import build_transform
from mappings.transform.definition import (
    ConditionText,
    DateChange,
    ExpressionText,
    FieldMap,
    TransformDefinition,
)
from mappings.transform.transform import Transform

__all__ = [
    "ConditionText",
    "DateChange",
    "ExpressionText",
    "FieldMap",
    "Transform",
    "TransformDefinition",
    "build_transform",
]
