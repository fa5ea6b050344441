"""The definition's own documentation, and the example on its page."""

import json
import re
from decimal import Decimal
from pathlib import Path

from pydantic import TypeAdapter
from ruamel.yaml import YAML

from mappings.contract import Context
from mappings.delimited import schema
from mappings.delimited.schema import DelimitedDefinition
from mappings.formats import FormatDefinition, build
from mappings.json import JsonDefinition

PAGE = Path(__file__).parents[4] / "docs" / "mappings" / "delimited.md"


def test_every_field_is_described() -> None:
    models = [
        value for value in vars(schema).values() if isinstance(value, type) and hasattr(value, "model_fields")
    ]
    for model in [*models, JsonDefinition]:
        for name, field in model.model_fields.items():
            assert field.description, f"{model.__name__}.{name}"


def test_the_example_of_the_page_gives_what_it_says() -> None:
    blocks = re.findall(r"```(?:yaml|json)?\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    definition, file, record = blocks[:3]
    (named,) = YAML(typ="safe").load(definition).values()
    codec = build(TypeAdapter(FormatDefinition).validate_python(named))
    decoder = codec.decoder(Context())
    records = [*decoder.feed(file.encode("cp1252")), *decoder.finish()[0]]
    assert records == [json.loads(record, parse_float=Decimal)]
    encoder = codec.encoder(Context())
    assert encoder.encode(records) + encoder.finish() == file.replace("\n", "\r\n").encode("cp1252")


def test_every_key_of_the_definition_is_on_the_page() -> None:
    text = PAGE.read_text(encoding="utf-8")
    for name in DelimitedDefinition.model_fields.keys() - {"format"}:
        assert f"| `{name}` |" in text
    for rule in (
        "short-row",
        "long-row",
        "stray-quote",
        "after-quote",
        "bare-cr",
        "nul",
        "bom",
        "unclosed-quote",
    ):
        assert f"`{rule}`" in text
