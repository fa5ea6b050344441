"""Operators: each a closure over its operands'."""

from __future__ import annotations

from collections.abc import Callable

from mappings.contract import JsonValue
from mappings.transform.expressions import arithmetic
from mappings.transform.expressions.compiled import Compiled, Compiler, Evaluate, Scope, insist
from mappings.transform.expressions.errors import ExpressionError, Unanswerable, unanswered
from mappings.transform.expressions.kinds import WORDS, Kind, compare, equal, kind_of
from mappings.transform.expressions.limits import MAX_ITEMS
from mappings.transform.expressions.texts import concatenate
from mappings.transform.expressions.tree import Binary, Conditional, Literal, Unary

Operation = Callable[[JsonValue, JsonValue], JsonValue]
_ADDABLE: tuple[Kind, ...] = ("number", "text", "list")
_ORDERED: tuple[Kind, ...] = ("number", "double", "text")


def _add(left: JsonValue, right: JsonValue) -> JsonValue:
    if isinstance(left, str) and isinstance(right, str):
        return concatenate(left, right)
    if isinstance(left, list) and isinstance(right, list):
        if len(left) + len(right) > MAX_ITEMS:
            raise Unanswerable(f"the result has more than {MAX_ITEMS} items")
        return left + right
    if isinstance(left, str) or isinstance(right, str):
        other = WORDS[kind_of(right if isinstance(left, str) else left)]
        raise Unanswerable(f"text and {other} cannot be added; string(x) makes a text")
    return arithmetic.add(arithmetic.number(left), arithmetic.number(right))


def _numeric(operation: Callable[[arithmetic.Number, arithmetic.Number], JsonValue]) -> Operation:
    return lambda left, right: operation(arithmetic.number(left), arithmetic.number(right))


def _in(left: JsonValue, right: JsonValue) -> bool:
    if isinstance(right, list):
        return any(equal(left, item) for item in right)
    if isinstance(right, dict):
        return isinstance(left, str) and left in right
    hint = "; text.contains(part) looks into a text" if isinstance(right, str) else ""
    raise Unanswerable(f"`in` looks into a list or an object, not {WORDS[kind_of(right)]}{hint}")


_OPERATIONS: dict[str, tuple[Operation, tuple[Kind, ...], Kind | None]] = {
    "+": (_add, _ADDABLE, None),
    "-": (_numeric(arithmetic.subtract), ("number",), "number"),
    "*": (_numeric(arithmetic.multiply), ("number",), "number"),
    "/": (_numeric(arithmetic.divide), ("number",), "number"),
    "%": (_numeric(arithmetic.remainder), ("number",), "number"),
    "==": (equal, (), "boolean"),
    "!=": (lambda left, right: not equal(left, right), (), "boolean"),
    "<": (lambda left, right: compare(left, right) < 0, _ORDERED, "boolean"),
    "<=": (lambda left, right: compare(left, right) <= 0, _ORDERED, "boolean"),
    ">": (lambda left, right: compare(left, right) > 0, _ORDERED, "boolean"),
    ">=": (lambda left, right: compare(left, right) >= 0, _ORDERED, "boolean"),
    "in": (_in, (), "boolean"),
}


def compile_binary(node: Binary, compile_node: Compiler) -> Compiled:
    """`left operator right`."""
    left, right = compile_node(node.left), compile_node(node.right)
    if node.operator in ("&&", "||"):
        for side, part in ((left, node.left), (right, node.right)):
            insist(side, part, ("boolean",), f"what `{node.operator}` joins")
        return Compiled(_joined(left.evaluate, right.evaluate, node.operator == "||", node.column), "boolean")
    operation, kinds, gives = _OPERATIONS[node.operator]
    for side, part in ((left, node.left), (right, node.right)):
        insist(side, part, kinds, f"an operand of `{node.operator}`")
    if node.operator == "in":
        insist(right, node.right, ("list", "object"), "what `in` looks into")
    if node.operator in ("+", "<", "<=", ">", ">="):
        _insist_alike(left.kind, right.kind, node)
    if node.operator == "+":
        gives = left.kind or right.kind
    return Compiled(_applied(operation, left.evaluate, right.evaluate, node.column), gives)


def _insist_alike(left: Kind | None, right: Kind | None, node: Binary) -> None:
    if left and right and left != right and {left, right} != {"number", "double"}:
        hint = "; string(x) makes a text" if node.operator == "+" else ""
        raise ExpressionError(
            f"`{node.operator}` is between {WORDS[left]} and {WORDS[right]}; allowed are two of a kind{hint}",
            node.column,
        )


def _applied(operation: Operation, left: Evaluate, right: Evaluate, column: int) -> Evaluate:
    def evaluate(scope: Scope) -> JsonValue:
        try:
            return operation(left(scope), right(scope))
        except Unanswerable as error:
            raise unanswered(str(error), column) from None

    return evaluate


def _joined(left: Evaluate, right: Evaluate, settles: bool, column: int) -> Evaluate:
    """`&&` and `||`: left to right; the right side is not looked at where the left one settles it."""

    def evaluate(scope: Scope) -> JsonValue:
        if truth(left(scope), column) is settles:
            return settles
        return truth(right(scope), column)

    return evaluate


def truth(value: JsonValue, column: int) -> bool:
    """The value, which has to be true or false. Raises: MappingError."""
    if value is True or value is False:
        return value
    raise unanswered(f"true or false is needed, not {WORDS[kind_of(value)]}", column)


def compile_unary(node: Unary, compile_node: Compiler) -> Compiled:
    """`-number` and `!boolean`."""
    operand = compile_node(node.operand)
    inner, column = operand.evaluate, node.column
    if node.operator == "!":
        insist(operand, node.operand, ("boolean",), "what `!` denies")
        return Compiled(lambda scope: not truth(inner(scope), column), "boolean")
    insist(operand, node.operand, ("number",), "what `-` negates")
    if isinstance(node.operand, Literal):
        value = arithmetic.negate(arithmetic.number(node.operand.value))
        return Compiled(lambda scope: value, "number")

    def negate(scope: Scope) -> JsonValue:
        try:
            return arithmetic.negate(arithmetic.number(inner(scope)))
        except Unanswerable as error:
            raise unanswered(str(error), column) from None

    return Compiled(negate, "number")


def compile_conditional(node: Conditional, compile_node: Compiler) -> Compiled:
    """`condition ? then : otherwise`; only one of them is looked at."""
    condition, then, otherwise = map(compile_node, (node.condition, node.then, node.otherwise))
    insist(condition, node.condition, ("boolean",), "the condition of `?:`")
    decide, first, second, column = condition.evaluate, then.evaluate, otherwise.evaluate, node.column
    return Compiled(
        lambda scope: first(scope) if truth(decide(scope), column) else second(scope),
        then.kind if then.kind == otherwise.kind else None,
    )
