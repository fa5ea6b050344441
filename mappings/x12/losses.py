"""What X12 that was read does not give again when it is written."""

from __future__ import annotations

from mappings.edi.losses import interchange_losses
from mappings.x12.compiled import Compiled


def losses(compiled: Compiled) -> tuple[str, ...]:
    """Each a sentence that begins with the place in the definition."""
    lenient = (word.value for word in compiled.definition.lenient)
    layout = None if compiled.plan is None else compiled.plan.layout
    found = interchange_losses(lenient, layout, is_broken=compiled.is_broken)
    return tuple(found)
