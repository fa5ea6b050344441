"""Which messages a command is about: those that fit states, flow, source and time."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from gateway.admin import AdminClient
from gateway.cli.failure import USAGE, Failure
from gateway.cli.options import Fitting
from gateway.config.suggest import listing, suggestion
from gateway.messages import State

_PAGE = 500
_AGO = re.compile(r"(\d{1,6})([smhd])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
OPEN = (State.PENDING, State.RUNNING, State.DEAD, State.IN_DOUBT)
"""The states of messages from which something is still to come."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Messages that fit all that is given. `source`: a channel; `since`: received then or later."""

    states: Sequence[str] = ()
    flow: str | None = None
    source: str | None = None
    since: datetime | None = None
    before: str | None = None

    async def pages(self, client: AdminClient, limit: int | None) -> AsyncIterator[dict[str, Any]]:
        """The messages, the newest first, up to a limit or all of them, read a page at a time."""
        before = self.before
        left = limit
        while left is None or left > 0:
            size = _PAGE if left is None else min(left, _PAGE)
            found = (await client.get("/messages", self._query(size, before)))["messages"]
            for message in found:
                if self.since is not None and datetime.fromisoformat(message["received_at"]) < self.since:
                    return
                yield message
            if len(found) < size:
                return
            before = found[-1]["id"]
            left = None if left is None else left - size

    def _query(self, size: int, before: str | None) -> dict[str, str | list[str]]:
        query: dict[str, str | list[str]] = {"state": list(self.states), "limit": str(size)}
        texts = {"flow": self.flow, "source": self.source, "before": before}
        return query | {name: text for name, text in texts.items() if text}


def choice(fitting: Fitting, before: str | None = None) -> Choice:
    """A choice of what was typed. Raises: Failure."""
    known = [state.value for state in State]
    for state in fitting.states:
        if state not in known:
            near = suggestion(state, known)
            raise Failure(f"there is no state {state}; {near}there are: {listing(known)}", USAGE)
    since = None if fitting.since is None else _moment(fitting.since)
    return Choice(fitting.states, fitting.flow, fitting.source, since, before)


def _moment(text: str) -> datetime:
    """`90m` ago, or a date or time. Raises: Failure."""
    ago = _AGO.fullmatch(text)
    if ago is not None:
        return datetime.now(UTC) - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Failure(
            f"--since {text}: must be how long ago, such as 90m, 12h or 7d, or a time such as 2026-11-23 or "
            "2026-11-23T06:00:00Z",
            USAGE,
        ) from None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
