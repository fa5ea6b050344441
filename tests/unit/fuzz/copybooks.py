"""A copybook with much of what COBOL has: its text, and data that it describes."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from mappings.contract import Context
from mappings.copybook import CopybookDefinition, CopybookFormat
from tests.unit.fuzz.flat_files import defined

COPYBOOK = b"""       01  REC.
           05  KIND        PIC X.
               88  IS-A    VALUE 'A' 'B' THRU 'D'.
           05  N           PIC S9(3) COMP-3.
           05  ROW OCCURS 0 TO 5 TIMES DEPENDING ON N INDEXED BY I.
               10  NAME    PIC X(3) JUST RIGHT VALUE SPACES.
               10  AMOUNT  PIC $$,$$9.99CR.
           05  A.
               10 B PIC S9(4)V9 SIGN LEADING SEPARATE.
               10 FILLER PIC X(3).
           05  C REDEFINES A.
               10  D       PIC S9(9) COMP SYNC.
               COPY MORE REPLACING ==:X:== BY ==E==,
                   LEADING ==F== BY ==G==.
       66  ALL-OF-IT RENAMES KIND THRU N.
"""
MORE = b"       10 :X:-1 PIC 9V9 COMP-6.\n       10 F-2 PIC PP99 OCCURS 2.\n"
_BOOK: dict[str, Any] = {
    "format": "copybook", "encoding": "cp037", "record_format": "VB", "redefines": "all", "renames": "keep",
    "conditions": "enum",
}  # fmt: skip


def _texts(book: bytes, more: bytes) -> dict[str, Any]:
    texts, copied = ([{"name": name, "content": text.decode("latin-1")}]
                     for name, text in (("BOOK", book), ("MORE", more)))  # fmt: skip
    return {"texts": texts, "copied": copied}


def read_text(data: bytes) -> None:
    """The text of a copybook: the format that it describes, or ValueError with places."""
    book, _, more = data.partition(b"@@@")
    if book and more:
        definition = CopybookDefinition.model_validate({**_BOOK, "copybook": _texts(book, more)})
        CopybookFormat(definition).schema()


BOOK = defined(**_BOOK, copybook=_texts(COPYBOOK, MORE))


def book_data() -> bytes:
    encoder = BOOK.encoder(Context())
    row: Any = {"NAME": "ab", "AMOUNT": Decimal("-12.34")}
    first: Any = {"KIND": "A", "ROW": [row, row], "A": {"B": Decimal("-1.5")}}
    return encoder.encode([first, {**first, "KIND": "C", "ROW": []}, first]) + encoder.finish()
