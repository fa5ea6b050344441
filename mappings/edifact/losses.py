"""What EDIFACT that was read does not give again when it is written."""

from __future__ import annotations

from mappings.edi.losses import interchange_losses
from mappings.edifact.compiled import Compiled

_GROUPS = "group: a group without a sender or recipient is written with those of the interchange"
_RELEASES = "delimiters.release: only service characters are released, though others may have been"


def losses(compiled: Compiled) -> tuple[str, ...]:
    """Each a sentence that begins with the place in the definition."""
    lenient = (word.value for word in compiled.definition.lenient)
    layout = None if compiled.plan is None else compiled.plan.layout
    found = interchange_losses(lenient, layout, is_broken=compiled.is_broken)
    return (_RELEASES, _GROUPS, *found)
