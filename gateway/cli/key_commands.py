"""The commands below `gateway keys` and their options; carried out by `gateway.cli.keys`."""

from __future__ import annotations

from typing import Annotated

import typer

from gateway.cli.dispatch import perform
from gateway.cli.help import Commands
from gateway.cli.options import ConfigOption, JsonOption, folder_of

keys_app = Commands(
    help="API keys: who may call, and what. A running gateway notices changes within a second.",
    no_args_is_help=True,
)


@keys_app.command("create")
def keys_create(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Whose key it is, for people.")],
    scope: Annotated[
        list[str],
        typer.Option(
            "--scope",
            "-s",
            metavar="SCOPE",
            help="SYSTEM:read, SYSTEM:write, *:read, *:write; messages:, flows: and gateway: are the "
            "gateway's own; repeatable.",
        ),
    ],
    config: ConfigOption = None,
    numbers: Annotated[
        str,
        typer.Option(
            metavar="json|string",
            help="How decimals and 64-bit integers are sent: as JSON numbers, or as text for JavaScript.",
        ),
    ] = "json",
    as_json: JsonOption = False,
) -> None:
    """Make a key and print it, this once."""
    folder = folder_of(context, config)
    perform(
        "gateway.cli.keys",
        "create",
        directory=folder,
        name=name,
        scopes=scope,
        numbers=numbers,
        as_json=as_json,
    )


@keys_app.command("list")
def keys_list(context: typer.Context, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """List the keys; their secrets are not stored and cannot be shown."""
    perform("gateway.cli.keys", "show", directory=folder_of(context, config), as_json=as_json)


@keys_app.command("revoke")
def keys_revoke(
    context: typer.Context,
    key_id: Annotated[
        str, typer.Argument(metavar="ID", help="The key's id, as `gateway keys list` shows it.")
    ],
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Remove a key."""
    perform(
        "gateway.cli.keys", "revoke", directory=folder_of(context, config), key_id=key_id, as_json=as_json
    )
