"""Laws of every dialect: what was written is read again, and where the bytes are cut does not matter."""

from __future__ import annotations

from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mappings.contract import MAX_CUT_BYTES, Context, Format, MappingError
from mappings.delimited import DelimitedDefinition, DelimitedFormat

NUMBER = {"type": "decimal", "scale": 2, "group_separator": "'", "sign": "parentheses", "suffix": " €"}
FIELDS: dict[str, Any] = {
    "text": {"nullable": True},
    "number": {**NUMBER, "nullable": True},
    "day": {"type": "date", "pattern": "%-d-%b-%y", "century_from": 1970},
    "last": {},
}
DIALECTS = st.fixed_dictionaries(
    {
        "delimiter": st.sampled_from([",", ";", "||", "~^~", "\x1f", "\t", "¦", " ", "=>", "#,"]),
        "quote": st.sampled_from(['"', '"', "'", "|", None]),
        "escape": st.sampled_from([None, None, "\\", "~"]),
        "escapes": st.sampled_from(["marks", "marks", "letters"]),
        "quoting": st.sampled_from(["minimal", "minimal", "all", "non_numeric"]),
        "comment": st.sampled_from([None, "#", "--"]),
        "spaces": st.sampled_from(["keep", "trim"]),
        "blank_lines": st.sampled_from(["refuse", "skip"]),
        "line_ending": st.sampled_from(["crlf", "lf", "cr"]),
        "encoding": st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"]),
        "null": st.sampled_from(["", "NULL", "\\N"]),
        "header": st.booleans(),
        "short_rows": st.sampled_from(["refuse", "fill"]),
        "long_rows": st.sampled_from(["refuse", "ignore", {"collect": "more"}]),
        "other_columns": st.sampled_from(["refuse", "ignore", {"collect": "others"}]),
        "stray_quotes": st.sampled_from(["refuse", "keep"]),
        "fields": st.sampled_from([FIELDS, {"last": {}}, {"text": {"nullable": True}}]),
    }
)
TEXTS = st.text(
    st.sampled_from("ab|\"'\\~^#-,;=> \t\x1f¦\r\n\ufeffN") | st.characters(codec="utf-8"), max_size=6
)
TEXTS_WITHOUT_NUL = TEXTS.map(lambda text: text.replace("\0", "0"))
TABBED = {"delimiter": "\t", "quote": None, "escape": "\\", "escapes": "letters", "line_ending": "lf"}


def compiled(given_: dict[str, Any]) -> DelimitedFormat | None:
    """The format, None where the choices contradict each other."""
    try:
        return DelimitedFormat(DelimitedDefinition.model_validate({"format": "delimited", **given_}))
    except ValueError:
        return None


def records_of(given_: dict[str, Any], others: list[str]) -> st.SearchStrategy[dict[str, Any]]:
    values: dict[str, st.SearchStrategy[Any]] = {
        "text": TEXTS_WITHOUT_NUL | st.none(),
        "number": st.decimals(-(10**9), 10**9, places=2) | st.none(),
        "day": st.dates().map(lambda day: day.replace(year=1970 + day.year % 100, day=1).isoformat()),
        "last": TEXTS_WITHOUT_NUL,
    }
    parts = {name: values[name] for name in given_["fields"]}
    if given_["other_columns"] == {"collect": "others"}:
        parts["others"] = st.fixed_dictionaries(dict.fromkeys(others, TEXTS_WITHOUT_NUL))
    if given_["long_rows"] == {"collect": "more"}:
        parts["more"] = st.lists(TEXTS_WITHOUT_NUL, max_size=2)
    return st.fixed_dictionaries(parts)


def read(codec: Format, data: bytes, size: int, **limits: int) -> list[Any]:
    decoder = codec.decoder(Context(**limits))
    results: list[Any] = []
    for start in range(0, len(data), size):
        results += decoder.feed(data[start : start + size])
    last, summary = decoder.finish()
    results += last
    assert summary.records == len(results)
    return results


def outcome(codec: Format, data: bytes, size: int, **limits: int) -> list[Any] | str:
    try:
        results = read(codec, data, size, **limits)
    except MappingError as error:
        return f"{error} {error.rule}"
    return [
        (str(each), each.rule, each.raw, each.raw_is_cut) if isinstance(each, MappingError) else each
        for each in results
    ]


@given(st.data())
@settings(max_examples=400, deadline=None)
def test_what_was_written_is_read_again(data: st.DataObject) -> None:
    dialect = data.draw(DIALECTS)
    codec = compiled(dialect)
    if codec is None:
        return
    others = data.draw(st.lists(TEXTS_WITHOUT_NUL, max_size=2, unique=True))
    rows = data.draw(st.lists(records_of(dialect, others), max_size=4))
    encoder = codec.encoder(Context())
    try:
        written = b"".join([*(encoder.encode([row]) for row in rows), encoder.finish()])
    except MappingError as error:
        refused = error.rule
    else:
        refused = None
    if refused is not None:
        assert refused in {"quote", "encoding", "comment", "blank-line", "header"}
        return
    validator = jsonschema_rs.validator_for(codec.schema())
    for row in rows:
        validator.validate(row)
    assert read(codec, written, data.draw(st.integers(1, 40))) == rows


@given(st.data())
@settings(max_examples=400, deadline=None)
def test_where_bytes_are_cut_does_not_matter(data: st.DataObject) -> None:
    dialect = data.draw(DIALECTS)
    codec = compiled(dialect)
    if codec is None:
        return
    marks = [dialect[key] for key in ("delimiter", "quote", "escape", "comment", "null") if dialect[key]]
    pieces = st.lists(
        st.sampled_from([*marks, *marks, "\r", "\n", "\r\n", "a", " ", "\ufeff", "\0", "é", "last", "text"])
    )
    python = {"utf-8-sig": "utf-8"}.get(dialect["encoding"], dialect["encoding"])
    text = "".join(data.draw(pieces)).encode(python, "replace")
    damage = data.draw(st.binary(max_size=3))
    at = data.draw(st.integers(0, len(text)))
    text = text[:at] + damage + text[at:]
    size, limits = (
        data.draw(st.integers(1, 9)),
        {"max_record_bytes": data.draw(st.sampled_from([8, 13, 200]))},
    )
    whole = outcome(codec, text, len(text) + 1, **limits)
    assert outcome(codec, text, size, **limits) == whole
    assert outcome(codec, text, 1, **limits) == whole


# The definition beside one field `a` and another `b`; the bytes; the records, or the rule of an error.
READS: list[Any] = [
    pytest.param({"delimiter": "||"}, b"1|2||3\n", [("1|2", "3")], id="delimiter of two characters"),
    pytest.param({"delimiter": "||"}, b"1|||2\n", [("1", "|2")], id="delimiter and its beginning"),
    pytest.param({"delimiter": "\x1f"}, b"1\x1f2\n", [("1", "2")], id="control character"),
    pytest.param({"delimiter": "¦"}, "1¦2\n".encode(), [("1", "2")], id="delimiter beyond ASCII"),
    pytest.param({"escape": "\\"}, b'"a\\"b",c\\,d\n', [('a"b', "c,d")], id="escapes"),
    pytest.param({"escape": "\\"}, b'"a\\\nb",\\\\\n', [("a\nb", "\\")], id="escaped line end in quotes"),
    pytest.param({"escape": "\\"}, b"a\\tb,c\n", ["stray-escape"], id="escape of a letter"),
    pytest.param({"escape": "\\"}, b"a,b\\\n", ["stray-escape"], id="escape at the end"),
    pytest.param({"escape": "\\"}, b'"a""b",c\n', ["after-quote"], id="doubled beside escape"),
    pytest.param(
        {"escape": "\\", "null": "\\N"}, b"\\N,b\n\\\\N,b\n", [(None, "b"), ("\\N", "b")], id="null"
    ),
    pytest.param(
        {**TABBED, "null": "\\N"},
        b"\\N\t\\\\N\na\\nb\\tc\t\\\\n\n",
        [(None, "\\N"), ("a\nb\tc", "\\n")],
        id="export of PostgreSQL",
    ),
    pytest.param(
        TABBED,
        b"a\\\nb\\\tc\t\\0\\Z\n\\\n\\\n\tx\r\\\ny\n",
        [("a\nb\tc", "\0\x1a"), ("\n\n", "x\r\ny")],
        id="export of MySQL",
    ),
    pytest.param(
        {**TABBED, "quote": '"', "delimiter": ","},
        b'"a\\nb\\\nc","\\"\\0"\n',
        [("a\nb\nc", '"\0')],
        id="letters in quotes",
    ),
    pytest.param(TABBED, b"a\\\r\nb\tc\r\n", [("a\r\nb", "c")], id="escaped CRLF"),
    pytest.param(TABBED, b"a\\qb\tc\n", ["stray-escape"], id="letter without a meaning"),
    pytest.param(TABBED, b"a\\\n\\q\tb\n1\t2\n", ["stray-escape", ("1", "2")], id="and on another line"),
    pytest.param({"stray_quotes": "keep"}, b'5" pipe,"b"\n', [('5" pipe', "b")], id="stray quote kept"),
    pytest.param({"spaces": "trim"}, b' a , "b " \n', [("a", "b ")], id="spaces around quotes"),
    pytest.param({"spaces": "trim"}, b" a ,  b\n", [("a", "b")], id="spaces"),
    pytest.param({"comment": "#"}, b'#x\n1,"2\n#3"\n#\n4,#5\n', [("1", "2\n#3"), ("4", "#5")], id="comments"),
    pytest.param({"skip_lines": 2}, b'x "y\n\n1,2\n', [("1", "2")], id="lines before"),
    pytest.param({"blank_lines": "skip"}, b"\n1,2\n\r\n3,4\n\n", [("1", "2"), ("3", "4")], id="blank lines"),
    pytest.param({"blank_lines": "skip"}, b" \n1,2\n", ["short-row", ("1", "2")], id="a space is not blank"),
    pytest.param({"short_rows": "fill"}, b"1\n", [("1", "")], id="short row filled"),
    pytest.param({"short_rows": "fill"}, b"1,2,3\n", ["long-row"], id="long row beside filling"),
    pytest.param({"long_rows": "ignore"}, b"1,2,3\n", [("1", "2")], id="long row cut"),
    pytest.param({"long_rows": "ignore"}, b"1\n", ["short-row"], id="short row beside ignoring"),
    pytest.param({"line_ending": "cr"}, b"1,2\r3,4\r\n5,6\n", [("1", "2"), ("3", "4"), ("5", "6")], id="CR"),
    pytest.param({"line_ending": "cr"}, b'1,"2\r3"\r', [("1", "2\r3")], id="CR in quotes"),
    pytest.param({}, b"1,2\r3,4\n", ["bare-cr"], id="CR where it ends nothing"),
    pytest.param({"encoding": "utf-16"}, "\ufeff1,é\n".encode("utf-16-be"), [("1", "é")], id="UTF-16 BE"),
    pytest.param({"encoding": "utf-16"}, "\ufeff1,é\n".encode("utf-16-le"), [("1", "é")], id="UTF-16 LE"),
    pytest.param({"encoding": "utf-16-le"}, "1,\u0a0d\n".encode("utf-16-le"), [("1", "\u0a0d")], id="0A 0D"),
    pytest.param(
        {"encoding": "utf-16-be"}, "1,2\n3,4".encode("utf-16-be"), [("1", "2"), ("3", "4")], id="BE"
    ),
    pytest.param({"encoding": "utf-16-le"}, b"1\0,\0\0\xd8\n\0", ["encoding"], id="lone surrogate"),
    pytest.param({"encoding": "utf-16-le"}, b"1\0,\x002\0\n\0" + b"x", [("1", "2"), "encoding"], id="half"),
]


@pytest.mark.parametrize(("changes", "data", "expected"), READS)
def test_reads(changes: dict[str, Any], data: bytes, expected: list[Any]) -> None:
    codec = compiled({"header": False, "fields": {"a": {"nullable": True}, "b": {}}, "null": "-", **changes})
    assert codec is not None
    for size in (1, 2, 1000):
        results = read(codec, data, size)
        found = [each.rule if isinstance(each, MappingError) else (each["a"], each["b"]) for each in results]
        assert found == expected


LOST: list[Any] = [
    pytest.param({"encoding": "utf-16"}, "1,2\n".encode("utf-16-le"), "bom", id="UTF-16 without a mark"),
    pytest.param(
        {"encoding": "utf-16-le"}, "\ufeff1,2\n".encode("utf-16-le"), "bom", id="mark not announced"
    ),
    pytest.param({"encoding": "utf-16"}, b"\xff", "bom", id="half a mark"),
    pytest.param({"escape": "\\"}, b'1,"2\\"\n', "unclosed-quote", id="escaped last quote"),
    pytest.param({"line_ending": "cr"}, b'1,"2\r', "unclosed-quote", id="CR inside of quotes"),
    pytest.param(TABBED, b"a\tb\\", "unclosed-escape", id="escape before the end"),
    pytest.param(TABBED, b"a\tb\\\n", "unclosed-escape", id="escaped last line end"),
    pytest.param(TABBED, b"a\tb\\\r", "unclosed-escape", id="escape before half a line end"),
]


@pytest.mark.parametrize(("changes", "data", "rule"), LOST)
def test_what_cannot_be_read_on_raises(changes: dict[str, Any], data: bytes, rule: str) -> None:
    codec = compiled({"header": False, "fields": {"a": {}, "b": {}}, **changes})
    assert codec is not None
    for size in (1, 2, 1000):
        with pytest.raises(MappingError) as caught:
            read(codec, data, size)
        assert caught.value.rule == rule


def test_errors_are_placed_in_bytes_whatever_the_encoding() -> None:
    fields = {"a": {}, "n": {"type": "integer"}}
    for encoding in ("utf-8", "utf-16-le", "cp1252"):
        codec = compiled({"header": False, "encoding": encoding, "spaces": "trim", "fields": fields})
        assert codec is not None
        for text in ("é, 1\n é ,  x\n", 'é,1\n"é" ,  "x"\n', '"é\n",1\n"é\né"  ,  x\n'):
            (error,) = [
                each for each in read(codec, text.encode(encoding), 3) if isinstance(each, MappingError)
            ]
            before = text[: text.index('"x' if '"x' in text else "x")]
            assert (error.rule, error.place.path) == ("integer", "/n")
            assert error.place.byte_offset == len(before.encode(encoding))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le"])
def test_the_beginning_of_a_line_that_is_too_long_is_kept(encoding: str) -> None:
    codec = compiled({"header": False, "encoding": encoding, "fields": {"a": {}, "b": {}}})
    assert codec is not None
    long = ("1," + "x" * 300_000).encode(encoding)
    data = "1,2\n".encode(encoding) + long + "\n3,4\n".encode(encoding)
    for size in (4099, 10**6):
        before, error, after = read(codec, data, size, max_record_bytes=200_000)
        assert (before, after) == ({"a": "1", "b": "2"}, {"a": "3", "b": "4"})
        assert (error.rule, error.raw, error.raw_is_cut) == ("record-length", long[:MAX_CUT_BYTES], True)


HEADERS: list[Any] = [
    pytest.param(
        {"other_columns": "ignore"}, b"x,b,y,a,x\n1,2,3,4,5\n", [{"a": "4", "b": "2"}], id="others ignored"
    ),
    pytest.param(
        {"other_columns": {"collect": "rest"}},
        b"x,b,y,a\n1,2,3,4\n",
        [{"a": "4", "b": "2", "rest": {"x": "1", "y": "3"}}],
        id="others collected",
    ),
    pytest.param(
        {"other_columns": {"collect": "rest"}}, b"x,b,x,a\n1,2,3,4\n", "header", id="twice collected"
    ),
    pytest.param({"other_columns": "ignore"}, b"a,b,a\n1,2,3\n", "header", id="declared column twice"),
    pytest.param(
        {"fields": {"a": {"column": "x"}, "b": {"column": "x"}}, "duplicate_columns": "in_order"},
        b"x,x\n1,2\n",
        [{"a": "1", "b": "2"}],
        id="duplicates in order",
    ),
    pytest.param(
        {"fields": {"a": {"column": "x"}, "b": {"column": "x"}}, "duplicate_columns": "in_order"},
        b"x\n1\n",
        "header",
        id="one of two duplicates",
    ),
]


@pytest.mark.parametrize(("changes", "data", "expected"), HEADERS)
def test_header_rows(changes: dict[str, Any], data: bytes, expected: Any) -> None:
    codec = compiled({"fields": {"a": {}, "b": {}}, **changes})
    assert codec is not None
    if isinstance(expected, str):
        with pytest.raises(MappingError) as caught:
            read(codec, data, 3)
        assert caught.value.rule == expected
        return
    rows = read(codec, data, 3)
    assert rows == expected
    encoder = codec.encoder(Context())
    assert read(codec, encoder.encode(rows) + encoder.finish(), 3) == rows


WRITES: list[Any] = [
    pytest.param({"quoting": "all"}, b'"x","1","-"\r\n,"2",\r\n', id="all"),
    pytest.param({"quoting": "non_numeric"}, b'"x",1,"-"\r\n,2,\r\n', id="non-numeric"),
    pytest.param({"quoting": "all", "escape": "\\"}, b'"x","1","-"\r\n,"2",\r\n', id="all beside escape"),
    pytest.param({"line_ending": "cr"}, b"x,1,-\r,2,\r", id="CR"),
]

# The definition beside one field `a`, its text, and how that is written.
ESCAPED: list[Any] = [
    pytest.param(TABBED, "a\nb\r\tc\\\0", b"a\\nb\\r\\tc\\\\\\0\n", id="letters"),
    pytest.param({**TABBED, "delimiter": ","}, "a,\tb", b"a\\,\tb\n", id="a tab that delimits nothing"),
    pytest.param({**TABBED, "quote": '"'}, 'a\n"\0', b'"a\n\\"\\0"\n', id="letters in quotes"),
    pytest.param({**TABBED, "escapes": "marks"}, "a\tb", b"a\\\tb\n", id="marks"),
]


@pytest.mark.parametrize(("changes", "text", "expected"), ESCAPED)
def test_writes_escapes(changes: dict[str, Any], text: str, expected: bytes) -> None:
    codec = compiled({"header": False, "fields": {"a": {}}, **changes})
    assert codec is not None
    encoder = codec.encoder(Context())
    assert encoder.encode([{"a": text}]) + encoder.finish() == expected
    assert read(codec, expected, 1) == [{"a": text}]


@pytest.mark.parametrize(("changes", "expected"), WRITES)
def test_writes(changes: dict[str, Any], expected: bytes) -> None:
    fields = {"t": {"nullable": True}, "n": {"type": "integer"}, "m": {"nullable": True}}
    codec = compiled({"header": False, "fields": fields, **changes})
    assert codec is not None
    encoder = codec.encoder(Context())
    rows = [{"t": "x", "n": 1, "m": "-"}, {"t": None, "n": 2, "m": None}]
    assert encoder.encode(rows) + encoder.finish() == expected


def test_every_byte_in_every_place_of_a_styled_number() -> None:
    number_field = {**NUMBER, "group_separator": ".", "separator": ",", "suffix": None}
    codec = compiled(
        {
            "header": False,
            "delimiter": ";",
            "quote": None,
            "encoding": "latin-1",
            "fields": {"n": number_field},
        }
    )
    assert codec is not None
    for number in (b"(1.234,50)", b"12,5"):
        good = 0
        for at in range(len(number)):
            for byte in range(256):
                text = number[:at] + bytes([byte]) + number[at + 1 :]
                for result in read(codec, text + b"\n", 1000):
                    if isinstance(result, MappingError):
                        assert result.rule in {
                            "decimal",
                            "nul",
                            "bare-cr",
                            "stray-quote",
                            "long-row",
                            "short-row",
                        }
                        continue
                    good += 1
                    encoder = codec.encoder(Context())
                    assert read(codec, encoder.encode([result]), 99) == [result]
        assert good > 9 * 4
