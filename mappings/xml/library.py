"""Having the xmlschema library build its components from prepared documents.

The library is used leniently (`lax`), since peers' schemas break rules (unique particle attribution, invalid
defaults) that do not keep their messages from being read. It still fails on schemas that are malformed; then
the declarations it found fault with are cut, and it is asked again.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import xmlschema

from mappings.xml.documents import KINDS, Key, Preparation, qualified
from mappings.xml.model import ANY_TYPE, XML, XSD

HALF_BUILT = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
)
"""What touching a component raises when the library, being lenient, has left it half built."""

_XML_ATTRIBUTES = frozenset(("attribute", f"{{{XML}}}{name}") for name in ("lang", "space", "base", "id"))
_SKELETON = f'<xs:schema xmlns:xs="{XSD}"/>'


def builtin_components() -> set[Key]:
    """The components that need no document: the types of XML Schema and the attributes of the XML
    namespace."""
    names = xmlschema.XMLSchema10.builtin_types()
    types = {("type", f"{{{XSD}}}{name.rpartition('}')[2]}") for name in names}
    # .NET describes a DataSet as the schema itself (<s:element ref="s:schema"/>) followed by its data.
    return types | _XML_ATTRIBUTES | {("element", f"{{{XSD}}}schema"), ("type", ANY_TYPE)}


def build(preparation: Preparation) -> Any:
    """The library's global maps; None when it can make nothing of the documents. Cuts what stands in the
    way."""
    for attempt in ("as they are", "without the declarations at fault"):
        schemas: list[Any] = []
        try:
            maps = _build(preparation, schemas)
        except (xmlschema.XMLSchemaException, *HALF_BUILT) as error:
            reason = f"malformed schema: {type(error).__name__}: {error}"
            if attempt == "as they are":
                preparation.cut(dict.fromkeys(_at_fault(schemas), reason))
            else:
                preparation.cut(dict.fromkeys(preparation.components, reason))
            continue
        messages = (f"breaks a rule of XML Schema: {error.message}" for error in maps.all_errors)
        preparation.result.problems.extend(dict.fromkeys(messages))
        return maps
    return None


def _build(preparation: Preparation, schemas: list[Any]) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        first = xmlschema.XMLSchema10(
            _SKELETON, validation="lax", build=False, use_fallback=False, allow="none", defuse="never"
        )
        for namespace, text in preparation.sources():
            schemas.append(first.add_schema(text, namespace=namespace or None))
        first.maps.build()
    return first.maps


def _at_fault(schemas: list[Any]) -> Iterator[Key]:
    """The global declarations that hold something the library complained of."""
    for schema in schemas:
        faulty = {id(error.elem) for error in _errors(schema) if error.elem is not None}
        for child in schema.source.root:
            kind = KINDS.get(child.tag) if isinstance(child.tag, str) else None
            if kind is not None and any(id(element) in faulty for element in child.iter()):
                yield kind, qualified(schema.target_namespace, child.get("name", ""))


def _errors(schema: Any) -> list[Any]:
    try:
        return list(schema.all_errors)
    except HALF_BUILT:
        # Walking the components failed; what was found while reading the document is there.
        return list(schema.errors)
