"""The commands below `gateway certs` and their options; carried out by `gateway.cli.certificates`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.dispatch import perform
from gateway.cli.help import Commands
from gateway.cli.options import ConfigOption, JsonOption, folder_of

certs_app = Commands(help="A local certificate authority and TLS certificates.", no_args_is_help=True)

FolderOption = Annotated[
    Path,
    typer.Option(metavar="DIR", help="Where the authority is; relative to the configuration folder."),
]


@certs_app.command("init")
def certs_init(
    context: typer.Context,
    config: ConfigOption = None,
    folder: FolderOption = Path("certs"),
    only: Annotated[
        list[str] | None,
        typer.Option(
            metavar="DOMAIN", help="Let the authority sign only for this domain or network; repeatable."
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Make a local certificate authority."""
    where = folder_of(context, config)
    perform(
        "gateway.cli.certificates", "init", directory=where, folder=folder, only=only or [], as_json=as_json
    )


@certs_app.command("issue")
def certs_issue(
    context: typer.Context,
    hosts: Annotated[list[str], typer.Argument(metavar="HOST...", help="Host names and IP addresses.")],
    config: ConfigOption = None,
    folder: FolderOption = Path("certs"),
    days: Annotated[int, typer.Option(min=1, max=825, help="How long the certificate lives.")] = 397,
    as_json: JsonOption = False,
) -> None:
    """Make a server certificate signed by the local authority."""
    where = folder_of(context, config)
    perform(
        "gateway.cli.certificates",
        "issue",
        directory=where,
        folder=folder,
        hosts=hosts,
        days=days,
        as_json=as_json,
    )
