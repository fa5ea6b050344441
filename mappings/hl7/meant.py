"""Is a message one of those that a definition is for."""

from __future__ import annotations

from mappings.hl7.messages import Header
from mappings.hl7.schema import Hl7Definition

_TYPE, _PROCESSING, _VERSION = 9, 11, 12


def refusal(definition: Hl7Definition, header: Header) -> tuple[str, str, int] | None:
    """The rule that a message breaks as such, in words, and the field of MSH; None where it is one of those
    meant."""
    if definition.messages is not None:
        code, event = header.component(_TYPE, 1), header.component(_TYPE, 2)
        split = [one.partition("^") for one in definition.messages]
        if code not in [one[0] for one in split]:
            return "message-type", "MSH-9: is a message of another type than the definition is for", _TYPE
        if not any(one[0] == code and one[2] in ("", event) for one in split):
            return "event", "MSH-9: is a message for another event than the definition is for", _TYPE
    if definition.versions is not None and header.component(_VERSION, 1) not in definition.versions:
        return "version", "MSH-12: is of another version than the definition is for", _VERSION
    if definition.processing is not None and header.component(_PROCESSING, 1) not in definition.processing:
        message = "MSH-11: has another processing identifier than the definition is for"
        return "processing", message, _PROCESSING
    return None
