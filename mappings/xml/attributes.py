"""Compiling the attributes of a complex type, both ways."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias, cast

from lxml import etree

from mappings.contract import JsonValue
from mappings.xml.content import AttributePlan, plan_attributes
from mappings.xml.errors import Refused
from mappings.xml.model import XML, XSI, ComplexType, Wildcard
from mappings.xml.nodes import line_of
from mappings.xml.raw import resolve_qname
from mappings.xml.simple import SimpleCodec, compile_simple

AttributeReader: TypeAlias = Callable[[etree._Element, dict[str, JsonValue]], None]
AttributeWriter: TypeAlias = Callable[[etree._Element, dict[str, JsonValue]], int]

_XSI = f"{{{XSI}}}"
_XML = f"{{{XML}}}"


def read_attributes(kind: ComplexType) -> AttributeReader:
    """Fills members from attributes. xsi:* is the caller's; undeclared xml:* attributes are passed over."""
    plans = plan_attributes(kind)
    slots = {item.attribute.name: _reader(item) for item in plans}
    required = tuple((item.key, item.attribute.name) for item in plans if item.attribute.required)
    keys = frozenset(item.key for item in plans)
    wildcard = kind.any_attribute

    def read(element: etree._Element, members: dict[str, JsonValue]) -> None:
        for name, text in cast("list[tuple[str, str]]", element.items()):
            slot = slots.get(name)
            if slot is not None:
                slot(element, text, members)
            elif name.startswith(_XSI):
                continue
            elif wildcard is not None and wildcard.admits(name):
                members[_wild_key(name, keys)] = text
            elif not name.startswith(_XML):
                text = f"unexpected attribute {name}"
                raise Refused(text, "unexpected-attribute", line=line_of(element))
        for key, name in required:
            if key not in members:
                raise Refused(f"attribute {name} is missing", "missing-attribute", line=line_of(element))

    return read


def _reader(item: AttributePlan) -> Callable[[etree._Element, str, dict[str, JsonValue]], None]:
    codec = compile_simple(item.attribute.type)
    fixed = _fixed(item, codec)

    def read(element: etree._Element, text: str, members: dict[str, JsonValue]) -> None:
        try:
            value = codec.read(resolve_qname(element, text.strip()) if codec.is_qname else text)
            if fixed is not None and value != fixed:
                raise Refused(f"is fixed to {item.attribute.fixed}", "fixed")
        except Refused as error:
            raise error.at(item.key, line_of(element)) from None
        members[item.key] = value

    return read


def write_attributes(kind: ComplexType) -> AttributeWriter:
    """Sets attributes from members and returns how many members that took."""
    plans = plan_attributes(kind)
    writers = tuple((item.key, item.attribute.required, _writer(item)) for item in plans)
    keys = frozenset(item.key for item in plans)
    wildcard = kind.any_attribute

    def write(element: etree._Element, members: dict[str, JsonValue]) -> int:
        used = 0
        for key, required, set_attribute in writers:
            if key in members:
                used += 1
                try:
                    set_attribute(element, members[key])
                except Refused as error:
                    raise error.at(key) from None
            elif required:
                raise Refused(f"the member {key} is missing", "missing-member")
        if wildcard is not None and used < len(members):
            used += _write_wild(element, members, keys, wildcard)
        return used

    return write


def _writer(item: AttributePlan) -> Callable[[etree._Element, JsonValue], None]:
    codec = compile_simple(item.attribute.type)
    name = item.attribute.name
    fixed = _fixed(item, codec)

    def write(element: etree._Element, value: JsonValue) -> None:
        text = codec.write(value)
        if fixed is not None and codec.read(text) != fixed:
            raise Refused(f"is fixed to {item.attribute.fixed}", "fixed")
        _set(element, name, text, is_qname=codec.is_qname)

    return write


def _fixed(item: AttributePlan, codec: SimpleCodec) -> JsonValue:
    fixed = item.attribute.fixed
    return codec.read(fixed) if fixed is not None and not codec.is_qname else None


def _set(element: etree._Element, name: str, text: str, *, is_qname: bool = False) -> None:
    try:
        element.set(name, etree.QName(text) if is_qname else text)  # type: ignore[arg-type]
    except ValueError:
        raise Refused("holds a character that XML cannot carry", "xml-character") from None


def _wild_key(name: str, declared: frozenset[str]) -> str:
    """The member of an attribute that a wildcard let in: its full name."""
    key = f"@{name}"
    return f"@{{}}{name}" if key in declared else key


def _write_wild(
    element: etree._Element, members: dict[str, JsonValue], keys: frozenset[str], wildcard: Wildcard
) -> int:
    used = 0
    for key, value in members.items():
        if not key.startswith("@") or key in keys:
            continue
        name = key[1:].removeprefix("{}")
        if name.startswith(_XSI) or not wildcard.admits(name) or type(value) is not str:
            raise Refused("not an attribute that may stand here, as text", "unknown-member").at(key)
        try:
            _set(element, name, value)
        except Refused as error:
            raise error.at(key) from None
        used += 1
    return used
