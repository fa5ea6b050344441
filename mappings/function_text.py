"""Functions whose text is written at run time, as `dataclasses` writes its methods. One that is made for a
definition needs no loop over the definition's members, which takes as long as the work itself (ADR 16)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any


class FunctionText:
    """The text of one function while it is written, and the objects that it knows by name.

    Of a definition only constants may get into the text, each by its `repr`: it is run as it stands. All else
    is an object with a name, `known` to it.
    """

    def __init__(self, **known: object) -> None:
        self._known: dict[str, Any] = dict(known)

    def known(self, one: object) -> str:
        """The name of an object in the text: `k` and a number, which no other name in it may be."""
        name = f"k{len(self._known)}"
        self._known[name] = one
        return name

    def made(self, parameters: str, statements: Iterable[str]) -> Callable[..., Any]:
        """The function of these parameters and statements: one a line, each indented by a space where it
        stands inside of another. Called once, when the text is complete."""
        lines = [f"def made({parameters}):", *(f" {statement}" for statement in statements)]
        exec("\n".join(lines), self._known)  # noqa: S102  # nothing of it comes from outside but constants
        made: Callable[..., Any] = self._known["made"]
        return made
