"""Options that many commands have."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

ConfigOption = Annotated[
    Path | None,
    typer.Option("--config", "-C", metavar="DIR", help="The configuration folder.", show_default=False),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]


def folder_of(context: typer.Context, config: Path | None) -> Path:
    """The configuration folder: of the command, of `gateway` itself, of the environment, the current one."""
    if config is not None:
        return config
    return context.obj if isinstance(context.obj, Path) else Path()


@dataclass(frozen=True, slots=True)
class Fitting:
    """What --state, --flow, --source and --since say of messages, as it was typed."""

    states: Sequence[str]
    flow: str | None
    source: str | None
    since: str | None

    @classmethod
    def of(
        cls, state: Sequence[str] | None, flow: str | None, source: str | None, since: str | None
    ) -> Fitting:
        """The values of these options."""
        return cls(state or (), flow, source, since)
