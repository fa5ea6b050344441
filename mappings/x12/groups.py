"""Which functional groups a definition is for."""

from __future__ import annotations

from mappings.edi import Unwritable
from mappings.x12.envelope import Values
from mappings.x12.schema import X12Definition

_ACKNOWLEDGEMENTS = "FA"


def refused_group(definition: X12Definition, values: Values) -> Unwritable | None:
    """Why a group with this GS is none that is read or written, with the path in the GS; None where it is.
    Those of acknowledgements always are, and all where other transaction sets are too."""
    wanted = definition.group
    kind, version = values.get("functional_identifier"), values.get("version")
    if definition.others == "segments" or kind == _ACKNOWLEDGEMENTS:
        return None
    if wanted.functional_identifier not in (None, kind):
        message = f"GS01 is not {wanted.functional_identifier}"
        return Unwritable("functional-group", message, "/functional_identifier")
    if wanted.version not in (None, version):
        return Unwritable("group-version", f"GS08 is not {wanted.version}", "/version")
    return None
