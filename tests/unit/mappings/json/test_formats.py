"""JSON and NDJSON as formats."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import strategies as st

from mappings.contract import MAX_CUT_BYTES, Context, Format, MappingError
from mappings.formats import BUILT_IN_NAMES, build, built_in
from mappings.json import JsonDefinition, JsonFormat
from tests.laws import law

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text('ab[]{}",\\', max_size=3), inner, max_size=3)
    ),
    max_leaves=6,
)
records = st.dictionaries(st.text("abc", max_size=2), values, max_size=3) | values


def fmt(name: str) -> Format:
    found = built_in(name)
    assert found is not None
    return found


def write(codec: Format, rows: list[Any]) -> bytes:
    encoder = codec.encoder(Context())
    return b"".join([*(encoder.encode([row]) for row in rows), encoder.finish()])


def read(codec: Format, data: bytes, size: int, **limits: Any) -> list[Any]:
    decoder = codec.decoder(Context(**limits))
    results: list[Any] = []
    for start in range(0, len(data), size):
        results += decoder.feed(data[start : start + size])
    last, summary = decoder.finish()
    assert summary.records == len(results) + len(last)
    return [*results, *last]


@law(
    st.sampled_from(["json", "ndjson"]),
    st.lists(records, max_size=4),
    st.integers(1, 40),
    quick=80,
    long=2000,
)
def test_round_trip(name: str, rows: list[Any], size: int) -> None:
    assert read(fmt(name), write(fmt(name), rows), size) == rows


@law(
    st.sampled_from(["json", "ndjson"]),
    st.text('[]{}",:\\1a \n', max_size=30),
    st.integers(1, 31),
    quick=300,
    long=6000,
)
def test_any_text_gives_the_same_results_however_it_is_cut(name: str, text: str, size: int) -> None:
    def outcome(size: int, limit: int) -> list[str]:
        """All that is given, and at last what ended it."""
        decoder = fmt(name).decoder(Context(max_record_bytes=limit))
        results: list[Any] = []
        try:
            for start in range(0, len(text), size):
                results += decoder.feed(text[start : start + size].encode())
            results += decoder.finish()[0]
        except MappingError as error:
            results.append(error)
        return list(map(str, results))

    for limit in (10, 1000):
        assert outcome(size, limit) == outcome(len(text) + 1, limit)


def test_built_in_formats_are_named() -> None:
    assert set(BUILT_IN_NAMES) == {"csv", "json", "ndjson", "x12", "edifact", "hl7"}
    assert built_in("xml") is None


@pytest.mark.parametrize("text", ["21.50", '"running"', "true", "null", "{}", "12345678901234567890123"])
def test_any_value_may_be_a_record(text: str) -> None:
    for size in (1, 100):
        (alone,) = read(fmt("json"), text.encode(), size)
        assert write(fmt("json"), [alone]) == text.encode()
        assert read(fmt("json"), f" [{text} ,{text}] ".encode(), size) == [alone, alone]
        assert read(fmt("ndjson"), f"{text}\n{text}".encode(), size) == [alone, alone]


def test_a_record_that_is_an_array_stays_one() -> None:
    assert write(fmt("json"), [[1, 2]]) == b"[[1,2]]"
    assert write(fmt("json"), [[]]) == b"[[]]"
    assert read(fmt("json"), b"[[1,2],3]", 1) == [[1, 2], 3]


NAN = float("nan")
"""Has no place in JSON."""


@pytest.mark.parametrize("name", ["json", "ndjson"])
@pytest.mark.parametrize(
    "rows",
    [[NAN], [NAN, 1], [NAN, [1]], [NAN, 1, 2], [1, NAN], [1, NAN, 2], [1, 2, NAN], [NAN, NAN, 1, NAN, 2]],
    ids=str,
)
def test_a_record_that_cannot_be_written_leaves_no_trace(name: str, rows: list[Any]) -> None:
    encoder = fmt(name).encoder(Context())
    parts, failed = [], []
    for row in rows:
        try:
            parts.append(encoder.encode([row]))
        except MappingError as error:
            failed.append(error.place.record)
    good = [row for row in rows if row is not NAN]
    assert read(fmt(name), b"".join([*parts, encoder.finish()]), 100) == good
    assert failed == [number for number, row in enumerate(rows, 1) if row is NAN]


@pytest.mark.parametrize("name", ["json", "ndjson"])
def test_of_records_that_are_written_together_none_is_when_one_cannot_be(name: str) -> None:
    encoder = fmt(name).encoder(Context())
    written = encoder.encode([1, 2])
    with pytest.raises(MappingError, match="record 4"):
        encoder.encode([3, NAN])
    written += encoder.encode([5, 6]) + encoder.finish()
    assert read(fmt(name), written, 100) == [1, 2, 5, 6]


def test_one_record_is_an_object_and_several_are_an_array() -> None:
    assert write(fmt("json"), [{"a": 1}]) == b'{"a":1}'
    assert write(fmt("json"), [{"a": 1}, {"a": 2}]) == b'[{"a":1},\n{"a":2}]'
    assert write(fmt("json"), []) == b"[]"


def test_numbers_keep_every_digit() -> None:
    assert read(fmt("json"), b'[{"n": 1.10}, {"n": 12345678901234567890123}]', 5) == [
        {"n": Decimal("1.10")},
        {"n": 12345678901234567890123},
    ]


# Text, then rule, record, line, byte offset of the error that is the second of three results.
BAD_RECORDS = [
    pytest.param("json", b'[{"a":1},\n{"b":1,"b":2},{"c":1}]', "duplicate-key", 2, 17, id="duplicate key"),
    pytest.param("json", b'[{"a":1},\n{"b":NaN},{"c":1}]', "not-a-number", 2, 15, id="NaN"),
    pytest.param("json", b'[{"a":1},\n{"b":tru},{"c":1}]', "syntax", 2, 15, id="half a word"),
    pytest.param(
        "ndjson", b'{"a":1}\n{"b":1,"b":2}\n{"c":1}', "duplicate-key", 2, 15, id="line: duplicate key"
    ),
    pytest.param("ndjson", b'{"a":1}\n{"b":\n{"c":1}\n', "syntax", 2, 13, id="line: half a record"),
    pytest.param("ndjson", b'{"a":1}\n{"b":"\xe9"}\n{"c":1}\n', "utf-8", 2, 14, id="line: not UTF-8"),
    pytest.param("ndjson", b'{"a":1}\n{"b":"\\ud800"}\n{"c":1}\n', "surrogate", 2, 14, id="line: surrogate"),
]


@pytest.mark.parametrize(("name", "data", "rule", "line", "offset"), BAD_RECORDS)
def test_a_bad_record_costs_only_itself(name: str, data: bytes, rule: str, line: int, offset: int) -> None:
    for size in (1, 5, 1000):
        first, error, last = read(fmt(name), data, size)
        assert (first, last) == ({"a": 1}, {"c": 1})
        assert isinstance(error, MappingError)
        assert (error.rule, error.place.record, error.place.line) == (rule, 2, line)
        assert error.place.byte_offset == offset


# A line, then its rule and the byte in it.
BAD_LINES = [
    pytest.param(b"\xff", "utf-8", 0, id="0xFF"),
    pytest.param(b'{"b":"\xc3"}', "utf-8", 6, id="half a character"),
    pytest.param(b'{"b":"\xed\xa0\x80"}', "utf-8", 6, id="surrogate in UTF-8"),
    pytest.param(b'{"b":"\xc0\xaf"}', "utf-8", 6, id="overlong"),
    pytest.param(b'{"b":"\x80"}', "utf-8", 6, id="continuation alone"),
    pytest.param(b'{"b":"a\x00b"}', "syntax", 7, id="NUL in a text"),
    pytest.param(b"\x00", "syntax", 0, id="NUL"),
    pytest.param(b'{"b":"a\tb"}', "syntax", 7, id="tab in a text"),
    pytest.param(b"{'b':1}", "syntax", 1, id="single quotes"),
    pytest.param(b'{"b":01}', "syntax", 6, id="leading zero"),
    pytest.param(b'{"b":1,}', "syntax", 7, id="trailing comma"),
    pytest.param(b'{"b":-Infinity}', "not-a-number", 5, id="infinity"),
    pytest.param(b'{"b":1e999}', "exponent", 5, id="exponent out of range"),
    pytest.param(b'{"b":"\\udfff"}', "surrogate", 6, id="second half of a surrogate pair"),
    pytest.param(b'{"b":1} {"b":2}', "syntax", 8, id="two values"),
    pytest.param(b"[" * 100 + b"]" * 100, "depth", 64, id="100 levels"),
    pytest.param(b'{"b":"', "syntax", 5, id="text without end"),
    pytest.param(b"\xef\xbb\xbf{}", "bom", 0, id="byte order mark"),
]


@pytest.mark.parametrize(("line", "rule", "offset"), BAD_LINES)
def test_a_bad_line_is_kept_as_it_came(line: bytes, rule: str, offset: int) -> None:
    for size in (1, 7, 1000):
        first, error, last = read(fmt("ndjson"), b'{"a":1}\n' + line + b'\n{"c":1}\n', size)
        assert (first, last) == ({"a": 1}, {"c": 1})
        assert (error.rule, error.raw) == (rule, line)
        assert (error.place.record, error.place.line, error.place.byte_offset) == (2, 2, 8 + offset)


def test_a_bad_element_of_an_array_is_kept_as_it_came() -> None:
    for size in (1, 7, 1000):
        _, error, _ = read(fmt("json"), b'[1, {"b": NaN} ,2]', size)
        assert error.raw == b'{"b": NaN}'


LOST = [
    pytest.param(b"", "truncated", id="empty"),
    pytest.param(b"  \n", "truncated", id="white space"),
    pytest.param(b'[{"a":1}', "truncated", id="array not closed"),
    pytest.param(b'[{"a":1},', "truncated", id="ends after a comma"),
    pytest.param(b'[{"a":1},]', "syntax", id="trailing comma"),
    pytest.param(b'[{"a":1}}', "syntax", id="wrong bracket"),
    pytest.param(b'[{"a":[1}]', "syntax", id="brackets crossed"),
    pytest.param(b"[{}] []", "trailing", id="two values"),
    pytest.param(b"\xef\xbb\xbf[]", "bom", id="byte order mark"),
    pytest.param(b"[" * 100_000, "depth", id="100,000 brackets"),
]


@pytest.mark.parametrize(("data", "rule"), LOST)
def test_an_array_that_cannot_be_followed_raises(data: bytes, rule: str) -> None:
    for size in (1, 4, 1000) if len(data) < 1000 else (65536,):
        with pytest.raises(MappingError) as caught:
            read(fmt("json"), data, size)
        assert caught.value.rule == rule


@pytest.mark.parametrize("name", ["json", "ndjson"])
def test_a_record_beyond_the_limit_is_dropped_while_it_passes(name: str) -> None:
    long = b'{"b":"' + b"x" * 5000 + b'"}'
    data = b'{"a":1}\n' + long + b'\n{"c":1}' if name == "ndjson" else b'[{"a":1},' + long + b',{"c":1}]'
    for size in (100, 10**6):
        first, error, last = read(fmt(name), data, size, max_record_bytes=1000)
        assert (first, last) == ({"a": 1}, {"c": 1})
        assert error.rule == "record-length"
        assert (error.raw, error.raw_is_cut) == (long[:1000], True)


@pytest.mark.parametrize("name", ["json", "ndjson"])
def test_of_a_record_beyond_the_limit_a_bounded_beginning_is_kept(name: str) -> None:
    long = [b'"' + letter * (1 << 20) + b'"' for letter in (b"x", b"y")]
    data = b"\n".join(long) if name == "ndjson" else b"[" + b",".join(long) + b"]"
    for size in (1 << 16, 1 << 24):
        errors = read(fmt(name), data, size)
        assert [error.raw for error in errors] == [one[:MAX_CUT_BYTES] for one in long]


def test_a_defined_record_has_its_schema() -> None:
    schema = {"type": "object", "properties": {"a": {"type": "integer"}}}
    definition = JsonDefinition.model_validate({"format": "ndjson", "record": schema})
    assert build(definition).schema() == schema
    for bad in ({"type": 5}, {"properties": 1}, {"$ref": "#/$defs/nowhere"}, {"$ref": "https://x.example/s"}):
        with pytest.raises(ValueError, match="is not a JSON Schema"):
            JsonDefinition.model_validate({"format": "json", "record": bad})


@pytest.mark.parametrize(("name", "data"), [("json", b'[1,\n"x",3]'), ("ndjson", b'1\n"x"\n3')])
def test_records_agree_with_their_schema(name: str, data: bytes) -> None:
    definition = JsonDefinition.model_validate({"format": name, "record": {"type": "number"}})
    first, error, last = read(build(definition), data, 3)
    assert (first, last) == (1, 3)
    assert (error.rule, error.place.record, error.place.line, error.place.path) == ("schema", 2, 2, "")
    assert error.raw == b'"x"'
    assert "x" not in error.reason.replace("expected", "")


def test_the_whole_value_agrees_with_the_schema_of_its_records() -> None:
    schema = {"type": "object", "properties": {"a": {"type": "number", "multipleOf": 0.01}}}
    codec = JsonFormat(schema)
    assert codec.value(b'{"a": 1.10}') == {"a": Decimal("1.10")}
    assert codec.value(b'[{"a": 1.10}]') == [{"a": Decimal("1.10")}]
    for data, record, path in (
        (b'{"a":true}', None, "/a"),
        (b'[{"a":1},{"a":"x"}]', 2, "/a"),
        (b"5", None, ""),
    ):
        with pytest.raises(MappingError) as caught:
            codec.value(data)
        assert (caught.value.rule, caught.value.place.record, caught.value.place.path) == (
            "schema",
            record,
            path,
        )
    with pytest.raises(MappingError, match="line 1, column 6"):
        codec.value(b'{"a":x}')


def test_what_stands_before_the_place_where_an_array_is_lost_is_given_first() -> None:
    decoder = fmt("json").decoder(Context())
    assert decoder.feed(b"[1,2,3]}") == [1, 2, 3]
    for again in (lambda: decoder.feed(b"4"), decoder.finish):
        with pytest.raises(MappingError) as caught:
            again()
        assert caught.value.rule == "trailing"


UNREADABLE: list[tuple[Any, str]] = [
    (10**400, "number-length"),
    (-(10**400), "number-length"),
    (Decimal("1E-401"), "exponent"),
    (Decimal("1E+401"), "exponent"),
    (Decimal("0." + "1" * 399), "number-length"),
    (Decimal("NaN"), "json-value"),
    (float("inf"), "json-value"),
]


@pytest.mark.parametrize(("number", "rule"), UNREADABLE, ids=[f"{str(one[0])[:9]}" for one in UNREADABLE])
@pytest.mark.parametrize("name", ["json", "ndjson"])
def test_a_number_that_would_not_be_read_is_not_written(name: str, number: Any, rule: str) -> None:
    encoder = fmt(name).encoder(Context())
    encoder.encode([1])
    with pytest.raises(MappingError) as caught:
        encoder.encode([{"a/b": [0, number]}])
    assert (caught.value.rule, caught.value.place.record, caught.value.place.path) == (rule, 2, "/a~1b/1")


@pytest.mark.parametrize(
    "number",
    [10**400 - 1, 2**64, -(2**63) - 1, Decimal("1E-400"), Decimal("9" * 400), Decimal("0." + "1" * 398)],
    ids=str,
)
def test_the_longest_numbers_come_back(number: Any) -> None:
    (found,) = read(fmt("ndjson"), write(fmt("ndjson"), [number]), 7)
    assert str(Decimal(found)) == str(Decimal(number))


@pytest.mark.parametrize("size", [1, 1000])
def test_the_column_of_an_element_is_that_in_its_line(size: int) -> None:
    many = ",".join('{"é":0}' for _ in range(100))
    data = f'[{{"é":1}}, {{"é" 2}},\n  {{"a":\n NaN}}, {{"é":1,}}, {many}, x]'.encode()
    places = [one.place for one in read(fmt("json"), data, size) if isinstance(one, MappingError)]
    assert len(places) == 4
    for one in places:
        assert one.byte_offset is not None
        before = data[: one.byte_offset].decode().split("\n")
        assert (one.line, one.column) == (len(before), len(before[-1]) + 1)
