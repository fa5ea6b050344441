"""Compiling encoders: from a typed JSON value to an XML element.

An encoder appends one element to a parent; the value is checked as it is written, so that nothing is sent
that the schema does not allow or that would come back as something else.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from lxml import etree

from mappings.contract import JsonValue
from mappings.xml.atoms import expected
from mappings.xml.attributes import AttributeWriter, write_attributes
from mappings.xml.content import NIL, TEXT, plan
from mappings.xml.decode import Decode, DecoderCompiler
from mappings.xml.errors import Refused
from mappings.xml.fill import FillNode, compile_filler, keys_text
from mappings.xml.model import XSI, AnyType, ComplexType, Definitions, ElementDeclaration
from mappings.xml.polymorphic import stand_ins, type_member
from mappings.xml.raw import RAW, append_raw, make_raw, resolve_qname
from mappings.xml.simple import SimpleCodec, compile_simple

Append: TypeAlias = Callable[[etree._Element, JsonValue], None]
Fill: TypeAlias = Callable[[etree._Element, JsonValue], None]

XSI_NIL = f"{{{XSI}}}nil"
XSI_TYPE = f"{{{XSI}}}type"

_sub_element = etree.SubElement


class EncoderCompiler:
    """Compiles the encoders of one set of definitions, each once. The definitions are sound (`soundness`)."""

    def __init__(self, definitions: Definitions) -> None:
        self._definitions = definitions
        self._elements: dict[ElementDeclaration, Append] = {}
        self._types: dict[str, Fill] = {}
        self._nil: dict[str, AttributeWriter] = {}
        self._checks = DecoderCompiler(definitions, only_checks=True)

    def element(self, declaration: ElementDeclaration) -> Append:
        """Appends an element of this declaration to a parent."""
        known = self._elements.get(declaration)
        if known is None:
            known = self._elements[declaration] = self._append(declaration)
        return known

    def fill(self, declaration: ElementDeclaration) -> Fill | None:
        """Fills an element that is already there; None for raw ones, which come as they are."""
        kind = self._definitions.types[declaration.type]
        if isinstance(kind, AnyType) or (isinstance(kind, ComplexType) and kind.mixed):
            return None
        if isinstance(kind, ComplexType):
            return self._complex_element(declaration, kind)
        return _with_nil(_simple_filler(declaration, compile_simple(kind)), declaration, None)

    def _append(self, declaration: ElementDeclaration) -> Append:
        name = declaration.name
        fill = self.fill(declaration)
        if fill is None:
            return _raw_appender(declaration, self._checks.element(declaration))
        kind = self._definitions.types[declaration.type]
        if isinstance(kind, ComplexType) or declaration.nillable or declaration.default or declaration.fixed:

            def append(parent: etree._Element, value: JsonValue) -> None:
                fill(_sub_element(parent, name), value)

            return append
        return _simple_appender(name, compile_simple(kind), fill) if not isinstance(kind, AnyType) else append

    # --- complex types

    def _complex_element(self, declaration: ElementDeclaration, kind: ComplexType) -> Fill:
        plain = self._type(declaration.type)
        nil_attributes = self._nil_attributes(declaration.type)
        member = type_member(self._definitions, declaration.type)
        allowed = frozenset(stand_ins(self._definitions, declaration))

        def fill(element: etree._Element, value: JsonValue) -> None:
            if allowed and type(value) is dict and member in value:
                self._fill_derived(element, value, member, declaration, allowed)
            elif type(value) is dict and NIL in value and declaration.nillable:
                _fill_nil_object(element, value, nil_attributes, declaration)
            elif kind.abstract:
                raise Refused(f"its type is abstract: the member {member} is missing", "abstract")
            else:
                plain(element, value)

        if not (allowed or kind.abstract or declaration.nillable):
            return plain
        return _with_nil(fill, declaration, nil_attributes)

    def _fill_derived(
        self,
        element: etree._Element,
        value: dict[str, JsonValue],
        member: str,
        declaration: ElementDeclaration,
        allowed: frozenset[str],
    ) -> None:
        name, declared = value[member], declaration.type
        kind = self._definitions.types.get(name) if type(name) is str else None
        if not isinstance(kind, ComplexType) or kind.abstract or (name != declared and name not in allowed):
            raise Refused("not the {namespace}name of a type that may stand here", "xsi-type").at(member)
        rest = {key: item for key, item in value.items() if key != member}
        if name != declared:
            element.set(XSI_TYPE, etree.QName(str(name)))  # type: ignore[arg-type]
        if NIL in rest and declaration.nillable:
            _fill_nil_object(element, rest, self._nil_attributes(str(name)), declaration)
        elif kind.text is not None and not (kind.attributes or kind.any_attribute):
            self._type(str(name))(element, value.get(TEXT))
        else:
            self._type(str(name))(element, rest)

    def _nil_attributes(self, key: str) -> AttributeWriter:
        known = self._nil.get(key)
        if known is None:
            kind = self._definitions.types[key]
            assert isinstance(kind, ComplexType)
            known = self._nil[key] = write_attributes(kind)
        return known

    def _type(self, key: str) -> Fill:
        known = self._types.get(key)
        if known is None:
            # A recursive type meets itself while it is being compiled; it finds the result when it runs.
            self._types[key] = lambda element, value: self._types[key](element, value)
            kind = self._definitions.types[key]
            assert isinstance(kind, ComplexType)
            known = self._types[key] = self._complex(key, kind)
        return known

    def _complex(self, key: str, kind: ComplexType) -> Fill:
        if kind.mixed:
            return _mixed_filler(self._checks.of_type(key))
        attributes = write_attributes(kind)
        if kind.text is not None:
            has_attributes = bool(kind.attributes or kind.any_attribute)
            return _text_filler(compile_simple(kind.text), attributes if has_attributes else None)
        node = plan(kind.content, self._definitions)
        return _object_filler(attributes, compile_filler(node, self.element), bool(kind.attributes), kind)


def _object_filler(
    attributes: AttributeWriter, content: FillNode, has_attributes: bool, kind: ComplexType
) -> Fill:
    with_attributes = has_attributes or kind.any_attribute is not None

    def fill(element: etree._Element, value: JsonValue) -> None:
        if type(value) is not dict:
            raise expected("an object", value)
        used = attributes(element, value) if with_attributes else 0
        used += content.fill(element, value)
        if used != len(value):
            raise _unknown_member(value, content, kind)

    return fill


def _unknown_member(value: dict[str, JsonValue], content: FillNode, kind: ComplexType) -> Refused:
    known = content.keys | {f"@{item.name.rpartition('}')[2]}" for item in kind.attributes}
    unknown = next((key for key in value if key not in known), None)
    if unknown is None:
        return Refused("holds members that exclude each other", "choice")
    return Refused(f"unknown member; known are {keys_text(known)}", "unknown-member").at(unknown)


# --- text


def _simple_appender(name: str, codec: SimpleCodec, fill: Fill) -> Append:
    if codec.is_qname:
        return lambda parent, value: fill(_sub_element(parent, name), value)
    write = codec.write

    def append(parent: etree._Element, value: JsonValue) -> None:
        text = write(value)
        try:
            _sub_element(parent, name).text = text
        except ValueError:
            raise Refused("holds a character that XML cannot carry", "xml-character") from None

    return append


def _set_text(element: etree._Element, codec: SimpleCodec, value: JsonValue) -> str:
    text = codec.write(value)
    try:
        element.text = etree.QName(text) if codec.is_qname else text  # type: ignore[assignment]
    except ValueError:
        raise Refused("holds a character that XML cannot carry", "xml-character") from None
    return text


def _simple_filler(declaration: ElementDeclaration, codec: SimpleCodec) -> Fill:
    given = declaration.default or declaration.fixed
    fixed = declaration.fixed
    fixed_value = codec.read(fixed) if fixed is not None and not codec.is_qname else None

    def fill(element: etree._Element, value: JsonValue) -> None:
        text = _set_text(element, codec, value)
        if given and not text:
            raise Refused("empty text would be read as the schema's default", "default")
        if fixed_value is not None and codec.read(text) != fixed_value:
            raise Refused(f"is fixed to {fixed}", "fixed")

    return fill


def _text_filler(codec: SimpleCodec, attributes: AttributeWriter | None) -> Fill:
    if attributes is None:

        def fill_text(element: etree._Element, value: JsonValue) -> None:
            _set_text(element, codec, value)

        return fill_text

    def fill(element: etree._Element, value: JsonValue) -> None:
        if type(value) is not dict:
            raise expected('an object with "#text"', value)
        if TEXT not in value:
            raise Refused(f"the member {TEXT} is missing", "missing-member")
        used = attributes(element, value) + 1
        try:
            _set_text(element, codec, value[TEXT])
        except Refused as error:
            raise error.at(TEXT) from None
        if used != len(value):
            unknown = next(key for key in value if key != TEXT and not element_has(element, key))
            raise Refused("unknown member", "unknown-member").at(unknown)

    return fill


def element_has(element: etree._Element, key: str) -> bool:
    """True when the member's attribute was set."""
    names = map(str, element.keys())
    return any(key in (f"@{name}", f"@{name.rpartition('}')[2]}") for name in names)


# --- nil and raw


def _with_nil(fill: Fill, declaration: ElementDeclaration, attributes: AttributeWriter | None) -> Fill:
    if not declaration.nillable:
        return fill

    def fill_or_nil(element: etree._Element, value: JsonValue) -> None:
        if value is None:
            _make_nil(element, declaration)
            if attributes is not None:
                attributes(element, {})
        else:
            fill(element, value)

    return fill_or_nil


def _make_nil(element: etree._Element, declaration: ElementDeclaration) -> None:
    if declaration.fixed is not None:
        raise Refused(f"is fixed to {declaration.fixed}", "fixed")
    element.set(XSI_NIL, "true")


def _fill_nil_object(
    element: etree._Element,
    value: dict[str, JsonValue],
    attributes: AttributeWriter,
    declaration: ElementDeclaration,
) -> None:
    if value[NIL] is not True:
        raise Refused("can only be true", "nil").at(NIL)
    rest = {key: item for key, item in value.items() if key != NIL}
    _make_nil(element, declaration)
    if attributes(element, rest) != len(rest):
        raise Refused("a nil object holds attributes only", "nil")


def _raw_appender(declaration: ElementDeclaration, check: Decode) -> Append:
    def append(parent: etree._Element, value: JsonValue) -> None:
        if value is None and declaration.nillable:
            element = _sub_element(parent, declaration.name)
            _make_nil(element, declaration)
        else:
            element = make_raw(declaration.name, value)
            if type(value) is dict:
                element = append_raw(parent, element)
            else:
                parent.append(element)
        _check_raw(element, value, check)

    return append


def _mixed_filler(check: Decode) -> Fill:
    """Mixed content of a derived type, where the element is already there, and says its type."""

    def fill(element: etree._Element, value: JsonValue) -> None:
        raw = make_raw(str(element.tag), value)
        _check_raw(raw, value, check)
        for name, text in raw.items():
            if name == XSI_TYPE and resolve_qname(raw, str(text).strip()) != _type_of(element):
                raise Refused("the XML has another xsi:type than the value", "xsi-type").at(RAW)
            if name != XSI_TYPE:
                element.set(name, text)
        element.text = raw.text
        element.extend(list(raw))

    return fill


def _type_of(element: etree._Element) -> str | None:
    text = element.get(XSI_TYPE)
    return None if text is None else resolve_qname(element, text)


def _check_raw(element: etree._Element, value: JsonValue, check: Decode) -> None:
    """Refuse XML that the schema does not allow there."""
    try:
        check(element)
    except Refused as error:
        error.within_raw().line = None  # of the raw text, which is not a document that anybody has
        raise error.at(RAW) if type(value) is dict else error from None
