"""How the commands' help looks: a flag is shown without the type of a value, since it takes none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import typer
from typer.core import TyperCommand, TyperGroup, TyperOption

F = TypeVar("F", bound=Callable[..., Any])


def _without_types(parameters: list[Any]) -> list[Any]:
    for parameter in parameters:
        if isinstance(parameter, TyperOption) and parameter.is_flag:
            parameter.metavar = ""
    return parameters


class _Command(TyperCommand):
    def get_params(self, ctx: Any) -> list[Any]:
        return _without_types(super().get_params(ctx))


class _Group(TyperGroup):
    def get_params(self, ctx: Any) -> list[Any]:
        return _without_types(super().get_params(ctx))


class Commands(typer.Typer):
    """As `typer.Typer`, with such help for all its commands."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"cls": _Group, **options})

    def command(self, name: str | None = None, **options: Any) -> Callable[[F], F]:
        """As that of `typer.Typer`."""
        return super().command(name, **{"cls": _Command, **options})
