"""Names of the copybook, and what records call them."""

from __future__ import annotations

import re
from collections.abc import Iterable

from mappings.copybook.entries import Entry

_QUALIFIED = re.compile(r"\s+(?:OF|IN)\s+", re.IGNORECASE)
_PARTS = re.compile(r"[^-_]+")


def record_name(name: str, style: str) -> str:
    """What records call an item: `as_written`, `snake` (customer_name) or `camel` (customerName)."""
    if style == "as_written":
        return name
    parts = [part.lower() for part in _PARTS.findall(name)]
    if style == "snake":
        return "_".join(parts)
    return parts[0] + "".join(part.capitalize() for part in parts[1:]) if parts else name


def found(reference: str | Iterable[str], record: Entry) -> list[Entry]:
    """The items of a record that a name means, with OF and the groups around where it is qualified."""
    names = _QUALIFIED.split(reference.strip()) if isinstance(reference, str) else reference
    first, *others = [name.upper() for name in names]
    return [entry for entry in record.walk() if (entry.name or "").upper() == first and _is_in(entry, others)]


def _is_in(entry: Entry, names: list[str]) -> bool:
    around = [(each.name or "").upper() for each in entry.around()]
    for name in names:
        if name not in around:
            return False
        around = around[around.index(name) + 1 :]
    return True
