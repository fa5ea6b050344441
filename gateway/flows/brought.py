"""What messages bring that must come once only, such as the interchange with a number of its sender: asked by
formats while they read.

The first message of a flow that brings something keeps it, from when something was made of it: one that is
refused as a whole, before anything was sent, leaves it to the next. Until that is stored it is known here.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from gateway.messages import Message, MessageStore

MAX_CLAIMS = 100_000
"""What one message keeps at most; what it brings beyond is compared, and not kept."""


class Brought:
    """What the messages that run have brought, of all flows. One for all of them."""

    def __init__(self, store: MessageStore) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._holders: dict[tuple[str, str], str] = {}

    @contextmanager
    def by(self, message: Message) -> Iterator[Bringing]:
        """One message, while it runs. What it has to keep is stored by the end of that, or left to others."""
        bringing = Bringing(self, message)
        try:
            yield bringing
        finally:
            with self._lock:
                for identity in bringing.kept:
                    del self._holders[message.flow, identity]

    def holder(self, message: Message, identity: str, *, keep: bool) -> str | None:
        """The id of the message that has brought this, in any thread; with `keep` it is this one where none
        has. Raises: StoreFailed."""
        with self._lock:
            key = (message.flow, identity)
            found = self._holders.get(key) or self._store.claimant(message.flow, identity)
            if found is None and keep:
                self._holders[key] = message.id
            return found


class Bringing:
    """What one message brings. `kept` is what it was the first with, `new` of that what is to be stored."""

    def __init__(self, brought: Brought, message: Message) -> None:
        self._brought = brought
        self._message = message
        self._known: dict[str, bool] = {}
        self.kept: list[str] = []
        self.new: list[str] = []

    def seen_before(self, identity: str) -> bool:
        """Whether another message has brought this; the same answer each time. Raises: StoreFailed."""
        known = self._known.get(identity)
        return self._ask(identity) if known is None else known

    def _ask(self, identity: str) -> bool:
        keep = len(self.kept) < MAX_CLAIMS
        holder = self._brought.holder(self._message, identity, keep=keep)
        if holder is None and keep:
            self.kept.append(identity)
            self.new.append(identity)
        found = holder not in (None, self._message.id)
        if keep:
            self._known[identity] = found
        return found
