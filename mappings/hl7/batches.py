"""What stands around messages: the headers and trailers of files and batches, and what their counts say.

Source: HL7 v2.5.1, §2.10.3 (HL7 batch protocol).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

from mappings.contract import JsonValue
from mappings.edi import BrokenRule
from mappings.hl7.escapes import Texts
from mappings.hl7.generic import read_segment
from mappings.hl7.marks import Marks, marks_of

FILE_HEADER = "file_header"
BATCH_HEADER = "batch_header"
CONTROL = ("FHS", "BHS", "BTS", "FTS")
Tell: TypeAlias = Callable[[str, str, int, bytes], None]
"""Takes a rule, a message, an offset and the bytes."""


@dataclass(slots=True)
class Batches:
    """Where a stream is. `around` is what each record of it gets, beside its message."""

    encoding: str
    around: dict[str, JsonValue] = field(default_factory=dict)
    messages: int = 0
    batches: int = 0
    unheaded: int = 0
    _file: tuple[int, Marks] | None = None
    _batch: tuple[int, Marks] | None = None

    def message(self) -> None:
        """A message begins."""
        self.messages += 1
        if self._batch is None and self.messages == 1:
            # Messages without a batch header are a batch all the same; there are files that do not count it.
            self.batches += 1
            self.unheaded += 1

    def take(self, tag: str, data: bytes, offset: int, tell: Tell) -> None:
        """A header or a trailer."""
        raw = data.decode("latin-1")
        if tag in ("FHS", "BHS"):
            self._header(tag, data, raw, offset, tell)
            return
        opened = self._batch if tag == "BTS" else self._file
        if tag == "FTS":
            self._unclosed(offset, tell, batch=True)
        separator = opened[1].field if opened is not None else raw[len(tag) : len(tag) + 1]
        parts = raw.split(separator) if separator else [raw]
        count = parts[1].strip() if len(parts) > 1 else ""
        came = self.messages if tag == "BTS" else self.batches
        right = {came, came - self.unheaded} if tag == "FTS" else {came}
        if count and (not (count.isascii() and count.isdigit()) or int(count[:18]) not in right):
            noun = "messages" if tag == "BTS" else "batches"
            tell("batch-count", f"{tag}-1 is not the number of {noun} that came: {came}", offset, data)
        if tag == "BTS":
            self._end_batch()
        else:
            self._end_file()

    def end(self, offset: int, tell: Tell) -> None:
        """The data ends."""
        self._unclosed(offset, tell, batch=True)
        self._unclosed(offset, tell, batch=False)

    def _header(self, tag: str, data: bytes, raw: str, offset: int, tell: Tell) -> None:
        self._unclosed(offset, tell, batch=True)
        if tag == "FHS":
            self._unclosed(offset, tell, batch=False)
            self._end_file()
        else:
            self._end_batch()
        try:
            marks = marks_of(raw)
            text = data.decode(self.encoding)
        except BrokenRule as error:
            tell(error.rule, f"{tag} {error}", offset, data)
            return
        except UnicodeDecodeError:
            tell("encoding", f"{tag} is not text in {self.encoding}", offset, data)
            return
        values: JsonValue = read_segment(text, marks, Texts(marks, self.encoding))
        if tag == "FHS":
            self._file = (offset, marks)
            self.around = {FILE_HEADER: values}
        else:
            self.batches += 1
            self._batch = (offset, marks)
            self.around = {**self.around, BATCH_HEADER: values}

    def _unclosed(self, offset: int, tell: Tell, *, batch: bool) -> None:
        opened = self._batch if batch else self._file
        if opened is not None:
            words = ("a batch", "BTS") if batch else ("a file", "FTS")
            tell(
                "batch-trailer",
                f"{words[0]} began at byte {opened[0]}, and no {words[1]} ends it",
                offset,
                b"",
            )
        if batch:
            self._batch = None
        else:
            self._file = None

    def _end_batch(self) -> None:
        self._batch = None
        self.messages = 0
        self.around.pop(BATCH_HEADER, None)
        self.around = dict(self.around)

    def _end_file(self) -> None:
        self._end_batch()
        self._file = None
        self.batches = self.unheaded = 0
        self.around = {}
