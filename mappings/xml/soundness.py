"""Is every type usable? What is not, and all that needs it, is taken out with its reason.

Afterwards compiling never fails: a recursive type cannot be found broken half-way.
"""

from __future__ import annotations

from collections.abc import Iterator

from mappings.xml.errors import UnsupportedSchemaError
from mappings.xml.model import (
    AnyType,
    ComplexType,
    Definitions,
    ElementDeclaration,
    ElementParticle,
    GroupParticle,
    Type,
)
from mappings.xml.simple import SimpleCodec, compile_simple


def settle(definitions: Definitions) -> None:
    """Move unusable types and elements to `broken_types` and `broken_elements`, transitively."""
    needed_by: dict[str, list[str]] = {}
    for key, kind in definitions.types.items():
        for needed in _needs(kind):
            needed_by.setdefault(needed, []).append(key)
    broken = dict(definitions.broken_types)
    for key, kind in definitions.types.items():
        reason = _own_reason(kind)
        if reason is not None:
            broken[key] = reason
    waiting = list(broken)
    while waiting:
        key = waiting.pop()
        for user in needed_by.get(key, ()):
            if user not in broken:
                broken[user] = f"needs {_shown(key)}: {broken[key]}"
                waiting.append(user)
    definitions.broken_types = broken
    definitions.types = {key: kind for key, kind in definitions.types.items() if key not in broken}
    _settle_elements(definitions)
    definitions.derived = {
        key: tuple(name for name in names if name in definitions.types)
        for key, names in definitions.derived.items()
    }


def _settle_elements(definitions: Definitions) -> None:
    sound: dict[str, ElementDeclaration] = {}
    for name, element in definitions.elements.items():
        reason = definitions.broken_types.get(element.type) or _value_reason(element, definitions)
        if reason is None:
            sound[name] = element
        else:
            definitions.broken_elements.setdefault(name, reason)
    definitions.elements = sound


def _own_reason(kind: Type) -> str | None:
    try:
        match kind:
            case AnyType():
                pass
            case ComplexType():
                if kind.text is not None:
                    compile_simple(kind.text)
                for attribute in kind.attributes:
                    _check_value(compile_simple(attribute.type), attribute.fixed)
            case _:
                compile_simple(kind)
    except UnsupportedSchemaError as error:
        return error.reason
    return None


def _value_reason(element: ElementDeclaration, definitions: Definitions) -> str | None:
    kind = definitions.types.get(element.type)
    if kind is None:
        return f"its type {element.type} is missing"
    return None


def _check_value(codec: SimpleCodec, value: str | None) -> None:
    if value is not None and not codec.is_qname:
        codec.read(value)


def _needs(kind: Type) -> Iterator[str]:
    if isinstance(kind, ComplexType) and kind.content is not None:
        for element in _elements(kind.content):
            yield element.type


def _elements(group: GroupParticle) -> Iterator[ElementDeclaration]:
    for particle in group.particles:
        if isinstance(particle, ElementParticle):
            yield particle.element
        elif isinstance(particle, GroupParticle):
            yield from _elements(particle)


def _shown(key: str) -> str:
    return "an anonymous type" if key.startswith("#") else f"type {key}"
