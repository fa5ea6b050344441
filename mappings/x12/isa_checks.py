"""Are the values of ISA and GS such as the standard has. Source: X12.5 §3, X12.6 §3.9."""

from __future__ import annotations

from collections.abc import Iterator

from mappings.edi import BrokenRule, Finding
from mappings.edi.scalars import scalar
from mappings.x12.envelope import Header, Values

_LONG, _SHORT = scalar("DT 8/8", None), scalar("DT 6/6", 1950)
_TIME = scalar("TM 4/8", None)
_PARTNERS = {5: "interchange-sender", 7: "interchange-receiver"}
_TEXTS = {
    0: "interchange-authorization",
    1: "interchange-authorization",
    2: "interchange-security",
    3: "interchange-security",
    4: "interchange-sender",
    6: "interchange-receiver",
    10: "interchange-standard",
    **_PARTNERS,
}


def problems(header: Header) -> Iterator[tuple[str, str]]:
    """The rules that an ISA breaks, each with what is wrong."""
    elements = header.elements
    for at, rule in _TEXTS.items():
        if not (elements[at].isascii() and elements[at].isprintable()):
            yield rule, f"ISA{at + 1:02} has characters that may not stand there"
    for at, rule in _PARTNERS.items():
        if not elements[at].strip():
            yield rule, f"ISA{at + 1:02} is empty"
    if not _is(elements[8], "date"):
        yield "interchange-date", "ISA09 is not a date"
    if len(elements[9]) != 4 or not _is(elements[9], "time"):
        yield "interchange-time", "ISA10 is not a time of the day"
    if not (len(elements[11]) == 5 and elements[11].isdigit() and elements[11].isascii()):
        yield "interchange-version", "ISA12 is not a version of five digits"
    if not (len(elements[12]) == 9 and elements[12].isdigit() and elements[12].isascii()):
        yield "interchange-number", "ISA13 is not a number of nine digits"
    if elements[13] not in ("0", "1"):
        yield "interchange-request", "ISA14 is neither 0 nor 1"
    if elements[14] not in ("P", "T", "I"):
        yield "interchange-usage", "ISA15 is none of P, T and I"


def group_findings(values: Values) -> Iterator[Finding]:
    """What is wrong with the values of a GS, beyond their lengths."""
    date, time, number = values.get("date"), values.get("time"), values.get("control_number")
    if isinstance(date, str) and not _is(date, "date"):
        yield Finding("date", "is not a date of the calendar", element=4, value=date)
    if isinstance(time, str) and not _is(time, "time"):
        yield Finding("time", "is not a time of the day", element=5, value=time)
    if isinstance(number, str) and not (number.isdigit() and number.isascii()):
        yield Finding("number", "is not a number", element=6, value=number)


def _is(text: str, kind: str) -> bool:
    of_date = _SHORT if len(text) == 6 else _LONG
    checked = _TIME if kind == "time" else of_date
    try:
        checked.verify(text)
    except BrokenRule:
        return False
    return True
