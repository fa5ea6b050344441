"""Making a set of schema documents consistent before it is read.

Real contracts are sloppy: imports are missing or name the wrong namespace, files are absent, the same type is
declared twice. Here every reference between components is resolved among the documents given, what can be
repaired is repaired and reported, and components that cannot be completed are taken out with their reason,
together with all that needs them. What comes out resolves completely and has no location left to look up.

Source: XML Schema 1.0 Part 1, §4.2 (layer 2: schema documents, namespaces and composition).
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import cast
from urllib.parse import urljoin

from lxml import etree

from mappings.xml.model import XML, XSD, XSI
from mappings.xml.nodes import is_element

Key = tuple[str, str]
"""A global component: its symbol space (`type`, `element`, `attribute`, `group`, `attributeGroup`) and
name."""

_SCHEMA = f"{{{XSD}}}schema"
_KINDS = {
    f"{{{XSD}}}simpleType": "type",
    f"{{{XSD}}}complexType": "type",
    f"{{{XSD}}}element": "element",
    f"{{{XSD}}}attribute": "attribute",
    f"{{{XSD}}}group": "group",
    f"{{{XSD}}}attributeGroup": "attributeGroup",
}
_REFERENCES = ("type", "ref", "base", "itemType", "memberTypes", "substitutionGroup")
_DROPPED = tuple(f"{{{XSD}}}{name}" for name in ("key", "keyref", "unique"))
_COMPOSITION = tuple(f"{{{XSD}}}{name}" for name in ("import", "include", "redefine", "override"))


@dataclass(frozen=True, slots=True)
class SchemaDocument:
    """One schema document. `location` is a key that imports and includes are resolved against, never
    opened."""

    location: str
    content: bytes


@dataclass(slots=True)
class PreparedSchemas:
    """Schema documents whose references all resolve, as (namespace, XML text), and what was found."""

    sources: list[tuple[str, str]] = field(default_factory=list)
    broken: dict[Key, str] = field(default_factory=dict)
    repairs: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Document:
    location: str
    root: etree._Element
    namespace: str
    imports: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class _Reference:
    """One name in one attribute of an element inside a schema document."""

    element: etree._Element
    attribute: str
    position: int
    kind: str
    text: str


def prepare(documents: Sequence[SchemaDocument], builtin: Iterable[Key]) -> PreparedSchemas:
    """Resolve, repair and cut. `builtin` are the components that need no document (xs:string, xml:lang)."""
    return _Preparation(builtin).run(documents)


class _Preparation:
    def __init__(self, builtin: Iterable[Key]) -> None:
        self.result = PreparedSchemas()
        self.builtin = frozenset(builtin)
        self.documents: list[_Document] = []
        self.components: dict[Key, tuple[_Document, etree._Element]] = {}
        self.prefixes: dict[str, str] = {}

    def run(self, documents: Sequence[SchemaDocument]) -> PreparedSchemas:
        loaded = list(self._load(documents))
        self.documents = _with_chameleons(loaded, self.result)
        for document in self.documents:
            self._index(document)
        namespaces = sorted({document.namespace for document in self.documents} - {""})
        self.prefixes = {name: f"n{number}" for number, name in enumerate(namespaces)}
        self.prefixes |= {XSD: "xs", XML: "xml"}
        self._cut(self._resolve_all())
        self.result.sources = [(document.namespace, self._text(document)) for document in self.documents]
        return self.result

    # --- reading the documents

    def _load(self, documents: Sequence[SchemaDocument]) -> Iterator[_Document]:
        seen: dict[bytes, str] = {}
        for document in documents:
            root = self._parse(document)
            if root is None:
                continue
            namespace = (root.get("targetNamespace") or "").strip()
            if namespace in (XML, XSD, XSI):
                continue
            same = etree.tostring(root)
            if same in seen:
                continue
            seen[same] = document.location
            yield _Document(document.location, root, namespace)

    def _parse(self, document: SchemaDocument) -> etree._Element | None:
        # A published schema (XML Signature's) begins with a DOCTYPE; its internal entities are harmless, and
        # the parser's amplification limit holds. Nothing external is loaded.
        parser = etree.XMLParser(
            resolve_entities="internal",  # type: ignore[arg-type]
            no_network=True,
            load_dtd=False,
            huge_tree=False,
            remove_pis=True,
        )
        try:
            root = etree.fromstring(document.content, parser=parser)
        except (etree.XMLSyntaxError, ValueError) as error:
            self.result.problems.append(f"{document.location}: not XML: {error}")
            return None
        if root is None or root.tag != _SCHEMA:
            self.result.problems.append(f"{document.location}: not an XML Schema document")
            return None
        if root.getroottree().docinfo.internalDTD is not None:
            text = f"{document.location}: has a document type declaration; only its own entities are used"
            self.result.repairs.append(text)
        return root

    # --- what is declared

    def _index(self, document: _Document) -> None:
        for child in list(document.root):
            kind = _KINDS.get(child.tag) if is_element(child) else None
            if child.tag in _COMPOSITION:
                self._composition(document, child)
                document.root.remove(child)
            elif kind is not None and child.get("name"):
                self._declare(
                    document, child, (kind, _qualified(document.namespace, child.get("name") or ""))
                )
        for dropped in list(document.root.iter(*_DROPPED)):
            parent = dropped.getparent()
            if parent is not None:
                parent.remove(dropped)

    def _declare(self, document: _Document, element: etree._Element, key: Key) -> None:
        if key not in self.components:
            self.components[key] = (document, element)
            return
        first, kept = self.components[key]
        if _shape(kept) != _shape(element):
            what = f"{key[0]} {key[1]} is declared again; the one of {first.location} is used"
            self.result.repairs.append(f"{document.location}: {what}")
        document.root.remove(element)

    def _composition(self, document: _Document, statement: etree._Element) -> None:
        location = (statement.get("schemaLocation") or "").strip()
        target = find(document.location, location, self.documents) if location else None
        if statement.tag == f"{{{XSD}}}import":
            self._import(document, (statement.get("namespace") or "").strip(), location, target)
            return
        if target is None:
            self.result.repairs.append(f"{document.location}: included file {location} is missing; left out")
        elif target.namespace not in ("", document.namespace):
            document.imports.add(target.namespace)
            text = f"{document.location}: includes {location} of another namespace; taken as an import"
            self.result.repairs.append(text)
        if statement.tag != f"{{{XSD}}}include":
            self._redefine(document, statement)

    def _import(self, document: _Document, namespace: str, location: str, target: _Document | None) -> None:
        document.imports.add(namespace)
        known = {other.namespace for other in self.documents}
        if target is not None and target.namespace != namespace:
            document.imports.add(target.namespace)
            text = (
                f"{document.location}: imports {namespace or 'no namespace'} from {location}, "
                f"which declares {target.namespace or 'no namespace'}"
            )
            self.result.repairs.append(text)
        elif location and target is None and namespace in known:
            text = f"{document.location}: {location} is missing; another document declares {namespace}"
            self.result.repairs.append(text)
        elif location and target is None and namespace != XML:
            self.result.repairs.append(f"{document.location}: imported file {location} is missing; left out")

    def _redefine(self, document: _Document, statement: etree._Element) -> None:
        for child in statement:
            kind = _KINDS.get(child.tag) if is_element(child) else None
            if kind is not None and child.get("name"):
                name = _qualified(document.namespace, child.get("name") or "")
                self.result.broken[(kind, name)] = f"{kind} {name} is redefined, which is not supported"

    # --- what refers to what

    def _resolve_all(self) -> dict[Key, set[Key]]:
        """Rewrite every reference to its canonical prefix; what each component needs, by component."""
        needs: dict[Key, set[Key]] = {}
        reported: set[tuple[str, str]] = set()
        for key, (document, component) in self.components.items():
            needs[key] = set()
            for reference in list(_references(component)):
                target = self._resolve(document, reference, reported)
                if isinstance(target, str):
                    self._unresolved(key, reference, target)
                    continue
                self._rewrite(reference, target[1])
                if reference.attribute != "substitutionGroup" or not _has_own_type(component):
                    needs[key].add(target)
        return needs

    def _resolve(
        self, document: _Document, reference: _Reference, reported: set[tuple[str, str]]
    ) -> Key | str:
        prefix, colon, local = reference.text.rpartition(":")
        namespace = reference.element.nsmap.get(prefix if colon else None)
        if colon and namespace is None and prefix != "xml":
            return f"the prefix of {reference.text} is not declared"
        name = _qualified(XML if prefix == "xml" else namespace or "", local)
        key = (reference.kind, name)
        if key in self.components or key in self.builtin:
            self._check_import(document, namespace or "", reported)
            return key
        own = (reference.kind, _qualified(document.namespace, local))
        if not namespace and own in self.components:
            self._repair(document, f"{local} names no namespace; taken as {own[1]}", reported)
            return own
        return f"{reference.kind} {name} is not declared in any document"

    def _unresolved(self, key: Key, reference: _Reference, reason: str) -> None:
        if reference.attribute == "substitutionGroup" and _has_own_type(reference.element):
            del reference.element.attrib["substitutionGroup"]
            self.result.repairs.append(f"element {key[1]}: its substitution group is left out: {reason}")
        else:
            self.result.broken.setdefault(key, reason)

    def _check_import(self, document: _Document, namespace: str, reported: set[tuple[str, str]]) -> None:
        if namespace not in (document.namespace, XSD, XML) and namespace not in document.imports:
            self._repair(document, f"uses {namespace or 'no namespace'} without importing it", reported)

    def _repair(self, document: _Document, text: str, reported: set[tuple[str, str]]) -> None:
        if (document.location, text) not in reported:
            reported.add((document.location, text))
            self.result.repairs.append(f"{document.location}: {text}")

    def _rewrite(self, reference: _Reference, name: str) -> None:
        namespace, local = _split(name)
        prefix = self.prefixes[namespace] + ":" if namespace else ""
        parts = (reference.element.get(reference.attribute) or "").split()
        parts[reference.position] = prefix + local
        reference.element.set(reference.attribute, " ".join(parts))

    def _cut(self, needs: dict[Key, set[Key]]) -> None:
        """Take out the broken components and, again and again, those that need one."""
        needed_by: dict[Key, list[Key]] = {}
        for key, targets in needs.items():
            for target in targets:
                needed_by.setdefault(target, []).append(key)
        waiting = list(self.result.broken)
        while waiting:
            broken = waiting.pop()
            for key in needed_by.get(broken, ()):
                if key not in self.result.broken:
                    self.result.broken[key] = f"needs {broken[0]} {broken[1]}: {self.result.broken[broken]}"
                    waiting.append(key)
        for key, reason in self.result.broken.items():
            self.result.problems.append(f"{key[0]} {key[1]}: {reason}")
            if key in self.components:
                document, element = self.components.pop(key)
                document.root.remove(element)
        self._drop_lost_heads()

    def _drop_lost_heads(self) -> None:
        heads = {self._canonical(key[1]) for key in self.components if key[0] == "element"}
        for _, element in self.components.values():
            if element.get("substitutionGroup") not in (None, *heads):
                del element.attrib["substitutionGroup"]

    def _canonical(self, name: str) -> str:
        namespace, local = _split(name)
        return f"{self.prefixes[namespace]}:{local}" if namespace else local

    # --- what comes out

    def _text(self, document: _Document) -> str:
        nsmap = {prefix: namespace for namespace, prefix in self.prefixes.items() if prefix != "xml"}
        root = etree.Element(_SCHEMA, attrib=None, nsmap=nsmap)
        for name, value in document.root.attrib.items():
            if name != "targetNamespace":
                root.set(name, value)
        if document.namespace:
            root.set("targetNamespace", document.namespace)
        others = {other.namespace for other in self.documents} | {XML}
        for namespace in sorted(others - {document.namespace}):
            statement = etree.SubElement(root, f"{{{XSD}}}import")
            if namespace:
                statement.set("namespace", namespace)
        root.extend(list(document.root))
        etree.cleanup_namespaces(root, keep_ns_prefixes=list(nsmap))
        return etree.tostring(root, encoding="unicode")


def find(base: str, location: str, documents: Sequence[_Document]) -> _Document | None:
    """The document at a location as written in the document `base`; failing that, the only one so called."""
    joined = urljoin(base, location) if "://" in base else posixpath.join(posixpath.dirname(base), location)
    for candidate in (location, joined, joined if "://" in joined else posixpath.normpath(joined)):
        for document in documents:
            if document.location == candidate:
                return document
    name = posixpath.basename(location)
    same_name = [document for document in documents if posixpath.basename(document.location) == name]
    return same_name[0] if len(same_name) == 1 and name else None


def _with_chameleons(documents: list[_Document], result: PreparedSchemas) -> list[_Document]:
    """The documents; those without a namespace that others include take their includer's (§4.2.1)."""
    taken: dict[tuple[int, str], _Document] = {}
    waiting = [document for document in documents if document.namespace]
    while waiting:
        includer = waiting.pop()
        for statement in includer.root.iterchildren(*_COMPOSITION[1:]):
            target = find(includer.location, (statement.get("schemaLocation") or "").strip(), documents)
            if target is None or target.namespace or (id(target), includer.namespace) in taken:
                continue
            copy = _Document(target.location, _chameleon(target.root, includer.namespace), includer.namespace)
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


def _references(component: etree._Element) -> Iterator[_Reference]:
    for element in component.iter(f"{{{XSD}}}*"):
        for attribute in _REFERENCES:
            text = element.get(attribute)
            if text is None:
                continue
            kind = "type"
            if attribute == "ref":
                kind = _KINDS.get(str(element.tag), "element")
            elif attribute == "substitutionGroup":
                kind = "element"
            for position, name in enumerate(text.split()):
                yield _Reference(element, attribute, position, kind, name)


def _shape(element: etree._Element) -> object:
    """What a declaration says, whatever its comments and white space."""
    children = [_shape(child) for child in element if is_element(child)]
    return element.tag, sorted(element.attrib.items()), (element.text or "").strip(), children


def _has_own_type(element: etree._Element) -> bool:
    return element.get("type") is not None or any(
        child.tag in (f"{{{XSD}}}simpleType", f"{{{XSD}}}complexType") for child in element
    )


def _qualified(namespace: str, local: str) -> str:
    return f"{{{namespace}}}{local}" if namespace else local


def _split(name: str) -> tuple[str, str]:
    if name.startswith("{"):
        namespace, _, local = name[1:].partition("}")
        return namespace, local
    return "", name
