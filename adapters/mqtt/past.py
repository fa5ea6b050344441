"""What a channel's receiver knows from one connection to the next, and what it has to tell of it."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import UTC, datetime

_LOG = logging.getLogger(__name__)


class Past:
    """The session of one channel as this process has seen it, and messages that no flow got.

    `made`: the session was made by this process, not found.
    """

    def __init__(self, channel: str, client_id: str) -> None:
        self._channel = channel
        self._client_id = client_id
        self._granted = False
        self._gaps = 0
        self._last_gap: datetime | None = None
        self._at_most_once = False
        self._expiry_s: int | None = None
        self.made = False
        self.refused = 0
        """Messages acknowledged and not stored, since the start."""
        self.foreign = 0
        """Messages of topics that are not the channel's, since the start."""

    def resumed(self, present: bool, granted_expiry_s: int | None, wanted_expiry_s: int) -> bool:
        """A connection was made; `present`: the broker had the session. True when that is subscribed."""
        if granted_expiry_s is not None and granted_expiry_s < wanted_expiry_s:
            self._expiry_s = granted_expiry_s
        if present:
            return self._granted
        if self._granted:
            self._gaps, self._last_gap = self._gaps + 1, datetime.now(UTC)
            _LOG.warning(
                "the MQTT broker no longer had the session of %s: messages of channel %s may be missing",
                self._client_id,
                self._channel,
            )
        self.made, self._granted = True, False
        return False

    def subscribed(self, granted_qos: int, wanted_qos: int) -> None:
        """The broker has granted the subscription."""
        self._granted = True
        self._at_most_once = granted_qos < wanted_qos
        if self._at_most_once:
            _LOG.warning("the MQTT broker grants channel %s QoS 0 only", self._channel)

    def count_foreign(self, topic: str) -> None:
        """A message of a topic that is not the channel's was acknowledged and dropped."""
        self.foreign += 1
        _LOG.warning(
            "dropped a message on %r: not of channel %s (%d so far)", topic, self._channel, self.foreign
        )

    def count_refused(self, topic: str, size: int, reason: str) -> None:
        """A message was acknowledged without being stored."""
        self.refused += 1
        _LOG.error(
            "a message of %d bytes on %s was refused and is not stored: %s (%d so far)",
            size,
            topic,
            reason,
            self.refused,
        )

    def notes(self) -> Sequence[str]:
        """In sentences, with the channel's name."""
        found: list[str] = []
        if self._last_gap is not None:
            when = self._last_gap.isoformat(timespec="seconds")
            found.append(
                f"the broker had lost the session, {self._gaps} times, last at {when}: "
                "messages may be missing"
            )
        if self.refused:
            found.append(f"{self.refused} messages were acknowledged and not stored; the log names them")
        if self.foreign:
            found.append(
                f"{self.foreign} messages of other topics were dropped; if the channel's topic was changed, "
                f"the broker's session of {self._client_id} still has the former subscription"
            )
        if self._at_most_once:
            found.append("the broker grants QoS 0 only: at most once")
        if self._expiry_s is not None:
            found.append(f"the broker keeps the session for {self._expiry_s} s only")
        return [f"channel {self._channel}: {text}" for text in found]
