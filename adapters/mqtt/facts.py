"""What is told about a message beside its payload: headers, bounded whatever a publisher adds."""

from __future__ import annotations

import base64
from collections.abc import Mapping

from paho.mqtt.properties import Properties

from adapters.mqtt.message import Message

MAX_USER_PROPERTIES = 32
MAX_TEXT = 1000
"""Characters of one value; longer ones are left out, never cut."""


def facts(message: Message) -> dict[str, str]:
    """The headers that every message has."""
    return {
        "mqtt.topic": message.topic,
        "mqtt.qos": str(message.qos),
        "mqtt.retain": str(message.retained).lower(),
    }


def all_facts(message: Message, levels: Mapping[str, str]) -> dict[str, str]:
    """Those, the named levels of the topic as `mqtt.{name}`, and the properties of MQTT 5. A level that is
    named like one of the others is found in `mqtt.topic` only."""
    named = {f"mqtt.{name}": value for name, value in levels.items()}
    properties = {} if message.properties is None else _of(message.properties)
    return {**named, **properties, **facts(message)}


def _of(properties: Properties) -> dict[str, str]:
    correlation = getattr(properties, "CorrelationData", None)
    expiry = getattr(properties, "MessageExpiryInterval", None)
    given = {
        "mqtt.content-type": getattr(properties, "ContentType", None),
        "mqtt.response-topic": getattr(properties, "ResponseTopic", None),
        "mqtt.correlation-data": None if correlation is None else base64.b64encode(correlation).decode(),
        "mqtt.message-expiry-s": None if expiry is None else str(expiry),
    }
    found = {name: text for name, text in given.items() if text is not None and len(text) <= MAX_TEXT}
    user: dict[str, str] = {}
    left_out = sum(text is not None for text in given.values()) - len(found)
    for key, value in getattr(properties, "UserProperty", ()):
        name = f"mqtt.user.{key}"
        text = f"{user[name]}, {value}" if name in user else value
        if (
            not key.isprintable()
            or len(text) > MAX_TEXT
            or len(name) > MAX_TEXT
            or len(user | {name: ""}) > MAX_USER_PROPERTIES
        ):
            left_out += 1
        else:
            user[name] = text
    if left_out:
        found["mqtt.left-out"] = str(left_out)
    return {**user, **found}
