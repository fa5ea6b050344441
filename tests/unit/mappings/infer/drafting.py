"""Drafts from bytes, and what is read with them."""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter
from ruamel.yaml import YAML

from mappings.contract import Context, Format, MappingError, Record
from mappings.formats import FormatDefinition, build
from mappings.infer import Draft, Sample, infer
from mappings.xml_definition import READ_FILE, ReadFile

DEFINITION: TypeAdapter[FormatDefinition] = TypeAdapter(FormatDefinition)


def drafted(*data: bytes, encoding: str | None = None) -> Draft:
    return infer([Sample(f"sample {at}", each) for at, each in enumerate(data)], encoding)


def loaded(draft: Draft, read: ReadFile | None = None) -> Format:
    """The format that the draft's YAML defines: what a person would put into a file."""
    (definition,) = YAML(typ="safe").load(draft.text("sample")).values()
    return build(DEFINITION.validate_python(definition, context={READ_FILE: read}))


def keys(draft: Draft) -> dict[str, Any]:
    return dict(draft.definition)


def results(format_: Format, data: bytes) -> tuple[list[Record], list[MappingError]]:
    decoder = format_.decoder(Context())
    found = [*decoder.feed(data)]
    found += decoder.finish()[0]
    errors = [one for one in found if isinstance(one, MappingError)]
    return [one for one in found if not isinstance(one, MappingError)], errors


def written(format_: Format, records: list[Record]) -> bytes:
    encoder = format_.encoder(Context())
    return encoder.encode(records) + encoder.finish()
