"""`gateway messages`: what the running gateway has taken in, and what a person decides about it."""

from __future__ import annotations

import shutil
import sys
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import typer

from gateway.admin import AdminClient, AdminError
from gateway.admin.client import message_path
from gateway.cli.failure import INPUT, USAGE, Failure
from gateway.cli.message_choice import OPEN, Choice, choice
from gateway.cli.message_tables import detail_lines, listing_lines
from gateway.cli.options import Fitting
from gateway.cli.reporting import counted, print_json
from gateway.cli.running import ask
from gateway.messages import State

Decide = Callable[[AdminClient, str], Awaitable[Any]]


def show_list(
    directory: Path,
    fitting: Fitting,
    before: str | None,
    only_open: bool,
    limit: int,
    as_json: bool,
) -> int:
    """List messages, the newest first."""
    if only_open and fitting.states:
        raise Failure("--open stands for states of its own; leave out --state", USAGE)
    if only_open:
        fitting = replace(fitting, states=[state.value for state in OPEN])
    chosen = choice(fitting, before)

    async def fetch(client: AdminClient) -> tuple[list[Any], list[Any]]:
        # One more than is shown says whether there are more.
        found = [message async for message in chosen.pages(client, limit + 1)]
        return found, (await client.get("/counts"))["counts"]

    found, counts = ask(directory, fetch, as_json=as_json)
    shown = found[:limit]
    if as_json:
        print_json({"messages": shown, "more": len(found) > limit})
        return 0
    _print(shown, more=len(found) > limit)
    if summary := _summary(counts, fitting.flow):
        typer.echo(summary, err=True)
    return 0


def _print(shown: Sequence[dict[str, Any]], *, more: bool) -> None:
    """Print a listing. What is said about it goes to standard error, so that a pipe gets messages alone."""
    if shown:
        width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
        typer.echo("\n".join(listing_lines(shown, width)))
    else:
        typer.echo("No messages.")
    if more:
        hint = f"--before {shown[-1]['id']} shows those behind, --limit N more at once"
        typer.echo(f"There are more than these {len(shown)}: {hint}", err=True)


def _summary(counts: Sequence[dict[str, Any]], flow: str | None) -> str:
    """How many messages there are in each state, the ones that wait for a person first."""
    found: Counter[str] = Counter()
    for each in counts:
        if flow in (None, each["flow"]):
            found[each["state"]] += each["messages"]
    order = ("dead", "in_doubt", "pending", "running", "done", "discarded")
    parts = [f"{found[state]} {state}" for state in order if found[state]]
    return f"In the store{f' of {flow}' if flow else ''}: {', '.join(parts)}" if parts else ""


def show(directory: Path, message_id: str, payload: bool, as_json: bool) -> int:
    """Show one message, or write its original bytes."""
    if payload:
        ask(directory, lambda client: _write_payload(client, message_id))
        return 0
    found = ask(directory, lambda client: client.get(message_path(message_id)), as_json=as_json)
    if as_json:
        print_json(found)
    else:
        typer.echo("\n".join(detail_lines(found)))
    return 0


def replay(
    directory: Path,
    ids: Sequence[str],
    unknown_as: str | None,
    current_flow: bool,
    repeat_calls: bool,
    fitting: Fitting,
    every: bool,
    as_json: bool,
) -> int:
    """Try messages again: those named, or with `every` all dead ones that fit."""
    if unknown_as not in (None, "repeat", "done"):
        raise Failure(f"--unknown-as {unknown_as}: must be repeat or done", USAGE)
    if repeat_calls and not current_flow:
        raise Failure("--repeat-calls goes with --current-flow", USAGE)
    if repeat_calls and unknown_as == "done":
        raise Failure("--repeat-calls makes every call again; with it none is --unknown-as done", USAGE)
    chosen = choice(fitting)
    _insist_on_ids_or_all(ids, chosen, every)
    body = {
        **({"unknown_as": unknown_as} if unknown_as else {}),
        **({"current_flow": "true"} if current_flow else {}),
        **({"repeat_calls": "true"} if repeat_calls else {}),
    }

    async def decide(client: AdminClient, message_id: str) -> Any:
        return await client.post(message_path(message_id, "replay"), body)

    done = "taken as done where no answer came, and goes on behind it" if unknown_as == "done" else ""
    return _Deciding(directory, as_json).run(
        ids,
        _dead_unless_said(chosen) if every else None,
        decide,
        done or f"will be tried again{' by the present flow' if current_flow else ''}",
    )


def discard(
    directory: Path,
    ids: Sequence[str],
    reason: str,
    fitting: Fitting,
    every: bool,
    yes: bool,
    as_json: bool,
) -> int:
    """Give messages up: those named, or with `every` all dead ones that fit."""
    if len(reason) > 500:
        raise Failure("--reason is longer than 500 characters", USAGE)
    chosen = choice(fitting)
    _insist_on_ids_or_all(ids, chosen, every)
    body = {"reason": reason} if reason else {}

    async def decide(client: AdminClient, message_id: str) -> Any:
        return await client.post(message_path(message_id, "discard"), body)

    wanted = _dead_unless_said(chosen) if every else None
    deciding = _Deciding(directory, as_json)
    if wanted is not None:
        ids = deciding.ids(wanted)
        if ids and not yes:
            _confirm(len(ids), wanted)
    return deciding.run(ids, None, decide, "discarded")


def _confirm(count: int, chosen: Choice) -> None:
    """Raises: Failure when nobody is there to ask, typer.Abort when the answer is no."""
    what = f"{counted(count, 'message')} ({', '.join(chosen.states)})"
    if not sys.stdin.isatty():
        raise Failure(
            f"{what} would be discarded, and nobody is there to ask; say --yes if that is meant", USAGE
        )
    typer.confirm(f"Discard {what}? They are not tried again", abort=True, err=True)


def _insist_on_ids_or_all(ids: Sequence[str], chosen: Choice, every: bool) -> None:
    """Raises: Failure."""
    if bool(ids) == every:
        raise Failure("name messages by their ids, or all that fit by --all", USAGE)
    if any((chosen.states, chosen.flow, chosen.source, chosen.since)) and not every:
        raise Failure(
            "--state, --flow, --source and --since choose among all messages; they need --all", USAGE
        )


def _dead_unless_said(chosen: Choice) -> Choice:
    return chosen if chosen.states else replace(chosen, states=[State.DEAD.value])


class _Deciding:
    """Decides many messages, and says which could not be."""

    def __init__(self, directory: Path, as_json: bool) -> None:
        self._directory = directory
        self._as_json = as_json

    def ids(self, chosen: Choice) -> list[str]:
        """The messages that fit, the oldest first, so that a lane keeps its order."""

        async def found(client: AdminClient) -> list[str]:
            return await _ids(client, chosen)

        return ask(self._directory, found, as_json=self._as_json)

    def run(self, ids: Sequence[str], chosen: Choice | None, decide: Decide, done: str) -> int:
        """Decide each message. One refusal keeps no other from being done."""

        async def decided(client: AdminClient) -> tuple[list[str], dict[str, str]]:
            wanted = list(dict.fromkeys(ids)) if chosen is None else await _ids(client, chosen)
            good: list[str] = []
            refused: dict[str, str] = {}
            for message_id in wanted:
                try:
                    await decide(client, message_id)
                except AdminError as error:
                    refused[message_id] = str(error)
                else:
                    good.append(message_id)
            return good, refused

        good, refused = ask(self._directory, decided, as_json=self._as_json)
        if self._as_json:
            print_json({"done": good, "refused": refused})
        for message_id, reason in refused.items():
            typer.echo(f"{message_id}: {reason}", err=True)
        if not self._as_json:
            typer.echo(f"{counted(len(good), 'message')} {done}.")
        return INPUT if refused else 0


async def _ids(client: AdminClient, chosen: Choice) -> list[str]:
    found = [message["id"] async for message in chosen.pages(client, None)]
    return found[::-1]


async def _write_payload(client: AdminClient, message_id: str) -> None:
    async for chunk in client.payload(message_id):
        sys.stdout.buffer.write(chunk)
    sys.stdout.buffer.flush()
