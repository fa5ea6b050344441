"""The tree of an expression. `column` is where the node's own token stands, from 1."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from mappings.contract import JsonValue


@dataclass(frozen=True, slots=True)
class Literal:
    """A value written down."""

    column: int
    value: JsonValue


@dataclass(frozen=True, slots=True)
class Name:
    """One of the names that the expression is given."""

    column: int
    name: str


@dataclass(frozen=True, slots=True)
class Member:
    """`target.name`."""

    column: int
    target: Node
    name: str


@dataclass(frozen=True, slots=True)
class Index:
    """`target[index]`."""

    column: int
    target: Node
    index: Node


@dataclass(frozen=True, slots=True)
class Unary:
    """`-operand` or `!operand`."""

    column: int
    operator: str
    operand: Node


@dataclass(frozen=True, slots=True)
class Binary:
    """`left operator right`."""

    column: int
    operator: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Conditional:
    """`condition ? then : otherwise`."""

    column: int
    condition: Node
    then: Node
    otherwise: Node


@dataclass(frozen=True, slots=True)
class Call:
    """`function(arguments)`, or `target.function(arguments)` where there is a target."""

    column: int
    function: str
    target: Node | None
    arguments: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Items:
    """`[item, …]`."""

    column: int
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Members:
    """`{"key": value, …}`."""

    column: int
    members: tuple[tuple[Node, Node], ...]


Node: TypeAlias = Literal | Name | Member | Index | Unary | Binary | Conditional | Call | Items | Members


def path_of(node: Node) -> tuple[str, ...] | None:
    """The names of a plain path such as `line.amount` or `this["@id"]`; None for anything else."""
    steps: list[str] = []
    while not isinstance(node, Name):
        if isinstance(node, Member):
            steps.append(node.name)
        elif isinstance(node, Index) and isinstance(node.index, Literal) and type(node.index.value) is str:
            steps.append(node.index.value)
        else:
            return None
        node = node.target
    return (node.name, *reversed(steps))
