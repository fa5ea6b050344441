"""Names, members and items of the record, and `has`. What is not there is an error that names the path."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import islice
from typing import TypeAlias

from mappings.contract import JsonValue, MappingError
from mappings.transform.expressions.compiled import Compiled, Compiler, Evaluate, Scope, insist
from mappings.transform.expressions.errors import ExpressionError, unanswered
from mappings.transform.expressions.kinds import WORDS, kind_of
from mappings.transform.expressions.tree import Index, Member, Name, Node, path_of

WHOLE = "this"
"""The name of the record itself, for members that are no names: `this["@id"]`."""
_MAX_SHOWN = 10

Found: TypeAlias = tuple[bool, JsonValue]
Look: TypeAlias = Callable[[Scope], Found]


def compile_name(node: Name) -> Compiled:
    """One of the names that the expression is given."""
    name, column = node.name, node.column

    def read(scope: Scope) -> JsonValue:
        if name in scope:
            return scope[name]
        if name == WHOLE:
            return whole(scope)
        raise _missing((name,), 1, scope, column)

    return Compiled(read)


def compile_member(node: Member | Index, compile_node: Compiler) -> Compiled:
    """A member by its name, or an item or member by index."""
    path = path_of(node)
    if path is not None:
        return Compiled(path_reader(path, node.column))
    target = compile_node(node.target)
    if isinstance(node, Member):
        insist(target, node.target, ("object",), f"what has a member {_name(node.name)}")
        return Compiled(_member_reader(target.evaluate, node.name, node.column))
    insist(target, node.target, ("list", "object"), "what is indexed")
    index = compile_node(node.index)
    insist(index, node.index, ("number", "text"), "an index")
    return Compiled(_item_reader(target.evaluate, index.evaluate, node.column))


def compile_has(arguments: tuple[Node, ...], column: int, compile_node: Compiler) -> Compiled:
    """`has(a.b[0].c)`: whether all of it is there. A null is there."""
    if len(arguments) != 1 or not isinstance(arguments[0], Name | Member | Index):
        raise ExpressionError("has takes one member, such as has(line.amount)", column)
    look = _looker(arguments[0], compile_node)
    return Compiled(lambda scope: look(scope)[0], "boolean")


def pointer(path: tuple[str, ...]) -> str:
    """The JSON pointer of a path. Source: RFC 6901 §3."""
    return "".join(f"/{step.replace('~', '~0').replace('/', '~1')}" for step in steps_of(path))


def steps_of(path: tuple[str, ...]) -> tuple[str, ...]:
    """The members of the record that a path leads along, without the name of the record itself."""
    return path[1:] if path[0] == WHOLE else path


def whole(scope: Scope) -> dict[str, JsonValue]:
    """All names as one object."""
    return scope if type(scope) is dict else dict(scope)


def path_reader(path: tuple[str, ...], column: int) -> Evaluate:
    """Reads a path, which may hold names that no expression could. The result raises MappingError."""
    root, rest = path[0], path[1:]

    def read(scope: Scope) -> JsonValue:
        if root in scope:
            value = scope[root]
        elif root == WHOLE:
            value = whole(scope)
        else:
            raise _missing(path, 1, scope, column)
        for count, step in enumerate(rest, 2):
            if type(value) is not dict or step not in value:
                raise _missing(path, count, value, column)
            value = value[step]
        return value

    return read


def _member_reader(target: Evaluate, name: str, column: int) -> Evaluate:
    def read(scope: Scope) -> JsonValue:
        value = target(scope)
        if type(value) is not dict or name not in value:
            raise _missing((name,), 1, value, column)
        return value[name]

    return read


def _item_reader(target: Evaluate, index: Evaluate, column: int) -> Evaluate:
    def read(scope: Scope) -> JsonValue:
        value, at = target(scope), index(scope)
        found, item = _item(value, at)
        if found:
            return item
        if isinstance(value, list) and type(at) is int:
            raise unanswered(f"the list has {len(value)} items; there is no item {at}", column)
        if isinstance(value, dict) and isinstance(at, str):
            raise _missing((at,), 1, value, column)
        what = f"{WORDS[kind_of(value)]} cannot be indexed by {WORDS[kind_of(at)]}"
        raise unanswered(f"{what}; a list is by a whole number, an object by text", column)

    return read


def _item(value: JsonValue, at: JsonValue) -> Found:
    if isinstance(value, list) and type(at) is int and 0 <= at < len(value):
        return True, value[at]
    if isinstance(value, dict) and isinstance(at, str) and at in value:
        return True, value[at]
    return False, None


def _looker(node: Node, compile_node: Compiler) -> Look:
    if isinstance(node, Name):
        name = node.name
        compile_node(node)  # which notes that the name is used
        if name == WHOLE:
            return lambda scope: (True, scope[name] if name in scope else whole(scope))
        return lambda scope: (name in scope, scope.get(name))
    if isinstance(node, Member):
        return _inside(_looker(node.target, compile_node), lambda scope, name=node.name: name)  # type: ignore[misc]
    if isinstance(node, Index):
        return _inside(_looker(node.target, compile_node), compile_node(node.index).evaluate)
    inner = compile_node(node).evaluate
    return lambda scope: (True, inner(scope))


def _inside(outer: Look, index: Evaluate) -> Look:
    def look(scope: Scope) -> Found:
        found, value = outer(scope)
        return _item(value, index(scope)) if found else (False, None)

    return look


def _missing(path: tuple[str, ...], count: int, around: object, column: int) -> MappingError:
    """The error of a path whose first `count` steps are not all there; `around` is what its last step was
    looked for in."""
    shown = ".".join(map(_name, path[:count]))
    if isinstance(around, Mapping):
        names = [_name(name) for name in islice(around, _MAX_SHOWN + 1) if name != WHOLE]
        there = ", ".join(names[:_MAX_SHOWN]) + (", …" if len(names) > _MAX_SHOWN else "")
        reason = f"{shown} is missing; there {'are' if len(names) > 1 else 'is'} {there or 'nothing'}"
    else:
        kind = WORDS[kind_of(around)]  # type: ignore[arg-type]
        reason = f"{shown} is missing: {'.'.join(map(_name, path[: count - 1]))} is {kind}"
    return unanswered(reason, column, pointer(path[:count]))


def _name(name: object) -> str:
    text = str(name)
    text = text if len(text) <= 40 else f"{text[:40]}…"
    return text if text.isidentifier() else f"`{text}`"
