"""Writing records as elements of one document, in UTF-8."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from lxml import etree

from mappings.contract import Context, MappingError, Place, Record
from mappings.xml.layout import Layout

_BLOCK = 500
"""Records that are elements in memory at the same time."""
_MARK = "\N{OBJECT REPLACEMENT CHARACTER}"


class RecordWriter:
    """The prolog and the root before the first record, each record on a line, the root's end at the end."""

    def __init__(self, layout: Layout, context: Context) -> None:
        self._layout = layout
        self._max_record_bytes = context.max_record_bytes
        self._records = 0
        self._begun = False
        self._head, self._tail = self._frame() if layout.path else (b"", b"")

    def encode(self, records: Iterable[Record]) -> bytes:
        """The elements of these records, after the root's beginning the first time.

        Raises: MappingError naming record and field.
        """
        remaining = iter(records)
        parts: list[bytes] = []
        while block := list(islice(remaining, _BLOCK)):
            parts.append(self._lone(block) if not self._layout.path else self._quick_lines(block))
        return b"".join(self._beginning(parts))

    def finish(self) -> bytes:
        """The end of the root. Raises: MappingError where the document lacks its one record."""
        if self._layout.path:
            return (b"" if self._begun else self._start()) + self._tail
        if not self._records:
            raise MappingError("the document is one record, and there is none", rule="occurrence")
        return b"\n"

    def _beginning(self, parts: Sequence[bytes]) -> Iterator[bytes]:
        if parts and not self._begun:
            yield self._start()
        yield from parts

    def _start(self) -> bytes:
        if self._layout.unwritable is not None:
            raise MappingError(f"cannot be written: {self._layout.unwritable}", rule="around")
        self._begun = True
        return b'<?xml version="1.0" encoding="UTF-8"?>\n' + (self._head + b"\n" if self._head else b"")

    def _frame(self) -> tuple[bytes, bytes]:
        """What stands before and after the records."""
        root, inner = self._containers()
        inner.text = _MARK
        head, _, tail = etree.tostring(root, encoding="unicode").partition(_MARK)
        return head.encode(), f"{tail}\n".encode()

    def _containers(self) -> tuple[etree._Element, etree._Element]:
        root = etree.Element(self._layout.path[0], nsmap=self._layout.namespaces)
        inner = root
        for name in self._layout.path[1:]:
            inner = etree.SubElement(inner, name)
        return root, inner

    def _quick_lines(self, records: Sequence[Record]) -> bytes:
        """One line for each record, as text where that can be. The others are written in stretches."""
        quick = self._layout.quick
        if quick is None:
            return self._lines(records)
        lines: list[bytes] = []
        others: list[Record] = []
        for record in records:
            text = quick(record)
            if text is None:
                others.append(record)
                continue
            if others:
                lines.append(self._lines(others))
                others.clear()
            self._records += 1
            lines.append(f"{text}\n".encode())
        if others:
            lines.append(self._lines(others))
        return b"".join(lines)

    def _lines(self, records: Sequence[Record]) -> bytes:
        """Made inside the containers, so that the namespaces declared there are not declared again."""
        root, inner = self._containers()
        for record in records:
            self._records += 1
            try:
                self._layout.codec.append_to(inner, record)
            except MappingError as error:
                raise self._numbered(error) from None
            inner[-1].tail = "\n"
        text = etree.tostring(root, encoding="UTF-8", xml_declaration=False)
        return text[len(self._head) : len(text) - len(self._tail.rstrip(b"\n"))]

    def _lone(self, records: Sequence[Record]) -> bytes:
        self._records += len(records)
        if self._records > 1:
            raise MappingError(
                "the document is one record, and there are more", rule="occurrence", place=Place(record=2)
            )
        try:
            element = self._layout.codec.encode(records[0])
        except MappingError as error:
            raise self._numbered(error) from None
        return etree.tostring(element, encoding="UTF-8", xml_declaration=False)

    def _numbered(self, error: MappingError) -> MappingError:
        place = Place(record=self._records, path=error.place.path)
        return MappingError(error.reason, rule=error.rule, place=place, excerpt=error.excerpt)
