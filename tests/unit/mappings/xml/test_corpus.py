"""Contracts of real services, where the corpus is at hand: reading never fails, most elements compile, and
the replies recorded with them survive decoding and encoding."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import jsonschema_rs
from lxml import etree

from mappings.contract import MappingError
from mappings.xml import SchemaDocument, SchemaModel, UnsupportedSchemaError, read_schemas
from tests.corpus import CORPUS, needs
from tests.unit.mappings.xml.contracts import accepts

SCHEMA = "{http://www.w3.org/2001/XMLSchema}schema"

needs_corpus = needs(CORPUS / "soap")


def documents(contract: Path) -> list[SchemaDocument]:
    """The schemas of a WSDL or XSD file and of the local files it leads to."""
    found: list[SchemaDocument] = []
    seen: set[Path] = set()
    waiting = [contract.resolve()]
    while waiting:
        path = waiting.pop(0)
        if path in seen or not path.is_file():
            continue
        seen.add(path)
        parser = etree.XMLParser(no_network=True, load_dtd=False, recover=True)
        root = etree.parse(str(path), parser).getroot()
        if root is None:
            continue
        if root.tag == SCHEMA:
            found.append(SchemaDocument(str(path), path.read_bytes()))
        else:
            inline = enumerate(root.iter(SCHEMA), 1)
            found += [
                SchemaDocument(f"{path}#{n}", etree.tostring(node, with_tail=False)) for n, node in inline
            ]
        for statement in root.iter("{*}import", "{*}include", "{*}redefine"):
            location = statement.get("schemaLocation") or statement.get("location") or ""
            if location and "://" not in location:
                waiting.append((path.parent / location).resolve())
    return found


def compiled(found: SchemaModel) -> int:
    count = 0
    for name in found.elements:
        # Compiling the schema shows that it is one, its patterns included.
        jsonschema_rs.Draft202012Validator(found.element_codec(name).schema())
        count += 1
    return count


def soap_contracts() -> Iterator[Path]:
    yield from sorted((CORPUS / "soap").rglob("*.wsdl"))


@needs_corpus
def test_every_soap_contract_is_read() -> None:
    good = broken = contracts = 0
    for contract in soap_contracts():
        found = read_schemas(documents(contract))
        good += compiled(found)
        broken += len(found.broken)
        contracts += 1
    assert contracts > 100
    # The rest needs files that the corpus does not have, or SOAP encoding.
    assert good > 400, f"{good} elements of {contracts} contracts compile, {broken} do not"


@needs_corpus
def test_recorded_messages_survive() -> None:
    """Each recorded body is decoded, encoded and decoded again; what the schema does not allow is refused."""
    same = refused = 0
    for folder in sorted((CORPUS / "soap" / "node-soap" / "request-response-samples").iterdir()):
        if not (folder / "soap.wsdl").is_file():
            continue
        found = read_schemas(documents(folder / "soap.wsdl"))
        for name in ("request.xml", "response.xml"):
            for element in bodies(folder / name):
                try:
                    used = found.element_codec(str(element.tag))
                    value = used.decode(element)
                except (UnsupportedSchemaError, MappingError):
                    refused += 1
                    continue
                assert accepts(used, value), folder.name
                back = used.decode(used.encode(value))
                if '"xml"' in json.dumps(back, default=str):
                    # Prefixes inside raw XML may change once.
                    value, back = back, used.decode(used.encode(back))
                assert back == value, folder.name
                same += 1
    assert same >= 25, f"{same} messages survive, {refused} are refused"


def bodies(path: Path) -> list[etree._Element]:
    if not path.is_file() or not path.read_bytes().lstrip().startswith(b"<"):
        return []
    root = etree.parse(str(path), etree.XMLParser(no_network=True, load_dtd=False, recover=True)).getroot()
    return [element for body in root.iter("{*}Body") for element in body if isinstance(element.tag, str)]


@needs_corpus
def test_every_schema_of_the_xmlschema_suite_is_read() -> None:
    for path in sorted((CORPUS / "xml" / "xmlschema").rglob("*.xsd")):
        compiled(read_schemas(documents(path)))
