"""What an adapter supplies so that the conformance suite can put it through its cases.

Each adapter has a module `kit_{adapter}.py` beside this one that exports `KIT`, a class that fits `Kit`. It
starts a real server, says how to configure the adapter for it, and gives one example of each kind of call.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from adapters.contract import Request
from tests.peers.process import ServerProcess


@dataclass(frozen=True)
class Example:
    """One call, and what its answer must be.

    `request` makes a fresh request each time: a streamed body can be read only once, and a second write of
    the same data must not collide with the first (so put a counter into names and keys). `check` gets the
    answer taken whole and asserts: the value of a `ValueReply`, the list of rows (parsed from NDJSON) of a
    `RowsReply`, the joined bytes of a `BytesReply`, the first `Event` of an `EventsReply`. For `rejected` it
    gets the `PeerRejected` that was raised, and asserts the peer's own code.
    """

    operation: str
    request: Callable[[], Request]
    check: Callable[[Any], None]


@dataclass(frozen=True)
class Arriving:
    """How something arrives at a channel of the adapter's.

    `settings` are the kit's with what receiving needs (short polling). `put` has the source offer one thing
    that carries a number, `number_of` reads it from the payload; both block. `put_bytes` offers a payload of
    these bytes, None where a payload is not the source's own bytes (a row). `restartable`: what the source
    offers, or kept for a client that was away, outlives a killed peer.
    """

    channel: str
    settings: Callable[[int | None], dict[str, Any]]
    put: Callable[[int], None]
    number_of: Callable[[bytes], int]
    put_bytes: Callable[[bytes], None] | None = None
    restartable: bool = True


class Kit(Protocol):
    """A real peer and the examples that work against it. Made once per test session and worker."""

    adapter: str
    """The name in the registry."""

    secrets: tuple[str, ...]
    """Texts that must never appear in a repr, an error or a log record: every password and key used."""

    @property
    def port(self) -> int:
        """The peer's TCP port on 127.0.0.1."""

    @property
    def server(self) -> ServerProcess:
        """The peer's process: the suite freezes, thaws, kills and starts it."""

    @property
    def read(self) -> Example:
        """A safe call that answers from the peer within a second."""

    @property
    def write(self) -> Example:
        """An unsafe call that the peer confirms; may be repeated any number of times."""

    @property
    def rejected(self) -> Example | None:
        """A call that the peer itself refuses, and whose code must be kept; None where it never does."""

    @property
    def arriving(self) -> Arriving | None:
        """What arrives at the adapter; None where it has no `Capability.RECEIVES`."""

    def start(self, folder: Path) -> None:
        """Start the peer, with all its files below `folder`, and return when it answers."""

    def stop(self) -> None:
        """Stop the peer. Idempotent."""

    def settings(self, port: int | None = None) -> dict[str, Any]:
        """Good settings as they would stand in a configuration file, secrets in plain text, relative paths
        below `folder`. With `port` the adapter connects there instead (a fault proxy in between)."""

    def wrong_credentials(self) -> dict[str, Any] | None:
        """The same with a wrong password or key; None where the peer knows no credentials."""
