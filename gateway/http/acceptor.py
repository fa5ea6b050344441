"""What HTTP needs of the flows: that they take something in, and that they start and stop with the rest."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from adapters.contract import Request
from gateway.catalogue import Catalogue, Entry
from gateway.config import Configuration
from gateway.flows import FlowStatus, Replay


class Acceptor(Protocol):
    """Takes in what is to be carried out later. A 202 may be sent once a method has returned.

    `owner`: the id of the caller's key. `claim`: what the same arrival is known again by. `headers`: what is
    kept with it of how it came.
    """

    async def accept_call(
        self,
        entry: Entry,
        request: Request,
        *,
        owner: str,
        correlation_id: str,
        claim: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> str:
        """Store a call for later; the id of its message. Raises: StoreFull, StoreFailed."""

    async def accept_post(
        self,
        flow: str,
        body: bytes,
        content_type: str,
        *,
        owner: str,
        correlation_id: str,
        claim: str | None = None,
        is_wanted: Callable[[], bool] = ...,
    ) -> str:
        """Store what was posted to a flow; the id of its message. Raises: LookupError, UnreadableRequest,
        TooManyRecords, StoreFull, StoreFailed; NotWanted when `is_wanted` says that nobody waits for it."""

    async def replay(self, message_id: str, asked: Replay) -> None:
        """Have a message run again. Raises: UnknownMessage, NotAllowed, StoreError."""

    def status(self) -> Mapping[str, FlowStatus]:
        """How each flow is."""

    def channels(self) -> Mapping[str, str]:
        """Why nothing is received from each channel that a flow reads; empty where nothing is wrong."""


class Flows(Acceptor, Protocol):
    """The flows as a part of the running gateway."""

    async def start(self) -> None:
        """Begin to receive, and to run what is stored. Idempotent."""

    async def drain(self, grace_s: float) -> None:
        """Receive and begin nothing more, and let what runs go on for so long."""

    async def aclose(self) -> None:
        """End everything; what is not done stays stored. Idempotent."""

    async def reload(self, configuration: Configuration, catalogue: Catalogue) -> None:
        """Run by another configuration; nothing uses the catalogue before when this returns."""
