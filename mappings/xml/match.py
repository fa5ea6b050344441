"""Matching child elements against a content plan, one element of look-ahead.

A matcher takes what belongs to its node from the cursor and fills the object's members.

Source: XML Schema 1.0 Part 1, §3.8.6 (unique particle attribution); where a wildcard and a later element
both fit, the element wins, as in XML Schema 1.1.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from lxml import etree

from mappings.contract import JsonValue
from mappings.xml.content import (
    AllNode,
    AnyNode,
    ChoiceNode,
    ElementNode,
    Node,
    RepeatNode,
    SequenceNode,
    first_names,
    is_emptiable,
)
from mappings.xml.errors import Refused
from mappings.xml.model import ElementDeclaration, Wildcard
from mappings.xml.nodes import line_of

Members: TypeAlias = dict[str, JsonValue]
Matcher: TypeAlias = Callable[["Cursor", Members], None]
Decode: TypeAlias = Callable[[etree._Element], JsonValue]
Keep: TypeAlias = Callable[[etree._Element], str]
DecoderOf: TypeAlias = Callable[[ElementDeclaration], Decode]


class Cursor:
    """The child elements of one element, and how many of them are matched."""

    __slots__ = ("children", "parent", "position", "tags")

    def __init__(self, parent: etree._Element, children: Sequence[etree._Element]) -> None:
        self.parent = parent
        self.children = children
        self.tags = [str(child.tag) for child in children]
        self.position = 0

    def tag(self) -> str | None:
        """The name of the next element, None at the end."""
        return self.tags[self.position] if self.position < len(self.tags) else None

    def missing(self, what: str) -> Refused:
        """The error for something required that does not come next."""
        line = line_of(self.parent)
        instead = ""
        if self.position < len(self.children):
            line = line_of(self.children[self.position])
            instead = f", found {self.tags[self.position]} instead"
        return Refused(f"{what} is missing{instead}", "missing-element", line=line)


def compile_matcher(
    node: Node, decoder_of: DecoderOf, keep: Keep, stop: frozenset[str] = frozenset()
) -> Matcher:
    """The matcher of a node. `keep` is given what a wildcard lets in; `stop` names elements that a wildcard
    at its end leaves to what follows."""
    match node:
        case ElementNode():
            return _element(node, decoder_of(node.element))
        case AnyNode():
            return _any(node, keep, stop)
        case ChoiceNode():
            return _choice(
                node, [compile_matcher(branch, decoder_of, keep, stop) for branch in node.branches]
            )
        case SequenceNode():
            return _sequence(node, decoder_of, keep, stop)
        case AllNode():
            return _all(node, [compile_matcher(item, decoder_of, keep, stop) for item in node.nodes])
        case RepeatNode():
            return _repeat(node, compile_matcher(node.body, decoder_of, keep, stop))


def _starts(node: Node) -> Callable[[str | None], bool]:
    names, wildcards = first_names(node)
    if not wildcards:
        return lambda tag: tag in names
    return lambda tag: tag in names or (tag is not None and _admitted(tag, wildcards))


def _admitted(tag: str, wildcards: Sequence[Wildcard]) -> bool:
    return any(wildcard.admits(tag) for wildcard in wildcards)


def _element(node: ElementNode, decode: Decode) -> Matcher:
    name, key = node.element.name, node.key

    def match_one(cursor: Cursor, members: Members) -> None:
        if cursor.tag() != name:
            if node.minimum:
                raise cursor.missing(f"element {name}")
            return
        child = cursor.children[cursor.position]
        try:
            members[key] = decode(child)
        except Refused as error:
            raise error.at(key, line_of(child)) from None
        cursor.position += 1

    def match_many(cursor: Cursor, members: Members) -> None:
        items: list[JsonValue] = []
        while cursor.tag() == name and (node.maximum is None or len(items) < node.maximum):
            child = cursor.children[cursor.position]
            try:
                items.append(decode(child))
            except Refused as error:
                raise error.at(len(items)).at(key, line_of(child)) from None
            cursor.position += 1
        if len(items) < node.minimum:
            raise cursor.missing(f"element {name} (at least {node.minimum} times)")
        if items:
            members[key] = items

    return match_many if node.many else match_one


def _any(node: AnyNode, keep: Keep, stop: frozenset[str]) -> Matcher:
    def match_any(cursor: Cursor, members: Members) -> None:
        items: list[JsonValue] = []
        while node.maximum is None or len(items) < node.maximum:
            tag = cursor.tag()
            if tag is None or not node.wildcard.admits(tag) or (tag in stop and len(items) >= node.minimum):
                break
            items.append(keep(cursor.children[cursor.position]))
            cursor.position += 1
        if len(items) < node.minimum:
            raise cursor.missing("an element of another vocabulary")
        if items:
            members[node.key] = items if node.many else items[0]

    return match_any


def _choice(node: ChoiceNode, branches: list[Matcher]) -> Matcher:
    by_name: dict[str, Matcher] = {}
    by_wildcard: list[tuple[tuple[Wildcard, ...], Matcher]] = []
    for branch, matcher in zip(node.branches, branches, strict=True):
        names, wildcards = first_names(branch)
        for name in names:
            by_name.setdefault(name, matcher)
        if wildcards:
            by_wildcard.append((wildcards, matcher))
    emptiable = is_emptiable(node)
    listed = ", ".join(sorted(by_name)[:20])

    def match_choice(cursor: Cursor, members: Members) -> None:
        tag = cursor.tag()
        chosen = by_name.get(tag) if tag is not None else None
        if chosen is None and tag is not None:
            chosen = next((match for wildcards, match in by_wildcard if _admitted(tag, wildcards)), None)
        if chosen is not None:
            chosen(cursor, members)
        elif not emptiable:
            raise cursor.missing(f"one of {listed}"[:300])

    return match_choice


def _sequence(node: SequenceNode, decoder_of: DecoderOf, keep: Keep, stop: frozenset[str]) -> Matcher:
    matchers: list[Matcher] = []
    following = stop
    for item in reversed(node.nodes):
        matchers.append(compile_matcher(item, decoder_of, keep, following))
        names = first_names(item)[0]
        following = names | following if is_emptiable(item) else names
    matchers.reverse()
    starts = _starts(node)

    def match_sequence(cursor: Cursor, members: Members) -> None:
        if node.optional and not starts(cursor.tag()):
            return
        for matcher in matchers:
            matcher(cursor, members)

    return match_sequence


def _all(node: AllNode, matchers: list[Matcher]) -> Matcher:
    starts = [_starts(item) for item in node.nodes]
    required = [not is_emptiable(item) for item in node.nodes]

    def match_all(cursor: Cursor, members: Members) -> None:
        waiting = list(range(len(matchers)))
        while True:
            tag = cursor.tag()
            found = next((index for index in waiting if starts[index](tag)), None)
            if found is None:
                break
            waiting.remove(found)
            matchers[found](cursor, members)
        if node.optional and len(waiting) == len(matchers):
            return
        for index in waiting:
            if required[index]:
                matchers[index](cursor, members)

    return match_all


def _repeat(node: RepeatNode, body: Matcher) -> Matcher:
    starts = _starts(node.body)
    least = 0 if is_emptiable(node.body) else node.minimum

    def match_repeat(cursor: Cursor, members: Members) -> None:
        items: list[JsonValue] = []
        while starts(cursor.tag()) and (node.maximum is None or len(items) < node.maximum):
            item: Members = {}
            before = cursor.position
            try:
                body(cursor, item)
            except Refused as error:
                raise error.at(len(items)).at(node.key) from None
            if cursor.position == before:
                break
            items.append(item)
        if len(items) < least:
            raise cursor.missing(f"a group of elements ({least} or more)")
        if items:
            members[node.key] = items

    return match_repeat
