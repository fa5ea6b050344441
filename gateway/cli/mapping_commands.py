"""The commands below `gateway mapping` and their options. Nothing heavy is imported here; see `dispatch`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.dispatch import perform
from gateway.cli.help import Commands
from gateway.cli.options import ConfigOption, JsonOption, folder_of

mapping_app = Commands(
    help="Mappings: draft one from samples, look at data through one, run its examples.", no_args_is_help=True
)


@mapping_app.command("infer")
def mapping_infer(
    context: typer.Context,
    samples: Annotated[
        list[Path], typer.Argument(metavar="SAMPLE...", help="Files of one format; - is standard input.")
    ],
    config: ConfigOption = None,
    copybook: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="A COBOL copybook that describes the samples.", show_default=False),
    ] = None,
    codepage: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="The samples' encoding, where it is known.", show_default=False),
    ] = None,
    name: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="The mapping's name; from the first file's if not given."),
    ] = None,
) -> None:
    """Draft a definition from samples and print it as YAML, with its doubts as comments."""
    perform(
        "gateway.cli.inferring",
        directory=folder_of(context, config),
        samples=samples,
        copybook=copybook,
        codepage=codepage,
        name=name,
    )


@mapping_app.command("explain")
def mapping_explain(
    context: typer.Context,
    mapping: Annotated[str, typer.Argument(metavar="MAPPING", help="A format.")],
    source: Annotated[Path, typer.Argument(metavar="FILE", help="The data; - is standard input.")],
    config: ConfigOption = None,
    at: Annotated[
        int | None,
        typer.Option("--at", metavar="OFFSET", min=0, help="The byte, counted from 0, as errors name it."),
    ] = None,
    record: Annotated[
        int | None,
        typer.Option("--record", metavar="N", min=1, help="The record, counted from 1; in EDI the segment."),
    ] = None,
) -> None:
    """Show one record: its fields, their definitions, bytes (hex, EBCDIC, ASCII) and values."""
    perform(
        "gateway.cli.explaining",
        directory=folder_of(context, config),
        mapping=mapping,
        source=source,
        at=at,
        record=record,
    )


@mapping_app.command("test")
def mapping_test(
    context: typer.Context,
    mappings: Annotated[
        list[str] | None,
        typer.Argument(metavar="[MAPPING...]", help="Which ones; all when left out.", show_default=False),
    ] = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Run the examples kept inside mappings, in both directions, and say what differs."""
    perform(
        "gateway.cli.examples", directory=folder_of(context, config), names=mappings or [], as_json=as_json
    )


@mapping_app.command("schema")
def mapping_schema(
    context: typer.Context,
    mapping: Annotated[
        str, typer.Argument(metavar="MAPPING", help="As for `gateway convert`: FORMAT, FORMAT+TRANSFORM …")
    ],
    config: ConfigOption = None,
    side: Annotated[
        str | None,
        typer.Option("--of", metavar="source|target", help="Which side of a transform; target if not given."),
    ] = None,
) -> None:
    """Print the JSON Schema of a mapping's records."""
    perform("gateway.cli.mapping_schema", directory=folder_of(context, config), mapping=mapping, side=side)
