"""Calls: looked up and checked when the expression is compiled."""

from __future__ import annotations

import difflib

from mappings.contract import JsonValue
from mappings.transform.expressions import arithmetic
from mappings.transform.expressions.compiled import Compiled, Compiler, Scope, insist
from mappings.transform.expressions.conversions import to_integer
from mappings.transform.expressions.errors import ExpressionError, Unanswerable, unanswered
from mappings.transform.expressions.functions import FUNCTIONS, METHODS, SPECIAL, Function, check_kinds
from mappings.transform.expressions.kinds import WORDS, kind_of
from mappings.transform.expressions.members import compile_has
from mappings.transform.expressions.rational import compile_exactly, divides
from mappings.transform.expressions.texts import LinearPattern
from mappings.transform.expressions.tree import Call, Literal, Node


def compile_call(node: Call, compile_node: Compiler) -> Compiled:
    """`function(…)` or `target.function(…)`. Raises: ExpressionError."""
    if node.target is None:
        match node.function:
            case "has":
                return compile_has(node.arguments, node.column, compile_node)
            case "round":
                return _round(node, compile_node)
            case "int":
                return _int(node, compile_node)
    elif node.function == "matches":
        return _matches(node, node.target, compile_node)
    table = FUNCTIONS if node.target is None else METHODS
    function = table.get(node.function)
    if function is None:
        raise _unknown(node)
    return _plain(node, function, compile_node)


def _plain(node: Call, function: Function, compile_node: Compiler) -> Compiled:
    given = node.arguments if node.target is None else (node.target, *node.arguments)
    if not function.least <= len(given) <= len(function.takes):
        raise ExpressionError(f"wrong number of arguments; it is called as {function.usage}", node.column)
    compiled = [compile_node(argument) for argument in given]
    for part, argument, kinds in zip(compiled, given, function.takes, strict=False):
        insist(part, argument, kinds, f"what {node.function} is given")
    evaluates = tuple(part.evaluate for part in compiled)
    apply, column = function.apply, node.column

    def evaluate(scope: Scope) -> JsonValue:
        values = [argument(scope) for argument in evaluates]
        try:
            check_kinds(function, values)
            return apply(*values)
        except Unanswerable as error:
            raise unanswered(str(error), column) from None

    return Compiled(evaluate, function.gives)


def _round(node: Call, compile_node: Compiler) -> Compiled:
    if not 1 <= len(node.arguments) <= 3:
        raise ExpressionError(f"wrong number of arguments; it is called as {SPECIAL['round']}", node.column)
    exactly = compile_exactly(node.arguments[0], compile_node)
    rounding = _rounding(node.arguments[2]) if len(node.arguments) == 3 else "half_up"
    column = node.column
    if len(node.arguments) == 1:

        def to_whole(scope: Scope) -> JsonValue:
            try:
                return int(arithmetic.rounded(exactly(scope), 0, rounding))
            except Unanswerable as error:
                raise unanswered(str(error), column) from None

        return Compiled(to_whole, "number")
    places = compile_node(node.arguments[1])
    insist(places, node.arguments[1], ("number",), "the digits that round keeps")
    count = places.evaluate

    def to_places(scope: Scope) -> JsonValue:
        digits = count(scope)
        try:
            if type(digits) is not int:
                raise Unanswerable("the digits that round keeps are a whole number")
            return arithmetic.rounded(exactly(scope), digits, rounding)
        except Unanswerable as error:
            raise unanswered(str(error), column) from None

    return Compiled(to_places, "number")


def _rounding(node: Node) -> str:
    if isinstance(node, Literal) and isinstance(node.value, str) and node.value in arithmetic.ROUNDINGS:
        return node.value
    allowed = ", ".join(f'"{word}"' for word in arithmetic.ROUNDINGS)
    raise ExpressionError(f"how to round is one of {allowed}", node.column)


def _int(node: Call, compile_node: Compiler) -> Compiled:
    if len(node.arguments) != 1:
        raise ExpressionError(f"wrong number of arguments; it is called as {SPECIAL['int']}", node.column)
    argument, column = node.arguments[0], node.column
    if divides(argument):
        exactly = compile_exactly(argument, compile_node)

        def cut(scope: Scope) -> JsonValue:
            try:
                return arithmetic.truncate(exactly(scope))
            except Unanswerable as error:
                raise unanswered(str(error), column) from None

        return Compiled(cut, "number")
    compiled = compile_node(argument)
    insist(compiled, argument, ("text", "number", "double"), "what int is given")
    inner = compiled.evaluate

    def convert(scope: Scope) -> JsonValue:
        try:
            return to_integer(inner(scope))
        except Unanswerable as error:
            raise unanswered(str(error), column) from None

    return Compiled(convert, "number")


def _matches(node: Call, target: Node, compile_node: Compiler) -> Compiled:
    if len(node.arguments) != 1:
        raise ExpressionError(f"wrong number of arguments; it is called as {SPECIAL['matches']}", node.column)
    written = node.arguments[0]
    if not isinstance(written, Literal) or not isinstance(written.value, str):
        raise ExpressionError("a pattern is a text written in the expression", written.column)
    try:
        pattern = LinearPattern(written.value)
    except ValueError as error:
        raise ExpressionError(str(error), written.column) from None
    compiled, column = compile_node(target), node.column
    insist(compiled, target, ("text",), "what a pattern is matched with")
    inner = compiled.evaluate

    def matches(scope: Scope) -> JsonValue:
        text = inner(scope)
        if not isinstance(text, str):
            raise unanswered(f"a pattern is matched with a text, not {WORDS[kind_of(text)]}", column)
        return pattern.found_in(text)

    return Compiled(matches, "boolean")


def _unknown(node: Call) -> ExpressionError:
    """Says what was probably meant, or everything there is."""
    name = node.function
    methods = {*METHODS, "matches"}
    plain = {*FUNCTIONS, *(SPECIAL.keys() - {"matches"})}
    if node.target is None and name in methods:
        usage = SPECIAL["matches"] if name == "matches" else METHODS[name].usage
        return ExpressionError(f"{name} is called on a value: {usage}", node.column)
    if node.target is not None and name in plain:
        usage = SPECIAL[name] if name in SPECIAL else FUNCTIONS[name].usage
        return ExpressionError(f"{name} is not called on a value but as {usage}", node.column)
    known = plain if node.target is None else methods
    folded = {each.casefold(): each for each in (*sorted(plain | methods), *sorted(known))}
    near = difflib.get_close_matches(name.casefold(), folded, n=1, cutoff=0.6)
    hint = f"did you mean {folded[near[0]]}? " if near else ""
    shown = name if len(name) <= 40 else f"{name[:40]}…"
    return ExpressionError(
        f"there is no function {shown}; {hint}allowed: {', '.join(sorted(known))}", node.column
    )
