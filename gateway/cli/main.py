"""The commands and their options. Nothing heavy is imported here; see `dispatch`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from gateway import __version__
from gateway.cli.certificate_commands import certs_app
from gateway.cli.convert_command import convert
from gateway.cli.dispatch import perform
from gateway.cli.help import Commands
from gateway.cli.key_commands import keys_app
from gateway.cli.mapping_commands import mapping_app
from gateway.cli.message_commands import messages_app
from gateway.cli.number_commands import numbers_app
from gateway.cli.options import ConfigOption, JsonOption, folder_of

app = Commands(
    name="gateway",
    help="One REST/JSON API in front of SOAP services, databases, SFTP servers and MQTT brokers.",
    epilog="Exit codes: 0 done, 1 input or configuration at fault, 2 usage, 3 a system or the gateway is "
    "unreachable, 4 the message store failed.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,  # they print local variables, secrets among them
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(messages_app, name="messages")
app.add_typer(numbers_app, name="numbers")
app.add_typer(mapping_app, name="mapping")
app.add_typer(keys_app, name="keys")
app.add_typer(certs_app, name="certs")


class DemoAction(StrEnum):
    """What `gateway demo` does."""

    RUN = "run"
    PLAY = "play"
    STATUS = "status"
    STOP = "stop"
    START = "start"


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"gateway {__version__}")
        raise typer.Exit


@app.callback()
def _globals(
    context: typer.Context,
    config: Annotated[
        Path,
        typer.Option(
            "--config", "-C", metavar="DIR", envvar="GATEWAY_CONFIG", help="The configuration folder."
        ),
    ] = Path(),
    show_version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    context.obj = config


@app.command()
def serve(
    context: typer.Context,
    config: ConfigOption = None,
    listen: Annotated[
        str | None,
        typer.Option(
            metavar="HOST:PORT",
            help="Where to listen, instead of what gateway.yaml says.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Serve the API until stopped by Ctrl-C or SIGTERM."""
    perform("gateway.cli.serving", directory=folder_of(context, config), listen=listen)


@app.command()
def check(
    context: typer.Context,
    config: ConfigOption = None,
    connect: Annotated[bool, typer.Option("--connect", help="Also connect to every system.")] = False,
    as_json: JsonOption = False,
    verbose: Annotated[
        bool, typer.Option("--verbose", help="Also list what mappings do not write again as it was.")
    ] = False,
) -> None:
    """Check the configuration and say everything that is wrong with it."""
    folder = folder_of(context, config)
    perform("gateway.cli.checking", directory=folder, connect=connect, as_json=as_json, verbose=verbose)


@app.command()
def init(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="An empty or a new folder.")],
    as_json: JsonOption = False,
) -> None:
    """Write a small commented configuration to start from."""
    perform("gateway.cli.starting", directory=directory, as_json=as_json)


@app.command()
def demo(
    action: Annotated[
        DemoAction,
        typer.Argument(
            help="run: start everything; in another terminal, play: tell a story with it, status: what runs, "
            "stop and start: one of its systems.",
        ),
    ] = DemoAction.RUN,
    system: Annotated[
        str | None,
        typer.Argument(help="With stop and start: erp, bank, plant or machines.", show_default=False),
    ] = None,
    listen: Annotated[
        str, typer.Option(metavar="HOST:PORT", help="Where the gateway listens; a loopback address.")
    ] = "127.0.0.1:8080",
    state_dir: Annotated[
        Path, typer.Option(metavar="DIR", help="Where the demo keeps its data between runs.")
    ] = Path("state/demo"),
    reset: Annotated[
        bool, typer.Option("--reset", help="Begin anew: remove what earlier runs left.")
    ] = False,
) -> None:
    """Start four small legacy systems on this machine and the gateway in front of them."""
    switching = action in (DemoAction.STOP, DemoAction.START)
    if switching != (system is not None):
        raise typer.BadParameter("stop and start name a system, such as erp; the others name none")
    if switching:
        on = action is DemoAction.START
        perform("gateway.demo.story", "switch", state_dir=state_dir, system=system, on=on)
    if action in (DemoAction.PLAY, DemoAction.STATUS):
        perform("gateway.demo.story", action.value, state_dir=state_dir)
    perform("gateway.demo", "main", state_dir=state_dir, listen=listen, reset=reset)


@app.command()
def openapi(
    context: typer.Context,
    config: ConfigOption = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write to this file.")
    ] = None,
    connect: Annotated[
        bool,
        typer.Option("--connect", help="Connect first; without it, systems such as databases are left out."),
    ] = False,
) -> None:
    """Print the OpenAPI document of the configuration."""
    folder = folder_of(context, config)
    perform("gateway.cli.describing", "openapi", directory=folder, output=output, connect=connect)


@app.command()
def schema(
    kind: Annotated[
        str | None,
        typer.Argument(
            help="Which kind of file: gateway, system, mapping, route or flow. All of them when left out.",
            show_default=False,
        ),
    ] = None,
    adapter: Annotated[
        str | None,
        typer.Argument(help="With `system`: the settings of this adapter only.", show_default=False),
    ] = None,
) -> None:
    """Print the JSON Schema of configuration files, for editors."""
    perform("gateway.cli.describing", "schema", kind=kind, adapter=adapter)


@app.command()
def reload(context: typer.Context, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Have the running gateway read its configuration anew, as SIGHUP does; a bad one changes nothing."""
    perform("gateway.cli.running", "reload", directory=folder_of(context, config), as_json=as_json)


app.command()(convert)


def main() -> None:
    """The `gateway` command."""
    app()
