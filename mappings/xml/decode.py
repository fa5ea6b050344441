"""Compiling decoders: from an XML element to its typed JSON value.

Every type becomes a closure over plain tables; nothing of the schema library is left. Content whose members
are elements in a row, by far the most common, has a path of its own; choices, repeated groups and wildcards
are matched by a cursor that looks one element ahead, as XML Schema's unique particle attribution allows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeAlias

from lxml import etree

from mappings.contract import JsonValue
from mappings.xml.attributes import AttributeReader, read_attributes
from mappings.xml.content import (
    NIL,
    TEXT,
    AllNode,
    ElementNode,
    Node,
    SequenceNode,
    plan,
)
from mappings.xml.errors import Refused
from mappings.xml.match import Cursor, compile_matcher
from mappings.xml.model import (
    XSI,
    AnyType,
    ComplexType,
    Definitions,
    ElementDeclaration,
    local_name,
)
from mappings.xml.nodes import is_element, line_of
from mappings.xml.polymorphic import type_member
from mappings.xml.raw import decode_raw, resolve_qname
from mappings.xml.simple import SimpleCodec, compile_simple

Decode: TypeAlias = Callable[[etree._Element], JsonValue]
Fill: TypeAlias = Callable[[etree._Element, dict[str, JsonValue]], None]

SPACES = " \t\r\n"
XSI_NIL = f"{{{XSI}}}nil"
XSI_TYPE = f"{{{XSI}}}type"


class DecoderCompiler:
    """Compiles the decoders of one set of definitions, each once. The definitions are sound (`soundness`)."""

    def __init__(self, definitions: Definitions) -> None:
        self._definitions = definitions
        self._elements: dict[ElementDeclaration, Decode] = {}
        self._types: dict[str, Decode] = {}

    def element(self, declaration: ElementDeclaration) -> Decode:
        """The decoder of an element at any place where this declaration stands."""
        known = self._elements.get(declaration)
        if known is None:
            kind = self._definitions.types[declaration.type]
            match kind:
                case AnyType():
                    known = _raw_element(declaration)
                case ComplexType(mixed=True):
                    known = _raw_element(declaration)
                case ComplexType():
                    known = self._complex_element(declaration, kind)
                case _:
                    known = _simple_element(declaration, compile_simple(kind))
            self._elements[declaration] = known
        return known

    # --- elements of complex types

    def _complex_element(self, declaration: ElementDeclaration, kind: ComplexType) -> Decode:
        plain = self._type(declaration.type)
        nil = _nil_decoder(declaration, kind)
        by_type = self._by_xsi_type(declaration)

        def decode(element: etree._Element) -> JsonValue:
            if element.keys():
                if element.get(XSI_NIL) is not None and _is_nil(element):
                    return nil(element)
                if element.get(XSI_TYPE) is not None:
                    return by_type(element)
            return plain(element)

        if not kind.abstract:
            return decode

        def decode_abstract(element: etree._Element) -> JsonValue:
            if element.get(XSI_TYPE) is None and element.get(XSI_NIL) is None:
                raise Refused("its type is abstract: xsi:type is missing", "abstract", line=line_of(element))
            return decode(element)

        return decode_abstract

    def _by_xsi_type(self, declaration: ElementDeclaration) -> Decode:
        declared = declaration.type
        allowed = frozenset(self._definitions.derived.get(declared, ()))
        member = type_member(self._definitions, declared)
        kind = self._definitions.types[declared]
        is_abstract = isinstance(kind, ComplexType) and kind.abstract

        def decode(element: etree._Element) -> JsonValue:
            name = resolve_qname(element, (element.get(XSI_TYPE) or "").strip())
            if name == declared and not is_abstract:
                return self._type(declared)(element)
            found = self._definitions.types.get(name)
            if name not in allowed or (isinstance(found, ComplexType) and found.abstract):
                text = f"xsi:type {name} is not a type that may stand here"
                raise Refused(text, "xsi-type", line=line_of(element))
            value = self._type(name)(element)
            content = value if isinstance(value, dict) else {TEXT: value}
            return {member: name, **content}

        return decode

    # --- types

    def _type(self, key: str) -> Decode:
        known = self._types.get(key)
        if known is None:
            # A recursive type meets itself while it is being compiled; it finds the result when it runs.
            self._types[key] = lambda element: self._types[key](element)
            kind = self._definitions.types[key]
            assert isinstance(kind, ComplexType)
            known = self._types[key] = self._complex(kind)
        return known

    def _complex(self, kind: ComplexType) -> Decode:
        if kind.mixed:
            return decode_raw
        attributes = read_attributes(kind)
        if kind.text is not None:
            return _simple_content(
                compile_simple(kind.text), attributes, bool(kind.attributes or kind.any_attribute)
            )
        fill = self._content(plan(kind.content, self._definitions))

        def decode(element: etree._Element) -> JsonValue:
            members: dict[str, JsonValue] = {}
            attributes(element, members)
            fill(element, members)
            return members

        return decode

    def _content(self, node: Node) -> Fill:
        if isinstance(node, SequenceNode | AllNode) and not node.optional:
            elements = [item for item in node.nodes if isinstance(item, ElementNode)]
            names = {item.element.name for item in elements}
            if len(elements) == len(node.nodes) == len(names):
                return self._flat(elements, ordered=isinstance(node, SequenceNode))
        if isinstance(node, ElementNode):
            return self._flat([node], ordered=True)
        return self._matched(node)

    def _flat(self, nodes: list[ElementNode], *, ordered: bool) -> Fill:
        slots = {
            node.element.name: (index if ordered else 0, node.key, node.many, self.element(node.element))
            for index, node in enumerate(nodes)
        }
        required = tuple((node.key, node.element.name) for node in nodes if node.minimum)
        counted = tuple(node for node in nodes if node.minimum > 1 or node.maximum not in (None, 1))

        def fill(element: etree._Element, members: dict[str, JsonValue]) -> None:
            text = element.text
            if text is not None and text.strip(SPACES):
                raise _unexpected_text(element)
            last = 0
            for child in element:
                slot = slots.get(child.tag)
                if slot is None:
                    check_not_element(child, members)
                else:
                    index, key, many, decode = slot
                    if index < last:
                        raise _out_of_place(child, members)
                    last = index
                    try:
                        value = decode(child)
                    except Refused as error:
                        raise _placed(error, key, many, members, child) from None
                    if many and key in members:
                        members[key].append(value)  # type: ignore[union-attr]
                    elif key in members:
                        raise _out_of_place(child, members)
                    else:
                        members[key] = [value] if many else value
                tail = child.tail
                if tail is not None and tail.strip(SPACES):
                    raise _unexpected_text(element)
            for key, name in required:
                if key not in members:
                    raise missing_element(name, element)
            if counted:
                _check_counts(counted, members, element)

        return fill

    def _matched(self, node: Node) -> Fill:
        match_node = compile_matcher(node, self.element)

        def fill(element: etree._Element, members: dict[str, JsonValue]) -> None:
            children = list(element_children(element))
            cursor = Cursor(element, children)
            match_node(cursor, members)
            if cursor.position < len(children):
                raise _out_of_place(children[cursor.position], members)

        return fill


# --- elements without a complex type


def _simple_element(declaration: ElementDeclaration, codec: SimpleCodec) -> Decode:
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
                if _is_nil(element):
                    return _nil_value(declaration, element)
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


def _raw_element(declaration: ElementDeclaration) -> Decode:
    def decode(element: etree._Element) -> JsonValue:
        if element.get(XSI_NIL) is not None and _is_nil(element):
            return _nil_value(declaration, element)
        return decode_raw(element)

    return decode


def _simple_content(codec: SimpleCodec, attributes: AttributeReader, is_object: bool) -> Decode:
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


def _is_nil(element: etree._Element) -> bool:
    text = (element.get(XSI_NIL) or "").strip(SPACES)
    if text not in ("true", "1", "false", "0"):
        raise Refused("xsi:nil is neither true nor false", "nil", line=line_of(element))
    return text in ("true", "1")


def _nil_value(declaration: ElementDeclaration, element: etree._Element) -> JsonValue:
    if not declaration.nillable:
        raise Refused("is nil, which the schema does not allow", "nil", line=line_of(element))
    if text_only(element).strip(SPACES):
        raise Refused("is nil and has content", "nil", line=line_of(element))
    return None


def _nil_decoder(declaration: ElementDeclaration, kind: ComplexType) -> Decode:
    attributes = read_attributes(kind)

    def decode(element: etree._Element) -> JsonValue:
        _nil_value(declaration, element)
        members: dict[str, JsonValue] = {}
        if all(name.startswith(_IGNORED) for name in map(str, element.keys())):
            return None
        attributes(element, members)
        return {**members, NIL: True}

    return decode


# --- what is not an element, and errors


def check_not_element(child: etree._Element, members: dict[str, JsonValue]) -> None:
    """Pass comments and processing instructions. Raises: Refused for an element or an entity."""
    if is_element(child):
        raise _out_of_place(child, members)
    if child.tag is etree.Entity:
        raise Refused("entity references are not allowed", "entity", line=line_of(child))


def element_children(element: etree._Element) -> Iterator[etree._Element]:
    """The child elements. Raises: Refused for text between them."""
    if element.text is not None and element.text.strip(SPACES):
        raise _unexpected_text(element)
    for child in element:
        if is_element(child):
            yield child
        else:
            check_not_element(child, {})
        if child.tail is not None and child.tail.strip(SPACES):
            raise _unexpected_text(element)


def text_only(element: etree._Element) -> str:
    """The text of an element that holds no elements, comments left out."""
    parts = [element.text or ""]
    for child in element:
        check_not_element(child, {})
        parts.append(child.tail or "")
    return "".join(parts)


def missing_element(name: str, parent: etree._Element) -> Refused:
    """The error for an element that is required and not there."""
    return Refused(f"element {name} is missing", "missing-element", line=line_of(parent))


def _check_counts(
    nodes: tuple[ElementNode, ...], members: dict[str, JsonValue], element: etree._Element
) -> None:
    """Compare the lengths of arrays with minOccurs and maxOccurs."""
    for node in nodes:
        items = members.get(node.key, [])
        count = len(items) if isinstance(items, list) else 1
        if (count and count < node.minimum) or (node.maximum is not None and count > node.maximum):
            upper = "unbounded" if node.maximum is None else node.maximum
            text = f"{count} elements, {node.minimum} to {upper} allowed"
            raise Refused(text, "occurrence", line=line_of(element)).at(node.key)


def _placed(
    error: Refused, key: str, many: bool, members: dict[str, JsonValue], child: etree._Element
) -> Refused:
    if many:
        before = members.get(key)
        error.at(len(before) if isinstance(before, list) else 0)
    return error.at(key, line_of(child))


def _unexpected_text(element: etree._Element) -> Refused:
    return Refused("text where only elements are allowed", "unexpected-text", line=line_of(element))


def _out_of_place(child: etree._Element, members: dict[str, JsonValue]) -> Refused:
    after = f" after {list(members)[-1]}" if members else ""
    line = line_of(child)
    return Refused(f"unexpected element {child.tag}{after}", "unexpected-element", line=line).at(
        local_name(str(child.tag))
    )
