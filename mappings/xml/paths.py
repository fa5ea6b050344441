"""Records by declared paths: the element that is a record, read and written by the tree of its fields."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias, cast

from lxml import etree

from mappings.contract import JsonSchema, JsonValue
from mappings.delimited.errors import ValueSyntaxError
from mappings.xml.errors import Refused, mapping_errors
from mappings.xml.model import XSI, local_name
from mappings.xml.nodes import SPACES, element_children, line_of, text_only
from mappings.xml.path_layout import Group, Leaf, Node, by_prefix, fields_of

Values: TypeAlias = dict[str, JsonValue]

_NIL = f"{{{XSI}}}nil"
_EXCERPT = 99


class PathCodec:
    """Both directions for the element of a record. `namespaces` are declared on an element that is made by
    itself."""

    def __init__(
        self,
        node: Node,
        namespaces: Mapping[str, str],
        *,
        skips: bool,
        trims: bool,
        empty_is_absent: bool,
    ) -> None:
        self.name: str | None = node.name
        self._node = node
        self._namespaces = by_prefix(namespaces)
        self._skips = skips
        self._trims = trims
        self._empty_is_absent = empty_is_absent
        self._schema = _object_schema(node)

    def schema(self) -> JsonSchema:
        """JSON Schema of the value. The caller must not change it."""
        return self._schema

    def encode(self, value: JsonValue) -> etree._Element:
        """A fresh element that carries the value. Raises: MappingError."""
        with mapping_errors():
            element = etree.Element(self._node.name, nsmap=self._namespaces)
            self._record(element, value)
            return element

    def append_to(self, parent: etree._Element, value: JsonValue) -> None:
        """Append the element to a parent. Raises: MappingError; the parent then holds a part of it."""
        with mapping_errors():
            self._record(etree.SubElement(parent, self._node.name), value)

    def decode(self, element: etree._Element) -> JsonValue:
        """The value of an element. Raises: MappingError."""
        with mapping_errors():
            if element.tag != self._node.name:
                text = f"element {self._node.name} expected, found {element.tag}"
                raise Refused(text, "unexpected-element", line=line_of(element))
            return self._object(self._node, element)

    # --- reading

    def _object(self, node: Node, element: etree._Element) -> Values:
        values: Values = {}
        self._read(node, element, values)
        for name in node.required:
            if name not in values:
                raise Refused("is missing", "required", line=line_of(element)).at(name)
        return values

    def _read(self, node: Node, element: etree._Element, values: Values) -> None:
        """What an element holds into the object that it belongs to."""
        for key, text in _attributes(element):
            leaf = node.attributes.get(key)
            if leaf is not None:
                self._take(leaf, text, element, values, drops_empty=self._empty_is_absent)
            elif key == _NIL and node.field is None:
                self._is_nil(node.text, element)
            elif not (self._skips or key.startswith(f"{{{XSI}}}")):
                error = Refused(f"unexpected attribute {key}", "unexpected-attribute", line=line_of(element))
                raise error.at(local_name(key))
        if node.text is not None:
            drops = self._empty_is_absent or bool(node.attributes)
            self._take(node.text, self._text(element), element, values, drops_empty=drops)
            return
        self._children(node, element, values)

    def _children(self, node: Node, element: etree._Element, values: Values) -> None:
        seen: set[str] = set()
        for child in self._elements(element):
            tag = str(child.tag)
            inner = node.children.get(tag)
            if inner is None:
                if self._skips:
                    continue
                raise Refused(f"unexpected element {tag}", "unexpected-element", line=line_of(child)).at(
                    local_name(tag)
                )
            repeats = inner.field is not None and inner.field.repeat
            if tag in seen and not repeats:
                name = local_name(tag) if inner.field is None else inner.field.name
                raise Refused("occurs twice", "occurrence", line=line_of(child)).at(name)
            seen.add(tag)
            if inner.field is None:
                self._read(inner, child, values)
            else:
                self._field(inner, inner.field, child, values)
        if node.field is None and node is not self._node:
            for inner in node.children.values():
                # The element around a list is there: then the list is, too.
                if inner.field is not None and inner.field.repeat:
                    values.setdefault(inner.field.name, [])

    def _elements(self, element: etree._Element) -> Sequence[etree._Element]:
        """The child elements; where others are skipped, text between them is too."""
        if self._skips:
            return [child for child in element if isinstance(child.tag, str)]
        return [*element_children(element)]

    def _field(self, node: Node, field: Leaf | Group, element: etree._Element, values: Values) -> None:
        """An element that is a field as a whole."""
        found: Values = {}
        if self._is_nil(field, element):
            found[field.name] = None
        elif isinstance(field, Group):
            try:
                found[field.name] = self._object(node, element)
            except Refused as error:
                raise self._placed(error, field, values, element) from None
        else:
            self._no_attributes(element, field)
            try:
                self._take(field, self._text(element), element, found, drops_empty=self._empty_is_absent)
            except Refused as error:
                raise self._placed(error, field, values, element, is_named=True) from None
        if not field.repeat:
            values |= found
            return
        items = values.setdefault(field.name, [])
        assert isinstance(items, list)
        items += found.values()

    def _placed(
        self,
        error: Refused,
        field: Leaf | Group,
        values: Values,
        element: etree._Element,
        *,
        is_named: bool = False,
    ) -> Refused:
        """The error seen from the object around: with the index where the field is a list."""
        items = values.get(field.name, [])
        if is_named:
            error.steps.pop()
        if field.repeat:
            error.at(len(items) if isinstance(items, list) else 0)
        return error.at(field.name, line_of(element))

    def _is_nil(self, field: Leaf | Group | None, element: etree._Element) -> bool:
        """True for null. Raises: Refused where that may not be; `field` is None where there is none."""
        nil = element.get(_NIL)
        if nil is None or nil.strip(SPACES) in ("false", "0"):
            return False
        name = local_name(str(element.tag)) if field is None else field.name
        line = line_of(element)
        if nil.strip(SPACES) not in ("true", "1"):
            raise Refused("xsi:nil is neither true nor false", "nil", line=line).at(name)
        if field is None or not field.nullable:
            raise Refused("is null, which it may not be", "null", line=line).at(name)
        if len(element) or (element.text or "").strip(SPACES):
            raise Refused("is null and has content", "nil", line=line).at(name)
        return True

    def _no_attributes(self, element: etree._Element, field: Leaf) -> None:
        for key, _ in _attributes(element):
            if not self._skips and not key.startswith(f"{{{XSI}}}"):
                text = f"unexpected attribute {key}"
                raise Refused(text, "unexpected-attribute", line=line_of(element)).at(field.name)

    def _text(self, element: etree._Element) -> str:
        if self._skips:
            return "".join([element.text or "", *(child.tail or "" for child in element)])
        return text_only(element)

    def _take(
        self, leaf: Leaf, text: str, element: etree._Element, values: Values, *, drops_empty: bool
    ) -> None:
        """Read a value into the object."""
        if self._trims or not leaf.is_text:
            text = text.strip(SPACES)
        if not text and drops_empty:
            return
        try:
            values[leaf.name] = leaf.codec.read(text)
        except ValueSyntaxError as error:
            excerpt = text[:_EXCERPT]
            raise Refused(str(error), error.rule, excerpt=excerpt, line=line_of(element)).at(
                leaf.name
            ) from None

    # --- writing

    def _record(self, element: etree._Element, value: JsonValue) -> None:
        self._write_object(self._node, element, value)
        # Only what would be read as the same leaves.
        if self._object(self._node, element) != value:
            raise Refused("would be read as another value", "ambiguous")

    def _write_object(self, node: Node, element: etree._Element, value: JsonValue) -> None:
        if not isinstance(value, dict):
            raise Refused("is not an object", "type")
        for name in value:
            if name not in node.names:
                raise Refused("is not defined here", "unknown-field").at(name)
        self._write(node, element, value)

    def _write(self, node: Node, element: etree._Element, values: Values) -> None:
        for key, leaf in node.attributes.items():
            if leaf.name in values:
                self._set(element, leaf, values[leaf.name], key)
        if node.text is not None and node.text.name in values:
            self._set(element, node.text, values[node.text.name], None)
        for child in node.children.values():
            if child.field is not None:
                if child.field.name in values:
                    self._write_field(child, child.field, element, values[child.field.name])
            elif any(name in values for name in child.names):
                self._write(child, etree.SubElement(element, child.name), values)

    def _write_field(self, node: Node, field: Leaf | Group, parent: etree._Element, value: JsonValue) -> None:
        if not field.repeat:
            self._write_one(node, field, parent, value, [field.name])
            return
        if not isinstance(value, list):
            raise Refused("is not a list", "type").at(field.name)
        for at, one in enumerate(value):
            self._write_one(node, field, parent, one, [at, field.name])

    def _write_one(
        self,
        node: Node,
        field: Leaf | Group,
        parent: etree._Element,
        value: JsonValue,
        steps: Sequence[str | int],
    ) -> None:
        element = etree.SubElement(parent, node.name)
        try:
            if value is None and field.nullable:
                element.set(_NIL, "true")
            elif isinstance(field, Group):
                self._write_object(node, element, value)
            else:
                self._fill(element, field, value, None)
        except Refused as error:
            for step in steps:
                error.at(step)
            raise

    def _set(self, element: etree._Element, leaf: Leaf, value: JsonValue, key: str | None) -> None:
        try:
            self._fill(element, leaf, value, key)
        except Refused as error:
            raise error.at(leaf.name) from None

    def _fill(self, element: etree._Element, leaf: Leaf, value: JsonValue, key: str | None) -> None:
        """Write a value as text or attribute. Raises: Refused."""
        if value is None:
            raise Refused("is null, which it may not be; leave it out", "null")
        try:
            text = leaf.codec.write(value)
        except ValueSyntaxError as error:
            raise Refused(str(error), error.rule) from None
        try:
            if key is None:
                element.text = text
            else:
                element.set(key, text)
        except ValueError:
            raise Refused("holds a character that XML cannot carry", "xml-character") from None


def _attributes(element: etree._Element) -> Iterable[tuple[str, str]]:
    return cast("Iterable[tuple[str, str]]", element.attrib.items())


def _object_schema(node: Node) -> JsonSchema:
    properties: dict[str, JsonValue] = {}
    for field, inner in fields_of(node):
        one = dict(field.codec.schema) if isinstance(field, Leaf) else _object_schema(inner)
        if field.nullable:
            one = {"anyOf": [one, {"type": "null"}]}
        if field.repeat:
            one = {"type": "array", "items": one}
        properties[field.name] = {**one, "description": field.description} if field.description else one
    made: JsonSchema = {"type": "object", "properties": properties, "additionalProperties": False}
    if node.required:
        made["required"] = [*node.required]
    return made
