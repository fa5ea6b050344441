"""Smooks' EDI mapping models, said as definitions of `format: segments`; and records, said as its XML.

A segment with segments inside of it is a loop; names get their place behind `#`, since there they may come
twice. What a record has under `@` is of the segment that begins a loop, and stands in the loop's element in
XML.
"""

from __future__ import annotations

import itertools
import xml.etree.ElementTree as ET
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeAlias

Tree: TypeAlias = tuple[str, "str | list[Tree]"]

TRIGGER = "@"
_ESCAPED = {"\\*": "*", "\\+": "+"}


def _tag(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2]


@dataclass
class Model:
    """One mapping model."""

    path: Path
    imported: dict[str, ET.Element] = field(default_factory=dict)
    is_truncatable: bool = False

    def definition(self) -> dict[str, Any]:
        """What it says as a definition of segments."""
        root = ET.parse(self.path).getroot()
        content = self.content(root)
        marks = next(one for one in root if _tag(one) == "delimiters").attrib
        self.is_truncatable = self.is_truncatable or "truncatable" in ET.tostring(root, encoding="unicode")
        delimiters = {
            "segment": marks["segment"],
            "element": marks["field"],
            "component": marks["component"],
            "subcomponent": marks.get("sub-component", "~"),
            "release": marks.get("escape"),
            "repetition": marks.get("fieldRepeat"),
            "separators": "needed" if self.is_truncatable else "all",
        }
        lenient = ["trailing_separators", "empty_segments"]
        for attribute, word in (
            ("ignoreUnmappedFields", "extra_elements"),
            ("ignoreUnmappedSegments", "unknown_segments"),
        ):
            if any(one.get(attribute) == "true" for one in root.iter()):
                lenient.append(word)
        return {"format": "segments", "delimiters": delimiters, "content": content, "lenient": lenient}

    def content(self, root: ET.Element) -> list[dict[str, Any]]:
        """The segments of a model, what it imports known before."""
        for one in root:
            if _tag(one) == "import":
                other = Model(self.path.parent / one.attrib["resource"])
                imported = ET.parse(other.path).getroot()
                other.content(imported)
                self.is_truncatable |= one.get("truncatableFields") == "true"
                segments = next(each for each in imported if _tag(each) == "segments")
                known = {each.attrib["segcode"]: other.resolved(each) for each in segments}
                self.imported |= {f"{one.attrib['namespace']}:{tag}": each for tag, each in known.items()}
        segments = next(one for one in root if _tag(one) == "segments")
        has_repeats = any("fieldRepeat" in one.attrib for one in root)
        return self.uses(segments, has_repeats=has_repeats)

    def resolved(self, segment: ET.Element) -> ET.Element:
        """The segment that has the fields: itself, or the one that it refers to."""
        reference = segment.get("segref")
        return segment if reference is None else self.imported[reference]

    def uses(self, parent: ET.Element, *, has_repeats: bool) -> list[dict[str, Any]]:
        """The segments and groups in an element."""
        found: list[dict[str, Any]] = []
        for at, child in enumerate(one for one in parent if _tag(one) in ("segment", "segmentGroup")):
            name = f"{child.get('xmltag', '')}#{at}"
            least = int(child.get("minOccurs", "1"))
            most = int(child.get("maxOccurs", "1"))
            limits = {"min": least, "max": "unbounded" if most < 0 else max(least, most, 1)}
            if _tag(child) == "segmentGroup":
                inner = self.group(child, has_repeats=has_repeats)
                found.append({"loop": name, **limits, "content": inner})
                continue
            segment = self.segment(child, has_repeats=has_repeats)
            inner = self.uses(child, has_repeats=has_repeats)
            if inner:
                first = {**segment, "name": TRIGGER, "min": 1}
                found.append({"loop": name, **limits, "content": [first, *inner]})
            else:
                found.append({**segment, "name": name, **limits})
        return found

    def group(self, group: ET.Element, *, has_repeats: bool) -> list[dict[str, Any]]:
        """The content of a group; where its first segment repeats, the others of it are a place of their
        own."""
        first, *others = self.uses(group, has_repeats=has_repeats)
        most, least = first["max"], first["min"]
        uses = [{**first, "min": 1, "max": 1}]
        if most != 1:
            more = {"min": max(least - 1, 0), "max": most if most == "unbounded" else most - 1}
            uses.append({**first, "name": first["name"] + "#more", **more})
        return [*uses, *others]

    def segment(self, segment: ET.Element, *, has_repeats: bool) -> dict[str, Any]:
        """A segment with its fields; a segment code that is an expression is a tag and what the first field
        has."""
        code, has_value, value = segment.attrib["segcode"].partition("\\*")
        fields = [one for one in self.resolved(segment) if _tag(one) == "field"]
        elements = [self.value(one, at, has_repeats=has_repeats) for at, one in enumerate(fields)]
        use: dict[str, Any] = {"segment": code, "elements": elements}
        if has_value:
            use["match"] = {"at": 1, "value": value.removesuffix(".*")}
        return use

    def value(self, given: ET.Element, at: int, *, has_repeats: bool = False) -> dict[str, Any]:
        """A field, a component or a sub-component."""
        made: dict[str, Any] = {"name": f"{given.attrib['xmltag']}#{at}"}
        if given.get("required") == "true":
            made["required"] = True
        if has_repeats:
            made["repeat"] = 999
        inside = [one for one in given if _tag(one) in ("component", "sub-component")]
        if inside:
            made["components"] = [self.value(one, index) for index, one in enumerate(inside)]
        else:
            made |= _type(given)
        return made


def _type(given: ET.Element) -> dict[str, Any]:
    kind = given.get("type")
    if kind is None:
        return {}
    least, most = max(int(given.attrib["minLength"]), 1), int(given.attrib["maxLength"])
    if kind == "Date":
        return {"type": "DT 8/8" if most == 8 else "TM 4/4"}
    if kind == "Double":
        return {"type": f"R {least}/{most}"}
    if kind == "Binary":
        sizes = range(least, most + 1)
        return {"codes": ["".join(bits) for size in sizes for bits in itertools.product("01", repeat=size)]}
    return {"type": f"AN {least}/{most}"}


def rendered(record: dict[str, Any]) -> list[Tree]:
    """A record as its elements in XML."""
    found: list[Tree] = []
    for name, value in record.items():
        tag = name.partition("#")[0]
        for one in value if isinstance(value, list) else [value]:
            if not isinstance(one, dict):
                found.append((tag, format(one, "f") if isinstance(one, Decimal) else str(one)))
            elif tag in ("", TRIGGER):
                found += rendered(one)
            else:
                found.append((tag, rendered(one)))
    return found


def tree(element: ET.Element) -> Tree:
    """An element of XML without what only indents it."""
    if len(element):
        return _tag(element), [tree(child) for child in element]
    text = (element.text or "").strip()
    return _tag(element), text if text else []
