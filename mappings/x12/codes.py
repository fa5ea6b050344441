"""The codes of the standard for each of our rules.

Source: X12 data elements 716 to 721 (997), 618, 620 and 621 (999), and I18 (TA1), version 005010; the
business units: implementation guide 005010X231A1, segment CTX. In the code
lists of the 999, what a definition asks beyond the standard has codes that begin with I.
"""

from __future__ import annotations

from collections.abc import Mapping

from mappings.edi.sets import Unit

ELEMENT: Mapping[str, str] = {
    "required-element": "1",
    "empty-repetition": "1",
    "condition": "2",
    "extra-element": "3",
    "trailing-separator": "3",
    "too-short": "4",
    "too-long": "5",
    "character": "6",
    "number": "6",
    "binary": "6",
    "padding": "7",
    "code": "7",
    "date": "8",
    "time": "9",
    "exclusion": "10",
    "repetitions": "12",
    "components": "13",
}
"""Data element 723 (AK403) and 621 (IK403)."""

SEGMENT: Mapping[str, str] = {
    "unknown-segment": "1",
    "empty-segment": "1",
    "unexpected-segment": "2",
    "required-segment": "3",
    "segment-minimum": "3",
    "loop-minimum": "3",
    "loop-count": "4",
    "segment-count": "5",
    "segment-order": "7",
    "encoding": "8",
}
"""Data element 720 (AK304) and 620 (IK304). 8 says that the segment's elements are wrong."""

SEGMENT_OF_999: Mapping[str, str] = {"loop-minimum": "I7", "segment-minimum": "I8"}
"""What data element 620 says in other words."""

TRANSACTION: Mapping[str, str] = {
    "transaction-set": "1",
    "missing-trailer": "2",
    "control-number": "3",
    "segments-counted": "4",
    "segment": "5",
    "transaction-header": "6",
    "transaction-trailer": "7",
    "record-length": "5",
    "duplicate-transaction": "23",
}
"""Data element 718 (AK502) and 618 (IK502)."""

GROUP: Mapping[str, str] = {
    "functional-group": "1",
    "group-version": "2",
    "missing-group-trailer": "3",
    "group-control-number": "4",
    "transactions-counted": "5",
    "group-trailer": "6",
    "group-number": "6",
    "duplicate-group": "19",
}
"""Data element 716 (AK905)."""

INTERCHANGE: Mapping[str, str] = {
    "interchange-control-number": "001",
    "interchange-authorization": "011",
    "interchange-security": "013",
    "interchange-sender": "006",
    "interchange-receiver": "008",
    "interchange-standard": "016",
    "interchange-version": "017",
    "interchange-date": "014",
    "interchange-time": "015",
    "groups-counted": "021",
    "control-structure": "022",
    "interchange-trailer": "022",
    "missing-interchange-trailer": "023",
    "interchange-number": "018",
    "interchange-request": "019",
    "interchange-usage": "020",
    "group-header": "024",
    "duplicate-interchange": "025",
}
"""Data element I18 (TA105)."""

_TRACE = Unit("TRN02", ("TRN",), 2)
UNITS: Mapping[str, Unit] = {
    "270": _TRACE,
    "271": _TRACE,
    "276": _TRACE,
    "277": _TRACE,
    "278": _TRACE,
    "820": Unit("ENT01", ("ENT",), 1),
    "834": Unit("SUBSCRIBER NUMBER REF02", ("REF", "0F"), 2),
    "835": _TRACE,
    "837": Unit("CLM01", ("CLM",), 1),
}
"""What the 999 names as the business unit in which a mistake is (CTX01), by the transaction set."""

SITUATION = "SITUATIONAL TRIGGER"
"""What the 999 calls the element because of which another may not stand, or has to (CTX01)."""

ACCEPTED, WITH_ERRORS, PARTLY, REJECTED = "A", "E", "P", "R"
"""Data elements 715 (AK901), 717 (AK501, IK501) and I17 (TA104)."""

# Before 005010 the 997 had no words for these; it says the nearest.
OLDER: Mapping[str, str] = {"12": "3", "13": "3"}
