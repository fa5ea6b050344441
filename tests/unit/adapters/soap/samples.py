"""The request and reply samples of npm `soap`, and how that library's JSON reads in ours.

A sample is a folder with a contract, the JSON of a request and the envelope that must come of it, the
envelope of a reply and the JSON that must come of that. The library's conventions differ from ours in form:

| npm `soap`                                   | here                                             |
|----------------------------------------------|--------------------------------------------------|
| `"attributes": {"a": 1}` (or `$attributes`)   | `"@a": 1`                                        |
| `"$value": text` beside attributes            | `"#text": text`                                  |
| `"attributes": {"xsi_type": {type, xmlns}}`   | `"@type": "{xmlns}type"`                         |
| `"attributes": {"xsi:type": "p:Name"}` (reply) | `"@type"`, whose namespace it loses              |
| one item of a list without the list           | always a list                                    |
| texts stripped of white space                 | texts as they are (compared stripped)            |
| numbers as text, or text as numbers           | what the schema says                             |
| an empty element is null or {}                | as the schema says: `""`, `{}`                   |
| text in a CDATA section has its markers       | just the text                                    |
| a prefix in front of a name                   | left out                                         |
| XML in a text, or any XML, read as JSON       | XML text (compared in the library's reading)     |
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from lxml import etree

from adapters.soap import documents, wsdl
from adapters.soap.client import HttpReply
from adapters.soap.multipart import envelope_part
from adapters.soap.operations import SoapOperation, compile_port
from mappings.xml import read_schemas
from tests.corpus import CORPUS, needs

SAMPLES = CORPUS / "soap" / "node-soap" / "request-response-samples"
ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
XSI = "http://www.w3.org/2001/XMLSchema-instance"

needs_corpus = needs(SAMPLES)


@dataclass(frozen=True)
class Sample:
    """One folder. `operation` raises LookupError, with the reason, where it is not offered."""

    folder: Path

    @property
    def operation_name(self) -> str:
        return self.folder.name.partition("__")[0]

    @property
    def content_type(self) -> str:
        """Of the reply: that of the one multipart message among them names its boundary."""
        content = self.bytes("response.xml")
        if not content.startswith(b"--"):
            return "text/xml; charset=utf-8"
        boundary = content[2:].partition(b"\n")[0].strip().decode()
        return f'multipart/related; boundary="{boundary}"; type="application/xop+xml"'

    def bytes(self, name: str) -> bytes:
        return (self.folder / name).read_bytes()

    def operation(self, *, tolerant: bool) -> SoapOperation:
        name = self.operation_name
        pinned = documents.load(self.folder / "soap.wsdl", self.folder)
        schemas = read_schemas(pinned.schemas)
        schemas = schemas.tolerant() if tolerant else schemas
        reasons = []
        for port in wsdl.read(pinned.definitions).ports:
            catalogue = compile_port(port, schemas)
            if name in catalogue.operations:
                return catalogue.operations[name]
            reasons += [missing.reason for missing in catalogue.missing if missing.name == name]
        raise LookupError("; ".join(reasons) or f"the contract has no operation {name}")

    def json(self, name: str) -> Any:
        return json.loads((self.folder / name).read_bytes(), parse_float=Decimal)

    def body(self, name: str) -> etree._Element:
        """The one element in the body of an envelope, which may be the one part of a multipart message."""
        content = self.bytes(name)
        if content.startswith(b"--"):
            kind = self.content_type
            content, _ = envelope_part(HttpReply(200, kind, "multipart/related", None, content, "", ""))
        root = etree.fromstring(content)
        body = root.find(f"{{{ENVELOPE}}}Body")
        assert body is not None, f"{name} has no body"
        return next(body.iterchildren(etree.Element))


def resolved(element: etree._Element) -> Any:
    """An element without prefixes: name, attributes, text, children in order. White space alone is
    left out, text is kept as it is."""
    attributes = {}
    for name, value in element.attrib.items():
        if name == f"{{{XSI}}}type":
            prefix, _, local = value.rpartition(":")
            value = f"{{{element.nsmap.get(prefix or None) or ''}}}{local}"
        attributes[name] = value
    children = [resolved(child) for child in element.iterchildren(etree.Element)]
    text = "" if children or not (element.text or "").strip() else element.text
    return element.tag, attributes, text, children


def translated(value: Any, schema: dict[str, Any]) -> Any:
    """A value of npm `soap` in our form, as our schema asks for it."""
    return _Translation(schema).value(value, schema)


class _Translation:
    def __init__(self, root: dict[str, Any]) -> None:
        self._definitions = root.get("$defs", {})

    def value(self, value: Any, schema: dict[str, Any]) -> Any:
        schema = self._resolve(schema)
        options = schema.get("oneOf") or schema.get("anyOf")
        if options and "properties" not in schema:
            return self.value(value, self._choose(value, options))
        kind = schema.get("type")
        if not kind and "properties" not in schema:
            return "" if value in (None, {}) else value
        if kind == "array":
            items = value if isinstance(value, list) else [value]
            return [self.value(item, schema.get("items", {})) for item in items]
        if kind == "object" or "properties" in schema:
            return self._object(value, schema)
        return _scalar(value, kind)

    def _object(self, value: Any, schema: dict[str, Any]) -> Any:
        properties = schema.get("properties", {})
        if not isinstance(value, dict):
            if "#text" in properties:
                return {"#text": self.value(value, properties["#text"])}
            return {} if value in (None, "") else value
        members: dict[str, Any] = {}
        for key, item in value.items():
            if key in ("attributes", "$attributes"):
                members |= self._attributes(item, properties)
            elif key == "$value":
                members["#text"] = self.value(item, properties.get("#text", {}))
            else:
                # A prefix in front of a name only tells the library which namespace to write.
                local = key if key in properties else key.rpartition(":")[2]
                members[local] = self.value(item, properties.get(local, {}))
        return members

    def _attributes(self, attributes: dict[str, Any], properties: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, value in attributes.items():
            key = f"@{name}"
            if name.endswith(":type"):
                name = "xsi:type"  # the prefix is whatever the library was told to use
            if name == "xsi_type":
                key = "@xsi:type" if "@xsi:type" in properties else "@type"
                value = f"{{{value['xmlns']}}}{value['type']}"
            elif name == "xsi:type":
                key = "@xsi:type" if "@xsi:type" in properties else "@type"
                value = properties.get(key, {}).get("const", value)
            elif name in ("xmlns", "xsi:nil") or name.startswith("xmlns:"):
                continue
            found[key] = self.value(value, properties.get(key, {}))
        return found

    def _choose(self, value: Any, options: list[dict[str, Any]]) -> dict[str, Any]:
        """The alternative that a value belongs to: null, the derived type it names, else the first."""
        resolved_options = [self._resolve(option) for option in options]
        if value is None:
            for option in resolved_options:
                if option.get("type") == "null":
                    return option
        wanted = _type_name(value)
        for option in resolved_options:
            properties = option.get("properties", {})
            constant = properties.get("@type", properties.get("@xsi:type", {})).get("const")
            if wanted and constant and constant.rpartition("}")[2] == wanted:
                return option
        return resolved_options[0]

    def _resolve(self, schema: dict[str, Any]) -> dict[str, Any]:
        while "$ref" in schema:
            schema = self._definitions[schema["$ref"].rpartition("/")[2]]
        return schema


def _type_name(value: Any) -> str:
    attributes = value.get("attributes", {}) if isinstance(value, dict) else {}
    for name, named in attributes.items():
        if name == "xsi_type":
            return str(named["type"])
        if name.endswith(":type"):
            return str(named).rpartition(":")[2]
    return ""


def _scalar(value: Any, kind: Any) -> Any:
    kinds = kind if isinstance(kind, list) else [kind]
    if isinstance(value, str) and value.startswith("<![CDATA[") and value.endswith("]]>"):
        return value[9:-3]
    if value == {} and "string" in kinds:
        return ""
    if value is None:
        return None if "null" in kinds else "" if "string" in kinds else None
    if "string" in kinds and isinstance(value, bool):
        return "true" if value else "false"
    if "string" in kinds and isinstance(value, int | Decimal):
        return str(value)
    if "boolean" in kinds and value in ("true", "false"):
        return value == "true"
    if isinstance(value, str) and {"integer", "number"} & set(kinds) and value.strip():
        return int(value) if "integer" in kinds else Decimal(value)
    return value


def stripped(value: Any) -> Any:
    """A value as far as the library carries it: texts stripped, floats as decimals, moments in UTC with
    milliseconds (JavaScript dates)."""
    if isinstance(value, dict):
        return {key: stripped(item) for key, item in value.items()}
    if isinstance(value, list):
        return [stripped(item) for item in value]
    if isinstance(value, float):
        return Decimal(repr(value))
    if not isinstance(value, str):
        return value
    return _MOMENT.sub(_in_utc, value.strip())


_MOMENT = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?$")


def _in_utc(found: re.Match[str]) -> str:
    moment = datetime.fromisoformat(found.group())
    local = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return local.astimezone(UTC).isoformat(timespec="milliseconds")


def agree(ours: Any, theirs: Any) -> bool:
    """True when a value of ours and a translated one are the same; XML kept as text is read as there."""
    if isinstance(theirs, dict) and isinstance(ours, str) and ours.startswith("<"):
        root = etree.fromstring(ours.encode())
        return bool({etree.QName(root).localname: as_library_json(root)} == theirs)
    if isinstance(theirs, dict) and isinstance(ours, dict) and ours.keys() == {"xml"}:
        return bool(as_library_json(etree.fromstring(ours["xml"])) == theirs)
    if isinstance(theirs, dict) and isinstance(ours, dict):
        return ours.keys() == theirs.keys() and all(agree(ours[key], theirs[key]) for key in ours)
    if isinstance(theirs, list) and isinstance(ours, list):
        return len(ours) == len(theirs) and all(map(agree, ours, theirs))
    return bool(ours == theirs) and isinstance(ours, bool) == isinstance(theirs, bool)


def as_library_json(element: etree._Element) -> Any:
    """How the library reads XML that no schema describes."""
    value: dict[str, Any] = {}
    attributes = {etree.QName(name).localname: text for name, text in element.attrib.items()}
    if attributes:
        value["attributes"] = attributes
    for child in element.iterchildren(etree.Element):
        value[etree.QName(child).localname] = as_library_json(child)
    text = (element.text or "").strip()
    if text and value:
        value["$value"] = text
    return value or text or None
