"""XML files of others, where the corpus is at hand: each is read by its schema or refused with a rule, and
what is read is written and read again."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from pydantic import TypeAdapter

from mappings.contract import Context, Format, MappingError, Record
from mappings.formats import FormatDefinition, build
from mappings.xml_definition import READ_FILE
from tests.corpus import CORPUS, needs

CASES = CORPUS / "xml" / "xmlschema" / "test_cases"
ADAPTER: TypeAdapter[FormatDefinition] = TypeAdapter(FormatDefinition)

pytestmark = needs(CASES)


def format_of(schema: Path, **keys: str) -> Format:
    """The format of a schema file. Raises: ValueError."""

    def read_file(name: str) -> bytes:
        path = schema.parent / name
        if not path.is_file():
            raise ValueError(f"{name} does not exist")
        return path.read_bytes()

    definition = {"format": "xml", "schema": schema.name, **keys}
    return build(ADAPTER.validate_python(definition, context={READ_FILE: read_file}))


def read(format_: Format, data: bytes) -> list[Record | MappingError]:
    decoder = format_.decoder(Context(max_record_bytes=4 << 20))
    return [*decoder.feed(data), *decoder.finish()[0]]


SEVERAL = {
    "vehicles": ("examples/vehicles/vehicles.xsd", "vehicles.xml", "vehicles", "cars/car", 2),
    "bikes": ("examples/vehicles/vehicles.xsd", "vehicles.xml", "vehicles", "bikes/bike", 2),
    "collection": ("examples/collection/collection.xsd", "collection.xml", "collection", "object", 2),
}


@pytest.mark.parametrize(("schema", "data", "root", "record", "count"), SEVERAL.values(), ids=SEVERAL)
def test_records_of_a_document(schema: str, data: str, root: str, record: str, count: int) -> None:
    path = CASES / schema
    records = read(
        format_of(path, root=root, record=record, around="skip"), (path.parent / data).read_bytes()
    )
    assert [type(each) for each in records] == [dict] * count


def pairs() -> Iterator[tuple[Path, Path]]:
    """Each schema with each document beside it."""
    for schema in sorted(CASES.rglob("*.xsd")):
        for data in sorted(schema.parent.glob("*.xml")):
            yield schema, data


@pytest.mark.long
def test_every_document_is_read_or_refused() -> None:
    good, refused = 0, 0
    for schema, data in pairs():
        for keys in roots(schema):
            format_ = format_of(schema, **keys)
            found = only_record(format_, data.read_bytes())
            if isinstance(found, MappingError):
                assert found.rule, (schema, data)
                refused += 1
                continue
            good += 1
            # Prefixes inside raw XML may change once; then the text is in its canonical form.
            text = written(format_, found)
            again = only_record(format_, text)
            assert not isinstance(again, MappingError), (schema, data)
            assert written(format_, again) == text, (schema, data)
    assert good >= 50, (good, refused)


def written(format_: Format, record: Record) -> bytes:
    encoder = format_.encoder(Context())
    return encoder.encode([record]) + encoder.finish()


def only_record(format_: Format, data: bytes) -> Record | MappingError:
    try:
        (found,) = read(format_, data)
    except MappingError as lost:
        return lost
    return found


@cache
def roots(schema: Path) -> list[dict[str, str]]:
    """The settings by which each element of a schema can be the root; none where it cannot be used."""
    try:
        format_of(schema)
    except ValueError as error:
        words = str(error).partition("root: is required: the schema has ")[2].replace(", …", "")
        return [{"root": name} for name in set(words.split(", ")) if name and is_usable(schema, name)]
    return [{}]


def is_usable(schema: Path, root: str) -> bool:
    try:
        format_of(schema, root=root)
    except ValueError:
        return False
    return True
