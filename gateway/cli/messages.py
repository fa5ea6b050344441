"""`gateway messages`: what the running gateway has taken in, and what a person decides about it."""

from __future__ import annotations

import shutil
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import typer

from gateway.admin import AdminClient, AdminError
from gateway.admin.client import message_path
from gateway.cli.failure import INPUT, USAGE, Failure
from gateway.cli.message_tables import detail_lines, listing_lines
from gateway.cli.reporting import counted, print_json
from gateway.cli.running import ask
from gateway.config.suggest import listing, suggestion
from gateway.messages import State

_PAGE = 500
Decide = Callable[[AdminClient, str], Awaitable[Any]]


def show_list(directory: Path, states: Sequence[str], flow: str | None, limit: int, as_json: bool) -> int:
    """List messages, the newest first."""
    query = _query(states, flow)

    async def fetch(client: AdminClient) -> list[Any]:
        return [message async for message in _pages(client, query, limit)]

    found = ask(directory, fetch, as_json=as_json)
    if as_json:
        print_json({"messages": found})
    elif found:
        width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
        typer.echo("\n".join(listing_lines(found, width)))
    else:
        typer.echo("No messages.")
    return 0


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
    states: Sequence[str],
    flow: str | None,
    every: bool,
    as_json: bool,
) -> int:
    """Try messages again: those named, or with `every` all dead ones that fit."""
    if unknown_as not in (None, "repeat", "done"):
        raise Failure(f"--unknown-as {unknown_as}: must be repeat or done", USAGE)
    if bool(ids) == every:
        raise Failure("name messages by their ids, or all that fit by --all", USAGE)
    if (states or flow) and not every:
        raise Failure("--state and --flow choose among all messages; they need --all", USAGE)
    body = {"unknown_as": unknown_as} if unknown_as else {}
    query = _query(states or [State.DEAD.value], flow)

    async def decide(client: AdminClient, message_id: str) -> Any:
        return await client.post(message_path(message_id, "replay"), body)

    return _decide_all(directory, ids, query if every else None, decide, "will be tried again", as_json)


def discard(directory: Path, ids: Sequence[str], reason: str, as_json: bool) -> int:
    """Give messages up."""
    if len(reason) > 500:
        raise Failure("--reason is longer than 500 characters", USAGE)
    body = {"reason": reason} if reason else {}

    async def decide(client: AdminClient, message_id: str) -> Any:
        return await client.post(message_path(message_id, "discard"), body)

    return _decide_all(directory, ids, None, decide, "discarded", as_json)


def _decide_all(
    directory: Path,
    ids: Sequence[str],
    query: dict[str, str | list[str]] | None,
    decide: Decide,
    done: str,
    as_json: bool,
) -> int:
    """Decide each message, and say which could not be. One refusal keeps no other from being done."""

    async def decided(client: AdminClient) -> tuple[list[str], dict[str, str]]:
        wanted = list(dict.fromkeys(ids))
        if query is not None:
            wanted = [found["id"] async for found in _pages(client, query, None)]
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

    good, refused = ask(directory, decided, as_json=as_json)
    if as_json:
        print_json({"done": good, "refused": refused})
    for message_id, reason in refused.items():
        typer.echo(f"{message_id}: {reason}", err=True)
    if not as_json:
        typer.echo(f"{counted(len(good), 'message')} {done}.")
    return INPUT if refused else 0


def _query(states: Sequence[str], flow: str | None) -> dict[str, str | list[str]]:
    known = [state.value for state in State]
    for state in states:
        if state not in known:
            near = suggestion(state, known)
            raise Failure(f"there is no state {state}; {near}there are: {listing(known)}", USAGE)
    query: dict[str, str | list[str]] = {"state": list(states)}
    return query | {"flow": flow} if flow else query


async def _pages(
    client: AdminClient, query: dict[str, str | list[str]], limit: int | None
) -> AsyncIterator[dict[str, Any]]:
    """Messages, up to a limit or all of them, read a page at a time."""
    before: str | None = None
    left = limit
    while left is None or left > 0:
        size = _PAGE if left is None else min(left, _PAGE)
        page = {**query, "limit": str(size), **({"before": before} if before else {})}
        found = (await client.get("/messages", page))["messages"]
        for message in found:
            yield message
        if len(found) < size:
            return
        before = found[-1]["id"]
        left = None if left is None else left - size


async def _write_payload(client: AdminClient, message_id: str) -> None:
    async for chunk in client.payload(message_id):
        sys.stdout.buffer.write(chunk)
    sys.stdout.buffer.flush()
