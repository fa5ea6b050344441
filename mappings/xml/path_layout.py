"""The fields of a definition as the tree of elements in which they stand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import cast

from mappings.delimited.values import ValueCodec, compile_field
from mappings.xml.path_check import steps_of, typed
from mappings.xml_fields import FieldUse, GroupField, ValueField


@dataclass(frozen=True, slots=True)
class Leaf:
    """A field that is one value: a text as it stands where `is_text`."""

    name: str
    codec: ValueCodec
    is_text: bool
    required: bool
    repeat: bool
    nullable: bool
    description: str


@dataclass(frozen=True, slots=True)
class Group:
    """A field that is an object: its fields stand below its element."""

    name: str
    required: bool
    repeat: bool
    nullable: bool
    description: str


@dataclass(slots=True)
class Node:
    """An element: `{namespace}local`. It is a group, or it repeats as a value (`repeated`), or it holds an
    attribute, a text or elements of the object around it. `names` are the fields in it that stand in that
    object; of a group, in the group's own."""

    name: str
    group: Group | None = None
    repeated: Leaf | None = None
    text: Leaf | None = None
    attributes: dict[str, Leaf] = field(default_factory=dict)
    children: dict[str, Node] = field(default_factory=dict)
    names: tuple[str, ...] = ()
    required: tuple[str, ...] = ()

    @property
    def field(self) -> Leaf | Group | None:
        """What the element is as a whole, apart from what it holds."""
        return self.group or self.repeated


def layout_of(name: str, fields: Mapping[str, FieldUse], namespaces: Mapping[str, str]) -> Node:
    """The element of a record, for fields that were found sound; `name` as it is written."""
    node = Node(element_name(name, namespaces))
    _fill(node, fields, namespaces)
    _settle(node)
    return node


def by_prefix(namespaces: Mapping[str, str]) -> Mapping[str, str]:
    """The same as lxml takes it, in which the default namespace has the prefix None."""
    return cast("Mapping[str, str]", {prefix or None: uri for prefix, uri in namespaces.items()})


def element_name(name: str, namespaces: Mapping[str, str]) -> str:
    """`{namespace}local` of an element's name with a prefix or in the namespace of the empty one."""
    prefix, _, local = name.rpartition(":")
    return _in_namespace(prefix, local, namespaces)


def _attribute_name(name: str, namespaces: Mapping[str, str]) -> str:
    prefix, colon, local = name.rpartition(":")
    return _in_namespace(prefix, local, namespaces) if colon else name


def _in_namespace(prefix: str, local: str, namespaces: Mapping[str, str]) -> str:
    if prefix == "xml":
        return f"{{http://www.w3.org/XML/1998/namespace}}{local}"
    uri = namespaces.get(prefix)
    return f"{{{uri}}}{local}" if uri else local


def _fill(node: Node, fields: Mapping[str, FieldUse], namespaces: Mapping[str, str]) -> None:
    for name, use in fields.items():
        *elements, last = steps_of(name, use)
        at = node
        for step in elements:
            key = element_name(step, namespaces)
            at = at.children.setdefault(key, Node(key))
        if last == "text()":
            at.text = _leaf(name, use)
        elif last.startswith("@"):
            at.attributes[_attribute_name(last[1:], namespaces)] = _leaf(name, use)
        else:
            key = element_name(last, namespaces)
            child = at.children.setdefault(key, Node(key))
            if isinstance(use, GroupField):
                child.group = Group(name, use.required, use.repeat, use.nullable, use.description)
                _fill(child, use.fields, namespaces)
            elif isinstance(use, ValueField) and (use.repeat or use.nullable):
                child.repeated = _leaf(name, use)
            else:
                child.text = _leaf(name, use)


def _leaf(name: str, use: FieldUse) -> Leaf:
    assert not isinstance(use, GroupField), "checked before"
    given = use if isinstance(use, ValueField) else ValueField()
    return Leaf(
        name,
        compile_field(typed(given)),
        given.type == "string",
        given.required,
        given.repeat,
        given.nullable,
        given.description,
    )


def _settle(node: Node) -> None:
    """Note which fields stand in each element."""
    for child in node.children.values():
        _settle(child)
    inside = list(_inside(node))
    node.names = tuple(one.name for one in inside)
    node.required = tuple(one.name for one in inside if one.required)


def _inside(node: Node) -> Iterator[Leaf | Group]:
    """The fields of the object that an element belongs to, below it."""
    if node.text is not None:
        yield node.text
    yield from node.attributes.values()
    for child in node.children.values():
        if child.field is not None:
            yield child.field
        else:
            yield from _inside(child)


def fields_of(node: Node) -> Iterator[tuple[Leaf | Group, Node]]:
    """The same, each with its element."""
    if node.text is not None:
        yield node.text, node
    for leaf in node.attributes.values():
        yield leaf, node
    for child in node.children.values():
        if child.field is not None:
            yield child.field, child
        else:
            yield from fields_of(child)
