"""What Python's csv module accepts in silence is an error here, with its place; reading goes on behind it."""

from typing import Any

import pytest

from mappings.contract import Context, MappingError
from mappings.delimited import DelimitedDefinition, DelimitedFormat

TYPED = DelimitedDefinition.model_validate(
    {
        "format": "delimited",
        "fields": {
            "id": {"type": "integer", "minimum": 0, "maximum": 999},
            "name": {"max_length": 10},
            "amount": {"type": "decimal", "scale": 2, "nullable": True},
            "paid": {"type": "boolean", "true_words": ["Y"], "false_words": ["N"]},
            "due": {"type": "date", "pattern": "%d.%m.%Y"},
        },
    }
)
HEADER = b"id,name,amount,paid,due\r\n"
GOOD = b"7,Ada,1.50,Y,31.12.2026\r\n"

# What the line is, then the rule, the line number, the byte offset within the line, the field.
BAD_ROWS = [
    pytest.param(b"1,x,1.5,Y\r\n", "short-row", 0, None, id="short row"),
    pytest.param(b"1,x,1.5,Y,31.12.2026,\r\n", "long-row", 0, None, id="long row"),
    pytest.param(b"\r\n", "short-row", 0, None, id="empty line"),
    pytest.param(b'1,a"b,1.5,Y,31.12.2026\r\n', "stray-quote", 3, None, id="stray quote"),
    pytest.param(b'1,"ab"c,1.5,Y,31.12.2026\r\n', "after-quote", 6, None, id="text after a quote"),
    pytest.param(b'1,"ab" ,1.5,Y,31.12.2026\r\n', "after-quote", 6, None, id="space after a quote"),
    pytest.param(b"1,a\x00b,1.5,Y,31.12.2026\r\n", "nul", 3, None, id="NUL"),
    pytest.param(b'1,"a\x00b",1.5,Y,31.12.2026\r\n', "nul", 4, None, id="NUL in quotes"),
    pytest.param(b"1,a\rb,1.5,Y,31.12.2026\r\n", "bare-cr", 3, None, id="bare CR"),
    pytest.param(b'1,"a"\rb,1.5,Y,31.12.2026\r\n', "bare-cr", 5, None, id="bare CR after a quote"),
    pytest.param(b"1,caf\xe9,1.5,Y,31.12.2026\r\n", "encoding", 5, None, id="not UTF-8"),
    pytest.param(b"1,abcdefghijk,1.5,Y,31.12.2026\r\n", "max-length", 2, "/name", id="too long a text"),
    pytest.param(b"x,a,1.5,Y,31.12.2026\r\n", "integer", 0, "/id", id="letters in an integer"),
    pytest.param(b" 1,a,1.5,Y,31.12.2026\r\n", "integer", 0, "/id", id="space in an integer"),
    pytest.param(b"1_0,a,1.5,Y,31.12.2026\r\n", "integer", 0, "/id", id="underscore in an integer"),
    pytest.param("٣,a,1.5,Y,31.12.2026\r\n".encode(), "integer", 0, "/id", id="Arabic digit"),
    pytest.param("²,a,1.5,Y,31.12.2026\r\n".encode(), "integer", 0, "/id", id="superscript digit"),
    pytest.param(b"-1,a,1.5,Y,31.12.2026\r\n", "minimum", 0, "/id", id="below the minimum"),
    pytest.param(b"1000,a,1.5,Y,31.12.2026\r\n", "maximum", 0, "/id", id="above the maximum"),
    pytest.param(b",a,1.5,Y,31.12.2026\r\n", "integer", 0, "/id", id="empty integer"),
    pytest.param(b'1,a,"",Y,31.12.2026\r\n', "decimal", 4, "/amount", id="quoted empty decimal"),
    pytest.param(b"1,a,1e5,Y,31.12.2026\r\n", "decimal", 4, "/amount", id="exponent"),
    pytest.param(b"1,a,NaN,Y,31.12.2026\r\n", "decimal", 4, "/amount", id="NaN"),
    pytest.param(b'1,a,"1,5",Y,31.12.2026\r\n', "decimal", 4, "/amount", id="locale comma"),
    pytest.param(b"1,a,1.505,Y,31.12.2026\r\n", "decimal", 4, "/amount", id="too fine"),
    pytest.param(b"1,a,1.,Y,31.12.2026\r\n", "decimal", 4, "/amount", id="point without digits"),
    pytest.param(b"1,a,1.5,y,31.12.2026\r\n", "boolean", 8, "/paid", id="unknown word"),
    pytest.param(b"1,a,1.5,Y,30.02.2026\r\n", "date", 10, "/due", id="30 February"),
    pytest.param(b"1,a,1.5,Y,1.2.2026\r\n", "date", 10, "/due", id="one-digit day"),
    pytest.param(b"1,a,1.5,Y,00.00.0000\r\n", "date", 10, "/due", id="date of zeros"),
    pytest.param(b"1,a,1.5,Y,31.12.26\r\n", "date", 10, "/due", id="two-digit year"),
]


def decode(data: bytes, size: int, definition: DelimitedDefinition = TYPED, **limits: int) -> list[Any]:
    decoder = DelimitedFormat(definition).decoder(Context(**limits))
    results: list[Any] = []
    for start in range(0, len(data), size):
        results += decoder.feed(data[start : start + size])
    last, _ = decoder.finish()
    return [*results, *last]


@pytest.mark.parametrize(("row", "rule", "offset", "path"), BAD_ROWS)
def test_a_bad_row_is_a_placed_error_and_the_next_row_is_read(
    row: bytes, rule: str, offset: int, path: str | None
) -> None:
    for size in (1, 3, 1000):
        before, error, after = decode(HEADER + GOOD + row + GOOD, size)
        assert before == after == {**before, "id": 7, "name": "Ada", "paid": True, "due": "2026-12-31"}
        assert isinstance(error, MappingError)
        assert (error.rule, error.place.record, error.place.line) == (rule, 2, 3)
        assert error.place.byte_offset == len(HEADER + GOOD) + offset
        assert error.place.path == path
        assert len(error.excerpt) <= 120
        assert error.raw == row.removesuffix(b"\r\n")


# Bytes that are none of the encoding's, or control it: the encoding, the row, the rule, the byte in the row.
BAD_BYTES = [
    pytest.param("utf-8", b"\xff,x,y", "encoding", 0, id="0xFF"),
    pytest.param("utf-8", b"a,\xc3,y", "encoding", 2, id="half a character"),
    pytest.param("utf-8", b"a,b\x80c,y", "encoding", 3, id="continuation alone"),
    pytest.param("utf-8", b"a,\xc0\xaf,y", "encoding", 2, id="overlong"),
    pytest.param("utf-8", b"a,\xed\xa0\x80,y", "encoding", 2, id="surrogate"),
    pytest.param("utf-8", b"a,\xf4\x90\x80\x80,y", "encoding", 2, id="beyond U+10FFFF"),
    pytest.param("utf-8", b'a,"\xfe\n\xff",y', "encoding", 2, id="in quotes, over two lines"),
    pytest.param("utf-8", b"\x00\x00\x00\x00", "nul", 0, id="only NULs"),
    pytest.param("utf-8", b'"a\x00\nb",x,y', "nul", 2, id="NUL in quotes, over two lines"),
    pytest.param("us-ascii", b"a,caf\xe9,y", "encoding", 2, id="Latin-1 in ASCII"),
    pytest.param("cp1252", b"a,\x81,y", "encoding", 2, id="byte that cp1252 lacks"),
    pytest.param("iso-8859-7", b"a,\xae,y", "encoding", 2, id="byte that Greek lacks"),
    pytest.param("utf-8", b"\xff\xfea\x00,\x00", "nul", 3, id="UTF-16"),
    pytest.param("utf-8", b"a,b\rc,y", "bare-cr", 3, id="CR alone"),
]


@pytest.mark.parametrize(("encoding", "row", "rule", "offset"), BAD_BYTES)
def test_bad_bytes_cost_their_row_and_are_kept_as_they_came(
    encoding: str, row: bytes, rule: str, offset: int
) -> None:
    definition = DelimitedDefinition.model_validate(
        {"format": "delimited", "header": False, "encoding": encoding, "fields": {"a": {}, "b": {}, "c": {}}}
    )
    good = b"1,2,3\r\n"
    for ending in (b"\n", b"\r\n"):
        for size in (1, 3, 1000):
            before, error, after = decode(good + row + ending + good, size, definition)
            assert before == after == {"a": "1", "b": "2", "c": "3"}
            assert (error.rule, error.raw) == (rule, row)
            assert (error.place.record, error.place.line) == (2, 2)
            assert len(good) + offset <= error.place.byte_offset <= len(good) + len(row)


def test_a_row_over_several_lines_is_kept_whole() -> None:
    row = b'x,"a\r\nb",1.5,Y,31.12.2026'
    _, error, _ = decode(HEADER + GOOD + row + b"\r\n" + GOOD, 3)
    assert (error.rule, error.raw) == ("integer", row)


LOST = [
    pytest.param(HEADER + b'1,"abc\r\n' + GOOD, "unclosed-quote", 2, len(HEADER) + 2, id="unclosed quote"),
    pytest.param(HEADER + b'1,"abc""\r\n', "unclosed-quote", 2, len(HEADER) + 2, id="doubled last quote"),
    pytest.param(b"\xef\xbb\xbf" + HEADER, "bom", 1, 0, id="byte order mark"),
    pytest.param(b"", "header", 1, None, id="empty data"),
    pytest.param(b"id,name,amount,paid\r\n", "header", 1, 0, id="column missing"),
    pytest.param(b"id,name,amount,paid,due,x\r\n", "header", 1, 0, id="column unknown"),
    pytest.param(b"id,name,amount,paid,due,due\r\n", "header", 1, 0, id="column twice"),
    pytest.param(b"id,na\0me,amount,paid,due\r\n", "nul", 1, 5, id="NUL in the header"),
]


@pytest.mark.parametrize(("data", "rule", "line", "offset"), LOST)
def test_what_cannot_be_resynchronised_raises(data: bytes, rule: str, line: int, offset: int | None) -> None:
    for size in (1, 3, 1000):
        with pytest.raises(MappingError) as caught:
            decode(data, size)
        assert (caught.value.rule, caught.value.place.line) == (rule, line)
        assert caught.value.place.byte_offset == offset


@pytest.mark.parametrize(
    ("header", "told"),
    [
        pytest.param(
            b"id,naem,amount,paid,due",
            "column 2 of the header row, 'naem', is not declared; declared and missing: 'name'",
            id="slip",
        ),
        pytest.param(
            b"id,name,amount,paid,due,x",
            "column 6 of the header row, 'x', is not declared; declared and missing: none",
            id="one-more",
        ),
        pytest.param(
            b"1," + 100 * b"7" + b",1,2,3",
            "'1', is not declared; declared and missing: 'id', 'name', 'amount', 'paid', 'due'",
            id="no-header-row",
        ),
        pytest.param(b"id," + 99 * b"n", f"'{40 * 'n'}…'", id="cut"),
        pytest.param(b"id,name,due,due,due", "names the column 'due' twice", id="twice"),
    ],
)
def test_a_wrong_header_row_names_the_column(header: bytes, told: str) -> None:
    with pytest.raises(MappingError) as caught:
        decode(header + b"\r\n", 1000)
    assert told in str(caught.value)


def test_a_line_beyond_the_limit_costs_only_itself() -> None:
    long = b"1," + b"x" * 200_000 + b",1.5,Y,31.12.2026\r\n"
    for size in (777, 65536, 10**6):
        before, error, after = decode(HEADER + GOOD + long + GOOD, size, max_record_bytes=131_072)
        assert before == after
        assert (error.rule, error.place.record, error.place.line) == ("record-length", 2, 3)
        assert error.place.byte_offset == len(HEADER + GOOD)


def test_an_unclosed_quote_does_not_swallow_the_file() -> None:
    data = HEADER + b'1,"abc\r\n' + GOOD * 20_000
    for size in (777, 65536, 10**7):
        with pytest.raises(MappingError, match="does not end within 65536 bytes") as caught:
            decode(data, size, max_record_bytes=65_536)
        assert caught.value.place.line == 2


def test_a_line_without_end_is_held_in_bounded_memory() -> None:
    decoder = DelimitedFormat(TYPED).decoder(Context(max_record_bytes=1000))
    decoder.feed(HEADER)
    for _ in range(1000):
        assert decoder.feed(b"x" * 1000) == []
    assert decoder._tokenizer._lines.held < 3000


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        pytest.param({"delimiter": ""}, "delimiter", id="no delimiter"),
        pytest.param({"quote": "a"}, "quote", id="letter as quote"),
        pytest.param({"escape": "\\\\"}, "escape", id="two characters as escape"),
        pytest.param({"encoding": "utf-7"}, "encoding", id="unknown encoding"),
        pytest.param({"long_rows": "collect"}, "long_rows", id="collected without a name"),
        pytest.param({"fields": {}}, "fields", id="no fields"),
        pytest.param({"fields": {"a": {"type": "float"}}}, "float", id="unknown type"),
        pytest.param({"fields": {"a": {"wide": 1}}}, "wide", id="unknown key"),
    ],
)
def test_a_definition_of_the_wrong_shape_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        DelimitedDefinition.model_validate({"format": "delimited", "fields": {"a": {}}, **changes})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        pytest.param({"delimiter": ";", "quote": ";"}, "differ", id="quote is the delimiter"),
        pytest.param({"null": 'a"b'}, "null", id="quote in null"),
        pytest.param({"null": "a,b"}, "null", id="delimiter in null"),
        pytest.param({"fields": {"a": {"column": "b"}, "b": {}}}, "2 fields", id="column twice"),
        pytest.param({"fields": {"a": {"max_length": 1, "min_length": 2}}}, "max_length", id="lengths"),
        pytest.param({"fields": {"a": {"type": "date", "pattern": "%y%m%d"}}}, "%y", id="two-digit year"),
        pytest.param({"delimiter": "\n"}, "delimiter: holds a line end", id="line feed as delimiter"),
        pytest.param({"escape": '"'}, "escape: must differ from the quote", id="escape is the quote"),
        pytest.param({"escapes": "letters"}, "escapes: there is no escape", id="letters without an escape"),
        pytest.param(
            {"escape": "\\", "escapes": "letters", "delimiter": "t"},
            "delimiter: begins",
            id="letter",
        ),
        pytest.param(
            {"delimiter": "|\\", "escape": "\\"}, "escape: must differ", id="escape in the delimiter"
        ),
        pytest.param({"comment": ",#"}, "comment: begins with the delimiter", id="comment with delimiter"),
        pytest.param({"comment": '"'}, "comment: begins with the quote", id="comment is the quote"),
        pytest.param({"comment": "#", "null": "#"}, "null: begins as a comment", id="null is a comment"),
        pytest.param({"spaces": "trim", "delimiter": " "}, "spaces: the delimiter", id="spaces trimmed"),
        pytest.param({"spaces": "trim", "null": " "}, "null: begins or ends", id="null of spaces"),
        pytest.param({"quote": None, "quoting": "all"}, "quoting: there is no quote", id="quoting alone"),
        pytest.param({"null": "x|", "delimiter": "||"}, "null: ends as", id="null ends as delimiter"),
        pytest.param({"escape": "\\", "null": "\\,x"}, "null: holds the delim", id="null with delimiter"),
        pytest.param({"escape": "\\", "null": "\\\\"}, "null: is also", id="null is an escaped text"),
        pytest.param({"encoding": "us-ascii", "delimiter": "¦"}, "us-ascii does not", id="delimiter lacking"),
        pytest.param({"header": False, "other_columns": "ignore"}, "no header row", id="columns unnamed"),
        pytest.param({"long_rows": {"collect": "a"}}, "is one of fields", id="collected into a field"),
        pytest.param({"order": "any"}, "order: belongs to several types", id="order of one type"),
        pytest.param({"fields": None}, "either fields or records", id="neither fields nor records"),
        pytest.param(
            {"fields": {"a": {"type": "integer", "equals": "count(x)"}}},
            "several types",
            id="total of one type",
        ),
        pytest.param(
            {"fields": {"a": {"type": "decimal", "separator": ",", "group_separator": ","}}},
            "group_separator: is what stands",
            id="group and fraction alike",
        ),
        pytest.param(
            {"fields": {"a": {"type": "integer", "prefix": "-"}}},
            "prefix: has a digit",
            id="prefix is a sign",
        ),
        pytest.param(
            {"fields": {"a": {"type": "date", "pattern": "%-d%-m%Y"}}},
            "no fixed length",
            id="days run together",
        ),
        pytest.param(
            {"fields": {"a": {"type": "date", "century_from": 1950}}}, "no %y", id="century of four digits"
        ),
        pytest.param(
            {"fields": {"a": {"type": "datetime", "pattern": "%Y%m%d%H%M%p", "offset": "Z"}}},
            "%p and %I belong together",
            id="afternoon of twenty-four hours",
        ),
        pytest.param({"fields": {"a": {"type": "date", "pattern": "%Y%m"}}}, "%d", id="date without day"),
        pytest.param({"fields": {"a": {"type": "date", "pattern": "%Y%Y%m%d"}}}, "twice", id="year twice"),
        pytest.param(
            {"fields": {"a": {"type": "datetime", "pattern": "%Y%m%d%H%M"}}}, "offset", id="no zone"
        ),
        pytest.param({"fields": {"a": {"type": "datetime", "offset": "Z"}}}, "offset", id="two zones"),
        pytest.param({"fields": {"a": {"type": "time", "pattern": "%H"}}}, "%M", id="time without minutes"),
        pytest.param({"fields": {"a": {"type": "time", "pattern": "%d %H:%M"}}}, "%M", id="time with a day"),
        pytest.param(
            {"fields": {"a": {"type": "time", "pattern": "%H:%M %f"}}}, "%S", id="time without seconds"
        ),
        pytest.param(
            {"fields": {"a": {"type": "boolean", "true_words": ["x"], "false_words": ["x"]}}},
            "also among",
            id="word means both",
        ),
    ],
)
def test_a_definition_that_contradicts_itself_is_refused(changes: dict[str, Any], message: str) -> None:
    definition = DelimitedDefinition.model_validate({"format": "delimited", "fields": {"a": {}}, **changes})
    with pytest.raises(ValueError, match=message):
        DelimitedFormat(definition)


@pytest.mark.parametrize(
    ("field", "text", "said"),
    [
        ({"type": "date", "pattern": "%d.%m.%Y"}, "2026-12-31", "%d.%m.%Y"),
        ({"type": "datetime", "pattern": "%Y-%m-%d %H:%M", "offset": "Z"}, "31.12.2026", "%Y-%m-%d %H:%M"),
        ({"type": "time", "pattern": "%H:%M"}, "8:15", "time's pattern, %H:%M"),
        ({"type": "time", "pattern": "%H:%M"}, "24:00", "hour must be in"),
        (
            {"type": "decimal", "scale": 2, "separator": ",", "group_separator": ".", "sign": "trailing"},
            "1,234.50",
            "1.234,56-",
        ),
        ({"type": "integer", "sign": "parentheses", "prefix": "EUR "}, "EUR x", "(EUR 1234)"),
    ],
)
def test_an_error_says_what_was_expected(field: dict[str, Any], text: str, said: str) -> None:
    definition = {"format": "delimited", "header": False, "delimiter": ";", "fields": {"a": field}}
    (error,) = decode(f"{text}\r\n".encode(), 100, DelimitedDefinition.model_validate(definition))
    assert said in error.reason
