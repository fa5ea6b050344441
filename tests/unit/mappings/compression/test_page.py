"""The page on compressed files: its examples are run, and it knows every key and every rule."""

from __future__ import annotations

import gzip
import json
import re
from decimal import Decimal
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from mappings import compression
from mappings.compression import CompressedFormat, GzipDefinition, ZipDefinition, schema
from mappings.contract import Context
from tests.unit.mappings.compression.archives import defined, read, zipped

PAGE = (Path(__file__).parents[4] / "docs" / "mappings" / "compression.md").read_text(encoding="utf-8")


def _examples() -> list[tuple[str, str, str]]:
    """Each definition of the page, what is inside of its file, and the records."""
    blocks = re.findall(r"```(?:yaml|json)?\n(.*?)```", PAGE, re.DOTALL)
    return list(zip(blocks[::3], blocks[1::3], blocks[2::3], strict=True))


@pytest.mark.parametrize(("definition", "inside", "records"), _examples())
def test_the_examples_of_the_page_give_what_they_say(definition: str, inside: str, records: str) -> None:
    (keys,) = YAML(typ="safe").load(definition).values()
    format_ = defined(keys.pop("compression"), **keys)
    assert isinstance(format_, CompressedFormat)
    content = inside.replace("\n", "\n" if "line_ending" in keys else "\r\n").encode()
    is_gzip = format_.content_type == "application/gzip"
    data = gzip.compress(content) if is_gzip else zipped({"a.txt": b"x", "orders-7.csv": content})
    expected = json.loads(records, parse_float=Decimal)
    assert read(format_, data) == (expected, [])
    encoder = format_.encoder(Context())
    written = encoder.encode(expected) + encoder.finish()
    assert b"".join(format_.inside([written])) == content


def test_every_key_is_on_the_page_with_its_default() -> None:
    for model in (GzipDefinition, ZipDefinition):
        for name, field in model.model_fields.items():
            default = "" if field.is_required() or field.default is None else f"`{field.default}` "
            assert f"| `{name}` | {default}|" in PAGE, name


def test_every_rule_is_on_the_page() -> None:
    sources = Path(compression.__file__).parent.glob("*.py")
    rules = {
        rule
        for source in sources
        for rule in re.findall(r'"((?:gzip|zip|compression)-[a-z-]+)"', source.read_text(encoding="utf-8"))
    }
    assert len(rules) > 15
    rules |= {f"{kind}-{what}" for kind in ("gzip", "zip") for what in ("truncated", "size")}
    listed = set(re.findall(r"`([a-z-]+)`", PAGE.partition("## Errors")[2]))
    assert rules <= listed
    assert {each for each in listed if each.startswith(("gzip-", "zip-", "compression-"))} <= rules


def test_every_field_is_described() -> None:
    for model in vars(schema).values():
        for name, field in getattr(model, "model_fields", {}).items():
            assert field.description, f"{model.__name__}.{name}"
