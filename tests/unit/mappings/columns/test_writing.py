"""Writing in columns gives what writing record by record gives."""

from __future__ import annotations

import json
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mappings.columns import Refused, block_encoder
from mappings.columns.ndjson_shape import learn
from mappings.contract import Context, Format, MappingError, Record
from mappings.delimited import DelimitedDefinition, DelimitedFormat, HeaderedText
from mappings.fixed_width import FixedWidthDefinition, FixedWidthFormat
from mappings.json import NdjsonFormat, encode_line
from tests.unit.mappings.columns.both import Cut, anywhere, bytewise, whole
from tests.unit.mappings.columns.random_copybook import random_copybook
from tests.unit.mappings.columns.random_delimited import random_delimited
from tests.unit.mappings.columns.random_fixed import random_format

Seen = bytes | tuple[object, ...]


def _told(error: MappingError, *more: object) -> tuple[object, ...]:
    return (error.rule, error.reason, error.place, error.excerpt, error.raw, *more)


def _joined(found: Iterator[Seen]) -> list[Seen]:
    seen: list[Seen] = []
    for each in found:
        if isinstance(each, bytes) and seen and isinstance(seen[-1], bytes):
            seen[-1] += each
        elif each:
            seen.append(each)
    return seen


def by_records(format_: Format, data: bytes) -> list[Seen]:
    """What the decoder of NDJSON and the encoder give, a record at a time."""

    def results() -> Iterator[Seen]:
        number = 0
        decoder, encoder = NdjsonFormat().decoder(Context()), format_.encoder(Context())
        for record in [*decoder.feed(data), *decoder.finish()[0]]:
            number += 1
            if isinstance(record, MappingError):
                yield _told(record)
                continue
            try:
                yield encoder.encode([record])
            except MappingError as error:
                yield _told(error, number, repr(record))
        yield _end(encoder.finish)

    return _joined(results())


def by_columns(format_: Format, chunks: Iterator[bytes]) -> tuple[list[Seen], int]:
    """The same in columns, and how many records were written."""
    encoder = block_encoder(format_, Context())
    assert encoder is not None, "this format can be written in columns"

    def results() -> Iterator[bytes | MappingError | Refused]:
        for chunk in chunks:
            yield from encoder.feed(chunk)
        yield from encoder.finish()

    def seen() -> Iterator[Seen]:
        for each in results():
            if isinstance(each, Refused):
                yield _told(each.error, each.number, repr(each.record))
            else:
                yield _told(each) if isinstance(each, MappingError) else each
        yield _end(encoder.end)

    return _joined(seen()), encoder.written


def _end(finish: Any) -> Seen:
    try:
        return bytes(finish())
    except MappingError as error:
        return _told(error)


def assert_same(format_: Format, data: bytes, *cuts: Cut) -> None:
    expected = by_records(format_, data)
    for cut in cuts:
        found, _ = by_columns(format_, cut(data))
        assert found == expected


def ndjson(format_: Format, data: bytes) -> list[bytes]:
    """The lines of the good records of some data."""
    decoder = format_.decoder(Context())
    results: list[Record | MappingError] = [*decoder.feed(data), *decoder.finish()[0]]
    return [encode_line(each) for each in results if not isinstance(each, MappingError)]


def damaged(lines: list[bytes], rng: Random) -> bytes:
    """Lines of which some are written otherwise, or are not quite right."""
    found = []
    for line in lines:
        chance = rng.random()
        if chance < 0.02:
            at = rng.randrange(len(line))
            line = line[:at] + bytes([rng.choice(b'09-."\\,}{ \nnt\x01\xc3\x7f')]) + line[at + 1 :]
        elif chance < 0.03:
            line = json.dumps(json.loads(line), sort_keys=True).encode() + b"\n"
        elif chance < 0.04:
            line = line.replace(b'":', b'":-', 1)
        elif chance < 0.05:
            line = line.replace(b"0", b"e", 1)
        found.append(line)
    return b"".join(found)


@settings(max_examples=120, deadline=None)
@given(st.integers(0, 2**32), st.booleans())
def test_random_definitions_and_records(seed: int, is_fixed: bool) -> None:
    rng = Random(seed)
    format_: Format
    format_, make = random_format(rng) if is_fixed else random_delimited(rng)
    if block_encoder(format_, Context()) is None:
        return
    try:
        lines = ndjson(format_, make(rng, rng.choice((60, 300))))
    except MappingError:
        return
    assert_same(format_, damaged(lines, rng), whole, anywhere(rng))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32))
def test_random_copybooks_and_records(seed: int) -> None:
    rng = Random(seed)
    format_, make = random_copybook(rng)
    data = make(rng, rng.choice((40, 100)))
    length = format_.layout.records[0].length
    lines = ndjson(format_, data[: len(data) // length * length])
    assert_same(format_, damaged(lines, rng), whole, anywhere(rng))


NESTED: dict[str, Any] = {
    "k": {"at": 1, "length": 2},
    "t": {
        "type": "group",
        "at": 4,
        "occurs": {"count": 2},
        "fields": {"a": {"length": 1}, "n": {"length": 2, "type": "integer", "occurs": {"count": 2}}},
    },
}
ALIKE = b'{"k": "ab", "t": [{"a": "x", "n": [1, 2]}, {"a": "y", "n": [3, 44]}]}\n'
OTHERS = {
    "numbers for texts": ALIKE.replace(b'"x"', b"1"),
    "texts for numbers": ALIKE.replace(b"44", b'"4"'),
    "null": ALIKE.replace(b'"ab"', b"null"),
    "fewer elements": ALIKE.replace(b"[1, 2]", b"[1]"),
    "more elements": ALIKE.replace(b"[1, 2]", b"[1, 2, 3]"),
    "text that was cut": ALIKE.replace(b'"y"', b'"y'),
    "quotes moved": ALIKE.replace(b'"ab"', b"1").replace(b"44", b'"4"'),
    "bracket for comma": ALIKE.replace(b"1, 2", b"1] 2"),
    "too long": ALIKE.replace(b"44", b"444"),
    "other names": ALIKE.replace(b'"n"', b'"m"', 1),
    "in another order": b'{"t": [{"n": [1, 2], "a": "x"}, {"a": "y", "n": [3, 44]}], "k": "ab"}\n',
}


@pytest.mark.parametrize("other", OTHERS.values(), ids=OTHERS.keys())
def test_lines_with_objects_and_arrays(other: bytes) -> None:
    given = {"format": "fixed_width", "encoding": "us-ascii", "separator": "lf", "fields": NESTED}
    format_ = FixedWidthFormat(FixedWidthDefinition.model_validate(given))
    assert_same(format_, ALIKE * 40 + other + ALIKE * 30, whole)
    assert_same(format_, other * 40 + ALIKE * 30, whole)


TOO_LONG = 70_000
"""More bytes than a word of two bytes can say."""


@pytest.mark.parametrize("form", ["length-zeros", "zeros-length", "two-bytes", "four-bytes"])
@pytest.mark.parametrize("length", [9, TOO_LONG])
def test_records_with_descriptor_words(form: str, length: int) -> None:
    """Which not every word can say the length of."""
    given = {
        "format": "fixed_width",
        "encoding": "cp037",
        "record_format": "V",
        "rdw": {"form": form},
        "fields": {"a": {"at": 1, "length": length - 4}, "n": {"length": 4, "type": "integer"}},
    }
    format_ = FixedWidthFormat(FixedWidthDefinition.model_validate(given))
    lines = [encode_line({"a": f"x{number}", "n": number}) for number in range(200)]
    if length == TOO_LONG and form != "four-bytes":
        assert block_encoder(format_, Context()) is None
        return
    assert_same(format_, b"".join(lines) + b'{"a":"x","n":12345}\n' + lines[0], whole)


@pytest.mark.parametrize(
    "line",
    [
        pytest.param(b'{"k":{}}', id="empty object"),
        pytest.param(b'{"k":[]}', id="empty array"),
        pytest.param(b"{" + b'"k":{' * 100 + b'"k":1' + b"}" * 101, id="deep"),
        pytest.param(b'{"k":[' + b"1," * 5000 + b"1]}", id="wide"),
        pytest.param(b'{"k":1,"k":2}', id="twice"),
        pytest.param(b'{"k":1}}', id="more behind"),
        pytest.param(b'{"k":1', id="no end"),
        pytest.param(b"[1]", id="array"),
    ],
)
def test_lines_without_a_shape(line: bytes) -> None:
    assert learn(line) is None


TOKENS = [
    *("0", "-0", "5", "-5", "12", "-12", "99", "100", "-100", "9999", "-9999", "99999", "123456789012345678"),
    *("1234567890123456789", "-1234567890123456789", "0.0", "-0.0", "-0.00", "0.01", "-0.01", "1.5", "-1.50"),
    *(
        "12.345",
        "1.",
        ".5",
        "01",
        "-01",
        "--1",
        "1-1",
        "1.2.3",
        "1e3",
        "1E-2",
        "+1",
        "-",
        "1e",
        "true",
        "nul",
    ),
    *(
        "false",
        "null",
        "truE",
        "{}",
        "[]",
        '""',
        '"a"',
        '"ab "',
        '" ab"',
        '"abcdefghi"',
        '"é"',
        '"\x7f"',
        '"\x80"',
    ),
    *('"\\u0041"', '"\\""', '"a,b"', '"N"', '"2024-02-29"', '"2023-02-29"', '"2024-02-29T23:59:59Z"'),
    *(
        '"2024-02-29T23:59:59+01:00"',
        '"2024-02-29T23:59:59"',
        '"23:59:00"',
        '"23:59:07"',
        '"24:00:00"',
        '"',
        "",
    ),
]
FIELDS: dict[str, dict[str, Any]] = {
    "text": {"length": 3},
    "right": {"length": 3, "justify": "right"},
    "whole text": {"length": 2, "trim": False},
    "digits": {"length": 4, "type": "integer"},
    "bounds": {"length": 4, "type": "integer", "minimum": 5, "maximum": 99},
    "spaces": {"length": 4, "type": "integer", "pad": " "},
    "asterisks": {"length": 6, "type": "decimal", "scale": 1, "sign": "floating", "pad": "*"},
    "left": {"length": 4, "type": "integer", "pad": " ", "justify": "left"},
    "money": {"length": 5, "type": "decimal", "scale": 2},
    "point": {"length": 6, "type": "decimal", "scale": 2, "separator": ",", "pad": " "},
    "leading": {"length": 5, "type": "decimal", "scale": 2, "sign": "leading"},
    "trailing": {"length": 5, "type": "integer", "sign": "trailing", "plus": " ", "pad": " "},
    "floating": {"length": 4, "type": "integer", "sign": "floating"},
    "floating spaces": {"length": 6, "type": "decimal", "scale": 1, "sign": "floating", "pad": " "},
    "floating point": {"length": 6, "type": "decimal", "scale": 2, "sign": "floating", "separator": "."},
    "zoned": {"length": 3, "type": "decimal", "scale": 1, "sign": "overpunch"},
    "zoned first": {"length": 2, "type": "integer", "sign": "overpunch_leading"},
    "tiny": {"length": 2, "type": "decimal", "scale": 4},
    "packed": {"length": 3, "type": "decimal", "scale": 2, "usage": "packed"},
    "unsigned": {"length": 2, "type": "integer", "usage": "packed", "sign": "none", "digits": 2},
    "bcd": {"length": 2, "type": "integer", "usage": "bcd"},
    "binary": {"length": 2, "type": "integer", "usage": "binary", "byte_order": "little"},
    "binary of eight": {"length": 8, "type": "decimal", "scale": 2, "usage": "binary"},
    "day": {"length": 8, "type": "date", "pattern": "%d%m%Y"},
    "time": {"length": 4, "type": "time", "pattern": "%H%M"},
    "moment": {"length": 15, "type": "datetime", "pattern": "%Y%m%d %H%M%S", "offset": "+01:00"},
    "moment of UTC": {"length": 14, "type": "datetime", "offset": "Z"},
    "local moment": {"length": 14, "type": "datetime", "offset": "local"},
    "flag": {"length": 1, "type": "boolean"},
    "float": {"length": 8, "type": "float", "usage": "ieee"},
}


@pytest.mark.parametrize("encoding", ["us-ascii", "cp273", "utf-8"])
@pytest.mark.parametrize("null", [None, "spaces", "zeros"])
@pytest.mark.parametrize("field", FIELDS.values(), ids=FIELDS.keys())
def test_every_kind_of_value_in_every_kind_of_field(
    field: dict[str, Any], null: str | None, encoding: str
) -> None:
    nullable = {} if null is None else {"nullable": True, "null": [null]}
    given = {
        "format": "fixed_width",
        "encoding": encoding,
        "record_length": field["length"],
        "fields": {"a": {"at": 1, **field, **nullable}},
    }
    data = b"".join(b'{"a":%s}\n' % token.encode() for token in TOKENS)
    assert_same(FixedWidthFormat(FixedWidthDefinition.model_validate(given)), data, whole)


COLUMNS: dict[str, dict[str, Any]] = {
    "text": {},
    "lengths": {"min_length": 1, "max_length": 3},
    "integer": {"type": "integer"},
    "bounds": {"type": "integer", "minimum": -5, "maximum": 100},
    "decimal": {"type": "decimal"},
    "money": {"type": "decimal", "scale": 2},
    "whole": {"type": "decimal", "scale": 0},
    "comma": {"type": "decimal", "scale": 2, "separator": ","},
    "any comma": {"type": "decimal", "separator": ","},
    "flag": {"type": "boolean", "true_words": ["yes, sir"], "false_words": ["no"]},
    "day": {"type": "date", "pattern": "%d.%m.%Y"},
    "moment": {"type": "datetime"},
}


@pytest.mark.parametrize("null", [None, "", "N", "0", "5"])
@pytest.mark.parametrize("delimiter", [",", ";", ".", "-"])
@pytest.mark.parametrize("field", COLUMNS.values(), ids=COLUMNS.keys())
def test_every_kind_of_value_in_every_kind_of_column(
    field: dict[str, Any], null: str | None, delimiter: str
) -> None:
    given = {
        "format": "delimited",
        "delimiter": delimiter,
        "fields": {"a": {**field, "nullable": null is not None}, "b": {}},
        "null": null or "",
    }
    data = b"".join(b'{"a":%s,"b":"x"}\n' % token.encode() for token in TOKENS)
    first = b'{"a":null,"b":"x"}\n' * (null is not None)
    assert_same(DelimitedFormat(DelimitedDefinition.model_validate(given)), first + data, whole)


WRITTEN = {
    "other order": b'{"b":"1","a":"2"}\n' * 20 + b'{"a":"1","b":"2"}\n' * 20,
    "white space": b' { "a" : "1" ,\t"b":"2"\t}\r\n' * 30,
    "more members": b'{"a":"1","b":"2"}\n' * 20 + b'{"a":"1","b":"2","c":"3"}\n' * 20,
    "twice the same": b'{"a":"1","b":"2"}\n' * 20 + b'{"a":"1","a":"2"}\n' * 20,
    "empty lines": b'{"a":"1","b":"2"}\n\n' * 20,
    "no line end": b'{"a":"1","b":"2"}\n' * 20 + b'{"a":"1","b":"2"}',
    "no objects": b"[]\n1\n" * 20,
    "nested": b'{"a":{"b":"1"},"b":[]}\n' * 20,
    "escapes": b'{"a":"\\n","b":"2"}\n' * 20 + b'{"\\u0061":"1","b":"2"}\n' * 20,
    "not UTF-8": b'{"a":"\xff","b":"2"}\n{"a":"\xc3\xa9","b":"2"}\n' * 20,
    "a byte order mark": b'\xef\xbb\xbf{"a":"1","b":"2"}\n{"a":"\xef\xbb\xbf1","b":"2"}\n' * 20,
    "line ends and quotes": b'{"a":"1,\\r","b":"\\"2\\""}\n{"a":"x,y","b":"z"}\n' * 20,
    "control characters": b'{"a":"\x01","b":"2"}\n{"a":"\x7f","b":"2"}\n' * 20,
}


@pytest.mark.parametrize("data", WRITTEN.values(), ids=WRITTEN.keys())
@pytest.mark.parametrize("header", [True, False])
def test_lines(data: bytes, header: bool) -> None:
    fields = {"a": {}, "b": {}}
    given = {"format": "delimited", "header": header, "fields": fields}
    for format_ in (DelimitedFormat(DelimitedDefinition.model_validate(given)), HeaderedText()):
        assert_same(format_, data, whole, bytewise, anywhere(Random(1), 100))


def test_what_separates_records_is_not_written() -> None:
    given = {
        "format": "fixed_width",
        "encoding": "us-ascii",
        "separator": "lf",
        "fields": {"a": {"at": 1, "length": 2, "allow_controls": True, "trim": False}},
    }
    format_ = FixedWidthFormat(FixedWidthDefinition.model_validate(given))
    texts = ["ab", "a\\n", "a\\r", "\\ra", "\x7fa"] * 10
    assert_same(format_, "".join(f'{{"a":"{text}"}}\n' for text in texts).encode(), whole)
