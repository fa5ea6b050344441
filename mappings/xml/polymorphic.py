"""Types that stand in for the declared one (xsi:type), and the member that says which one does."""

from __future__ import annotations

from mappings.xml.content import plan_attributes
from mappings.xml.model import ComplexType, Definitions, ElementDeclaration

TYPE = "@type"
TYPE_WHERE_TAKEN = "@xsi:type"


def type_member(definitions: Definitions, declared: str) -> str:
    """`@type`; or `@xsi:type` where the type, or one derived from it, can have an attribute of that name."""
    for key in (declared, *definitions.derived.get(declared, ())):
        kind = definitions.types.get(key)
        if not isinstance(kind, ComplexType):
            continue
        if kind.any_attribute is not None or any(item.key == TYPE for item in plan_attributes(kind)):
            return TYPE_WHERE_TAKEN
    return TYPE


def stand_ins(definitions: Definitions, declaration: ElementDeclaration) -> tuple[str, ...]:
    """The types that xsi:type may name in place of the declared one; abstract ones among them.

    Source: XML Schema 1.0 Part 1, §3.3.4 (Element Locally Valid, clause 4.3), §3.4.6 (Type Derivation OK).
    """
    derived = definitions.derived.get(declaration.type, ())
    declared = definitions.types[declaration.type]
    blocked = declaration.block | (declared.block if isinstance(declared, ComplexType) else frozenset())
    if not blocked:
        return derived
    return tuple(name for name in derived if not _steps(definitions, name, declaration.type) & blocked)


def _steps(definitions: Definitions, name: str, base: str) -> frozenset[str]:
    """The ways of derivation on the way from a type to one that it derives from."""
    found = set()
    while name != base:
        kind = definitions.types.get(name)
        if not isinstance(kind, ComplexType) or kind.base is None:
            break
        found.add(kind.derivation or "")
        name = kind.base
    return frozenset(found)
