"""The nodes inside an element: children, text, and what is neither.

Comments, processing instructions and white space between elements mean nothing; anything else that the
content does not call for is refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from lxml import etree

from mappings.contract import JsonValue
from mappings.xml.errors import Refused
from mappings.xml.model import local_name

SPACES = " \t\r\n"
"""What XML counts as white space."""

MAX_NAMESPACES = 128


def line_of(element: etree._Element) -> int | None:
    """The line of the document that an element begins on, from 1; None for one that was not parsed."""
    return cast("int | None", element.sourceline)


def namespaces_in_scope(element: etree._Element) -> dict[str | None, str]:
    """The namespaces by prefix that values in the element may use.

    Raises: Refused when there are more than `MAX_NAMESPACES`: each element that needs them would cost as many
    steps, and a small document could keep the decoder busy for minutes.
    """
    found = element.nsmap
    if len(found) > MAX_NAMESPACES:
        text = f"more than {MAX_NAMESPACES} namespaces are declared here"
        raise Refused(text, "namespace-count", line=line_of(element))
    return found


def is_element(node: etree._Element) -> bool:
    """True for an element; comments, processing instructions and entity references have no name."""
    return isinstance(cast("object", node.tag), str)


def check_not_element(child: etree._Element, members: dict[str, JsonValue]) -> None:
    """Pass comments and processing instructions. Raises: Refused for an element or an entity."""
    if is_element(child):
        raise out_of_place(child, members)
    if child.tag is etree.Entity:
        raise Refused("entity references are not allowed", "entity", line=line_of(child))


def element_children(element: etree._Element) -> Iterator[etree._Element]:
    """The child elements. Raises: Refused for text between them."""
    if element.text is not None and element.text.strip(SPACES):
        raise unexpected_text(element)
    for child in element:
        if is_element(child):
            yield child
        else:
            check_not_element(child, {})
        if child.tail is not None and child.tail.strip(SPACES):
            raise unexpected_text(element)


def elements_among_text(element: etree._Element) -> Iterator[etree._Element]:
    """The child elements, whatever text is between them. Raises: Refused for an entity."""
    for child in element:
        if is_element(child):
            yield child
        else:
            check_not_element(child, {})


def text_only(element: etree._Element) -> str:
    """The text of an element that holds no elements, comments left out."""
    parts = [element.text or ""]
    for child in element:
        check_not_element(child, {})
        parts.append(child.tail or "")
    return "".join(parts)


def unexpected_text(element: etree._Element) -> Refused:
    """The error for text in element content."""
    return Refused("text where only elements are allowed", "unexpected-text", line=line_of(element))


def out_of_place(child: etree._Element, members: dict[str, JsonValue]) -> Refused:
    """The error for an element that the content does not call for here."""
    after = f" after {list(members)[-1]}" if members else ""
    line = line_of(child)
    return Refused(f"unexpected element {child.tag}{after}", "unexpected-element", line=line).at(
        local_name(str(child.tag))
    )
