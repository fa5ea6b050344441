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
from mappings.xml.attributes import read_attributes
from mappings.xml.content import (
    NIL,
    TEXT,
    AllNode,
    ElementNode,
    Node,
    SequenceNode,
    plan,
)
from mappings.xml.decode_text import (
    XSI_NIL,
    any_element,
    is_nil,
    kept,
    nil_decoder,
    simple_content,
    simple_element,
)
from mappings.xml.errors import Refused
from mappings.xml.match import Cursor, compile_matcher
from mappings.xml.model import (
    XSI,
    AnyType,
    ComplexType,
    Definitions,
    ElementDeclaration,
)
from mappings.xml.nodes import (
    SPACES,
    check_not_element,
    element_children,
    elements_among_text,
    line_of,
    out_of_place,
    unexpected_text,
)
from mappings.xml.polymorphic import stand_ins, type_member
from mappings.xml.raw import raw_text, resolve_qname
from mappings.xml.simple import compile_simple

Decode: TypeAlias = Callable[[etree._Element], JsonValue]
Fill: TypeAlias = Callable[[etree._Element, dict[str, JsonValue]], None]

XSI_TYPE = f"{{{XSI}}}type"


class DecoderCompiler:
    """Compiles the decoders of one set of definitions, each once. The definitions are sound (`soundness`).

    With `only_checks` values are made but for raw XML, which is as long as all that is inside: so that what
    is kept as XML is checked, and is made a text only once.
    """

    def __init__(self, definitions: Definitions, *, only_checks: bool = False) -> None:
        self._definitions = definitions
        self._checks = self if only_checks else DecoderCompiler(definitions, only_checks=True)
        self._keep: Callable[[etree._Element], str] = _nothing if only_checks else raw_text
        self._elements: dict[ElementDeclaration, Decode] = {}
        self._types: dict[str, Decode] = {}

    def element(self, declaration: ElementDeclaration) -> Decode:
        """The decoder of an element at any place where this declaration stands."""
        known = self._elements.get(declaration)
        if known is None:
            kind = self._definitions.types[declaration.type]
            match kind:
                case AnyType():
                    known = self._kept(any_element(declaration))
                case ComplexType(mixed=True):
                    known = self._kept(self._checks._complex_element(declaration, kind))
                case ComplexType():
                    known = self._complex_element(declaration, kind)
                case _:
                    known = simple_element(declaration, compile_simple(kind))
            self._elements[declaration] = known
        return known

    def of_type(self, key: str) -> Decode:
        """The decoder of what an element of a complex type holds."""
        known = self._types.get(key)
        if known is None:
            # A recursive type meets itself while it is being compiled; it finds the result when it runs.
            self._types[key] = lambda element: self._types[key](element)
            known = self._types[key] = self._complex(key, self._complex_type(key))
        return known

    def _kept(self, check: Decode) -> Decode:
        return check if self._checks is self else kept(check)

    def _complex_type(self, key: str) -> ComplexType:
        kind = self._definitions.types[key]
        assert isinstance(kind, ComplexType)
        return kind

    # --- elements of complex types

    def _complex_element(self, declaration: ElementDeclaration, kind: ComplexType) -> Decode:
        plain = self.of_type(declaration.type)
        nil = nil_decoder(declaration, kind)
        by_type = self._by_xsi_type(declaration, self.of_type)
        nils: dict[str, Decode] = {}

        def nil_of(key: str) -> Decode:
            if key not in nils:
                nils[key] = nil_decoder(declaration, self._complex_type(key))
            return nils[key]

        nil_by_type = self._by_xsi_type(declaration, nil_of)

        def decode(element: etree._Element) -> JsonValue:
            if element.keys():
                is_typed = element.get(XSI_TYPE) is not None
                if element.get(XSI_NIL) is not None and is_nil(element):
                    return nil_by_type(element) if is_typed else nil(element)
                if is_typed:
                    return by_type(element)
            return plain(element)

        if not kind.abstract:
            return decode

        def decode_abstract(element: etree._Element) -> JsonValue:
            if element.get(XSI_TYPE) is None and element.get(XSI_NIL) is None:
                raise Refused("its type is abstract: xsi:type is missing", "abstract", line=line_of(element))
            return decode(element)

        return decode_abstract

    def _by_xsi_type(self, declaration: ElementDeclaration, decoder_of: Callable[[str], Decode]) -> Decode:
        declared = declaration.type
        allowed = frozenset(stand_ins(self._definitions, declaration))
        member = type_member(self._definitions, declared)
        kind = self._definitions.types[declared]
        is_abstract = isinstance(kind, ComplexType) and kind.abstract

        def decode(element: etree._Element) -> JsonValue:
            name = resolve_qname(element, (element.get(XSI_TYPE) or "").strip())
            if name == declared and not is_abstract:
                return decoder_of(declared)(element)
            found = self._definitions.types.get(name)
            if name not in allowed or (isinstance(found, ComplexType) and found.abstract):
                text = f"xsi:type {name} is not a type that may stand here"
                raise Refused(text, "xsi-type", line=line_of(element))
            value = decoder_of(name)(element)
            if value is None:
                return {member: name, NIL: True}
            content = value if isinstance(value, dict) else {TEXT: value}
            return {member: name, **content}

        return decode

    # --- types

    def _complex(self, key: str, kind: ComplexType) -> Decode:
        if kind.mixed and self._checks is not self:
            return kept(self._checks.of_type(key))
        attributes = read_attributes(kind)
        if kind.text is not None:
            return simple_content(
                compile_simple(kind.text), attributes, bool(kind.attributes or kind.any_attribute)
            )
        fill = self._content(plan(kind.content, self._definitions), kind)

        def decode(element: etree._Element) -> JsonValue:
            members: dict[str, JsonValue] = {}
            attributes(element, members)
            fill(element, members)
            return members

        return decode

    def _content(self, node: Node, kind: ComplexType) -> Fill:
        if kind.is_empty:
            return _check_empty
        if kind.mixed:
            return self._matched(node, elements_among_text)
        if isinstance(node, SequenceNode | AllNode) and not node.optional:
            elements = [item for item in node.nodes if isinstance(item, ElementNode)]
            names = {item.element.name for item in elements}
            if len(elements) == len(node.nodes) == len(names):
                return self._flat(elements, ordered=isinstance(node, SequenceNode))
        if isinstance(node, ElementNode):
            return self._flat([node], ordered=True)
        return self._matched(node, element_children)

    def _flat(self, nodes: list[ElementNode], *, ordered: bool) -> Fill:
        slots = {
            node.element.name: (index if ordered else 0, node.key, node.many, self.element(node.element))
            for index, node in enumerate(nodes)
        }
        required = {node.key: node.element.name for node in nodes if node.minimum}
        counted = tuple(node for node in nodes if node.minimum > 1 or node.maximum not in (None, 1))

        return _flat_filler(slots, required, counted)

    def _matched(self, node: Node, children_of: Callable[[etree._Element], Iterator[etree._Element]]) -> Fill:
        match_node = compile_matcher(node, self.element, self._keep)

        def fill(element: etree._Element, members: dict[str, JsonValue]) -> None:
            children = list(children_of(element))
            cursor = Cursor(element, children)
            match_node(cursor, members)
            if cursor.position < len(children):
                raise out_of_place(children[cursor.position], members)

        return fill


def _nothing(_: etree._Element) -> str:
    return ""


def _check_empty(element: etree._Element, members: dict[str, JsonValue]) -> None:
    """Refuse anything inside. Source: XML Schema 1.0 Part 1, §3.4.4, clause 2.1."""
    if element.text or any(child.tail for child in element):
        raise Refused("holds text or white space and must be empty", "unexpected-text", line=line_of(element))
    for child in element:
        check_not_element(child, members)


Slot: TypeAlias = tuple[int, str, bool, Decode]
"""An element's place in the sequence, its member, whether that is an array, and its decoder."""


def _flat_filler(slots: dict[str, Slot], names: dict[str, str], counted: tuple[ElementNode, ...]) -> Fill:
    """Elements in a row; `names` are the required ones by member. Every element of a reply passes here."""
    required = frozenset(names)

    def fill(element: etree._Element, members: dict[str, JsonValue]) -> None:
        text = element.text
        if text is not None and text.strip(SPACES):
            raise unexpected_text(element)
        last = 0
        for child in element:
            slot = slots.get(child.tag)
            if slot is None:
                check_not_element(child, members)
            else:
                index, key, many, decode = slot
                if index < last:
                    raise out_of_place(child, members)
                last = index
                try:
                    value = decode(child)
                except Refused as error:
                    raise _placed(error, key, many, members, child) from None
                if many and key in members:
                    members[key].append(value)  # type: ignore[union-attr]
                elif key in members:
                    raise out_of_place(child, members)
                else:
                    members[key] = [value] if many else value
            tail = child.tail
            if tail is not None and tail.strip(SPACES):
                raise unexpected_text(element)
        if counted or not required <= members.keys():
            _check_complete(names, counted, members, element)

    return fill


def _check_complete(
    names: dict[str, str],
    counted: tuple[ElementNode, ...],
    members: dict[str, JsonValue],
    element: etree._Element,
) -> None:
    """Refuse an object without a required element, or with too few or too many of one."""
    for key, name in names.items():
        if key not in members:
            raise Refused(f"element {name} is missing", "missing-element", line=line_of(element))
    for node in counted:
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
