"""Content plans: how the particles of a complex type become members of a JSON object.

The rules, which `docs/mappings/xml.md` explains with examples:

- Elements of sequences, choices and xs:all that occur once are members of the same object, by local name.
- An element that can repeat is an array. A group that can repeat is an array `#sequence`, `#choice` or
  `#all` of objects, so that order is kept; a repeated group of a single element is the same as that element
  repeated.
- An element with substitutes is a choice of the elements that may stand there.
- xs:any is `#any`.
- Where a name is taken, by the same local name in another namespace, it is `{namespace}local`; where the same
  element stands twice, `local#2`.

Source: XML Schema 1.0 Part 1, §3.7-3.9 (model groups, particles).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from mappings.xml.model import (
    AnyParticle,
    Attribute,
    ComplexType,
    Definitions,
    ElementDeclaration,
    ElementParticle,
    GroupParticle,
    Particle,
    Wildcard,
    local_name,
)

TEXT = "#text"
NIL = "#nil"


@dataclass(frozen=True, slots=True)
class ElementNode:
    """An element as a member: one value, or an array when `maximum` is not 1."""

    key: str
    element: ElementDeclaration
    minimum: int
    maximum: int | None

    @property
    def many(self) -> bool:
        """True when the member is an array."""
        return self.maximum != 1


@dataclass(frozen=True, slots=True)
class AnyNode:
    """Raw XML as a member: one text, or an array when `maximum` is not 1."""

    key: str
    wildcard: Wildcard
    minimum: int
    maximum: int | None

    @property
    def many(self) -> bool:
        """True when the member is an array."""
        return self.maximum != 1


@dataclass(frozen=True, slots=True)
class SequenceNode:
    """Nodes one after the other; all of them or, when `optional`, none."""

    nodes: tuple[Node, ...]
    optional: bool = False


@dataclass(frozen=True, slots=True)
class AllNode:
    """Nodes in any order, each at most once."""

    nodes: tuple[Node, ...]
    optional: bool = False


@dataclass(frozen=True, slots=True)
class ChoiceNode:
    """One of several nodes or, when `optional`, none."""

    branches: tuple[Node, ...]
    optional: bool = False


@dataclass(frozen=True, slots=True)
class RepeatNode:
    """A repeated group as a member: an array of objects, each filled by `body`."""

    key: str
    body: Node
    minimum: int
    maximum: int | None


Node: TypeAlias = ElementNode | AnyNode | SequenceNode | AllNode | ChoiceNode | RepeatNode


@dataclass(frozen=True, slots=True)
class AttributePlan:
    """An attribute and the member that holds it."""

    key: str
    attribute: Attribute


def plan(content: GroupParticle | None, definitions: Definitions) -> Node:
    """The content plan of a complex type; an empty sequence when there is no content."""
    if content is None:
        return SequenceNode(())
    return _Planner(definitions).node(_simplified(content), set())


def plan_attributes(kind: ComplexType) -> tuple[AttributePlan, ...]:
    """The members of the attributes: `@name`, or `@{namespace}name` where that is taken."""
    taken: set[str] = set()
    plans = []
    for attribute in kind.attributes:
        key = f"@{local_name(attribute.name)}"
        if key in taken:
            key = f"@{attribute.name}"
        taken.add(key)
        plans.append(AttributePlan(key, attribute))
    return tuple(plans)


def keys_of(node: Node) -> frozenset[str]:
    """The members that a node can fill."""
    match node:
        case ElementNode() | AnyNode() | RepeatNode():
            return frozenset((node.key,))
        case ChoiceNode():
            return frozenset().union(*(keys_of(branch) for branch in node.branches))
        case SequenceNode() | AllNode():
            return frozenset().union(*(keys_of(item) for item in node.nodes))


def required_keys(node: Node) -> frozenset[str]:
    """The members that are there whenever the node is."""
    match node:
        case ElementNode() | AnyNode() | RepeatNode():
            return frozenset((node.key,)) if node.minimum else frozenset()
        case ChoiceNode():
            if node.optional:
                return frozenset()
            sets = [required_keys(branch) for branch in node.branches]
            return frozenset.intersection(*sets) if sets else frozenset()
        case SequenceNode() | AllNode():
            if node.optional:
                return frozenset()
            return frozenset().union(*(required_keys(item) for item in node.nodes))


def is_emptiable(node: Node) -> bool:
    """True when no element at all satisfies the node."""
    match node:
        case ElementNode() | AnyNode():
            return node.minimum == 0
        case RepeatNode():
            return node.minimum == 0 or is_emptiable(node.body)
        case ChoiceNode():
            return node.optional or any(is_emptiable(branch) for branch in node.branches)
        case SequenceNode() | AllNode():
            return node.optional or all(is_emptiable(item) for item in node.nodes)


def first_names(node: Node) -> tuple[frozenset[str], tuple[Wildcard, ...]]:
    """The element names, and wildcards, that the node can begin with."""
    match node:
        case ElementNode():
            return frozenset((node.element.name,)), ()
        case AnyNode():
            return frozenset(), (node.wildcard,)
        case RepeatNode():
            return first_names(node.body)
        case ChoiceNode():
            return _merged([first_names(branch) for branch in node.branches])
        case AllNode():
            return _merged([first_names(item) for item in node.nodes])
        case SequenceNode():
            found = []
            for item in node.nodes:
                found.append(first_names(item))
                if not is_emptiable(item):
                    break
            return _merged(found)


def _merged(
    found: list[tuple[frozenset[str], tuple[Wildcard, ...]]],
) -> tuple[frozenset[str], tuple[Wildcard, ...]]:
    names = frozenset[str]().union(*(item[0] for item in found))
    return names, tuple(wildcard for item in found for wildcard in item[1])


# --- simplifying particles


def _simplified(particle: Particle) -> Particle:
    """The same content with fewer groups: no empty ones, no nesting without meaning."""
    if not isinstance(particle, GroupParticle):
        return particle
    inner: list[Particle] = []
    for child in map(_simplified, particle.particles):
        once = isinstance(child, GroupParticle) and (child.minimum, child.maximum) == (1, 1)
        if once and isinstance(child, GroupParticle) and child.kind == particle.kind != "all":
            inner.extend(child.particles)
        elif not (isinstance(child, GroupParticle) and not child.particles and child.kind != "choice"):
            inner.append(child)
    minimum = particle.minimum
    if particle.kind == "choice" and particle.maximum is None:
        # (a+ | b)* is (a | b)*: one notation for one order of elements.
        inner, emptied = _once_each(inner)
        minimum = 0 if emptied else minimum
    if len(inner) == 1:
        merged = _multiplied(inner[0], minimum, particle.maximum)
        if merged is not None:
            return merged
    return GroupParticle(particle.kind, tuple(inner), minimum, particle.maximum)


def _once_each(particles: list[Particle]) -> tuple[list[Particle], bool]:
    found: list[Particle] = []
    emptied = False
    for particle in particles:
        if particle.minimum <= 1 and isinstance(particle, ElementParticle):
            emptied = emptied or particle.minimum == 0
            found.append(ElementParticle(particle.element))
        elif particle.minimum <= 1 and isinstance(particle, AnyParticle):
            emptied = emptied or particle.minimum == 0
            found.append(AnyParticle(particle.wildcard))
        else:
            found.append(particle)
    return found, emptied


def _multiplied(particle: Particle, minimum: int, maximum: int | None) -> Particle | None:
    """The particle with a surrounding group's occurrence taken in; None where that would not mean the
    same."""
    low, high = particle.minimum, particle.maximum
    if (minimum, maximum) == (1, 1):
        pass
    elif (low, high) == (1, 1) or (low <= 1 and high == 1):
        low, high = minimum * low, maximum
    elif low <= 1 and (high is None or maximum == 1):
        low = minimum * low
    else:
        return None
    if isinstance(particle, ElementParticle):
        return ElementParticle(particle.element, low, high)
    if isinstance(particle, AnyParticle):
        return AnyParticle(particle.wildcard, low, high)
    return GroupParticle(particle.kind, particle.particles, low, high)


# --- planning


class _Planner:
    """Gives every particle its member. `taken` holds the keys that can be there at the same time."""

    def __init__(self, definitions: Definitions) -> None:
        self.definitions = definitions
        self.owners: dict[str, str] = {}

    def node(self, particle: Particle, taken: set[str]) -> Node:
        match particle:
            case ElementParticle():
                return self._element(particle, taken)
            case AnyParticle():
                key = self._free("#any", "#any", taken)
                return AnyNode(key, particle.wildcard, particle.minimum, particle.maximum)
            case GroupParticle(maximum=1):
                return self._group(particle, taken, particle.minimum == 0)
            case GroupParticle():
                key = self._free(f"#{particle.kind}", f"#{particle.kind}", taken)
                body = _Planner(self.definitions)._group(particle, set(), False)
                return RepeatNode(key, body, particle.minimum, particle.maximum)

    def _group(self, group: GroupParticle, taken: set[str], optional: bool) -> Node:
        if group.kind == "choice":
            before = frozenset(taken)
            branches = []
            for particle in group.particles:
                scope = set(before)
                branches.append(self.node(particle, scope))
                taken |= scope
            return ChoiceNode(tuple(branches), optional)
        nodes = tuple(self.node(particle, taken) for particle in group.particles)
        if group.kind == "all":
            return AllNode(nodes, optional)
        return SequenceNode(nodes, optional)

    def _element(self, particle: ElementParticle, taken: set[str]) -> Node:
        element = particle.element
        candidates = [] if element.abstract else [element]
        for name in element.substitutes:
            substitute = self.definitions.elements.get(name)
            if substitute is not None and not substitute.abstract:
                candidates.append(substitute)
        if candidates == [element] or not candidates:
            return self._member(element, particle.minimum, particle.maximum, taken)
        choice = GroupParticle(
            "choice",
            tuple(ElementParticle(_alone(item)) for item in candidates),
            particle.minimum,
            particle.maximum,
        )
        return self.node(choice, taken)

    def _member(
        self, element: ElementDeclaration, minimum: int, maximum: int | None, taken: set[str]
    ) -> ElementNode:
        key = self._free(local_name(element.name), element.name, taken)
        return ElementNode(key, element, minimum, maximum)

    def _free(self, wanted: str, owner: str, taken: set[str]) -> str:
        """The first free key: `wanted`, or the full name where another owner has it; then with a number."""
        full = owner if owner.startswith(("{", "#")) else f"{{}}{owner}"
        base = wanted if self.owners.get(wanted, owner) == owner else full
        key = base
        number = 1
        while key in taken:
            number += 1
            key = f"{base}#{number}"
        taken.add(key)
        self.owners[key] = owner
        return key


def _alone(element: ElementDeclaration) -> ElementDeclaration:
    return ElementDeclaration(
        name=element.name,
        type=element.type,
        nillable=element.nillable,
        default=element.default,
        fixed=element.fixed,
        documentation=element.documentation,
    )
