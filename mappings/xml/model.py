"""The neutral schema model: what XML Schema says, without the library that read it.

Names are texts `{namespace}local`, or `local` in no namespace. Complex types can be recursive, so elements
name their type by key; simple types cannot, and hold each other directly. Codecs and JSON Schemas are
compiled from this model alone.

Source: XML Schema 1.0 Part 1: Structures, Part 2: Datatypes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

XSD = "http://www.w3.org/2001/XMLSchema"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
XML = "http://www.w3.org/XML/1998/namespace"
ANY_TYPE = f"{{{XSD}}}anyType"


@dataclass(frozen=True, slots=True)
class PatternStep:
    """The xs:pattern facets of one derivation step: a value must match one of them.

    `sources` are in the schema's own regular-expression language, `translated` in Python's.
    """

    sources: tuple[str, ...]
    translated: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Facets:
    """The constraining facets of a simple type, those of its base types included.

    Bounds and enumerations are in the lexical form of the type. Lengths count characters, for binary types
    bytes, for lists items.
    """

    patterns: tuple[PatternStep, ...] = ()
    enumeration: tuple[str, ...] | None = None
    min_inclusive: str | None = None
    max_inclusive: str | None = None
    min_exclusive: str | None = None
    max_exclusive: str | None = None
    min_length: int | None = None
    max_length: int | None = None
    total_digits: int | None = None
    fraction_digits: int | None = None
    white_space: Literal["preserve", "replace", "collapse"] = "collapse"


NO_FACETS = Facets()


@dataclass(frozen=True, slots=True)
class AtomicType:
    """One value. `builtin` is the local name of the nearest built-in type it derives from."""

    name: str | None
    builtin: str
    facets: Facets
    documentation: str = ""


@dataclass(frozen=True, slots=True)
class ListType:
    """Values separated by white space."""

    name: str | None
    item: SimpleType
    facets: Facets = NO_FACETS
    documentation: str = ""


@dataclass(frozen=True, slots=True)
class UnionType:
    """A value of the first member type that accepts it."""

    name: str | None
    members: tuple[SimpleType, ...]
    facets: Facets = NO_FACETS
    documentation: str = ""


SimpleType: TypeAlias = AtomicType | ListType | UnionType


@dataclass(frozen=True, slots=True)
class Wildcard:
    """Which namespaces xs:any or xs:anyAttribute lets in; `""` stands for none.

    `excluded` is set for `##other`; else `allowed` names the namespaces, or is None for all.
    """

    allowed: frozenset[str] | None = None
    excluded: frozenset[str] = frozenset()

    def admits(self, name: str) -> bool:
        """True when an element or attribute of this name may stand here."""
        namespace = name[1:].partition("}")[0] if name.startswith("{") else ""
        return namespace not in self.excluded and (self.allowed is None or namespace in self.allowed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribute:
    """One attribute of a complex type."""

    name: str
    type: SimpleType
    required: bool = False
    default: str | None = None
    fixed: str | None = None
    documentation: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ElementDeclaration:
    """An element: its name, the key of its type, and what may stand in its place.

    `substitutes` names the global elements of its substitution group, itself left out. `block` has the ways
    of derivation (`extension`, `restriction`) of types that xsi:type may not name here.
    """

    name: str
    type: str
    nillable: bool = False
    abstract: bool = False
    default: str | None = None
    fixed: str | None = None
    documentation: str = ""
    substitutes: tuple[str, ...] = ()
    block: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class ElementParticle:
    """An element at its place in a content model. `maximum` None is unbounded."""

    element: ElementDeclaration
    minimum: int = 1
    maximum: int | None = 1


@dataclass(frozen=True, slots=True)
class AnyParticle:
    """xs:any at its place in a content model."""

    wildcard: Wildcard
    minimum: int = 1
    maximum: int | None = 1


@dataclass(frozen=True, slots=True)
class GroupParticle:
    """xs:sequence, xs:choice or xs:all."""

    kind: Literal["sequence", "choice", "all"]
    particles: tuple[Particle, ...]
    minimum: int = 1
    maximum: int | None = 1


Particle: TypeAlias = ElementParticle | AnyParticle | GroupParticle


@dataclass(frozen=True, slots=True, kw_only=True)
class ComplexType:
    """Attributes with either element content (`content`) or text (`text`).

    `mixed` content, text between elements, is kept raw. `base` names the type it derives from, by the way of
    `derivation`; types that derive from this one in a way of `block` may not stand where it is declared.
    `is_empty` says that not even white space may be inside.
    """

    name: str | None
    content: GroupParticle | None = None
    text: SimpleType | None = None
    attributes: tuple[Attribute, ...] = ()
    any_attribute: Wildcard | None = None
    mixed: bool = False
    abstract: bool = False
    base: str | None = None
    derivation: str | None = None
    block: frozenset[str] = frozenset()
    is_empty: bool = False
    documentation: str = ""


@dataclass(frozen=True, slots=True)
class AnyType:
    """xs:anyType: whatever there is, kept raw."""

    name: str | None = ANY_TYPE
    documentation: str = ""


Type: TypeAlias = AtomicType | ListType | UnionType | ComplexType | AnyType


@dataclass(slots=True)
class Definitions:
    """All types and global elements that were read.

    Anonymous types have made-up keys. `broken` says of elements and types that cannot be used why not;
    `derived` lists, for each type, the named types that derive from it directly or through others.
    """

    types: dict[str, Type] = field(default_factory=dict)
    elements: dict[str, ElementDeclaration] = field(default_factory=dict)
    derived: dict[str, tuple[str, ...]] = field(default_factory=dict)
    broken_types: dict[str, str] = field(default_factory=dict)
    broken_elements: dict[str, str] = field(default_factory=dict)
    repairs: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


def local_name(name: str) -> str:
    """The part of a name after its namespace."""
    return name.rpartition("}")[2]
