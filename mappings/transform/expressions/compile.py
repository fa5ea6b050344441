"""From an expression's text to something that can be evaluated again and again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from mappings.contract import JsonValue, Record
from mappings.transform.expressions.calls import compile_call
from mappings.transform.expressions.compiled import Compiled, Evaluate, Scope
from mappings.transform.expressions.errors import ExpressionError, Unanswerable, unanswered
from mappings.transform.expressions.kinds import Kind, kind_of
from mappings.transform.expressions.limits import MAX_LEVELS
from mappings.transform.expressions.members import compile_member, compile_name, path_reader
from mappings.transform.expressions.operators import compile_binary, compile_conditional, compile_unary
from mappings.transform.expressions.parser import parse
from mappings.transform.expressions.tree import (
    Binary,
    Call,
    Conditional,
    Index,
    Items,
    Literal,
    Member,
    Members,
    Name,
    Node,
    Unary,
    path_of,
)


@dataclass(frozen=True, slots=True)
class Expression:
    """A compiled expression; safe to use from several threads.

    `roots` are the names it uses, `this` among them where it uses the whole. `path` is what a plain path such
    as `line.amount` leads along, None for anything else. `kind` is that of every value it can have, where
    that is known.
    """

    text: str
    roots: frozenset[str]
    kind: Kind | None
    path: tuple[str, ...] | None
    _evaluate: Evaluate = field(repr=False)

    def evaluate(self, names: Mapping[str, Record]) -> Record:
        """The value, given what each name stands for; `this`, unless it is given, stands for all of them.

        Neither the names nor what they stand for are changed; the value may share parts with them.
        Raises: MappingError with the rule `expression`, the column, and the path where a member is missing.
        """
        return self._evaluate(names)


def compile_expression(text: str) -> Expression:
    """Compile an expression. Raises: ExpressionError with the column and what is allowed there."""
    tree = parse(text)
    compiler = _Compiler()
    compiled = compiler(tree)
    return Expression(text, frozenset(compiler.roots), compiled.kind, path_of(tree), compiled.evaluate)


def path_expression(path: tuple[str, ...]) -> Expression:
    """The expression that leads along a path, whatever its names are."""
    return Expression(".".join(path), frozenset(path[:1]), None, path, path_reader(path, 1))


class _Compiler:
    """Compiles nodes, notes the names used, and bounds how deep the tree is."""

    def __init__(self) -> None:
        self.roots: set[str] = set()
        self._level = 0
        # By identity: `round` compiles its argument twice, which would double with each round inside another.
        self._known: dict[int, Compiled] = {}

    def __call__(self, node: Node) -> Compiled:
        known = self._known.get(id(node))
        if known is not None:
            return known
        self._level += 1
        if self._level > MAX_LEVELS:
            raise ExpressionError(
                f"more than {MAX_LEVELS} operators in a row or inside each other", node.column
            )
        compiled = self._known[id(node)] = self._compile(node)
        self._level -= 1
        return compiled

    def _compile(self, node: Node) -> Compiled:
        match node:
            case Literal():
                return _literal(node.value)
            case Name():
                self.roots.add(node.name)
                return compile_name(node)
            case Member() | Index():
                path = path_of(node)
                if path is not None:
                    self.roots.add(path[0])
                return compile_member(node, self)
            case Unary():
                return compile_unary(node, self)
            case Binary():
                return compile_binary(node, self)
            case Conditional():
                return compile_conditional(node, self)
            case Call():
                return compile_call(node, self)
            case Items():
                return self._items(node)
            case Members():
                return self._members(node)

    def _items(self, node: Items) -> Compiled:
        evaluates = [self(item).evaluate for item in node.items]
        return Compiled(lambda scope: [evaluate(scope) for evaluate in evaluates], "list")

    def _members(self, node: Members) -> Compiled:
        evaluates: dict[str, Evaluate] = {}
        for key, value in node.members:
            if not isinstance(key, Literal) or not isinstance(key.value, str):
                raise ExpressionError('a key is a text written down, such as {"name": value}', key.column)
            if key.value in evaluates:
                raise ExpressionError("this key is there twice", key.column)
            evaluates[key.value] = self(value).evaluate

        def make(scope: Scope) -> JsonValue:
            return {name: evaluate(scope) for name, evaluate in evaluates.items()}

        return Compiled(make, "object")


def _literal(value: JsonValue) -> Compiled:
    try:
        return Compiled(lambda scope: value, kind_of(value))
    except Unanswerable as error:
        raise unanswered(str(error), 1) from None
