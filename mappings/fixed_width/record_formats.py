"""How a file of a mainframe holds its records: the record formats F, V and their relatives, as configured.

Source: z/OS DFSMS Using Data Sets, Record formats of non-VSAM data sets.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from mappings.definition import Definition
from mappings.exemplified import ExemplifiedFormat

MAX_BLOCK = 32_760


class RecordFormat(StrEnum):
    """What a data set's RECFM says, without the letters for printers."""

    F = "F"
    """Records of one length with nothing between them."""
    FB = "FB"
    """The same bytes as F: blocks of fixed records leave no trace in a file."""
    V = "V"
    """A record descriptor word before each record: also what is left of VB where the transfer took the
    block words away."""
    VB = "VB"
    """A block descriptor word before each block, a record descriptor word before each record."""
    VS = "VS"
    """As V; a record may come in several segments."""
    VBS = "VBS"
    """As VB; a record may come in several segments."""


VARIABLE = (RecordFormat.V, RecordFormat.VB, RecordFormat.VS, RecordFormat.VBS)
BLOCKED = (RecordFormat.VB, RecordFormat.VBS)
SPANNED = (RecordFormat.VS, RecordFormat.VBS)


# Kinds of segments, as the third byte of a record descriptor word has them: a record by itself, and the
# first, last and middle of several.
WHOLE, FIRST, LAST, MIDDLE = 0, 1, 2, 3


class WordForm(StrEnum):
    """The bytes of a descriptor word."""

    LENGTH_ZEROS = "length-zeros"
    """Two bytes of length, two that are zero: what z/OS has."""
    ZEROS_LENGTH = "zeros-length"
    """Two bytes that are zero, two of length."""
    TWO_BYTES = "two-bytes"
    """Two bytes of length and no more."""
    FOUR_BYTES = "four-bytes"
    """Four bytes of length."""


class DescriptorWord(Definition):
    """A length before a record or a block."""

    form: WordForm = WordForm.LENGTH_ZEROS
    """Where the length stands: `length-zeros` (z/OS: two bytes of length, two zero bytes), `zeros-length`,
    `two-bytes` or `four-bytes`."""

    byte_order: Literal["big", "little"] = "big"
    """The order of the length's bytes."""

    counts: Literal["all", "data"] = "all"
    """`all`: the length counts its own word too, as on z/OS. `data`: it counts what follows the word."""

    @property
    def size(self) -> int:
        """Bytes of the word."""
        return 2 if self.form is WordForm.TWO_BYTES else 4

    @property
    def most(self) -> int:
        """The greatest length it can say."""
        return 2**32 - 1 if self.form is WordForm.FOUR_BYTES else 65_535

    @property
    def itself(self) -> int:
        """What it counts beyond the data that follows it."""
        return self.size if self.counts == "all" else 0


class RecordFormatDefinition(ExemplifiedFormat):
    """The keys that say how records follow each other in a file of a mainframe."""

    record_format: RecordFormat | None = None
    """The data set's RECFM: `F` or `FB` (records of `record_length` bytes), `V` (a length before each record:
    RDW), `VB` (blocks with a length: BDW), `VS` or `VBS` (records in segments)."""

    rdw: DescriptorWord = DescriptorWord()
    """The record descriptor words of V, VB, VS and VBS, where they are not those of z/OS."""

    bdw: DescriptorWord = DescriptorWord()
    """The block descriptor words of VB and VBS, where they are not those of z/OS."""

    block_size: Annotated[int, Field(ge=32, le=MAX_BLOCK)] = 27_998
    """The most bytes of a block that is written, with its word; for VS the most bytes of a segment. Blocks of
    any size are read."""


def problems(definition: RecordFormatDefinition) -> Iterator[str]:
    """Which of the keys contradict each other, each with its key."""
    usual = RecordFormatDefinition()
    if definition.record_format not in VARIABLE and definition.rdw != usual.rdw:
        yield "rdw: belongs to the record formats V, VB, VS and VBS"
    if definition.record_format not in BLOCKED and definition.bdw != usual.bdw:
        yield "bdw: belongs to the record formats VB and VBS"
    if definition.record_format not in (*BLOCKED, *SPANNED) and definition.block_size != usual.block_size:
        yield "block_size: belongs to the record formats VB, VS and VBS"
    if definition.record_format in SPANNED and definition.rdw.form is not WordForm.LENGTH_ZEROS:
        yield "rdw.form: segments are told by the third byte of a record descriptor word of z/OS"


def losses(definition: RecordFormatDefinition) -> Iterator[str]:
    """What writing does not give again of how the records were held."""
    if definition.record_format in BLOCKED:
        yield "record_format: blocks are written anew, as full as block_size allows"
    if definition.record_format in SPANNED:
        yield "record_format: segments are written anew, where a record does not fit its block"
