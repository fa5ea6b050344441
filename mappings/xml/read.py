"""Reading schema documents into the neutral model with the xmlschema library.

`documents.Preparation` has resolved every reference beforehand, so the library never looks anything up. It
brings what is laborious: derivation by extension and restriction, groups, attribute groups, facets and
substitution groups.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Literal, cast

from xmlschema.validators import XsdAnyAttribute, XsdAnyElement, XsdElement, XsdGroup, XsdList, XsdUnion

from mappings.xml.documents import Preparation, SchemaDocument
from mappings.xml.errors import UnsupportedSchemaError
from mappings.xml.library import HALF_BUILT, build, builtin_components
from mappings.xml.model import (
    ANY_TYPE,
    XSD,
    AnyParticle,
    AnyType,
    AtomicType,
    Attribute,
    ComplexType,
    Definitions,
    ElementDeclaration,
    ElementParticle,
    Facets,
    GroupParticle,
    ListType,
    Particle,
    PatternStep,
    SimpleType,
    Type,
    UnionType,
    Wildcard,
)

MAX_PARTICLES = 20_000
"""Particles of one content model, groups expanded: what a schema can blow up to by nested groups."""


def read_definitions(documents: Sequence[SchemaDocument]) -> Definitions:
    """All types and elements of the documents, repaired as far as they can be. Raises nothing of theirs."""
    preparation = Preparation(documents, builtin_components())
    maps = build(preparation)
    definitions = Definitions()
    for (kind, name), reason in preparation.result.broken.items():
        if kind == "type":
            definitions.broken_types[name] = reason
        elif kind == "element":
            definitions.broken_elements[name] = reason
    if maps is not None:
        _Reader(maps, definitions).read()
    definitions.repairs = tuple(preparation.result.repairs)
    definitions.problems = tuple(preparation.result.problems)
    return definitions


class _Reader:
    """Translates the library's components, each once."""

    def __init__(self, maps: Any, definitions: Definitions) -> None:
        self.maps = maps
        self.definitions = definitions
        self.keys: dict[int, str] = {}
        self.simple: dict[int, SimpleType] = {}
        self.particles = 0
        self.kept_alive: list[Any] = []
        self.replaced = {
            id(error.elem): f"breaks a rule of XML Schema: {error.message}"
            for error in maps.all_errors
            if error.elem is not None and _REPLACED.match(str(error.message))
        }

    def read(self) -> None:
        for name, xsd_type in list(self.maps.types.items()):
            if xsd_type.is_simple() or not _is_of_schema_itself(name):
                self._type_key(xsd_type)
        self._type_key(self.maps.types[ANY_TYPE])
        for name, element in list(self.maps.elements.items()):
            if _is_of_schema_itself(name):
                continue
            try:
                self.definitions.elements[name] = self._declaration(element)
            except UnsupportedSchemaError as error:
                self.definitions.broken_elements[name] = error.reason
            except HALF_BUILT as error:
                self.definitions.broken_elements[name] = f"malformed schema: {error}"
        self._find_derived()

    def _insist_on_what_it_says(self, component: Any) -> None:
        """Raises: UnsupportedSchemaError where the library has put something else for what it says."""
        for one in (component, getattr(component, "ref", None)):
            reason = None if one is None else self.replaced.get(id(one.elem))
            if reason is not None:
                raise UnsupportedSchemaError(reason)

    def _find_derived(self) -> None:
        derived: dict[str, list[str]] = {}
        for name, kind in self.definitions.types.items():
            base = kind.base if isinstance(kind, ComplexType) and kind.name == name else None
            seen = {name}
            while base is not None and base not in seen:
                seen.add(base)
                derived.setdefault(base, []).append(name)
                parent = self.definitions.types.get(base)
                base = parent.base if isinstance(parent, ComplexType) else None
        self.definitions.derived = {base: tuple(names) for base, names in derived.items()}

    # --- types

    def _type_key(self, xsd_type: Any) -> str:
        """The key of a type in the model, read now if it was not yet."""
        if id(xsd_type) in self.keys:
            return self.keys[id(xsd_type)]
        self.kept_alive.append(xsd_type)
        name = xsd_type.name
        key = name if name and xsd_type.parent is None else f"#{len(self.keys)}"
        owner = xsd_type.parent
        if owner is not None and owner.name == f"{{{XSD}}}schema":
            key = ANY_TYPE
        self.keys[id(xsd_type)] = key
        outer, self.particles = self.particles, 0
        try:
            self.definitions.types[key] = self._type(xsd_type, key)
        except UnsupportedSchemaError as error:
            self.definitions.broken_types[key] = error.reason
        except HALF_BUILT as error:
            self.definitions.broken_types[key] = f"malformed schema: {error}"
        self.particles = outer
        return key

    def _type(self, xsd_type: Any, key: str) -> Type:
        if key == ANY_TYPE or (xsd_type.is_complex() and _is_of_schema_itself(key)):
            return AnyType()
        if xsd_type.is_simple():
            return self._simple(xsd_type)
        self._insist_on_what_it_says(xsd_type)
        name = None if key.startswith("#") else key
        base = getattr(xsd_type, "base_type", None)
        base_key = base.name if base is not None and base.is_complex() and base.name != ANY_TYPE else None
        shared: dict[str, Any] = {
            "name": name,
            "attributes": tuple(self._attributes(xsd_type)),
            "any_attribute": _wildcard(xsd_type.attributes.get(None)),
            "abstract": bool(xsd_type.abstract),
            "base": base_key,
            "derivation": xsd_type.derivation,
            "block": frozenset(xsd_type.block.split()),
            "documentation": _documentation(xsd_type),
        }
        if xsd_type.has_simple_content():
            return ComplexType(text=self._simple(xsd_type.content), **shared)
        content = self._group(xsd_type.content, 0)
        mixed = bool(xsd_type.mixed)
        return ComplexType(content=content, mixed=mixed, is_empty=not mixed and _is_empty(xsd_type), **shared)

    def _attributes(self, xsd_type: Any) -> list[Attribute]:
        found = []
        for name, attribute in xsd_type.attributes.items():
            if name is None or isinstance(attribute, XsdAnyAttribute) or attribute.use == "prohibited":
                continue
            found.append(
                Attribute(
                    name=attribute.name,
                    type=self._simple(attribute.type),
                    required=attribute.use == "required",
                    default=attribute.default,
                    fixed=attribute.fixed,
                    documentation=_documentation(attribute),
                )
            )
        return found

    def _simple(self, xsd_type: Any) -> SimpleType:
        known = self.simple.get(id(xsd_type))
        if known is None:
            self.kept_alive.append(xsd_type)
            known = self.simple[id(xsd_type)] = self._read_simple(xsd_type)
        return known

    def _read_simple(self, xsd_type: Any) -> SimpleType:
        name = xsd_type.name if xsd_type.parent is None else None
        documentation = _documentation(xsd_type)
        base, chain = _chain(xsd_type)
        facets = _facets(xsd_type, chain)
        if isinstance(base, XsdList):
            return ListType(name, self._simple(base.item_type), facets, documentation)
        if isinstance(base, XsdUnion):
            members = tuple(self._simple(member) for member in base.member_types)
            return UnionType(name, members, facets, documentation)
        if base.name is None or not base.name.startswith(f"{{{XSD}}}"):
            raise UnsupportedSchemaError(f"simple type {xsd_type.name or '(anonymous)'} has no built-in base")
        return AtomicType(name, base.name.rpartition("}")[2], facets, documentation)

    # --- content models

    def _group(self, group: Any, depth: int) -> GroupParticle:
        if depth > 64:
            raise UnsupportedSchemaError("its groups are nested deeper than 64 levels or contain themselves")
        particles: list[Particle] = []
        for particle in group:
            self.particles += 1
            if self.particles > MAX_PARTICLES:
                raise UnsupportedSchemaError(f"its content model has more than {MAX_PARTICLES} particles")
            if particle.max_occurs != 0:
                particles.append(self._particle(particle, depth))
        kind = cast(Literal["sequence", "choice", "all"], group.model or "sequence")
        return GroupParticle(kind, tuple(particles), group.min_occurs, group.max_occurs)

    def _particle(self, particle: Any, depth: int) -> Particle:
        self._insist_on_what_it_says(particle)
        if isinstance(particle, XsdElement):
            declaration = self._declaration(particle)
            return ElementParticle(declaration, particle.min_occurs, particle.max_occurs)
        if isinstance(particle, XsdAnyElement):
            wildcard = _wildcard(particle) or Wildcard()
            return AnyParticle(wildcard, particle.min_occurs, particle.max_occurs)
        if isinstance(particle, XsdGroup):
            return self._group(particle, depth + 1)
        raise UnsupportedSchemaError(f"a content model holds {type(particle).__name__}")

    def _declaration(self, element: Any) -> ElementDeclaration:
        if not element.name:
            raise UnsupportedSchemaError("an element has no name")
        self._insist_on_what_it_says(element)
        is_global = element.ref is not None or element.parent is None
        return ElementDeclaration(
            name=element.name,
            type=self._type_key(element.type),
            nillable=bool(element.nillable),
            abstract=bool(element.abstract),
            default=element.default,
            fixed=element.fixed,
            documentation=_documentation(element) or (_documentation(element.ref) if element.ref else ""),
            substitutes=tuple(self._substitutes(element.ref or element)) if is_global else (),
            block=frozenset((element.ref or element).block.split()),
        )

    def _substitutes(self, element: Any) -> list[str]:
        """The names of the elements that may stand for a global one. Source: Part 1, §3.3.6."""
        found: list[str] = []
        head: str = element.name
        waiting = [head]
        while waiting:
            members = self.maps.substitution_groups.get(waiting.pop(), ())
            for name in sorted(member.name for member in members):
                if name not in found and name != head:
                    found.append(name)
                    waiting.append(name)
        return [name for name in found if not _is_blocked(self.maps.elements[name].type, element)]


_REPLACED = re.compile(
    r"Unexpected child with tag '(?!(?:[^':]*:)?annotation')|maxOccurs must|minOccurs value"
)
"""How errors begin after which the library goes on with something that lets in more than was said: any
content, any number, a type without its alternatives."""


def _is_empty(xsd_type: Any) -> bool:
    """True where not even white space may be inside. Source: Part 1, §3.4.2, the mapping of content types."""
    group = xsd_type.content
    return group.max_occurs == 0 or (not len(group) and (group.model != "choice" or group.min_occurs == 0))


def _is_blocked(xsd_type: Any, head: Any) -> bool:
    """True where the type derives from that of the head in a way that the head, or its type, blocks."""
    blocked = {*head.block.split(), *getattr(head.type, "block", "").split()}
    current = xsd_type
    while blocked and current is not None and current is not head.type:
        if current.derivation in blocked:
            return True
        current = current.base_type
    return False


def _is_of_schema_itself(name: str) -> bool:
    """True for what makes up schema documents, which messages do not hold (but xs:schema, kept raw)."""
    return name.startswith(f"{{{XSD}}}")


def _is_builtin_atom(xsd_type: Any) -> bool:
    # xs:NMTOKENS and the like restrict a list.
    name = xsd_type.name
    return bool(
        xsd_type.parent is None and name and _is_of_schema_itself(name) and xsd_type.variety != "list"
    )


def _chain(xsd_type: Any) -> tuple[Any, list[Any]]:
    """The built-in, list or union that a simple type restricts, and the restrictions, most derived first."""
    chain = []
    current = xsd_type
    while not isinstance(current, XsdList | XsdUnion) and not _is_builtin_atom(current):
        chain.append(current)
        base = current.base_type
        if base is not None and not base.is_simple():
            base = base.content if base.has_simple_content() else None
        if base is None or len(chain) > 64:
            break
        current = base
    return current, chain


def _facets(xsd_type: Any, chain: list[Any]) -> Facets:
    """The facets of all restriction steps; of each kind the most derived one, of patterns all."""
    found: dict[str, Any] = {}
    patterns: list[PatternStep] = []
    for step in chain:
        for tag, facet in (step.facets or {}).items():
            name = tag.rpartition("}")[2] if isinstance(tag, str) else ""
            if name == "pattern":
                patterns.append(_pattern_step(facet))
            elif name == "enumeration":
                found.setdefault(name, tuple(item.get("value", "") for item in facet))
            elif name:
                found.setdefault(name, facet.elem.get("value"))
    length = found.get("length")
    return Facets(
        patterns=tuple(patterns),
        enumeration=found.get("enumeration"),
        min_inclusive=found.get("minInclusive"),
        max_inclusive=found.get("maxInclusive"),
        min_exclusive=found.get("minExclusive"),
        max_exclusive=found.get("maxExclusive"),
        min_length=_number(length if length is not None else found.get("minLength")),
        max_length=_number(length if length is not None else found.get("maxLength")),
        total_digits=_number(found.get("totalDigits")),
        fraction_digits=_number(found.get("fractionDigits")),
        white_space=xsd_type.white_space or "collapse",
    )


def _number(text: str | None) -> int | None:
    return int(text) if text is not None else None


def _pattern_step(facet: Any) -> PatternStep:
    sources = tuple(item.get("value", "") for item in facet)
    return PatternStep(sources, tuple(pattern.pattern for pattern in facet.patterns))


def _wildcard(wildcard: Any) -> Wildcard | None:
    if wildcard is None:
        return None
    words = set(wildcard.namespace)
    target = wildcard.target_namespace or ""
    if "##any" in words:
        return Wildcard()
    if "##other" in words:
        return Wildcard(None, frozenset({target, ""}))
    names = {"##local": "", "##targetNamespace": target}
    return Wildcard(frozenset(names.get(word, word) for word in words))


def _documentation(component: Any) -> str:
    annotation = getattr(component, "annotation", None)
    if annotation is None:
        return ""
    texts = [" ".join("".join(item.itertext()).split()) for item in annotation.documentation]
    return "\n".join(text for text in texts if text)
