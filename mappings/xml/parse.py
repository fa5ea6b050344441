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
MAX_ATTRIBUTES = 1000
"""Attributes of one element: lxml takes time for them that grows with the square of their number."""
LIMIT_RULES = frozenset({"size", "depth", "element-count", "attribute-count", "namespace-count"})
"""The rules of errors that say: well-formed perhaps, and more than is read here."""

_DOCTYPE = re.compile(rb"<!\s*DOCTYPE", re.IGNORECASE)
_SPACE = re.compile(rb"\s*")
_BYTE_ORDER_MARK = re.compile(rb"\xef\xbb\xbf|\xff\xfe|\xfe\xff|")
_BETWEEN = ((b"<!--", b"-->"), (b"<?", b"?>"))
"""What may stand ahead of a document type declaration: how it begins and ends."""


def parse_xml(
    data: bytes,
    *,
    max_bytes: int,
    max_depth: int = MAX_DEPTH,
    max_elements: int = MAX_ELEMENTS,
) -> etree._Element:
    """Read one XML document and return its root element.

    Units: `max_bytes` counts bytes of `data`; `max_depth` counts nested elements, the root is 1.
    Raises: MappingError with the line and the rule: `doctype`, `syntax`, or one of `LIMIT_RULES`.
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
    _check_shape(root, data, max_depth, max_elements)
    return root


def serialize(element: etree._Element, *, declaration: bool = True) -> bytes:
    """The element as a UTF-8 document, without added white space."""
    if declaration:
        return etree.tostring(element, encoding="UTF-8", xml_declaration=True, with_tail=False)
    return etree.tostring(element, encoding="UTF-8", with_tail=False)


def _refuse_doctype(data: bytes) -> None:
    """Refuse a document type declaration before the parser sees one. Raises: MappingError.

    One in an encoding that is not seen through here is refused after parsing.
    """
    is_wide = data[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\x00" in data[:4]
    at = _doctype_at(data.replace(b"\x00", b"") if is_wide else data)
    if at is not None:
        place = Place(byte_offset=None if is_wide else at, line=data.count(b"\n", 0, at) + 1)
        raise MappingError("a document type declaration is not allowed", rule="doctype", place=place)


def _doctype_at(data: bytes) -> int | None:
    """Where the prolog holds a document type declaration. Passes each byte once, whatever the bytes are."""
    at = _after(_BYTE_ORDER_MARK, data, 0)
    while True:
        at = _after(_SPACE, data, at)
        ending = next((end for begin, end in _BETWEEN if data.startswith(begin, at)), None)
        if ending is None:
            return at if _DOCTYPE.match(data, at) else None
        end = data.find(ending, at)
        if end < 0:
            return None
        at = end + len(ending)


def _after(pattern: re.Pattern[bytes], data: bytes, at: int) -> int:
    found = pattern.match(data, at)
    return found.end() if found else at


def _parser() -> etree.XMLParser:
    """A fresh parser: lxml parsers keep the error log of their last document.

    It collects no identifiers: with them it would refuse documents in which an `xml:id` is no name, or occurs
    twice. Such are well-formed all the same. Source: xml:id 1.0, §6.
    """
    return etree.XMLParser(
        collect_ids=False,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        attribute_defaults=False,
        huge_tree=False,
        strip_cdata=False,
        recover=False,
    )


def _syntax_error(error: etree.XMLSyntaxError, data: bytes) -> MappingError:
    line, column = error.position if error.position else (None, None)
    offset = None
    if line:
        start = 0
        for _ in range(line - 1):
            start = data.find(b"\n", start) + 1
        offset = min(start + max((column or 1) - 1, 0), len(data))
    reason = (error.msg or "unknown error").partition(", line ")[0].partition(", try XML_PARSE")[0]
    rule = "syntax"
    code: object = getattr(error, "code", None)  # unknown to the stubs
    if code in _LIMIT_CODES or "too big" in reason:
        rule = "depth" if "depth" in reason else "size"
    place = Place(line=line, column=column or None, byte_offset=offset)
    return MappingError(f"not well-formed XML: {reason}", rule=rule, place=place)


_LIMIT_CODES = (etree.ErrorTypes.ERR_RESOURCE_LIMIT, etree.ErrorTypes.ERR_NAME_TOO_LONG)
"""libxml2's own limits: 10 MB of one text, 50 kB of one name, 256 levels."""


def _check_shape(root: etree._Element, data: bytes, max_depth: int, max_elements: int) -> None:
    """Limits on shape, told by XPath inside libxml2: walking the tree from Python would double the time."""
    if data.count(b"=") > MAX_ATTRIBUTES and cast("list[etree._Element]", _MANY_ATTRIBUTES(root)):
        raise MappingError(f"an element has more than {MAX_ATTRIBUTES} attributes", rule="attribute-count")
    if len(data) > max_elements * _SHORTEST_ELEMENT and cast("float", _COUNT(root)) > max_elements:
        raise MappingError(f"more than {max_elements} elements", rule="element-count")
    too_deep = cast("list[etree._Element]", _deeper_than(max_depth)(root))
    if too_deep:
        place = Place(line=line_of(too_deep[0]))
        raise MappingError(f"nested deeper than {max_depth} elements", rule="depth", place=place)


_SHORTEST_ELEMENT = len("<a/>")
_COUNT = etree.XPath("count(//*)")
_MANY_ATTRIBUTES = etree.XPath(f"(//*[@*[{MAX_ATTRIBUTES + 1}]])[1]")


@lru_cache(maxsize=16)
def _deeper_than(depth: int) -> etree.XPath:
    """Finds the first element below `depth` levels."""
    return etree.XPath("(" + "/*" * (depth + 1) + ")[1]")
