"""What every compiled node is: a closure over the names, and what is known of its value beforehand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from mappings.contract import JsonValue
from mappings.transform.expressions.errors import ExpressionError
from mappings.transform.expressions.kinds import WORDS, Kind
from mappings.transform.expressions.tree import Node

Scope: TypeAlias = Mapping[str, JsonValue]
Evaluate: TypeAlias = Callable[[Scope], JsonValue]


@dataclass(frozen=True, slots=True)
class Compiled:
    """`kind` is that of every value the node can have; None where it depends on the record."""

    evaluate: Evaluate
    kind: Kind | None = None


class Compiler(Protocol):
    """Compiles a node that is part of another."""

    def __call__(self, node: Node) -> Compiled:
        """Raises: ExpressionError."""


def insist(compiled: Compiled, node: Node, kinds: tuple[Kind, ...], what: str) -> None:
    """Refuse a node whose value can only be of another kind.

    Raises: ExpressionError at the node; `what` begins the sentence, such as `the condition of ?:`.
    """
    if kinds and compiled.kind is not None and compiled.kind not in kinds:
        allowed = " or ".join(WORDS[kind] for kind in kinds)
        raise ExpressionError(f"{what} must be {allowed}, this is {WORDS[compiled.kind]}", node.column)
