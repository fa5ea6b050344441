"""What a request must hold: topic parameters that make a topic name, and a body that fits a packet."""

from __future__ import annotations

from collections.abc import Mapping

from adapters.contract import ByteBody, JsonValue
from adapters.errors import InvalidRequest, Violation
from adapters.mqtt.config import BESIDE_PAYLOAD_BYTES, MAX_PACKET_BYTES
from adapters.mqtt.operations import TopicFamily
from adapters.mqtt.topic import BadTopic, flaw_of_level


def topic_of(family: TopicFamily, parameters: Mapping[str, JsonValue]) -> str:
    """The topic name for a request. Raises: InvalidRequest."""
    values = _texts(family, parameters)
    for name in family.template.names:
        if name not in values:
            raise _invalid(f"{name} is missing", name)
    try:
        return family.template.topic(values)
    except BadTopic as error:
        raise _invalid(str(error), error.parameter) from error


def given_of(family: TopicFamily, parameters: Mapping[str, JsonValue]) -> dict[str, str]:
    """The parameters that a watch is limited to. Raises: InvalidRequest."""
    values = _texts(family, parameters)
    for name, value in values.items():
        flaw = flaw_of_level(
            value, first=family.template.levels[0] is None and name == family.template.names[0]
        )
        if flaw is not None:
            raise _invalid(f"{name} {flaw}", name)
    return values


def _texts(family: TopicFamily, parameters: Mapping[str, JsonValue]) -> dict[str, str]:
    values: dict[str, str] = {}
    for name in family.template.names:
        value = parameters.get(name)
        if isinstance(value, str):
            values[name] = value
        elif value is not None:
            raise _invalid(f"{name} is not text", name)
    return values


def _invalid(message: str, parameter: str | None) -> InvalidRequest:
    return InvalidRequest(message, [Violation(message, parameter=parameter)])


async def payload_of(body: JsonValue | ByteBody, max_bytes: int) -> bytes:
    """The request's body whole. Raises: InvalidRequest when larger than `max_bytes` or an MQTT packet."""
    if not isinstance(body, ByteBody):
        raise InvalidRequest("the body is missing", [Violation("a body of bytes is needed", pointer="")])
    limit = min(max_bytes, MAX_PACKET_BYTES - BESIDE_PAYLOAD_BYTES)
    payload = bytearray()
    try:
        async for chunk in body.chunks:
            payload += chunk
            if len(payload) > limit:
                message = f"the body is larger than {limit} bytes"
                raise InvalidRequest(message, [Violation(message, pointer="")])
    finally:
        await body.chunks.aclose()
    return bytes(payload)
