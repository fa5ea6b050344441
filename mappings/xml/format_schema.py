"""Finding the root and the repeated element of an XML format in its schema."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mappings.xml.codec import ElementCodec
from mappings.xml.decode import DecoderCompiler
from mappings.xml.documents import SchemaDocument
from mappings.xml.encode import EncoderCompiler
from mappings.xml.identity import has_constraints, keyed
from mappings.xml.layout import Layout, RecordCodec
from mappings.xml.model import (
    AnyParticle,
    ComplexType,
    Definitions,
    ElementDeclaration,
    ElementParticle,
    GroupParticle,
    Particle,
    local_name,
)
from mappings.xml.namespaces import namespaces_of
from mappings.xml.read import read_definitions
from mappings.xml.soundness import settle


def find_layout(documents: Sequence[SchemaDocument], root: str | None, record: str | None) -> Layout:
    """Where the records are. Raises: ValueError that names what there is."""
    definitions = read_definitions(documents)
    settle(definitions)
    declaration = _root(definitions, root)
    namespaces = namespaces_of(declaration, definitions)
    path: list[str] = []
    lacking: list[str] = []
    for step in record.split("/") if record else ():
        path.append(declaration.name)
        kind = definitions.types[declaration.type]
        if not isinstance(kind, ComplexType) or kind.content is None or kind.mixed:
            raise ValueError(
                f"record: the element {local_name(declaration.name)} holds no elements that it names"
            )
        inside = list(_inside(kind.content, required=True))
        lacking += _required(declaration, kind, inside, step)
        declaration = _step(declaration, inside, step)
    codec: RecordCodec
    codec = ElementCodec(declaration, definitions, EncoderCompiler(definitions), DecoderCompiler(definitions))
    unwritable = f"the schema requires {', '.join(lacking)} around the records" if lacking else None
    unchecked = None
    if has_constraints(documents) and _is_global(declaration, definitions):
        try:
            codec = keyed(codec, documents)
        except ValueError as error:
            unchecked = str(error)
    return Layout(tuple(path), codec, namespaces, unwritable, unchecked=unchecked)


def _is_global(declaration: ElementDeclaration, definitions: Definitions) -> bool:
    known = definitions.elements.get(declaration.name)
    return known is not None and known.type == declaration.type


def _root(definitions: Definitions, name: str | None) -> ElementDeclaration:
    known = definitions.elements
    if not known and definitions.problems:
        raise ValueError(f"schema: has no element that can be used: {definitions.problems[0][:300]}")
    if name is None:
        if len(known) == 1:
            return next(iter(known.values()))
        raise ValueError(f"root: is required: the schema has {_listed(known)}")
    found = [each for each in known if name in (each, local_name(each))]
    if len(found) == 1:
        return known[found[0]]
    if found:
        raise ValueError(f"root: several elements are called {name}: {_listed(found)}")
    broken = [each for each in definitions.broken_elements if name in (each, local_name(each))]
    if broken:
        raise ValueError(f"root: {name} cannot be used: {definitions.broken_elements[broken[0]][:300]}")
    raise ValueError(f"root: the schema has no element {name[:100]}; it has {_listed(known)}")


def _step(
    declaration: ElementDeclaration, inside: Sequence[tuple[ElementParticle, bool]], step: str
) -> ElementDeclaration:
    found = {particle.element.name: particle.element for particle, _ in inside}
    matching = [element for name, element in found.items() if local_name(name) == step]
    if len(matching) == 1:
        return matching[0]
    what = "several elements" if matching else "no element"
    raise ValueError(f"record: {local_name(declaration.name)} holds {what} {step}; it holds {_listed(found)}")


def _inside(particle: Particle, *, required: bool) -> Iterator[tuple[ElementParticle, bool]]:
    """The elements of a content model, and whether each has to be there."""
    if isinstance(particle, AnyParticle):
        return
    needed = required and particle.minimum > 0
    if isinstance(particle, ElementParticle):
        yield particle, needed
        return
    assert isinstance(particle, GroupParticle)
    for child in particle.particles:
        yield from _inside(child, required=needed and particle.kind != "choice")


def _required(
    declaration: ElementDeclaration,
    kind: ComplexType,
    inside: Sequence[tuple[ElementParticle, bool]],
    step: str,
) -> list[str]:
    """What else than the step has to stand in the element."""
    attributes = [f"@{local_name(item.name)}" for item in kind.attributes if item.required]
    elements = [local_name(part.element.name) for part, needed in inside if needed]
    owner = local_name(declaration.name)
    return [f"{owner}/{name}" for name in (*attributes, *(name for name in elements if name != step))]


def _listed(names: Sequence[str] | dict[str, ElementDeclaration]) -> str:
    shown = sorted(map(local_name, names))
    return (", ".join(shown[:20]) + (", …" if len(shown) > 20 else "")) or "none"
