"""Texts that a spreadsheet would take for formulas when it opens the file.

Source: OWASP, "CSV Injection": they begin with `=`, `+`, `-`, `@`, a wide form of these, a tab, a line end.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Literal, TypeAlias

from mappings.contract import JsonValue
from mappings.delimited.errors import ValueSyntaxError
from mappings.delimited.values import ValueCodec

Formulas: TypeAlias = Literal["keep", "refuse", "apostrophe"]

_BEGINNING = "[=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20]"
_FORMULA = re.compile(_BEGINNING)
_UNMARKED = re.compile(f"'*{_BEGINNING}")
_MARKED = re.compile(f"'+{_BEGINNING}")


def guarded(codec: ValueCodec, formulas: Formulas) -> ValueCodec:
    """The codec of a text that is treated so. With `apostrophe` each text has one way to be written, and what
    was written is read again: a text that has apostrophes before a formula gets one more, too."""
    read, write = codec.read, codec.write
    if formulas == "keep":
        return codec

    def write_refusing(value: JsonValue) -> str:
        text = write(value)
        if _FORMULA.match(text) is not None:
            raise ValueSyntaxError("formula", "begins as a formula of spreadsheets does")
        return text

    if formulas == "refuse":
        return replace(codec, write=write_refusing)

    def write_marked(value: JsonValue) -> str:
        text = write(value)
        return text if _UNMARKED.match(text) is None else f"'{text}"

    def read_marked(text: str) -> JsonValue:
        return read(text if _MARKED.match(text) is None else text[1:])

    return replace(codec, read=read_marked, write=write_marked, is_text=False)
