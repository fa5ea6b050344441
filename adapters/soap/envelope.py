"""SOAP 1.1 envelopes: written around a body, read back into a body or a fault.

Pure functions on bytes and elements; how values become elements is the schema codec's business.

Source: SOAP 1.1 (W3C Note, 8 May 2000) §4; WS-I Basic Profile 1.1 §3.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable
from dataclasses import dataclass

from lxml import etree

from mappings.xml import parse_xml, serialize

SOAP11 = "http://schemas.xmlsoap.org/soap/envelope/"
SOAP12 = "http://www.w3.org/2003/05/soap-envelope"
CONTENT_TYPE = "text/xml; charset=utf-8"

_DECLARATION = re.compile(rb"^\s*<\?xml[^>]*\?>")
_BYTE_ORDER_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")


class NotAnEnvelope(ValueError):
    """Well-formed XML that is no SOAP 1.1 envelope; the message says what it is instead."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """A parsed envelope: its header blocks, and what the body holds. Elements only, in order."""

    headers: tuple[etree._Element, ...]
    body: tuple[etree._Element, ...]

    @property
    def fault(self) -> etree._Element | None:
        """The fault, when the body holds one."""
        first = self.body[0] if self.body else None
        return first if first is not None and first.tag == f"{{{SOAP11}}}Fault" else None


def new() -> tuple[etree._Element, etree._Element, etree._Element]:
    """An empty envelope: (envelope, header, body), to be filled and given to `write`."""
    envelope = etree.Element(f"{{{SOAP11}}}Envelope", attrib=None, nsmap={"soap": SOAP11})
    header = etree.SubElement(envelope, f"{{{SOAP11}}}Header")
    body = etree.SubElement(envelope, f"{{{SOAP11}}}Body")
    return envelope, header, body


def write(envelope: etree._Element) -> bytes:
    """The bytes of an envelope, UTF-8. An empty header is left out: some servers reject one."""
    header = envelope[0]
    if len(header) == 0:
        envelope.remove(header)
    return serialize(envelope)


def read(data: bytes, *, charset: str | None, max_bytes: int, max_depth: int, max_elements: int) -> Envelope:
    """Read an envelope. `charset` is that of the Content-Type, which overrides the XML declaration.

    Raises: MappingError when it is not XML within the limits; NotAnEnvelope.
    Source: RFC 7303 §3 (byte order mark, then charset parameter, then XML declaration).
    """
    root = parse_xml(
        _as_declared(data, charset), max_bytes=max_bytes, max_depth=max_depth, max_elements=max_elements
    )
    name = etree.QName(root)
    if root.tag != f"{{{SOAP11}}}Envelope":
        if name.namespace == SOAP12:
            raise NotAnEnvelope("it is a SOAP 1.2 envelope, the contract says 1.1")
        raise NotAnEnvelope(f"it is a <{_bounded(name.localname)}> element, not a SOAP 1.1 envelope")
    headers: tuple[etree._Element, ...] = ()
    body: tuple[etree._Element, ...] | None = None
    for child in _elements(root):
        if child.tag == f"{{{SOAP11}}}Header" and body is None:
            headers = tuple(_elements(child))
        elif child.tag == f"{{{SOAP11}}}Body" and body is None:
            body = tuple(_elements(child))
        elif etree.QName(child).namespace == SOAP11:
            raise NotAnEnvelope(f"the envelope has an unexpected <{_bounded(etree.QName(child).localname)}>")
        # What follows the body in another namespace is allowed by SOAP 1.1 §4.1.1 and means nothing to us.
    if body is None:
        raise NotAnEnvelope("the envelope has no body")
    return Envelope(headers, body)


def excerpt(data: bytes) -> str:
    """The beginning of a reply that is not what it should be, fit for a log line."""
    text = data[:800].decode("utf-8", "replace")
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:200]


def _elements(parent: etree._Element) -> Iterable[etree._Element]:
    return parent.iterchildren(etree.Element)


def _bounded(name: str) -> str:
    return name if len(name) <= 80 else name[:80] + "…"


def _as_declared(data: bytes, charset: str | None) -> bytes:
    """The reply in the encoding that its Content-Type names, where that is not what the parser would take."""
    if charset is None or data.startswith(_BYTE_ORDER_MARKS):
        return data
    try:
        name = codecs.lookup(charset.strip("\"' ")).name
    except (LookupError, ValueError):
        return data  # an unknown charset: what the XML declaration says is the better guess
    declaration = _DECLARATION.match(data)
    if name in _NO_CHARSETS or (
        name == "utf-8" and (declaration is None or b"encoding" not in declaration.group())
    ):
        return data
    try:
        text = data.decode(name)
        if text.lstrip().startswith("<?xml"):
            text = text[text.find("?>") + 2 :]
        return text.encode("utf-8")
    except (UnicodeError, LookupError):
        return data  # the Content-Type is wrong


_NO_CHARSETS = frozenset({"idna", "punycode", "raw-unicode-escape", "undefined", "unicode-escape", "utf-7"})
"""Python's codecs that are no charsets of XML; decoding `punycode` takes quadratic time."""
