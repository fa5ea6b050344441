"""Which way a format's data is explained."""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import BaseModel

from mappings.compression import CompressedFormat
from mappings.contract import Context, Format, MappingError
from mappings.copybook import CopybookFormat
from mappings.delimited import DelimitedFormat, HeaderedText
from mappings.edifact import EdifactFormat
from mappings.explain.delimited import explain_delimited, is_in_lines
from mappings.explain.edi import MAX_BYTES, Kind, explain_segment
from mappings.explain.fixed_width import explain_fixed_width
from mappings.explain.records import explain_record
from mappings.explain.seen import Explained, Wanted
from mappings.fixed_width import FixedWidthFormat
from mappings.fixed_width.errors import LostError
from mappings.formats import FormatDefinition
from mappings.hl7 import Hl7Format
from mappings.x12 import X12Format
from mappings.xml_definition import XmlDefinition

_SEGMENTED: dict[type, Kind] = {X12Format: "x12", EdifactFormat: "edifact", Hl7Format: "hl7"}


class NotExplained(ValueError):
    """The data cannot be explained; the message says why."""


def explain(
    format_: Format, definition: FormatDefinition | None, chunks: Iterable[bytes], wanted: Wanted
) -> Explained | None:
    """The record or segment that is wanted, None where the data has none. Memory: one record; for EDI, XML
    and JSON the data, MAX_BYTES at most.

    Raises: NotExplained.
    """
    context = Context()
    if isinstance(format_, CompressedFormat):
        if format_.has_several:
            raise NotExplained("there may be several files inside; one that was unpacked can be explained")
        chunks, format_ = format_.inside(chunks), format_.inner
    try:
        if isinstance(format_, FixedWidthFormat | CopybookFormat):
            return explain_fixed_width(format_, chunks, wanted, context)
        if isinstance(format_, DelimitedFormat | HeaderedText) and is_in_lines(format_):
            return explain_delimited(format_, chunks, wanted, context)
        kind = _SEGMENTED.get(type(format_))
        if kind is not None:
            model = definition if isinstance(definition, BaseModel) else None
            return explain_segment(kind, format_, model, _whole(chunks), wanted, context)
        return explain_record(format_, _element(definition), _whole(chunks), wanted, context)
    except LostError as lost:
        raise NotExplained(f"byte {lost.offset}: {lost}: nothing says where the next record begins") from None
    except MappingError as error:
        raise NotExplained(str(error)) from None


def _element(definition: FormatDefinition | None) -> str | None:
    """The local name of the element that is a record."""
    if not isinstance(definition, XmlDefinition) or definition.record is None:
        return None
    return definition.record.rpartition("/")[2].rpartition(":")[2]


def _whole(chunks: Iterable[bytes]) -> bytes:
    data = bytearray()
    for chunk in chunks:
        data += chunk
        if len(data) > MAX_BYTES:
            raise NotExplained(f"the data has more than {MAX_BYTES} bytes")
    return bytes(data)
