"""The last value of each topic, within a bound on topics and on bytes."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime

from adapters.mqtt.message import Message


@dataclass(frozen=True, slots=True)
class Value:
    """A message and when it came (UTC)."""

    message: Message
    received: datetime


class LastValues:
    """What each topic held last. When full, the value that changed longest ago goes first."""

    def __init__(self, max_topics: int, max_bytes: int) -> None:
        self._max_topics = max_topics
        self._max_bytes = max_bytes
        self._bytes = 0
        self._values: OrderedDict[str, Value] = OrderedDict()
        self.dropped = 0
        """Values dropped to stay within the bounds, since the start."""

    def __len__(self) -> int:
        return len(self._values)

    def get(self, topic: str) -> Value | None:
        """The last value of this topic, or None."""
        return self._values.get(topic)

    def put(self, value: Value) -> None:
        """Keep this one. An empty payload removes the value, as it does at the broker (3.1.1 §3.3.1.3)."""
        topic = value.message.topic
        former = self._values.pop(topic, None)
        if former is not None:
            self._bytes -= len(former.message.payload)
        if not value.message.payload:
            return
        self._values[topic] = value
        self._bytes += len(value.message.payload)
        while len(self._values) > self._max_topics or self._bytes > self._max_bytes:
            _, oldest = self._values.popitem(last=False)
            self._bytes -= len(oldest.message.payload)
            self.dropped += 1
