"""Writing the members of an object as child elements, in the order of the content plan.

Each filler returns how many members it took, so that the caller sees at once whether any is left over.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeAlias

from lxml import etree

from mappings.contract import JsonValue
from mappings.xml.atoms import expected
from mappings.xml.content import (
    AllNode,
    AnyNode,
    ChoiceNode,
    ElementNode,
    Node,
    RepeatNode,
    SequenceNode,
    is_emptiable,
    keys_of,
    required_keys,
)
from mappings.xml.errors import Refused
from mappings.xml.model import ElementDeclaration
from mappings.xml.raw import append_raw, parse_raw

Members: TypeAlias = dict[str, JsonValue]
Append: TypeAlias = Callable[[etree._Element, JsonValue], None]
AppenderOf: TypeAlias = Callable[[ElementDeclaration], Append]
Take: TypeAlias = Callable[[etree._Element, Members], int]


@dataclass(frozen=True, slots=True)
class FillNode:
    """A compiled node: its filler, the members it knows, and those that must be there."""

    fill: Take
    keys: frozenset[str]


def compile_filler(node: Node, appender_of: AppenderOf) -> FillNode:
    """The filler of a node."""
    return FillNode(_take(node, appender_of), keys_of(node))


def keys_text(keys: Iterable[str]) -> str:
    """Member names for a message, bounded."""
    names = sorted(keys)
    return ", ".join(names[:20]) + (", …" if len(names) > 20 else "") if names else "none"


def _take(node: Node, appender_of: AppenderOf) -> Take:
    match node:
        case ElementNode():
            return _element(node, appender_of(node.element))
        case AnyNode():
            return _element(node, _raw_appender(node))
        case ChoiceNode():
            return _choice(node, [_take(branch, appender_of) for branch in node.branches])
        case SequenceNode() | AllNode():
            return _sequence(node, appender_of)
        case RepeatNode():
            return _repeat(node, _take(node.body, appender_of))


def _element(node: ElementNode | AnyNode, append: Append) -> Take:
    key, minimum, maximum = node.key, node.minimum, node.maximum

    def take_one(parent: etree._Element, members: Members) -> int:
        if key not in members:
            if minimum:
                raise Refused(f"the member {key} is missing", "missing-member")
            return 0
        try:
            append(parent, members[key])
        except Refused as error:
            raise error.at(key) from None
        return 1

    def take_many(parent: etree._Element, members: Members) -> int:
        if key not in members:
            if minimum:
                raise Refused(f"the member {key} is missing", "missing-member")
            return 0
        items = members[key]
        if type(items) is not list:
            raise expected("an array", items).at(key)
        if len(items) < minimum or (maximum is not None and len(items) > maximum):
            upper = "unbounded" if maximum is None else maximum
            raise Refused(f"{len(items)} items, {minimum} to {upper} allowed", "occurrence").at(key)
        index = 0
        try:
            for item in items:
                append(parent, item)
                index += 1
        except Refused as error:
            raise error.at(index).at(key) from None
        return 1

    return take_many if node.many else take_one


def _raw_appender(node: AnyNode) -> Append:
    def append(parent: etree._Element, value: JsonValue) -> None:
        element = parse_raw(value)
        if not node.wildcard.admits(str(element.tag)):
            raise Refused(f"the element {element.tag} may not stand here", "wildcard")
        append_raw(parent, element)

    return append


def _sequence(node: SequenceNode | AllNode, appender_of: AppenderOf) -> Take:
    if not node.optional and all(isinstance(item, ElementNode) and not item.many for item in node.nodes):
        return _flat([item for item in node.nodes if isinstance(item, ElementNode)], appender_of)
    takes = tuple(_take(item, appender_of) for item in node.nodes)
    keys = keys_of(node)

    def take(parent: etree._Element, members: Members) -> int:
        used = 0
        for take_item in takes:
            used += take_item(parent, members)
        return used

    def take_optional(parent: etree._Element, members: Members) -> int:
        return 0 if keys.isdisjoint(members) else take(parent, members)

    return take_optional if node.optional else take


def _flat(nodes: list[ElementNode], appender_of: AppenderOf) -> Take:
    """Elements in a row, each at most once: one loop."""
    slots = tuple((node.key, appender_of(node.element), node.minimum) for node in nodes)

    def take(parent: etree._Element, members: Members) -> int:
        used = 0
        for key, append, minimum in slots:
            if key in members:
                used += 1
                try:
                    append(parent, members[key])
                except Refused as error:
                    raise error.at(key) from None
            elif minimum:
                raise Refused(f"the member {key} is missing", "missing-member")
        return used

    return take


def _choice(node: ChoiceNode, takes: list[Take]) -> Take:
    keys = keys_of(node)
    emptiable = is_emptiable(node)
    branches = [
        (keys_of(branch), required_keys(branch), take)
        for branch, take in zip(node.branches, takes, strict=True)
    ]

    def take(parent: etree._Element, members: Members) -> int:
        present = keys & members.keys()
        if not present:
            if emptiable:
                return 0
            raise Refused(f"one of the members {keys_text(keys)} is missing", "choice")
        fitting = [branch for branch in branches if present <= branch[0]]
        if not fitting:
            raise Refused(f"the members {keys_text(present)} exclude each other", "choice")
        for _, required, take_branch in fitting:
            if required <= present:
                return take_branch(parent, members)
        # None is complete: the first one says what it misses.
        return fitting[0][2](parent, members)

    return take


def _repeat(node: RepeatNode, body: Take) -> Take:
    key = node.key
    known = keys_of(node.body)
    least = 0 if is_emptiable(node.body) else node.minimum

    def take(parent: etree._Element, members: Members) -> int:
        if key not in members:
            if least:
                raise Refused(f"the member {key} is missing", "missing-member")
            return 0
        items = members[key]
        if type(items) is not list:
            raise expected("an array", items).at(key)
        if len(items) < least or (node.maximum is not None and len(items) > node.maximum):
            upper = "unbounded" if node.maximum is None else node.maximum
            raise Refused(f"{len(items)} items, {least} to {upper} allowed", "occurrence").at(key)
        for index, item in enumerate(items):
            try:
                _take_group(body, known, parent, item)
            except Refused as error:
                raise error.at(index).at(key) from None
        return 1

    return take


def _take_group(body: Take, known: frozenset[str], parent: etree._Element, item: JsonValue) -> None:
    """One object of a repeated group."""
    if type(item) is not dict:
        raise expected("an object", item)
    if not item:
        raise Refused("an empty group leaves no trace in XML", "empty-group")
    if body(parent, item) != len(item):
        unknown = next((name for name in item if name not in known), None)
        if unknown is None:
            raise Refused("holds members that exclude each other", "choice")
        raise Refused(f"unknown member; known are {keys_text(known)}", "unknown-member").at(unknown)
