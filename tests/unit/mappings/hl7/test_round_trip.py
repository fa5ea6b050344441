"""Laws: what was written reads as the same records, wherever it is cut, with and without a definition."""

from __future__ import annotations

import string
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from mappings.contract import MappingError, Place
from mappings.hl7.escapes import Texts
from mappings.hl7.marks import Marks
from mappings.json.schema import RecordSchema
from tests.laws import law
from tests.unit.mappings.hl7.samples import hl7, read, told, write

SIGNS = "!#$%*+-./:;<=>?@[\\]^_`{|}~&"
PIECES = st.sampled_from(
    ["\\", "\\E\\", "\\.br\\", "\\H\\", "\\X41\\", "\\XFF\\", "\\Z1\\", "|", "^", "\r", '""', "#"]
)
PLAIN = Texts(Marks("|", "^~\\&"), "utf-8")
ANY_TEXT = st.lists(
    st.one_of(PIECES, st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=4)),
    max_size=5,
).map("".join)
# A backslash is written in one way alone; what is not that way, a writer refuses.
TEXT = ANY_TEXT.map(PLAIN.read)
FULL = TEXT.filter(bool)
VALUE = st.one_of(st.none(), TEXT)
COMPONENT = st.one_of(VALUE, st.lists(VALUE, min_size=2, max_size=3))
ONE = st.one_of(
    VALUE,
    st.lists(COMPONENT, min_size=2, max_size=4),
    st.lists(st.lists(VALUE, min_size=2, max_size=3), min_size=1, max_size=1),
)
FIELD = st.one_of(ONE, st.lists(ONE, min_size=2, max_size=3).map(lambda items: {"repeat": items}))
MARKS = st.permutations(SIGNS).map(lambda signs: (signs[0], "".join(signs[1:5])))
TAG = st.from_regex(r"\A[A-Z][A-Z0-9]{2}\Z").filter(
    lambda tag: tag not in ("MSH", "FHS", "BHS", "BTS", "FTS")
)


@st.composite
def lists(draw: st.DrawFn) -> dict[str, Any]:
    field, encoding = draw(MARKS)
    segments = draw(st.lists(st.builds(_segment, TAG, st.lists(FIELD, max_size=4)), max_size=4))
    header = {"id": "MSH", "fields": [field, encoding, draw(FIELD)]}
    record: dict[str, Any] = {"segments": [header, *segments]}
    for name, tag in (("file_header", "FHS"), ("batch_header", "BHS")):
        if draw(st.booleans()):
            record[name] = {"id": tag, "fields": ["|", "^~\\&", draw(FIELD)]}
    return record


def _segment(tag: str, fields: list[Any]) -> dict[str, Any]:
    return {"id": tag, "fields": fields}


@law(st.lists(lists(), max_size=4), st.integers(1, 50), quick=25, long=600)
def test_lists_of_segments_come_back(records: list[Any], size: int) -> None:
    data = write(hl7(), records)
    assert read(hl7(), data, size) == records
    assert write(hl7(), read(hl7(), data)) == data


@settings(max_examples=150)
@given(MARKS, ANY_TEXT, st.sampled_from(["utf-8", "iso8859-1", "us-ascii"]))
def test_every_text_comes_back(marks: tuple[str, str], text: str, encoding: str) -> None:
    texts = Texts(Marks(*marks), encoding)
    for shape in (
        (texts, Texts(Marks(marks[0], marks[1] + "#"), encoding)) if "#" not in "".join(marks) else (texts,)
    ):
        value = shape.read(text)
        assert shape.read(shape.write(value)) == value
        assert shape.write(shape.read(shape.write(value))) == shape.write(value)


MOMENT = st.from_regex(
    r"\A[12][0-9]{3}(-(0[1-9]|1[0-2])(-(0[1-9]|1[0-9]|2[0-8])(T([01][0-9]|2[0-3])(:[0-5][0-9](:[0-5][0-9](\.[0-9]{1,4})?)?)?)?)?)?([+-](0[0-9]|1[0-4]):[0-5][0-9])?\Z",
    fullmatch=True,
)
NUMBER = st.one_of(
    st.integers(-(10**20), 10**20),
    st.builds(
        lambda digits, places: Decimal(digits).scaleb(-places),
        st.integers(-(10**9), 10**9),
        st.integers(1, 9),
    ),
)
NAME = st.fixed_dictionaries(
    {"family": st.fixed_dictionaries({"surname": FULL})}, optional={"given": st.none() | FULL}
)
CODED = st.fixed_dictionaries({"code": FULL}, optional={"text": FULL, "23": FULL})
KINDS = {
    "NM": NUMBER,
    "ST": FULL,
    "DTM": MOMENT,
    "CWE": CODED,
    "HD": st.fixed_dictionaries({"namespace": FULL}),
}
DEFINED = hl7(
    content=[
        {"segment": "MSH", "min": 1, "fields": [{"at": 7, "name": "time", "type": "DTM"}]},
        {
            "segment": "PID",
            "name": "patient",
            "fields": [
                {"at": 3, "name": "number", "type": "NM"},
                {"at": 5, "name": "names", "type": "XPN", "repeat": "unbounded"},
                {"at": 7, "name": "born", "type": "DTM"},
            ],
        },
        {
            "group": "results",
            "max": "unbounded",
            "content": [
                {
                    "segment": "OBX",
                    "name": "result",
                    "fields": [
                        {"at": 2, "name": "kind", "type": "ID"},
                        {"at": 5, "name": "value", "type_from": 2},
                    ],
                },
                {"segment": "NTE", "name": "notes", "max": 3},
            ],
        },
    ]
)


@st.composite
def messages(draw: st.DrawFn) -> dict[str, Any]:
    record: dict[str, Any] = {"MSH": {"MSH-3": "A"}}
    if draw(st.booleans()):
        record["MSH"]["time"] = draw(MOMENT)
    if draw(st.booleans()):
        field, encoding = draw(MARKS)
        if (field, encoding) != ("|", "^~\\&"):
            record["MSH"] |= {"MSH-1": field, "MSH-2": encoding}
    if draw(st.booleans()):
        record["patient"] = draw(
            st.fixed_dictionaries(
                {},
                optional={
                    "number": NUMBER,
                    "names": st.lists(NAME, min_size=1, max_size=3),
                    "born": MOMENT,
                    "PID-9": FULL,
                },
            )
        )
    results = []
    for kind in draw(st.lists(st.sampled_from(sorted(KINDS)), max_size=3)):
        one: dict[str, Any] = {"result": {"kind": kind, "value": draw(KINDS[kind])}}
        if draw(st.booleans()):
            one["notes"] = [{"NTE-3": draw(FULL)}]
        results.append(one)
    return {**record, "results": results} if results else record


@law(st.lists(messages(), max_size=3), st.integers(1, 50), quick=30, long=600)
def test_messages_come_back(records: list[Any], size: int) -> None:
    schema = RecordSchema(dict(DEFINED.schema()))
    for record in records:
        assert schema.error(record, Place()) is None
    data = write(DEFINED, records)
    assert read(DEFINED, data, size) == records
    assert write(DEFINED, read(DEFINED, data)) == data


@settings(max_examples=60)
@given(
    st.lists(
        st.one_of(
            st.sampled_from(
                [b"MSH|^~\\&|", b"BHS|^~\\&|", b"BTS|1", b"FTS", b"\r", b"\n", b"\x0b", b"PID|", b"\\", b"~"]
            ),
            st.binary(max_size=5),
            st.text(string.printable, max_size=8).map(str.encode),
        ),
        max_size=20,
    ).map(b"".join),
    st.integers(1, 20),
)
def test_any_bytes_are_read_the_same_wherever_they_are_cut(data: bytes, size: int) -> None:
    for codec in (hl7(), DEFINED):
        results = told(read(codec, data))
        assert told(read(codec, data, size)) == results
        for one in read(codec, data):
            if isinstance(one, MappingError):
                assert one.place.record is not None
                assert one.place.byte_offset is not None
            else:
                assert read(codec, write(codec, [one])) == [one]
