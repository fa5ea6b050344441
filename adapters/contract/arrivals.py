"""What arrives from a system by itself: its channels, and their deliveries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from adapters.contract.calls import ByteBody
from adapters.contract.shapes import BytesShape, JsonShape


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """An inward port: an inbox, a topic filter, a table's changes.

    `name` is unique among the system's channels; it may be that of an operation's resource. `payload` says
    what one delivery holds: bytes, or with a `JsonShape` the UTF-8 JSON text of one value.
    `holds_records`: a delivery is a file of any number of records and any size, and not one message.
    `window`: deliveries that the gateway may hold at a time before it acknowledges the first of them. They
    are acknowledged in the order in which they came, one after the other; with `acks_together` the gateway
    asks, in that order, for several acknowledgements at once, so that they can share an exchange with the
    peer, and any of them may end first.
    """

    name: str
    summary: str
    payload: JsonShape | BytesShape
    holds_records: bool = False
    window: int = 1
    acks_together: bool = False
    description: str = ""


class Delivery(Protocol):
    """One thing that arrived. The gateway reads `payload` to its end, stores it, then calls `ack`; or calls
    `nack`. Exactly one of the two, once."""

    @property
    def payload(self) -> ByteBody:
        """The bytes. Whoever takes it closes `chunks`. The stream raises when what was read is not whole or
        changed at the source meanwhile; nothing of it counts then.

        Raises while it is read: ReadFailed, BadReply.
        """

    @property
    def headers(self) -> Mapping[str, str]:
        """Protocol facts, named by protocol: `sftp.path`, `mqtt.topic`. Without secrets and bounded."""

    @property
    def redelivered(self) -> bool:
        """True when the source says that it may have delivered this before."""

    def source_key(self) -> str | None:
        """What identifies this arrival at its source, so that the same one is not stored twice; known once
        `payload` has been read to its end. At most 2000 characters. None where the source has no such thing:
        a redelivery then is a second message."""

    def cursor(self) -> str | None:
        """Where `receive` resumes after this delivery; None where the source remembers by itself."""

    async def ack(self) -> None:
        """Tell the source that the delivery is stored: a PUBACK, a moved file, a marked row.

        When this fails the source delivers the same again, and the gateway acknowledges it again without
        storing it twice (where there is a `source_key`).
        Raises: any of `adapters.errors`.
        """

    async def nack(self, reason: str, *, for_good: bool = False) -> None:
        """Leave the delivery with its source, to be delivered again later; `for_good`: the source is to put
        it aside (an error folder, a status) where it can, since the gateway will never take it.

        Raises: any of `adapters.errors`.
        """
