"""Where a document has its records, and what reads and writes one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from lxml import etree

from mappings.contract import JsonSchema, JsonValue
from mappings.xml.path_events import EventPlan


class RecordCodec(Protocol):
    """Both directions for the element that is a record. All raise MappingError with a JSON pointer and a
    rule, and when decoding the line of the XML element."""

    @property
    def name(self) -> str | None:
        """The element's name, `{namespace}local`; None where the root is the record, whatever its name."""

    def encode(self, value: JsonValue) -> etree._Element:
        """A fresh element that carries the value. Raises: MappingError."""

    def append_to(self, parent: etree._Element, value: JsonValue) -> None:
        """Append the element to a parent. Raises: MappingError; the parent then holds a part of it."""

    def decode(self, element: etree._Element) -> JsonValue:
        """The value of an element. Raises: MappingError."""

    def schema(self) -> JsonSchema:
        """JSON Schema of the value. The caller must not change it."""


@dataclass(frozen=True, slots=True)
class Layout:
    """`path` are the names of the elements from the root to the one that holds the records, the root first;
    empty where the root is the record. `unwritable` says why no document can be written; `events` is there
    where records can be read while the document is parsed; `unchecked` says why identity constraints are not
    checked, where they should be. `quick` is there where records can be written as text; it gives None for
    a record that `codec` has to write."""

    path: tuple[str, ...]
    codec: RecordCodec
    namespaces: Mapping[str, str]
    unwritable: str | None
    events: EventPlan | None = None
    unchecked: str | None = None
    quick: Callable[[JsonValue], str | None] | None = None
