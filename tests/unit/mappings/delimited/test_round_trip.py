"""Reading what was written gives the same records, wherever the bytes are cut."""

from decimal import Decimal
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mappings.columns import block_encoder
from mappings.contract import Context, Format, MappingError
from mappings.delimited import DelimitedDefinition, DelimitedFormat
from mappings.formats import built_in
from mappings.json import encode_line

FIELDS: dict[str, Any] = {
    "text": {},
    "note": {"nullable": True, "column": "A note; with, marks"},
    "count": {"type": "integer"},
    "amount": {"type": "decimal", "scale": 3, "nullable": True, "separator": ","},
    "exact": {"type": "decimal"},
    "flag": {"type": "boolean", "true_words": ["Y", "yes"], "false_words": ["N"], "nullable": True},
    "day": {"type": "date", "pattern": "%d/%m/%Y"},
    "at": {"type": "datetime", "pattern": "%Y%m%d %H%M%S.%f %z"},
    "local": {"type": "datetime", "pattern": "%Y-%m-%d %H:%M:%S", "offset": "local"},
    "time": {"type": "time", "pattern": "%-I:%M %p %S.%f"},
}


def definition(**changes: Any) -> DelimitedFormat:
    return DelimitedFormat(
        DelimitedDefinition.model_validate({"format": "delimited", "fields": FIELDS, **changes})
    )


characters = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
texts = st.text(characters | st.sampled_from(',;"\r\n\t ﻿'), max_size=12)
records = st.fixed_dictionaries(
    {
        "text": texts,
        "note": texts | st.none(),
        "count": st.integers(-(10**38), 10**38),
        "amount": st.none() | st.decimals(-(10**12), 10**12, places=3),
        "exact": st.decimals(-(10**12), 10**12, allow_nan=False).map(lambda number: round(number, 9)),
        "flag": st.booleans() | st.none(),
        "day": st.dates().map(str),
        "at": st.datetimes().map(lambda at: at.isoformat() + "+02:00"),
        "local": st.datetimes().map(lambda at: at.replace(microsecond=0).isoformat()),
        "time": st.times().map(str),
    }
)


def write(codec: Format, rows: list[Any]) -> bytes:
    encoder = codec.encoder(Context())
    return b"".join([*(encoder.encode([row]) for row in rows), encoder.finish()])


def read(codec: Format, data: bytes, size: int) -> list[Any]:
    decoder = codec.decoder(Context())
    results: list[Any] = []
    for start in range(0, len(data), size):
        results += decoder.feed(data[start : start + size])
    last, summary = decoder.finish()
    assert summary.records == len(results) + len(last)
    return [*results, *last]


@given(
    st.lists(records, max_size=5), st.sampled_from([",", ";", "\t", "|"]), st.booleans(), st.integers(1, 50)
)
@settings(max_examples=150, deadline=None)
def test_typed_records(rows: list[Any], delimiter: str, header: bool, size: int) -> None:
    codec = definition(delimiter=delimiter, header=header)
    for row in rows:
        jsonschema_rs.validator_for(codec.schema()).validate(row)
    data = write(codec, rows)
    assert read(codec, data, size) == rows
    assert write(codec, rows) == data


@given(st.lists(texts, min_size=1, max_size=4, unique=True).flatmap(
    lambda names: st.lists(st.fixed_dictionaries(dict.fromkeys(names, texts)), max_size=5)
))  # fmt: skip
@settings(max_examples=150, deadline=None)
def test_records_that_name_their_fields(rows: list[Any]) -> None:
    codec = built_in("csv")
    assert codec is not None
    data = write(codec, rows)
    assert read(codec, data, 7) == rows


@given(st.binary(max_size=60) | st.text('ab",\r\n', max_size=60).map(str.encode), st.integers(1, 61))
@settings(max_examples=400, deadline=None)
def test_any_bytes_give_the_same_results_however_they_are_cut(data: bytes, size: int) -> None:
    def outcome(size: int) -> Any:
        try:
            results = read(codec, data, size)
        except MappingError as error:
            return str(error)
        return [str(result) if isinstance(result, MappingError) else result for result in results]

    for codec in (built_in("csv"), DelimitedFormat(_two_columns)):
        assert codec is not None
        assert outcome(size) == outcome(len(data) + 1)


_two_columns = DelimitedDefinition.model_validate(
    {"format": "delimited", "header": False, "fields": {"a": {"nullable": True}, "b": {}}}
)


def test_cut_at_every_byte() -> None:
    data = b'a,b\r\n1,"x\r\ny""z"\r\n"",\xc3\xa9\n\r\n2,"q"r\n3,4'
    codec = DelimitedFormat(_two_columns)
    whole = [str(result) for result in read(codec, data, len(data))]
    for cut in range(len(data) + 1):
        decoder = codec.decoder(Context())
        parts = [*decoder.feed(data[:cut]), *decoder.feed(data[cut:])]
        assert [str(result) for result in [*parts, *decoder.finish()[0]]] == whole


def test_null_and_empty_text_differ() -> None:
    codec = DelimitedFormat(_two_columns)
    rows = [{"a": None, "b": ""}, {"a": "", "b": "x"}]
    data = write(codec, rows)
    assert data == b',\r\n"",x\r\n'
    assert read(codec, data, 3) == rows


def test_columns_are_found_by_name_in_any_order() -> None:
    codec = DelimitedFormat(
        DelimitedDefinition.model_validate(
            {"format": "delimited", "fields": {"no": {"type": "integer", "column": "No."}, "name": {}}}
        )
    )
    assert read(codec, b"name,No.\nAda,7\n", 4) == [{"no": 7, "name": "Ada"}]
    assert write(codec, [{"no": 7, "name": "Ada"}]) == b"No.,name\r\n7,Ada\r\n"
    assert write(codec, []) == b"No.,name\r\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1", "cp1252", "cp850"])
def test_encodings(encoding: str) -> None:
    codec = definition(encoding=encoding, fields={"a": {}})
    data = write(codec, [{"a": "Überweisung"}])
    assert data == "a\r\nÜberweisung\r\n".encode(encoding)
    assert read(codec, data, 1) == [{"a": "Überweisung"}]


def test_a_decimal_keeps_every_digit() -> None:
    codec = definition(fields={"n": {"type": "decimal"}})
    assert read(codec, b"n\n12345678901234567890.12345678901234567890\n", 99) == [
        {"n": Decimal("12345678901234567890.12345678901234567890")}
    ]


@pytest.mark.parametrize("sign", ["", "-"])
def test_a_whole_number_of_every_length_that_is_read_can_be_written(sign: str) -> None:
    codec = definition(fields={"n": {"type": "integer"}})
    data = f"n\r\n{sign}{'9' * 400}\r\n".encode()
    rows = read(codec, data, 99)
    assert rows == [{"n": int(f"{sign}{'9' * 400}")}]
    assert write(codec, rows) == data


UNWRITABLE = [
    pytest.param({}, {"a": "x\0"}, "nul", id="NUL"),
    pytest.param({"encoding": "latin-1"}, {"a": "€"}, "encoding", id="character outside the encoding"),
    pytest.param({}, {"a": "\ud800"}, "encoding", id="lone surrogate"),
    pytest.param({"quote": None}, {"a": "x,y"}, "quote", id="delimiter without quoting"),
    pytest.param({}, {"a": 1}, "type", id="number for text"),
    pytest.param({}, {"a": None}, "type", id="null where it is not allowed"),
    pytest.param({}, {}, "required", id="field missing"),
    pytest.param({}, {"a": "x", "b": "y"}, "unknown-field", id="field unknown"),
    pytest.param({"fields": {"a": {"type": "integer"}}}, {"a": True}, "type", id="boolean for integer"),
    pytest.param({"fields": {"a": {"type": "integer"}}}, {"a": Decimal("1.5")}, "type", id="fraction"),
    pytest.param(
        {"fields": {"a": {"type": "integer"}}}, {"a": 10**400}, "number-length", id="too many digits"
    ),
    pytest.param(
        {"fields": {"a": {"type": "integer"}}},
        {"a": Decimal("1E+999999")},
        "number-length",
        id="vast exponent",
    ),
    pytest.param(
        {"fields": {"a": {"type": "decimal"}}}, {"a": Decimal("1E-399")}, "number-length", id="tiny number"
    ),
    pytest.param({"fields": {"a": {"type": "decimal"}}}, {"a": Decimal("NaN")}, "number-length", id="NaN"),
    pytest.param({"fields": {"a": {"type": "decimal"}}}, {"a": 1.5}, "type", id="binary fraction"),
    pytest.param(
        {"fields": {"a": {"type": "decimal", "scale": 1}}}, {"a": Decimal("1.25")}, "scale", id="too fine"
    ),
    pytest.param({"fields": {"a": {"type": "date"}}}, {"a": "2026-02-30"}, "date", id="30 February"),
    pytest.param(
        {"fields": {"a": {"type": "datetime"}}}, {"a": "2026-02-03T10:00:00"}, "date", id="no offset"
    ),
    pytest.param(
        {"fields": {"a": {"type": "datetime", "pattern": "%Y-%m-%dT%H:%M:%S%z"}}},
        {"a": "2026-02-03T10:00:00.5Z"},
        "date",
        id="too fine a time",
    ),
]


@pytest.mark.parametrize(("changes", "record", "rule"), UNWRITABLE)
def test_what_cannot_be_written_exactly_is_refused(changes: Any, record: Any, rule: str) -> None:
    encoder = definition(**{"fields": {"a": {}}, **changes}).encoder(Context())
    with pytest.raises(MappingError) as caught:
        encoder.encode([record])
    assert caught.value.rule == rule
    assert caught.value.place.record == 1


def test_an_empty_text_alone_in_its_line_has_quotes() -> None:
    """A line with nothing in it is passed over by many programs."""
    csv = built_in("csv")
    assert csv is not None
    for format_ in (csv, DelimitedFormat(DelimitedDefinition.model_validate(_ALONE))):
        records = [{"a": "x"}, {"a": ""}, {"a": "y"}] * 40
        data = b"".join([format_.encoder(Context()).encode(records)])
        assert data == b"a\r\n" + b'x\r\n""\r\ny\r\n' * 40
        decoder = format_.decoder(Context())
        assert [*decoder.feed(data), *decoder.finish()[0]] == records
        encoder = block_encoder(format_, Context())
        if encoder is not None:
            lines = b"".join(encode_line(record) for record in records)
            assert b"".join(part for part in encoder.feed(lines) if isinstance(part, bytes)) == data


_ALONE = {"format": "delimited", "fields": {"a": {}}}
