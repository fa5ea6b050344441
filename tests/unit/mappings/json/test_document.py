"""The reference page: its examples are read as it says, and it names every key and rule."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from mappings.contract import Format, MappingError
from mappings.formats import build, built_in
from mappings.json import JsonDefinition
from tests.unit.mappings.json.test_formats import UNREADABLE
from tests.unit.mappings.segments.samples import read, write

PAGE = (Path(__file__).parents[4] / "docs" / "mappings" / "json.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    """The examples in this language."""
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


def exact(text: str) -> Any:
    return json.loads(text, parse_float=Decimal)


def fmt(name: str) -> Format:
    found = built_in(name)
    assert found is not None
    return found


def parted(results: list[Any]) -> tuple[list[Any], list[str]]:
    """Records, and errors as they are printed."""
    errors = [f"{one.place}: {one.rule}: {one.reason}" for one in results if isinstance(one, MappingError)]
    return [one for one in results if not isinstance(one, MappingError)], errors


def test_the_example_by_a_schema() -> None:
    (definition,) = YAML(typ="safe").load(blocks("yaml")[0]).values()
    codec = build(JsonDefinition.model_validate(definition))
    records, errors = parted(read(codec, blocks("ndjson")[0].encode()))
    assert records == exact(blocks("json")[0])
    assert [str(one["value"]) for one in records] == ["12.50", "1E+2"]
    assert errors == blocks("errors")[0].splitlines()
    assert read(codec, write(codec, records)) == records


def test_one_record_stands_alone() -> None:
    text = blocks("json")[1]
    records = read(fmt("json"), text.encode())
    assert records == [exact(text)]
    assert write(fmt("json"), records).decode() == text.replace(" ", "").strip()


def test_the_example_of_what_is_refused() -> None:
    records, errors = parted(read(fmt("json"), blocks("json-errors")[0].encode()))
    assert records == [{"id": 3}]
    assert errors == blocks("errors")[1].splitlines()


def test_what_is_written_in_one_form() -> None:
    text = '{"b": "\\u00e9\\/", "a": 1e2, "c": 12.50}'
    written = write(fmt("ndjson"), read(fmt("ndjson"), text.encode()))
    assert written.decode() == '{"b":"é/","a":1E+2,"c":12.50}\n'


def test_every_key_and_rule_is_on_the_page() -> None:
    rules = {"syntax", "duplicate-key", "not-a-number", "utf-8", "bom", "surrogate", "depth", "record-length"}
    rules |= {"schema", "trailing", "truncated", *(rule for _, rule in UNREADABLE)}
    for name in (*JsonDefinition.model_fields, *rules):
        assert f"`{name}`" in PAGE, name
