"""The definition's own documentation, and the example on its page."""

import json
import re
from decimal import Decimal
from pathlib import Path

import pytest
from pydantic import TypeAdapter
from ruamel.yaml import YAML

from mappings.contract import Context
from mappings.delimited import field_schema, schema
from mappings.delimited.schema import DelimitedDefinition
from mappings.formats import FormatDefinition, build
from mappings.json import JsonDefinition

PAGE = Path(__file__).parents[4] / "docs" / "mappings" / "delimited.md"


def test_every_field_is_described() -> None:
    models = [
        value
        for module in (schema, field_schema)
        for value in vars(module).values()
        if isinstance(value, type) and hasattr(value, "model_fields")
    ]
    for model in [*models, JsonDefinition]:
        for name, field in model.model_fields.items():
            assert field.description, f"{model.__name__}.{name}"


def _examples() -> list[tuple[str, str, str]]:
    """Each definition of the page, the file it is about, and the records."""
    blocks = re.findall(r"```(?:yaml|json)?\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    return list(zip(blocks[::3], blocks[1::3], blocks[2::3], strict=True))


@pytest.mark.parametrize(("definition", "file", "record"), _examples())
def test_the_examples_of_the_page_give_what_they_say(definition: str, file: str, record: str) -> None:
    (named,) = YAML(typ="safe").load(definition).values()
    codec = build(TypeAdapter(FormatDefinition).validate_python(named))
    data = file.encode(named.get("encoding", "utf-8"))
    decoder = codec.decoder(Context())
    records = [*decoder.feed(data), *decoder.finish()[0]]
    expected = json.loads(record, parse_float=Decimal)
    assert records == (expected if isinstance(expected, list) else [expected])
    encoder = codec.encoder(Context())
    written = encoder.encode(records) + encoder.finish()
    if named.keys().isdisjoint({"skip_lines", "comment"}):
        assert written == file.replace("\n", "\n" if "line_ending" in named else "\r\n").encode("cp1252")
    else:
        again = codec.decoder(Context())
        assert [*again.feed(b"The title\n" + written), *again.finish()[0]] == records


def test_every_key_of_the_definition_is_on_the_page() -> None:
    text = PAGE.read_text(encoding="utf-8")
    for name in DelimitedDefinition.model_fields.keys() - {"format", "examples"}:
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
