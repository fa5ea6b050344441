"""The codes of the standard for each of our rules: data element 0085, syntax error.

Source: UN syntax service code directory, data element 0085; ISO 9735-4 (CONTRL).
"""

from __future__ import annotations

from collections.abc import Mapping

ELEMENT: Mapping[str, str] = {
    "required-element": "13",
    "empty-repetition": "13",
    "condition": "48",
    "exclusion": "48",
    "extra-element": "16",
    "components": "16",
    "trailing-separator": "45",
    "too-short": "40",
    "too-long": "39",
    "character": "21",
    "encoding": "21",
    "number": "37",
    "decimal": "19",
    "padding": "12",
    "code": "12",
    "date": "12",
    "time": "12",
    "repetitions": "35",
}
"""What is wrong with an element."""

SEGMENT: Mapping[str, str] = {
    "unknown-segment": "15",
    "unexpected-segment": "15",
    "segment-order": "15",
    "empty-segment": "13",
    "required-segment": "13",
    "segment-minimum": "13",
    "loop-minimum": "13",
    "segment-count": "35",
    "loop-count": "36",
    "encoding": "21",
    "record-length": "16",
}
"""What is wrong with a segment or its place."""

MISSING = frozenset({"required-segment", "segment-minimum", "loop-minimum"})
"""Rules about segments that are not there: the segment before them is named."""

MESSAGE: Mapping[str, str] = {
    "message-type": "17",
    "message-header": "12",
    "message-trailer": "12",
    "missing-trailer": "13",
    "control-reference": "28",
    "segments-counted": "29",
    "duplicate-message": "26",
    "record-length": "16",
}
"""What is wrong with a message as such."""

GROUP: Mapping[str, str] = {
    "group-header": "12",
    "group-trailer": "12",
    "missing-group-trailer": "13",
    "group-control-reference": "28",
    "messages-counted": "29",
    "duplicate-group": "26",
    "group-mix": "31",
}
"""What is wrong with a group."""

INTERCHANGE: Mapping[str, str] = {
    "syntax-identifier": "46",
    "syntax-version": "2",
    "interchange-header": "12",
    "interchange-trailer": "12",
    "missing-interchange-trailer": "13",
    "interchange-control-reference": "28",
    "interchange-counted": "29",
    "duplicate-interchange": "26",
    "control-structure": "33",
    "groups-mixed": "30",
}
"""What is wrong with an interchange."""

UNSPECIFIED = "18"
REJECTED, ACKNOWLEDGED, RECEIVED = "4", "7", "8"
"""Data element 0083, action: this level and all below it are rejected; this level is acknowledged, and the
ones below it that are not rejected; the interchange was received."""
