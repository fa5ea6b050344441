"""What can be done with a channel, described as data."""

from __future__ import annotations

from dataclasses import dataclass

from adapters.contract import (
    Binding,
    BytesShape,
    EventsShape,
    JsonShape,
    Operation,
    Parameter,
    Result,
)
from adapters.mqtt.config import ChannelSettings
from adapters.mqtt.topic import PARAMETER_PATTERN, Template

_CONTENT_TYPES = {"json": "application/json", None: "application/octet-stream"}

PUBLISHED = JsonShape(
    {
        "type": "object",
        "properties": {
            "topic": {"type": "string", "description": "The topic name that was published to."},
            "qos": {"enum": [0, 1, 2], "description": "The quality of service it was published with."},
        },
        "required": ["topic", "qos"],
        "additionalProperties": False,
    }
)

_CONFIRMED = {
    0: "Done when the message was handed to the operating system: with QoS 0 the broker confirms nothing.",
    1: "Done when the broker has confirmed it (PUBACK).",
    2: "Done when the broker has confirmed it for good (PUBCOMP).",
}


@dataclass(frozen=True, slots=True)
class TopicFamily:
    """A configured channel, its template parsed. What flows read of it is a `contract.Channel`."""

    name: str
    settings: ChannelSettings
    template: Template

    @classmethod
    def of(cls, name: str, settings: ChannelSettings) -> TopicFamily:
        """The family of these settings, which have been validated."""
        return cls(name, settings, Template.parse(settings.topic))

    @property
    def publishes(self) -> bool:
        """True when the gateway may publish to it."""
        return self.settings.direction != "subscribe"

    @property
    def subscribes(self) -> bool:
        """True when the gateway listens to it."""
        return self.settings.direction != "publish"

    @property
    def content_type(self) -> str:
        """The media type of its payloads, as far as the adapter knows."""
        return _CONTENT_TYPES.get(self.settings.format, "application/octet-stream")

    def operations(self) -> tuple[Operation, ...]:
        """Its operations: publish, last, watch and watch-all as the direction allows."""
        publish = (self._publish(),) if self.publishes else ()
        subscribe = (self._last(), self._watch()) if self.subscribes else ()
        every = (self._watch_all(),) if self.subscribes and self.template.names else ()
        return (*publish, *subscribe, *every)

    @property
    def _path(self) -> str:
        return "".join(f"/{part}" for part in (self.name, *(f"{{{name}}}" for name in self.template.names)))

    def _parameters(self, *, in_query: bool = False) -> tuple[Parameter, ...]:
        return tuple(
            Parameter(
                name=name,
                location="query" if in_query else "path",
                schema={"type": "string", "minLength": 1, "maxLength": 1024, "pattern": PARAMETER_PATTERN},
                description=f"The level {{{name}}} of the topic {self.template.text}."
                + (" Without it, every value." if in_query else ""),
                required=not in_query,
            )
            for name in self.template.names
        )

    def _described(self, text: str) -> str:
        return f"{self.settings.description}\n\n{text}".strip()

    def _publish(self) -> Operation:
        retained = " The broker keeps it for later subscribers." if self.settings.retain else ""
        return Operation(
            name=f"{self.name}.publish",
            summary=f"Publish to {self.template.text}",
            description=self._described(_CONFIRMED[self.settings.qos] + retained),
            safe=False,
            idempotent=False,
            bindings=(Binding(method="POST", path=self._path),),
            request=BytesShape(self.content_type, self.settings.format),
            reply=PUBLISHED,
            parameters=self._parameters(),
            result=Result.DONE,
        )

    def _last(self) -> Operation:
        return Operation(
            name=f"{self.name}.last",
            summary=f"The last value of {self.template.text}",
            description=self._described(
                "The last value seen since the gateway started, or kept by the broker as retained. "
                "The header mqtt.received says when it came, mqtt.connected whether newer ones would be seen."
            ),
            safe=True,
            idempotent=True,
            bindings=(Binding(method="GET", path=self._path),),
            request=None,
            reply=BytesShape(self.content_type, self.settings.format),
            parameters=self._parameters(),
            answers_without_peer=True,
        )

    def _watch(self) -> Operation:
        return Operation(
            name=f"{self.name}.watch",
            summary=f"Watch {self.template.text}",
            description=self._described(
                "Messages as they arrive. The stream ends with an error when the reader is too slow "
                "or the connection to the broker is lost, because messages may then be missing."
            ),
            safe=True,
            idempotent=True,
            bindings=(Binding(method="GET", path=self._path),),
            request=None,
            reply=EventsShape(self.content_type, self.settings.format),
            parameters=self._parameters(),
        )

    def _watch_all(self) -> Operation:
        return Operation(
            name=f"{self.name}.watch-all",
            summary=f"Watch every topic of {self.template.filter}",
            description=self._described(
                "Messages of all these topics as they arrive, or of those whose named levels are given. "
                "The source of each event is its topic."
            ),
            safe=True,
            idempotent=True,
            bindings=(Binding(method="GET", path=f"/{self.name}"),),
            request=None,
            reply=EventsShape(self.content_type, self.settings.format, from_several_sources=True),
            parameters=self._parameters(in_query=True),
        )
