"""The codec of an element, and the schema model that hands codecs out.

Source: the typed JSON rules are in docs/mappings/xml.md.
"""

from __future__ import annotations

from collections.abc import Sequence

from lxml import etree

from mappings.contract import JsonSchema, JsonValue
from mappings.xml.decode import DecoderCompiler
from mappings.xml.documents import SchemaDocument
from mappings.xml.encode import EncoderCompiler
from mappings.xml.errors import Refused, UnsupportedSchemaError, mapping_errors
from mappings.xml.json_schema import element_schema
from mappings.xml.model import Definitions, ElementDeclaration
from mappings.xml.namespaces import namespaces_of
from mappings.xml.nodes import line_of
from mappings.xml.read import read_definitions
from mappings.xml.relaxed import mend_names, relax
from mappings.xml.soundness import settle


class ElementCodec:
    """Both directions for one element. Compiled when made; safe to use from several threads.

    `encode` and `decode` raise MappingError with a JSON pointer (`place.path`), a `rule`, and when decoding
    the line of the XML element.
    """

    def __init__(
        self,
        declaration: ElementDeclaration,
        definitions: Definitions,
        encoders: EncoderCompiler,
        decoders: DecoderCompiler,
        *,
        tolerant: bool = False,
    ) -> None:
        self.name = declaration.name
        self._declaration = declaration
        self._definitions = definitions
        self._decode = decoders.element(declaration)
        self._fill = encoders.fill(declaration)
        self._append = encoders.element(declaration)
        self._nsmap = namespaces_of(declaration, definitions)
        self._schema: JsonSchema | None = None
        self._is_tolerant = tolerant

    def encode(self, value: JsonValue) -> etree._Element:
        """A fresh element that carries the value. Raises: MappingError."""
        with mapping_errors():
            if self._fill is not None:
                element = etree.Element(self.name, nsmap=self._nsmap)
                self._fill(element, value)
                return element
            holder = etree.Element("holder")
            self._append(holder, value)
        raw = holder[0]
        holder.remove(raw)
        return raw

    def append_to(self, parent: etree._Element, value: JsonValue) -> None:
        """Append the element to a parent. Raises: MappingError; the parent then holds a part of it."""
        with mapping_errors():
            if self._fill is not None:
                self._fill(etree.SubElement(parent, self.name, nsmap=self._nsmap), value)
            else:
                self._append(parent, value)

    def decode(self, element: etree._Element) -> JsonValue:
        """The typed value of an element; a tolerant codec may change the element. Raises: MappingError."""
        if self._is_tolerant:
            mend_names(element, self._declaration, self._definitions)
        with mapping_errors():
            if element.tag != self.name:
                text = f"element {self.name} expected, found {element.tag}"
                raise Refused(text, "unexpected-element", line=line_of(element))
            return self._decode(element)

    def schema(self) -> JsonSchema:
        """JSON Schema (2020-12) of the value, self-contained. The caller must not change it."""
        if self._schema is None:
            self._schema = element_schema(self._declaration, self._definitions)
        return self._schema


class SchemaModel:
    """Everything that a set of schema documents declares.

    `repairs` tells what was mended while reading, `problems` what could not be used and why.
    """

    def __init__(self, definitions: Definitions, *, tolerant: bool = False) -> None:
        self._definitions = definitions
        self._is_tolerant = tolerant
        self._encoders = EncoderCompiler(definitions)
        self._decoders = DecoderCompiler(definitions)
        self._codecs: dict[ElementDeclaration, ElementCodec] = {}
        self.repairs: tuple[str, ...] = definitions.repairs
        self.problems: tuple[str, ...] = definitions.problems

    @property
    def elements(self) -> tuple[str, ...]:
        """The names of the global elements that have a codec."""
        return tuple(self._definitions.elements)

    @property
    def broken(self) -> dict[str, str]:
        """The global elements that have none, and why."""
        return dict(self._definitions.broken_elements)

    def element_codec(self, name: str) -> ElementCodec:
        """The codec of a global element, `{namespace}local`. Raises: UnsupportedSchemaError."""
        declaration = self._definitions.elements.get(name)
        if declaration is None:
            reason = self._definitions.broken_elements.get(name, "it is not declared")
            raise UnsupportedSchemaError(f"element {name}: {reason}")
        return self._codec(declaration)

    def type_codec(self, name: str, element_name: str) -> ElementCodec:
        """The codec of an element of a named type, as WSDL parts declare them.

        Raises: UnsupportedSchemaError.
        """
        if name not in self._definitions.types or name.startswith("#"):
            reason = self._definitions.broken_types.get(name, "it is not declared")
            raise UnsupportedSchemaError(f"type {name}: {reason}")
        return self._codec(ElementDeclaration(name=element_name, type=name))

    def tolerant(self) -> SchemaModel:
        """The same for messages that break their contract harmlessly (see `relaxed`); schemas say so too."""
        return SchemaModel(relax(self._definitions), tolerant=True)

    def _codec(self, declaration: ElementDeclaration) -> ElementCodec:
        known = self._codecs.get(declaration)
        if known is None:
            known = ElementCodec(
                declaration, self._definitions, self._encoders, self._decoders, tolerant=self._is_tolerant
            )
            self._codecs[declaration] = known
        return known


def read_schemas(documents: Sequence[SchemaDocument]) -> SchemaModel:
    """Read schema documents, mending what can be mended. Never opens a file or a connection, never raises for
    what the documents hold: see `SchemaModel.repairs` and `.problems`."""
    definitions = read_definitions(documents)
    settle(definitions)
    return SchemaModel(definitions)
