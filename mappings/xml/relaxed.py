"""Definitions for messages that break their contract in harmless ways.

Some contracts are stricter than the peers that publish them: these leave out what is required and accept
its absence, send xsi:nil where it is not allowed, break their own facets, or put elements into the wrong
namespace (elementFormDefault misunderstood). Relaxed definitions let all elements and attributes be absent
and all elements be nil, and have no facets, and mixed content be any; `mend_names` corrects namespaces. What
is not declared at all, and values that are not of their type, stay errors: nothing is dropped, nothing
altered.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from lxml import etree

from mappings.xml.model import (
    AnyParticle,
    AtomicType,
    ComplexType,
    Definitions,
    ElementDeclaration,
    ElementParticle,
    Facets,
    GroupParticle,
    ListType,
    Particle,
    SimpleType,
    Type,
    UnionType,
    Wildcard,
    local_name,
)


def relax(definitions: Definitions) -> Definitions:
    """The same definitions without what a reader can do without. The originals are not changed."""
    return Definitions(
        types={key: _type(kind) for key, kind in definitions.types.items()},
        elements={name: _element(element) for name, element in definitions.elements.items()},
        derived=dict(definitions.derived),
        broken_types=dict(definitions.broken_types),
        broken_elements=dict(definitions.broken_elements),
        repairs=definitions.repairs,
        problems=definitions.problems,
    )


def mend_names(element: etree._Element, declaration: ElementDeclaration, definitions: Definitions) -> None:
    """Give elements the namespace that their declaration has, where the local name leaves no doubt.

    Changes `element` in place. Elements that are declared as they are, those of which several are declared
    with the local name, and those beside a wildcard or below xsi:type are left alone.
    """
    if element.tag != declaration.name and local_name(str(element.tag)) == local_name(declaration.name):
        element.tag = declaration.name
    waiting = [(element, declaration)]
    while waiting:
        parent, parent_declaration = waiting.pop()
        kind = definitions.types.get(parent_declaration.type)
        if not isinstance(kind, ComplexType) or kind.content is None or kind.mixed:
            continue
        declared: dict[str, ElementDeclaration] = {}
        by_local: dict[str, list[ElementDeclaration]] = {}
        for child in _inside(kind.content, definitions):
            if declared.setdefault(child.name, child) is child:
                by_local.setdefault(local_name(child.name), []).append(child)
        has_wildcard = _has_wildcard(kind.content)
        for found in parent.iterchildren(etree.Element):
            name = str(found.tag)
            candidates = by_local.get(local_name(name), [])
            if name not in declared and len(candidates) == 1 and not has_wildcard:
                found.tag = name = candidates[0].name
            if name in declared:
                waiting.append((found, declared[name]))


def _inside(particle: Particle, definitions: Definitions) -> Iterator[ElementDeclaration]:
    match particle:
        case ElementParticle():
            yield particle.element
            for name in particle.element.substitutes:
                if name in definitions.elements:
                    yield definitions.elements[name]
        case GroupParticle():
            for inner in particle.particles:
                yield from _inside(inner, definitions)
        case AnyParticle():
            return


def _has_wildcard(particle: Particle) -> bool:
    if isinstance(particle, GroupParticle):
        return any(map(_has_wildcard, particle.particles))
    return isinstance(particle, AnyParticle)


def _type(kind: Type) -> Type:
    match kind:
        case AtomicType() | ListType() | UnionType():
            return _simple(kind)
        case ComplexType():
            content = _particle(kind.content) if kind.content is not None else None
            if kind.mixed:
                content = GroupParticle("sequence", (AnyParticle(Wildcard(), 0, None),))
            assert content is None or isinstance(content, GroupParticle)
            return replace(
                kind,
                content=content,
                text=_simple(kind.text) if kind.text is not None else None,
                block=frozenset(),
                is_empty=False,
                attributes=tuple(
                    replace(item, type=_simple(item.type), required=False, fixed=None)
                    for item in kind.attributes
                ),
            )
    return kind


def _simple(kind: SimpleType) -> SimpleType:
    facets = Facets(white_space=kind.facets.white_space)
    match kind:
        case ListType():
            return replace(kind, item=_simple(kind.item), facets=facets)
        case UnionType():
            # Without facets the first member would take everything.
            return kind
        case AtomicType():
            return replace(kind, facets=facets)


def _particle(particle: Particle) -> Particle:
    match particle:
        case ElementParticle():
            return replace(particle, element=_element(particle.element), minimum=0)
        case GroupParticle():
            return replace(particle, particles=tuple(map(_particle, particle.particles)), minimum=0)
        case AnyParticle():
            return replace(particle, minimum=0)


def _element(element: ElementDeclaration) -> ElementDeclaration:
    return replace(element, nillable=True, fixed=None, block=frozenset())
