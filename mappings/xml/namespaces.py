"""Which namespaces an element's content uses, so that prefixes are declared once, at its top."""

from __future__ import annotations

from mappings.xml.model import (
    AnyParticle,
    ComplexType,
    Definitions,
    ElementDeclaration,
    ElementParticle,
    GroupParticle,
    Particle,
)

MAX_NAMESPACES = 16


def namespaces_of(declaration: ElementDeclaration, definitions: Definitions) -> dict[str, str]:
    """Prefixes `n0`, `n1`, … for the element's namespace and those of what it holds, the first ones met."""
    found: list[str] = []
    seen: set[str] = set()
    waiting = [declaration]
    while waiting and len(found) < MAX_NAMESPACES:
        element = waiting.pop(0)
        _note(element.name, found)
        for key in (element.type, *definitions.derived.get(element.type, ())):
            kind = definitions.types.get(key)
            if key in seen or not isinstance(kind, ComplexType):
                continue
            seen.add(key)
            for attribute in kind.attributes:
                _note(attribute.name, found)
            if kind.content is not None:
                waiting.extend(_inside(kind.content, definitions))
    return {f"n{number}": namespace for number, namespace in enumerate(found)}


def _note(name: str, found: list[str]) -> None:
    namespace = name[1:].partition("}")[0] if name.startswith("{") else ""
    if namespace and namespace not in found and not namespace.startswith("http://www.w3.org/XML/"):
        found.append(namespace)


def _inside(particle: Particle, definitions: Definitions) -> list[ElementDeclaration]:
    if isinstance(particle, ElementParticle):
        others = (definitions.elements.get(name) for name in particle.element.substitutes)
        return [particle.element, *(item for item in others if item is not None)]
    if isinstance(particle, AnyParticle):
        return []
    assert isinstance(particle, GroupParticle)
    return [item for child in particle.particles for item in _inside(child, definitions)]
