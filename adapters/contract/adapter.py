"""What an adapter does, and what it is told."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from adapters.contract.arrivals import Channel, Delivery
from adapters.contract.calls import Reply, Request
from adapters.contract.deadline import Deadline
from adapters.contract.operations import MissingOperation, Operation


@dataclass(frozen=True, slots=True)
class Probe:
    """What a test without side effects found. `authenticated` is None where the protocol cannot tell."""

    reachable: bool
    authenticated: bool | None
    detail: str


class Adapter(Protocol):
    """One configured system behind its protocol."""

    async def connect(self, deadline: Deadline) -> None:
        """Make the system usable and its description known. Idempotent; called again after a failure.

        The deadline bounds connecting, not the connection.
        Raises: ConnectFailed, ConnectTimeout, AuthenticationFailed, PermissionDenied, ProtocolViolation.
        """

    async def aclose(self) -> None:
        """Release everything held. Idempotent; also cleans up after a failed `connect`. Raises nothing."""

    async def probe(self, deadline: Deadline) -> Probe:
        """Say whether the system is reachable and the credentials are good. Raises nothing of the peer's."""

    def operations(self) -> Sequence[Operation]:
        """The operations, in a stable order.

        With `Capability.DESCRIBED_BY_SETTINGS` they are known from construction on; otherwise they are
        empty until `connect` has returned.
        """

    def missing(self) -> Sequence[MissingOperation]:
        """What the system's contract names and cannot be offered, with reasons. Known when operations are."""

    def notes(self) -> Sequence[str]:
        """What whoever runs the gateway must know about the description and nothing else says: repairs made
        to a contract, names in settings that match nothing. Sentences without secrets, known when operations
        are."""

    async def call(self, operation: str, request: Request, deadline: Deadline) -> Reply:
        """Carry out one operation. For streamed replies the deadline bounds the wait for each next block.

        Raises: any of `adapters.errors`; `KeyError` never (the caller checked the name).
        """

    def channels(self) -> Sequence[Channel]:
        """The inward ports, in a stable order; known when operations are."""

    def receive(self, channel: str, resume: str | None) -> AsyncGenerator[Delivery, None]:
        """What arrives at one channel, as it arrives, without end.

        `resume` is the cursor of the last delivery that was stored. The gateway runs one such generator per
        channel, asks for the next delivery while it holds fewer than `Channel.window`, and closes it
        (`aclose`) when it stops: what is not acknowledged by then stays with the source. A generator ends by
        raising when the connection is lost; the gateway then waits and calls `receive` again. Nothing is
        delivered that `ack` could not still reach.
        Raises: any of `adapters.errors`.
        """


class Capability(StrEnum):
    """What an adapter type can do, declared as data; the conformance suite chooses its cases by it."""

    DESCRIBED_BY_SETTINGS = "described_by_settings"
    """Operations are known without the peer (a pinned WSDL, configured inboxes)."""
    VALUES = "values"
    ROWS = "rows"
    BYTES = "bytes"
    EVENTS = "events"
    RECEIVES = "receives"
    """`channels` may offer some. Without it there are none, and `receive` is never called."""
    AUTHENTICATES = "authenticates"
    """`probe` can tell good credentials from bad ones."""


@dataclass(frozen=True, slots=True)
class AdapterContext:
    """What an adapter is told beside its settings: the system's name and the configuration folder, below
    which every relative path of the settings lies.

    `instance` is empty for the gateway that serves. Another connection to the same system beside it, such as
    that of `gateway check --connect`, has a text of its own here: letters, digits and hyphens, at most 32. An
    adapter whose peer lets only one client of a name in adds it to that name.
    """

    system: str
    base_dir: Path
    instance: str = ""
