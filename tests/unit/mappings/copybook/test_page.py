"""The documentation of copybooks says what is so."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from mappings.copybook import CopybookDefinition, CopybookFormat
from mappings.copybook.schema import FieldOptions, RecordType
from tests.unit.mappings.copybook.samples import read, write

ROOT = Path(__file__).parents[4]
PAGE = ROOT / "docs" / "mappings" / "copybook.md"
TEXT = PAGE.read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```yaml\n(.*?)```.*?```text\n(.*?)```.*?```json\n(.*?)```", TEXT, re.DOTALL)


def test_the_page_has_examples() -> None:
    assert len(EXAMPLES) >= 3


@pytest.mark.parametrize(("definition", "file", "results"), EXAMPLES)
def test_the_examples_of_the_page_give_what_they_say(definition: str, file: str, results: str) -> None:
    (named,) = YAML(typ="safe").load(definition).values()
    codec = CopybookFormat(CopybookDefinition.model_validate(named))
    data = bytes.fromhex(file)
    expected = [json.loads(line, parse_float=Decimal) for line in results.splitlines()]
    assert read(codec, data) == expected
    assert write(codec, expected) == data


@pytest.mark.parametrize("name", sorted(CopybookDefinition.model_fields.keys() - {"format"}))
def test_every_key_is_on_the_page(name: str) -> None:
    assert f"| `{name}` |" in TEXT


@pytest.mark.parametrize("name", sorted({*FieldOptions.model_fields, *RecordType.model_fields}))
def test_every_inner_key_is_on_the_page(name: str) -> None:
    assert f"`{name}`" in TEXT


def rules() -> list[str]:
    """Those of this package, and of the tree of items; others are on the page of fixed width."""
    package = sorted((ROOT / "mappings" / "copybook").glob("*.py"))
    items = sorted((ROOT / "mappings" / "fixed_width").glob("items*.py"))
    source = "".join(path.read_text(encoding="utf-8") for path in (*package, *items))
    words = (
        r'(?:FieldError|ItemError)\(\s*"([a-z-]+)"|CopybookError\(\s*[^"()]*(?:\([^()]*\)[^"()]*)*"([a-z-]+)"'
    )
    return sorted({one or other for one, other in re.findall(words, source)})


@pytest.mark.parametrize("rule", rules())
def test_every_rule_is_on_the_page(rule: str) -> None:
    fixed_width = (PAGE.parent / "fixed-width.md").read_text(encoding="utf-8")
    assert f"`{rule}`" in TEXT or f"`{rule}`" in fixed_width
