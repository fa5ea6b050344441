"""What may be said of compression, and what contradicts itself."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from mappings.compression import CompressedFormat
from mappings.contract import Context
from mappings.examples import run_format
from mappings.exemplified import FormatExample
from mappings.explain import NotExplained, Wanted, explain
from mappings.formats import FormatDefinition
from tests.unit.mappings.compression.archives import ORDERS, compressed, defined, zipped

_RECORDS = {"head": {"match": "H", "fields": {}}, "line": {"match": "L", "fields": {"n": {}}}}
_BAD: dict[str, tuple[Any, str]] = {
    "no such method": ("bz2", "bz2"),
    "no such type": ({"type": "lzma"}, "lzma"),
    "no type": ({"level": 3}, "type"),
    "a key of zip": ({"type": "gzip", "entry": "*"}, "entry"),
    "no such level": ({"type": "gzip", "level": 10}, "level"),
    "no bytes at all": ({"type": "gzip", "max_bytes": 0}, "max_bytes"),
    "no such entries": ({"type": "zip", "entries": "some"}, "entries"),
    "a name that is not read": ({"type": "zip", "entry": "*.csv", "written_name": "a.txt"}, "written_name"),
    "a name that leads up": ({"type": "zip", "written_name": "../a"}, "written_name"),
    "a name from the root": ({"type": "zip", "written_name": "/a"}, "written_name"),
    "a name of a folder": ({"type": "zip", "written_name": "a/"}, "written_name"),
    "a backslash": ({"type": "zip", "entry": "a\\b"}, "entry"),
}


@pytest.mark.parametrize(("compression", "named"), _BAD.values(), ids=_BAD)
def test_what_is_wrong_is_named(compression: Any, named: str) -> None:
    with pytest.raises((ValidationError, ValueError), match=named):
        defined(compression)


def test_several_types_of_record_belong_to_one_file() -> None:
    with pytest.raises(ValueError, match=r"compression\.entries"):
        defined({"type": "zip", "entries": "all"}, format="delimited", records=_RECORDS)
    assert isinstance(defined("zip", format="delimited", records=_RECORDS), CompressedFormat)


@pytest.mark.parametrize(
    ("compression", "media_type"), [("gzip", "application/gzip"), ("zip", "application/zip")]
)
def test_a_compressed_format_says_what_it_is(compression: str, media_type: str) -> None:
    format_, plain = defined(compression), defined(None)
    assert format_.content_type == media_type
    assert format_.schema() == plain.schema()
    assert format_.losses()[:-1] == tuple(plain.losses())
    assert format_.losses()[-1].startswith("compression: ")


def test_a_definition_is_the_same_after_it_was_stored() -> None:
    adapter: TypeAdapter[FormatDefinition] = TypeAdapter(FormatDefinition)
    for compression in ("gzip", {"type": "zip", "entry": "*.csv"}):
        keys = {"format": "delimited", "fields": {"a": {}}, "compression": compression}
        definition = adapter.validate_python(keys)
        stored = definition.model_dump_json(by_alias=True, exclude_unset=True)
        assert adapter.validate_json(stored) == definition


def test_examples_say_what_is_inside_or_what_the_file_is() -> None:
    definition = TypeAdapter[FormatDefinition](FormatDefinition).validate_python(
        {"format": "delimited", "fields": {"item": {}}, "compression": "zip"}
    )
    format_ = defined("zip", fields={"item": {}})
    archive = zipped({"data": b"item\r\nbolt\r\n"})
    records = [{"item": "bolt"}]
    for given, expected in (
        ({"data": "item\r\nbolt\r\n", "records": records}, []),
        ({"hex": archive.hex(), "records": records}, []),
        ({"records": records}, []),
        ({"hex": (archive + b"x").hex(), "records": records, "errors": ["zip-trailing"]}, []),
        ({"data": "item\nbolt\n", "records": records}, ["is written otherwise"]),
        ({"hex": zipped({"a": b"item\nbolt\n"}).hex(), "records": records}, ["is written otherwise"]),
    ):
        example = FormatExample.model_validate(given)
        found = run_format(definition, format_, example, Context())
        assert [each[: len(say)] for each, say in zip(found, expected, strict=True)] == expected


def test_what_is_inside_is_explained() -> None:
    found = explain(compressed("zip"), None, [zipped({"a": ORDERS})], Wanted(None, 2))
    assert found is not None
    assert found.data == b"screw 1,1"
    with pytest.raises(NotExplained, match="several"):
        explain(compressed({"type": "zip", "entries": "all"}), None, [b""], Wanted(None, 1))
    ended = explain(compressed("gzip"), None, [b"item"], Wanted(None, 1))
    assert ended is not None
    assert [error.rule for error in ended.errors] == ["gzip-header"]
