"""Expressions: a subset of CEL, compiled to closures, with exact arithmetic and bounded cost."""

from mappings.transform.expressions.compile import Expression, compile_expression, path_expression
from mappings.transform.expressions.errors import ExpressionError

__all__ = ["Expression", "ExpressionError", "compile_expression", "path_expression"]
