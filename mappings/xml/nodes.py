"""Two questions about lxml nodes that its type stubs answer wrongly."""

from __future__ import annotations

from typing import cast

from lxml import etree


def line_of(element: etree._Element) -> int | None:
    """The line of the document that an element begins on, from 1; None for one that was not parsed."""
    return cast("int | None", element.sourceline)


def is_element(node: etree._Element) -> bool:
    """True for an element; comments, processing instructions and entity references have no name."""
    return isinstance(cast("object", node.tag), str)
