"""Definitions without a schema, and ways to read and write, that tests share."""

from __future__ import annotations

from typing import Any

from lxml import etree
from pydantic import TypeAdapter

from mappings.contract import Format
from mappings.formats import FormatDefinition, build
from tests.unit.mappings.segments.samples import read, read_all, rules, told, write

__all__ = ["canonical", "read", "read_all", "rules", "told", "write", "xml"]

ADAPTER: TypeAdapter[FormatDefinition] = TypeAdapter(FormatDefinition)


def xml(**definition: Any) -> Format:
    """The format of a definition, `format` left out."""
    return build(ADAPTER.validate_python({"format": "xml", **definition}))


def canonical(data: bytes) -> Any:
    """What a document says: names, attributes, texts, without white space between elements."""
    return _tree(etree.fromstring(data, parser=etree.XMLParser(remove_blank_text=True, strip_cdata=True)))


def _tree(element: etree._Element) -> Any:
    attributes = sorted((str(key), str(value)) for key, value in element.attrib.items())
    return element.tag, attributes, element.text or "", [_tree(child) for child in element]
