"""Which messages a definition is for."""

from __future__ import annotations

from mappings.contract import JsonValue
from mappings.edifact.envelope import Values
from mappings.edifact.schema import Directory, EdifactDefinition


def refused_message(definition: EdifactDefinition, identifier: JsonValue) -> str | None:
    """Why a message with this identifier in UNH is none that the definition is for; None where it is."""
    if definition.message is None:
        return None
    said: Values = identifier if isinstance(identifier, dict) else {}
    if said.get("type") != definition.message:
        return f"the message is not {definition.message}, which is defined here"
    for name in Directory.model_fields:
        wanted = getattr(definition.directory, name)
        if wanted is not None and said.get(name) != wanted:
            return f"the message's {name} is not {wanted}, which is defined here"
    return None
