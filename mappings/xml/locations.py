"""Which document a schemaLocation means among those given; nothing is ever opened.

Source: XML Schema 1.0 Part 1, §4.2.1 (include), §4.2.3 (import).
"""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import cast
from urllib.parse import urljoin

from lxml import etree

from mappings.xml.model import XSD

COMPOSITION = tuple(f"{{{XSD}}}{name}" for name in ("import", "include", "redefine", "override"))
"""The statements by which one document refers to another."""


@dataclass(slots=True)
class LoadedDocument:
    """One document while it is prepared; `imports` are the namespaces it says it uses."""

    location: str
    root: etree._Element
    namespace: str
    imports: set[str] = field(default_factory=set)


def find(base: str, location: str, documents: Sequence[LoadedDocument]) -> LoadedDocument | None:
    """The document at a location as written in the document `base`; failing that, the only one so called."""
    joined = urljoin(base, location) if "://" in base else posixpath.join(posixpath.dirname(base), location)
    for candidate in (location, joined, joined if "://" in joined else posixpath.normpath(joined)):
        for document in documents:
            if document.location == candidate:
                return document
    name = posixpath.basename(location)
    same_name = [document for document in documents if posixpath.basename(document.location) == name]
    return same_name[0] if len(same_name) == 1 and name else None


def with_chameleons(documents: list[LoadedDocument]) -> list[LoadedDocument]:
    """The documents; those without a namespace that others include take their includer's (§4.2.1)."""
    taken: dict[tuple[int, str], LoadedDocument] = {}
    waiting = [document for document in documents if document.namespace]
    while waiting:
        includer = waiting.pop()
        for statement in includer.root.iterchildren(*COMPOSITION[1:]):
            target = find(includer.location, (statement.get("schemaLocation") or "").strip(), documents)
            if target is None or target.namespace or (id(target), includer.namespace) in taken:
                continue
            copy = LoadedDocument(
                target.location, _chameleon(target.root, includer.namespace), includer.namespace
            )
            taken[(id(target), includer.namespace)] = copy
            waiting.append(copy)
    included = {number for number, _ in taken}
    imported = {
        id(find(document.location, statement.get("schemaLocation") or "", documents))
        for document in documents
        for statement in document.root.iterchildren(f"{{{XSD}}}import")
        if statement.get("schemaLocation")
    }
    kept = [item for item in documents if id(item) not in included or id(item) in imported]
    return kept + list(taken.values())


def _chameleon(root: etree._Element, namespace: str) -> etree._Element:
    nsmap = cast("dict[str, str]", {None: namespace, **root.nsmap})
    copy = etree.Element(root.tag, nsmap=nsmap)
    copy.attrib.update(root.attrib)
    copy.set("targetNamespace", namespace)
    clone = etree.fromstring(etree.tostring(root))
    copy.extend(list(clone))
    return copy
