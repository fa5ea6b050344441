"""Identity constraints of a schema (xs:key, xs:keyref, xs:unique), checked in one record by libxml2.

What a record has to be is said by the compiled codecs; libxml2 is asked about constraints alone, of records
that the codec has accepted, and only where the schema has any. Its schema is made of the same prepared
documents, without xs:pattern, which it would try in more than linear time, and without xs:ID.

Source: XML Schema 1.0 Part 1, §3.11.4 (Identity-constraint Satisfied).
"""

from __future__ import annotations

from collections.abc import Sequence
from threading import Lock
from typing import Any

from lxml import etree

from mappings.contract import JsonSchema, JsonValue, MappingError, Place
from mappings.xml.codec import ElementCodec
from mappings.xml.documents import Preparation, SchemaDocument
from mappings.xml.library import builtin_components
from mappings.xml.model import XML, XSD

_SCHEMA = f"{{{XSD}}}schema"
_WORDS = (b":key", b":unique", b"<key", b"<unique")
_MANY = 2000
"""Elements of a record from which on errors are told without their lines."""
_DRIVER = "urn:identity-constraints"
_PLAIN = {"xs:ID": "xs:NCName", "xs:IDREF": "xs:NCName", "xs:IDREFS": "xs:NMTOKENS"}
"""Types of the same values for which libxml2 keeps no tables beside the document."""
_XML_ATTRIBUTES = f"""<xs:schema xmlns:xs="{XSD}" targetNamespace="{XML}"><xs:attribute name="lang"/>
<xs:attribute name="space"/><xs:attribute name="base"/><xs:attribute name="id"/></xs:schema>"""


class KeyedCodec:
    """An element's codec that checks the constraints of the element, and of what is inside of it, too."""

    def __init__(self, codec: ElementCodec, schema: etree.XMLSchema) -> None:
        self._codec = codec
        self._schema = schema
        self._lock = Lock()  # a schema of lxml has one list of errors, and a format several streams
        self.name = codec.name

    def encode(self, value: JsonValue) -> etree._Element:
        """A fresh element that carries the value. Raises: MappingError."""
        element = self._codec.encode(value)
        self._check(element, has_lines=False)
        return element

    def append_to(self, parent: etree._Element, value: JsonValue) -> None:
        """Append the element to a parent. Raises: MappingError; the parent then holds it, or a part of it."""
        self._codec.append_to(parent, value)
        self._check(parent[-1], has_lines=False)

    def decode(self, element: etree._Element) -> JsonValue:
        """The typed value of an element. Raises: MappingError."""
        value = self._codec.decode(element)
        self._check(element, has_lines=True)
        return value

    def schema(self) -> JsonSchema:
        """JSON Schema of the value, which cannot say anything about keys."""
        return self._codec.schema()

    def _check(self, element: etree._Element, *, has_lines: bool) -> None:
        with self._lock:
            is_large = element.xpath(f"count(.//*) > {_MANY}") is True
            errors = self._errors_of_large(element) if is_large else self._errors(element)
        has_lines = has_lines and not is_large
        for error in errors:
            if error.type == etree.ErrorTypes.SCHEMAV_CVC_IDC:
                place = Place(line=error.line if has_lines else None)
                message = str(error.message)
                kind = next((word for word in ("keyref", "unique") if f" {word} " in message), "key")
                raise MappingError(message[:300], rule=kind, place=place)

    def _errors(self, element: etree._Element) -> list[Any]:
        if self._schema.validate(element):
            return []
        return [*self._schema.error_log]  # type: ignore[misc]  # not in the stubs

    def _errors_of_large(self, element: etree._Element) -> list[Any]:
        """For an error in a tree lxml counts the elements before it; while parsing there is no tree yet."""
        parser = etree.XMLParser(schema=self._schema, resolve_entities=False, no_network=True, huge_tree=True)
        try:
            etree.fromstring(etree.tostring(element, with_tail=False), parser)
        except etree.XMLSyntaxError:
            return [*parser.error_log]
        return []


def has_constraints(documents: Sequence[SchemaDocument]) -> bool:
    """True where any of the documents can have one."""
    return any(word in each.content for each in documents for word in _WORDS)


def keyed(codec: ElementCodec, documents: Sequence[SchemaDocument]) -> KeyedCodec:
    """The codec with its constraints. Raises: ValueError where libxml2 takes the schema for none."""
    preparation = Preparation(documents, builtin_components())
    preparation.restore_constraints()
    try:
        return KeyedCodec(codec, etree.XMLSchema(_combined(preparation.sources())))
    except etree.XMLSchemaParseError as error:
        raise ValueError(str(error)[:300]) from None


def _combined(sources: Sequence[tuple[str, str]]) -> etree._Element:
    """One schema document that imports all others, of which there is one for each namespace."""
    contents: dict[str, bytes] = {}
    by_namespace: dict[str, list[str]] = {}
    if all(namespace != XML for namespace, _ in sources):
        sources = [(XML, _XML_ATTRIBUTES), *sources]
    for number, (namespace, text) in enumerate(sources):
        name = f"{_DRIVER}/{number}.xsd"
        contents[name] = _for_constraints(text)
        by_namespace.setdefault(namespace, []).append(name)
    root = etree.Element(_SCHEMA, nsmap={"xs": XSD}, targetNamespace=_DRIVER)
    for number, (namespace, names) in enumerate(by_namespace.items()):
        name = f"{_DRIVER}/all-{number}.xsd"
        whole = etree.Element(_SCHEMA, nsmap={"xs": XSD})
        statement = etree.SubElement(root, f"{{{XSD}}}import", schemaLocation=name)
        if namespace:
            whole.set("targetNamespace", namespace)
            statement.set("namespace", namespace)
        for each in names:
            etree.SubElement(whole, f"{{{XSD}}}include", schemaLocation=each)
        contents[name] = etree.tostring(whole)
    parser = etree.XMLParser(no_network=True, load_dtd=False, resolve_entities=False)
    parser.resolvers.add(_Contents(contents))
    return etree.fromstring(etree.tostring(root), parser, base_url=f"{_DRIVER}/driver.xsd")


def _for_constraints(text: str) -> bytes:
    root = etree.fromstring(text)
    for pattern in list(root.iter(f"{{{XSD}}}pattern")):
        parent = pattern.getparent()
        assert parent is not None
        parent.remove(pattern)
    for element in root.iter(f"{{{XSD}}}*"):
        for name in ("type", "base", "itemType", "memberTypes"):
            words = (element.get(name) or "").split()
            if not _PLAIN.keys().isdisjoint(words):
                element.set(name, " ".join(_PLAIN.get(word, word) for word in words))
    return etree.tostring(root)


class _Contents(etree.Resolver):
    """Gives the documents that there are, and nothing else."""

    def __init__(self, contents: dict[str, bytes]) -> None:
        super().__init__()
        self._contents = contents

    def resolve(  # type: ignore[override]  # the stubs lack the context
        self, system_url: str, public_id: str | None, context: object
    ) -> object:
        """Source: lxml, document loading and URL resolving."""
        text = self._contents.get(system_url, b"")
        return self.resolve_string(text, context, base_url=system_url)
