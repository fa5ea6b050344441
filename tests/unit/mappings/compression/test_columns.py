"""Compressed data in columns, the same as record by record; and what compressed data tells of itself."""

from __future__ import annotations

import gzip
import io
from typing import Any

import pytest

from mappings import json
from mappings.columns import block_decoder, block_encoder, is_installed, table_decoder
from mappings.compression import CompressedBlockDecoder, CompressedDecoder, decoder_for, portions
from mappings.contract import BlockDecoder, Context, Decoder, Format, MappingError
from mappings.formats import built_in
from tests.unit.mappings.compression.archives import FIELDS, ORDERS, RECORDS, defined, read, zipped

needs_bulk = pytest.mark.skipif(not is_installed(), reason="the extra `bulk` is not installed")
_EXAMPLE = {"data": "item,quantity\r\nbolt,1\r\n", "records": [{"item": "bolt", "quantity": 1}]}
_LINES = b"".join(map(json.encode_line, RECORDS))


def _blocks(decoder: BlockDecoder, data: bytes, step: int) -> tuple[bytes, list[MappingError], int]:
    found: list[bytes | MappingError] = []
    for at in range(0, len(data), step):
        for results in portions(decoder, data[at : at + step]):
            found += results
    found += decoder.finish()[0]
    lines = b"".join(each for each in found if isinstance(each, bytes))
    return lines, [each for each in found if isinstance(each, MappingError)], decoder.written


@needs_bulk
@pytest.mark.parametrize("step", [7, 1 << 20], ids=lambda step: f"cut by {step}")
@pytest.mark.parametrize(
    ("compression", "pack"),
    [("gzip", gzip.compress), ("zip", lambda data: zipped({"orders.csv": data}))],
    ids=["gzip", "zip"],
)
def test_blocks_are_the_lines_of_the_records(compression: str, pack: Any, step: int) -> None:
    format_ = defined(compression)
    decoder = block_decoder(format_, Context())
    assert isinstance(decoder, CompressedBlockDecoder)
    content = ORDERS.replace(b"screw 3,3\r\n", b"screw 3,three\r\n") + ORDERS.partition(b"\r\n")[2] * 20
    lines, errors, written = _blocks(decoder, pack(content), step)
    records, expected = read(format_, pack(content))
    assert lines == b"".join(map(json.encode_line, records))
    assert [(error.rule, error.place) for error in errors] == [
        (error.rule, error.place) for error in expected
    ]
    assert written == len(records) == 299 + 6000


@needs_bulk
def test_blocks_of_several_entries_follow_each_other() -> None:
    decoder = block_decoder(defined({"type": "zip", "entries": "all"}), Context())
    assert decoder is not None
    assert _blocks(decoder, zipped({"a": ORDERS, "b": ORDERS}), 1 << 20) == (_LINES * 2, [], 600)


@needs_bulk
@pytest.mark.parametrize("compression", ["gzip", "zip"])
def test_blocks_are_written(compression: str) -> None:
    format_ = defined(compression)
    encoder = block_encoder(format_, Context())
    assert encoder is not None
    lines = _LINES * 20
    parts = [*encoder.feed(lines), *encoder.finish(), encoder.end()]
    data = b"".join(part for part in parts if isinstance(part, bytes))
    assert encoder.written == 6000
    assert read(format_, data) == (RECORDS * 20, [])


@needs_bulk
def test_a_table_is_made_of_what_is_inside() -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    decoder = table_decoder(defined("gzip"), Context(), "parquet")
    data, errors, written = _blocks(decoder, gzip.compress(ORDERS), 1000)
    assert (errors, written) == ([], 300)
    assert parquet.read_table(io.BytesIO(data)).to_pylist() == RECORDS
    with pytest.raises(ValueError, match="several files"):
        table_decoder(defined({"type": "zip", "entries": "all"}), Context(), "parquet")


@needs_bulk
@pytest.mark.parametrize(
    "keys",
    [
        {"format": "delimited", "fields": FIELDS, "examples": [_EXAMPLE]},
        {
            "format": "fixed_width",
            "encoding": "us-ascii",
            "record_length": 4,
            "fields": {"a": {"at": 1, "length": 4}},
            "examples": [{"data": "abcd", "records": [{"a": "abcd"}]}],
        },
    ],
    ids=lambda keys: keys["format"],
)
def test_examples_and_compression_keep_no_format_from_its_columns(keys: dict[str, Any]) -> None:
    for compression in (None, "gzip"):
        assert block_decoder(defined(compression, **keys), Context()) is not None
        assert block_encoder(defined(compression, **keys), Context()) is not None


_PLAIN: dict[str, Format | None] = {
    "delimited": defined(None),
    "csv": built_in("csv"),
    "ndjson": built_in("ndjson"),
    "json": built_in("json"),
    "x12": built_in("x12"),
    "edifact": built_in("edifact"),
    "hl7": built_in("hl7"),
    "fixed width": defined(
        None, format="fixed_width", encoding="us-ascii", record_length=9, fields={"a": {"at": 1, "length": 9}}
    ),
    "delimited in latin-1": defined(None, encoding="latin-1"),
}


def _first_error(decoder: Decoder, data: bytes, step: int) -> MappingError | None:
    try:
        for at in range(0, len(data), step):
            results = decoder.feed(data[at : at + step])
            if results:
                return results[0] if isinstance(results[0], MappingError) else None
        decoder.finish()
    except MappingError as error:
        return error
    return None


@pytest.mark.parametrize("step", [1, 10_000], ids=lambda step: f"cut by {step}")
@pytest.mark.parametrize("format_", _PLAIN.values(), ids=_PLAIN)
def test_compressed_data_names_the_key_that_is_missing(format_: Format | None, step: int) -> None:
    assert format_ is not None
    for data, key in (
        (gzip.compress(ORDERS), "compression: gzip"),
        (zipped({"a": ORDERS}), "compression: zip"),
        (b"\x28\xb5\x2f\xfd" + bytes(range(256)), "zstd"),
    ):
        error = _first_error(decoder_for(format_, Context()), data, step)
        assert error is not None
        assert error.rule == "compressed"
        assert key in str(error)


@needs_bulk
def test_so_does_a_decoder_of_blocks() -> None:
    decoder = block_decoder(defined(None), Context())
    assert decoder is not None
    with pytest.raises(MappingError, match="compression: gzip"):
        _blocks(decoder, gzip.compress(ORDERS), 1 << 20)


def test_data_that_only_begins_so_and_is_good_is_read() -> None:
    binary = defined(
        None,
        format="fixed_width",
        encoding="us-ascii",
        record_length=4,
        fields={"number": {"at": 1, "length": 4, "type": "integer", "usage": "binary"}},
    )
    decoder = decoder_for(binary, Context())
    assert decoder.feed(b"\x1f\x8b\x08\x00") == [{"number": 0x1F8B0800}]
    assert isinstance(decoder_for(defined("gzip"), Context()), CompressedDecoder)
