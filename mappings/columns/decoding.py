"""Blocks of bytes to lines of NDJSON."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mappings import json
from mappings.columns.blocks import Blocks, Part, Results, Source
from mappings.columns.delimited_source import delimited_source
from mappings.columns.fixed_source import fixed_source
from mappings.contract import BlockDecoder, Context, Format, MappingError, Summary
from mappings.copybook import CopybookFormat
from mappings.delimited import DelimitedFormat, HeaderedText
from mappings.fixed_width import FixedWidthFormat


class NdjsonDecoder:
    """One stream, as lines of NDJSON."""

    def __init__(self, source: Source) -> None:
        self._blocks = Blocks(source)
        self.written = 0

    def feed(self, chunk: bytes) -> Sequence[bytes | MappingError]:
        """The lines of the records that are complete now, and errors, in order."""
        return self._in_order(self._blocks.feed(chunk))

    def finish(self) -> tuple[Sequence[bytes | MappingError], Summary]:
        """What the end of the data completes."""
        parts, summary = self._blocks.finish()
        return self._in_order(parts), summary

    def _in_order(self, parts: Iterable[Part]) -> list[bytes | MappingError]:
        """Lines that follow each other are one piece."""
        found: list[bytes | MappingError] = []
        lines: list[bytes] = []
        for part in parts:
            if not isinstance(part, Results):
                self.written += part.end - part.first
                lines.append(part.sheet.lines(part.kind).between(part.first, part.end))
                continue
            for result in part.results:
                if not isinstance(result, MappingError):
                    self.written += 1
                    lines.append(json.encode_line(result))
                    continue
                if lines:
                    found.append(b"".join(lines))
                    lines.clear()
                found.append(result)
        if lines:
            found.append(b"".join(lines))
        return found


def source_of(format_: Format, context: Context) -> Source | None:
    """The columns of a format's stream; None where its structure does not allow them."""
    if isinstance(format_, FixedWidthFormat | CopybookFormat):
        return fixed_source(format_, context)
    if isinstance(format_, DelimitedFormat | HeaderedText):
        return delimited_source(format_, context, for_arrow=False)
    return None


def block_decoder(format_: Format, context: Context) -> BlockDecoder | None:
    """A decoder of one stream; None where the format's structure does not allow columns."""
    source = source_of(format_, context)
    return None if source is None else NdjsonDecoder(source)
