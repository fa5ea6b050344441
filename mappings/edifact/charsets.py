"""The character sets that UNB names.

Source: ISO 9735-1, annex A and the code list of data element 0001 (syntax identifier). UNOY is ISO 10646-1
without saying how it is written: it is read and written as UTF-8, as it is in use. IATA is that of PADIS.
"""

from __future__ import annotations

from collections.abc import Mapping

ENCODINGS: Mapping[str, str] = {
    "UNOA": "us-ascii",
    "UNOB": "us-ascii",
    "UNOC": "iso-8859-1",
    "UNOD": "iso-8859-2",
    "UNOE": "iso-8859-5",
    "UNOF": "iso-8859-7",
    "UNOG": "iso-8859-3",
    "UNOH": "iso-8859-4",
    "UNOI": "iso-8859-6",
    "UNOJ": "iso-8859-8",
    "UNOK": "iso-8859-9",
    "UNOL": "iso-8859-15",
    "UNOW": "utf-8",
    "UNOY": "utf-8",
    "IATA": "us-ascii",
    "IATB": "us-ascii",
}
"""The encoding of each syntax identifier. UNOX, which switches sets inside of the text, has none."""


def encoding_of(identifier: str, declared: str | None) -> str | None:
    """The encoding of an interchange's text: the one that the definition declares, else the one of its syntax
    identifier; None where that is not known."""
    return declared or ENCODINGS.get(identifier)
