"""Arithmetic by exact fractions, for what is rounded or cut off in the end: `round(a / b * c, 2)`.

Nothing is rounded on the way, so that the result is the true one, rounded once.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import TypeAlias

from mappings.transform.expressions import arithmetic
from mappings.transform.expressions.compiled import Compiled, Compiler, Scope, insist
from mappings.transform.expressions.conversions import fraction_of
from mappings.transform.expressions.errors import Unanswerable, unanswered
from mappings.transform.expressions.tree import Binary, Node, Unary

Exactly: TypeAlias = Callable[[Scope], Fraction]


def _divide(left: Fraction, right: Fraction) -> Fraction:
    if not right:
        raise Unanswerable("division by zero")
    return left / right


_OPERATIONS: dict[str, Callable[[Fraction, Fraction], Fraction]] = {
    "+": lambda left, right: left + right,
    "-": lambda left, right: left - right,
    "*": lambda left, right: left * right,
    "/": _divide,
}


def divides(node: Node) -> bool:
    """True when the arithmetic at the top of a tree divides somewhere."""
    if isinstance(node, Binary) and node.operator in _OPERATIONS:
        return node.operator == "/" or divides(node.left) or divides(node.right)
    return isinstance(node, Unary) and node.operator == "-" and divides(node.operand)


def compile_exactly(node: Node, compile_node: Compiler) -> Exactly:
    """The node's value as a fraction. Raises: ExpressionError."""
    compiled = compile_node(node)
    insist(compiled, node, ("number", "double"), "what is rounded")
    return _of_value(compiled, node.column) if _is_leaf(node) else _arithmetic(node, compile_node)


def _is_leaf(node: Node) -> bool:
    if isinstance(node, Binary):
        return node.operator not in _OPERATIONS
    return not (isinstance(node, Unary) and node.operator == "-")


def _arithmetic(node: Node, compile_node: Compiler) -> Exactly:
    if isinstance(node, Binary) and node.operator in _OPERATIONS:
        left, right = _arithmetic(node.left, compile_node), _arithmetic(node.right, compile_node)
        operation, column = _OPERATIONS[node.operator], node.column

        def apply(scope: Scope) -> Fraction:
            try:
                return arithmetic.bounded_fraction(operation(left(scope), right(scope)))
            except Unanswerable as error:
                raise unanswered(str(error), column) from None

        return apply
    if isinstance(node, Unary) and node.operator == "-":
        inner = _arithmetic(node.operand, compile_node)
        return lambda scope: -inner(scope)
    return _of_operand(compile_node(node), node.column)


def _of_operand(compiled: Compiled, column: int) -> Exactly:
    evaluate = compiled.evaluate

    def read(scope: Scope) -> Fraction:
        try:
            return fraction_of(arithmetic.number(evaluate(scope)))
        except Unanswerable as error:
            raise unanswered(str(error), column) from None

    return read


def _of_value(compiled: Compiled, column: int) -> Exactly:
    """Of what is rounded as it is, which may be a double."""
    evaluate = compiled.evaluate

    def read(scope: Scope) -> Fraction:
        try:
            return fraction_of(evaluate(scope))
        except Unanswerable as error:
            raise unanswered(str(error), column) from None

    return read
