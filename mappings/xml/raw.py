"""Content that is kept as XML text: xs:any, xs:anyType and mixed content. And names in content.

A raw element is `{"xml": "<name …>…</name>"}`, or plain text when it holds nothing but text.
"""

from __future__ import annotations

import re

from lxml import etree

from mappings.contract import JsonValue, MappingError
from mappings.xml.errors import Refused
from mappings.xml.model import XML
from mappings.xml.nodes import line_of, namespaces_in_scope
from mappings.xml.parse import parse_xml

RAW = "xml"
MAX_RAW_BYTES = 16 << 20


def raw_text(element: etree._Element) -> str:
    """The element as XML text, with the namespace declarations in scope that it can need.

    A prefix may be used in values (`xsi:type="x:T"`), so a declaration goes only where nothing in the text
    begins with its prefix. Raises: Refused when too many namespaces are in scope.
    """
    prefixes = namespaces_in_scope(element)
    text: str = etree.tostring(element, encoding="unicode", with_tail=False)
    if not prefixes:
        return text
    used = set(_PREFIX.findall(text))
    tag, bracket, rest = text.partition(">")
    return _DECLARATION.sub(lambda found: found[0] if found[1] in used else "", tag) + bracket + rest


_PREFIX = re.compile(r"(?<![\w.\-])[\w.\-]++(?=:)")
_DECLARATION = re.compile(r' xmlns:([^=]+)="[^"]*"')


def decode_raw(element: etree._Element) -> JsonValue:
    """The raw form of an element."""
    if len(element) or element.keys():
        return {RAW: raw_text(element)}
    return element.text or ""


def parse_raw(text: JsonValue) -> etree._Element:
    """The element of a raw text. Raises: Refused."""
    if type(text) is not str:
        raise Refused("expected XML as text", "type")
    try:
        return parse_xml(text.encode(), max_bytes=MAX_RAW_BYTES)
    except (MappingError, UnicodeEncodeError) as error:
        raise Refused(f"not XML that can be carried: {error}", "raw-xml") from None


def make_raw(name: str, value: JsonValue) -> etree._Element:
    """An element of this name from its raw form. Raises: Refused."""
    if type(value) is str:
        element = etree.Element(name)
        try:
            element.text = value
        except ValueError:
            raise Refused("holds a character that XML cannot carry", "xml-character") from None
        return element
    if type(value) is not dict or set(value) != {RAW}:
        raise Refused('expected text, or an object with the one member "xml"', "type")
    try:
        element = parse_raw(value[RAW])
    except Refused as error:
        raise error.at(RAW) from None
    if element.tag != name:
        raise Refused(f"the XML's element is {element.tag}, expected {name}", "raw-xml").at(RAW)
    return element


def append_raw(parent: etree._Element, raw: etree._Element) -> etree._Element:
    """Append an element with all its prefixes, which values in it may use; the one given is used up.

    lxml drops the prefixes of an element that is moved to where its namespaces are known by others.
    """
    element = etree.SubElement(parent, raw.tag, nsmap=raw.nsmap)  # type: ignore[arg-type]  # None is a prefix
    for name, text in raw.items():
        element.set(name, text)
    element.text = raw.text
    element.extend(list(raw))
    return element


def resolve_qname(element: etree._Element, text: str) -> str:
    """A prefixed name in an element's content as `{namespace}local`. Raises: Refused."""
    prefix, colon, local = text.rpartition(":")
    if not colon:
        namespace = namespaces_in_scope(element).get(None)
    elif prefix == "xml":
        namespace = XML
    else:
        namespace = namespaces_in_scope(element).get(prefix)
        if namespace is None:
            raise Refused(f"the prefix {prefix} is not declared", "prefix", line=line_of(element))
    return f"{{{namespace}}}{local}" if namespace else local
