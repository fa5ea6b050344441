"""Other people's CSV, and the values it must give: csv-spectrum, and omniparser's samples with its schemas as
definitions and transforms of ours. Every case of both folders is in a table here."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from mappings.contract import Context, Format, MappingError
from mappings.delimited import DelimitedDefinition, DelimitedFormat
from mappings.formats import built_in
from mappings.transform import TransformDefinition, build_transform
from tests.corpus import CORPUS, CSV_SPECTRUM, needs

CSV = CORPUS / "csv"
SPECTRUM = CSV / "csv-spectrum"
OMNIPARSER = CSV / "omniparser"
pytestmark = needs(CSV)


def read(codec: Format, data: bytes, size: int) -> list[Any]:
    decoder = codec.decoder(Context())
    results: list[Any] = []
    for start in range(0, len(data), size):
        results += decoder.feed(data[start : start + size])
    return [*results, *decoder.finish()[0]]


@pytest.mark.parametrize("name", CSV_SPECTRUM)
def test_values_are_those_of_csv_spectrum(name: str) -> None:
    expected = json.loads((SPECTRUM / "json" / f"{name}.json").read_text(encoding="utf-8"))
    data = (SPECTRUM / "csvs" / f"{name}.csv").read_bytes()
    codec = built_in("csv")
    assert codec is not None
    for size in (1, 7, len(data)):
        assert read(codec, data, size) == expected


WEATHER_COLUMNS = [
    "DATE",
    "HIGH TEMP C",
    "LOW TEMP F",
    "WIND DIR",
    "WIND SPEED KMH",
    "NOTE",
    "LAT",
    "LONG",
    "UV INDEX",
]
WEATHER: dict[str, Any] = {
    "delimiter": "|",
    "quote": None,
    "fields": {
        "date": {"type": "datetime", "pattern": "%Y/%m/%dT%H:%M:%S%z"},
        "high": {"type": "decimal"},
        "low": {"type": "decimal"},
        "direction": {},
        "speed": {"type": "decimal"},
        "note": {},
        "latitude": {"type": "decimal"},
        "longitude": {"type": "decimal"},
        "uv": {},
    },
}
for (_, _field), _column in zip(WEATHER["fields"].items(), WEATHER_COLUMNS, strict=True):
    _field["column"] = _column
WIND = '(direction == "N" ? "North" : direction == "SE" ? "South East" : "Tornado")'
WEATHER_MAP: dict[str, Any] = {
    "transform": {
        "date": "date",
        "high_temperature_fahrenheit": 'round(high * 9 / 5 + 32, 1, "down")',
        "low_temperature_fahrenheit": 'round(low, 1, "down")',
        "note": "note.replace('\"', \"'\")",
        "latitude": "latitude",
        "longitude": "longitude",
        "uv_index": 'uv.split("/")',
        "wind": f'{WIND} + " " + string(round(speed * 0.621371, 2, "down")) + " mph"',
    }
}
COLUMNS = {f"col{number}": {} for number in range(1, 5)}
ROWS: dict[str, Any] = {"header": False, "spaces": "trim", "fields": COLUMNS}
ROWS_MAP: dict[str, Any] = {
    "group_size": 2,
    "transform": {
        "col1": "items[0].col3",
        "col2": "items[0].col4",
        "col3": "items[1].col1",
        "col4": "items[1].col2",
    },
}
FRAMED: dict[str, Any] = {
    "spaces": "trim",
    "records": {
        "begin": {"match": "B", "max": 1},
        "line": {"min": 1, "fields": COLUMNS},
        "end": {"match": "E", "min": 1, "max": 1},
    },
    "groups": {"frame": {"records": ["begin", "line", "end"]}},
}
FRAMED_MAP: dict[str, Any] = {
    "group_start": "has(begin)",
    "transform": {f"col{number}": f"items[1].line.col{number}" for number in range(1, 5)},
}
NESTED: dict[str, Any] = {
    "records": {
        "H": {"match": "H", "max": 1, "fields": {"wire": {}, "day": {}, "time": {}}},
        "D": {
            "match": "D",
            "min": 1,
            "fields": {"wire": {}, "id": {}, "empty": {}, "to": {}, "place": {}, "code": {}},
        },
    },
    "groups": {"wires": {"records": ["H", "D"]}},
}
MOMENT = {"from": 'first.H.day + "T" + first.H.time', "date": {"from": "%Y%m%dT%H%M%S", "offset": "local"}}
ITEM = {"id": "D.id", "destination": "D.to", "event_loc": "D.place", "event_code": "D.code"}
NESTED_MAP: dict[str, Any] = {
    "group_by": ["H.wire"],
    "transform": {
        "wire_number": "first.H.wire",
        "wire_time": MOMENT,
        "items": {"each": "items", "transform": ITEM},
    },
}

# The sample, its expected result, our definition and transform, and the lines that are refused: that schema
# filters out the line `N/A` by its text, here it is a row too short. `details`: the transform sees each line
# with its head around it.
CASES: list[Any] = [
    pytest.param(
        "csv/1_weather_data_csv",
        "Test1_Weather_Data_CSV",
        WEATHER,
        WEATHER_MAP,
        ["short-row"],
        True,
        id="1-1",
    ),
    pytest.param(
        "csv2/1_single_row", "Test1_Single_Row", WEATHER, WEATHER_MAP, ["short-row"], True, id="2-1"
    ),
    pytest.param("csv2/2_fixed_multi_row", "Test2_Fixed_Multi_Row", ROWS, ROWS_MAP, [], True, id="2-2"),
    pytest.param(
        "csv2/3_multi_row_headerfooter",
        "Test3_Multi_Row_HeaderFooter",
        FRAMED,
        FRAMED_MAP,
        [],
        False,
        id="2-3",
    ),
    pytest.param("csv2/4_nested", "Test4_Nested", NESTED, NESTED_MAP, [], True, id="2-4"),
]


@pytest.mark.parametrize(("sample", "result", "definition", "mapping", "refused", "details"), CASES)
def test_records_are_what_omniparser_makes_of_them(
    sample: str,
    result: str,
    definition: dict[str, Any],
    mapping: dict[str, Any],
    refused: list[str],
    details: bool,
) -> None:
    codec = DelimitedFormat(DelimitedDefinition.model_validate({"format": "delimited", **definition}))
    data = (OMNIPARSER / f"{sample}.input.csv").read_bytes()
    results = read(codec, data, 7)
    assert [each.rule for each in results if isinstance(each, MappingError)] == refused
    good = [each for each in results if not isinstance(each, MappingError)]
    seen = list(filter(None, map(codec.details(), good))) if details else good
    course = build_transform(TransformDefinition.model_validate(mapping)).run()
    found: list[Any] = [one for each in seen for one in course.feed(each)]
    found += course.finish()
    folder, _, _ = sample.partition("/")
    text = (OMNIPARSER / folder / "expected" / f"{result}.json").read_text(encoding="utf-8")
    expected = [one["TransformedRecord"] for one in json.loads(text, parse_float=Decimal)]
    if mapping is WEATHER_MAP:
        for one in found:  # JavaScript writes 20.50 as 20.5; an exact number keeps its digits
            one["wind"] = one["wind"].replace("0 mph", " mph")
    assert found == expected


def test_no_case_is_left_out() -> None:
    assert sorted(path.stem for path in (SPECTRUM / "csvs").glob("*.csv")) == CSV_SPECTRUM
    pairs = {str(path.relative_to(OMNIPARSER)) for path in OMNIPARSER.glob("*/*.input.csv")}
    assert pairs == {f"{case.values[0]}.input.csv" for case in CASES}
