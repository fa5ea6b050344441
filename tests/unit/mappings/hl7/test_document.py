"""The reference page: its example is read and written as it says, and it names every key, type and rule."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from pathlib import Path

from ruamel.yaml import YAML

from mappings.hl7 import Hl7Definition, Hl7Format
from mappings.hl7.acknowledgement import CODES
from mappings.hl7.datatypes import COMPOSITES
from mappings.hl7.scalars import SCALARS
from mappings.hl7.schema import GroupUse, Leniency
from tests.unit.mappings.hl7.samples import hl7, read, write

PAGE = (Path(__file__).parents[4] / "docs" / "mappings" / "hl7.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    """The examples in this language."""
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


def test_the_example_is_read_and_written() -> None:
    (definition,) = YAML(typ="safe").load(blocks("yaml")[0]).values()
    codec = Hl7Format(Hl7Definition.model_validate(definition))
    data = blocks("hl7")[0].replace("\n", "\r").encode()
    expected = json.loads(blocks("json")[0], parse_float=Decimal)
    assert read(codec, data) == [expected]
    assert write(codec, [expected]) == data


def test_the_example_by_group_is_read_and_written() -> None:
    (definition,) = YAML(typ="safe").load(blocks("yaml")[0]).values()
    codec = Hl7Format(Hl7Definition.model_validate({**definition, "record": "results"}))
    data = blocks("hl7")[0].replace("\n", "\r").encode()
    expected = json.loads(blocks("ndjson")[0], parse_float=Decimal)
    assert read(codec, data) == [expected]
    assert write(codec, [expected]) == data


def test_the_example_without_a_definition_is_written_and_read() -> None:
    record = json.loads(blocks("json")[1])
    assert read(hl7(), write(hl7(), [record])) == [record]


def test_every_name_is_on_the_page() -> None:
    for name in (
        *Hl7Definition.model_fields,
        *GroupUse.model_fields,
        *(one.value for one in Leniency),
        *CODES,
    ):
        assert name in ("format", "description") or f"`{name}`" in PAGE, name
    for word in (*SCALARS, *COMPOSITES):
        assert re.search(rf"\b{word}\b", PAGE), word
