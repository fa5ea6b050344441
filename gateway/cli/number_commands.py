"""The commands below `gateway numbers`; carried out by `gateway.cli.numbers`."""

from __future__ import annotations

from typing import Annotated

import typer

from gateway.cli.dispatch import perform
from gateway.cli.help import Commands
from gateway.cli.options import ConfigOption, JsonOption, folder_of

numbers_app = Commands(
    help="Control numbers of the interchanges that the running gateway writes, between two partners each.",
    no_args_is_help=True,
)


@numbers_app.command("list")
def numbers_list(context: typer.Context, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """List the counters, each with the number that was used last."""
    perform("gateway.cli.numbers", "show", directory=folder_of(context, config), as_json=as_json)


@numbers_app.command("set")
def numbers_set(
    context: typer.Context,
    counter: Annotated[
        str,
        typer.Argument(
            metavar="COUNTER",
            help="Its name, as `gateway numbers list` shows it: x12/interchange/ZZ:ACME/ZZ:GLOBEX, "
            "x12/group/ACME/GLOBEX, edifact/interchange/14:ACME/14:GLOBEX; sender first.",
        ),
    ],
    last: Annotated[
        int,
        typer.Argument(
            metavar="LAST", min=0, max=10**14 - 1, help="The number used last; the next is one more."
        ),
    ],
    config: ConfigOption = None,
    back: Annotated[
        bool, typer.Option("--back", help="Also when numbers are given again then that were used before.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Have a counter go on behind the last number of another program, or one that a backup does not know."""
    perform(
        "gateway.cli.numbers",
        "put",
        directory=folder_of(context, config),
        counter=counter,
        last=last,
        back=back,
        as_json=as_json,
    )
