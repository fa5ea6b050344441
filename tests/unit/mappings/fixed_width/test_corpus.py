"""Other projects' samples: what this definition language can say of them gives the values they expect.

BeanIO's expected values stand in its Java tests; they are given here as that project's mappings define them.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from mappings.contract import MappingError
from mappings.fixed_width import FixedWidthFormat
from tests.unit.mappings.fixed_width.samples import fixed, read

CORPUS = Path(os.environ.get("GATEWAY_CORPUS", Path(__file__).parents[5] / "shared/corpus")) / "fixedwidth"
OMNIPARSER = CORPUS / "omniparser" / "fixedlength2"
BEANIO = CORPUS / "beanio" / "parser"
pytestmark = pytest.mark.skipif(
    not OMNIPARSER.is_dir(), reason="the fixed-width corpus is not here; GATEWAY_CORPUS says where it is"
)


def text(at: int, length: int, **more: Any) -> dict[str, Any]:
    return {"at": at, "length": length, "trim": False, **more}


def kind(value: str, **more: Any) -> dict[str, Any]:
    return {"match": {"at": 1, "value": value}, **more}


def lines(**definition: Any) -> FixedWidthFormat:
    return fixed(
        {"encoding": "utf-8", "separator": "either", "gaps": "ignore", "short_lines": "fill", **definition}
    )


def expected(name: str) -> list[Any]:
    return [json.loads(one["RawRecord"]) for one in json.loads((OMNIPARSER / "expected" / name).read_text())]


def test_omniparser_single_row() -> None:
    """Without `WIND_SPEED_KMH`, which that sample reads out of the middle of the date."""
    fields = {
        "DATE": text(1, 24),
        "HIGH_TEMP_C": text(26, 4),
        "LOW_TEMP_F": text(31, 4),
        "WIND_DIR": text(36, 2),
        "LAT": text(42, 8),
        "LONG": text(51, 8),
    }
    strict = fixed({"encoding": "utf-8", "separator": "either", "gaps": "ignore", "fields": fields})
    first, error, last = read(strict, (OMNIPARSER / "1_single_row.input.txt").read_bytes())
    assert (error.rule, error.raw) == ("short-record", b"DO NOT PROCESS")
    wanted = [{key: one[key] for key in fields} for one in expected("Test1_Single_Row.json")]
    assert [first, last] == wanted


def test_omniparser_rows_of_several_types() -> None:
    h001 = {
        "event_date": text(142, 8),
        "event_time": text(150, 8),
        "event_timezone": text(158, 4),
        "guaranteed_delivery_date": text(376, 8),
        "tracking_number_h001": text(464, 30),
        "event_city": text(564, 30),
        "event_state": text(594, 2),
        "scan_facility_zip": text(596, 11),
        "destination_country": text(607, 2),
    }
    number = {"tracking_number_h002_cn": {"at": 28, "length": 50}}
    numbered = {
        "match": [{"at": 1, "value": "H002"}, {"at": 24, "value": "CN"}],
        "length": 1500,
        "fields": number,
    }
    codec = lines(
        order="any",
        records={"H001": kind("H001", length=1500, fields=h001), "CN": numbered, "other": {"length": 1500}},
    )
    found: list[dict[str, Any]] = []
    for result in read(codec, (OMNIPARSER / "2_multi_rows.input.txt").read_bytes()):
        assert not isinstance(result, MappingError), result
        if "H001" in result:
            found.append({"tracking_number_h002_cn": "", **result["H001"]})
        elif "CN" in result:
            found[-1].update(result["CN"])
    assert found == expected("Test2_Multi_Rows.json")


def test_omniparser_header_and_footer() -> None:
    names = {
        "V020": ("tracking_number", 15),
        "V045": ("delivery_date", 8),
        "V060": ("observation_type", 1),
        "V070": ("reason_for_observation", 2),
        "V080": ("date_observation", 8),
        "V081": ("time_observation", 6),
        "V110": ("weight_in_grams", 6),
        "V160": ("postal_code_addressee", 6),
        "V180": ("city_name_addressee", 24),
        "V200": ("country_code_addressee", 2),
    }
    known = {
        code: kind(code, length=60, fields={name: {"at": 6, "length": length}})
        for code, (name, length) in names.items()
    }
    ends = {code: kind(code, min=1, max=1, length=60) for code in ("A010", "A999", "Z001", "Z999")}
    starts = {"V010": kind("V010", length=60)}
    codec = lines(order="any", records={**ends, **starts, **known, "other": {"length": 60}})
    found: list[dict[str, Any]] = []
    for result in read(codec, (OMNIPARSER / "3_header_footer.input.txt").read_bytes()):
        ((name, values),) = result.items()
        if name == "V010":
            found.append({})
        elif name in known:
            found[-1].update(values)
    assert found == expected("Test3_Header_Footer.json")


def test_omniparser_nested_groups() -> None:
    codec = lines(
        blank_lines="skip",
        records={
            "HDR": kind("HDR", min=1, max=1, length=200),
            "GRH": kind("GRH", min=1, max=1, length=200),
            "NWR": kind("NWR", min=1, max=1, length=200, fields={"title": text(20, 60)}),
            "SPU": kind("SPU", min=1, max=1, length=200, fields={"publisher_name": text(31, 45)}),
            "SPT": kind("SPT", max=1, length=200, fields={"territory_id": text(51, 4)}),
            "SWR": kind(
                "SWR", min=1, max=1, length=200, fields={"writer_id": text(20, 9), "last_name": text(29, 45)}
            ),
            "SWT": kind("SWT", max=1, length=200, fields={"territory_id": text(45, 4)}),
            "GRT": kind("GRT", min=1, max=1, length=200),
            "TRL": kind("TRL", min=1, max=1, length=200),
        },
        groups={
            "transactions": {"records": ["GRH", "works", "GRT"], "min": 1},
            "works": {"records": ["NWR", "publishers", "writers"]},
            "publishers": {"records": ["SPU", "SPT"]},
            "writers": {"records": ["SWR", "SWT"]},
        },
    )
    works: list[dict[str, Any]] = []
    for result in read(codec, (OMNIPARSER / "4_nested.input.txt").read_bytes()):
        ((name, values),) = result.items()
        if name == "NWR":
            works.append({**values})
        elif name in ("SPU", "SWR"):
            works[-1].setdefault(name, []).append({**values})
        elif name in ("SPT", "SWT"):
            works[-1]["SPU" if name == "SPT" else "SWR"][-1][name] = values
    for work in works:  # that project writes a list of one as its only item
        for name in ("SPU", "SWR"):
            if len(work.get(name, ())) == 1:
                work[name] = work[name][0]
    assert works == expected("Test4_Nested.json")


F1 = {
    "encoding": "us-ascii",
    "record_length": 45,
    "fill": "-",
    "fields": {
        "default": text(1, 10),
        "number": {"at": 11, "length": 10, "type": "integer"},
        "padx": {"at": 21, "length": 10, "pad": "x"},
        "pos40": text(41, 5),
    },
}


def test_beanio_fields() -> None:
    record = {"default": " value    ", "number": 12345, "padx": "value", "pos40": "value"}
    folder = BEANIO / "fixedlength"
    assert read(fixed(F1), (folder / "f1_valid.txt").read_bytes()) == [record]
    (short,) = read(fixed(F1), (folder / "f1_minLength.txt").read_bytes())
    whole, long = read(fixed(F1), (folder / "f1_maxLength.txt").read_bytes())
    assert [short.rule, whole, long.rule] == ["truncated", record, "truncated"]


def test_beanio_lines_of_several_types() -> None:
    codec = lines(
        order="any",
        records={
            "record0": kind("1000"),
            "record1": kind(
                "00001", fields={"field2": {"at": 6, "length": 5}, "field3": {"at": 11, "length": 5}}
            ),
            "record2": kind("00002", fields={"field2": {"at": 6, "length": 5}}),
        },
    )
    assert read(codec, (BEANIO / "fixedlength" / "f3_valid.txt").read_bytes()) == [
        {"record1": {"field2": "", "field3": "XXXXX"}},
        {"record2": {"field2": "Val2"}},
        {"record0": {}},
    ]


def test_beanio_text_that_is_required() -> None:
    fields = {"firstName": {"at": 1, "length": 10}, "lastName": {"at": 11, "length": 10}}
    assert read(lines(fields=fields), (BEANIO / "fixedlength" / "f7.txt").read_bytes()) == [
        {"firstName": "kevin", "lastName": ""},
        {"firstName": "", "lastName": "smith"},
    ]


GROUPS = [
    pytest.param("g1_nobatch", "h t", [], id="no batch"),
    pytest.param("g1_oneBatch", "h h1 d1 t1 t", [], id="one batch"),
    pytest.param("g1_empty", "", ["missing-record", "missing-record"], id="empty"),
    pytest.param("g1_noHeader", "t", ["missing-record"], id="no header"),
    pytest.param("g1_noTrailer", "h", ["missing-record"], id="no trailer"),
    pytest.param("g1_tooManyHeaders", "h t", ["extra-record"], id="two headers"),
    pytest.param(
        "g1_missingBatchTrailer", "h h1" + " d1" * 9 + " t", ["missing-record"], id="no batch trailer"
    ),
    pytest.param("g1_threeBatch", "h h1 d1 t1 h1 t1 t", ["extra-record", "extra-record"], id="three batches"),
    pytest.param(
        "g1_unidentifiedRecord",
        "h h1" + " d1" * 8 + " t",
        ["unknown-record", "missing-record"],
        id="unidentified",
    ),
]


@pytest.mark.parametrize(("name", "good", "bad"), GROUPS)
def test_beanio_groups(name: str, good: str, bad: list[str]) -> None:
    once = {"min": 1, "max": 1}
    codec = lines(
        records={
            "h": kind("H ", **once),
            "h1": kind("H1", **once),
            "d1": kind("D1"),
            "t1": kind("T1", **once),
            "t": kind("T ", **once),
        },
        groups={"batch": {"records": ["h1", "d1", "t1"], "max": 2}},
    )
    results = read(codec, (BEANIO / "groups" / f"{name}.txt").read_bytes())
    assert " ".join(next(iter(one)) for one in results if isinstance(one, dict)) == good
    assert [one.rule for one in results if isinstance(one, MappingError)] == bad


def test_beanio_groups_in_groups() -> None:
    once = {"min": 1, "max": 1}
    codec = lines(
        records={
            "CH": kind("CH", **once),
            "FH": kind("FH", **once),
            "TH": kind("TH", **once),
            "T": kind("T "),
            "TT": kind("TT", **once),
            "FT": kind("FT", **once),
            "CT": kind("CT", **once),
        },
        groups={
            "functionGroup": {"records": ["FH", "transactionSet", "FT"], "min": 1},
            "transactionSet": {"records": ["TH", "T", "TT"]},
        },
    )
    data = (BEANIO / "groups" / "g5_subgroups.txt").read_bytes()
    assert [next(iter(one)) for one in read(codec, data)] == data.decode().split()
