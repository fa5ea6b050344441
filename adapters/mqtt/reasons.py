"""Reason codes: what the broker says no with, as the errors of the contract.

Source: MQTT 5 §2.4 (reason codes), §3.2.2.3 (what a CONNACK limits); MQTT 3.1.1 §3.2.2.3, whose codes paho
numbers as those of MQTT 5.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from adapters.errors import (
    AdapterError,
    AuthenticationFailed,
    Blame,
    ConnectFailed,
    OutcomeUnknown,
    PeerRejected,
    PermissionDenied,
)
from adapters.mqtt.config import MAX_PACKET_BYTES

TAKEN_OVER: Final = 142
_UNSUPPORTED_VERSION: Final = 132
_NOT_AUTHORIZED: Final = 135
_BANNED: Final = 138
_UNKNOWN_IDENTIFIER: Final = 146
_PACKET_TOO_LARGE: Final = 149
_NO_RETAIN: Final = 154
_NO_SUCH_QOS: Final = 155

_BAD_LOG_IN = frozenset({134, _NOT_AUTHORIZED, 140})
"""Bad user name or password, not authorized, bad authentication method. All mean the log-in: mosquitto says
"not authorized" to a wrong password."""

_OF_THE_CALLER = frozenset({144, 149, 153})  # topic name, packet size, payload format
_PASSING = frozenset({136, 137, 145, 151})  # unavailable, busy, identifier in use, quota


def refused_connection(reason: ReasonCode) -> AdapterError:
    """The error for a negative CONNACK."""
    if reason.value in _BAD_LOG_IN:
        return AuthenticationFailed(f"the MQTT broker refuses the log-in: {reason}")
    if reason.value == _BANNED:
        return PermissionDenied(f"the MQTT broker refuses the connection: {reason}")
    hint = "; set version to what it speaks" if reason.value == _UNSUPPORTED_VERSION else ""
    return ConnectFailed(f"the MQTT broker refuses the connection: {reason}{hint}")


def refused_publish(reason: ReasonCode) -> AdapterError:
    """The error for a negative PUBACK, PUBREC or PUBCOMP of MQTT 5."""
    text = f"the MQTT broker refuses the message: {reason} ({reason.value})"
    if reason.value == _NOT_AUTHORIZED:
        return PermissionDenied(text)
    if reason.value == _UNKNOWN_IDENTIFIER:
        return OutcomeUnknown("the MQTT broker lost track of the message half-way; it may have it")
    blame = Blame.CALLER if reason.value in _OF_THE_CALLER else Blame.PEER
    return PeerRejected(text, code=str(reason.value), blame=blame, transient=reason.value in _PASSING)


def refused_subscription(wanted: str, reason: ReasonCode) -> AdapterError:
    """The error for a filter that a SUBACK does not grant. 3.1.1 has one code for all reasons, and an access
    list is the usual one."""
    text = f"the MQTT broker refuses the subscription to {wanted}: {reason} ({reason.value})"
    if reason.value in (128, _NOT_AUTHORIZED):
        return PermissionDenied(text)
    return PeerRejected(text, code=str(reason.value), blame=Blame.PEER, transient=reason.value in _PASSING)


@dataclass(frozen=True, slots=True)
class Limits:
    """What the broker allows on a connection; without a word of it, everything.

    `in_flight`: publishes that may be without an acknowledgement; None: as many as there are identifiers.
    `session_expiry_s`: how long it keeps the session, where that is not what was asked for.
    """

    max_qos: int = 2
    retains: bool = True
    in_flight: int | None = None
    max_packet_bytes: int = MAX_PACKET_BYTES
    session_expiry_s: int | None = None

    @classmethod
    def of(cls, properties: Properties | None) -> Limits:
        """Those of a CONNACK; 3.1.1 has none."""
        return cls(
            max_qos=getattr(properties, "MaximumQoS", 2),
            retains=bool(getattr(properties, "RetainAvailable", 1)),
            in_flight=getattr(properties, "ReceiveMaximum", None),
            max_packet_bytes=getattr(properties, "MaximumPacketSize", MAX_PACKET_BYTES),
            session_expiry_s=getattr(properties, "SessionExpiryInterval", None),
        )

    def check(self, packet_bytes: int, qos: int, retain: bool) -> None:
        """Refuse what the broker has said it will not take, with the code that it would answer.

        Raises: PeerRejected.
        """
        if qos > self.max_qos:
            raise _beyond(_NO_SUCH_QOS, f"takes no QoS above {self.max_qos}", Blame.PEER)
        if retain and not self.retains:
            raise _beyond(_NO_RETAIN, "keeps no retained messages", Blame.PEER)
        if packet_bytes > self.max_packet_bytes:
            text = f"takes packets of {self.max_packet_bytes} bytes, and this has {packet_bytes}"
            raise _beyond(_PACKET_TOO_LARGE, text, Blame.CALLER)


def _beyond(code: int, text: str, blame: Blame) -> PeerRejected:
    return PeerRejected(f"the MQTT broker {text}; nothing was sent", code=str(code), blame=blame)
