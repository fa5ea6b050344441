"""Making a set of schema documents consistent before it is read.

Real contracts are sloppy: imports are missing or name the wrong namespace, files are absent, the same type is
declared twice. Here every reference between components is resolved among the documents given, what can be
repaired is repaired and reported, and components that cannot be completed are taken out with their reason,
together with all that needs them. What comes out resolves completely and has no location left to look up.

Source: XML Schema 1.0 Part 1, §4.2 (layer 2: schema documents, namespaces and composition).
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from lxml import etree

from mappings.xml.atoms import NCNAME
from mappings.xml.locations import COMPOSITION, LoadedDocument, find, with_chameleons
from mappings.xml.model import XML, XSD, XSI
from mappings.xml.nodes import is_element

Key = tuple[str, str]
"""A global component: its symbol space (`type`, `element`, `attribute`, `group`, `attributeGroup`) and
name."""

_SCHEMA = f"{{{XSD}}}schema"
KINDS = {
    f"{{{XSD}}}simpleType": "type",
    f"{{{XSD}}}complexType": "type",
    f"{{{XSD}}}element": "element",
    f"{{{XSD}}}attribute": "attribute",
    f"{{{XSD}}}group": "group",
    f"{{{XSD}}}attributeGroup": "attributeGroup",
}
_REFERENCES = ("type", "ref", "base", "itemType", "memberTypes", "substitutionGroup")
CONSTRAINTS = tuple(f"{{{XSD}}}{name}" for name in ("key", "keyref", "unique"))
_NAME = re.compile(NCNAME)


_PREFIXED = re.compile(r"(?<![\w.\-])([\w.\-]++):(?!:)")
"""A prefix in an XPath; of an axis two colons follow."""
_Constraint: TypeAlias = tuple[LoadedDocument, etree._Element, etree._Element, dict[str | None, str]]
"""An identity constraint that was taken out: of which document and element, and the prefixes in its scope."""


@dataclass(frozen=True, slots=True)
class SchemaDocument:
    """One schema document. `location` is a key that imports and includes are resolved against, never
    opened."""

    location: str
    content: bytes


@dataclass(slots=True)
class PreparedSchemas:
    """What was found in a set of schema documents; `broken` says of components why they are left out."""

    broken: dict[Key, str] = field(default_factory=dict)
    repairs: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Reference:
    """One name in one attribute of an element inside a schema document."""

    element: etree._Element
    attribute: str
    position: int
    kind: str
    text: str


class Preparation:
    """Resolves, repairs and cuts. `builtin` are the components that need no document (xs:string,
    xml:lang)."""

    def __init__(self, documents: Sequence[SchemaDocument], builtin: Iterable[Key]) -> None:
        self.result = PreparedSchemas()
        self.components: dict[Key, tuple[LoadedDocument, etree._Element]] = {}
        self._builtin = frozenset(builtin)
        self._constraints: list[_Constraint] = []
        self._documents = with_chameleons(list(self._load(documents)))
        for document in self._documents:
            self._index(document)
        namespaces = sorted({document.namespace for document in self._documents} - {""})
        self._prefixes = {name: f"n{number}" for number, name in enumerate(namespaces)}
        self._prefixes |= {XSD: "xs", XML: "xml"}
        self._needs = self._resolve_all()
        self.cut(self.result.broken)

    def sources(self) -> list[tuple[str, str]]:
        """The documents as they are now, as (namespace, XML text)."""
        return [(document.namespace, self._text(document)) for document in self._documents]

    def restore_constraints(self) -> None:
        """Put back the identity constraints, which nothing else needs, with canonical prefixes."""
        for document, parent, constraint, prefixes in self._constraints:
            for element in constraint.iter(f"{{{XSD}}}*"):
                for attribute in ("xpath", "refer"):
                    text = element.get(attribute)
                    if text is not None:
                        element.set(attribute, _PREFIXED.sub(self._canonical_prefix(prefixes), text))
            refer = constraint.get("refer")
            if refer is not None and ":" not in refer and document.namespace and None not in prefixes:
                constraint.set("refer", f"{self._prefixes[document.namespace]}:{refer}")
            elif refer is not None and ":" not in refer and prefixes.get(None):
                constraint.set("refer", f"{self._prefixes.get(prefixes[None], '')}:{refer}".lstrip(":"))
            parent.append(constraint)
        self._constraints.clear()

    def _canonical_prefix(self, prefixes: dict[str | None, str]) -> Callable[[re.Match[str]], str]:
        def replace(found: re.Match[str]) -> str:
            prefix = self._prefixes.get(prefixes.get(found[1], ""))
            return found[0] if prefix is None else f"{prefix}:"

        return replace

    # --- reading the documents

    def _load(self, documents: Sequence[SchemaDocument]) -> Iterator[LoadedDocument]:
        seen: dict[bytes, str] = {}
        for document in documents:
            root = self._parse(document)
            if root is None:
                continue
            namespace = (root.get("targetNamespace") or "").strip()
            if namespace in (XML, XSD, XSI):
                continue
            if namespace and not _is_namespace(namespace):
                self.result.problems.append(f"{document.location}: its target namespace is not a URI")
                continue
            same = etree.tostring(root)
            if same in seen:
                continue
            seen[same] = document.location
            yield LoadedDocument(document.location, root, namespace)

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

    def _index(self, document: LoadedDocument) -> None:
        for child in list(document.root):
            kind = KINDS.get(child.tag) if is_element(child) else None
            if child.tag in COMPOSITION:
                self._composition(document, child)
                document.root.remove(child)
            elif kind is not None and _NAME.fullmatch(child.get("name") or ""):
                self._declare(document, child, (kind, qualified(document.namespace, child.get("name") or "")))
            elif kind is not None:
                self.result.problems.append(f"{document.location}: a global {kind} without a valid name")
                document.root.remove(child)
        for constraint in list(document.root.iter(*CONSTRAINTS)):
            parent = constraint.getparent()
            if parent is not None:
                self._constraints.append((document, parent, constraint, constraint.nsmap))
                parent.remove(constraint)

    def _declare(self, document: LoadedDocument, element: etree._Element, key: Key) -> None:
        if key not in self.components:
            self.components[key] = (document, element)
            return
        first, kept = self.components[key]
        if _shape(kept) != _shape(element):
            what = f"{key[0]} {key[1]} is declared again; the one of {first.location} is used"
            self.result.repairs.append(f"{document.location}: {what}")
        document.root.remove(element)

    def _composition(self, document: LoadedDocument, statement: etree._Element) -> None:
        location = (statement.get("schemaLocation") or "").strip()
        target = find(document.location, location, self._documents) if location else None
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

    def _import(
        self, document: LoadedDocument, namespace: str, location: str, target: LoadedDocument | None
    ) -> None:
        document.imports.add(namespace)
        known = {other.namespace for other in self._documents}
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

    def _redefine(self, document: LoadedDocument, statement: etree._Element) -> None:
        for child in statement:
            kind = KINDS.get(child.tag) if is_element(child) else None
            if kind is not None and child.get("name"):
                name = qualified(document.namespace, child.get("name") or "")
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
        self, document: LoadedDocument, reference: _Reference, reported: set[tuple[str, str]]
    ) -> Key | str:
        prefix, colon, local = reference.text.rpartition(":")
        namespace = reference.element.nsmap.get(prefix if colon else None)
        if colon and namespace is None and prefix != "xml":
            return f"the prefix of {reference.text} is not declared"
        name = qualified(XML if prefix == "xml" else namespace or "", local)
        key = (reference.kind, name)
        if key in self.components or key in self._builtin:
            self._check_import(document, namespace or "", reported)
            return key
        own = (reference.kind, qualified(document.namespace, local))
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

    def _check_import(self, document: LoadedDocument, namespace: str, reported: set[tuple[str, str]]) -> None:
        if namespace not in (document.namespace, XSD, XML) and namespace not in document.imports:
            self._repair(document, f"uses {namespace or 'no namespace'} without importing it", reported)

    def _repair(self, document: LoadedDocument, text: str, reported: set[tuple[str, str]]) -> None:
        if (document.location, text) not in reported:
            reported.add((document.location, text))
            self.result.repairs.append(f"{document.location}: {text}")

    def _rewrite(self, reference: _Reference, name: str) -> None:
        namespace, local = _split(name)
        prefix = self._prefixes[namespace] + ":" if namespace else ""
        parts = (reference.element.get(reference.attribute) or "").split()
        parts[reference.position] = prefix + local
        reference.element.set(reference.attribute, " ".join(parts))

    def cut(self, reasons: Mapping[Key, str]) -> None:
        """Take out these components and, again and again, those that need one."""
        broken = dict(reasons)
        needed_by: dict[Key, list[Key]] = {}
        for key, targets in self._needs.items():
            for target in targets:
                needed_by.setdefault(target, []).append(key)
        waiting = list(broken)
        while waiting:
            cause = waiting.pop()
            for key in needed_by.get(cause, ()):
                if key not in broken and key not in self.result.broken:
                    broken[key] = f"needs {cause[0]} {cause[1]}: {broken[cause]}"
                    waiting.append(key)
        for key, reason in broken.items():
            self.result.problems.append(f"{key[0]} {key[1]}: {reason}")
            if key in self.components:
                document, element = self.components.pop(key)
                document.root.remove(element)
        self.result.broken |= broken
        self._drop_lost_heads()

    def _drop_lost_heads(self) -> None:
        heads = {self._canonical(key[1]) for key in self.components if key[0] == "element"}
        for _, element in self.components.values():
            if element.get("substitutionGroup") not in (None, *heads):
                del element.attrib["substitutionGroup"]

    def _canonical(self, name: str) -> str:
        namespace, local = _split(name)
        return f"{self._prefixes[namespace]}:{local}" if namespace else local

    # --- what comes out

    def _text(self, document: LoadedDocument) -> str:
        nsmap = {prefix: namespace for namespace, prefix in self._prefixes.items() if prefix != "xml"}
        root = etree.Element(_SCHEMA, attrib=None, nsmap=nsmap)
        for name, value in document.root.attrib.items():
            if name != "targetNamespace":
                root.set(name, value)
        if document.namespace:
            root.set("targetNamespace", document.namespace)
        others = {other.namespace for other in self._documents} | {XML}
        for namespace in sorted(others - {document.namespace}):
            statement = etree.SubElement(root, f"{{{XSD}}}import")
            if namespace:
                statement.set("namespace", namespace)
        root.extend(copy.deepcopy(child) for child in document.root)
        etree.cleanup_namespaces(root, keep_ns_prefixes=list(nsmap))
        return etree.tostring(root, encoding="unicode")


def _references(component: etree._Element) -> Iterator[_Reference]:
    for element in component.iter(f"{{{XSD}}}*"):
        for attribute in _REFERENCES:
            text = element.get(attribute)
            if text is None:
                continue
            kind = "type"
            if attribute == "ref":
                kind = KINDS.get(str(element.tag), "element")
            elif attribute == "substitutionGroup":
                kind = "element"
            for position, name in enumerate(text.split()):
                yield _Reference(element, attribute, position, kind, name)


def _shape(element: etree._Element) -> object:
    """What a declaration says, whatever its comments and white space."""
    children = [_shape(child) for child in element if is_element(child)]
    return element.tag, sorted(element.attrib.items()), (element.text or "").strip(), children


def _is_namespace(text: str) -> bool:
    try:
        etree.QName(text, "x")
    except ValueError:
        return False
    return "{" not in text and "}" not in text


def _has_own_type(element: etree._Element) -> bool:
    return element.get("type") is not None or any(
        child.tag in (f"{{{XSD}}}simpleType", f"{{{XSD}}}complexType") for child in element
    )


def qualified(namespace: str, local: str) -> str:
    return f"{{{namespace}}}{local}" if namespace else local


def _split(name: str) -> tuple[str, str]:
    if name.startswith("{"):
        namespace, _, local = name[1:].partition("}")
        return namespace, local
    return "", name
