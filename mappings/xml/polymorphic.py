"""The member that says which derived type a value has (xsi:type)."""

from __future__ import annotations

from mappings.xml.content import plan_attributes
from mappings.xml.model import ComplexType, Definitions

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
