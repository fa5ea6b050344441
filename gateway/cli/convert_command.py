"""The command `gateway convert` and its options; carried out by `gateway.cli.converting`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.dispatch import perform
from gateway.cli.options import ConfigOption, folder_of

MappingArgument = Annotated[
    str | None,
    typer.Argument(
        metavar="MAPPING",
        help="FORMAT, TRANSFORM, FORMAT+TRANSFORM, FORMAT+TRANSFORM+FORMAT or FORMAT+FORMAT; left out "
        "with --copybook.",
        show_default=False,
    ),
]
SourceArgument = Annotated[
    Path, typer.Argument(metavar="[IN]", help="What to read; - is standard input.", show_default=False)
]
TargetArgument = Annotated[
    Path, typer.Argument(metavar="[OUT]", help="What to write; - is standard output.", show_default=False)
]
EncodeOption = Annotated[
    bool, typer.Option("--encode", help="The other way: records in, the mapping's format out.")
]
ToOption = Annotated[
    str | None,
    typer.Option(
        "--to",
        metavar="ndjson|json|csv|arrow|parquet",
        help="How records are written; ndjson if not given.",
    ),
]
FromOption = Annotated[
    str | None,
    typer.Option(
        "--from",
        metavar="ndjson|json|csv",
        help="How records are read where no format says it; if not given, ndjson or json as the data is.",
    ),
]
ErrorsOption = Annotated[
    Path | None,
    typer.Option("--errors", metavar="FILE", help="Write every bad record, with its reason, as NDJSON."),
]
StrictOption = Annotated[bool, typer.Option("--strict", help="Stop at the first bad record.")]
AcknowledgementOption = Annotated[
    Path | None,
    typer.Option(
        "--acknowledgement",
        metavar="FILE",
        help="Write what the sender is answered in the format's own standard: TA1, 997, 999, CONTRL.",
    ),
]
ControlNumberOption = Annotated[
    int | None,
    typer.Option(
        "--control-number",
        metavar="N",
        min=1,
        max=10**14 - 1,
        help="The first number of interchanges and groups that are written, answers too; 1 if not given.",
    ),
]
MaxRecordBytesOption = Annotated[
    int | None,
    typer.Option(
        "--max-record-bytes",
        metavar="N",
        min=1,
        max=1 << 30,
        help="How long a record may be, and so how much memory is needed; 1048576 if not given, or more "
        "where a copybook describes longer ones.",
    ),
]
CopybookOption = Annotated[
    Path | None,
    typer.Option(
        "--copybook", metavar="FILE", help="In place of a mapping: a COBOL copybook that describes the data."
    ),
]
CodepageOption = Annotated[
    str | None,
    typer.Option("--codepage", metavar="NAME", help="With --copybook: the data's encoding, such as cp037."),
]
RecordFormatOption = Annotated[
    str | None,
    typer.Option(
        "--record-format",
        metavar="F|FB|V|VB|VS|VBS",
        help="With --copybook: the data set's RECFM; F if not given.",
    ),
]


def convert(
    context: typer.Context,
    mapping: MappingArgument = None,
    source: SourceArgument = Path("-"),
    target: TargetArgument = Path("-"),
    config: ConfigOption = None,
    encode: EncodeOption = False,
    to: ToOption = None,
    from_: FromOption = None,
    errors: ErrorsOption = None,
    strict: StrictOption = False,
    acknowledgement: AcknowledgementOption = None,
    control_number: ControlNumberOption = None,
    max_record_bytes: MaxRecordBytesOption = None,
    copybook: CopybookOption = None,
    codepage: CodepageOption = None,
    record_format: RecordFormatOption = None,
) -> None:
    """Convert data by a mapping, offline: a file of any size to records, or with --encode back."""
    perform(
        "gateway.cli.converting",
        directory=folder_of(context, config),
        mapping=mapping,
        source=source,
        target=target,
        encode=encode,
        to=to,
        from_=from_,
        errors=errors,
        strict=strict,
        acknowledgement=acknowledgement,
        control_number=control_number,
        max_record_bytes=max_record_bytes,
        copybook=copybook,
        codepage=codepage,
        record_format=record_format,
    )
