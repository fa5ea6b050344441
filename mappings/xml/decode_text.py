"""Compiling decoders of elements that hold text, XML to be kept, or nil.

Source: XML Schema 1.0 Part 1, §3.3.1 (default and fixed values), §2.6.2 (xsi:nil), §3.3.4 (Element Locally
Valid).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from lxml import etree

from mappings.contract import JsonValue
from mappings.xml.attributes import AttributeReader, read_attributes
from mappings.xml.content import NIL, TEXT
from mappings.xml.errors import Refused
from mappings.xml.model import XSI, ComplexType, ElementDeclaration
from mappings.xml.nodes import SPACES, line_of, text_only
from mappings.xml.raw import decode_raw, resolve_qname
from mappings.xml.simple import SimpleCodec

Decode: TypeAlias = Callable[[etree._Element], JsonValue]

XSI_NIL = f"{{{XSI}}}nil"


def simple_element(declaration: ElementDeclaration, codec: SimpleCodec) -> Decode:
    """The decoder of an element with a simple type."""
    slow = _slow_simple(declaration, codec)
    if declaration.default is not None or declaration.fixed is not None or codec.is_qname:
        return slow
    if codec.is_verbatim:

        def decode_verbatim(element: etree._Element) -> JsonValue:
            if element.keys() or len(element):
                return slow(element)
            return element.text or ""

        return decode_verbatim
    read = codec.read

    def decode(element: etree._Element) -> JsonValue:
        if element.keys() or len(element):
            return slow(element)
        try:
            return read(element.text or "")
        except Refused as error:
            error.line = line_of(element)
            raise

    return decode


def _slow_simple(declaration: ElementDeclaration, codec: SimpleCodec) -> Decode:
    read_text = _text_reader(codec)
    given = declaration.default if declaration.default is not None else declaration.fixed
    fixed = codec.read(declaration.fixed) if declaration.fixed is not None and not codec.is_qname else None

    def decode(element: etree._Element) -> JsonValue:
        for name in map(str, element.keys()):
            if name == XSI_NIL:
                if is_nil(element):
                    check_nil(declaration, element)
                    return None
            elif not name.startswith(_IGNORED):
                text = f"unexpected attribute {name}"
                raise Refused(text, "unexpected-attribute", line=line_of(element))
        if given is not None and not len(element) and not element.text:
            return codec.read(given)
        value = read_text(element)
        if fixed is not None and value != fixed:
            raise Refused(f"is fixed to {declaration.fixed}", "fixed", line=line_of(element))
        return value

    return decode


_IGNORED = (f"{{{XSI}}}", "{http://www.w3.org/XML/1998/namespace}")
"""xsi:type on a simple value says nothing new: it is read by its declared type anyway."""


def _text_reader(codec: SimpleCodec) -> Decode:
    read, is_qname = codec.read, codec.is_qname

    def decode(element: etree._Element) -> JsonValue:
        text = element.text or ""
        if len(element):
            text = text_only(element)
        try:
            return read(resolve_qname(element, text.strip(SPACES)) if is_qname else text)
        except Refused as error:
            error.line = line_of(element)
            raise

    return decode


def any_element(declaration: ElementDeclaration) -> Decode:
    """The check of an element that may hold anything; its value is of no use."""

    def check(element: etree._Element) -> JsonValue:
        if element.get(XSI_NIL) is not None and is_nil(element):
            check_nil(declaration, element)
        return None

    return check


def kept(check: Decode) -> Decode:
    """The decoder of an element that is kept as XML, once it is checked."""

    def decode(element: etree._Element) -> JsonValue:
        try:
            check(element)
        except Refused as error:
            raise error.within_raw() from None
        names = list(map(str, element.keys()))
        if XSI_NIL in names and all(name.startswith(_IGNORED) for name in names) and is_nil(element):
            return None
        return decode_raw(element)

    return decode


def simple_content(codec: SimpleCodec, attributes: AttributeReader, is_object: bool) -> Decode:
    """The decoder of a complex type that holds text."""
    read = _text_reader(codec)

    def decode(element: etree._Element) -> JsonValue:
        members: dict[str, JsonValue] = {}
        attributes(element, members)
        if not is_object:
            return read(element)
        try:
            members[TEXT] = read(element)
        except Refused as error:
            raise error.at(TEXT) from None
        return members

    return decode


# --- nil


def is_nil(element: etree._Element) -> bool:
    """What xsi:nil says. Raises: Refused."""
    text = (element.get(XSI_NIL) or "").strip(SPACES)
    if text not in ("true", "1", "false", "0"):
        raise Refused("xsi:nil is neither true nor false", "nil", line=line_of(element))
    return text in ("true", "1")


def check_nil(declaration: ElementDeclaration, element: etree._Element) -> None:
    """Refuse nil where the schema does not allow it, and what a nil element may not hold: anything, white
    space too (clause 3). That an element is not nil may be said of any: services do."""
    if not declaration.nillable:
        raise Refused("is nil, which the schema does not allow", "nil", line=line_of(element))
    if text_only(element):
        raise Refused("is nil and has content", "nil", line=line_of(element))
    if declaration.fixed is not None:
        text = f"is nil, and is fixed to {declaration.fixed}"
        raise Refused(text, "fixed", line=line_of(element))


def nil_decoder(declaration: ElementDeclaration, kind: ComplexType) -> Decode:
    """The decoder of an element with a complex type that is nil; its attributes are kept."""
    attributes = read_attributes(kind)

    def decode(element: etree._Element) -> JsonValue:
        check_nil(declaration, element)
        members: dict[str, JsonValue] = {}
        attributes(element, members)
        return {**members, NIL: True} if members else None

    return decode
