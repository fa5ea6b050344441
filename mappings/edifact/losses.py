"""What EDIFACT that was read does not give again when it is written."""

from __future__ import annotations

from mappings.edi.losses import interchange_losses
from mappings.edifact.compiled import Compiled

_UNB = "interchange: what UNB leaves out is written where the definition says it"
_UNG = "group: what UNG leaves out is written where the definition says it, else as in UNB"
_RELEASES = "delimiters.release: only service characters are released, though others may have been"


def losses(compiled: Compiled) -> tuple[str, ...]:
    """Each a sentence that begins with the place in the definition."""
    lenient = (word.value for word in compiled.definition.lenient)
    layout = None if compiled.plan is None else compiled.plan.layout
    found = interchange_losses(lenient, layout, is_broken=compiled.is_broken)
    return (_RELEASES, _UNB, _UNG, *found)
