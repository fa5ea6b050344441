"""From tokens to a tree, by precedence climbing.

Source: the Common Expression Language's grammar. Left out: macros (`all`, `map`, …), message construction,
bytes and unsigned literals.
"""

from __future__ import annotations

from mappings.transform.expressions.errors import ExpressionError
from mappings.transform.expressions.lexer import Token, tokens
from mappings.transform.expressions.limits import MAX_NESTING, MAX_NODES
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
)

_BINDING = {
    "||": 1,
    "&&": 2,
    **dict.fromkeys(("==", "!=", "<", "<=", ">", ">=", "in"), 3),
    **dict.fromkeys(("+", "-"), 4),
    **dict.fromkeys(("*", "/", "%"), 5),
}
_COMPARING = 3


def parse(text: str) -> Node:
    """The tree of an expression. Raises: ExpressionError."""
    parser = _Parser(tokens(text))
    node = parser.expression()
    parser.expect_end()
    return node


class _Parser:
    def __init__(self, found: list[Token]) -> None:
        self._tokens = found
        self._at = 0
        self._nesting = 0
        self._nodes = 0

    @property
    def _next(self) -> Token:
        return self._tokens[self._at]

    def _take(self) -> Token:
        token = self._tokens[self._at]
        self._at += 1
        self._nodes += token.kind != "end"
        if self._nodes > MAX_NODES:
            raise ExpressionError(
                f"more than the {MAX_NODES} names, literals and operators allowed", token.column
            )
        return token

    def _takes(self, symbol: str) -> bool:
        if self._next.kind == "symbol" and self._next.text == symbol:
            self._take()
            return True
        return False

    def _expect(self, symbol: str, opened: Token) -> None:
        if not self._takes(symbol):
            where = f"`{symbol}` is missing to close the `{opened.text}` of column {opened.column}"
            raise ExpressionError(f"{where}; found {_shown(self._next)}", self._next.column)

    def expect_end(self) -> None:
        """Nothing may follow."""
        if self._next.kind != "end":
            raise ExpressionError(
                f"{_shown(self._next)} may not follow here; allowed are an operator, `.`, `[` or the end",
                self._next.column,
            )

    def expression(self) -> Node:
        """A whole expression, `?:` included."""
        self._nesting += 1
        if self._nesting > MAX_NESTING:
            raise ExpressionError(f"nested deeper than {MAX_NESTING} levels", self._next.column)
        node = self._binary(1)
        token = self._next
        if self._takes("?"):
            then = self.expression()
            if not self._takes(":"):
                found = _shown(self._next)
                raise ExpressionError(f"`:` is missing after `?`; found {found}", self._next.column)
            node = Conditional(token.column, node, then, self.expression())
        self._nesting -= 1
        return node

    def _binary(self, least: int) -> Node:
        left = self._unary()
        compared = False
        while True:
            token = self._next
            binding = _BINDING.get(token.text, 0) if token.kind == "symbol" else 0
            if binding < least:
                return left
            if binding == _COMPARING and compared:
                raise ExpressionError("comparisons do not chain; join two of them with `&&`", token.column)
            compared = binding == _COMPARING
            self._take()
            left = Binary(token.column, token.text, left, self._binary(binding + 1))

    def _unary(self) -> Node:
        operators: list[Token] = []
        while self._next.kind == "symbol" and self._next.text in ("-", "!"):
            operators.append(self._take())
        node = self._postfix()
        for token in reversed(operators):
            node = Unary(token.column, token.text, node)
        return node

    def _postfix(self) -> Node:
        node = self._primary()
        while True:
            token = self._next
            if self._takes("."):
                node = self._member(node)
            elif self._takes("["):
                index = self.expression()
                self._expect("]", token)
                node = Index(token.column, node, index)
            else:
                return node

    def _member(self, target: Node) -> Node:
        name = self._take()
        if name.kind != "name":
            words = name.text if name.text.isalpha() else ""
            hint = f"; write .`{words}` for a member of that name" if words else ""
            raise ExpressionError(f"a member's name must follow `.`; found {_shown(name)}{hint}", name.column)
        if self._next.text == "(" and self._next.kind == "symbol" and name.text[0] != "`":
            return Call(name.column, name.text, target, self._arguments())
        return Member(name.column, target, str(name.value))

    def _primary(self) -> Node:
        token = self._take()
        if token.kind == "literal":
            return Literal(token.column, token.value)
        if token.kind == "name":
            if self._next.text == "(" and self._next.kind == "symbol" and token.text[0] != "`":
                return Call(token.column, token.text, None, self._arguments())
            return Name(token.column, str(token.value))
        if token.kind == "symbol" and token.text == "(":
            node = self.expression()
            self._expect(")", token)
            return node
        if token.kind == "symbol" and token.text == "[":
            return Items(token.column, self._list("]", token))
        if token.kind == "symbol" and token.text == "{":
            return self._members(token)
        raise ExpressionError(
            f"a value is missing; found {_shown(token)}, allowed are a name, a literal, `(`, `[` and `{{`",
            token.column,
        )

    def _arguments(self) -> tuple[Node, ...]:
        return self._list(")", self._take())

    def _list(self, closing: str, opened: Token) -> tuple[Node, ...]:
        items: list[Node] = []
        while not self._takes(closing):
            if items and not self._takes(","):
                self._expect(closing, opened)
            items.append(self.expression())
        return tuple(items)

    def _members(self, opened: Token) -> Node:
        members: list[tuple[Node, Node]] = []
        while not self._takes("}"):
            if members and not self._takes(","):
                self._expect("}", opened)
            key = self.expression()
            if not self._takes(":"):
                found = _shown(self._next)
                raise ExpressionError(f"`:` is missing after a key; found {found}", self._next.column)
            members.append((key, self.expression()))
        return Members(opened.column, tuple(members))


def _shown(token: Token) -> str:
    if token.kind == "end":
        return "the end"
    text = token.text if len(token.text) <= 30 else f"{token.text[:30]}…"
    return text if token.kind == "literal" else f"`{text}`" if "`" not in text else text
