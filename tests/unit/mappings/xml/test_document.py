"""The page about XML files: its examples are read and written as it says, and it names every key."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from gateway.config import load_mappings
from mappings.xml_definition import XmlDefinition
from mappings.xml_fields import GroupField, ValueField
from tests.unit.mappings.xml.path_samples import canonical, read, write, xml

PAGE = (Path(__file__).parents[4] / "docs" / "mappings" / "xml-files.md").read_text(encoding="utf-8")


DEFINITIONS = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)


def definitions() -> dict[str, Any]:
    """The definitions without a schema."""
    found: dict[str, Any] = {}
    for text in DEFINITIONS:
        found |= YAML(typ="safe").load(text)
    return {
        name: {key: one[key] for key in one if key != "format"}
        for name, one in found.items()
        if "schema" not in one
    }


def test_the_example_of_paths_is_read_and_written() -> None:
    (data,) = re.findall(r"```xml\n(.*?)```", PAGE, re.DOTALL)
    (expected,) = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
    record = json.loads(expected, parse_float=Decimal)
    codec = xml(**definitions()["shop"])
    assert read(codec, data.encode()) == [record]
    assert canonical(write(codec, [record])) == canonical(data.encode())


ROWS = re.findall(r"^\| `(<a.*>)` \| `(.*)` \| `(.*)` \|$", PAGE, re.MULTILINE)


@pytest.mark.parametrize(("text", "badger", "parked"), ROWS, ids=[one[0] for one in ROWS])
def test_the_table_of_conventions(text: str, badger: str, parked: str) -> None:
    assert len(ROWS) == 3
    assert read(xml(convention="badgerfish"), text.encode()) == [json.loads(badger)]
    assert read(xml(convention="parker"), text.encode()) == [json.loads(parked)]


def test_the_definitions_are_good() -> None:
    assert definitions().keys() == {"shop", "feed", "plain"}
    for definition in definitions().values():
        assert xml(**definition).schema()


def test_a_configuration_can_hold_them(tmp_path: Path) -> None:
    (tmp_path / "mappings").mkdir()
    (tmp_path / "mappings" / "page.yaml").write_text("\n".join(DEFINITIONS), encoding="utf-8")
    formats = load_mappings(tmp_path, names=definitions()).formats
    data = b'<feed xmlns="http://www.w3.org/2005/Atom"><title/><entry><id>1</id></entry></feed>'
    (entry,) = read(formats["feed"], data)
    assert entry["entry"]["id"]["$"] == "1"


def test_every_key_is_on_the_page() -> None:
    keys = {field.alias or name for name, field in XmlDefinition.model_fields.items()}
    for key in keys | {*ValueField.model_fields, *GroupField.model_fields}:
        assert key in ("format", "examples", "description") or f"`{key}`" in PAGE, key
