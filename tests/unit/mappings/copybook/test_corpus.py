"""Other projects' copybooks and data: read with our definitions they give the values that those expect.

Cobrix names fields with an underscore, leaves absent values out and turns what it cannot read into nothing;
its generated columns number records, which errors and flows do here. What else is different, and why, stands
beside each case. Mainframe Data Utilities prints what it reads as text between bars.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any, NamedTuple

import pytest

from tests.corpus import CORPUS, needs
from tests.unit.mappings.copybook.samples import defined, records, write

COBRIX = CORPUS / "cobol" / "cobrix"
UTILITIES = CORPUS / "cobol" / "mainframe-data-utilities"
pytestmark = needs(COBRIX)

Change = Callable[[str, Any], Any]
GENERATED = {"File_Id", "Record_Id", "Record_Byte_Length", "Seg_Id0", "Seg_Id1"}
EBCDIC: dict[str, Any] = {"encoding": "cp037", "trim": "both", "controls": "space"}
LOW: dict[str, Any] = {"null": ["low-values"]}
# The length of a record stands in the last two bytes of its word, little-endian, or in the first two.
LITTLE = {"record_format": "V", "rdw": {"form": "zeros-length", "byte_order": "little", "counts": "data"}}
BIG = {"record_format": "V", "rdw": {"counts": "data"}}
SEGMENTS: dict[str, Any] = {**EBCDIC, "redefines": "all", "short_lines": "fill", "binary": "full"}


def plain(value: Any, change: Change = lambda name, value: value, name: str = "") -> Any:
    """A record of ours as Cobrix would name it, without what is null."""
    if isinstance(value, dict):
        named = {key.upper().replace("-", "_"): each for key, each in value.items()}
        return {key: plain(each, change, key) for key, each in named.items() if each is not None}
    if isinstance(value, list):
        return [plain(each, change, name) for each in value]
    return change(name, value)


def without_controls(_: str, value: Any) -> Any:
    """Cobrix drops control characters of ASCII data, and has U+FFFD for what is beyond ASCII."""
    if not isinstance(value, str):
        return value
    return re.sub("[^\x00-\x7f]", "\ufffd", re.sub("[\x00-\x1f\x7f]", "", value)).strip()


def without_controls_of_latin(_: str, value: Any) -> Any:
    return re.sub("[\x00-\x1f\x7f-\x9f]", "", value).strip() if isinstance(value, str) else value


def common_page(_: str, value: Any) -> Any:
    """Cobrix's page `common` has only what all EBCDIC pages have at the same place."""
    return re.sub("[^\x20-\x7e]", " ", value).strip() if isinstance(value, str) else value


def extended(_: str, value: Any) -> Any:
    """Cobrix has a space for the controls of C1 but NEL, and takes LF (0x25) and CR (0x0D) for each other."""
    if not isinstance(value, str):
        return value
    return re.sub("[\x80-\x84\x86-\x9f]", " ", value.translate({0x0A: "\r", 0x0D: "\n"}))


def page_037(name: str, value: Any) -> Any:
    """As above, and spaces for the other controls; line ends inside a text stay."""
    value = extended(name, value)
    return re.sub("[\x00-\x09\x0b-\x1f\x7f]", " ", value).strip(" \n") if isinstance(value, str) else value


def unprintable(name: str, value: Any) -> Any:
    """The page `common_extended` is Cobrix's own and gives controls otherwise than IBM; what can be seen is
    compared."""
    return re.sub("[^!-~]", "", value) if name == "COMPANY_NAME_NP" else value


class Case(NamedTuple):
    """What to read a case with; the first `01` of a copybook is the record."""

    definition: dict[str, Any]
    change: Change = lambda name, value: value
    expect: Callable[[Any], Any] = lambda record: record
    copybook: Callable[[str], str] = lambda text: text
    data: Callable[[bytes], bytes] = lambda data: data
    wanted: Callable[[list[Any]], list[Any]] = lambda found: found


def signed_word(record: Any) -> Any:
    """Cobrix reads four unsigned bytes as a signed word, and leaves out what is negative then."""
    if record.get("STATIC_DETAILS", {}).get("TAXPAYER", {}).get("TAXPAYER_NUM", 0) >= 1 << 31:
        del record["STATIC_DETAILS"]["TAXPAYER"]["TAXPAYER_NUM"]
    return record


def by_amount(found: list[Any]) -> list[Any]:
    return sorted(found, key=lambda record: record["AMOUNT"])


def by_company(found: list[Any]) -> list[Any]:
    return sorted(found, key=lambda record: (record["COMPANY_ID"], record["AMOUNT"]))


def only_signed(found: list[Any]) -> list[Any]:
    return [record["WANTED"] for record in found if "WANTED" in record]


SIGNED: dict[str, Any] = {
    "records": {
        "wanted": {"record": "TRANSDATA", "match": {"field": "SIGNATURE", "value": "S9276511"}},
        "other": {"record": "TRANSDATA"},
    },
}
MULTI = Case({**SEGMENTS, **LITTLE}, common_page, wanted=lambda found: list(map(signed_word, found)))
TEST_1: dict[str, Any] = {**EBCDIC, "redefines": "all", "depending": "maximal"}
PAGES: dict[str, Any] = {"trim": "none", "controls": "keep"}


def renumbered(names: dict[str, str]) -> Callable[[Any], Any]:
    """Cobrix numbers fillers through the record, or after the field before; here they are numbered in their
    group. `names` are paths of ours and the names of theirs."""

    def rename(record: Any) -> Any:
        renamed: dict[str, Any] = {}
        for key, value in record.items():
            inner = {path.partition("/")[2]: new for path, new in names.items() if path.startswith(f"{key}/")}
            if isinstance(value, dict) and inner:
                value = {inner.get(each, each): one for each, one in value.items()}
            if names.get(key) != "":
                renamed[names.get(key, key)] = value
        return renamed

    return rename


def fillers(definition: dict[str, Any], names: dict[str, str]) -> Case:
    return Case(
        {**EBCDIC, **LOW, **definition},
        wanted=lambda found: by_amount(list(map(renumbered(names), found))),
    )


# Ours to theirs; "" is a group that the case leaves out. FILLER_P4 is all low-values in these data.
PLAIN_FILLERS = {
    "FILLER": "FILLER_P1", "FILLER_2": "FILLER_P2", "FILLER_3": "FILLER_P3",
    "FILL_FIELD/FILLER": "FILLER_P6", "FILL_FIELD/FILLER_2": "FILLER_P7",
}  # fmt: skip
AFTER_FILLERS = {
    "FILLER": "FILLER_AFTER_RECORD",
    "FILLER_2": "FILLER_AFTER_COMPANY_PREFIX",
    "FILLER_3": "FILLER_AFTER_FILLER_AFTER_COMPANY_PREFIX",
    "FILLER_4": "FILLER_AFTER_COMPANY_NAME",
    "FILLER_4/FILLER": "FILLER_AFTER_STR2",
    "FILLER_5": "FILLER_AFTER_ADDRESS",
    "FILLER_5/FILLER": "FILLER_AFTER_STR4",
    "FILL_FIELD/FILLER": "FILLER_AFTER_FILL_FIELD",
    "FILL_FIELD/FILLER_2": "FILLER_AFTER_FILLER_AFTER_FILL_FIELD",
}
KEPT = {"filler": "keep", "redefines": "all"}

CASES: dict[str, Case] = {
    "test1": Case(TEST_1),
    # Bytes around each record: a FILLER before, and a longer record.
    "test1a_record_offsets": Case(
        {**TEST_1, "record_length": 2202},
        copybook=lambda text: text.replace("01  RECORD.", "01  RECORD.\n           05 FILLER PIC XX."),
    ),
    "test1b_generated_record_id": Case(TEST_1),
    "test3": Case({**EBCDIC, **SIGNED}, wanted=only_signed),
    **{
        f"test3_trim_{side}": Case({**EBCDIC, **SIGNED, "trim": side}, wanted=only_signed)
        for side in ("none", "left", "right", "both")
    },
    "test4_multisegment_ascii_rdw": Case(
        {**SEGMENTS, **LITTLE, **LOW, "encoding": "latin-1", "controls": "keep", "trim": "none"},
        without_controls,
        # Cobrix calls a text null where the part of it that is there is low-values.
        expect=lambda record: record,
        wanted=lambda found: list(map(null_where_low, found)),
    ),
    "test4a_iso8859_1": Case(
        {**SEGMENTS, **LITTLE, "encoding": "iso-8859-1", "controls": "keep", "trim": "none"},
        without_controls_of_latin,
    ),
    "test5_multisegment_ebcdic_rdw": MULTI,
    "test5a_root_segment_id": MULTI,
    "test5b_big_endian_rdw": MULTI._replace(definition={**SEGMENTS, **BIG}),
    "test5c_segment_redefines": MULTI._replace(
        definition={
            **SEGMENTS,
            **LITTLE,
            **LOW,
            "short_lines": "refuse",
            "record_end": "variant",
            "variants": {
                "STATIC-DETAILS": {"field": "SEGMENT-ID", "value": ["C", "D"]},
                "CONTACTS": {"field": "SEGMENT-ID", "value": "P"},
            },
        },
    ),
    # The record begins with its length: the descriptor word is read as such, and the field given from it.
    "test5d_record_length_field": MULTI._replace(
        definition={**SEGMENTS, **BIG},
        copybook=lambda text: re.sub(r".*RECORD-LENGTH .*\n.*FILLER .*\n", "", text),
        expect=lambda record: {key: each for key, each in record.items() if key != "RECORD_LENGTH"},
    ),
    # +78449737 where the picture -9(8) says a space: other signs than the edited ones are in the data.
    "test6_type_variety": Case({**EBCDIC, "floats": "ieee", "edited": "lenient"}),
    "test7_fillers": fillers({"redefines": "first"}, {}),
    "test7a_fillers": fillers({"redefines": "all"}, {"FILLER": "FILLER_1"}),
    "test7b_fillers": fillers(KEPT, {**PLAIN_FILLERS, "FILLER_4": "", "FILLER_5": ""}),
    "test7c_fillers": fillers(
        KEPT,
        {
            **PLAIN_FILLERS,
            "FILLER_4": "FILLER_1",
            "FILLER_4/FILLER": "FILLER_P4",
            "FILLER_5": "FILLER_2",
            "FILLER_5/FILLER": "FILLER_P5",
        },
    ),
    "test7d_fillers": fillers(KEPT, AFTER_FILLERS),
    "test8_printable": Case(EBCDIC, common_page),
    "test8_non_printable": Case(
        {**EBCDIC, **PAGES}, unprintable, expect=lambda record: plain(record, unprintable)
    ),
    "test9_cp037": Case({**EBCDIC, "controls": "keep", "trim": "none"}, page_037),
    "test9_cp037_ext": Case({**EBCDIC, **PAGES}, extended),
    **{
        f"test9_{page}": Case({**PAGES, "encoding": page}, extended)
        for page in ("cp273", "cp500", "cp1140", "cp1141", "cp1148")
    },
    # Groups that are read as texts too: what level 66 says in COBOL itself.
    "test10_non_terminals": Case(
        {"encoding": "us-ascii", "renames": "keep"},
        copybook=lambda text: text + "\n 66 NAME-NT RENAMES NAME.\n 66 ACCOUNT-NO-NT RENAMES ACCOUNT-NO.\n",
        expect=lambda record: record["RECORD"],
    ),
    # Two copybooks over the same bytes: one record that redefines the other.
    "test12_merged_copybooks": Case(
        {"encoding": "us-ascii", "redefines": "all", "trim": "both"},
        copybook=lambda text: (
            " 01 BOTH.\n"
            + re.sub(
                r"^.*01 RECORD-B\.",
                " 02 RECORD-B REDEFINES RECORD-A.",
                re.sub(r"^.*01 RECORD-A\.", " 02 RECORD-A.", text, flags=re.M),
                flags=re.M,
            )
        ),
    ),
    # Bytes before and behind all records belong to the transfer and are no record of any type.
    "test13a_file_header_footer": Case(EBCDIC, data=lambda data: data[10:-12], wanted=by_company),
    "test16_fixed_length_segments": Case(
        {
            **EBCDIC,
            "variants": {
                name: {"field": "SEGMENT-ID", "value": kind}
                for name, kind in (("COMPANY", "C"), ("PERSON", "P"), ("PO-BOX", "B"))
            },
        }
    ),
    # Cobrix reads spaces as nothing in whole numbers and as 0.00 in decimals; they are no number in either.
    "test19_display_numbers": Case(
        {**EBCDIC, "edited": "lenient", "invalid": "null"},
        expect=lambda record: {
            key: each for key, each in record.items() if (key, each) != ("WS_AMOUNT_FRACTION", Decimal(0))
        },
    ),
}


def null_where_low(record: Any) -> Any:
    taxpayer = record["STATIC_DETAILS"]["TAXPAYER"]
    if taxpayer.get("TAXPAYER_STR") == "":
        del taxpayer["TAXPAYER_STR"]
    return record


def cases() -> list[Any]:
    path = COBRIX / "cases.json"
    return json.loads(path.read_text()) if path.is_file() else []


def objects(text: str) -> list[Any]:
    """JSON values one after the other, or in one array."""
    decoder = json.JSONDecoder(parse_float=Decimal)
    found: list[Any] = []
    at = 0
    while text[at:].strip():
        value, at = decoder.raw_decode(text, re.compile(r"\s*").match(text, at).end())  # type: ignore[union-attr]
        found += value if isinstance(value, list) else [value]
    return found


def test_every_case_is_here() -> None:
    assert [case["name"] for case in cases()] == list(CASES)


@pytest.mark.parametrize("listed", cases(), ids=lambda case: case["name"])
def test_cobrix(listed: dict[str, Any]) -> None:
    case = CASES[listed["name"]]
    names = listed["copybook"] if isinstance(listed["copybook"], list) else [listed["copybook"]]
    text = case.copybook("\n".join((COBRIX / name).read_text() for name in names))
    codec = defined(text, **case.definition)
    found = case.wanted(
        [
            plain(each, case.change)
            for each in records(codec, case.data((COBRIX / listed["data"]).read_bytes()))
        ]
    )
    wanted = [
        case.expect({key: each for key, each in record.items() if key not in GENERATED})
        for record in objects((COBRIX / listed["expected"]).read_text())
    ]
    assert len(found) >= len(wanted) > 0
    for ours, theirs in zip(found, wanted, strict=False):
        assert ours == theirs


# How each file is read so that nothing is lost. What losses() says then is given; it is true of no record.
WORDS = "variants: what stands behind a shorter reading of an area is written as spaces"
EXACT: dict[str, Any] = {"filler": "keep", "signs_read": "written"}
BACK: dict[str, tuple[dict[str, Any], list[str]]] = {
    "test1": (
        {**EXACT, "redefines": "first", "depending": "maximal"},
        ["depending: in ACCOUNT-DETAIL the room of occurrences is written as spaces"],
    ),
    "test3": (EXACT, []),
    "test4_multisegment_ascii_rdw": (
        {
            **EXACT, **LITTLE, "encoding": "latin-1", "record_end": "variant", "redefines": "first",
            "variants": {
                "STATIC-DETAILS": {"field": "SEGMENT-ID", "value": "C\0\0\0\0"},
                "CONTACTS": {"field": "SEGMENT-ID", "value": "P\0\0\0\0"},
            },
        },
        [],
    ),
    "test5b_big_endian_rdw": (
        {
            **EXACT, **BIG, "record_end": "variant", "redefines": "first",
            "variants": {
                "STATIC-DETAILS": {"field": "SEGMENT-ID", "value": "C\0\0\0\0"},
                "CONTACTS": "otherwise",
            },
        },
        [],
    ),
    "test7_fillers": (
        {**EXACT, "redefines": "all"},
        ["redefines: what only a reading shows that the bytes do not allow is not written again"],
    ),
    "test9_cp273": ({**EXACT, "encoding": "cp273"}, []),
    "test16_fixed_length_segments": (
        {**EXACT, "variants": CASES["test16_fixed_length_segments"].definition["variants"]}, [WORDS],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BACK)
def test_cobrix_is_written_as_it_was(name: str) -> None:
    listed = next(case for case in cases() if case["name"] == name)
    definition, losses = BACK[name]
    codec = defined((COBRIX / listed["copybook"]).read_text(), **{"encoding": "cp037", **definition})
    data = (COBRIX / listed["data"]).read_bytes()
    assert list(codec.losses()) == losses
    assert write(codec, records(codec, data)) == data


def test_cobrix_signs_are_written_as_declared() -> None:
    """All usages: what is unsigned and packed has the sign C in these data, and F when it is written."""
    listed = next(case for case in cases() if case["name"] == "test6_type_variety")
    codec = defined((COBRIX / listed["copybook"]).read_text(), floats="ieee", edited="text")
    data = (COBRIX / listed["data"]).read_bytes()
    assert codec.losses() == ("signs_read: signs other than C, D and F are read, and written as these",)
    again = write(codec, records(codec, data))
    changed = {
        (at % 1493, one & 0x0F, other & 0x0F)
        for at, (one, other) in enumerate(zip(data, again, strict=True))
        if one != other
    }
    assert changed == {(1374, 0xC, 0xF), (1377, 0xC, 0xF), (1383, 0xC, 0xF)}


def printed(value: Any) -> str:
    return "" if value is None else str(value)


def test_mainframe_data_utilities_client() -> None:
    """The reading of each record is chosen by a binary field; FILLER and low-values are dropped there."""
    kinds = {"CLIENT-MAIN": 1, "CLIENT-ADDRESS": 2, "CLIENT-HEADER": 0}
    codec = defined(
        (UTILITIES / "LegacyReference/COBKS05.cpy").read_text(),
        variants={name: {"field": "CLIENT-TYPE", "value": kind} for name, kind in kinds.items()},
    )
    assert dict(codec.record_lengths) == {"": (500, 500)}
    lines = []
    for record in records(codec, (UTILITIES / "sample-data/CLIENT.EBCDIC.txt").read_bytes()):
        (reading,) = (record[name] for name in kinds if name in record)
        if "CLIENT-INCOME" in reading:
            reading["CLIENT-INCOME"] = f"{reading['CLIENT-INCOME']:010.2f}"
        values = [
            printed(value).replace("\0", "") for value in (*record["CLIENT-KEY"].values(), *reading.values())
        ]
        lines.append("|".join(values) + "|")
    assert lines == (UTILITIES / "sample-data/CLIENT.ASCII.txt").read_text().splitlines()


def test_mainframe_data_utilities_variable() -> None:
    """A table of one to ten occurrences; there the unused columns of the others are empty."""
    codec = defined(
        (UTILITIES / "LegacyReference/COBVBFM2.cpy").read_text(), record_format="V", signs_read="written"
    )
    data = (UTILITIES / "sample-data/COBVBFM2.EBCDIC.txt").read_bytes()
    found = records(codec, data)
    assert write(codec, found) == data
    assert codec.losses() == ()
    lines = []
    for record in found:
        key, table = record["OUT-KEY"], record["OUT-REC"]
        cells = [key["OUTK-TYPE"], f"{key['OUTK-SEQT']:02d}", f"{record['OUT-REC-CNT']:03d}"]
        for row in table:
            cells += [f"{row['OUT-REC-NO']:09d}", row["OUT-NAME"].rstrip("\0")]
        lines.append("|".join(cells) + "||" * (10 - len(table)))
    wanted = (UTILITIES / "sample-data/COBVBFM2.ASCII.txt").read_text().splitlines()
    assert [line.rstrip("|") for line in lines] == [line.rstrip("|") for line in wanted]


@pytest.mark.parametrize(("name", "length"), [("COBPACK2.cpy", 150), ("COBPACK3.cpy", 210)])
def test_mainframe_data_utilities_copybooks(name: str, length: int) -> None:
    """Copybooks without data, one of them with a line for the listing and one without anything."""
    codec = defined((UTILITIES / "LegacyReference" / name).read_text(), redefines="first")
    assert dict(codec.record_lengths) == {"": (length, length)}
