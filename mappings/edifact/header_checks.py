"""Are the values of UNB and UNG such as the standard has, beyond what their segments say."""

from __future__ import annotations

from collections.abc import Iterator

from mappings.edi import Finding
from mappings.edi.findings import BrokenRule
from mappings.edi.scalars import scalar
from mappings.edifact.envelope import TIME, Values

VERSIONS = ("1", "2", "3", "4")

_LONG, _SHORT = scalar("DT 8/8", None), scalar("DT 6/6", 1950)


def findings(values: Values) -> Iterator[Finding]:
    """What is wrong with the date and time of an interchange or group. Six digits and eight are in use in
    every version."""
    prepared = values.get("prepared")
    if not isinstance(prepared, dict):
        return
    date, time = prepared.get("date"), prepared.get("time")
    if isinstance(date, str) and not _is_date(date):
        yield Finding("date", "is not a date of the calendar", path="/prepared/date", element=4, component=1)
    if isinstance(time, str) and TIME.fullmatch(time) is None:
        yield Finding("time", "is not a time of the day", path="/prepared/time", element=4, component=2)


def _is_date(text: str) -> bool:
    try:
        (_SHORT if len(text) == 6 else _LONG).verify(text)
    except BrokenRule:
        return False
    return True
