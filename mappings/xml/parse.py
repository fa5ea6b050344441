"""Reading and writing XML text safely: no DTD, no entities, no network, bounded size, depth and count.

Source: XML 1.0; RFC 7303 for encodings (the XML declaration and byte order mark decide).
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import cast

from lxml import etree

from mappings.contract import MappingError, Place
from mappings.xml.nodes import line_of

MAX_DEPTH = 64
MAX_ELEMENTS = 1_000_000

_DOCTYPE = re.compile(rb"<!\s*DOCTYPE", re.IGNORECASE)
_DOCTYPE_UTF16 = re.compile(rb"<\x00?!\x00?D\x00?O\x00?C\x00?T\x00?Y\x00?P\x00?E", re.IGNORECASE)


def parse_xml(
    data: bytes,
    *,
    max_bytes: int,
    max_depth: int = MAX_DEPTH,
    max_elements: int = MAX_ELEMENTS,
) -> etree._Element:
    """Read one XML document and return its root element.

    Units: `max_bytes` counts bytes of `data`; `max_depth` counts nested elements, the root is 1.
    Raises: MappingError with rule `size`, `doctype`, `syntax`, `depth` or `element-count`, and the line.
    """
    if len(data) > max_bytes:
        raise MappingError(f"{len(data)} bytes, more than the {max_bytes} allowed", rule="size")
    _refuse_doctype(data)
    try:
        root = etree.fromstring(data, parser=_parser())
    except etree.XMLSyntaxError as error:
        raise _syntax_error(error, data) from None
    except ValueError as error:
        raise MappingError(f"not XML: {error}", rule="syntax") from None
    if root is None:
        raise MappingError("there is no XML element", rule="syntax", place=Place(line=1))
    docinfo = root.getroottree().docinfo
    if docinfo.internalDTD is not None or docinfo.externalDTD is not None:
        raise MappingError("a document type declaration is not allowed", rule="doctype", place=Place(line=1))
    _check_shape(root, len(data), max_depth, max_elements)
    return root


def serialize(element: etree._Element, *, declaration: bool = True) -> bytes:
    """The element as a UTF-8 document, without added white space."""
    if declaration:
        return etree.tostring(element, encoding="UTF-8", xml_declaration=True, with_tail=False)
    return etree.tostring(element, encoding="UTF-8", with_tail=False)


def _refuse_doctype(data: bytes) -> None:
    """Refuse a document type declaration before the parser sees one. Raises: MappingError."""
    found = _DOCTYPE.search(data)
    if found is None and (data[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\x00" in data[:4]):
        found = _DOCTYPE_UTF16.search(data)
    # The words may stand in a comment or CDATA section; only a declaration ahead of the root matters.
    if found is not None and _is_prolog(data[: found.start()]):
        place = Place(byte_offset=found.start(), line=data.count(b"\n", 0, found.start()) + 1)
        raise MappingError("a document type declaration is not allowed", rule="doctype", place=place)


def _parser() -> etree.XMLParser:
    """A fresh parser: lxml parsers keep the error log of their last document."""
    return etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        attribute_defaults=False,
        huge_tree=False,
        strip_cdata=False,
        recover=False,
    )


_MARKUP = re.compile(rb"<!--.*?-->|<\?.*?\?>", re.DOTALL)


def _is_prolog(head: bytes) -> bool:
    rest = _MARKUP.sub(b"", head)
    return b"<" not in rest.replace(b"\x00", b"")


def _syntax_error(error: etree.XMLSyntaxError, data: bytes) -> MappingError:
    line, column = error.position if error.position else (None, None)
    offset = None
    if line:
        start = 0
        for _ in range(line - 1):
            start = data.find(b"\n", start) + 1
        offset = min(start + max((column or 1) - 1, 0), len(data))
    reason = (error.msg or "unknown error").partition(", line ")[0]
    rule = "depth" if "depth" in reason.lower() else "syntax"
    place = Place(line=line, column=column or None, byte_offset=offset)
    return MappingError(f"not well-formed XML: {reason}", rule=rule, place=place)


def _check_shape(root: etree._Element, size: int, max_depth: int, max_elements: int) -> None:
    """Limits on shape, told by XPath inside libxml2: walking the tree from Python would double the time."""
    if size > max_elements * _SHORTEST_ELEMENT and cast("float", _COUNT(root)) > max_elements:
        raise MappingError(f"more than {max_elements} elements", rule="element-count")
    too_deep = cast("list[etree._Element]", _deeper_than(max_depth)(root))
    if too_deep:
        place = Place(line=line_of(too_deep[0]))
        raise MappingError(f"nested deeper than {max_depth} elements", rule="depth", place=place)


_SHORTEST_ELEMENT = len("<a/>")
_COUNT = etree.XPath("count(//*)")


@lru_cache(maxsize=16)
def _deeper_than(depth: int) -> etree.XPath:
    """Finds the first element below `depth` levels."""
    return etree.XPath("(" + "/*" * (depth + 1) + ")[1]")
