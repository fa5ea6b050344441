"""The commands below `gateway messages` and their options; carried out by `gateway.cli.messages`."""

from __future__ import annotations

from typing import Annotated

import typer

from gateway.cli.dispatch import perform
from gateway.cli.help import Commands
from gateway.cli.options import ConfigOption, Fitting, JsonOption, folder_of

messages_app = Commands(
    help="What the running gateway has taken in: look at it, try again, give up.", no_args_is_help=True
)

StateOption = Annotated[
    list[str] | None,
    typer.Option(
        "--state",
        metavar="STATE",
        help="pending, running, done, dead, in_doubt or discarded; repeatable.",
        show_default=False,
    ),
]
FlowOption = Annotated[
    str | None, typer.Option("--flow", metavar="FLOW", help="Only messages of this flow.", show_default=False)
]
SourceOption = Annotated[
    str | None,
    typer.Option(
        "--source", metavar="SYSTEM.CHANNEL", help="Only messages from this channel.", show_default=False
    ),
]
SinceOption = Annotated[
    str | None,
    typer.Option(
        "--since",
        metavar="TIME",
        help="Only messages received since then: 90m, 12h or 7d ago, or 2026-11-23T06:00:00Z (UTC where no "
        "offset is given).",
        show_default=False,
    ),
]
EveryOption = Annotated[
    bool,
    typer.Option("--all", help="All messages that fit --state, --flow, --source and --since."),
]


@messages_app.command("list")
def messages_list(
    context: typer.Context,
    config: ConfigOption = None,
    state: StateOption = None,
    flow: FlowOption = None,
    source: SourceOption = None,
    since: SinceOption = None,
    before: Annotated[
        str | None,
        typer.Option(metavar="ID", help="Only messages older than this one.", show_default=False),
    ] = None,
    only_open: Annotated[
        bool,
        typer.Option("--open", help="Only what is not over: pending, running, dead, in_doubt."),
    ] = False,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="How many, the newest first.")] = 50,
    as_json: JsonOption = False,
) -> None:
    """List messages, the newest first, and how many there are in each state."""
    perform(
        "gateway.cli.messages",
        "show_list",
        directory=folder_of(context, config),
        fitting=Fitting.of(state, flow, source, since),
        before=before,
        only_open=only_open,
        limit=limit,
        as_json=as_json,
    )


@messages_app.command("show")
def messages_show(
    context: typer.Context,
    message_id: Annotated[str, typer.Argument(metavar="ID", help="The message's id.")],
    config: ConfigOption = None,
    payload: Annotated[
        bool, typer.Option("--payload", help="Write the original bytes to standard output instead.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Show one message and what happened to it."""
    perform(
        "gateway.cli.messages",
        "show",
        directory=folder_of(context, config),
        message_id=message_id,
        payload=payload,
        as_json=as_json,
    )


@messages_app.command("replay")
def messages_replay(
    context: typer.Context,
    ids: Annotated[
        list[str] | None, typer.Argument(metavar="ID...", help="The messages.", show_default=False)
    ] = None,
    config: ConfigOption = None,
    unknown_as: Annotated[
        str | None,
        typer.Option(
            metavar="repeat|done",
            help="Of a message in doubt: send the write without an answer again, or take it as done.",
            show_default=False,
        ),
    ] = None,
    current_flow: Annotated[
        bool,
        typer.Option(
            "--current-flow",
            help="By the flow as it is now, not as it was when the message came; pending ones can be "
            "moved to it, too.",
        ),
    ] = False,
    repeat_calls: Annotated[
        bool,
        typer.Option(
            "--repeat-calls",
            help="With --current-flow: begin anew and make every call, those too that were answered.",
        ),
    ] = False,
    every: EveryOption = False,
    state: StateOption = None,
    flow: FlowOption = None,
    source: SourceOption = None,
    since: SinceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Try dead messages again, or those in doubt. With --all those of state dead unless --state says so."""
    perform(
        "gateway.cli.messages",
        "replay",
        directory=folder_of(context, config),
        ids=ids or [],
        unknown_as=unknown_as,
        current_flow=current_flow,
        repeat_calls=repeat_calls,
        fitting=Fitting.of(state, flow, source, since),
        every=every,
        as_json=as_json,
    )


@messages_app.command("discard")
def messages_discard(
    context: typer.Context,
    ids: Annotated[
        list[str] | None, typer.Argument(metavar="ID...", help="The messages.", show_default=False)
    ] = None,
    config: ConfigOption = None,
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why, for the history.")] = "",
    every: EveryOption = False,
    state: StateOption = None,
    flow: FlowOption = None,
    source: SourceOption = None,
    since: SinceOption = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="With --all: do not ask.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Give messages up: dead ones, those in doubt, or those that wait. With --all those of state dead unless
    --state says so, after a question."""
    perform(
        "gateway.cli.messages",
        "discard",
        directory=folder_of(context, config),
        ids=ids or [],
        reason=reason,
        fitting=Fitting.of(state, flow, source, since),
        every=every,
        yes=yes,
        as_json=as_json,
    )
