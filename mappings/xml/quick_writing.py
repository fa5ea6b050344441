"""The quick way to write records by declared paths: for each set of fields that comes again a function is
made that joins their texts and the markup around them.

What it does not accept, the careful way (`paths.py`) writes or refuses; what it accepts, the careful way
writes alike, and is read as the same values.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import repeat

from lxml import etree

from mappings.function_text import FunctionText
from mappings.shapes import (
    USUAL_INSIDE,
    Names,
    Shapes,
    WriteQuickly,
    WriteValues,
    refused,
    remembering,
    repeated,
    returning,
    writing,
)
from mappings.xml.model import local_name
from mappings.xml.path_layout import Group, Leaf, Node

# What stands for itself in texts and attributes, and that in no other form.
_PLAIN = '[^&<>"\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]+'
_TRIMMED = f"(?! ){_PLAIN}(?<! )"


class QuickPaths:
    """Writes records as text, for inside of an element that declares these namespaces by their prefixes. It
    `trims` where readers take spaces off the ends of texts: those with such spaces are left out."""

    def __init__(self, node: Node, namespaces: Mapping[str, str], *, trims: bool) -> None:
        self._trims = trims
        self._elements, self._attributes = dict[str, str](), dict[str, str]()
        root = etree.Element("root", nsmap=namespaces)
        is_known = all([*map(self._is_known, _nodes(node), repeat(root))])
        self.write: WriteQuickly = self._object(node, is_record=True).write if is_known else refused
        """The text of a record's element."""

    def _is_known(self, node: Node, root: etree._Element) -> bool:
        """Find how names are written; false where that takes another namespace or choosing a prefix."""
        element = etree.SubElement(root, node.name)
        local = local_name(node.name)
        self._elements[node.name] = f"{element.prefix}:{local}" if element.prefix else local
        is_known = element.nsmap == root.nsmap
        for name in node.attributes:
            uri, brace, local = name[1:].rpartition("}")
            prefixes = [prefix for prefix, one in root.nsmap.items() if prefix and one == uri]
            self._attributes[name] = f"{prefixes[0]}:{local}" if prefixes else name
            is_known &= len(prefixes) == 1 or not brace
        return is_known

    def _object(self, node: Node, *, is_record: bool = False) -> Shapes:
        def made(names: Names) -> WriteValues | None:
            if not set(node.names).issuperset(names) or not set(node.required).issubset(names):
                return None
            function = _Function({name: f"v{at}" for at, name in enumerate(names)})
            return function.made() if self._element(function, node, is_whole=True) else None

        return Shapes(made) if is_record else Shapes(made, USUAL_INSIDE)

    def _element(self, function: _Function, node: Node, *, is_whole: bool) -> bool:
        """Add an element with what is in it; false where that is left to the careful way. It `is_whole` where
        it is a record or a group, and else around fields of the object outside."""
        values = function.values
        function.markup(f"<{self._elements[node.name]}")
        for key, leaf in node.attributes.items():
            if leaf.name in values:
                function.markup(f' {self._attributes[key]}="')
                self._leaf(function, leaf, values[leaf.name])
                function.markup('"')
        begin = len(function.texts)
        function.markup(">")
        if node.text is not None and node.text.name in values:
            self._leaf(function, node.text, values[node.text.name])
        for child in node.children.values():
            if not self._child(function, child, is_whole=is_whole):
                return False
        if len(function.texts) == begin + 1:
            function.texts[begin] = repr("/>")
        else:
            function.markup(f"</{self._elements[node.name]}>")
        return True

    def _child(self, function: _Function, node: Node, *, is_whole: bool) -> bool:
        values = function.values
        if node.field is None:
            is_there = any(name in values for name in node.names)
            return not is_there or self._element(function, node, is_whole=False)
        value = values.get(node.field.name)
        if value is None:
            # A list is read as soon as the element around it is there.
            return is_whole or not node.field.repeat
        function.texts.append(f"{function.known(self._field(node, node.field))}({value})")
        return True

    def _field(self, node: Node, of: Leaf | Group) -> WriteQuickly:
        if isinstance(of, Group):
            one = self._object(node).write
        else:
            function = _Function({of.name: "v0"})
            function.markup(f"<{self._elements[node.name]}>")
            self._leaf(function, of, "v0")
            function.markup(f"</{self._elements[node.name]}>")
            one = function.made()
        # Of a list without items the element around it tells, if there is one.
        return repeated(one, "") if of.repeat else one

    def _leaf(self, function: _Function, leaf: Leaf, value: str) -> None:
        if not leaf.codec.is_text:
            value = f"{function.known(_codec(leaf))}({value})"
        function.leaves.append(f"t{len(function.leaves)} := {value}")
        function.texts.append(f"t{len(function.leaves) - 1}")
        function.patterns.append(_TRIMMED if self._trims or not leaf.is_text else _PLAIN)


@dataclass(slots=True)
class _Function:
    """A function that writes an element, while it is made.

    `values` are its parameters by the names of fields; `texts` the expressions whose texts it joins. Of these
    `leaves` are those that have to be as in `patterns`, the rest is markup or was tested already.
    """

    values: dict[str, str]
    texts: list[str] = field(default_factory=list)
    leaves: list[str] = field(default_factory=list)
    patterns: list[str] = field(default_factory=list)
    function: FunctionText = field(default_factory=FunctionText)

    def markup(self, text: str) -> None:
        """Add what is always there."""
        self.texts.append(repr(text))

    def known(self, one: object) -> str:
        """The name of an object in the function's text."""
        return self.function.known(one)

    def made(self) -> WriteValues:
        """The function. The texts of leaves are tested together, by one expression, with a character between
        them that is in none."""
        match = self.known(re.compile("<".join(self.patterns)).fullmatch)
        statements = [
            f"leaves = '<'.join(({''.join(f'({one}), ' for one in self.leaves)}))",
            f"text = ''.join(({', '.join(self.texts)},))",
        ]
        result = f"text if {match}(leaves) is not None else None"
        return writing(self.function, self.values.values(), statements, result)


def _nodes(node: Node) -> Iterator[Node]:
    """Every element that is written for one."""
    yield node
    for child in node.children.values():
        yield from _nodes(child)


def _codec(leaf: Leaf) -> WriteQuickly:
    """What writes a leaf that is no text."""
    write = returning(leaf.codec.write, leaf.codec.read)
    remembered = remembering(write)
    # Texts are dates and the like, which come again; numbers may be equal and written differently.
    return lambda value: remembered(value) if type(value) is str else write(value)
