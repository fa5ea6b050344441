"""Any element as JSON and back, by two conventions that many tools share.

BadgerFish: an element is an object, its text `$`, an attribute `@name`, the namespaces declared on it
`@xmlns` (`$` for the default one); elements of one name become a list. A record is an object with the
element's name.
Parker: an element is its text, null where it is empty, or an object of its elements; attributes, namespaces
and the name of the outermost element are not in it. Texts stay texts in both.
Source: badgerfish.ning.com (rules 1 to 9); the Parker convention of "Converting Between XML and JSON".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeAlias, cast

from lxml import etree

from mappings.contract import JsonSchema, JsonValue
from mappings.xml.errors import Refused, mapping_errors
from mappings.xml.model import XML, local_name
from mappings.xml.nodes import element_children, is_element, namespaces_in_scope, text_only
from mappings.xml.path_layout import by_prefix, element_name

Scope: TypeAlias = Mapping[str | None, str]

_TEXT = "$"
_XMLNS = "@xmlns"
MAX_DEPTH = 200
"""Levels of a record that is written."""


class BadgerFish:
    """Both directions for an element of this name; None for whichever comes."""

    def __init__(self, name: str | None, namespaces: Mapping[str, str]) -> None:
        self.name = name
        self._namespaces = by_prefix(namespaces)

    def schema(self) -> JsonSchema:
        """JSON Schema of the value."""
        return {"type": "object", "minProperties": 1, "maxProperties": 1}

    def decode(self, element: etree._Element) -> JsonValue:
        """An object with the element's name. Raises: MappingError."""
        with mapping_errors():
            scope = namespaces_in_scope(element)
            value = self._object(element, {}, _declared(element, {}))
            return {_named(element, scope): value}

    def encode(self, value: JsonValue) -> etree._Element:
        """A fresh element that carries the value. Raises: MappingError."""
        with mapping_errors():
            return self._checked(_Badger(None, self._namespaces).outermost(value), value)

    def append_to(self, parent: etree._Element, value: JsonValue) -> None:
        """Append the element to a parent. Raises: MappingError; the parent then holds a part of it."""
        with mapping_errors():
            self._checked(_Badger(parent, self._namespaces).outermost(value), value)

    def _checked(self, element: etree._Element, value: JsonValue) -> etree._Element:
        if self.name is not None and element.tag != self.name:
            raise Refused(f"the element is {element.tag}, expected {self.name}", "unexpected-element")
        return element

    def _object(
        self, element: etree._Element, scope: Scope, declared: dict[str, JsonValue]
    ) -> dict[str, JsonValue]:
        here = namespaces_in_scope(element)
        made: dict[str, JsonValue] = {_XMLNS: declared} if declared else {}
        for key, text in element.attrib.items():
            made[f"@{_attribute(str(key), here)}"] = str(text)
        children = list(_children(element))
        if not children:
            text = text_only(element)
            return {**made, _TEXT: text} if text else made
        for child in children:
            _add(made, _named(child, here), self._object(child, here, _declared(child, here)))
        return made


class Parker:
    """Both directions for an element of this name; None for whichever comes. `namespaces` are the prefixes
    that names are written with."""

    def __init__(self, name: str | None, namespaces: Mapping[str, str]) -> None:
        self.name = name
        self._given = namespaces
        self._prefixes = {uri: prefix for prefix, uri in namespaces.items()}
        self._nsmap = by_prefix(namespaces)

    def schema(self) -> JsonSchema:
        """JSON Schema of the value."""
        return {"type": ["object", "string", "null"]}

    def decode(self, element: etree._Element) -> JsonValue:
        """The element's value. Raises: MappingError."""
        with mapping_errors():
            return self._value(element)

    def encode(self, value: JsonValue) -> etree._Element:
        """A fresh element that carries the value. Raises: MappingError."""
        with mapping_errors():
            if self.name is None:
                raise Refused("the root's name is not kept by the convention; `root` says it", "around")
            element = etree.Element(self.name, nsmap=self._nsmap)
            self._fill(element, value, 0)
            return self._checked(element, value)

    def append_to(self, parent: etree._Element, value: JsonValue) -> None:
        """Append the element to a parent. Raises: MappingError; the parent then holds a part of it."""
        with mapping_errors():
            assert self.name is not None, "there is one where there is a parent"
            element = etree.SubElement(parent, self.name)
            self._fill(element, value, 0)
            self._checked(element, value)

    def _checked(self, element: etree._Element, value: JsonValue) -> etree._Element:
        if self._value(element) != value:
            raise Refused("would be read as another value", "ambiguous")
        return element

    def _value(self, element: etree._Element) -> JsonValue:
        children = list(_children(element))
        if not children:
            return text_only(element) or None
        made: dict[str, JsonValue] = {}
        for child in children:
            _add(made, self._named(child), self._value(child))
        return made

    def _named(self, element: etree._Element) -> str:
        """With the definition's prefix for its namespace, or else the document's."""
        name = etree.QName(element)
        prefix = self._prefixes.get(name.namespace or "", element.prefix)
        return f"{prefix}:{name.localname}" if prefix else name.localname

    def _fill(self, element: etree._Element, value: JsonValue, depth: int) -> None:
        if value is None:
            return
        if isinstance(value, dict):
            _check_depth(depth)
            for name, one in value.items():
                items = one if isinstance(one, list) else [one]
                for at, item in enumerate(items):
                    try:
                        child = _sub_element(element, element_name(name, self._checked_prefix(name)))
                        self._fill(child, item, depth + 1)
                    except Refused as error:
                        raise (error.at(at).at(name) if isinstance(one, list) else error.at(name)) from None
            return
        _set_text(element, value)

    def _checked_prefix(self, name: str) -> Mapping[str, str]:
        prefix, colon, _ = name.rpartition(":")
        if colon and prefix not in self._given:
            raise Refused(f"the prefix {prefix} is none of the definition's namespaces", "prefix")
        return self._given


class _Badger:
    """Writes one record: below `parent`, or by itself with these namespaces declared on it."""

    def __init__(self, parent: etree._Element | None, namespaces: Mapping[str, str]) -> None:
        self._parent = parent
        self._namespaces = cast("Scope", namespaces)

    def outermost(self, value: JsonValue) -> etree._Element:
        """The element that an object of one name says. Raises: Refused."""
        if not isinstance(value, dict) or len(value) != 1:
            raise Refused("is not an object with the element's name", "type")
        (name,) = value
        scope = self._namespaces if self._parent is None else namespaces_in_scope(self._parent)
        try:
            return self._element(self._parent, name, value[name], scope, 0)
        except Refused as error:
            raise error.at(name) from None

    def _element(
        self, parent: etree._Element | None, name: str, value: JsonValue, scope: Scope, depth: int
    ) -> etree._Element:
        _check_depth(depth)
        if not isinstance(value, dict):
            raise Refused("is not an object", "type")
        declared = _own_namespaces(value.get(_XMLNS, {}))
        here = {**scope, **declared}
        tag = _resolved(name, here, default=True)
        nsmap = cast("Mapping[str, str]", here if parent is None else declared)
        try:
            if parent is None:
                element = etree.Element(tag, nsmap=nsmap)
            else:
                element = etree.SubElement(parent, tag, nsmap=nsmap)
        except ValueError:
            raise Refused("is no name of an element, or its namespaces are none", "name") from None
        for key, one in value.items():
            if key != _XMLNS:
                try:
                    self._member(element, key, one, here, depth)
                except Refused as error:
                    raise error.at(key) from None
        if len(element) and _TEXT in value:
            raise Refused("has text and elements, whose order the convention does not keep", "mixed-content")
        return element

    def _member(self, element: etree._Element, key: str, value: JsonValue, scope: Scope, depth: int) -> None:
        if key == _TEXT:
            if value == "":
                raise Refused("is empty; leave it out", "empty")
            _set_text(element, value)
        elif key.startswith("@"):
            _set_attribute(element, _resolved(key[1:], scope, default=False), value)
        elif isinstance(value, list):
            if len(value) < 2:
                raise Refused("is a list of less than two", "list")
            for at, item in enumerate(value):
                try:
                    self._element(element, key, item, scope, depth + 1)
                except Refused as error:
                    raise error.at(at) from None
        else:
            self._element(element, key, value, scope, depth + 1)


def _children(element: etree._Element) -> Iterator[etree._Element]:
    """The child elements, none where there is only text. Raises: Refused for both beside each other."""
    if not any(is_element(child) for child in element):
        return
    try:
        yield from element_children(element)
    except Refused as error:
        if error.rule != "unexpected-text":
            raise
        text = "has text and elements, whose order the convention does not keep"
        raise Refused(text, "mixed-content", line=error.line).at(local_name(str(element.tag))) from None


def _add(made: dict[str, JsonValue], name: str, value: JsonValue) -> None:
    """A member, or one more of a list. Values are no lists themselves."""
    if name not in made:
        made[name] = value
        return
    found = made[name]
    if isinstance(found, list):
        found.append(value)
    else:
        made[name] = [found, value]


def _named(element: etree._Element, scope: Scope) -> str:
    local = etree.QName(element).localname
    return f"{element.prefix}:{local}" if element.prefix else local


def _attribute(key: str, scope: Scope) -> str:
    if not key.startswith("{"):
        return key
    name = etree.QName(key)
    if name.namespace == XML:
        return f"xml:{name.localname}"
    prefix = next(prefix for prefix, uri in scope.items() if prefix and uri == name.namespace)
    return f"{prefix}:{name.localname}"


def _declared(element: etree._Element, scope: Scope) -> dict[str, JsonValue]:
    """The namespaces that are not as they are around the element."""
    here = namespaces_in_scope(element)
    found: dict[str, JsonValue] = {
        prefix or _TEXT: uri for prefix, uri in here.items() if scope.get(prefix) != uri
    }
    if scope.get(None) and not element.prefix and etree.QName(element).namespace is None:
        found[_TEXT] = ""
    return found


def _own_namespaces(value: JsonValue) -> dict[str | None, str]:
    if not isinstance(value, dict):
        raise Refused("is not an object of namespaces", "type").at(_XMLNS)
    found: dict[str | None, str] = {}
    for prefix, uri in value.items():
        if not isinstance(uri, str) or not uri:
            raise Refused("is no namespace that can be declared", "namespace").at(prefix).at(_XMLNS)
        found[None if prefix == _TEXT else prefix] = uri
    return found


def _resolved(name: str, scope: Scope, *, default: bool) -> str:
    prefix, colon, local = name.rpartition(":")
    if prefix == "xml":
        return f"{{{XML}}}{local}"
    uri = scope.get(prefix) if colon else (scope.get(None) if default else None)
    if colon and uri is None:
        raise Refused(f"the prefix {prefix} is not declared", "prefix")
    return f"{{{uri}}}{local}" if uri else local


def _sub_element(parent: etree._Element, name: str) -> etree._Element:
    try:
        return etree.SubElement(parent, name)
    except ValueError:
        raise Refused("is no name of an element", "name") from None


def _set_text(element: etree._Element, value: JsonValue) -> None:
    if not isinstance(value, str):
        raise Refused("is not a text", "type")
    try:
        element.text = value
    except ValueError:
        raise Refused("holds a character that XML cannot carry", "xml-character") from None


def _set_attribute(element: etree._Element, name: str, value: JsonValue) -> None:
    if not isinstance(value, str):
        raise Refused("is not a text", "type")
    try:
        element.set(name, "")
    except ValueError:
        raise Refused("is no name of an attribute", "name") from None
    try:
        element.set(name, value)
    except ValueError:
        raise Refused("holds a character that XML cannot carry", "xml-character") from None


def _check_depth(depth: int) -> None:
    if depth > MAX_DEPTH:
        raise Refused(f"nested deeper than {MAX_DEPTH} levels", "depth")
